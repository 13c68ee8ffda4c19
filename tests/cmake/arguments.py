"""kvm_discover_tests(): every argument and every error text."""

import glob
import json
import os
import re
import shutil

from sandbox import Failure, equal

USAGE = """\
usage:
  kvm_discover_tests(<name> CONFIG <file> [STRINGS <text>...] [PARAMS <key>=<value>...]
    [DEPENDS <target>...] [TEST_SETS <set>...] [QUEUES <n>] [DIALECT auto|2009|modern]
    [TEST_PREFIX <prefix>] [TEST_SUFFIX <suffix>] [LABELS <label>...]
    [PROPERTIES <name> <value>...] [TIMEOUT <seconds>] [ORDER plan|ctest]
    [DEPENDENCY_MODE fixtures|order] [CHECK error|warn|off] [CHECK_IGNORE <code>...]
    [COSTS <file>] [PROCESSORS] [SOURCE_LOCATIONS] [TEST_LIST <variable>]
    [DISCOVERY_MODE POST_BUILD|PRE_TEST] [NO_HOST error|skip|ignore] [STATE_DIR <directory>]
    [RESOURCE_SPEC <file>] [RUNNER_ARGS <argument>...] [LAUNCHER <command>...])
"""


def error_text(result):
    """The text of a CMake error, without the place and the call stack around it."""
    message = result.expect(1).err.split("(message):\n", 1)[1].split("Call Stack", 1)[0]
    # CMake indents by two, and our lines begin with a space so that it does not wrap them.
    return "".join(line[3:] + "\n" for line in message.splitlines() if line.strip())


def errors(box, text):
    box.project(text, fake_generator=True)
    return error_text(box.configure())


def case_wrong_arguments(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    for arguments, reason in [
            ("g", "CONFIG is missing: which configuration file describes the tests?"),
            ("g CONFIG", "CONFIG has no value"),
            ("g CONFIG a.cfg QUEUES", "QUEUES has no value"),
            ("g nightly CONFIG a.cfg", "unknown argument 'nightly'"),
            ("g CONFIG a.cfg b.cfg", "unknown argument 'b.cfg'"),
            ("g CONFIG a.cfg SHUFFLE", "unknown argument 'SHUFFLE'"),
            ("g CONFIG b.cfg", f"there is no file '{box.src}/b.cfg' (CONFIG)"),
            ("g CONFIG a.cfg RESOURCE_SPEC r.json",
             f"there is no file '{box.src}/r.json' (RESOURCE_SPEC)"),
            ("g CONFIG a.cfg COSTS c.txt", f"there is no file '{box.src}/c.txt' (COSTS)"),
            ("g CONFIG a.cfg COSTS", "COSTS has no value"),
            ("g CONFIG a.cfg PROCESSORS 4", "unknown argument '4'"),
            ("g CONFIG a.cfg COSTS PROCESSORS", "COSTS has no value"),
            ("g CONFIG a.cfg CHECK", "CHECK has no value"),
            ("g CONFIG a.cfg CHECK error CHECK off", "CHECK is given twice"),
            ("g CONFIG a.cfg TIMEOUT 1 TIMEOUT 2", "TIMEOUT is given twice"),
            ("g CONFIG a.cfg CONFIG a.cfg", "CONFIG is given twice"),
            ('g CONFIG a.cfg CHECK "" CHECK ""', "CHECK is given twice"),
            ("g CONFIG a.cfg CHECK_IGNORE idle-queue", "CHECK_IGNORE goes with CHECK error only"),
            ("g CONFIG a.cfg CHECK error CHECK_IGNORE idle-queue overlap",
             "CHECK_IGNORE: 'overlap' is an error that leaves no safe plan; it cannot be ignored"),
            ("g CONFIG a.cfg CHECK strict", "CHECK is 'strict', not one of error, warn, off"),
            ("g CONFIG a.cfg DIALECT 2010", "DIALECT is '2010', not one of auto, 2009, modern"),
            ("g CONFIG a.cfg NO_HOST fail", "NO_HOST is 'fail', not one of error, skip, ignore"),
            ("g CONFIG a.cfg ORDER random", "ORDER is 'random', not one of plan, ctest"),
            ("g CONFIG a.cfg DEPENDENCY_MODE off",
             "DEPENDENCY_MODE is 'off', not one of fixtures, order"),
            ("g CONFIG a.cfg DISCOVERY_MODE BUILD",
             "DISCOVERY_MODE is 'BUILD', not one of POST_BUILD, PRE_TEST"),
            ('g CONFIG a.cfg TEST_LIST "a b"', "TEST_LIST is 'a b', not the name of a variable"),
            ("g CONFIG a.cfg PARAMS mem", "PARAMS: 'mem' is not <key>=<value>"),
            ('g CONFIG a.cfg PARAMS "a b=1"', "PARAMS: 'a b=1' is not <key>=<value>"),
            ("g CONFIG a.cfg PROPERTIES", "PROPERTIES has no value; words of the call such as DEPENDS, LABELS, "
             "PROCESSORS and TIMEOUT end it"),
            ("g CONFIG a.cfg PROPERTIES DEPENDS own", "PROPERTIES has no value; words of the call such as DEPENDS, "
             "LABELS, PROCESSORS and TIMEOUT end it"),
            ("g CONFIG a.cfg PROPERTIES RUN_SERIAL", "PROPERTIES: RUN_SERIAL has no value"),
            ("g CONFIG a.cfg PROPERTIES RUN_SERIAL QUEUES 2", "PROPERTIES: RUN_SERIAL has no value"),
            ("g CONFIG a.cfg PROPERTIES RUN-SERIAL ON",
             "PROPERTIES: 'RUN-SERIAL' is no name of a property"),
            ("g CONFIG a.cfg PROPERTIES COST 3", "PROPERTIES: COST is kvmtest's own"),
            ("g CONFIG a.cfg QUEUES 0", "QUEUES is '0', not a whole number above 0"),
            ("g CONFIG a.cfg QUEUES 300", "QUEUES is '300'; the most is 256"),
            ("g CONFIG a.cfg TIMEOUT 99999999999", "TIMEOUT is '99999999999'; the most is 31622400"),
            ("g CONFIG a.cfg TIMEOUT 5m", "TIMEOUT is '5m', not a whole number above 0"),
            ("state CONFIG a.cfg", "the name 'state' is reserved"),
            ('"a b" CONFIG a.cfg', "the name 'a b' may hold letters, digits, '.', '_', '+' and '-', "
             "a letter or digit first"),
            ("../g CONFIG a.cfg", "the name '../g' may hold letters, digits, '.', '_', '+' and '-', "
             "a letter or digit first")]:
        found = errors(box, f"kvm_discover_tests({arguments})")
        name = "a b" if arguments[0] == '"' else arguments.split()[0]
        equal(found, f"kvm_discover_tests({name}): {reason}\n{USAGE}", arguments)


def case_name_is_taken(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(g CONFIG ../a.cfg)")
    found = errors(box, "kvm_discover_tests(g CONFIG a.cfg)\nadd_subdirectory(sub)")
    equal(found, "kvm_discover_tests(g): the name 'g' is taken by another call, in "
          f"{box.src}/CMakeLists.txt; each call of a build tree needs its own\n{USAGE}",
          "a second call of one name")


def case_name_is_a_targets(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    found = errors(box, "add_custom_target(kvmtest-run)\nkvm_discover_tests(run CONFIG a.cfg)")
    equal(found, "kvm_discover_tests(run): the name 'run' is taken: there is a target kvmtest-run already\n" + USAGE,
          "a target of that name")


def case_programs_unknown(box):
    box.project("")
    box.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(sandbox LANGUAGES NONE)
include("{box.settings.source}/cmake/KvmTest.cmake")
kvm_discover_tests(g CONFIG a.cfg)
""")
    equal(error_text(box.configure()),
          "kvm_discover_tests(g): the programs are unknown here; call find_package(KvmTest) or "
          "add_subdirectory(<kvmtest's sources>) before it\n", "error")


def case_warns_without_enable_testing(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project("kvm_discover_tests(g CONFIG a.cfg)", fake_generator=True, testing=False)
    warning = " ".join(box.configure().expect(0).err.split())
    expected = ("kvm_discover_tests: ctest will find no tests, since the top CMakeLists.txt calls "
                "neither enable_testing() nor include(CTest)")
    if expected not in warning:
        raise Failure(warning)
    box.configure("-DBUILD_TESTING=OFF").expect(0).expect_no_text("will find no tests")


def case_sets_without_a_target(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project("add_custom_target(kvm-mine)\n"
                'kvm_discover_tests(g CONFIG a.cfg TEST_SETS nightly report rerun mine "a b" "$<1:x>")', fake_generator=True)
    told = " ".join(box.configure().expect(0).err.split())
    for name, reason in [("report", "there is a target kvm-report already"),
                         ("rerun", "there is a target kvm-rerun already"),
                         ("mine", "there is a target kvm-mine already"),
                         ("a b", "'kvm-a b' cannot be the name of one")]:
        text = (f"kvm_discover_tests: the test set '{name}' has no target that runs it, since {reason}; "
                f"ctest -L '^{name}$' does")
        equal(text in told, True, f"{text}\n{told}")
    equal(told.count("has no target"), 4, told)


def generator_arguments(box, name="g"):
    box.configure().expect(0)
    box.build().expect(0)
    return json.loads(box.read(f"kvmtest/{name}/arguments.json"))


def case_defaults(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project("kvm_discover_tests(g CONFIG a.cfg)", fake_generator=True)
    root = box.build_dir + "/kvmtest"
    equal(generator_arguments(box), [
        "ctest", "--if-changed", "--name=g", f"--output-dir={root}/g",
        f"--runner={box.settings.source}/tests/cmake/fake_run.sh", f"--state-dir={root}/state",
        "--", f"{box.src}/a.cfg"], "arguments")
    equal(box.read("kvmtest/calls.txt"), "g\n", "calls.txt")


def case_empty_values(box):
    """As if they were not given: nothing takes the next argument for its value."""
    box.write("a.cfg", "test localhost nightly boot\n")
    empty = " ".join(f'{keyword} ""' for keyword in [
        "TEST_SETS", "QUEUES", "DIALECT", "LABELS", "TIMEOUT", "CHECK", "CHECK_IGNORE", "COSTS",
        "NO_HOST", "STATE_DIR", "RESOURCE_SPEC", "PARAMS", "DEPENDS", "TEST_SUFFIX", "ORDER",
        "DEPENDENCY_MODE", "TEST_LIST", "DISCOVERY_MODE", "RUNNER_ARGS", "LAUNCHER"])
    box.project(f"kvm_discover_tests(g CONFIG a.cfg {empty})", fake_generator=True)
    root = box.build_dir + "/kvmtest"
    equal(generator_arguments(box), [
        "ctest", "--if-changed", "--name=g", f"--output-dir={root}/g",
        f"--runner={box.settings.source}/tests/cmake/fake_run.sh", f"--state-dir={root}/state",
        "--", f"{box.src}/a.cfg"], "arguments")


def case_no_error_can_be_ignored(box):
    """All that the generator refuses, as its reference lists them."""
    with open(os.path.join(box.settings.source, "generator/README.md"), encoding="utf-8") as file:
        codes = [code for codes in re.findall(r"^\| (`.*`) \| error \|", file.read(), re.MULTILINE)
                 for code in re.findall("`(.*?)`", codes)]
    box.write("a.cfg", "type = boot\n")
    refused = []
    for code in codes:
        run = box.run(box.settings.generate, "check", os.path.join(box.src, "a.cfg"), "--ignore", code)
        if run.status == 2:
            refused.append(code)
            found = errors(box, f"kvm_discover_tests(g CONFIG a.cfg CHECK error CHECK_IGNORE {code})")
            equal(found.split("\n")[0], f"kvm_discover_tests(g): CHECK_IGNORE: '{code}' is an error "
                  "that leaves no safe plan; it cannot be ignored", code)
    equal(len(refused) > 15, True, f"refused by the generator: {refused} of {codes}")


def case_every_argument(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.write("gpu.json", '{"version":{"major":1,"minor":0},"local":[{}]}')
    box.write("times.txt", "30 nightly.boot\n")
    box.project("""\
add_custom_target(kernel)
kvm_discover_tests(g-1.x
  CONFIG a.cfg
  STRINGS "only nightly" "mem = 512"
  PARAMS smp=2 "x=a;b = c"
  DEPENDS kernel
  TEST_SETS nightly weekly
  QUEUES 3
  DIALECT 2009
  TEST_PREFIX kvm:
  TEST_SUFFIX .tcg
  LABELS one two
  PROPERTIES ENVIRONMENT "A=1;B=2" REQUIRED_FILES ""
  TIMEOUT 900
  ORDER ctest
  DEPENDENCY_MODE order
  CHECK error
  CHECK_IGNORE idle-queue idle-host
  COSTS times.txt
  PROCESSORS
  SOURCE_LOCATIONS
  TEST_LIST names
  DISCOVERY_MODE POST_BUILD
  NO_HOST error
  STATE_DIR my-state
  RESOURCE_SPEC gpu.json
  RUNNER_ARGS --accel tcg
  LAUNCHER env A=1)
""", fake_generator=True)
    root = box.build_dir + "/kvmtest"
    equal(generator_arguments(box, "g-1.x"), [
        "ctest", "--if-changed", "--name=g-1.x", f"--output-dir={root}/g-1.x",
        f"--runner={box.settings.source}/tests/cmake/fake_run.sh", "--set-param=smp=2",
        "--set-param=x=a;b = c", "--test-set=nightly", "--test-set=weekly", "--queues=3",
        "--dialect=2009", "--test-prefix=kvm:", "--test-suffix=.tcg", "--label=one", "--label=two",
        "--property=ENVIRONMENT=A=1;B=2", "--property=REQUIRED_FILES=", "--timeout=900",
        "--order=ctest", "--dependency-mode=order", "--check=error", "--ignore=idle-queue",
        "--ignore=idle-host", "--runner-arg=--accel", "--runner-arg=tcg", "--launcher=env", "--launcher=A=1",
        "--processors", "--source-locations", "--test-lists",
        f"--costs={box.src}/times.txt", f"--merge-spec={box.src}/gpu.json",
        f"--state-dir={box.build_dir}/my-state", "--",
        f"{box.src}/a.cfg", "only nightly", "mem = 512"], "arguments")
    equal(box.tests()["g-1.x.nightly.boot"]["command"], ["/usr/bin/env", "A=1", "/bin/echo", "localhost"],
          "command with a launcher")
    equal(json.loads(box.read("kvmtest/g-1.x/arguments.json"))[1:3],
          ["--if-changed", "--hold-for-parent"], "first arguments when ctest calls")


def case_processors(box):
    """The real generator: the CPUs of tests are properties of theirs only where the call wants it."""
    box.write("a.cfg", """\
type = boot
variants:
    - one:
    - four:
        smp = 4
    - pair:
        vms = "vm1 vm2"
        smp_vm2 = 2
    - said:
        smp = 4
        used_cpus = 2
""")
    box.project("kvm_discover_tests(counted CONFIG a.cfg STRINGS \"mem = 64\" PROCESSORS QUEUES 2)\n"
                "kvm_discover_tests(plain CONFIG a.cfg QUEUES 2)")
    box.configure().expect(0)
    box.build().expect(0)
    found = {name: test.get("PROCESSORS") for name, test in box.tests().items()}
    equal(found, {"counted.all.one": None, "counted.all.four": 4, "counted.all.pair": 3,
                  "counted.all.said": 2, "plain.all.one": None, "plain.all.four": None,
                  "plain.all.pair": None, "plain.all.said": None}, "PROCESSORS")


def case_texts_arrive_as_written(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    texts = ["only a;b", "unpaired [", "a ]==] b", "ends in ]==", "\nvariants:\n    - x:\n",
             'quotes " and \\ and ${CMAKE_COMMAND} and @CMAKE_COMMAND@ and $ENV{PATH}', "- dash",
             "tab\there", "ünïcode", "]=]", "#[[ no comment ]]"]
    quoted = " ".join("[======[" + ("\n" if t.startswith("\n") else "") + t + "]======]"
                      for t in texts)
    box.project(f"kvm_discover_tests(g CONFIG a.cfg STRINGS {quoted} TEST_PREFIX \"\")",
                fake_generator=True)
    arguments = generator_arguments(box)
    equal(arguments[arguments.index("--") + 2:], texts, "STRINGS")
    if "--no-test-prefix" not in arguments:
        raise Failure(f"the empty TEST_PREFIX got lost: {arguments}")


def case_generator_expressions(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project("""\
add_custom_target(kernel)
set_property(TARGET kernel PROPERTY IMAGE /boot/kernel)
kvm_discover_tests(g
  CONFIG $<1:${CMAKE_CURRENT_SOURCE_DIR}/a.cfg>
  STRINGS "kernel = $<TARGET_PROPERTY:kernel,IMAGE>")
""", fake_generator=True)
    arguments = generator_arguments(box)
    equal(arguments[arguments.index("--") + 1:], [f"{box.src}/a.cfg", "kernel = /boot/kernel"],
          "configuration and strings")


def case_spec_of_the_project_is_the_default(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.write("gpu.json", '{"version":{"major":1,"minor":0},"local":[{}]}')
    box.project('set(CTEST_RESOURCE_SPEC_FILE "${CMAKE_CURRENT_SOURCE_DIR}/gpu.json")\n'
                "kvm_discover_tests(g CONFIG a.cfg)", fake_generator=True)
    if f"--merge-spec={box.src}/gpu.json" not in generator_arguments(box):
        raise Failure("CTEST_RESOURCE_SPEC_FILE is not merged")


def case_calls_are_listed(box):
    box.write("a.cfg", "test localhost nightly boot\n")
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(second CONFIG ../a.cfg)")
    box.project("add_subdirectory(sub)\nkvm_discover_tests(first CONFIG a.cfg)",
                fake_generator=True)
    box.configure().expect(0)
    equal(box.read("kvmtest/calls.txt"), "second\nfirst\n", "calls.txt")
    box.project("kvm_discover_tests(first CONFIG a.cfg)", fake_generator=True)
    box.configure().expect(0)
    equal(box.read("kvmtest/calls.txt"), "first\n", "calls.txt when a call is gone")


def module_variables(box):
    """Names of variables of the modules' own, those that are put together of a keyword too."""
    names = set()
    for path in glob.glob(os.path.join(box.settings.source, "cmake/KvmTest*.cmake")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = set(re.findall(r"\$\{([a-z_][A-Za-z0-9_]*)\}", text))
        found.update(re.findall(r"\b(?:set|list\([A-Z]+|DEFINED)[ (]([a-z_][A-Za-z0-9_]*)", text))
        prefixes = {"arg_"} | set(re.findall(r"([a-z_]+_)\$\{[a-z]+\}", text))
        keywords = set(re.findall(r"\b[A-Z][A-Z_]+\b", text))
        names.update(found, (prefix + word for prefix in prefixes for word in keywords | found))
    return sorted(names)


def written(box):
    """What cmake has written for the build, ctest and the installation."""
    texts = {}
    for path in [box.build_dir + "/build.ninja",
                 *glob.glob(box.build_dir + "/kvmtest/**", recursive=True),
                 *glob.glob(box.build_dir + "/*.cmake")]:
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                texts[os.path.relpath(path, box.build_dir)] = file.read()
    return texts


def case_variables_of_the_project(box):
    """None is taken for a word of the calls."""
    box.write("a.cfg", "test localhost nightly boot\n")
    box.write("kernel", "")
    calls = """
kvm_discover_tests(g CONFIG a.cfg TEST_SETS nightly)
kvm_install_tests(g DESTINATION tests)
kvm_add_guest_image(guest KERNEL kernel INITRD kernel)
"""
    box.project(calls, fake_generator=True)
    box.configure().expect(0)
    expected = written(box)
    shutil.rmtree(box.build_dir)
    names = module_variables(box)
    equal({"option_CONFIG", "words_STRINGS", "arg_LABELS", "call_options", "property"} - set(names), set(), "names")
    leaks = "".join(f"set({name} leaked)\n" for name in names)
    box.project(leaks + calls, fake_generator=True)
    box.configure().expect(0)
    found = written(box)
    equal(sorted(found), sorted(expected), "files")
    for path, text in found.items():
        equal(text, expected[path], path)
