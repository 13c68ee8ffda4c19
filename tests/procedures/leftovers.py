#!/usr/bin/env python3
"""Nothing is left behind, however a run ends: leftovers.py --runner ... --guests DIR <case>"""

import glob
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import guests
from guests import Failure, expect_equal, need, runs, tiny, wait_until


def interfaces():
    return sorted(os.listdir("/sys/class/net"))


class Temporary:
    """A directory that the runs make their own in: for sockets, whose paths must be short."""

    def __init__(self, box):
        self.path = tempfile.mkdtemp(prefix="kt-")
        box.environment["XDG_RUNTIME_DIR"] = self.path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def content(self):
        return os.listdir(self.path)


def three(box, **params):
    nothing = {f"boot_marker_vm{i}": "never" for i in (1, 2, 3)}
    return tiny(box, vms="vm1 vm2 vm3", **nothing, **params)


def case_killed_at_any_moment(box):
    """Fifty runs with three VMs, each killed at another moment and by another signal."""
    seed = int(os.environ.get("KVMTEST_SEED", "5"))
    print(f"seed {seed} (KVMTEST_SEED)")
    dice = random.Random(seed)
    before = interfaces()
    box.add("one", three(box))
    box.add("after", tiny(box))
    with Temporary(box) as temporary:
        for i in range(50):
            number = dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
            kill_after(box, dice.uniform(0, 0.6), number)
            box.expect_nothing_left()
            wait_until(lambda: not temporary.content(), 2,
                       f"run {i}, signal {number}: no socket directory is left")
            expect_equal(interfaces(), before)
        box.run("after").expect(0, "PASS boot: .*")


def kill_after(box, seconds, number):
    process = box.start("one")
    try:
        time.sleep(seconds)
        process.send_signal(number)
        process.wait(20)
    except subprocess.TimeoutExpired:
        raise Failure(f"still there 20 s after signal {number}") from None
    finally:
        process.stdout.close()


def count_files(directory):
    return sum(len(files) for _, _, files in os.walk(directory))


def case_hundred_runs(box):
    """Processes, files and disk are after a hundred runs as after ten. What attempts under one ctest have
    left is kept on purpose, and not counted."""
    box.add("one", tiny(box))
    with Temporary(box) as temporary:
        def run(times):
            for _ in range(times):
                box.run("one").expect(0, "PASS boot: .*")
            for attempt in glob.glob(box.path("results", "one", "attempt-*")):
                shutil.rmtree(attempt)
            return {"files": count_files(box.directory), "temporary": temporary.content(),
                    "interfaces": interfaces(), "processes": box.processes()}

        few = run(10)
        expect_equal(run(90), few)


def case_plain_user(box):
    """Nothing that a test does by default needs privileges."""
    if os.getuid() != 0:
        raise runs.Skip("this test is of root, who becomes somebody else; all others show it")
    need("setpriv")
    user = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as place:
        box.directory = os.path.join(place, "box")
        for name in (box.settings.runner, guests.guest_file(box, "tiny.rom")):
            shutil.copy(name, place)
        box.settings.runner = os.path.join(place, "kvmtest-run")
        os.makedirs(box.directory)
        box.add("one", tiny(box, bios=os.path.join(place, "tiny.rom")))
        box.write()
        os.chmod(place, 0o755)
        os.chown(box.directory, user.pw_uid, user.pw_gid)
        command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        done = subprocess.run([*command, *box.command("one")], timeout=120, check=False, text=True,
                              env={**box.environ(), "HOME": box.directory},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        outcome = runs.Outcome(done.returncode, done.stdout, box.path("results", "one"))
        outcome.expect(0, "PASS boot: .*")
        box.expect_nothing_left()


def case_long_path(box):
    """A socket's path may have 107 bytes; a build tree's have more."""
    box.directory = os.path.join(box.directory, *["a-directory-with-a-long-name"] * 10)
    os.makedirs(box.directory)
    box.run_one(tiny(box)).expect(0, "PASS boot: .*")
    box.expect_nothing_left()


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
