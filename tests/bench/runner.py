#!/usr/bin/env python3
"""What the runner costs beside the qemu that it runs.

    runner.py --runner build/release/bin/kvmtest-run --guests build/guests [--runs N] [--short] [SECTION...]

overhead   the tiny guest booted and ended, by a bare posix_spawn of qemu with the same command line and by
           the runner, in turn: CPU time (user and system) of all processes, and wall time; without a disk,
           and with a disk, for which the runner makes an overlay
template   from the start of ctest to the first command in a Linux guest: booted, and restored from the
           template that an earlier test has left (vm_reuse = template)

Figures are only printed, since these machines are noisy. It fails if a guest does not come up, or if a
test that was to be restored was booted. --short does each a few times.
"""
import argparse
import contextlib
import ctypes
import fcntl
import os
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "procedures"))
import guests  # noqa: E402
from guests import Failure, Skip, runs  # noqa: E402

LIMIT = 60  # seconds that anything may take


PR_SET_CHILD_SUBREAPER = 36


class Cost:
    """CPU and wall seconds of the children that end inside a `with`, and of those that they leave: the
    runner's guardian ends just behind it."""

    def __enter__(self):
        self.before, self.begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self.begin
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = sum(getattr(after, name) - getattr(self.before, name)
                       for name in ("ru_utime", "ru_stime"))


def set_up(given, directory):
    settings = argparse.Namespace(runner=os.path.abspath(given.runner), ctest=given.ctest,
                                  guests=os.path.abspath(given.guests))
    return runs.Box(directory, settings)


def run_quietly(command, box):
    done = subprocess.run(command, env=box.environ(), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    if done.returncode != 0:
        raise Failure(f"{shlex.join(command)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


# What the runner does with it, done by hand: waits for the guest and lets qemu quit.
def run_bare(argv, numbers):
    ends = {name: socket.socketpair() for name in numbers}
    # Out of the way of the numbers that qemu is told.
    high = {name: fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 100) for name, (_, theirs) in ends.items()}
    for _, theirs in ends.values():
        theirs.close()
    pid = os.posix_spawn(argv[0], argv, os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, high[name], number)
                                       for name, number in numbers.items()])
    for number in high.values():
        os.close(number)
    try:
        talk(*(ends[name][0] for name in ("console", "qmp")))
    except OSError as error:
        os.kill(pid, signal.SIGKILL)
        raise Failure(f"bare qemu: {error}") from error
    finally:
        os.waitpid(pid, 0)
        for ours, _ in ends.values():
            ours.close()


def talk(console, qmp):
    seen = b""
    for sock in (console, qmp):
        sock.settimeout(LIMIT)
    while b"tiny guest ready" not in seen:
        got = console.recv(4096)
        if not got:
            raise OSError("the console closed")
        seen += got
    qmp.sendall(b'{"execute": "qmp_capabilities"}{"execute": "quit"}')
    with contextlib.suppress(ConnectionResetError):
        while qmp.recv(4096):
            pass


def number_of(argv, chardev):
    """The descriptor of a chardev in qemu's command line."""
    word = next(word for word in argv if word.startswith(f"socket,id={chardev},fd="))
    return int(word.rpartition("=")[2])


def bare_argv(box, name):
    """The command line of the test's qemu as its run has left it, on a second monitor and an overlay that
    are still there."""
    with open(box.path("results", name, "qemu-vm1.cmd"), encoding="utf-8") as file:
        argv = shlex.split(file.read())
    argv[0] = shutil.which(argv[0])
    for i, word in enumerate(argv):
        if word.startswith("socket,id=qmp2,path="):
            argv[i] = f"socket,id=qmp2,path={box.path('qmp2')},server=on,wait=off"
        if word.startswith("if=none,") and ",file=" in word:
            overlay = word.split(",file=")[1].split(",")[0]
            argv[i] = word.replace(overlay, box.path("overlay"))
    return argv


def overhead_of(given, box, name, params):
    box.add(name, params)
    command = box.command(name)
    run_quietly(command, box)
    argv = bare_argv(box, name)
    numbers = {chardev: number_of(argv, chardev) for chardev in ("qmp", "console")}
    bare, runner = [], []
    for _ in range(3 if given.short else given.runs):
        with Cost() as cost:
            run_bare(argv, numbers)
        bare.append(cost)
        with Cost() as cost:
            run_quietly(command, box)
        runner.append(cost)
    return bare, runner


def row(title, costs, beside=None):
    figures = []
    for kind in ("cpu", "wall"):
        times = [getattr(cost, kind) * 1000 for cost in costs]
        figures += [min(times), statistics.median(times)]
    text = f"{title:<26}" + "".join(f"{figure:9.1f} ms" for figure in figures)
    if beside:
        ours, theirs = (statistics.median(c.cpu for c in some) for some in (costs, beside))
        text += f"{(ours - theirs) * 1000:+9.1f} ms{ours / theirs:8.2f}"
    print(text)


def overhead(given, directory):
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise Failure("prctl(PR_SET_CHILD_SUBREAPER): " + os.strerror(ctypes.get_errno()))
    box = set_up(given, directory)
    disk = box.path("base.raw")
    with open(disk, "wb") as file:
        file.truncate(16 << 20)
    overlay = box.path("overlay")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", disk, overlay], check=True)
    print(f"{'':<26}{'CPU min':>12}{'median':>12}{'wall min':>12}{'median':>12}{'more CPU':>12}{'ratio':>8}")
    for title, params in (("no disk", {}), ("disk", {"images": "image1", "image_name": box.path("base"),
                                                    "image_format": "raw"})):
        bare, runner = overhead_of(given, box, title.replace(" ", ""), guests.tiny(box, **params))
        row(f"{title}: bare qemu", bare)
        row(f"{title}: runner", runner, bare)


def cpu_of_tree(root):
    """CPU seconds of a process, its children and theirs, the ended ones included."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
            stats[int(pid)] = int(fields[1]), sum(map(int, fields[11:15]))
    tree, ticks = {root}, 0
    for pid in sorted(stats):  # a child's pid is the higher one, but for an overflow
        if pid in tree or stats[pid][0] in tree:
            tree.add(pid)
            ticks += stats[pid][1]
    return ticks / os.sysconf("SC_CLK_TCK")


class ToFirstCommand:
    """What it costs from the start of ctest until the guest has done the test's first command."""

    def __init__(self, box, name):
        directory = box.path("ctest-" + name)
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
            file.write(f"add_test({name} " + " ".join(f"[=[{w}]=]" for w in box.command(name)) + ")\n")
        console = box.path("results", name, "console-vm1.log")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(console)
        begin = time.monotonic()
        ctest = subprocess.Popen([box.settings.ctest, "--test-dir", directory], env=box.environ(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while not self.done(console):
            if ctest.poll() is not None or time.monotonic() > begin + LIMIT:
                ctest.kill()
                raise Failure(f"{name}: the guest's first command was not seen")
            time.sleep(0.002)
        self.wall = time.monotonic() - begin
        self.cpu = cpu_of_tree(ctest.pid)
        ctest.wait(LIMIT)
        self.result = runs.Outcome(0, "", box.path("results", name)).result()

    @staticmethod
    def done(console):
        with contextlib.suppress(FileNotFoundError), open(console, "rb") as file:
            return b"first command" in file.read()
        return False


def template(given, directory):
    box = set_up(given, directory)
    params = guests.linux(box, type="shutdown", template_dir=box.path("templates"),
                          shutdown_command="echo first command > /dev/console; poweroff")
    box.add("boots", params)
    box.add("restored", {**params, "vm_reuse": "template"})
    print(f"{'':<26}{'CPU min':>12}{'median':>12}{'wall min':>12}{'median':>12}{'more CPU':>12}{'ratio':>8}")
    booted = [ToFirstCommand(box, "boots") for _ in range(1 if given.short else 3)]
    saved = [ToFirstCommand(box, "restored")]
    restored = [ToFirstCommand(box, "restored") for _ in range(1 if given.short else 10)]
    if any("restore_seconds" not in each.result["measurements"] for each in restored):
        raise Failure("a test was booted that had a template")
    row("booted", booted)
    row("booted and saved", saved, booted)
    row("restored", restored, booted)
    walls = [statistics.median(each.wall for each in some) for some in (restored, booted)]
    print(f"restored, of a boot's wall time: {walls[0] / walls[1]:.3f}")


SECTIONS = {"overhead": overhead, "template": template}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True, help="kvmtest-run, of a release build")
    parser.add_argument("--runs", type=int, default=30, help="how often each is run")
    parser.add_argument("--short", action="store_true", help="a few times only")
    guests.add_arguments(parser)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="all, if none is given")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}: expected some of {', '.join(SECTIONS)}")
    for name in given.sections or SECTIONS:
        print(f"\n{name}")
        try:
            with tempfile.TemporaryDirectory() as directory:
                SECTIONS[name](given, os.path.join(directory, "box"))
        except Skip as skip:
            print(f"SKIP: {skip}")
            return 77
        except Failure as failure:
            print(f"FAIL: {failure}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
