#!/usr/bin/env python3
"""type = kvm_unit_test, on the tests of examples/kvm_unit_tests/tree: kut.py --runner ... <case>"""

import os
import subprocess
import sys

import guests
from guests import Failure, expect_equal, need

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples",
                     "kvm_unit_tests", "tree", "build.sh")


def tree(box):
    need("qemu-system-x86_64", "gcc", "bash")
    if not os.path.exists(box.path("tree")):
        subprocess.run([BUILD, box.path("tree")], check=True)
    return box.path("tree")


def kut(box, file="ends", how="passes", **params):
    return {"type": "kvm_unit_test", "mem": "32", "images_base_dir": tree(box),
            "kernel": f"x86/{file}.flat", "kernel_params": how, **params}


def case_kut_passes(box):
    """All that comes of a test: verdict, sub-results, measurements."""
    outcome = box.run_one(kut(box))
    outcome.expect(0, "PASS kvm_unit_test: 2 tests")
    expect_equal(outcome.result()["subresults"],
                 [{"status": "pass", "name": "a part"},
                  {"status": "xfail", "name": "a part that is known to fail"}])
    measured = outcome.result()["measurements"]
    expect_equal([measured[k] for k in ("subtests", "subtests_failed", "subtests_skipped")],
                 [2, 0, 0])
    outcome.expect_text('<CTestMeasurement type="numeric/double" name="subtests">2.000<')
    if "pass: a part\n" not in outcome.file("runner.log"):
        raise Failure(outcome.file("runner.log"))
    box.expect_nothing_left()


def case_kut_ends(box):
    """Each way to end has its verdict."""
    rows = [
        ("fails", 1, r"FAIL unit-test-failed: vm1: 2 tests, 1 unexpected failures \(exit status 3 of qemu\)",
         "  FAIL: another part\n"),
        ("passes unexpectedly", 1, r"FAIL unit-test-failed: vm1: 1 tests, 1 unexpected failures .*",
         "  XPASS: a part that was known to fail\n"),
        ("skips", 77, "SKIP environment: vm1: the test skipped itself: "
                      "this machine has no flux capacitor", ""),
        ("skips a part", 0, "PASS kvm_unit_test: 2 tests, 1 skipped", ""),
        ("lies", 1, "FAIL unit-test-failed: vm1: ended as if it had passed, but: 1 of 1 failed",
         "  FAIL: a part\n"),
        ("lies of a skip", 1, "FAIL unit-test-failed: vm1: ended as if it had been skipped, but: "
                              "1 of 1 failed", "  FAIL: a part\n"),
        ("aborts", 1, r"FAIL unit-test-failed: vm1: the test aborted \(no sub-results\)",
         "something is impossible\n"),
        ("triple fault", 1, "FAIL unit-test-failed: vm1: the guest went away without a result "
                            r"\(0 of 1 failed\)", ""),
        ("speaks like Linux", 0, "PASS kvm_unit_test: 1 tests", ""),
    ]
    for how, *_ in rows:
        box.add(how, kut(box, how=how))
    for how, status, verdict, text in rows:
        box.run(how).expect(status, verdict).expect_text(text)
    box.expect_nothing_left()


def case_kut_repro(box):
    """By hand it ends as it did in the test, with what only a shell could expand."""
    box.add("fails", kut(box, how="fails"))
    box.add("shell", kut(box, "arguments", "", kut_name="me", kut_mode="panic",
                         kut_shell_params="'-append \"of $TESTNAME\"'"))
    del box.tests[-1]["params"]["kernel_params"]
    for name, status, words in (("fails", 3, "FAIL: another part"), ("shell", 1, "<of me>")):
        script = box.run(name).expect(1, "FAIL unit-test-failed: .*").directory + "/repro.sh"
        done = subprocess.run(["timeout", "-k", "1", "30", script], stdin=subprocess.DEVNULL,
                              check=False, capture_output=True, text=True)
        expect_equal([done.returncode, words in done.stdout], [status, True])


def case_kut_timeout(box):
    box.add("late", kut(box, how="hangs", kut_timeout="2"))
    box.run("late").expect(
        1, r"FAIL unit-test-timeout: vm1: the test did not end within 2 s \(kut_timeout\) \(0 of 1 failed\)"
    ).expect_text("  PASS: a part\n")
    box.expect_nothing_left()


def case_kut_panic(box):
    """A test that has to panic, and its twin that does not."""
    box.add("panics", kut(box, how="panics", kut_mode="panic"))
    box.add("stays", kut(box, how="passes", kut_mode="panic"))
    box.run("panics").expect(0, "PASS kvm_unit_test: .*")
    box.run("stays").expect(
        1, r"FAIL unit-test-failed: vm1: the guest ended \(qemu gone\) and did not panic, as it should")


def case_kut_migrates(box):
    """A test that asks to be moved, as often as it does; its words are those of all its qemus."""
    for how, verdict in (("migrates", r"PASS kvm_unit_test: 2 tests, moved once"),
                         ("migrates twice", r"PASS kvm_unit_test: 3 tests, moved 2 times"),
                         ("migrates and fails", "FAIL unit-test-failed: vm1-dst1: 2 tests, 1 unexpected .*"),
                         ("skips", "SKIP environment: vm1: the test skipped itself: .*")):
        box.add(how, kut(box, how=how, kut_mode="migration"))
        outcome = box.run(how)
        outcome.expect({"P": 0, "F": 1, "S": 77}[verdict[0]], verdict)
    outcome = box.run("migrates")
    expect_equal([part["name"] for part in outcome.result()["subresults"]],
                 ["before it moves", "nothing is forgotten"])
    box.expect_nothing_left()


def case_kut_migrates_not(box):
    """The twins: one that does not ask, one that cannot be moved, one that is lost on its way."""
    box.add("stays", kut(box, how="passes", kut_mode="migration"))
    box.add("bound", kut(box, how="migrates", kut_mode="migration",
                         extra_params="-device nvme,serial=x"))
    box.add("lost", kut(box, how="migrates and hangs", kut_mode="migration", kut_timeout="4"))
    box.run("stays").expect(1, "FAIL unit-test-failed: vm1: the test ended without asking to be migrated")
    box.run("bound").expect(1, "FAIL migration-failed: .*")
    box.run("lost").expect(1, r"FAIL unit-test-timeout: vm1-dst1: the test did not end within 4 s .*")
    box.expect_nothing_left()


def case_kut_conditions(box):
    rows = [
        ({"kut_nodefault": "yes"}, r"not run by default \(group nodefault\): "
                                   "kut_run_nodefault = yes runs it"),
        ({"kut_arch": "i386", "kut_tree_arch": "x86_64"},
         "for i386 only, and the tree is built for x86_64"),
        ({"kut_accel": "kvm"}, "for kvm only, and the accelerator is tcg"),
        ({"kut_check": f"{box.path('yes')}=Y /nowhere=Y"},
         r"/nowhere is not there \(expected 'Y' in it\)"),
        ({"kut_check": f"{box.path('yes')}=N"}, f"{box.path('yes')} is 'Y', not 'N'"),
        ({"kut_disabled_if": "'[[ $TARGET == qemu && -f config.mak ]]'"},
         r"disabled if \[\[ \$TARGET == qemu && -f config\.mak \]\]"),
        ({"extra_params": "-device nonesuch"}, "vm1: qemu refuses: .*'nonesuch' is not a valid "
                                               "device model name"),
        ({"kernel": "x86/none.flat"}, ".*/x86/none.flat: No such file or directory"),
    ]
    with open(box.path("yes"), "w", encoding="ascii") as file:
        file.write("Y\n")
    for number, (params, _) in enumerate(rows):
        box.add(f"t{number}", kut(box, **params))
    for number, (_, reason) in enumerate(rows):
        box.run(f"t{number}").expect(77, "SKIP environment: " + reason)
    box.add("runs", kut(box, kut_nodefault="yes", kut_run_nodefault="yes", kut_arch="x86_64",
                        kut_tree_arch="x86_64", kut_accel="tcg", kut_disabled_if="false",
                        kut_check=f"{box.path('yes')}=Y"))
    box.run("runs").expect(0, "PASS kvm_unit_test: .*")


def case_kut_shell(box):
    """Options that only a shell can expand; the twin is one that it cannot."""
    text = "-append \"$(echo a  b) `echo $TESTNAME` $MAX_SMP\""
    quoted = "'" + text.replace("'", "'\\''") + "'"
    params = kut(box, "arguments", "", kut_name="me", kut_max_smp="3", kut_shell_params=quoted)
    del params["kernel_params"]
    box.add("good", params)
    box.add("bad", {**params, "kut_shell_params": "'-append \"'"})
    if "arguments <a b me 3>" not in box.run("good").expect(
            0, "PASS kvm_unit_test: .*").file("console-vm1.log"):
        raise Failure("other arguments")
    box.run("bad").expect(3, "ERROR harness-error: bash cannot expand kut_shell_params: -append \"")


def case_kut_no_kernel(box):
    """A file that qemu cannot load is a failure, not a skip."""
    with open(box.path("x.flat"), "wb") as file:
        file.write(b"\x7fELF" + b"x" * 100)
    box.run_one(kut(box, kernel=box.path("x.flat"))).expect(
        1, "FAIL qemu-start-failed: vm1: qemu ended with exit status 1: .*")


def case_kut_cpus(box):
    box.add("two", kut(box, "cpu", "smp=2", smp="2"))
    box.add("three", kut(box, "cpu", "smp=2", smp="3"))
    box.run("two").expect(0, "PASS kvm_unit_test: 5 tests")
    box.run("three").expect(1, "FAIL unit-test-failed: vm1: 5 tests, 1 unexpected failures .*"
                            ).expect_text("  FAIL: two CPUs\n")


def case_kut_kvm(box):
    """On KVM, where a tiny guest runs on it; qemu's end looks the same from there."""
    box.common["accel"] = "kvm"
    outcome = box.run_one(kut(box, how="fails", cpu_model="qemu64"), timeout=120)
    if outcome.status != 77:
        outcome.expect(1, "FAIL unit-test-failed: vm1: 2 tests, 1 unexpected failures .*")


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
