"""What ctest loads: the host's tests, and one test that tells what went wrong."""

import glob
import os
import shutil

from sandbox import Failure, SOURCE_DIR, equal

TWO_HOSTS = """\
test hostname1 nightly boot
test hostname1 weekly install
test hostname2 nightly migrate
"""
NOT_GENERATED = "kvmtest: the tests of 'g' were not generated; the test g.generate tells why"
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


def case_several_hosts_are_none(box):
    project(box)
    box.ctest(host="hostname1;hostname2").expect(8).expect_tests({}).expect_text(
        "KVMTEST_HOST: no host named 'hostname1;hostname2'\n   the hosts of 'g': hostname1, hostname2\n   " + HINT)


def two_calls(box, one="test hosta nightly first\n", two="test hostb nightly second\n"):
    box.write("one.cfg", one)
    box.write("two.cfg", two)
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(two CONFIG ../two.cfg)")
    box.project("add_test(NAME own COMMAND /bin/true)\nkvm_discover_tests(one CONFIG one.cfg)\n"
                "add_subdirectory(sub)", fake_generator=True)
    box.configure().expect(0)


ONLY_HOSTB = {"own": "pass", "one.no_host": "skip", "two.nightly.second": "pass"}
NO_HOSTC = ("KVMTEST_HOST: no host named 'hostc'\n"
            "   the hosts of 'one': hosta\n   the hosts of 'two': hostb\n   " + HINT)


def expect_one_run_each(box, what, *directories):
    """Each generator has run once since the last time."""
    for directory in directories:
        runs = box.build_dir + f"/kvmtest/{directory}/runs"
        equal(os.path.getsize(runs), 1, f"runs of the generator for {directory}, {what}")
        os.remove(runs)


def case_host_of_another_call(box):
    two_calls(box)
    box.build().expect(0)
    expect_one_run_each(box, "in the build", "one", "two")
    for host, tests in [
            ("hosta", {"own": "pass", "one.nightly.first": "pass", "two.no_host": "skip"}),
            ("hostb", ONLY_HOSTB),
            ("*", {"own": "pass", "one.nightly.first": "pass", "two.nightly.second": "pass"})]:
        box.ctest(host=host).expect(0).expect_tests(tests)
        expect_one_run_each(box, f"host {host}", "one", "two")
    box.ctest(host="hostc").expect(8).expect_tests({}).expect_text(NO_HOSTC)
    expect_one_run_each(box, "no host", "one", "two")


def case_host_of_another_call_not_generated_yet(box):
    warning = "two.cfg:2:1: warning: so so\n"
    two_calls(box, two=f"test hostb nightly second\nwarn {warning}")
    run = box.ctest(host="hostb").expect(0).expect_tests(ONLY_HOSTB)
    equal(run.err, warning, "standard error")
    expect_one_run_each(box, "first ctest", "one", "two")
    shutil.rmtree(box.build_dir + "/kvmtest")
    box.configure().expect(0)
    box.ctest(host="hostc").expect(8).expect_tests({}).expect_text(warning, NO_HOSTC)


def case_host_that_another_call_has_since_its_last_generation(box):
    two_calls(box)
    box.build().expect(0)
    box.write("two.cfg", "test hostc nightly second\n")
    box.ctest(host="hostc").expect(0).expect_tests(ONLY_HOSTB)
    box.write("two.cfg", "test hostd nightly second\n")
    box.ctest(host="hostc").expect(8).expect_tests({}).expect_text("the hosts of 'two': hostd\n")


def case_host_is_not_unknown_while_another_call_is_broken(box):
    broken = "exit 1 error: so broken\n"
    two_calls(box, one=broken)
    run = box.ctest(host="hosta").expect(8)
    run.expect_tests({"own": "pass", "one.generate": "fail", "two.no_host": "skip"})
    if "error: so broken" not in run.output["one.generate"]:
        raise Failure(run.output["one.generate"])
    expect_one_run_each(box, "first call broken", "one", "two")
    two_calls(box, two=broken)
    run = box.ctest(host="hostc").expect(8)
    run.expect_tests({"own": "pass", "one.no_host": "skip", "two.generate": "fail"})
    expect_one_run_each(box, "second call broken", "one", "two")


def case_host_of_another_call_in_a_multi_config_tree(box):
    box.generator = "Ninja Multi-Config"
    two_calls(box)
    box.ctest("-C", "Release", host="hostb").expect(0).expect_tests(ONLY_HOSTB)
    expect_one_run_each(box, "multi-config", "one/Release", "two/Release")
    if box.exists("kvmtest/two/Debug/current.cmake"):
        raise Failure("ctest generated tests for another configuration")
    box.ctest("-C", "Release", host="hostc").expect(8).expect_tests({}).expect_text(NO_HOSTC)


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


def case_unknown_sets_are_not_passed_by_in_silence(box):
    project(box)
    box.ctest("-L", "^nightly$", host="hostname2").expect(0).expect_tests({"g.nightly.migrate": "pass"})
    with open(box.src + "/CMakeLists.txt", encoding="utf-8") as file:
        box.write("CMakeLists.txt", file.read().replace("fake_generate.py", "absent.py"))
    box.configure().expect(0)
    run = box.ctest("-L", "^nightly$").expect(8).expect_tests({"g_NOT_BUILT": "fail"})
    run.expect_no_text("not known yet")
    os.remove(box.build_dir + "/kvmtest/g/current.cmake")
    run = box.ctest("-L", "^nightly$").expect(0).expect_tests({})
    equal(run.err, "kvmtest: the test sets of 'g' are not known yet, so that ctest -L <set> selects "
          "none of its tests, nor g_NOT_BUILT, which tells why\nNo tests were found!!!\n", "stderr")


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
        equal(run.err.splitlines()[0], NOT_GENERATED, "standard error")
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


def rerun(box, *args, **more):
    return box.run(SOURCE_DIR + "/cmake/kvm-rerun", "--test-dir", box.build_dir, *args, **more)


def case_failed_ones_again_by_name(box):
    """After a test was added in front of those that failed: by kvm-rerun, and by the target."""
    old = "variants:\n    - boot:\n        type = boot\n    - reboot:\n        type = reboot\n"
    new = old.replace("variants:\n", "variants:\n    - new:\n        type = new\n")
    box.write("a.cfg", old)
    box.write("no_reboot", '#!/bin/sh\ncase "$*" in *reboot*) exit 1;; esac\nexec "$@"\n', executable=True)
    prefix = "g (1) {a|b}$ c++ & \\\\ "
    box.project(f"""\
kvm_discover_tests(g CONFIG a.cfg TEST_PREFIX "{prefix}"
  LAUNCHER "${{CMAKE_CURRENT_SOURCE_DIR}}/no_reboot")
add_test(NAME before COMMAND /bin/false)
""".replace("$ ", "\\$ "))
    boot, reboot = (f"g (1) {{a|b}}$ c++ & \\ all.{name}" for name in ("boot", "reboot"))
    box.configure().expect(0)
    box.build().expect(0)
    rerun(box).expect(2).expect_text(f"error: no test has run here: there is no {box.build_dir}/Testing/Temporary\n")
    box.ctest().expect(8).expect_tests({boot: "pass", reboot: "fail", "before": "fail"})
    box.write("a.cfg", new)
    ran = rerun(box, "-j2").expect(8)
    ran.expect_text(reboot, "before", "2 tests failed out of 2").expect_no_text("all.new", "all.boot")
    box.write("a.cfg", old)
    box.build("--target", "kvm-rerun").expect_failure().expect_text(
        "2 tests failed out of 2", "kvmtest: not all tests that failed last time have passed (ctest ended with '8')")
    box.write("no_reboot", '#!/bin/sh\nexec "$@"\n', executable=True)
    rerun(box).expect(8).expect_text("1 tests failed out of 2")
    rerun(box, "-R", "x").expect(2).expect_text("kvm-rerun: error: -R is not for here: ")
    box.project("kvm_discover_tests(g CONFIG a.cfg)")
    box.configure().expect(0)
    rerun(box).expect(1).expect_text(
        "kvm-rerun: warning: has failed and is not here any more: before\n"
        "kvm-rerun: error: none of the tests that failed is here any more\nhint: set KVMTEST_HOST ")
    os.remove(box.build_dir + "/Testing/Temporary/LastTestsFailed.log")
    box.ctest().expect(0)
    rerun(box).expect(0).expect_text("kvm-rerun: no test has failed\n")
    box.build("--target", "kvm-rerun").expect(0)
    equal(glob.glob(box.build_dir + "/Testing/Temporary/kvm-rerun*"), [], "what is left")


def case_failed_ones_again_after_a_mended_configuration(box):
    """What failed last stood for all tests of the call."""
    mended = "variants:\n    - boot:\n        type = boot\n"
    box.write("a.cfg", mended)
    box.project("kvm_discover_tests(g CONFIG a.cfg LAUNCHER /bin/true)")
    box.configure().expect(0)
    box.build().expect(0)
    box.write("a.cfg", "variants\n")
    box.ctest().expect(8).expect_tests({"g.generate": "fail"})
    rerun(box).expect(8).expect_text("1 tests failed out of 1")
    box.write("a.cfg", mended)
    rerun(box).expect(1).expect_text(
        "kvm-rerun: error: none of the tests that failed is here any more\n"
        "hint: the tests could not be generated in that run, and now they can: ctest runs them\n")


def case_failed_ones_again_of_many(box):
    """More than a regular expression of ctest's can name."""
    box.write("a.cfg", "type = boot\nvariants:\n" + "".join(f"    - {'a_long_name' * 7}_{i}:\n" for i in range(600)))
    box.project("kvm_discover_tests(g CONFIG a.cfg LAUNCHER /bin/false)")
    box.configure().expect(0)
    box.build().expect(0)
    box.ctest("-j4", "-I", "2").expect(8)
    rerun(box, "-j4").expect(8).expect_text("599 tests failed out of 599")


def case_failed_ones_again_in_a_multi_config_tree(box):
    box.generator = "Ninja Multi-Config"
    box.write("a.cfg", "variants:\n    - boot:\n        type = boot\n    - reboot:\n        type = reboot\n")
    box.project("kvm_discover_tests(g CONFIG a.cfg LAUNCHER /bin/false)")
    box.configure().expect(0)
    box.build("--config", "Release").expect(0)
    box.ctest("-C", "Release", "-R", "reboot").expect(8)
    for words in (["-C", "Release"], ["-CRelease"], ["--build-config", "Release"], ["--build-config=Release"]):
        rerun(box, *words, "-j2").expect(8).expect_text("1 tests failed out of 1", "g.all.reboot")
    box.build("--config", "Release", "--target", "kvm-rerun").expect_failure().expect_text("1 tests failed out of 1")


QUEUE_CFG = """\
    - queue{0}:
        queue = {0}
        env = env{0}
        only t{0}
"""


def case_presets_of_the_example_use_all_queues(box):
    """Eight tests that wait for each other, on a host of eight queues."""
    cfg = "".join(f"    - t{n}:\n        type = t{n}\n" for n in range(8))
    queues = "".join(QUEUE_CFG.format(n) for n in range(8))
    box.write("a.cfg", f"variants:\n{cfg}variants:\n{queues}variants:\n    - hx:\n        hostname = hx\n"
              "variants:\n    - nightly:\n    - weekly:\n")
    box.write("meet.sh", f"""#!/bin/sh
mkdir -p {box.dir}/met
touch {box.dir}/met/$$
for i in $(seq 200); do [ $(ls {box.dir}/met | wc -l) -lt 8 ] || exit 0; sleep 0.1; done
exit 1
""", executable=True)
    box.project('kvm_discover_tests(g CONFIG a.cfg LAUNCHER "${CMAKE_CURRENT_SOURCE_DIR}/meet.sh")')
    shutil.copy(os.path.join(SOURCE_DIR, "examples/existing_project/CMakePresets.json"), box.src)
    box.run(box.settings.cmake, "--preset", "default", "-G", box.generator, cwd=box.src).expect(0)
    for name in ("nightly", "weekly"):
        shutil.rmtree(f"{box.dir}/met", ignore_errors=True)
        box.run(box.settings.ctest, "--preset", name, cwd=box.src, env={"KVMTEST_HOST": "hx"}).expect(0).expect_text(
            "tests passed", "out of 8")
