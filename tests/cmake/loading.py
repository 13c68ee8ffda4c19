"""What ctest loads: the host's tests, and one test that tells what went wrong."""

from sandbox import Failure, equal

TWO_HOSTS = """\
test hostname1 nightly boot
test hostname1 weekly install
test hostname2 nightly migrate
"""
HINT = "hint: KVMTEST_HOST=<host> chooses one, KVMTEST_HOST='*' all of them\n"


def this_machine():
    import socket
    return socket.gethostname()


def project(box, cfg=TWO_HOSTS, arguments=""):
    box.write("a.cfg", cfg)
    box.project(f"add_test(NAME own COMMAND /bin/true)\n"
                f"kvm_discover_tests(g CONFIG a.cfg {arguments})", fake_generator=True)
    box.configure().expect(0)


def case_host_by_variable(box):
    project(box)
    box.ctest(host="hostname1").expect(0).expect_tests(
        {"own": "pass", "g.nightly.boot": "pass", "g.weekly.install": "pass"})
    box.ctest(host="hostname2").expect(0).expect_tests({"own": "pass", "g.nightly.migrate": "pass"})
    box.ctest(host="*").expect(0).expect_tests(
        {"own": "pass", "g.nightly.boot": "pass", "g.weekly.install": "pass",
         "g.nightly.migrate": "pass"})
    box.ctest("-L", "^nightly$", host="hostname1").expect(0).expect_tests({"g.nightly.boot": "pass"})


def case_host_is_this_machine(box):
    short = this_machine().split(".")[0]
    project(box, f"{TWO_HOSTS}test {short} nightly here\ntest localhost nightly anywhere\n")
    box.ctest().expect(0).expect_tests({"own": "pass", "g.nightly.here": "pass"})


def case_host_is_any_machine(box):
    project(box, f"{TWO_HOSTS}test localhost nightly anywhere\n")
    box.ctest().expect(0).expect_tests({"own": "pass", "g.nightly.anywhere": "pass"})


def case_no_host_is_skipped(box):
    project(box, arguments="LABELS mine")
    run = box.ctest().expect(0).expect_tests({"own": "pass", "g.no_host": "skip"})
    equal(run.output["g.no_host"],
          f"SKIP no-host: the configuration names no host '{this_machine()}', but hostname1, "
          f"hostname2\n{HINT}", "output")
    equal(box.tests()["g.no_host"]["LABELS"], ["mine", "nightly", "weekly"], "labels")


def case_no_host_is_an_error(box):
    project(box, arguments="NO_HOST error")
    run = box.ctest().expect(8).expect_tests({"own": "pass", "g.no_host": "fail"})
    equal(run.output["g.no_host"],
          f"FAIL no-host: the configuration names no host '{this_machine()}', but hostname1, "
          f"hostname2\n{HINT}", "output")


def case_no_host_is_ignored(box):
    project(box, arguments="NO_HOST ignore")
    box.ctest().expect(0).expect_tests({"own": "pass"})


def case_unknown_host_stops_ctest(box):
    project(box)
    run = box.ctest(host="hostname3").expect(8).expect_tests({})
    run.expect_text("KVMTEST_HOST: no host named 'hostname3'\n"
                    "   the hosts of 'g': hostname1, hostname2\n   " + HINT)


def case_host_of_another_call(box):
    box.write("a.cfg", TWO_HOSTS)
    box.write("b.cfg", "test hostname3 nightly other\n")
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(b CONFIG ../b.cfg)")
    box.project("kvm_discover_tests(a CONFIG a.cfg)\nadd_subdirectory(sub)", fake_generator=True)
    box.configure().expect(0)
    box.build().expect(0)
    box.ctest(host="hostname3").expect(0).expect_tests(
        {"a.no_host": "skip", "b.nightly.other": "pass"})
    box.ctest(host="hostname2").expect(0).expect_tests(
        {"a.nightly.migrate": "pass", "b.no_host": "skip"})
    box.ctest(host="hostname4").expect(8)


def case_program_is_not_built(box):
    project(box, arguments="TEST_SETS nightly LABELS mine")
    for program in ("generate", "run"):
        box.write("CMakeLists.txt", open(box.src + "/CMakeLists.txt").read().replace(
            "include(", f'set_property(TARGET KvmTest::{program} PROPERTY IMPORTED_LOCATION '
            f'"${{CMAKE_BINARY_DIR}}/absent-{program}")\ninclude(', 1))
        box.configure().expect(0)
        run = box.ctest().expect(8).expect_tests({"own": "pass", "g_NOT_BUILT": "fail"})
        equal(run.output["g_NOT_BUILT"],
              f"FAIL not-built: there is no program {box.build_dir}/absent-{program} yet\n"
              "hint: build the project first (cmake --build <build directory>), then run ctest "
              "again\n", "output")
        equal(box.tests()["g_NOT_BUILT"]["LABELS"], ["mine", "nightly"], "labels")
        project(box, arguments="TEST_SETS nightly LABELS mine")


def case_generator_ends_badly(box):
    project(box, TWO_HOSTS, "LABELS mine")
    box.ctest(host="hostname1").expect(0)
    for order, status, output in [
            ("exit 2 usage: bad option", "2", "usage: bad option\n"),
            ("exit 1 error: no space left on device", "1", "error: no space left on device\n"),
            ("crash", "Subprocess aborted", "")]:
        box.write("a.cfg", order + "\n")
        run = box.ctest(host="hostname1").expect(8)
        run.expect_tests({"own": "pass", "g.generate": "fail"})
        equal(run.output["g.generate"],
              f"FAIL generate: kvmtest-generate ended with '{status}'\n"
              f"the call: {box.build_dir}/kvmtest/g/call.cmake\nits output:\n{output}\n", "output")
        equal(box.tests()["g.generate"]["LABELS"], ["mine", "nightly", "weekly"], "labels")
        result = box.build().expect_failure()
        result.expect_text(output, "kvmtest: the tests of 'g' were not generated "
                           f"(kvmtest-generate ended with '{status}')")


def case_warnings_are_shown_once_and_not_on_stdout(box):
    project(box, TWO_HOSTS + "warn a.cfg:4:1: warning: so so\n")
    run = box.ctest("--show-only=json-v1", host="hostname1").expect(0)
    equal(run.err, "a.cfg:4:1: warning: so so\n", "standard error of the first ctest")
    if run.out[0] != "{":
        raise Failure(f"no JSON:\n{run.out}")
    equal(box.ctest("-N", host="hostname1").err, "", "standard error of the second ctest")


def case_tests_work_without_a_build(box):
    project(box)
    if box.exists("kvmtest/g/current.cmake"):
        raise Failure("cmake generated tests")
    box.ctest(host="hostname1").expect(0)
