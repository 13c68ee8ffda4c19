#!/usr/bin/env python3
"""kvmtest-run against fake_qemu.py and against bad input: cases.py --runner ... <case>"""

import contextlib
import fcntl
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import runs
from runs import Failure, wait_until

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_qemu.py")
BARE = {"type": "boot", "shell_client": "none", "boot_marker": "fake guest ready", "nics": ""}


def fake(box, mode):
    box.environment.update(FAKE_QEMU=mode, FAKE_QEMU_ARGV=box.path("argv.json"))
    box.common["qemu_binary"] = FAKE


def files(box):
    return sorted(os.listdir(box.path("results", "one")))


def expect_equal(found, expected):
    if found != expected:
        raise Failure(f"expected {expected!r}\nfound    {found!r}")


def case_good(box):
    """What a passing test leaves behind."""
    fake(box, "good")
    outcome = box.run_one({"type": "boot", "nics": "", "guest_command": "echo hello; echo there >&2",
                           "some_param": "x"})
    outcome.expect(0, r"PASS boot: booted in [0-9.]+ s, guest_command succeeded")
    outcome.expect_text("accelerator: tcg (asked for)\n", "guest_command wrote:\nhello\nthere\n",
                        '<CTestMeasurement type="numeric/double" name="boot_seconds">',
                        '<CTestMeasurement type="text/string" name="accel">tcg<',
                        '<CTestMeasurement type="text/string" name="qemu_version">7.2.99 (fake)<',
                        "<CTestDetails>boot: booted in ")
    expect_equal(files(box), ["console-vm1.log", "console-vm1.times", "qemu-vm1.cmd", "qemu-vm1.stderr", "qmp-vm1.log",
                              "result.json", "runner.log", "shell-vm1.log", "test.lock",
                              "verdict.txt"])
    expect_equal(outcome.file("console-vm1.log"), "fake BIOS\r\nfake guest ready\r\n")
    result = outcome.result()
    expect_equal([result[k] for k in ("status", "class", "exit_code", "host", "queue", "generation")],
                 ["pass", "boot", 0, "h", "1", "0" * 16])
    if "param some_param is known to nobody here" not in outcome.file("runner.log"):
        raise Failure("the log does not name the unknown param\n" + outcome.file("runner.log"))
    with open(box.path("argv.json"), encoding="utf-8") as file:
        argv = json.load(file)
    expect_equal(argv[1:3], ["-name", "guest=one/vm1,debug-threads=on"])
    box.expect_nothing_left()


STEAL = ('<CTestMeasurementFile type="file" name="stolen">/etc/hostname</CTestMeasurementFile>'
         '<CTestMeasurement type="numeric/double" name="evil">1</CTestMeasurement>')


def ctest_elements(text):
    """What ctest, 3.25 to 4.x, takes for its own in a test's output."""
    return re.findall(r"<(?:CTest|Dart)Measurement[^<]*</(?:CTest|Dart)Measurement[a-zA-Z]*>|"
                      r"<CTestDetails>.*?</CTestDetails>|<CTestLabel>.*?</CTestLabel>|"
                      "CTEST_FULL_OUTPUT", text, re.DOTALL)


def case_guests_do_not_speak_to_ctest(box):
    """Neither by the console, seen live too, nor by a command's output, nor cut in pieces."""
    fake(box, "good")
    command = (
        f"printf '%s\\n' '{STEAL}' '<CTestDetails>fine</CTestDetails>' '<CTestLabel>x</CTestLabel>' "
        "'<DartMeasurement type=\"a\" name=\"evil\">1</DartMeasurement>' CTEST_FULL_OUTPUT; "
        "printf '<CTestMeas\\001urementFile type=\"file\" name=\"stolen\">/etc/hostname"
        "</CTestMeasurementFile>\\n'")
    for end, status in (("", 0), ("; exit 9", 1)):
        box.tests.clear()
        outcome = box.run_one({"type": "guest_command", "nics": "",
                               "guest_command": command + end})
        expect_equal(outcome.status, status)
        outcome.expect_text('< CTestMeasurementFile type="file" name="stolen">/etc/hostname<')
        found = ctest_elements(outcome.out)
        expect_equal([e for e in found if re.search("evil|stolen|fine|Label|FULL", e)], [])
        expect_equal(len([e for e in found if e.startswith("<CTestDetails>")]), 1)
    fake(box, "steals")
    box.environment["KVMTEST_LIVE"] = "1"
    box.tests.clear()
    outcome = box.run_one({**BARE, "boot_marker": "never", "login_timeout": "1"})
    outcome.expect_text("vm1| < CTestMeasurementFile", "\nFAIL boot-timeout: ",
                        "\n  < CTestMeasurementFile")
    expect_equal([e for e in ctest_elements(outcome.out) if "stolen" in e or "evil" in e], [])


def case_flood_on_stderr(box):
    """A qemu that writes without end fills no disk, and its test ends in time."""
    fake(box, "floods-stderr")
    outcome = box.run_one({**BARE, "boot_marker": "never"}, timeout=8)
    outcome.expect(124, "FAIL boot-timeout: .*")
    said = outcome.file("qemu-vm1.stderr")
    if not 1 << 20 < len(said) < 5 << 20 or not said.startswith("it begins\n"):
        raise Failure(f"{len(said)} bytes, {said[:100]}")
    if "bytes are left out]" not in said or "and on and on\n" not in said[-1000:]:
        raise Failure(said[-200:])


def case_stderr_is_whole(box):
    """What does not fill a pipe is in the file as it was, the last words too."""
    fake(box, "crashes")
    expect_equal(box.run_one(BARE).file("qemu-vm1.stderr"), "qemu: something is very wrong\n")


def case_addresses_that_do_not_fit(box):
    """Networks in which guests could not reach each other, or qemu has no room, are refused."""
    fake(box, "good")
    card = {**BARE, "nics": "nic1"}
    box.run_one({**card, "ip_prefix": "30"}).expect(
        2, r"ERROR bad-params: ip_prefix = 30: a user network has three addresses, .*: expected at most 29 \(for nic1\)")
    box.ranges[0]["base_ip"] = "10.20.0.254"
    box.tests.clear()
    box.run_one({**card, "vms": "vm1 vm2", "nic_mode": "private", "ip_prefix": "24"}).expect(
        2, r"ERROR bad-params: ip_prefix = 24: nic1 of vm1 \(10.20.0.254\) and nic1 of vm2 \(10.20.1.1\) are in "
           r"different subnets, 10.20.0.0/24 and 10.20.1.0/24, of the private network 'net'")
    box.tests.clear()
    box.run_one({**card, "vms": "vm1 vm2", "nic_mode": "private"}).expect(0, "PASS boot: .*")


def case_temporary_of_a_killed_run(box):
    """What a killed runner was writing is removed by the next run of its test, which says so."""
    fake(box, "good")
    left = box.path("results", "one", "result.json.kvmtest-0123abcd.tmp")
    os.makedirs(os.path.dirname(left))
    with open(left, "w", encoding="utf-8") as file:
        file.write("{")
    box.run_one(BARE).expect(0, "PASS boot: .*").expect_text(f"removed {left}, left by a run that was killed\n")
    expect_equal([n for n in os.listdir(os.path.dirname(left)) if n.endswith(".tmp")], [])


def case_names_of_objects(box):
    """They become names of files, and no two objects share one; that is said before the queue."""
    fake(box, "good")
    for params, text in (
            ({"vms": "vm1 vm1"}, "vms = vm1 vm1: 'vm1' is there twice"),
            ({"main_vm": "vm9"}, "main_vm = vm9: expected one of the test's VMs: vm1"),
            ({"vms": "../x"}, "vms: '../x' is no name of an object: .*"),
            ({"nics": "a a"}, "nics = a a: 'a' is there twice"),
            ({"images_vm1": "a/b"}, "images: 'a/b' is no name of an object: .*"),
            ({"nics": "1"}, "nics: '1' is no name that qemu takes: expected letters, digits, '-', '_' and '.', a letter first"),
            ({"images": "a,b"}, "images: 'a,b' is no name that qemu takes: .*"),
            ({"images": "n\u00e9"}, "images: 'n\u00e9' is no name that qemu takes: .*"),
            ({"cdroms": "c c"}, "cdroms = c c: 'c' is there twice"),
            ({"serials": "a b c c"}, "serials = a b c c: 'c' is there twice"),
            ({"virtio_ports": "p p"}, "virtio_ports = p p: 'p' is there twice"),
            ({"virtio_rngs": "r'"}, "virtio_rngs: 'r'' is no name that qemu takes: .*"),
            ({"usbs": "u u"}, "usbs = u u: 'u' is there twice")):
        box.tests.clear()
        outcome = box.run_one({**BARE, **params})
        outcome.expect(2, "ERROR bad-params: " + text)
        if "has queue" in outcome.file("runner.log"):
            raise Failure(outcome.file("runner.log"))


def case_killed_from_outside(box):
    """Neither the guest nor a fault of qemu's: somebody's signal, and qemu says whose."""
    fake(box, "terminated")
    box.run_one(BARE).expect(
        1, r"FAIL qemu-killed: vm1: qemu was told to end by a signal from outside: qemu-system-x86_64: "
           r"terminating on signal 15 from pid 4711 \(earlyoom\)")
    fake(box, "killed")
    box.tests.clear()
    box.run_one(BARE).expect(
        1, r"FAIL qemu-killed: vm1: qemu was killed from outside: signal 9 \(Killed\), .*")


def case_answers_of_other_types(box):
    """A qemu that answers with other types than documented fails, and not the runner."""
    fake(box, "good")
    box.environment["FAKE_QEMU_ANSWERS"] = json.dumps({"query-status": {"return": {"status": 7}}})
    box.run_one(BARE).expect(
        1, "FAIL qemu-error: an answer or event of qemu's has not the form that its documentation "
           "gives it: .*")
    box.environment["FAKE_QEMU_ANSWERS"] = json.dumps({"query-status": {"return": [1]}})
    box.tests.clear()
    box.run_one(BARE).expect(1, "FAIL qemu-error: an answer or event of qemu's .*")


def case_params_of_a_vm(box):
    """KEY_vm1 stands for KEY where a procedure is about vm1, as everywhere."""
    fake(box, "good")
    outcome = box.run_one({"type": "guest_command", "nics": "", "guest_command": "true",
                           "guest_command_vm1": "sleep 60", "guest_command_timeout_vm1": "1",
                           "login_timeout_vm2": "9"})
    outcome.expect(1, r"FAIL shell-timeout: vm1: no answer from the guest's shell within 1 s "
                      r"\(guest_command_timeout\) to: sleep 60")
    if "guest_command_timeout_vm1 is known to nobody" in outcome.file("runner.log"):
        raise Failure(outcome.file("runner.log"))
    box.tests.clear()
    box.run_one({**BARE, "vms": "vm1 vm2", "boot_marker_vm2": "never", "login_timeout_vm2": "1"},
                ).expect(1, r"FAIL boot-timeout: vm2: 'never' .* within 1 s \(login_timeout\).*")
    box.tests.clear()
    box.run_one({"type": "guest_command", "nics": "", "guest_command": "true",
                 "guest_command_timeout_vm1": "soon"}).expect(
        2, "ERROR bad-params: guest_command_timeout = soon: .*")


def case_the_tests_own_deadline(box):
    """A guest is not to blame for what it had no time for."""
    fake(box, "good")
    box.run_one({"type": "guest_command", "nics": "", "guest_command": "sleep 60"},
                timeout=3).expect(
        124, r"FAIL test-timeout: vm1: no answer from the guest's shell within \d(\.\d)? s \(then the "
             r"time of the whole test was up: timeout\) to: sleep 60")
    box.tests.clear()
    box.run_one({"type": "timedrift", "nics": "", "drift_seconds": "100"}, timeout=3).expect(
        124, r"FAIL test-timeout: the clocks were to be watched for 100 s \(drift_seconds\), but the "
             r"time of the whole test was up before \(timeout\)")


def case_limits_with_a_multiplier(box):
    fake(box, "good")
    box.common["timeout_multiplier"] = "0.5"
    box.run_one({**BARE, "boot_marker": "never", "login_timeout": "3"}).expect(
        1, r"FAIL boot-timeout: vm1: 'never' did not appear on the console within 1\.5 s "
           r"\(login_timeout = 3, times 0\.5\).*")


def case_faked_panic(box):
    """A line on the console is no panic while the guest's shell answers."""
    fake(box, "panics-by-command")
    params = {"type": "panic", "nics": "", "pvpanic": "no"}
    box.run_one({**params, "panic_command": "touch $PANIC"}).expect(
        1, "FAIL no-panic: vm1: the console tells of a panic, but the guest's shell still answers")
    box.tests.clear()
    box.run_one({**params, "panic_command": "touch $PANIC; kill -STOP $$"}).expect(
        0, "PASS panic: the guest panicked, seen by the console .*")


def case_results_that_cannot_be_written(box):
    """A pass that is recorded nowhere is none."""
    fake(box, "good")
    directory = box.path("results", "one")
    outcome = box.run_one({**BARE, "type": "external", "command": f"rm -rf {directory}"})
    outcome.expect(3, "ERROR harness-error: it is not recorded that the test passed: verdict.txt: No "
                      r"such file or directory, result.json: No such file or directory \(PASS "
                      r"external: .*\)")
    box.tests.clear()
    box.run_one({**BARE, "type": "external", "command": f"rm -rf {directory}; exit 1"}).expect(
        1, "FAIL test-failed: .*").expect_text(
        "the record of this test is not complete: verdict.txt: No such", "cannot write ")


def case_guest_files_that_cannot_be_had(box):
    fake(box, "good")
    params = {"type": "guest_command", "nics": "", "guest_command": "true"}
    d = box.path("d")
    os.makedirs(d + "/sub")
    for name in ("a", "sub/b"):
        with open(f"{d}/{name}", "w", encoding="utf-8") as file:
            file.write(name)
    outcome = box.run_one({**params, "guest_files": d})
    outcome.expect(0, "PASS guest_command: .*")
    expect_equal([outcome.file(f"guest-vm1{d}/{name}") for name in ("a", "sub/b")], ["a", "sub/b"])
    box.tests.clear()
    os.symlink(d, box.path("link"))
    names = ("sub/-n", "sub/line\nfeed", 'sub/quo"$(te)')
    for name in names:
        with open(f"{d}/{name}", "w", encoding="utf-8") as file:
            file.write(name)
    outcome = box.run_one({**params, "guest_files": box.path("link") + " " + d + "/sub/l*"})
    outcome.expect(0, "PASS guest_command: .*")
    for name in ("a", "sub/b", *names):
        expect_equal(outcome.file(f"guest-vm1{box.path('link')}/{name}"), name)
    expect_equal(outcome.file(f"guest-vm1{d}/{names[1]}"), names[1])
    box.tests.clear()
    box.run_one({**params, "guest_files": "/proc/self/mem"}).expect(
        1, "FAIL command-failed: vm1: guest_files: the guest does not give /proc/self/mem: status 1"
    ).expect_text("Input/output error")
    box.tests.clear()
    box.run_one({**params, "guest_files": d + "/nonesuch"}).expect(
        0, "PASS guest_command: .*").expect_text(f"guest_files: nothing matches {d}/nonesuch")


def case_host_commands(box):
    """pre_command runs before qemu, post_command after it; both know the params, and what the
    first leaves running lives until the second has ended."""
    fake(box, "good")
    box.add("one", {**BARE, "colour": "blue", "pre_command": (
        f"test ! -e {box.path('argv.json')} && echo hello $KVM_TEST_colour; sleep 600 & "
        f"echo $! > {box.path('daemon')}"),
        "post_command": f"kill -0 $(cat {box.path('daemon')}) && test -e {box.path('argv.json')} &&"
                        f" echo bye $KVM_TEST_type > {box.path('post')}"})
    outcome = box.finish("one", box.start("one"))
    outcome.expect(0, "PASS boot: .*").expect_text("it wrote:\nhello blue\n")
    with open(box.path("post"), encoding="ascii") as file:
        expect_equal(file.read(), "bye boot\n")
    expect_equal(re.findall(r"param \w*_command .*", outcome.file("runner.log")), [])
    with open(box.path("daemon"), encoding="ascii") as file:
        expect_equal(runs.lives(int(file.read())), False)
    box.expect_nothing_left()


def case_host_commands_that_fail(box):
    """A failing pre_command is an error, and no VM starts; post_command runs nevertheless."""
    fake(box, "good")
    post = f"echo > {box.path('post')}"
    rows = {
        "pre": ({"pre_command": "echo no licence >&2; exit 3", "post_command": post}, 3,
                "ERROR harness-error: pre_command ended with exit status 3: no licence"),
        "slow": ({"pre_command": "sleep 600", "pre_command_timeout": "1", "post_command": post}, 3,
                 r"ERROR harness-error: pre_command did not end within 1 s \(pre_command_timeout\)"),
        "noncritical": ({"pre_command": "exit 3", "pre_command_noncritical": "yes",
                         "post_command": post}, 0, "PASS boot: .*"),
        "post": ({"post_command": post + "; exit 4"}, 3,
                 "ERROR harness-error: post_command ended with exit status 4"),
        "post_noncritical": ({"post_command": post + "; exit 4", "post_command_noncritical": "yes"},
                             0, "PASS boot: .*"),
        "both": ({"boot_marker": "never", "login_timeout": "1", "post_command": post + "; exit 4"},
                 1, "FAIL boot-timeout: .*"),
        "wrong": ({"pre_command_timeout": "x"}, 2, "ERROR bad-params: pre_command_timeout = x: .*"),
    }
    for name, (params, status, verdict) in rows.items():
        box.add(name, {**BARE, **params})
        outcome = box.finish(name, box.start(name)).expect(status, verdict)
        if name == "wrong":
            continue
        expect_equal(os.path.exists(box.path("post")), True)
        os.unlink(box.path("post"))
        started = "qemu started" in outcome.file("runner.log")
        expect_equal(started, name not in ("pre", "slow"))
    box.expect_nothing_left()


def case_host_command_at_the_deadline(box):
    fake(box, "good")
    box.add("one", {**BARE, "pre_command": "sleep 600"}, timeout=2)
    box.run("one").expect(124, r"FAIL test-timeout: pre_command did not end within [0-9.]+ s \(then the "
                               r"time of the whole test was up: timeout\)")


def case_params_of_a_vm_that_nobody_reads(box):
    """What is meant for one VM of the test, and for a procedure, is missed by somebody."""
    fake(box, "good")
    box.add("one", {**BARE, "vms": "vm1 vm2", "guest_script_vm2": "x", "guest_script": "y",
                    "mig_timeout_vm3": "5"})
    outcome = box.run("one").expect(0, "PASS boot: .*")
    outcome.expect_text("param guest_script_vm2: nobody reads it: type = boot knows no guest_script\n")
    expect_equal([outcome.out.count("nobody reads"), "mig_timeout" in outcome.out], [1, False])


def case_host_commands_killed(box):
    """A runner that is killed leaves nothing of pre_command's."""
    fake(box, "good")
    box.add("one", {**BARE, "pre_command": f"sleep 600 & echo $! > {box.path('d')}; sleep 600"})
    process = box.start("one")
    wait_until(lambda: os.path.exists(box.path("d")) and os.path.getsize(box.path("d")), 20,
               "pre_command runs")
    with open(box.path("d"), encoding="ascii") as file:
        daemon = int(file.read())
    process.kill()
    process.wait()
    wait_until(lambda: not runs.lives(daemon), 2, "what pre_command had started is gone")
    # For a report, whatever becomes of it: where it ran.
    with open(box.path("results", "one", "result.json"), encoding="utf-8") as file:
        expect_equal(json.load(file).get("queue"), "1")


def case_host_commands_interrupted(box):
    """post_command runs, too, when somebody ends the test, but not for long."""
    fake(box, "no-boot")
    post = f"echo $KVM_TEST_type > {box.path('post')}"
    late = "; sleep 600"
    for name, sign, params in (
            ("vm", signal.SIGTERM, {"pre_command": f"touch {box.path('begun')}", "post_command": post}),
            ("pre", signal.SIGINT, {"pre_command": f"touch {box.path('begun')}; sleep 600", "post_command": post}),
            ("slow", signal.SIGTERM, {"pre_command": f"touch {box.path('begun')}", "post_command": post + late})):
        box.add(name, {**BARE, **params})
        process = box.start(name)
        wait_until(lambda: os.path.exists(box.path("begun")), 20, "pre_command has begun")
        if name != "pre":
            wait_until(lambda n=name: box.vm(n), 20, "the VM runs")
        begin = time.monotonic()
        process.send_signal(sign)
        outcome = box.finish(name, process).expect(3, "ERROR interrupted: .*")
        took = time.monotonic() - begin
        with open(box.path("post"), encoding="ascii") as file:
            expect_equal(file.read(), "boot\n")
        if name == "slow":
            outcome.expect_text("post_command did not end within 10 s (what an interrupted test has for it)\n")
            expect_equal((name, 10 <= took < 20), (name, True))
        for path in ("begun", "post"):
            os.unlink(box.path(path))
    box.expect_nothing_left()


def case_host_commands_and_guardian_killed(box):
    """What pre_command has left is found by the next run of the queue, and by `cleanup`."""
    box.add("one", {**BARE, "pre_command": f"setsid sleep 600 & echo $! > {box.path('d')}"})
    box.add("other", BARE)
    for way in ("run", "cleanup"):
        fake(box, "no-boot")
        shutil.rmtree(box.path("results"), ignore_errors=True)  # a killed run's says "running"
        process = box.start("one")
        wait_until(lambda: box.vm("one"), 20, "the VM runs")
        with open(box.path("d"), encoding="ascii") as file:
            daemon = int(file.read())
        for pid in sorted(box.processes(), key=lambda pid: comm(pid) != "kvmtest-guard"):
            if comm(pid).startswith("kvmtest-"):
                os.kill(pid, signal.SIGKILL)
        process.communicate()
        expect_equal((way, runs.lives(daemon)), (way, True))
        if way == "run":
            fake(box, "good")
            said = box.run("other").expect(0, "PASS boot: .*").out
        else:
            said = cleanup(box)
        expect_equal((said, "killed 1 process(es) of a run that is gone\n" in said), (said, True))
        expect_equal((way, runs.lives(daemon)), (way, False))
    box.expect_nothing_left()


def comm(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    return ""


def case_qemu_behind_a_script(box):
    """Runner and guardian are killed, and with them a script in qemu's place. Its qemu has the queue's locks: the
    next run of the queue, or `cleanup`, ends it all the same."""
    fake(box, "outlives")
    script = box.path("qemu")
    with open(script, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\n"{FAKE}" "$@"\n')
    os.chmod(script, 0o755)
    box.common["qemu_binary"] = script
    box.add("one", {**BARE, "boot_marker": "never"})
    box.add("other", {**BARE, "qemu_binary": FAKE})
    for way in ("run", "cleanup", "alive"):
        box.environment["FAKE_QEMU"] = "outlives"
        shutil.rmtree(box.path("results"), ignore_errors=True)  # a killed run's says "running"
        process = box.start("one")
        wait_until(lambda: box.vm("one"), 20, "the VM runs")
        if way == "alive":
            break
        for pid in sorted(box.processes(), key=lambda pid: comm(pid) != "kvmtest-guard"):
            if comm(pid).startswith("kvmtest-"):
                os.kill(pid, signal.SIGKILL)
        process.communicate()
        wait_until(lambda: len(holders(box.path("state", "1", "lock"))) == 2, 20, "the fake qemu is two processes")
        if way == "run":
            box.environment["FAKE_QEMU"] = "good"
            said = box.run("other").expect(0, "PASS boot: .*").out
        else:
            said = cleanup(box)
        expect_equal((said, "killed 2 process(es) of a run that is gone\n" in said), (said, True))
        box.expect_nothing_left()
    # The twin: a run that lives is left alone.
    done = subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=False, timeout=60,
                          stdout=subprocess.PIPE, text=True)
    expect_equal((done.returncode, "is in use by pid" in done.stdout), (3, True))
    expect_equal(box.vm("one") is not None and runs.lives(box.vm("one")["pid"]), True)
    process.terminate()
    process.communicate()
    box.expect_nothing_left()


def cleanup(box):
    return subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=True, timeout=60,
                          stdout=subprocess.PIPE, text=True).stdout


def case_host_commands_in_disguise(box):
    """What leaves its group and empties its environment is found, too, when the test ends."""
    fake(box, "good")
    box.add("one", {**BARE, "pre_command": f"setsid env -i /bin/sleep 600 & echo $! > {box.path('d')}"})
    box.run("one").expect(0, "PASS boot: .*").expect_text("killed 1 process(es) that the test had left\n")
    with open(box.path("d"), encoding="ascii") as file:
        expect_equal(runs.lives(int(file.read())), False)
    # Nobody else's: here a shell has become the runner.
    words = [box.settings.runner, *box.command("one")[1:]]
    process = subprocess.run(["sh", "-c", 'sleep 30 & echo $! > "$0"; exec "$@"', box.path("mine"), *words],
                             env=box.environ(), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    with open(box.path("mine"), encoding="ascii") as file:
        mine = int(file.read())
    expect_equal((process.returncode, runs.lives(mine)), (0, True))
    os.kill(mine, signal.SIGKILL)
    with open(box.path("d"), encoding="ascii") as file:
        os.kill(int(file.read()), signal.SIGKILL)


def case_params_that_contradict_each_other(box):
    """Two names of one option, side by side: which is taken is told."""
    fake(box, "good")
    card = {**BARE, "nics": "nic1"}
    box.add("same", {**card, "nic_mode": "user", "nettype": "user"})
    box.add("nearer", {**card, "nic_mode": "user", "nettype_nic1": "private"})
    box.add("both", {**card, "nic_mode": "user", "nettype": "bridge"})
    for name, netdev, told in (("same", "user,", False), ("nearer", "socket,", False), ("both", "user,", True)):
        outcome = box.run(name).expect(0, "PASS boot: .*")
        text = "param nettype = bridge contradicts nic_mode = user, which is taken"
        expect_equal((name, text in outcome.out, "contradicts" in outcome.file("runner.log")), (name, told, told))
        expect_equal((name, f"-netdev {netdev}" in outcome.file("qemu-vm1.cmd")), (name, True))


def case_params_of_others(box):
    """KVM-Autotest's params that are not obeyed are named with what to use instead, those that ask
    for nothing in the log only."""
    fake(box, "good")
    outcome = box.run_one({**BARE, "qemu_command_prefix": "valgrind", "monitors": "qmp1",
                           "monitor_type_qmp1": "qmp", "nic_script": "no", "ip_nic1": "10.0.0.7"})
    outcome.expect(0, "PASS boot: .*").expect_text(
        "param qemu_command_prefix is not supported: qemu_binary may be a script that",
        "param ip_nic1 is not supported: addresses come from the queue's range")
    for name in ("monitors", "monitor_type_qmp1", "nic_script"):
        if f"param {name} is not needed: " not in outcome.file("runner.log"):
            raise Failure(f"{name} is not named in\n" + outcome.file("runner.log"))
        if name in outcome.out:
            raise Failure(f"{name} is named in\n" + outcome.out)


def case_fifos(box):
    """Nobody waits for the other end of a fifo that a param names, nor reads a device that has no end."""
    fake(box, "good")
    fifo = box.path("fifo")
    os.mkfifo(fifo)
    zero = "/dev/zero"
    why = {fifo: "it is a fifo, not a file", zero: "it is a character device, not a file"}
    for name, params, status, verdict in (
            ("known", {"known_failures": fifo}, 2, f"ERROR bad-params: known_failures: {fifo}: {why[fifo]}"),
            ("endless", {"known_failures": zero}, 2, f"ERROR bad-params: known_failures: {zero}: {why[zero]}"),
            ("bios", {"bios": fifo}, 77, f"SKIP environment: {fifo}: {why[fifo]}"),
            ("image", {"images": "image1", "image_name": fifo, "image_raw_device": "yes"}, 77,
             f"SKIP environment: {fifo}: {why[fifo]}"),
            ("cdrom", {"cdroms": "cd1", "cdrom_cd1": fifo}, 77, f"SKIP environment: {fifo}: {why[fifo]}"),
            ("qmp", {"type": "qmp_script", "qmp_script": fifo}, 77,
             f"SKIP environment: qmp_script = {fifo}: {why[fifo]}"),
            ("script", {"type": "guest_command", "guest_script": fifo, "shell_client": "serial"}, 77,
             f"SKIP environment: guest_script = {fifo}: {why[fifo]}")):
        box.add(name, {**BARE, **params}, timeout=20)
        box.finish(name, box.start(name), limit=30).expect(status, verdict)
    box.expect_nothing_left()


def case_params_of_the_migration_table(box):
    """What the table for those who come from avocado-vt calls not read is named in the log."""
    page = os.path.join(os.path.dirname(FAKE), "..", "..", "examples", "avocado_vt", "README.md")
    with open(page, encoding="utf-8") as file:
        table = file.read().split("\n## Params\n")[1].split("\n## ")[0]
    rows = re.findall(r"^[|] (.*) [|] no [|]", table, re.M)
    params = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    if len(params) < 40:
        raise Failure(f"the table has only the params {params}")
    # ip_nic is the begin of a card's param.
    params = ["ip_nic1" if name == "ip_nic" else name for name in params]
    fake(box, "good")
    outcome = box.run_one({**BARE, **{name: "x" for name in params}}).expect(0, "PASS boot: .*")
    log = outcome.file("runner.log")
    expect_equal([name for name in params if f"param {name} is " not in log], [])


def case_shutdown(box):
    fake(box, "good")
    box.run_one({**BARE, "type": "shutdown"}).expect(
        0, r"PASS shutdown: the guest powered off in [0-9.]+ s \(system_powerdown\)")


def case_shutdown_for_another_reason(box):
    fake(box, "wrong-reason")
    box.run_one({**BARE, "type": "shutdown"}).expect(
        1, "FAIL wrong-shutdown-reason: vm1: the machine went down for the reason 'guest-reset', "
           "not 'guest-shutdown'")


def case_reboot(box):
    fake(box, "good")
    box.run_one({**BARE, "type": "reboot"}).expect(
        0, r"PASS reboot: rebooted in [0-9.]+ s \(system_reset\)")


def case_reboot_without_reset(box):
    fake(box, "no-reset")
    box.run_one({**BARE, "type": "reboot", "login_timeout": "2"}).expect(
        1, r"FAIL reboot-timeout: vm1: the machine was not reset within 2 s \(login_timeout\)")


def case_reboot_that_was_none(box):
    """The fake's shell is the host's, so the boot id stays the same."""
    fake(box, "good")
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip()
    box.run_one({"type": "reboot", "nics": "", "reboot_method": "system_reset"}).expect(
        1, f"FAIL not-rebooted: vm1: the guest still has the boot id {boot_id} ?")


def case_command_fails(box):
    fake(box, "good")
    outcome = box.run_one({"type": "boot", "nics": "", "guest_command": "echo oh dear; exit 7"})
    outcome.expect(1, "FAIL command-failed: vm1: guest_command ended with status 7: "
                      "echo oh dear; exit 7").expect_text("its output:\noh dear\n")


def case_command_is_slow(box):
    fake(box, "good")
    box.run_one({"type": "boot", "nics": "", "guest_command": "sleep 30",
                 "guest_command_timeout": "1"}).expect(
        1, r"FAIL shell-timeout: vm1: no answer from the guest's shell within 1 s "
           r"\(guest_command_timeout\) to: sleep 30")
    box.expect_nothing_left()


def case_wrong_address(box):
    fake(box, "good")
    box.run_one({"type": "boot", "nics": "nic1"}).expect(
        1, "FAIL wrong-address: vm1: the guest has no network card with the address "
           "52:54:00:10:00:01 of nic1")


def case_dies_at_start(box):
    fake(box, "dies")
    outcome = box.run_one(BARE)
    outcome.expect(1, "FAIL qemu-start-failed: vm1: qemu ended with exit status 1: "
                      "qemu: -m: there is no memory")
    outcome.expect_text(f"command line: {FAKE} -name guest=one/vm1,debug-threads=on -nodefaults",
                        "qemu ended with exit status 1\nlast lines of its stderr:\n"
                        "  qemu: -m: there is no memory\n  qemu: giving up\n")


def case_never_answers(box):
    fake(box, "silent")
    box.run_one({**BARE, "vm_create_timeout": "1"}).expect(
        1, "FAIL qemu-start-failed: vm1: qemu's monitor sent no greeting")
    box.expect_nothing_left()


def case_stops_answering(box):
    fake(box, "mute-command")
    box.run_one({**BARE, "type": "shutdown", "shutdown_timeout": "1"}).expect(
        1, "FAIL qemu-error: system_powerdown: qemu did not answer system_powerdown")


def case_floods_the_console(box):
    fake(box, "flood")
    box.run_one({**BARE, "boot_marker": "never", "login_timeout": "2"}).expect(
        1, r"FAIL boot-timeout: vm1: 'never' did not appear on the console within 2 s \(login_timeout\); last "
           r"console output 0\.\d s ago, .*")
    cut = box.path("results", "one", "cut-console-vm1.log")
    size = os.path.getsize(cut)
    expect_equal((512 << 10) < size < (513 << 10), True)
    size = os.path.getsize(box.path("results", "one", "console-vm1.log"))
    if not 1 << 20 < size < 70 << 20:
        raise Failure(f"the console's log has {size} bytes")
    box.expect_nothing_left()


def case_hangs(box):
    """Neither quit nor SIGTERM end it."""
    fake(box, "hangs")
    outcome = box.run_one(BARE)
    outcome.expect(0, "PASS boot: .*; warning: vm1's qemu had to be killed")
    if "qemu ended by SIGKILL: signal 9 (Killed)" not in outcome.file("runner.log"):
        raise Failure(outcome.file("runner.log"))
    box.expect_nothing_left()


def case_several_hang(box):
    """They are ended together: many take no longer than one."""
    fake(box, "hangs")
    outcome = box.run_one({**BARE, "vms": "vm1 vm2 vm3"})
    outcome.expect(0, "PASS boot: .*")
    log = outcome.file("runner.log")
    last_asked = log.rindex(": to be ended by SIGKILL")
    if not log.index(": qemu ended") > last_asked:
        raise Failure(log)
    box.expect_nothing_left()


def case_crashes(box):
    fake(box, "crashes")
    box.run_one(BARE).expect(
        1, r"FAIL qemu-crash: vm1: qemu died with signal 11 \(Segmentation fault\)").expect_text(
        "  qemu: something is very wrong\n")


def case_crashes_when_told_to_quit(box):
    """What a qemu does when it ends belongs to what is tested."""
    fake(box, "crashes-at-end")
    box.run_one(BARE).expect(
        1, r"FAIL qemu-crash: vm1: qemu died with signal 11 \(Segmentation fault\) when it was to "
           "end by QMP quit").expect_text("  qemu: free(): invalid pointer\n", "repro.sh")


def case_fails_when_told_to_quit(box):
    fake(box, "fails-at-end")
    box.run_one(BARE).expect(
        1, "FAIL qemu-crash: vm1: qemu died with exit status 1 when it was to end by QMP quit")


def case_crashes_when_its_guest_powers_off(box):
    fake(box, "crashes-at-end")
    box.run_one({**BARE, "type": "shutdown"}).expect(
        1, r"FAIL qemu-crash: vm1: qemu died with signal 11 \(Segmentation fault\) when it was to "
           "end by itself")


def case_fails_as_its_guest_says(box):
    """Some guests choose the exit status."""
    fake(box, "fails-at-end")
    box.run_one({**BARE, "extra_params": "-device isa-debug-exit"}).expect(0, "PASS boot: .*")


def case_goes_away(box):
    fake(box, "exits")
    box.run_one(BARE).expect(
        1, r"FAIL guest-exited: vm1: the machine went away on its own \(reason: guest-shutdown\)")


def case_stops(box):
    fake(box, "stopped")
    box.run_one(BARE).expect(1, "FAIL qemu-error: vm1: qemu stopped the machine").expect_text(
        "  qemu: I stopped it\n")


def case_kvm_internal_error(box):
    """At once, with KVM's own words."""
    fake(box, "internal-error")
    box.run_one(BARE, timeout=3600).expect(
        1, "FAIL kvm-internal-error: vm1: KVM internal error. Suberror: 1, emulation failure"
    ).expect_text("vm1: machine status internal-error\n")


def case_disk_error(box):
    fake(box, "io-error")
    box.run_one(BARE, timeout=3600).expect(
        1, "FAIL qemu-error: vm1: qemu stopped the machine after an I/O error of drive-hd: No space "
           "left on device").expect_text("vm1: machine status io-error\n")


def case_resets(box):
    """A guest that resets the machine unasked fails at once, unless it may."""
    fake(box, "resets")
    box.add("one", BARE, timeout=3600)
    box.run("one").expect(
        1, r"FAIL guest-reset: vm1: the guest has reset the machine \d s after its start, which "
           r"nobody asked for \(allowed_resets = 0\)")
    box.tests[0]["params"] = {**BARE, "allowed_resets": "1"}
    box.run("one").expect(0, "PASS boot: .*")


def case_resets_of_firmware(box):
    """qemu tells several resets within a moment of one: they count as one."""
    fake(box, "resets")
    box.add("one", {**BARE, "allowed_resets": "2"})
    refused = (1, r"FAIL guest-reset: .* \(allowed_resets = 2\)")
    for times, expected in (([7, 7.6, 7.65, 7.9, 7.99], (0, "PASS boot: .*")), ([7, 8, 20, 21], (0, "PASS boot: .*")),
                            ([7, 8, 20, 40], refused), ([7, 9, 11, 13, 15, 17, 19], refused), ([20, 7, 20], refused)):
        box.environment["FAKE_QEMU_RESETS"] = json.dumps(times)
        box.run("one").expect(*expected)


def case_reset_asked_for(box):
    """What firmware makes of a reset that the test has asked for is no reset of the guest's; a later
    one is."""
    fake(box, "good")
    box.add("one", {**BARE, "type": "qmp_script", "qmp_script":
                    '{"execute": "system_reset"} event RESET {"guest": true} wait 0.3'})
    for later, expected in ((7.3, (0, "PASS qmp_script: .*")),
                            (30, (1, "FAIL guest-reset: vm1: the guest has reset the machine .*"))):
        box.environment["FAKE_QEMU_ANSWERS"] = json.dumps({"system_reset": {"events": [
            ["RESET", {"guest": False, "reason": "host-qmp-system-reset"}, 7],
            ["RESET", {"guest": True, "reason": "guest-reset"}, later]]}})
        box.run("one").expect(*expected)


def case_deadline_in_a_step(box):
    """Of a step that the test's deadline cut off nobody knows what would have come of it."""
    fake(box, "good")
    script = {**BARE, "type": "qmp_script", "qmp_script": "event NEVER"}
    box.add("own", {**script, "qmp_script_timeout": "1"})
    box.add("test", script, timeout=3)
    box.add("mute", {**script, "qmp_script": '{"execute": "query-status"}'
                     ' {"execute": "query-status"}'}, timeout=3)
    box.run("own").expect(
        1, r"FAIL event-missing: qmp_script:1: no event NEVER within 1 s \(qmp_script_timeout\)")
    cut = r" within [0-9.]+ s \(then the time of the whole test was up: timeout\)"
    box.run("test").expect(124, "FAIL test-timeout: qmp_script:1: no event NEVER" + cut).expect_text(
        "events since the script began:\n")
    fake(box, "mute-command")
    box.run("mute").expect(124, "FAIL test-timeout: qmp_script:1: query-status: qemu did not answer "
                                "query-status" + cut)


def case_guest_hang(box):
    """A silent guest is not waited for until the deadline. Its reader learns what it does."""
    fake(box, "no-boot")
    outcome = box.run_one({**BARE, "hang_timeout": "1"}, timeout=3600)
    outcome.expect(
        1, r"FAIL guest-hang: vm1: nothing on the console and no disk request for 1 s while the "
           r"guest boots \(hang_timeout\); last console output 1\.\d s ago, its vCPU is idle "
           r"\(halted\) at RIP ffffffff81b2a6cb")
    screen = box.path("results", "one", "screen-vm1.png")
    outcome.expect_text(
        "vm1: machine status running\nvm1: last console output 1.",
        "vm1: vCPU 0 is idle (halted) at RIP ffffffff81b2a6cb (", f"vm1: screen: {screen}\n",
        "to boot the same by hand: " + box.path("results", "one", "repro.sh") + "\n",
        f'<CTestMeasurementFile type="image/png" name="screen-vm1.png">{screen}<',
        '<CTestMeasurementFile type="file" name="console-vm1.log">')
    expect_equal(outcome.file("vcpus-vm1.txt").count("CPU#0"), 2)
    # Files that are empty or not there are not attached: CDash would reject everything.
    for path in re.findall("<CTestMeasurementFile [^>]*>([^<]*)<", outcome.out):
        expect_equal(os.path.getsize(path) > 0, True)


def case_no_hang(box):
    """Whose disks work, and who may be silent for ever, is waited for."""
    fake(box, "busy-disk")
    box.run_one({**BARE, "hang_timeout": "1", "login_timeout": "3"}).expect(
        1, r"FAIL boot-timeout: .* within 3 s \(login_timeout\); last console output 3\.\d s ago, .*")
    fake(box, "no-boot")
    box.tests.clear()
    box.run_one({**BARE, "hang_timeout": "0", "login_timeout": "2"}).expect(
        1, r"FAIL boot-timeout: .*")


def case_diagnosis_is_bounded(box):
    """However many qemus do not answer: ctest's own timeout is near."""
    fake(box, "mute-command")
    vms = " ".join(f"vm{i}" for i in range(1, 8))
    begin = time.monotonic()
    outcome = box.run_one({**BARE, "vms": vms, "boot_marker": "never", "login_timeout": "1"})
    took = time.monotonic() - begin
    outcome.expect(1, "FAIL boot-timeout: .*").expect_text(
        "vm1: machine status unknown: qemu did not answer query-status\n",
        "vm7: machine status unknown: qemu did not answer query-status\n")
    if not 8 < took < 20:
        raise Failure(f"it took {took} s")


def case_console_expect(box):
    fake(box, "good")
    box.add("one", {**BARE, "console_expect": "^fake BIOS && guest (ready|up)"})
    box.run("one").expect(0, "PASS boot: .*")
    box.tests[0]["params"] = {**BARE, "vms": "vm1 vm2", "console_expect_vm2": "fake && login"}
    box.run("one").expect(
        1, r"FAIL console-expect: vm2: no line of the console matches /login/ \(console_expect\)"
    ).expect_text("last lines of the console of vm2:\n  fake BIOS\n")
    box.tests[0]["params"] = {**BARE, "console_fail": "guest ready", "vms": "vm1 vm2",
                              "console_ignore_vm1": "guest"}
    box.run("one").expect(1, "FAIL console-fail: vm2: fake guest ready")
    # Noticed before a queue is taken.
    box.tests[0]["params"] = {**BARE, "console_expect": "a && ("}
    box.run("one").expect(2, r"ERROR bad-params: console_expect = \(: no regular expression: .*")


def case_console_times(box):
    """When what came: the time of each part of the log is in a file beside it."""
    fake(box, "resets")
    outcome = box.run_one({**BARE, "allowed_resets": "1"}).expect(0, "PASS boot: .*")
    rows = [line.split() for line in outcome.file("console-vm1.times").splitlines()]
    expect_equal(rows[0][1], "0")
    expect_equal(all(0 <= float(row[0]) < 20 for row in rows), True)
    expect_equal(int(rows[-1][1]) < len(outcome.file("console-vm1.log")), True)


def case_known_failures(box):
    """A failure that is known is neither red nor green, until it expires or is gone."""
    fake(box, "panics")
    known = box.path("known.txt")
    def write(text):
        with open(known, "w", encoding="utf-8") as file:
            file.write(text)

    write("one | guest-panic: .*no root | https://bugs/7 | 2999-12-31\n")
    box.add("one", {**BARE, "known_failures": known})
    outcome = box.run("one").expect(
        77, r"XFAIL guest-panic: vm1: .* VFS: no root \[known: https://bugs/7\]")
    outcome.expect_text(f"known failure {known}:1 (https://bugs/7) until 2999-12-31\n",
                        "<CTestDetails>known failure: guest-panic: vm1: ",
                        "last lines of the console of vm1:\n")
    expect_equal([outcome.result()[k] for k in ("status", "class", "exit_code")],
                 ["known-failure", "guest-panic", 77])
    # Who needs it gets nothing of it.
    box.add("two", BARE, requires=["one"])
    box.run("two").expect(77, "SKIP environment: .*one.*")
    write("one | guest-panic: .*no root | https://bugs/7 | 2020-01-31\n")
    box.run("one").expect(1, r"FAIL guest-panic: .*\[known until 2020-01-31: https://bugs/7\]")
    write("one | guest-panic: .*no root | https://bugs/7 | 2999-12-31\n")
    fake(box, "good")
    box.run("one").expect(0, r"PASS boot: .* \[a known failure no longer happens: https://bugs/7\]")
    write("\none | guest-panic | https://bugs/7 | 2999-02-31\na | b\n")
    box.run("one").expect(
        2, rf"ERROR bad-params: known_failures: {known}:2:38: error: '2999-02-31' is no date, .*"
    ).expect_text(f"{known}:3:1: error: 2 fields, expected 4")
    box.tests[0]["params"]["known_failures"] = known + ".gone"
    box.run("one").expect(2, "ERROR bad-params: known_failures: .*: No such file or directory")


def case_attempts(box):
    """What an attempt has left outlives the next one."""
    fake(box, "panics")
    box.add("one", BARE)
    box.run("one").expect(1, "FAIL guest-panic: .*")
    fake(box, "good")
    outcome = box.run("one").expect(0, "PASS boot: .*")
    expect_equal(outcome.result()["attempt"], 2)
    expect_equal([name for name in files(box) if name in ("repro.sh", "attempt-1", "attempt-2")],
                 ["attempt-1"])
    first = box.path("results", "one", "attempt-1")
    with open(os.path.join(first, "result.json"), encoding="utf-8") as file:
        expect_equal(json.load(file)["class"], "guest-panic")
    for name, part in (("console-vm1.log", "Kernel panic"), ("verdict.txt", "FAIL guest-panic")):
        with open(os.path.join(first, name), encoding="utf-8") as file:
            expect_equal(part in file.read(), True)


def case_live(box):
    """The consoles as they come, on stderr: the verdict is first on stdout all the same."""
    fake(box, "good")
    box.add("one", BARE)
    for live, shown in (("1", "vm1| fake BIOS\nvm1| fake guest ready\n"), ("0", "")):
        done = subprocess.run(box.command("one"), env={**box.environ(), "KVMTEST_LIVE": live},
                              capture_output=True, text=True, check=False, timeout=60)
        expect_equal([done.returncode, done.stderr], [0, shown])
        expect_equal(done.stdout.startswith("PASS boot: "), True)


def case_live_under_ctest(box):
    """ctest says nothing to its tests of being verbose; its command line does."""
    fake(box, "good")
    box.add("one", BARE)
    os.makedirs(box.path("ctest"))
    with open(box.path("ctest", "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write("add_test(one " + " ".join(f"[=[{w}]=]" for w in box.command("one")) + ")\n")
    for option, shown in (("-V", True), ("--output-on-failure", False)):
        done = subprocess.run(["ctest", "--test-dir", box.path("ctest"), option],
                              env=box.environ(), capture_output=True, text=True, check=False,
                              timeout=60)
        expect_equal(done.returncode, 0)
        expect_equal("1: vm1| fake guest ready\n" in done.stdout, shown)


def case_measurements(box):
    fake(box, "good")
    outcome = box.run_one(BARE).expect(0, "PASS boot: .*")
    measured = outcome.result()["measurements"]
    expect_equal(sorted(measured), ["boot_seconds", "qemu_cpu_seconds", "qemu_max_rss_mib"])
    expect_equal(1 < measured["qemu_max_rss_mib"] < 1000, True)
    expect_equal("<CTestMeasurementFile" in outcome.out, False)


def case_panic(box):
    """Ends the wait at once, not when its time is over."""
    fake(box, "panics")
    box.run_one(BARE, timeout=3600).expect(
        1, r"FAIL guest-panic: vm1: \[    1\.0\] Kernel panic - not syncing: VFS: no root"
    ).expect_text("vm1: machine status running\n",
                  "last lines of the console of vm1:\n  [    1.0] Kernel panic - not syncing: "
                  "VFS: no root\n  Call Trace:\n   <TASK>\n")


def case_oops(box):
    fake(box, "oops")
    box.run_one(BARE).expect(1, "FAIL kernel-oops: vm1: BUG: kernel NULL pointer dereference, "
                                "address: 0")
    box.tests.clear()
    box.run_one({**BARE, "console_ignore": "NULL pointer", "login_timeout": "1"}).expect(
        1, "FAIL boot-timeout: .*")


def case_helper_of_qemu(box):
    """A process that qemu has started goes with it."""
    fake(box, "helper")
    outcome = box.run_one(BARE)
    outcome.expect(0, "PASS boot: .*")
    group = outcome.result()["vms"][0]["pid"]
    wait_until(lambda: not processes_in_group(group), 2, f"group {group} is gone")


def processes_in_group(group):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            found.append(int(pid))
    return found


def case_own_deadline(box):
    """Before ctest's, with a diagnosis."""
    fake(box, "no-boot")
    box.run_one(BARE, timeout=3).expect(
        124, r"FAIL boot-timeout: vm1: 'fake guest ready' did not appear on the console within "
             r"\d(\.\d+)? s \(then .* timeout\); last console output .*").expect_text("vm1: machine status running\n", "  fake BIOS\n")


def kill_runner(box, mode, signal_number, status):
    fake(box, mode)
    box.add("one", {**BARE, "boot_marker": "never"})
    process = box.start("one")
    vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    sockets = os.path.dirname(vm["qmp"])
    expect_equal(os.stat(sockets).st_mode & 0o777, 0o700)
    process.send_signal(signal_number)
    wait_until(lambda: not processes_in_group(vm["pid"]), 2, "qemu and its helpers are gone")
    wait_until(lambda: not os.path.exists(sockets), 2, f"{sockets} is gone")
    outcome = box.finish("one", process)
    expect_equal(outcome.status, status)
    box.expect_nothing_left()
    return outcome


def case_runner_killed(box):
    outcome = kill_runner(box, "helper", signal.SIGKILL, -9)
    expect_equal(outcome.result()["status"], "running")


def case_runner_terminated(box):
    kill_runner(box, "helper", signal.SIGTERM, 3).expect(3, "ERROR interrupted: Terminated")


def case_runner_interrupted(box):
    kill_runner(box, "hangs", signal.SIGINT, 3).expect(3, "ERROR interrupted: Interrupt")


def case_parent_killed(box):
    """As when ctest is killed: the runner goes, and its qemu with it."""
    fake(box, "helper")
    box.add("one", {**BARE, "boot_marker": "never"})
    command = " ".join(f"'{word}'" for word in box.command("one"))
    parent = subprocess.Popen(["sh", "-c", f"{command}; true"], env=box.environ(),
                              stdout=subprocess.DEVNULL)
    vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    parent.kill()
    parent.wait()
    wait_until(lambda: not processes_in_group(vm["pid"]), 2, "qemu is gone")
    box.expect_nothing_left()


def case_ctest_killed_above_a_launcher(box):
    fake(box, "helper")
    box.add("one", {**BARE, "boot_marker": "never"})
    ctest = elsewhere(box, "one", launcher="timeout 100")
    vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    ctest.kill()
    wait_until(lambda: not processes_in_group(vm["pid"]), 2, "qemu is gone")
    ctest.communicate()
    box.expect_nothing_left()


def case_same_run_through_a_launcher(box):
    """Tests of one ctest are one run, whatever runs them for it."""
    fake(box, "good")
    box.add("base", BARE)
    ctest = elsewhere(box, "base", "base", launcher="timeout 100")
    ctest.communicate()
    with open(box.path("results", "base", "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    expect_equal((result["run"].split("-")[1], result["earlier"]), (str(ctest.pid), []))


def expect_one_by_one(box, **queues):
    """Tests, each on the queue given, from ctests of their own: never two at once."""
    fake(box, "good")
    for name, queue in queues.items():
        box.add(name, {"type": "boot", "nics": "", "guest_command": "sleep 1"}, queues=(queue,))
    processes = {name: box.start(name) for name in queues}
    spans = []
    for name, process in processes.items():
        outcome = box.finish(name, process).expect(0, "PASS boot: .*")
        result = outcome.result()
        spans.append((result["vms"][0]["started"], result["vms_ended"]))
    spans.sort()
    if any(one[1] > other[0] for one, other in itertools.pairwise(spans)):
        raise Failure(f"two VMs of one queue lived at once: {spans}")


def case_same_queue(box):
    expect_one_by_one(box, a=0, b=0)


def case_same_queue_with_two_state_dirs(box):
    """A queue may have several state directories; its addresses it has but once."""
    expect_one_by_one(box, a=0, b=2)


def case_same_state_dir_of_two_queues(box):
    """As when two build trees are given one STATE_DIR."""
    expect_one_by_one(box, a=0, b=3)


def holders(path):
    """Processes that have a file open."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if any(os.readlink(entry.path) == path for entry in os.scandir(f"/proc/{pid}/fd")):
                found.add(int(pid))
    return found


def case_a_qemu_that_outlives_its_runner_keeps_the_locks(box):
    fake(box, "outlives")
    box.add("a", {**BARE, "boot_marker": "never"})
    box.add("b", BARE)
    locks = [box.path("locks", "kvmq__h__1"), box.path("state", "1", "lock")]
    runner = box.start("a")
    wait_until(lambda: box.vm("a"), 20, "the VM runs")
    runner.kill()
    runner.communicate()
    # What dies with the runner is gone.
    wait_until(lambda: len(holders(locks[0]) | holders(locks[1])) == 1, 5, "one qemu is left")
    expect_equal(holders(locks[0]), holders(locks[1]))
    os.kill(holders(locks[0]).pop(), signal.SIGKILL)
    wait_until(lambda: not holders(locks[0]), 5, "the locks are free")
    fake(box, "good")
    box.run("b").expect(0, "PASS .*")


def case_queue_is_taken_in_turns(box):
    """Of two ctests with many short tests none keeps the queue from the other."""
    fake(box, "good")
    sides = [[f"{side}{number}" for number in range(25)] for side in "ab"]
    for name in sides[0] + sides[1]:
        box.add(name, BARE, timeout=5)
    for ctest in [elsewhere(box, *names) for names in sides]:
        out, _ = ctest.communicate(timeout=100)
        expect_equal(re.findall(r"^(?:FAIL|ERROR|SKIP) .*", out, re.MULTILINE), [])


def case_busy_queue(box):
    """Whoever waits in vain, 35 s beside its own time, says for whom; who may wait longer does."""
    fake(box, "good")
    box.add("a", {"type": "boot", "nics": "", "guest_command": "sleep 42"}, timeout=80)
    box.add("b", {"type": "boot", "nics": ""}, timeout=1)
    box.add("c", {"type": "boot", "nics": ""}, timeout=2)
    first = box.start("a")
    wait_until(lambda: box.vm("a"), 20, "the first test's VM runs")
    patient = box.start("c", "--wait=30")
    box.run("b").expect(124, rf"FAIL queue-busy: queue 1 is in use by pid {first.pid}, test a, "
                             r"since [-0-9]+ [:0-9]+")
    box.finish("c", patient).expect(0, "PASS boot: .*")
    box.finish("a", first).expect(0, "PASS boot: .*")


def case_waiting_takes_no_time(box):
    """The time that a test waits for its queue is not its own."""
    fake(box, "good")
    box.add("a", {"type": "boot", "nics": "", "guest_command": "sleep 4"})
    box.add("b", {"type": "boot", "nics": "", "guest_command": "sleep 3"}, timeout=5)
    first = box.start("a")
    wait_until(lambda: box.vm("a"), 20, "the first test's VM runs")
    second = box.run("b").expect(0, "PASS boot: .*").expect_text(
        " s: queue 1 is in use by pid", f"{first.pid}, test a, since")
    # Whoever asks how long the test took is told of the waiting.
    said = float(re.search(r"waited (\d+[.]\d) s: queue 1", second.out)[1])
    expect_equal(second.result()["waited"] >= said - 0.05, True)
    box.finish("a", first).expect(0, "PASS boot: .*")


def case_pooled(box):
    """The first free queue, and its own params."""
    fake(box, "good")
    for name in ("a", "b"):
        box.add(name, {"type": "boot", "nics": "", "guest_command": "sleep 1"}, queues=(0, 1))
    processes = [(name, box.start(name)) for name in ("a", "b")]
    queues = sorted(box.finish(*pair).expect(0, "PASS .*").result()["queue"] for pair in processes)
    expect_equal(queues, ["1", "2"])


def case_same_test_twice(box):
    """Two ctests that run one test do not write to its files at once, and waiting takes no time."""
    fake(box, "good")
    box.add("one", {"type": "boot", "nics": "", "guest_command": "sleep 3"}, timeout=5)
    first = box.start("one")
    wait_until(lambda: box.vm("one"), 20, "the first one's VM runs")
    box.run("one").expect(0, "PASS boot: .*").expect_text(
        " s: the test's directory is in use by pid", f"{first.pid}, test one, since")
    box.finish("one", first).expect(0, "PASS boot: .*")


def case_requires(box):
    fake(box, "good")
    box.add("base", {**BARE, "type": "nonesuch"})
    box.add("one", BARE, requires=["base"])
    box.run("one").expect(77, "SKIP environment: requires base, which has not run")
    box.run("base").expect(77, "SKIP environment: no procedure 'nonesuch'").expect_text(
        "<CTestDetails>environment: no procedure 'nonesuch'</CTestDetails>\n")
    box.run("one").expect(77, r"SKIP environment: requires base, which was skipped "
                              r"\(no procedure 'nonesuch'\)")
    box.tests[0]["params"] = {**BARE, "boot_marker": "never", "login_timeout": "1"}
    box.run("base").expect(1, "FAIL boot-timeout: .*")
    box.run("one").expect(77, r"SKIP environment: requires base, which did not pass \(vm1: "
                              r"'never' did not appear on the console within 1 s \(login_timeout\); .*\)")
    box.tests[0]["params"] = BARE
    box.run("base").expect(0, "PASS .*")
    box.run("one").expect(0, "PASS .*")


def case_requires_of_another_generation(box):
    """As when the required test has been disabled since, and ctest does not run it."""
    fake(box, "good")
    box.add("base", BARE)
    box.add("one", BARE, requires=["base"])

    def expect(name, verdict):
        expect_equal(verdict_elsewhere(box, name)[:len(verdict)], verdict)

    expect("base", "PASS ")
    box.generation = "f" * 16
    for _ in range(2):
        expect("one", "SKIP environment: requires base, which has not run since the "
                      "configuration changed")
    expect("base", "PASS ")
    for _ in range(2):
        expect("one", "PASS ")
    path = box.path("results", "base", "result.json")
    for text in ("", "[]", '{"status": 1, "text": 2}'):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        expect("one", "SKIP environment: requires base, which did not pass (an unreadable result)")


def elsewhere(box, *names, launcher=""):
    """Runs tests as another ctest does: below a process of that name."""
    ctest = box.path("ctest")
    if not os.path.exists(ctest):
        os.symlink("/bin/sh", ctest)
    commands = [f"{launcher} " + " ".join(f"'{word}'" for word in box.command(name))
                for name in names]
    return subprocess.Popen([ctest, "-c", "; ".join([*commands, "true"])], env=box.environ(),
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def verdict_elsewhere(box, name):
    return elsewhere(box, name).communicate(timeout=100)[0].split("\n", 1)[0]


def case_requires_what_runs_again(box):
    """What another ctest makes of a required test is not this one's business."""
    fake(box, "good")
    box.add("base", {"type": "boot", "nics": "", "guest_command": "sleep 20"})
    box.add("one", BARE, requires=["base"], queues=(1,))
    not_ended = "SKIP environment: requires base, which did not come to its end"
    first = elsewhere(box, "base")
    wait_until(lambda: box.vm("base"), 20, "the required test runs")
    box.run("one").expect(77, not_ended)
    os.kill(runner_of(box), signal.SIGKILL)
    first.communicate()
    box.run("one").expect(77, not_ended)

    box.tests[0]["params"] = BARE
    box.run("base").expect(0, "PASS .*")
    box.tests[0]["params"] = {"type": "boot", "nics": "", "guest_command": "sleep 20"}
    again = elsewhere(box, "base")
    wait_until(lambda: box.vm("base"), 20, "the required test runs again")
    box.run("one").expect(0, "PASS .*")
    expect_equal(verdict_elsewhere(box, "one")[:10], "PASS boot:")
    os.kill(runner_of(box), signal.SIGTERM)
    again.communicate()
    box.run("one").expect(0, "PASS .*")
    expect_equal(verdict_elsewhere(box, "one"),
                 "SKIP environment: requires base, which did not pass (Terminated)")
    with open(box.path("results", "base", "result.json"), encoding="utf-8") as file:
        expect_equal([account["status"] for account in json.load(file)["earlier"]], ["pass"])

    old = box.generation
    box.generation = "f" * 16
    box.tests[0]["params"] = BARE
    expect_equal(verdict_elsewhere(box, "base")[:10], "PASS boot:")
    box.generation = old
    box.run("one").expect(0, "PASS .*")
    expect_equal(verdict_elsewhere(box, "one"), "SKIP environment: requires base, which has not "
                                                "run since the configuration changed")


def runner_of(box):
    """The runner of the required test, by its own account."""
    with open(box.path("results", "base", "result.json"), encoding="utf-8") as file:
        return json.load(file)["pid"]


def case_contradicting_allotment(box):
    fake(box, "good")
    box.environment.update(
        CTEST_RESOURCE_GROUP_COUNT="1", CTEST_RESOURCE_GROUP_0="kvmp__h,kvmq__h__1,kvmr__h__1__r0",
        CTEST_RESOURCE_GROUP_0_KVMP__H="id:0,slots:1",
        CTEST_RESOURCE_GROUP_0_KVMQ__H__1="id:0,slots:1",
        CTEST_RESOURCE_GROUP_0_KVMR__H__1__R0="id:0,slots:1")
    box.run_one(BARE).expect(0, "PASS .*")
    box.environment["CTEST_RESOURCE_GROUP_0_KVMR__H__1__R0"] = "id:64,slots:1"
    box.run("one").expect(3, "ERROR harness-error: ctest allotted id:64,slots:1 of "
                             "'kvmr__h__1__r0', the description says id:0,slots:1")
    box.environment["CTEST_RESOURCE_GROUP_0"] = "kvmp__h"
    box.run("one").expect(3, "ERROR harness-error: ctest allotted no 'kvmq__h__1', which this "
                             "test's description names")


# Params that are yes or no with another word, and what else it takes for them to be read.
IMAGE = {"images": "i", "image_name": "/x"}
YES_NO = [({}, "qemu_sandbox", "maybe"), ({}, "pvpanic", "enable"), ({}, "boot_menu", "y"), ({}, "balloon", "2"),
          ({}, "enable_watchdog", "i6300esb"), ({}, "enable_kvm", "si"), ({}, "disable_kvm", "n"),
          ({"type": "panic", "shell_client": "serial"}, "pvpanic", "x"),
          *((IMAGE, key, "y") for key in ("create_image", "force_create_image", "check_image", "image_boot",
                                          "boot_drive", "image_raw_device")),
          ({"type": "image_io", "shell_client": "serial"}, "check_image", "y"),
          ({"type": "cpu_hotplug", "shell_client": "serial"}, "unplug", "y"),
          ({"type": "external", "command": "true"}, "start_vm", "y"),
          ({"type": "kvm_unit_test"}, "kut_nodefault", "y"), ({"type": "kvm_unit_test"}, "kut_run_nodefault", "y"),
          ({}, "pre_command_noncritical", "y"), ({}, "post_command_noncritical", "y")]


def case_bad_params(box):
    fake(box, "good")
    rows = [
        ({"smp": "many"}, "smp = many: expected a whole number from 1 to 1024"),
        ({"mem": "lots"}, "mem = lots: expected a number of MiB or a size such as 1G"),
        ({"nics": "nic1", "nic_mode": "passt"},
         "nic_mode = passt: expected one of user, private, tap, bridge (for nic1)"),
        ({"images": "i", "image_name": "/x", "image_format": "cow"},
         "image_format = cow: expected one of qcow2, raw, vmdk, vdi, vpc, vhdx, qed"),
        ({"kernel": "vmlinux"}, "kernel = vmlinux: a relative path needs the param "
                                "images_base_dir (an absolute path)"),
        ({"shell_client": "rlogin"},
         "shell_client = rlogin: expected 'serial', 'ssh', 'agent' or 'none'"),
        ({"shell_client": "ssh", "password": "x"},
         "shell_client = ssh needs ssh_key, a file with a private key: ssh takes a password only "
         "from a person"),
        ({"shell_client": "ssh", "ssh_key": "/k"},
         "shell_client = ssh needs a network card with nic_mode = user, or bridge with an IP "
         "address: this machine reaches the guest by no other"),
        ({"boot_marker": ""}, "shell_client = none needs boot_marker, a regular expression"),
        ({"boot_marker": "("}, "boot_marker = (: no regular expression: missing ): ("),
        ({"guest_command": "true"}, "guest_command needs a shell, but shell_client = none"),
        ({"type": "reboot", "reboot_method": "kick"},
         "reboot_method = kick: expected shell or system_reset or ctrl-alt-del"),
        ({"type": "shutdown", "shutdown_method": "shell"},
         "shutdown_method = shell, but shell_client = none"),
        ({"accel": "hvf"}, "accel = hvf: expected auto, kvm or tcg"),
        ({"extra_params": "-device 'x"}, "extra_params: a quote is not closed"),
        ({"nics": "nic1", "restrict": "y"},
         "restrict = y: expected yes or no (or on, off, true, false, 1, 0) (for nic1)"),
        *(({**more, key: word}, f"{key} = {word}: expected yes or no (or on, off, true, false, 1, 0)")
          for more, key, word in YES_NO),
    ]
    for number, (params, text) in enumerate(rows):
        box.add(f"t{number}", {**BARE, **params})
    for number, (_, text) in enumerate(rows):
        outcome = box.run(f"t{number}")
        expect_equal((outcome.status, outcome.verdict), (2, f"ERROR bad-params: {text}"))


def case_nobody_has_an_address_to_ping(box):
    """Of a range without base_ip, before anything boots; on a bridge of the machine's there are no others."""
    fake(box, "good")
    box.ranges = [{**r, "base_ip": ""} for r in box.ranges]
    ping = {**BARE, "type": "ping", "vms": "vm1 vm2", "nics": "nic1", "shell_client": "serial"}
    text = ("ERROR bad-params: ping: no card has an IP address to be pinged at: with nic_mode = bridge or ip_config "
            "= none, addresses are those of the queue's range, which has none; expected one with base_ip, such as "
            "mac_ranges = r0, base_mac_r0 = 52:54:00:10:00:00, base_ip_r0 = 10.20.0.0, range_size_r0 = 256")
    rows = {"bridge": {"nic_mode": "bridge", "netdst": "br0"}, "none": {"nic_mode": "tap", "ip_config": "none"},
            "user": {"ip_config": "none"}}
    for name, params in rows.items():
        box.add(name, {**ping, **params})
        outcome = box.run(name)
        expect_equal((outcome.status, outcome.verdict), (2, text))
    box.add("apart", {**ping, "nic_mode": "private", "private_net_vm2": "other"})
    box.run("apart").expect(2, r"ERROR bad-params: ping: no two VMs of the test share a network "
                               r"\(nic_mode, private_net\)")


def case_missing_things(box):
    fake(box, "good")
    box.add("a", {**BARE, "kernel": "/nonexistent/vmlinux"})
    box.add("b", {**BARE, "qemu_binary": "qemu-system-nonesuch"})
    box.run("a").expect(77, "SKIP environment: /nonexistent/vmlinux: No such file or directory")
    box.run("b").expect(77, "SKIP environment: qemu_binary 'qemu-system-nonesuch' is not there")


def case_missing_things_need_no_queue(box):
    """Whoever cannot run says so at once, not when its queue is free."""
    fake(box, "good")
    box.add("missing", {**BARE, "bios": "/nonexistent/rom"}, timeout=2)
    box.add("wrong", {**BARE, "mem": "lots"}, timeout=2)
    os.makedirs(box.path("state", "1"))
    with open(box.path("state", "1", "lock"), "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        box.run("missing").expect(77, "SKIP environment: /nonexistent/rom: No such file or "
                                      "directory")
        box.run("wrong").expect(2, "ERROR bad-params: mem = lots: .*")


def case_bad_descriptions(box):
    box.add("one", BARE)
    box.add("two", BARE)
    offset = box.write()["one"]
    path = box.path("tests.jsonl")

    def run(place, test="one"):
        return subprocess.run([box.settings.runner, "--tests", place, "--test", test],
                              capture_output=True, text=True, check=False)

    rows = [
        (f"{path}@{offset + 1}", "one", f"{path}@{offset + 1}: no line begins here"),
        (f"{path}@{offset}", "two", f"{path}@{offset}: this is the test 'one', not 'two'"),
        (f"{path}@0", "one", f"{path}@0: the first line is no test"),
        (f"{path}@999999", "one", f"{path}@999999: no line begins here"),
        (path, "one", f"'{path}': expected FILE@OFFSET"),
        ("/nonexistent@1", "one", "/nonexistent@0: cannot open it: No such file or directory"),
    ]
    for place, test, text in rows:
        done = run(place, test)
        expect_equal((done.returncode, done.stdout.split("\n")[0]),
                     (2, f"ERROR bad-description: {text}"))
    with open(path, encoding="utf-8") as file:
        lines = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(lines.replace('"schema": 1', '"schema": 2', 1))
    done = run(f"{path}@{offset}")
    expect_equal((done.returncode, done.stdout.split("\n")[0]),
                 (2, f"ERROR bad-description: {path}@0: schema 2: this kvmtest-run reads schema 1"))


def case_usage(box):
    def run(*arguments):
        done = subprocess.run([box.settings.runner, *arguments], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    expect_equal(run(), (2, "", "kvmtest-run: error: --tests and --test are required (see --help)\n"))
    status, out, _ = run("--version")
    if status != 0 or not out.startswith("kvmtest-run 0."):
        raise Failure(f"{status} {out}")
    expect_equal(run("--frobnicate")[0], 2)
    expect_equal(run("--accel", "magic")[0], 2)
    expect_equal(run("--help")[0], 0)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([box.settings.runner], stderr=full, check=False)
    expect_equal(done.returncode, 3)


def case_cleanup(box):
    """Whatever a run left whose runner and guardian were both killed."""
    fake(box, "silent")
    box.add("one", BARE)
    state = box.path("state", "1")
    os.makedirs(os.path.join(state, "run-1-0123dead"))
    open(os.path.join(state, "lock"), "w", encoding="ascii").close()
    sleeper = subprocess.Popen(["sleep", "100"], start_new_session=True)
    with open(f"/proc/{sleeper.pid}/stat", encoding="latin-1") as file:
        started = file.read().rpartition(")")[2].split()[19]
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    with open(os.path.join(state, "run-1-0123dead", "processes"), "w", encoding="ascii") as file:
        file.write(f"{sleeper.pid} {started} {boot}\n{os.getpid()} 1 {boot}\n")
    with open(os.path.join(state, "run-1-0123dead", "sockets"), "w", encoding="ascii") as file:
        file.write("/etc\n")
    done = subprocess.run([box.settings.runner, "cleanup", state], capture_output=True, text=True,
                          check=False)
    expect_equal((done.returncode, done.stdout),
                 (0, f"killed qemu (pid {sleeper.pid}) of a run that is gone\n"
                     f"removed {state}/run-1-0123dead, left by a run that was killed\n"))
    expect_equal(sleeper.wait(5), -9)
    done = subprocess.run([box.settings.runner, "cleanup", state], capture_output=True, text=True,
                          check=False)
    expect_equal((done.returncode, done.stdout), (0, f"nothing to remove in {state}\n"))
    running = box.start("one")
    holder = wait_until(lambda: os.path.getsize(os.path.join(state, "lock")), 10, "the lock is held")
    assert holder
    done = subprocess.run([box.settings.runner, "cleanup", state], capture_output=True, text=True,
                          check=False)
    running.terminate()
    running.communicate()
    if done.returncode != 3 or f"{state} is in use by pid {running.pid}, test one" not in done.stdout:
        raise Failure(f"{done.returncode} {done.stdout}")


def case_dry_run(box):
    fake(box, "good")
    base = box.path("base.raw")
    with open(base, "wb") as file:
        file.truncate(1 << 20)
    box.add("one", {**BARE, "mem": "64", "images": "hd", "image_name": base, "image_format": "raw"})
    outcome = box.run("one", "--dry-run")
    expect_equal(outcome.status, 0)
    outcome.expect_text(f"create -q -f qcow2 -F raw -b {base} /RUN/vm1-hd.qcow2\n",
                        f"{FAKE} -name guest=one/vm1", "file=/RUN/vm1-hd.qcow2,format=qcow2")
    if os.path.exists(box.path("results")) or os.path.exists(box.path("argv.json")):
        raise Failure("a dry run has left something behind")


def case_cleanup_walks(box):
    """From the root of all state directories, and nothing of anybody else's."""
    def cleanup(directory):
        done = subprocess.run([box.settings.runner, "cleanup", directory], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout

    root = box.path("state")
    os.makedirs(os.path.join(root, "h", "1", "run-1-0123dead"))
    expect_equal(cleanup(root), (3, f"no queue's lock is in {root} or below it\n"))
    expect_equal(os.listdir(root), ["h"])
    for queue in ("1", "2", "3"):
        run = os.path.join(root, "h", queue, "run-1-0123dead")
        os.makedirs(run, exist_ok=True)
        with open(os.path.join(root, "h", queue, "lock"), "w", encoding="ascii") as file:
            file.write("pid 7, test x, since then\n" if queue == "2" else "")
    os.makedirs(os.path.join(root, "h", "1", "run-mine"))
    os.makedirs(os.path.join(root, "h", "1", "run-2024-backup"))
    foreign = os.path.join(root, "other")
    os.makedirs(os.path.join(foreign, "run-1-0123dead"))
    with open(os.path.join(foreign, "lock"), "w", encoding="ascii") as file:
        file.write("some program's\n")
    with open(os.path.join(root, "h", "2", "lock"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        expect_equal(cleanup(root), (
            3, f"removed {root}/h/1/run-1-0123dead, left by a run that was killed\n"
               f"{root}/h/2 is in use by pid 7, test x, since then\n"
               f"removed {root}/h/3/run-1-0123dead, left by a run that was killed\n"))
    expect_equal(cleanup(root),
                 (0, f"removed {root}/h/2/run-1-0123dead, left by a run that was killed\n"))
    expect_equal(cleanup(root), (0, f"nothing to remove in {root}\n"))
    expect_equal(sorted(os.listdir(os.path.join(root, "h", "1"))), ["lock", "run-2024-backup", "run-mine"])
    expect_equal(sorted(os.listdir(foreign)), ["lock", "run-1-0123dead"])
    with open(os.path.join(foreign, "lock"), encoding="ascii") as file:
        expect_equal(file.read(), "some program's\n")
    expect_equal(cleanup("/nonexistent"),
                 (3, "cannot walk /nonexistent: No such file or directory\n"))


def case_cleanup_waits_for_a_fork(box):
    """What a killed runner had just forked has the queue's lock for a moment; one who lives keeps it."""
    lock = box.path("state", "lock")
    os.makedirs(box.path("state", "run-1-0123dead"))
    gone = subprocess.Popen(["true"])
    gone.wait()
    for pid, expected in ((os.getpid(), 3), (gone.pid, 0)):
        with open(lock, "w", encoding="ascii") as file:
            file.write(f"pid {pid}, test x, since then\n")
        with open(lock, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            # The lock is its own, too, for as long as it sleeps.
            sleeper = subprocess.Popen(["sleep", "0.7"], pass_fds=[held.fileno()])
        done = subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=False, timeout=60,
                              stdout=subprocess.PIPE, text=True)
        sleeper.wait()
        expect_equal((done.returncode, done.stdout), (expected, (
            f"{box.path('state')} is in use by pid {pid}, test x, since then\n" if expected else
            f"removed {box.path('state', 'run-1-0123dead')}, left by a run that was killed\n")))


# Kills its process as soon as that has made the directory for its sockets.
KILLER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int mkdir(const char* path, mode_t mode) {
  int (*real)(const char*, mode_t) = (int (*)(const char*, mode_t))dlsym(RTLD_NEXT, "mkdir");
  int result = real(path, mode);
  if (strstr(path, "/kvmt-")) kill(getpid(), SIGKILL);
  return result;
}
char* mkdtemp(char* path) {
  char* (*real)(char*) = (char* (*)(char*))dlsym(RTLD_NEXT, "mkdtemp");
  char* result = real(path);
  if (strstr(path, "/kvmt-")) kill(getpid(), SIGKILL);
  return result;
}
"""


def case_killed_before_it_could_say_more(box):
    """What was made is known to the guardian already."""
    fake(box, "good")
    with open(box.path("killer.c"), "w", encoding="ascii") as file:
        file.write(KILLER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", box.path("killer.so"), box.path("killer.c"), "-ldl"],
                   check=True)
    os.mkdir(box.path("run"))
    sockets = tempfile.mkdtemp(prefix="k", dir="/tmp")  # the shorter path
    try:
        box.environment = {"LD_PRELOAD": box.path("killer.so"), "XDG_RUNTIME_DIR": sockets,
                           "ASAN_OPTIONS": "verify_asan_link_order=0"}
        box.add("one", BARE)
        expect_equal(box.run("one").status, -signal.SIGKILL)
        wait_until(lambda: not os.listdir(sockets), 2, "the socket directory is gone")
        box.expect_nothing_left()
    finally:
        shutil.rmtree(sockets)


def case_many_runs_leave_nothing(box):
    """No socket directories, no overlays, no processes, no matter how often."""
    fake(box, "good")
    box.add("one", BARE)
    before = set(n for n in os.listdir("/tmp") if n.startswith("kvmt-"))
    for _ in range(20):
        box.run("one").expect(0, "PASS .*")
    box.expect_nothing_left()
    time.sleep(0.1)
    mine = [n for n in os.listdir("/tmp") if n.startswith("kvmt-") and n not in before]
    # Other tests run beside this one; theirs go away too.
    wait_until(lambda: not any(os.path.exists(f"/tmp/{n}") for n in mine), 60, f"{mine} are gone")


if __name__ == "__main__":
    sys.exit(runs.main(globals()))
