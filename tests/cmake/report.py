"""The page of all tests of the tree: the target kvm-report, and what ctest does by itself."""

import os

from sandbox import Failure, equal

CALL = "kvm_discover_tests(g CONFIG a.cfg)\n"


def project(box, text=CALL):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project(text, fake_generator=True)
    box.configure().expect(0)


def page(box):
    if not box.exists("kvmtest/report.html"):
        return None
    text = box.plain(box.read("kvmtest/report.html"))
    os.remove(os.path.join(box.build_dir, "kvmtest/report.html"))
    return text


BY_TARGET = "report BUILD -o BUILD/kvmtest/report.html\n"
BY_CTEST = "report --after-ctest BUILD -o BUILD/kvmtest/report.html\n"


def case_target(box):
    project(box)
    equal(page(box), None, "page before")
    box.build("--target", "kvm-report").expect(0)
    equal(page(box), BY_TARGET, "page")


def case_ctest_makes_it(box):
    project(box)
    box.ctest().expect(0).expect_tests({"g.nightly.boot": "pass"})
    equal(page(box), BY_CTEST, "page")


def case_its_failure_is_not_ctests(box):
    project(box)
    box.ctest(env={"FAKE_REPORT_STATUS": "1"}).expect(0)
    equal(page(box), BY_CTEST, "page")


def case_one_for_all_calls(box):
    box.write("sub/CMakeLists.txt", CALL)
    box.write("sub/a.cfg", "test localhost weekly boot\n")
    project(box, "add_subdirectory(sub)\nkvm_discover_tests(h CONFIG a.cfg)\n")
    box.ctest().expect(0).expect_tests({"g.weekly.boot": "pass", "h.nightly.boot": "pass"})
    equal(page(box), BY_CTEST, "page")
    box.build("--target", "kvm-report").expect(0)
    equal(page(box), BY_TARGET, "page")


def case_switched_off(box):
    project(box)
    if not box.exists("CTestCustom.cmake"):
        raise Failure("no CTestCustom.cmake")
    project(box, "set(KVMTEST_REPORT OFF)\n" + CALL)
    equal(box.exists("CTestCustom.cmake"), False, "CTestCustom.cmake is there")
    box.ctest().expect(0)
    equal(page(box), None, "page")
    box.build("--target", "kvm-report").expect(0)
    equal(page(box), BY_TARGET, "page")


def case_own_custom_file(box):
    own = "set(CTEST_CUSTOM_TESTS_IGNORE x)\n"
    box.write("custom.cmake", own)
    project(box, "configure_file(custom.cmake CTestCustom.cmake COPYONLY)\n" + CALL)
    box.configure().expect(0)
    equal(box.read("CTestCustom.cmake"), own, "CTestCustom.cmake")
    box.ctest().expect(0)
    equal(page(box), None, "page")
    box.write("custom.cmake", own + f"include({box.build_dir}/kvmtest/report.cmake OPTIONAL)\n")
    box.configure().expect(0)
    box.ctest().expect(0)
    equal(page(box), BY_CTEST, "page")


def case_multi_config(box):
    box.generator = "Ninja Multi-Config"
    project(box)
    box.ctest("-C", "Debug").expect(0).expect_tests({"g.nightly.boot": "pass"})
    equal(page(box), BY_CTEST, "page")
    # The one for a custom file of the project's own is for all configurations.
    equal(f"include([==[{box.build_dir}/kvmtest/report.cmake]==] OPTIONAL)" in box.read("CTestCustom.cmake"), True,
          "what the custom file includes")
    box.build("--target", "kvm-report", "--config", "Release").expect(0)
    equal(page(box), BY_TARGET, "page")


def case_odd_directories(box):
    for name in ("a b", "it's", "x&y (z) $HOME", "a@b@c", "[d]*"):
        box.build_dir = os.path.join(box.dir, name)
        project(box)
        box.ctest().expect(0)
        equal(page(box), BY_CTEST, "page")
