#!/usr/bin/env python3
"""Users' own tests, and the tools for living VMs, with fake_qemu.py: own_tests.py ... <case>"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import runs
from cases import expect_equal, fake
from runs import Failure, processes_with, wait_until

# Beside the program: where its descendants find the tools.
HEAD = """#!/bin/sh
run() { verb=$1; shift; "$KVMTEST_RUN" "$verb" "$@"; }
"""


def program(box, name, text):
    """An executable for test_dirs."""
    os.makedirs(box.path("own"), exist_ok=True)
    path = box.path("own", name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + text)
    os.chmod(path, 0o755)
    box.common["test_dirs"] = box.path("own")
    return path


def run_program(box, text, mode="good", timeout=60, options=(), **params):
    fake(box, mode)
    program(box, "mine", text)
    box.add("one", {"type": "mine", "nics": "", **params}, timeout=timeout)
    return box.run("one", *options)


def case_variables_of_two(box):
    """One of them would not be seen."""
    box.add("two", {"type": "external", "command": "true", "start_vm": "no", "vms": "a-b a_b", "nics": ""})
    box.add("card", {"type": "external", "command": "true", "start_vm": "no", "vms": "a a_n1",
                     "nics": "n1"})
    box.run("two").expect(2, r"ERROR bad-params: VM a-b and VM a_b would share their variables "
                             r"KVMTEST_a_b_\*: expected names that differ in more than signs")
    box.run("card").expect(2, r"ERROR bad-params: card n1 of VM a and VM a_n1 would share .*")


def case_own_test_live(box):
    """What the program and pre_command write is seen while they run, and collected all the same."""
    box.environment["GO"] = box.path("go")
    wait = "while [ ! -e $GO ]; do sleep 0.02; done; rm $GO; printf 'the end'\n"
    fake(box, "good")
    program(box, "mine", "echo begun\n" + wait)
    box.add("one", {"type": "mine", "nics": "", "pre_command": "echo prepares; " + wait}, timeout=20)
    with subprocess.Popen(box.command("one"), env={**box.environ(), "KVMTEST_LIVE": "1"}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        seen = []
        for line in process.stderr:
            seen.append(line)
            if line in ("pre_command| prepares\n", "program| begun\n"):
                with open(box.path("go"), "w", encoding="ascii"):
                    pass
        out = process.stdout.read()
    expect_equal([out.split(": ")[0], process.returncode], ["PASS external", 0])
    expect_equal([line for line in seen if line.startswith("pr")],
                 ["pre_command| prepares\n", "pre_command| the end\n",
                  "program| begun\n", "program| the end\n"])
    expect_equal("it wrote:\nprepares\nthe end\n" in out, True)
    with open(box.path("results", "one", "program.log"), encoding="ascii") as file:
        expect_equal(file.read(), "begun\nthe end")


def case_own_test_passes(box):
    """What the program is told, and what becomes of what it leaves."""
    outcome = run_program(box, """
echo "greeting=$KVM_TEST_greeting vms=$KVMTEST_VMS main=$KVMTEST_MAIN_VM"
echo "mac=$KVMTEST_a_b_MAC/$KVMTEST_a_b_n_1_MAC ip=$KVMTEST_a_b_IP"
[ "$PWD" = "$KVMTEST_OUTPUT_DIR" ] && [ -n "$KVMTEST_a_b_QMP" ] && [ -S "$KVMTEST_CONTROL" ] || exit 3
grep -q '"greeting": "good day"' "$KVMTEST_PARAMS" || exit 4
printf 'latency 0.25\\nspeed_mbit 1e3\\n' > measurements
printf 'pass first\\nskip the second\\n' > subresults
""", greeting="good day", vms="a-b vm2", nics="n-1", shell_client="none",
                          boot_marker="fake guest ready")
    outcome.expect(0, r"PASS external: mine passed after [0-9.]+ s, 2 sub-results")
    outcome.expect_text("greeting=good day vms=a-b vm2 main=a-b\n",
                        "mac=52:54:00:10:00:01/52:54:00:10:00:01 ip=10.20.0.1\n",
                        "sub-results: 1 passed, 0 failed, 1 skipped\n",
                        '<CTestMeasurement type="numeric/double" name="latency">0.25')
    result = outcome.result()
    expect_equal(result["measurements"]["speed_mbit"], 1000.0)
    expect_equal(result["subresults"], [{"status": "pass", "name": "first"},
                                        {"status": "skip", "name": "the second"}])
    box.expect_nothing_left()


def case_own_test_fails(box):
    run_program(box, "echo looked; echo 'found a bear'; exit 3").expect(
        1, "FAIL test-failed: mine ended with exit status 3: found a bear").expect_text("looked\n")


def case_own_test_with_a_failed_part(box):
    """What it says of its parts counts, whatever its exit status."""
    for status in (0, 77):
        run_program(box, f"printf 'pass one\\nfail two\\n' > subresults; exit {status}").expect(
            1, f"FAIL test-failed: mine ended with exit status {status}, "
            "but 1 of its 2 sub-results failed: two")


def case_own_test_with_many_parts(box):
    """The first thousand are recorded; all of them count."""
    outcome = run_program(box, "(yes 'pass x' | head -n 1500; echo fail late; echo fail later)"
                               " > subresults")
    outcome.expect(1, "FAIL test-failed: mine ended with exit status 0, but 2 of its 1502 "
                      "sub-results failed: late, ...")
    outcome.expect_text("sub-results: 1500 passed, 2 failed, 0 skipped (1000 are recorded)\n")
    expect_equal(len(outcome.result()["subresults"]), 1000)
    run_program(box, "yes 'pass x' | head -n 1500 > subresults").expect(
        0, "PASS external: mine passed after [0-9.]+ s, 1500 sub-results")


def case_own_test_with_a_slip_in_its_parts(box):
    """A line that says nothing is no part that has passed."""
    for status in (0, 77):
        for slip in ("fail", "FAIL one", "fail: one", "it went wrong"):
            run_program(box, f"printf 'pass one\\n\\n{slip}\\n' > subresults; exit {status}",
                        start_vm="no").expect(
                1, f"FAIL test-failed: mine ended with exit status {status}, but its subresults: "
                   f"line 3: expected pass, fail or skip and a name, found '{slip}'")
    # What has failed by name is said first.
    run_program(box, "printf 'oops\\nfail one\\n' > subresults", start_vm="no").expect(
        1, "FAIL test-failed: .*, but 1 of its 1 sub-results failed: one").expect_text(
        "its sub-results: line 1: expected pass, fail or skip and a name, found 'oops'\n")


# What a program may leave where its files are expected, and what is said of it.
NO_FILES = {"fifo": ("mkfifo {}", "it is no regular file"), "device": ("ln -s /dev/zero {}", "it is no regular file"),
            "folder": ("mkdir -p {}/more", "it is no regular file"),
            "socket": ("ln -s $KVMTEST_CONTROL {}", "it is no regular file"),
            "endless": ("truncate -s 1T {}", "it has 1099511627776 bytes, more than [0-9]+")}


def case_own_test_leaves_no_files(box):
    """Neither waits nor eats memory for it; nor is it overlooked."""
    fake(box, "good")
    for name, (make, _) in NO_FILES.items():
        for file in ("subresults", "measurements"):
            program(box, name + file, make.format(file))
            box.add(name + file, {"type": name + file, "nics": "", "start_vm": "no"}, timeout=20)
    # Only whether a part failed is asked of one that skips itself.
    program(box, "skips", "mkfifo subresults measurements; echo no luck; exit 77")
    box.add("skips", {"type": "skips", "nics": "", "start_vm": "no"}, timeout=20)
    begin = time.monotonic()
    for name, (_, said) in NO_FILES.items():
        for _ in range(2):  # an earlier run's are no hindrance
            box.run(name + "subresults").expect(
                1, f"FAIL test-failed: {name}subresults ended with exit status 0, but its "
                f"subresults: {said}")
            box.run(name + "measurements").expect(
                1, f"FAIL test-failed: {name}measurements passed, but its measurements: {said}")
    box.run("skips").expect(1, "FAIL test-failed: skips ended with exit status 77, but its subresults: "
                               "it is no regular file")
    if time.monotonic() - begin > 40:
        raise Failure(f"took {time.monotonic() - begin} s")


def case_own_test_in_the_way(box):
    """Fifos where the runner writes its own files: that is an error, and ends."""
    outcome = run_program(box, "rm -f verdict.txt repro.sh; mkfifo verdict.txt repro.sh; exit 3",
                          timeout=20)
    outcome.expect(1, "FAIL test-failed: mine ended with exit status 3")
    outcome.expect_text("cannot write ", "/repro.sh: ",
                        "the record of this test is not complete: verdict.txt: ")


def case_own_test_ends_in_the_middle(box):
    """As GoogleTest says it, whose program somebody may end by exit(0)."""
    for status in (0, 77):
        run_program(box, f': > "$TEST_PREMATURE_EXIT_FILE"; exit {status}').expect(
            1, f"FAIL test-failed: mine ended with exit status {status} in the middle of its tests")
    run_program(box, ': > "$TEST_PREMATURE_EXIT_FILE"; rm "$TEST_PREMATURE_EXIT_FILE"').expect(
        0, "PASS external: mine passed .*")


def case_own_test_params(box):
    """The program gets all of them, so none is known to nobody."""
    log = run_program(box, "exit $KVM_TEST_rc", rc="0").expect(0, "PASS external: .*").file(
        "runner.log")
    if "known to nobody" in log:
        raise Failure(log)


def case_own_test_stops_qemu(box):
    """A qemu that can only be killed is in the verdict."""
    outcome = run_program(box, "kill -STOP $(pidof_qemu)".replace(
        "pidof_qemu", "sed -n 's/.*qemu started, pid //p' runner.log"))
    outcome.expect(0, "PASS external: mine passed after .*; warning: vm1's qemu had to be killed")
    outcome.expect_text("warning: vm1: neither QMP quit nor SIGTERM ended qemu within 7 s; it had")


def start_program_that_leaves(box):
    """The runner of a program that has started another in a session of its own, and that one's pid."""
    program(box, "mine", "setsid sleep 1005 & echo $! > left; exec sleep 1006")
    box.add("one", {"type": "mine", "nics": ""})
    process = box.start("one")
    left = box.path("results", "one", "left")
    return process, int(wait_until(lambda: os.path.exists(left) and open(left).read(), 20, "it has begun"))


def case_own_test_leaves_a_process_to_cleanup(box):
    """Runner and guardian killed -9: the next cleanup ends what their program had started."""
    fake(box, "good")
    expect_that_cleanup_ends_it(box)


def case_own_test_leaves_a_process_and_no_sockets(box):
    """The same where somebody has tidied up /tmp meanwhile."""
    fake(box, "good")
    expect_that_cleanup_ends_it(box, lambda control: shutil.rmtree(os.path.dirname(control)))


def expect_that_cleanup_ends_it(box, meanwhile=lambda control: None):
    process, pid = start_program_that_leaves(box)
    victims = [victim for victim in runs.processes_with("kvmtest-run")
               if victim in runs.processes_with(box.directory + "/")]
    for number in (signal.SIGSTOP, signal.SIGKILL):  # none is to see another's end
        for victim in victims:
            os.kill(victim, number)
    process.wait()
    process.stdout.close()
    qemu = box.vm("one")["pid"]
    wait_until(lambda: not runs.lives(qemu), 20, "qemu, which has the queue's lock, is dead, too")
    meanwhile(json.load(open(box.path("results", "one", "result.json")))["control"])
    expect_equal(runs.lives(pid), True)
    said = subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=True, timeout=60,
                          stdout=subprocess.PIPE, text=True).stdout
    expect_equal(runs.lives(pid), False)
    if "that a test's program had left" not in said:
        raise Failure(said)


def case_own_test_dies(box):
    run_program(box, "echo here; kill -SEGV $$").expect(
        1, r"FAIL test-failed: mine ended with signal 11 \(Segmentation fault\): here")


def case_own_test_skips(box):
    run_program(box, "echo 'no tape drive'; exit 77").expect(77, "SKIP environment: no tape drive")


def case_own_test_hangs(box):
    """It may say where it was, and is killed with all that it has started."""
    outcome = run_program(box, "trap 'echo was waiting for the tide' TERM\n"
                               "sleep 1000 & while :; do wait; done", command_timeout="1")
    outcome.expect(1, r"FAIL test-timeout: mine did not end within 1 s \(command_timeout\)")
    outcome.expect_text("was waiting for the tide\n")
    box.expect_nothing_left()


def case_own_test_outlasts_deadline(box):
    run_program(box, "exec sleep 1000", timeout=2).expect(
        124, r"FAIL test-timeout: mine did not end within [0-9.]+ s \(then .*\)")


def case_own_test_leaves_processes(box):
    """A child in its group, one that has left it, and a grandchild: none outlives it."""
    outcome = run_program(box, """
sleep 1001 & setsid sleep 1002 & (setsid sh -c 'sleep 1003 & sleep 1004') &
sleep 0.3
""")
    outcome.expect(0, "PASS external: mine passed .*")
    outcome.expect_text(" process(es) that the program had left\n")
    for time_slept in range(1001, 1005):
        left = [pid for pid in processes_with(f"sleep {time_slept}") if own(box, pid)]
        expect_equal(left, [])


def own(box, pid):
    """Whether a process was started by this box's program."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return box.directory.encode() in file.read()
    except OSError:
        return False


def case_own_test_when_runner_is_killed(box):
    """-9 for the runner: the program and what has left its group go, too."""
    fake(box, "good")
    process, pid = start_program_that_leaves(box)
    process.kill()
    wait_until(lambda: not runs.lives(pid), 2, "the child has gone")
    process.wait()
    process.stdout.close()
    box.expect_nothing_left()


def case_own_test_when_vm_dies(box):
    """Ends it at once, whatever it is at; its own failure for that reason does not count."""
    begin = time.monotonic()
    run_program(box, "exec sleep 1000", mode="crashes").expect(
        1, r"FAIL qemu-crash: vm1: qemu died with signal 11 .*")
    if time.monotonic() - begin > 10:
        raise Failure(f"took {time.monotonic() - begin} s")


QEMU_PID = "$(sed -n 's/.*qemu started, pid //p' runner.log)"


def case_own_test_ends_as_its_vm_dies(box):
    """A dead VM is the verdict, also of a program that is content or skips itself right behind it."""
    killed = "FAIL qemu-killed: vm1: qemu was killed from outside: signal 9 .*"
    crashed = "FAIL qemu-crash: vm1: qemu died with signal 11 .*"
    away = r"FAIL guest-exited: vm1: the machine went away on its own \(reason: guest-shutdown\)"
    panicked = "FAIL guest-panic: vm1: the guest told qemu that it panicked"
    rows = ((f"kill -9 {QEMU_PID}", "good", killed), (f"kill -SEGV {QEMU_PID}", "good", crashed),
            ("run exec vm1 ': > $PANIC; sleep 2'", "exits-by-command", away),
            ("run exec vm1 ': > $PANIC; sleep 0.2'", "tells-of-panic-by-command", panicked))
    for text, mode, verdict in rows:
        for status in (0, 77):
            run_program(box, f"{text}; echo no device; exit {status}", mode=mode).expect(1, verdict)


def case_own_test_ends_its_vm_on_purpose(box):
    """What was said before is no failure, and how to say it is told."""
    power_off = "run exec vm1 ': > $PANIC; sleep 2'; exit 0"
    run_program(box, power_off, mode="exits-by-command").expect_text(
        "a program that ends a VM on purpose says so before: kvmtest-run expect VM exit\n")
    run_program(box, "run expect vm1 exit; " + power_off, mode="exits-by-command").expect(
        0, "PASS external: mine passed .*")
    run_program(box, "run expect vm1 panic; run exec vm1 ': > $PANIC; sleep 0.2'; exit 0",
                mode="tells-of-panic-by-command").expect(0, "PASS external: mine passed .*")
    run_program(box, "run qmp vm1 quit; exit 0").expect(0, "PASS external: mine passed .*")


def case_own_test_wrong_measurements(box):
    fake(box, "good")
    rows = {"words": ("latency fast", "line 1: expected NAME NUMBER, found 'latency fast'"),
            "nan": ("latency nan", "line 1: latency: not a finite number"),
            "name": ("<b> 1", "line 1: '<b>' is no name: .*"),
            "json": ('{"a": "b"}', 'a: expected a number, found "b"'),
            "taken": ("boot_seconds 1", "line 1: boot_seconds is measured by the runner"),
            "later": ("qemu_cpu_seconds 1", "line 1: qemu_cpu_seconds is measured by the runner")}
    for name, (text, _) in rows.items():
        program(box, name, f"printf '%s\\n' '{text}' > measurements")
        # Also where the runner has not measured it, or has not yet.
        box.add(name, {"type": name, "nics": "", "start_vm": "no" if name == "taken" else "yes"})
    for name, (_, message) in rows.items():
        box.run(name).expect(1, f"FAIL test-failed: {name} passed, but its measurements: {message}")


def case_own_test_is_not_found(box):
    fake(box, "good")
    program(box, "mine", "")
    os.chmod(program(box, "plain", ""), 0o644)
    for name in ("absent", "plain", "../own/mine", ".hidden"):
        box.add(name, {"type": name, "nics": ""})
    box.add("relative", {"type": "mine", "nics": "", "test_dirs": "own"})
    box.add("no_dirs", {"type": "mine", "nics": "", "test_dirs": ""})
    box.add("no_command", {"type": "external", "nics": ""})
    own_dir = box.path("own")
    box.run("absent").expect(77, f"SKIP environment: no procedure 'absent', and no program of that "
                                 f"name in {own_dir}")
    box.run("plain").expect(77, f"SKIP environment: no procedure 'plain': {own_dir}/plain is not "
                                "executable")
    box.run("../own/mine").expect(77, r"SKIP environment: no procedure '\.\./own/mine'")
    box.run(".hidden").expect(77, r"SKIP environment: no procedure '\.hidden'")
    box.run("no_dirs").expect(77, "SKIP environment: no procedure 'mine'")
    box.run("relative").expect(2, "ERROR bad-params: test_dirs: 'own' is no absolute path")
    box.run("no_command").expect(
        2, "ERROR bad-params: type = external needs command, a line for the shell")


def case_command_for_the_shell(box):
    fake(box, "good")
    box.run_one({"type": "external", "nics": "", "command": "echo $((6 * 7)) > answer"}).expect(
        0, "PASS external: command passed .*")
    with open(box.path("results", "one", "answer"), encoding="utf-8") as file:
        expect_equal(file.read(), "42\n")


def case_tools(box):
    """exec, qmp and wait as a program uses them, and their errors."""
    run_program(box, r"""
check() { [ "$1" = "$2" ] || { echo "expected '$2', found '$1'"; exit 1; }; }
check "$(run exec vm1 'echo out; echo err >&2')" "out
err"
run exec vm1 'exit 9'; check $? 9
check "$(run exec vm1 -- printf '%s|' 'a b' "c'd" '$e')" "a b|c'd|\$e|"
check "$(run exec vm1 'head -c 300000 /dev/zero | tr "\0" x' | wc -c)" 300000
check "$(run qmp vm1 query-status)" '{"status":"running"}'
check "$(run qmp vm1 '{"execute": "query-status"}')" '{"status":"running"}'
check "$(run qmp vm1 system_frobnicate 2>&1)" "kvmtest-run: error: no"
run qmp vm1 system_frobnicate 2> /dev/null; check $? 1
run qmp vm1 x '[]' 2> /dev/null; check $? 2
check "$(run wait vm1 'guest .eady')" "fake guest ready"
run wait --next vm1 'guest ready' --timeout 0 2> /dev/null; check $? 1
run wait vm1 '(' 2> /dev/null; check $? 2
check "$(run exec vm9 true 2>&1)" "kvmtest-run: error: no VM 'vm9'; the test has vm1"
run exec vm9 true 2> /dev/null; check $? 125
check "$(run exec vm1 --timeout 0.3 'sleep 6; true' 2>&1)" \
      "kvmtest-run: error: vm1: the command did not end within 0.3 s"
check "$(run exec vm1 --timeout 0.3 true 2>&1)" \
      "kvmtest-run: error: the shell of vm1 is busy with another command"
check "$(run exec vm1 'echo again')" again
check "$(run start vm1 2>&1)" "kvmtest-run: error: vm1 has been started before"
""").expect(0, "PASS external: .*")


def case_tools_from_many_clients(box):
    """Ten at once, on two VMs; nobody gets another's answer."""
    run_program(box, r"""
for i in 1 2 3 4 5 6 7 8 9 10; do
  vm=vm$((i % 2 + 1))
  (run exec $vm "echo $i; exit $i" > out.$i; echo $? >> out.$i) &
done
wait
for i in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(cat out.$i)" = "$i
$i" ] || { cat out.$i; exit 1; }
done
""", vms="vm1 vm2").expect(0, "PASS external: .*")


def case_tools_start_and_end(box):
    """start_vm = no: the program starts them, and may end them."""
    run_program(box, r"""
[ "$(run exec vm1 true 2>&1)" = "kvmtest-run: error: vm1 has not been started" ] || exit 1
run start vm1 && run wait vm1 'fake guest ready' && run exec vm1 true || exit 2
run qmp vm1 system_powerdown || exit 3
while run exec vm1 true 2> err; do sleep 0.1; done
cat err
""", start_vm="no").expect(0, "PASS external: .*")


def case_exit_that_nobody_expects(box):
    """The twin of the case before: a VM that ends by itself fails the test."""
    run_program(box, "run exec vm1 true; exec sleep 1000", mode="exits").expect(
        1, "FAIL guest-exited: vm1: .*")


def case_tools_without_a_test(box):
    def ask(*words, **environment):
        done = subprocess.run([box.settings.runner, *words], env={**box.environ(), **environment},
                              capture_output=True, text=True, cwd=box.directory)
        return done.returncode, done.stderr
    expect_equal(ask("exec", "vm1", "true"),
                 (125, "kvmtest-run: error: which test? --run DIR names its results directory "
                       "(KVMTEST_CONTROL is not set)\n"))
    expect_equal(ask("exec", "vm1", "true", KVMTEST_CONTROL="/nowhere"),
                 (125, "kvmtest-run: error: the test's runner does not answer at /nowhere: "
                       "No such file or directory\n"))
    expect_equal(ask("exec", "--run", "x", "vm1", "true"),
                 (125, "kvmtest-run: error: 'x' is no results directory, nor a test of the build "
                       "tree here\n"))
    fake(box, "good")
    box.run_one({"type": "boot", "nics": ""}).expect(0, "PASS .*")
    status, text = ask("exec", "--run", box.path("results", "one"), "vm1", "true")
    expect_equal([status, "has no VMs at the moment" in text], [125, True])
    expect_equal(ask("exec")[0], 2)


def case_control_takes_nonsense(box):
    """Lines that are no requests, a long one, a client that goes: the runner goes on."""
    fake(box, "good")
    program(box, "mine", "while [ ! -e done ]; do sleep 0.05; done")
    box.add("one", {"type": "mine", "nics": ""})
    process = box.start("one")
    path = box.path("results", "one", "program.log")
    wait_until(lambda: os.path.exists(path), 20, "the program runs")
    control = json.load(open(box.path("results", "one", "result.json")))["control"]
    def say(data, receive=True):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(control)
            sock.sendall(data)
            return sock.makefile("rb").readline().decode() if receive else ""
    for line, kind in ((b"hello\n", "bad-request"), (b"[]\n", "bad-request"), (b"{}\n", "no-vm"),
                       (b'{"do": 1, "vm": "vm1"}\n', "bad-request"),
                       (b'{"do": "exec", "vm": "vm1", "command": 3}\n', "bad-request"),
                       (b'{"do": "qmp", "vm": "vm1", "execute": ""}\n', "bad-request"),
                       (b"x" * 200000 + b"\n", "bad-request")):
        expect_equal(json.loads(say(line))["class"], kind)
    for _ in range(50):
        say(b'{"do": "exec", "vm": "vm1", "command": "true"}\n', receive=False)
    done = say(b'{"do": "exec", "vm": "vm1", "command": "true"}\n')
    expect_equal(json.loads(done), {"status": 0})
    open(box.path("results", "one", "done"), "w").close()
    box.finish("one", process).expect(0, "PASS external: .*")


def keep(box, *options, mode="good", **params):
    """A failing test that keeps its VM; the process, once it says so."""
    fake(box, mode)
    box.add("one", {"type": "boot", "nics": "", "guest_command": "false", **params})
    process = box.start("one", *options)
    kept = wait_until(lambda: box.vm("one") and json.load(
        open(box.path("results", "one", "result.json"))).get("kept"), 20, "the VM is kept")
    return process, kept


def case_keep_vm(box):
    """The verdict comes first and once; attach speaks with the guest and lets go."""
    process, _ = keep(box, "--keep-vm")
    said = "".join(process.stdout.readline() for _ in range(4))
    first = "FAIL command-failed: vm1: guest_command ended with status 1: false\n"
    # Under ctest less than an hour, and it says why.
    if not re.match(re.escape(first) + r"kept alive for \d+ s: vm1.*\n  ", said) or " attach " not in said:
        raise Failure(said)
    directory = box.path("results", "one")
    done = subprocess.run([box.settings.runner, "attach", "--stay", directory], input="echo a\n",
                          capture_output=True, text=True, env=box.environ())
    expect_equal([done.returncode, done.stdout], [0, "a\n"])
    done = subprocess.run([box.settings.runner, "attach", directory], input="echo b\nexit 4\n",
                          capture_output=True, text=True, env=box.environ())
    expect_equal([done.returncode, done.stdout], [4, "b\n"])
    outcome = box.finish("one", process, limit=20)
    expect_equal(outcome.status, 1)
    expect_equal(outcome.out.count("FAIL command-failed"), 0)
    expect_equal([outcome.result()["status"], "kept" in outcome.result()], ["fail", False])
    box.expect_nothing_left()


def case_attach_to_nobody(box):
    """A VM that there is not: an error, and the others are kept."""
    process, _ = keep(box, "--keep-vm")
    directory = box.path("results", "one")
    done = subprocess.run([box.settings.runner, "attach", directory, "--vm", "vm9"], input="",
                          capture_output=True, text=True, env=box.environ())
    expect_equal([done.returncode, done.stderr],
                 [2, "kvmtest-run: error: no VM 'vm9'; the test has vm1\n"])
    time.sleep(0.5)
    expect_equal(process.poll(), None)
    done = subprocess.run([box.settings.runner, "attach", directory, "--vm", "vm1"], input="echo a\n",
                          capture_output=True, text=True, env=box.environ())
    expect_equal([done.returncode, done.stdout, done.stderr], [0, "a\n", ""])
    box.finish("one", process, limit=20)


def case_attach_to_a_busy_shell(box):
    """It says so at once, and waits."""
    process, _ = keep(box, "--keep-vm")
    directory = box.path("results", "one")
    subprocess.run([box.settings.runner, "exec", "--run", directory, "--timeout", "0.2", "vm1",
                    "sleep 3"], check=False, capture_output=True, env=box.environ())
    attach = subprocess.Popen([box.settings.runner, "attach", directory], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=box.environ())
    attach.stdin.write("echo a\n")
    attach.stdin.flush()
    begin = time.monotonic()
    expect_equal(attach.stderr.readline(),
                 "kvmtest-run: the shell of vm1 is busy with another command; waiting\n")
    if time.monotonic() - begin > 2:
        raise Failure(f"it was told after {time.monotonic() - begin:.1f} s")
    expect_equal(attach.communicate(timeout=20)[0], "a\n")
    box.finish("one", process, limit=20)


def case_keep_vm_ends_by_itself(box):
    """After --keep-seconds, and with Ctrl-C."""
    process, _ = keep(box, "--keep-seconds", "1", keep_vm="on-failure")
    box.finish("one", process, limit=20)
    expect_equal(process.returncode, 1)
    box.environment["KVMTEST_KEEP_VM"] = "yes"
    process, _ = keep(box)
    process.send_signal(signal.SIGINT)
    box.finish("one", process, limit=20)
    expect_equal(process.returncode, 1)
    box.expect_nothing_left()


def case_keep_vm_of_a_known_failure(box):
    """It is no failure to be looked at, unless all are; the verdict is the right one from the start."""
    known = box.path("known.txt")
    with open(known, "w", encoding="utf-8") as file:
        file.write("one | command-failed: | https://bugs/7 | 2999-12-31\n")
    fake(box, "good")
    params = {"type": "boot", "nics": "", "guest_command": "false", "known_failures": known}
    verdict = r"XFAIL command-failed: .* \[known: https://bugs/7\]"
    box.add("one", {**params, "keep_vm": "on-failure"})
    if "kept alive" in box.run("one", "--keep-seconds", "3").expect(77, verdict).out:
        raise Failure("it was kept")
    box.tests.clear()
    process, kept = keep(box, "--keep-seconds", "1", keep_vm="yes", known_failures=known)
    if not re.fullmatch(verdict, kept["verdict"]):
        raise Failure(kept)
    outcome = box.finish("one", process, limit=20).expect(77, verdict).expect_text("kept alive for 1 s")
    expect_equal(outcome.out.count("FAIL command-failed"), 1)


def case_keep_vm_only_when_wanted(box):
    fake(box, "good")
    box.add("passes", {"type": "boot", "nics": ""})
    box.add("fails", {"type": "boot", "nics": "", "guest_command": "false", "keep_vm": "on-failure"})
    box.add("wrong", {"type": "boot", "nics": "", "keep_vm": "maybe"})
    box.run("passes", "--keep-vm").expect(0, "PASS .*")
    box.run("fails", "--keep-vm=no").expect(1, "FAIL command-failed: .*")
    box.run("wrong").expect(2, "ERROR bad-params: keep_vm = maybe: expected no, on-failure or yes")
    fake(box, "crashes")
    box.add("dead", {"type": "external", "nics": "", "command": "sleep 1000"})
    box.run("dead", "--keep-vm").expect(1, "FAIL qemu-crash: .*").expect_text(
        "no VM is alive that could be kept\n")


if __name__ == "__main__":
    sys.exit(runs.main(globals()))
