"""tests/check_skips.py, by which tests/run.sh fails on a skip that nobody allowed."""

import os

from sandbox import equal

ALLOWED = """\
# A comment
kvm[.].* | no /dev/kvm | machines without KVM
"""


def check(box, allowed=ALLOWED, *ctest):
    run = box.ctest(*ctest)
    result = box.run("python3", os.path.join(box.settings.source, "tests/check_skips.py"),
                     box.dir + "/junit.xml", box.write("allowed.txt", allowed))
    return run, result


def case_what_counts_as_skipped(box):
    box.project("""\
add_test(NAME passes COMMAND /bin/true)
add_test(NAME fails COMMAND /bin/false)
add_test(NAME kvm.accel COMMAND /bin/sh -c "echo SKIP environment: no /dev/kvm; exit 77")
add_test(NAME kvm.other COMMAND /bin/sh -c "echo SKIP environment: no qemu; exit 77")
add_test(NAME disabled COMMAND /bin/true)
add_test(NAME dependent COMMAND /bin/true)
add_test(NAME absent COMMAND /absent/program)
set_tests_properties(kvm.accel kvm.other PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(disabled PROPERTIES DISABLED ON)
set_tests_properties(fails PROPERTIES FIXTURES_SETUP f)
set_tests_properties(dependent PROPERTIES FIXTURES_REQUIRED f)
""", fake_generator=True)
    box.configure().expect(0)
    result = check(box)[1].expect(1)
    equal(sorted(line for line in result.out.splitlines() if not line.startswith(" ")), sorted([
        "skipped, as allowed: kvm.accel",
        "error: kvm.other was skipped, and tests/allowed_skips.txt does not allow it",
        "error: disabled was skipped, and tests/allowed_skips.txt does not allow it",
        "error: dependent was skipped, and tests/allowed_skips.txt does not allow it",
        "error: absent was skipped, and tests/allowed_skips.txt does not allow it",
    ]), "output")
    equal("  SKIP_RETURN_CODE=77\n  SKIP environment: no qemu\n" in result.out, True,
          "the reason is printed")


def case_allowed_skips_pass(box):
    box.project('add_test(NAME kvm.accel COMMAND /bin/sh -c "echo no /dev/kvm; exit 77")\n'
                "set_tests_properties(kvm.accel PROPERTIES SKIP_RETURN_CODE 77)",
                fake_generator=True)
    box.configure().expect(0)
    equal(check(box)[1].expect(0).out, "skipped, as allowed: kvm.accel\n", "output")


def case_no_tests_is_a_failure(box):
    box.project("add_test(NAME passes COMMAND /bin/true)", fake_generator=True)
    box.configure().expect(0)
    equal(check(box, ALLOWED, "-R", "none")[1].expect(1).out, "error: there were no tests\n",
          "output")


def case_list_is_checked(box):
    box.project("add_test(NAME passes COMMAND /bin/true)", fake_generator=True)
    box.configure().expect(0)
    result = check(box, "kvm | no reason\n")[1].expect(1)
    equal(result.err, f"{box.src}/allowed.txt:1: error: expected 'NAME | REASON | why'\n", "error")
