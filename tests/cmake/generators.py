"""The same project with each of CMake's generators that a user may have here."""

from sandbox import Failure, equal


def project(box, arguments=""):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project(f"add_test(NAME own COMMAND /bin/true)\nkvm_discover_tests(g CONFIG a.cfg LABELS mine {arguments})",
                fake_generator=True)
    box.configure().expect(0)


def case_unix_makefiles(box):
    box.generator = "Unix Makefiles"
    project(box)
    box.build().expect(0)
    if not box.exists("kvmtest/g/current.cmake"):
        raise Failure("the build generated no tests")
    box.ctest().expect(0).expect_tests({"own": "pass", "g.nightly.boot": "pass"})
    box.write("a.cfg", "exit 1 a.cfg:1:1: error: broken\n")
    box.build().expect(2).expect_text("a.cfg:1:1: error: broken")


def case_ninja_multi_config(box):
    box.generator = "Ninja Multi-Config"
    project(box)
    equal(box.read("kvmtest/calls.txt"), "g/Debug\ng/Release\ng/RelWithDebInfo\n", "calls.txt")
    box.build("--config", "Release").expect(0)
    if not box.exists("kvmtest/g/Release/current.cmake"):
        raise Failure("the build generated no tests")
    if box.exists("kvmtest/g/Debug/current.cmake"):
        raise Failure("the build generated tests for another configuration")
    box.ctest("-C", "Release").expect(0).expect_tests({"own": "pass", "g.nightly.boot": "pass"})
    box.ctest("-C", "Debug").expect(0).expect_tests({"own": "pass", "g.nightly.boot": "pass"})
    run = box.ctest("-R", "^g")
    run.expect_tests({"g_NOT_BUILT": "fail"})
    equal(run.output["g_NOT_BUILT"],
          "FAIL not-built: this build tree has several configurations\n"
          "hint: run ctest -C <configuration>, one of Debug, Release, RelWithDebInfo\n", "output")
    equal(box.tests()["g_NOT_BUILT"]["LABELS"], ["mine"], "labels")
    run.expect_text("the test sets of 'g' are not known yet")


def case_ninja_multi_config_has_its_labels_without_one(box):
    box.generator = "Ninja Multi-Config"
    project(box, "TEST_SETS nightly")
    run = box.ctest("-L", "^nightly$").expect(8).expect_tests({"g_NOT_BUILT": "fail"})
    run.expect_no_text("not known yet")
    equal(box.tests()["g_NOT_BUILT"]["LABELS"], ["mine", "nightly"], "labels")
