"""What the arguments of kvm_discover_tests() make of the tests: the real generator, real ctest."""

import glob
import json
import os

from sandbox import Failure, equal

CONFIG = """\
variants:
    - install:
        type = guest_command
    - boot: install
        type = boot
    - reboot: install
        type = reboot
variants:
    - here:
        hostname = localhost
variants:
    - nightly:
    - weekly:
        no reboot
"""


def case_params(box):
    """They win over the file and STRINGs, and nothing in them needs quoting."""
    box.write("a.cfg", "kernel = none\nnote = none\n" + CONFIG)
    value = '"it" isn\'t # a  comment; $x [ = '
    box.project(f"""\
add_custom_target(my_kernel)
set_property(TARGET my_kernel PROPERTY IMAGE "/boot/my kernel")
kvm_discover_tests(g CONFIG a.cfg STRINGS "kernel = other"
  PARAMS "kernel=$<TARGET_PROPERTY:my_kernel,IMAGE>" [==[note={value}]==] "blank=  two  ")
""")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    command = tests["g.nightly.boot"]["command"]
    path, _, offset = command[command.index("--tests") + 1].rpartition("@")
    with open(path, encoding="utf-8") as file:
        params = dict(json.loads(file.readline())["params"])
        file.seek(int(offset))
        params.update(json.loads(file.readline())["params"])
    equal({key: params[key] for key in ("kernel", "note", "blank")},
          {"kernel": "/boot/my kernel", "note": value, "blank": "  two  "}, "params")


def case_depends(box):
    """What the tests need is built before them, and with PRE_TEST by nobody but who asks."""
    box.write("a.cfg", CONFIG)
    text = """\
add_custom_command(OUTPUT kernel COMMAND ${CMAKE_COMMAND} -E touch kernel)
add_custom_target(my_kernel DEPENDS kernel)
"""
    box.project(text + "kvm_discover_tests(g CONFIG a.cfg DEPENDS my_kernel)")
    box.configure().expect(0)
    box.build("--target", "kvmtest-g").expect(0)
    equal(box.exists("kernel"), True, "made the kernel")


def case_discovery_mode(box):
    box.write("a.cfg", CONFIG + "broken broken\n")
    for text, status in [("kvm_discover_tests(g CONFIG a.cfg DISCOVERY_MODE PRE_TEST)", 0),
                         ("set(KVM_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)\n"
                          "kvm_discover_tests(g CONFIG a.cfg)", 0),
                         ("set(KVM_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)\n"
                          "kvm_discover_tests(g CONFIG a.cfg DISCOVERY_MODE POST_BUILD)", 1)]:
        box.project(text)
        box.configure().expect(0)
        built = box.build()
        equal(built.status != 0, status != 0, built.describe())
        equal("g.generate" in box.tests(), True, "a failing test")


def case_suffix(box):
    box.write("a.cfg", CONFIG)
    box.project("kvm_discover_tests(g CONFIG a.cfg TEST_SETS nightly TEST_SUFFIX .q35)")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    equal(sorted(tests), ["g.nightly.boot.q35", "g.nightly.install.q35", "g.nightly.reboot.q35"], "names")
    equal(tests["g.nightly.boot.q35"]["FIXTURES_REQUIRED"], ["g.nightly.install.q35"], "requirements")
    command = tests["g.nightly.boot.q35"]["command"]
    equal(command[command.index("--test") + 1], "g.nightly.boot.q35", "the test's own name")


def case_properties(box):
    """Lists are joined with what the dependencies bring, the rest is as it was written."""
    box.write("a.cfg", CONFIG)
    box.project("""\
add_test(NAME server COMMAND ${CMAKE_COMMAND} -E true)
set_tests_properties(server PROPERTIES FIXTURES_SETUP server)
kvm_discover_tests(g CONFIG a.cfg TEST_SETS nightly PROPERTIES
  ENVIRONMENT "A=1;B=[x] \\"y\\" $z" FIXTURES_REQUIRED server FIXTURES_SETUP guests RUN_SERIAL ON)
add_test(NAME after COMMAND ${CMAKE_COMMAND} -E true)
set_tests_properties(after PROPERTIES FIXTURES_REQUIRED guests)
""")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    test = tests["g.nightly.install"]
    equal(test["FIXTURES_SETUP"], ["g.nightly.install", "guests"], "set-up")
    equal(tests["g.nightly.boot"]["FIXTURES_REQUIRED"], ["g.nightly.install", "server"], "required")
    equal(test["ENVIRONMENT"], ["A=1", 'B=[x] "y" $z'], "environment")
    equal(test["RUN_SERIAL"], True, "RUN_SERIAL")
    # The project's own test has all of ours run before it.
    run = box.ctest("-R", "^after$")
    equal(sorted(run.tests), ["after", "g.nightly.boot", "g.nightly.install", "g.nightly.reboot",
                              "server"], "with what it requires")


def case_launcher_word_for_word(box):
    """A launcher that got other words might run something else, which passes."""
    box.write("a.cfg", CONFIG)
    words = ["a;b", "", "an open [", "]=]", "c\\", '"$x" ${y}', " "]
    box.write("launch", '#!/bin/sh\nprintf "<%s>" "$@"\nprintf "\\n"\n', executable=True)
    quoted = " ".join(f"[==[{word}]==]" for word in words)
    box.project(f"""\
kvm_discover_tests(g CONFIG a.cfg STRINGS "queue = 1" TEST_SETS nightly
  LAUNCHER "${{CMAKE_CURRENT_SOURCE_DIR}}/launch" {quoted})
kvm_discover_tests(sh CONFIG a.cfg TEST_SETS nightly LAUNCHER sh -c [[echo one; exec "$@"]] sh)
""")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    command = tests["g.nightly.boot"]["command"]
    equal(command[:len(words) + 1], [box.src + "/launch", *words], "launcher")
    equal(command[len(words) + 1][-11:], "fake_run.sh", "the runner behind it")
    [queue] = glob.glob(box.build_dir + "/kvmtest/g/gen-*/localhost/queues/*")[:1]
    alone = box.run(box.settings.ctest, "--test-dir", queue, "--show-only=json-v1").expect(0)
    for test in json.loads(alone.out)["tests"]:
        equal(test["command"][:len(words) + 1], [box.src + "/launch", *words], "launcher in a queue's directory")
    run = box.ctest("-R", "boot").expect(0)
    equal("".join(f"<{word}>" for word in words) in run.output["g.nightly.boot"], True, run.output["g.nightly.boot"])
    equal("one\nPASS fake: --tests" in run.output["sh.nightly.boot"], True, run.output["sh.nightly.boot"])


def case_empty_words(box):
    """What generator expressions leave of a word takes nothing that comes behind it for its value."""
    box.write("a.cfg", CONFIG)
    box.project("""\
kvm_discover_tests(g CONFIG a.cfg RUNNER_ARGS $<0:--x> LAUNCHER $<0:sudo> LABELS $<0:x> y TEST_SETS $<0:z> nightly
  PARAMS mem=64 TEST_SUFFIX $<0:x> COSTS $<0:x> STATE_DIR $<0:x>)
""")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    equal(sorted(tests), ["g.nightly.boot", "g.nightly.install", "g.nightly.reboot"], "names")
    test = tests["g.nightly.boot"]
    equal(test["LABELS"], ["host:localhost", "nightly", "y"], "labels")
    equal([word.rpartition("/")[2] for word in test["command"][:2]], ["fake_run.sh", "--tests"], "command")


def case_skipped_by_the_configuration(box):
    """DISABLED, whatever the call's properties say."""
    box.write("a.cfg", "variants:\n    - boot:\n        skip = yes\n    - reboot:\n")
    for value, disabled in (("OFF", ["boot"]), ("ON", ["boot", "reboot"])):
        box.project(f"kvm_discover_tests(g CONFIG a.cfg PROPERTIES DISABLED {value})")
        box.configure().expect(0)
        box.build().expect(0)
        equal([name for name in ("boot", "reboot") if box.tests()["g.all." + name].get("DISABLED")], disabled, value)


def case_a_spec_that_ctest_refuses(box):
    """Would keep ctest from running any test; so the generation tells of it, and the others run."""
    box.write("a.cfg", CONFIG)
    box.write("gpus.json", '{"version":{"major":1,"minor":0},"local":[{"gpus":[{"id":"0"},{"id":"A-0"}]}]}')
    box.project("add_test(NAME own COMMAND /bin/true)\n"
                "kvm_discover_tests(g CONFIG a.cfg RESOURCE_SPEC gpus.json)")
    box.configure().expect(0)
    text = (f"{box.src}/gpus.json: error: local[0].gpus[1].id is \"A-0\", expected a string of 'a' to 'z', '0' to '9' "
            "and '_'\n")
    box.build().expect_failure().expect_text(text)
    run = box.ctest().expect(8).expect_tests({"own": "pass", "g.generate": "fail"})
    equal(text in run.output["g.generate"], True, run.output["g.generate"])


def case_labels_and_names_of_the_call(box):
    """Those that CDash would show otherwise, or refuse."""
    box.write("a.cfg", CONFIG)
    told = ["--label: warning: the label 'a&b' holds '&', and CDash shows only the end of it [-Wodd-label]\n",
            " a test has a name of more than 14 bytes, without what the call puts around it, which CDash cuts off: "
            "'nightly.install' [-Wodd-name]\n"]
    call = f'kvm_discover_tests(g CONFIG a.cfg TEST_SETS nightly LABELS "a&b" TEST_SUFFIX {"." + "x" * 238} CHECK '
    box.project(call + "warn)")
    box.configure().expect(0)
    box.build().expect(0).expect_text(*told)
    box.project(call + "off)")
    box.configure().expect(0)
    box.build().expect(0).expect_no_text("odd-")
    box.project(call + "error)")
    box.configure().expect(0)
    box.build().expect_failure().expect_text(*(text.replace(": warning:", ": error:") for text in told))
    box.project(call + "error CHECK_IGNORE odd-label odd-name)")
    box.configure().expect(0)
    box.build().expect(0).expect_no_text("odd-")


def case_order(box):
    box.write("a.cfg", CONFIG)
    box.project("kvm_discover_tests(plan CONFIG a.cfg TEST_SETS nightly)\n"
                "kvm_discover_tests(free CONFIG a.cfg TEST_SETS nightly ORDER ctest)")
    box.configure().expect(0)
    box.build().expect(0)
    tests = box.tests()
    equal("COST" in tests["plan.nightly.boot"], True, "the plan's order")
    equal("COST" in tests["free.nightly.boot"], False, "ctest's own order")


def case_dependency_mode(box):
    box.write("a.cfg", CONFIG)
    box.project("kvm_discover_tests(f CONFIG a.cfg TEST_SETS nightly)\n"
                "kvm_discover_tests(o CONFIG a.cfg TEST_SETS nightly DEPENDENCY_MODE order)")
    box.configure().expect(0)
    box.build().expect(0)
    equal(sorted(box.ctest("-R", "[.]boot$").tests),
          ["f.nightly.boot", "f.nightly.install", "o.nightly.boot"], "selected tests")
    tests = box.tests()
    equal(tests["o.nightly.boot"]["DEPENDS"], ["o.nightly.install"], "order")
    equal("FIXTURES_REQUIRED" in tests["o.nightly.boot"], False, "fixtures")


def case_source_locations(box):
    """As an IDE reads them."""
    box.write("sets/sets.cfg", "variants:\n    - here:\n        hostname = localhost\n"
              "variants:\n    - nightly:\n")
    box.write("a.cfg", "variants:\n    - one:\n        type = boot\n    - two:\n        type = boot\n"
              "include sets/sets.cfg\n")
    box.project("kvm_discover_tests(g CONFIG a.cfg SOURCE_LOCATIONS)\n"
                "kvm_discover_tests(without CONFIG a.cfg)")
    box.configure().expect(0)
    box.build().expect(0)
    shown = box.run(box.settings.ctest, "--test-dir", box.build_dir, "--show-only=json-v1").expect(0)
    listing = json.loads(shown.out)
    graph, places = listing["backtraceGraph"], {}
    for test in listing["tests"]:
        if "backtrace" in test:
            node = graph["nodes"][test["backtrace"]]
            places[test["name"]] = graph["files"][node["file"]], node.get("line")
    equal(places,
          {f"g.nightly.{name}": (box.src + "/a.cfg", line) for name, line in [("one", 3), ("two", 5)]}, "places")


def case_test_list(box):
    box.write("a.cfg", CONFIG)
    box.write("after.cmake", 'set_tests_properties(${guests} PROPERTIES WORKING_DIRECTORY "/tmp")\n'
              'list(JOIN guests " " text)\nmessage(NOTICE "listed: ${text}")\n')
    box.project("""\
kvm_discover_tests(g CONFIG a.cfg TEST_LIST guests)
set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${CMAKE_CURRENT_SOURCE_DIR}/after.cmake")
""")
    box.configure().expect(0)
    box.build().expect(0)
    equal(box.tests()["g.nightly.boot"]["WORKING_DIRECTORY"], "/tmp", "property set by the list")
    nightly = "g.nightly.install g.nightly.boot g.nightly.reboot"
    box.ctest("-N").expect_text(f"listed: {nightly} g.weekly.install g.weekly.boot\n")
    box.ctest("-N", env={"KVMTEST_SETS": "nightly"}).expect_text(f"listed: {nightly}\n")
    box.project('kvm_discover_tests(g CONFIG a.cfg TEST_LIST guests TEST_SUFFIX ";")')
    box.configure().expect(0)
    box.build().expect_failure().expect_text("--test-suffix: error: ';' cannot be part of a name: it holds ';'")


def case_chosen_sets(box):
    """KVMTEST_SETS: ctest reads nothing of other sets; one that no call has stops it."""
    box.write("a.cfg", CONFIG)
    box.write("b.cfg", "type = boot\nvariants:\n    - here:\n        hostname = localhost\n"
              "variants:\n    - monthly:\n    - nightly:\n")
    box.project("kvm_discover_tests(a CONFIG a.cfg)\nkvm_discover_tests(b CONFIG b.cfg)")
    box.configure().expect(0)
    box.build().expect(0)

    def listed(sets):
        run = box.run(box.settings.ctest, "--test-dir", box.build_dir, "--show-only=json-v1",
                      env={"KVMTEST_SETS": sets}).expect(0)
        return sorted(test["name"] for test in json.loads(run.out)["tests"])

    equal(listed("weekly"), ["a.weekly.boot", "a.weekly.install"], "one set")
    equal(listed("monthly, weekly"), ["a.weekly.boot", "a.weekly.install", "b.monthly"], "two sets")
    equal(listed("monthly;nightly"), ["a.nightly.boot", "a.nightly.install", "a.nightly.reboot",
                                      "b.monthly", "b.nightly"], "sets of both calls")
    equal(len(listed("")), 7, "all")
    found = box.ctest("-N", env={"KVMTEST_SETS": "nighly"}).expect_failure()
    found.expect_text("""\
   KVMTEST_SETS: no test set named 'nighly'
   the test sets of 'a': nightly, weekly
   the test sets of 'b': monthly, nightly
   hint: KVMTEST_SETS=<set>,<set>,... names those that ctest is to load
""")
    os.remove(os.path.join(box.src, "a.cfg"))
    box.ctest("-N", env={"KVMTEST_SETS": "nighly"}).expect(0).expect_text("a.generate")


def case_set_targets(box):
    """A target per set runs its tests on all queues of the host, and fails when one fails."""
    for generator in ("Ninja", "Ninja Multi-Config"):
        box.generator = generator
        box.build_dir = os.path.join(box.dir, generator.replace(" ", "-"))
        box.write("a.cfg", CONFIG)
        box.project("add_test(NAME own COMMAND ${CMAKE_COMMAND} -E false)\n"
                    "kvm_discover_tests(a CONFIG a.cfg TEST_SETS nightly QUEUES 3)\n"
                    "kvm_discover_tests(b CONFIG a.cfg TEST_SETS nightly weekly QUEUES 3)")
        box.configure().expect(0)
        ran = box.build("--target", "kvm-nightly").expect(0)
        ran.expect_text("100% tests passed, 0 tests failed out of 6", "a.nightly.boot", "b.nightly.boot")
        ran.expect_no_text("weekly.boot", "own")
        box.build("--target", "kvm-weekly").expect(0).expect_text("out of 2", "b.weekly.boot")
        box.write("a.cfg", "wrong wrong\n")
        box.build("--target", "kvm-nightly").expect_failure().expect_text("a.cfg:1:")


def case_set_targets_use_all_queues(box):
    """Those of the hosts that all calls choose; cores, where tests of the set here take processors."""
    box.write("ctest.sh", '#!/bin/sh\necho "ctest $*"\n', executable=True)
    box.write("a.cfg", CONFIG.replace("localhost", "far"))
    box.write("b.cfg", CONFIG)
    calls = """\
set(CMAKE_CTEST_COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/ctest.sh")
kvm_discover_tests(a CONFIG a.cfg TEST_SETS nightly PROCESSORS)
kvm_discover_tests(c CONFIG b.cfg TEST_SETS weekly PROCESSORS)
kvm_discover_tests(b CONFIG b.cfg TEST_SETS nightly QUEUES 5"""
    for words, level in ((")", 5), (" PROCESSORS)", os.cpu_count())):
        box.project(calls + words)
        box.configure().expect(0)
        box.build().expect(0)
        box.build("--target", "kvm-nightly").expect(0).expect_text(f"-L ^nightly$ -j{level} ")


def case_empty_param(box):
    """A generator expression may leave nothing of it."""
    box.write("a.cfg", CONFIG)
    box.project('kvm_discover_tests(g CONFIG a.cfg PARAMS "$<0:mem=8>" smp=3)')
    box.configure().expect(0)
    box.build().expect(0)
    box.ctest().expect(0)


def case_unknown_target(box):
    box.write("a.cfg", CONFIG)
    box.project("kvm_discover_tests(a CONFIG a.cfg DEPENDS nothing)")
    found = box.configure().expect_failure()
    if "nothing" not in found.err:
        raise Failure(found.describe())


def case_generator_refuses(box):
    """What CMake's own checks cannot see, since values may be generator expressions."""
    box.write("a.cfg", CONFIG)
    for option, reason in [
            ("--set-param=mem", "'mem' is not KEY=VALUE"),
            ("--set-param==1", "'=1' has no key before '='"),
            ("--set-param=a b=1", "the key 'a b' may hold letters, digits, '_', '-' and '.'"),
            ("--set-param=a=1\nb=2", "the value of 'a' holds a line end, which no value can"),
            ("--property=COST=1", "the property COST is kvmtest's own: the order of the tests is --order's (ORDER)"),
            ("--property=A-B=1", "'A-B' is no name of a property: letters, digits and '_'"),
            ("--order=random", "'random' is not one of plan, ctest"),
            ("--dependency-mode=none", "'none' is not one of fixtures, order")]:
        box.run(box.settings.generate, "ctest", "--name=g", f"--output-dir={box.dir}/out", option,
                os.path.join(box.src, "a.cfg")).expect(2).expect_text(reason)
    box.run(box.settings.generate, "ctest", "--name=g", f"--output-dir={box.dir}/out", "--processors",
            "--property=PROCESSORS=2", os.path.join(box.src, "a.cfg")).expect(2).expect_text(
                "PROCESSORS: the tests' are those of --processors")
