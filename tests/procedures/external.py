#!/usr/bin/env python3
"""Users' own tests and the tools for living VMs, with real guests: external.py ... <case>"""

import os
import pty
import select
import sys
import time

import guests
from guests import Failure, expect_equal, linux, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
from own_tests import program  # noqa: E402


def own(box, text, **params):
    program(box, "mine", text)
    return linux(box, **{**params, "type": "mine"})


def case_own_test(box):
    """All tools on a real guest, in one boot."""
    box.add("one", own(box, r"""
check() { [ "$1" = "$2" ] || { echo "expected '$2', found '$1'"; exit 1; }; }
[ -S "$KVMTEST_vm1_QMP" ] && [ -s "$KVMTEST_vm1_CONSOLE" ] || { echo "no files"; exit 1; }
check "$(run exec vm1 'cat /sys/class/net/eth0/address')" "$KVMTEST_vm1_MAC"
run exec vm1 "ip -4 addr show eth0 | grep -qw $KVMTEST_vm1_IP" || { echo "no IP"; exit 1; }
run exec vm1 'exit 9'; check $? 9
check "$(run exec vm1 'head -c 200000 /dev/zero' | wc -c)" 200000
(run exec vm1 'sleep 1; echo slow' > slow) &
run exec vm1 'echo quick' > quick
wait
check "$(cat slow quick)" "slow
quick"
check "$(run qmp vm1 query-name)" "{\"name\":\"one/vm1\"}"
run wait vm1 'kvmtest-guest: ready' > /dev/null || exit 2
run exec vm1 'echo "<1>from the kernel" > /dev/kmsg' && run wait --next vm1 'from the kernel' || exit 3
run screendump vm1 screen.png || exit 4
check "$(head -c 4 screen.png | tail -c 3)" PNG
run qmp vm1 stop && run qmp vm1 query-status && run qmp vm1 cont || exit 5
run qmp vm1 device_add '{"driver": "virtio-rng-pci", "id": "more"}' || exit 6
run exec vm1 true
""", extra_params="-device VGA"), timeout=240)
    outcome = box.run("one")
    outcome.expect(0, "PASS external: mine passed after [0-9.]+ s")
    box.expect_nothing_left()


def case_own_test_migrates(box):
    """The guest moves twice, and is the same; what is wrong with a request is said."""
    params = own(box, r"""
boot=$(run exec vm1 'cat /proc/sys/kernel/random/boot_id; echo hello > /tmp/note; echo data > /dev/vda')
run migrate vm1 || exit 2
run migrate vm1 unix --timeout 60 || exit 3
[ "$(run exec vm1 'cat /proc/sys/kernel/random/boot_id')" = "$boot" ] || exit 4
[ "$(run exec vm1 'cat /tmp/note; head -c 4 /dev/vda')" = "hello
data" ] || exit 5
run qmp vm1 query-name
run migrate vm1 pigeon; [ $? = 2 ] || exit 6
run exec vm1 "echo '<1>still here' > /dev/kmsg" && run wait --next vm1 'still here' || exit 7
""", images="disk", image_name=box.path("disk"), create_image="yes", image_size="8M",
                 drive_format="virtio")
    box.add("one", params, timeout=240)
    outcome = box.finish("one", box.start("one"), limit=280)
    outcome.expect(0, "PASS external: mine passed after .*").expect_text(
        '{"name":"one/vm1-dst2"}', "protocol 'pigeon': expected tcp, unix or fd")
    box.expect_nothing_left()


def case_own_test_migrates_in_vain(box):
    """The twin: a migration that cannot end in its time. The guest stays where it is."""
    box.add("one", own(box, r"""
run exec vm1 '(while :; do head -c 20000000 /dev/urandom > /tmp/x; done) > /dev/null 2>&1 &'
run migrate vm1 --timeout 5 && exit 2
run exec vm1 true || exit 3
echo it did not move; exit 1
""", migration_max_bandwidth="100000"), timeout=240)
    outcome = box.finish("one", box.start("one"), limit=280)
    outcome.expect(1, "FAIL test-failed: mine ended with exit status 1: it did not move") \
        .expect_text("vm1: the migration (tcp) did not end within ")
    box.expect_nothing_left()


def case_own_test_that_panics(box):
    """The twin: the guest panics while the program waits for something else, which ends it."""
    box.add("one", own(box, "run exec vm1 'sleep 1; echo c > /proc/sysrq-trigger' &\n"
                            "exec sleep 3000"), timeout=3600)
    begin = time.monotonic()
    box.run("one").expect(1, "FAIL guest-panic: vm1: .*Kernel panic - not syncing: .*")
    if time.monotonic() - begin > 120:
        raise Failure("it took too long")
    box.expect_nothing_left()


def case_own_test_fails_in_the_guest(box):
    """The twin that fails, hangs and leaks: its children are gone, and the class is right."""
    box.add("one", own(box, "run exec vm1 'ls /nonexistent' || { setsid sleep 1010 & exit 1; }"),
            timeout=240)
    box.run("one").expect(1, "FAIL test-failed: mine ended with exit status 1: "
                             "ls: /nonexistent: No such file or directory")
    box.add("late", own(box, "setsid sleep 1010 & run exec vm1 'sleep 1000'", command_timeout="2"),
            timeout=240)
    box.run("late").expect(1, r"FAIL test-timeout: mine did not end within 2 s \(command_timeout\)")
    box.expect_nothing_left()


def case_own_test_ends_the_guest(box):
    """It powers the guest off and says so first."""
    box.add("one", own(box, r"""
run expect vm1 exit
run exec vm1 poweroff
while run qmp vm1 query-status; do sleep 0.2; done
"""), timeout=240)
    box.run("one").expect(0, "PASS external: .*")


def case_own_test_ends_as_its_guest_goes(box):
    """The twin: a machine that goes away unasked is the verdict of whatever its program says then."""
    qemu = "$(sed -n 's/.*qemu started, pid //p' runner.log)"
    rows = {"off": ("run exec vm1 'poweroff -f'; exit 0", "FAIL guest-exited: vm1: .*guest-shutdown.*"),
            "crash": (f"run exec vm1 'sleep 9' & sleep 0.5; kill -SEGV {qemu}; wait $!; exit 77",
                      "FAIL qemu-crash: vm1: qemu died with signal 11 .*")}
    for name, (text, verdict) in rows.items():
        box.add(name, {**own(box, text), "type": name}, timeout=240)
        program(box, name, text)
        box.run(name).expect(1, verdict)
    box.expect_nothing_left()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, environment)
        self.seen = ""

    def expect(self, text, limit=30):
        end = time.monotonic() + limit
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            try:
                data = os.read(self.fd, 4096) if ready else b""
            except OSError:  # the other end has closed
                data = b""
            if not data:
                raise Failure(f"'{text}' did not come; the terminal has shown:\n{self.seen}")
            self.seen += data.decode(errors="replace")
        self.seen = self.seen.split(text, 1)[1]

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self):
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def case_attach(box):
    """A failing test keeps its guest; a person gets a real shell there within seconds."""
    box.add("one", linux(box, guest_command="false"), timeout=240)
    process = box.start("one", "--keep-vm")
    result = os.path.join(box.path("results", "one"), "result.json")
    wait_until(lambda: os.path.exists(result) and '"kept"' in open(result).read(), 240, "kept")
    begin = time.monotonic()
    terminal = Terminal([box.settings.runner, "attach", box.path("results", "one")], box.environ())
    terminal.expect("a shell in the guest of vm1")
    terminal.type("cd /proc; echo $((6 * 7))-$PWD\n")
    terminal.expect("42-/proc")
    print(f"attached and answered after {time.monotonic() - begin:.2f} s")
    if time.monotonic() - begin > 10:
        raise Failure(f"a shell took {time.monotonic() - begin:.1f} s")
    # It is a terminal: Ctrl-C ends a command, its size is known.
    terminal.type("sleep 1000\n")
    time.sleep(1)
    terminal.type("\x03")
    terminal.type("stty size; echo still-$PWD\n")
    terminal.expect("still-/proc")
    terminal.type("\x1d")
    expect_equal(terminal.status(), 0)
    box.finish("one", process, limit=30)
    expect_equal(process.returncode, 1)
    box.expect_nothing_left()


def case_attach_while_test_runs(box):
    """Whoever attaches gives the shell back to the test when they leave."""
    box.add("one", own(box, "while [ ! -e go ]; do sleep 0.1; done; run exec vm1 'echo $PWD'"),
            timeout=240)
    process = box.start("one")
    log = box.path("results", "one", "program.log")
    wait_until(lambda: os.path.exists(log), 240, "the program runs")
    terminal = Terminal([box.settings.runner, "attach", "--run", box.path("results", "one")],
                        box.environ())
    terminal.expect("a shell in the guest of vm1")
    terminal.type("cd /proc; sleep 1000\n")
    time.sleep(0.5)
    terminal.type("\x1d")
    expect_equal(terminal.status(), 0)
    open(box.path("results", "one", "go"), "w").close()
    box.finish("one", process).expect(0, "PASS external: .*").expect_text("mine wrote:\n/\n")


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
