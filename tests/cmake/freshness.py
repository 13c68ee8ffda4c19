"""With the real generator: an edited configuration counts on the next ctest or build."""

import glob
import json
import os
import shutil
import re
import subprocess
import time

from sandbox import Failure, equal

TESTS_CFG = """\
variants:
    - boot:
        type = boot
    - reboot:
        type = reboot
    - install:
        type = install
"""

# As in the proposal: queues, hosts, then the test sets.
HOSTS_CFG = """\
include tests.cfg

base_mac_r0 = 52:54:00:10:00:00
base_ip_r0 = 10.20.0.0
range_size_r0 = 256
base_mac_r1 = 52:54:00:10:01:00
base_ip_r1 = 10.20.1.0
range_size_r1 = 256

variants:
    - @queue1:
        queue = 1
        env = env1
    - @queue2:
        queue = 2
        env = env2

variants:
    - @hostname1:
        hostname = hostname1
        queue1:
            mac_ranges = r0
        queue2:
            mac_ranges = r1

variants:
    - @nightly:
        only boot reboot
        queue1:
            only boot
        queue2:
            only reboot
    - @weekly:
        only queue1
        only install
"""


def project(box, text="kvm_discover_tests(g CONFIG hosts.cfg)"):
    box.write("tests.cfg", TESTS_CFG)
    box.write("hosts.cfg", HOSTS_CFG)
    box.project(f"add_test(NAME own COMMAND /bin/true)\n{text}")
    box.configure().expect(0)


NIGHTLY = {"g.nightly.boot": "pass", "g.nightly.reboot": "pass"}
ALL = {"own": "pass", "g.weekly.install": "pass", **NIGHTLY}


def case_nothing_changed_writes_nothing(box):
    project(box)
    box.build().expect(0)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    before = stamps(box)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    box.build().expect(0)
    box.configure().expect(0)
    equal(stamps(box), before, "time stamps")


def stamps(box):
    """Time stamps of the generations, without the marks of who uses them."""
    root = os.path.join(box.build_dir, "kvmtest")
    found = {}
    for place, _, names in os.walk(root):
        for name in names:
            if name in ("CTestTestfile.cmake", "tests.jsonl", "resources.cmake", "resources.json", "call.cmake",
                        "current.cmake", "calls.txt"):
                path = os.path.join(place, name)
                found[os.path.relpath(path, root)] = os.stat(path).st_mtime_ns
    return found


def files_of(box, host):
    """Inodes and time stamps of the host's files in the generation that counts, by their paths in it."""
    generation = re.search(r"KVMTEST_GENERATION \[=*\[(.*?)\]", box.read("kvmtest/g/current.cmake"))[1]
    paths = glob.glob(f"{generation}/{host}/**", recursive=True)
    stats = {os.path.relpath(path, generation): os.stat(path) for path in paths if os.path.isfile(path)}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


HOST = """\
    - @hostname{0}:
        hostname = hostname{0}
        include host{0}.cfg
"""
# Each host has a file of its own, and a host more may be there.
MANY_HOSTS = """\
include tests.cfg
variants:
    - @queue1:
        queue = 1
        env = env1
    - @queue2:
        queue = 2
        env = env2
variants:
{hosts}variants:
    - @nightly:
        queue1:
            only boot halt
        queue2:
            only reboot
    - @weekly:
        only queue1
        only install
"""


def case_files_of_other_hosts_stay(box):
    """An edit writes what changes by it: of a host that it does not touch, inodes and time stamps stay."""
    def hosts(*numbers):
        box.write("hosts.cfg", MANY_HOSTS.format(hosts="".join(map(HOST.format, numbers))))

    def listed(host):
        return sorted(box.tests(host=host))

    project(box)
    for number in range(3):
        box.write(f"host{number}.cfg", "mem = 128\n" + ("no halt\n" if number < 2 else ""))
    hosts(1, 2)
    box.build().expect(0)
    before = {host: files_of(box, host) for host in ("hostname1", "hostname2")}
    names = {os.path.basename(path) for path in before["hostname1"]}
    equal(names, {"CTestTestfile.cmake", "tests.jsonl"}, "files")
    # A test more, of an included file.
    box.write("tests.cfg", TESTS_CFG + "    - halt:\n        type = halt\n")
    equal(listed("hostname2"), ["g.nightly.boot", "g.nightly.halt", "g.nightly.reboot", "g.weekly.install",
                                "own"], "tests")
    equal(files_of(box, "hostname1"), before["hostname1"], "hostname1, when hostname2 has a test more")
    changed = files_of(box, "hostname2")
    for path, stat in changed.items():
        is_index = not path.endswith(("jsonl", "/1/CTestTestfile.cmake", "/2/CTestTestfile.cmake"))
        if is_index or path.endswith("hostname2/sets/nightly/1/CTestTestfile.cmake"):
            equal(stat == before["hostname2"][path], is_index, path)
    # Another value, in the build.
    box.write("host2.cfg", "mem = 256\n")
    box.build().expect(0)
    equal(files_of(box, "hostname1"), before["hostname1"], "hostname1, when a param of hostname2 changes")
    for path, stat in files_of(box, "hostname2").items():
        equal(stat == changed[path], not path.endswith(".jsonl"), path)
    before["hostname2"] = files_of(box, "hostname2")
    # A host more, before the others.
    hosts(0, 1, 2)
    equal(listed("hostname0"), listed("hostname1"), "tests")
    for host, files in before.items():
        equal(files_of(box, host), files, f"{host}, when there is a host more")
    # What could not be made changes nothing, and what is made then only what it must.
    box.write("host2.cfg", "mem = 256\nonly\n")
    box.build().expect_failure()
    box.ctest("-N", host="hostname1").expect(0)
    for host, files in before.items():
        equal(files_of(box, host), files, f"{host}, when the configuration is broken")
    box.write("host2.cfg", "mem = 512\n")
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    equal(files_of(box, "hostname1"), before["hostname1"], "hostname1, when the configuration is mended")
    # Each of its queues by itself, at the path that it has now.
    queue = glob.glob(f"{box.build_dir}/kvmtest/g/gen-*/hostname1/queues/2")[0]
    run = box.run(box.settings.ctest, "--test-dir", queue).expect(0)
    run.expect_text("g.nightly.reboot", "100% tests passed, 0 tests failed out of 1")


def case_edited_include_counts_without_a_build(box):
    project(box)
    box.build().expect(0)
    box.ctest("-L", "^nightly$", host="hostname1").expect(0).expect_tests(NIGHTLY)
    box.write("tests.cfg", TESTS_CFG.replace("- reboot:", "- restart:"))
    box.write("hosts.cfg", HOSTS_CFG.replace("reboot", "restart"))
    box.ctest("-L", "^nightly$", host="hostname1").expect(0).expect_tests(
        {"g.nightly.boot": "pass", "g.nightly.restart": "pass"})


def case_edit_of_equal_size_counts_at_once(box):
    project(box)
    box.ctest("-N", host="hostname1").expect(0)
    for edited, former in (("halt", "boot"), ("pass", "halt")):
        box.write("tests.cfg", TESTS_CFG.replace("type = boot", f"type = {edited}"))
        box.ctest("-N", host="hostname1").expect(0)
        text = descriptions(box)
        equal((f'"type":"{edited}"' in text, f'"type":"{former}"' in text), (True, False), edited)


TWO_CALLS = """\
kvm_discover_tests(a CONFIG a.cfg)
kvm_discover_tests(b CONFIG b.cfg)
"""


def two_calls_of_a_host(box, a_memory, b_memory, text=TWO_CALLS):
    """Each call has a test and a queue of its own on one host."""
    for name, queue, memory in (("a", 1, a_memory), ("b", 2, b_memory)):
        box.write(f"{name}.cfg", f"include host.cfg\nqueue = {queue}\nenv = env{queue}\n{memory}"
                  "variants:\n    - boot:\n        type = boot\n")
    box.project(text)
    box.configure().expect(0)


def case_calls_that_differ_in_a_total_are_refused(box):
    box.write("host.cfg", "hostname = hostname1\nmem = 256\n")
    two_calls_of_a_host(box, "total_mem = 1G\n", "total_mem = 512\n")
    box.build("--target", "kvmtest-a").expect(0)
    expected = (f"{box.src}/b.cfg: error: total_mem of host 'hostname1' is 512 in 'b' and 1024 in 'a': "
                "expected the same in all calls of a build tree, since their tests share the host\n"
                "hint: set total_mem in a file that the configurations of both include\n")
    box.build().expect_failure().expect_text(expected)
    run = box.ctest(host="hostname1")
    equal(run.tests, {"a.all.boot": "pass", "b.generate": "fail"}, "tests")
    equal(run.output["b.generate"], "FAIL generate: the configuration has errors\n" + expected, "output")
    two_calls_of_a_host(box, "total_mem = 1G\n", "total_mem = 1024\n")
    box.ctest(host="hostname1").expect(0).expect_tests({"a.all.boot": "pass", "b.all.boot": "pass"})


def total(box):
    """What ctest is told that the host has for all calls."""
    return json.loads(box.read("kvmtest/resources.json"))["local"][0]["kvmm__hostname1"]


def case_a_total_changes_for_all_calls_at_once(box):
    """None is held up by what the others were before the same edit."""
    both = {"a.all.boot": "pass", "b.all.boot": "pass"}
    box.write("host.cfg", "hostname = hostname1\nmem = 256\ntotal_mem = 1G\n")
    two_calls_of_a_host(box, "", "")
    box.ctest(host="hostname1").expect(0).expect_tests(both)
    equal(total(box), [{"id": "0", "slots": 1024}], "total")
    box.write("host.cfg", "hostname = hostname1\nmem = 256\ntotal_mem = 2G\n")
    box.ctest(host="hostname1").expect(0).expect_tests(both)
    equal(total(box), [{"id": "0", "slots": 2048}], "total")


def case_a_total_changes_by_arguments(box):
    """As above, but the edit is one of CMakeLists.txt; in a build one call after the other is made."""
    box.write("host.cfg", "hostname = hostname1\nmem = 256\n")
    for memory in (1024, 2048, 512):
        text = TWO_CALLS.replace(".cfg)", f'.cfg STRINGS "total_mem = {memory}")')
        two_calls_of_a_host(box, "", "", text)
        box.build("--", "-j1").expect(0)
        box.ctest(host="hostname1").expect(0).expect_tests({"a.all.boot": "pass", "b.all.boot": "pass"})
        equal(total(box), [{"id": "0", "slots": memory}], "total")


def descriptions(box):
    """The test descriptions of the generation that counts."""
    generation = re.search(r"KVMTEST_GENERATION \[=*\[(.*?)\]", box.read("kvmtest/g/current.cmake"))
    return box.read(f"{generation[1]}/hostname1/tests.jsonl")


def case_edited_include_counts_in_the_build(box):
    project(box)
    box.build().expect(0)
    box.write("tests.cfg", TESTS_CFG.replace("type = boot", "type = halt"))
    box.build().expect(0)
    if '"type":"halt"' not in descriptions(box):
        raise Failure("the build did not make the tests anew")


def case_absent_include_appears(box):
    project(box)
    box.write("hosts.cfg", "include extra.cfg\n" + HOSTS_CFG)
    box.ctest("-R", "^own$", host="hostname1").expect(0)
    box.write("extra.cfg", "test_timeout = 77\n")
    tests = box.tests(host="hostname1")
    equal(tests.get("g.nightly.boot", {}).get("TIMEOUT"), 77.0 + 60, "timeout")


BROKEN = "variants:\n    - boot\n        type = boot\n"


def diagnostics(box):
    result = box.run(box.settings.generate, "dicts", box.src + "/hosts.cfg").expect(1)
    return result.err


def case_broken_configuration(box):
    project(box)
    box.build().expect(0)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    box.write("tests.cfg", BROKEN)
    errors = diagnostics(box)
    if f"{box.src}/tests.cfg:2:" not in errors or ": error: " not in errors or "^" not in errors:
        raise Failure(f"no place or caret in:\n{errors}")
    build = box.build().expect_failure()
    build.expect_text(errors, "kvmtest: the tests of 'g' were not generated "
                      "(kvmtest-generate ended with '1')")
    run = box.ctest(host="hostname1").expect(8)
    run.expect_tests({"own": "pass", "g.generate": "fail"})
    if errors.strip() not in run.output["g.generate"]:
        raise Failure(f"the failing test does not print\n{errors}but\n{run.output['g.generate']}")
    equal(sorted(box.tests(host="hostname1")["g.generate"]["LABELS"]), ["nightly", "weekly"], "labels")
    box.ctest("-L", "^weekly$", host="hostname1").expect(8).expect_tests({"g.generate": "fail"})
    box.write("tests.cfg", TESTS_CFG)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    box.build().expect(0)


def case_broken_from_the_start(box):
    project(box)
    box.write("tests.cfg", BROKEN)
    box.ctest(host="hostname1").expect(8).expect_tests({"own": "pass", "g.generate": "fail"})
    box.ctest("-L", "^nightly$", host="hostname1").expect(8).expect_tests({"g.generate": "fail"})


def case_label_that_cmake_cannot_carry(box):
    project(box)
    box.write("tests.cfg", "labels = a;b\n" + TESTS_CFG)
    box.build().expect_failure().expect_text(
        f"{box.src}/tests.cfg:1:1: error: the label 'a;b' cannot be a label: it holds ';', which "
        "CMake's lists cannot carry [-Wbad-label]\n    1 | labels = a;b\n      | ^~~")


def case_broken_without_sets(box):
    project(box)
    for text in (BROKEN, "", None):
        if text is None:
            os.remove(box.src + "/hosts.cfg")
        else:
            box.write("hosts.cfg", text)
        box.ctest("-L", "^all$").expect(8).expect_tests({"g.generate": "fail"})
        run = box.ctest("-L", "^nightly$").expect(0).expect_tests({})
        equal(run.err, "kvmtest: the tests of 'g' were not generated; the test g.generate tells why\n"
              "No tests were found!!!\n", "standard error")


# A test that no set runs, which only `check` sees, and one that runs twice.
SLIPS = ("    - halt:\n        type = halt\n", "    - @weekly:\n        only install\n")
UNSELECTED = """\
{src}/tests.cfg:8:7: error: no set runs the test of variant 'halt' [-Wunselected]
    8 |     - halt:
      |       ^~~~
{src}/hosts.cfg:1: note: included from here
"""
REPEATED = """\
{src}/hosts.cfg:33:8: {severity}: set 'weekly' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
   33 |     - @weekly:
      |        ^~~~~~
{src}/tests.cfg:7:9: note: 'weekly.install' runs on queue '1' of host 'hostname1', queue '2' of host 'hostname1'
"""


def call_with(box, arguments):
    box.project(f"add_test(NAME own COMMAND /bin/true)\nkvm_discover_tests(g CONFIG hosts.cfg {arguments})")
    box.configure().expect(0)


def case_check_error(box):
    project(box, "kvm_discover_tests(g CONFIG hosts.cfg CHECK error)")
    box.build().expect(0)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    before = stamps(box)
    box.write("tests.cfg", TESTS_CFG + SLIPS[0])
    box.write("hosts.cfg", HOSTS_CFG[:HOSTS_CFG.index("    - @weekly")] + SLIPS[1])
    errors = [REPEATED.format(src=box.src, severity="error"), UNSELECTED.format(src=box.src)]
    box.build().expect_failure().expect_text(*errors)
    run = box.ctest(host="hostname1").expect(8)
    run.expect_tests({"own": "pass", "g.generate": "fail"})
    for error in errors:
        if error not in run.output["g.generate"]:
            raise Failure(f"the failing test does not print\n{error}but\n{run.output['g.generate']}")
    equal(sorted(box.tests(host="hostname1")["g.generate"]["LABELS"]), ["nightly", "weekly"], "labels")
    equal(stamps(box), before, "time stamps of what was generated before")
    box.write("tests.cfg", TESTS_CFG)
    box.write("hosts.cfg", HOSTS_CFG)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)


def case_check_warn_and_off(box):
    project(box)
    box.write("tests.cfg", TESTS_CFG + SLIPS[0])
    box.write("hosts.cfg", HOSTS_CFG[:HOSTS_CFG.index("    - @weekly")] + SLIPS[1]
              + "    - @daily:\n        only boot\n        only queue1\n        no lost\n")
    repeated = REPEATED.format(src=box.src, severity="warning")
    lost = f"{box.src}/hosts.cfg:38:12: warning: no variant is named 'lost'"
    for arguments in ("", "CHECK warn"):
        call_with(box, arguments)
        box.build().expect(0).expect_text(repeated, lost).expect_no_text("unselected")
        call_with(box, "CHECK off")
        box.build().expect(0).expect_text(lost).expect_no_text("repeated-test", "unselected")
    box.ctest(host="hostname1").expect(0).expect_tests({
        "own": "pass", **NIGHTLY, "g.weekly.install@1": "pass", "g.weekly.install@2": "pass",
        "g.daily.boot": "pass"})


def case_edited_costs_count(box):
    project(box)
    hosts = HOSTS_CFG.replace("- @weekly:\n        only queue1\n", "- @weekly:\n        assign = auto\n")
    box.write("hosts.cfg", hosts)
    box.write("times.txt", "50 weekly.install\n")
    call_with(box, "COSTS times.txt")

    def cost():
        return box.tests(host="hostname1")["g.weekly.install"]["COST"]

    first = cost()
    box.write("times.txt", "70 weekly.install\n")
    edited = cost()
    if not edited > first:
        raise Failure(f"a test that takes longer has the cost {edited}, before it was {first}")
    box.write("times.txt", "many weekly.install\n")
    box.build().expect_failure().expect_text(
        f"{box.src}/times.txt:1:1: error: expected seconds such as 12.5, then a test's name\n"
        "    1 | many weekly.install\n      | ^\n")
    box.ctest(host="hostname1").expect(8).expect_tests({"own": "pass", "g.generate": "fail"})
    box.write("times.txt", "70 weekly.install\n")
    equal(cost(), edited, "cost, mended")


def case_changed_argument_counts(box):
    project(box)
    box.ctest(host="hostname1").expect(0).expect_tests(ALL)
    box.project("add_test(NAME own COMMAND /bin/true)\n"
                "kvm_discover_tests(g CONFIG hosts.cfg STRINGS \"only nightly\" TEST_PREFIX kvm.)")
    box.configure().expect(0)
    box.ctest(host="hostname1").expect(0).expect_tests(
        {"own": "pass", "kvm.nightly.boot": "pass", "kvm.nightly.reboot": "pass"})


def case_two_calls_share_one_specification(box):
    box.write("gpu.json", json.dumps({"version": {"major": 1, "minor": 0},
                                      "local": [{"gpus": [{"id": "0", "slots": 2}]}]}))
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(second CONFIG ../hosts.cfg TEST_SETS weekly)")
    project(box, """\
add_test(NAME gpu COMMAND /bin/sh -c "echo gpu=$CTEST_RESOURCE_GROUP_0_GPUS")
set_tests_properties(gpu PROPERTIES RESOURCE_GROUPS gpus:1)
kvm_discover_tests(g CONFIG hosts.cfg TEST_SETS nightly RESOURCE_SPEC gpu.json)
add_subdirectory(sub)
""")
    box.build().expect(0)
    run = box.ctest("-j4", host="hostname1").expect(0)
    run.expect_tests({"own": "pass", "gpu": "pass", "second.weekly.install": "pass", **NIGHTLY})
    equal(run.output["gpu"], "gpu=id:0,slots:1\n", "allotted GPU")
    # The block begins at offset 1 of its range, since 10.20.0.0 is a network's address.
    local = json.loads(box.read("kvmtest/resources.json"))["local"][0]
    equal({name: [item["id"] for item in items] for name, items in local.items()},
          {"gpus": ["0"], "kvmp__hostname1": ["0"], "kvmq__hostname1__1": ["0"],
           "kvmq__hostname1__2": ["0"], "kvmr__hostname1__1__r0": ["1"],
           "kvmr__hostname1__2__r1": ["1"]}, "resources")


def case_a_specification_that_is_set_behind_the_call(box):
    """CMake writes the project's CTEST_RESOURCE_SPEC_FILE into the file of every directory, and the last
    that ctest reads would count."""
    spec = {"version": {"major": 1, "minor": 0}, "local": [{"gpus": [{"id": "0", "slots": 2}]}]}
    box.write("gpu.json", json.dumps(spec))
    spec["local"][0] = {"gpus": [{"id": "0", "slots": 2}], "fpgas": [{"id": "1"}]}
    box.write("boards.json", json.dumps(spec))
    own = """\
add_test(NAME gpu COMMAND /bin/sh -c "echo gpu=$CTEST_RESOURCE_GROUP_0_GPUS")
set_tests_properties(gpu PROPERTIES RESOURCE_GROUPS gpus:1)
"""
    box.write("own/CMakeLists.txt", own)
    box.write("guests/CMakeLists.txt", "kvm_discover_tests(g CONFIG ../hosts.cfg TEST_SETS nightly)")
    box.write("named/CMakeLists.txt", "kvm_discover_tests(g CONFIG ../hosts.cfg TEST_SETS nightly "
              "RESOURCE_SPEC ../gpu.json)")
    box.write("boards/CMakeLists.txt", "set(CTEST_RESOURCE_SPEC_FILE ${CMAKE_CURRENT_LIST_DIR}/../boards.json)\n"
              + own)
    add = "add_subdirectory({})\n".format
    box.write("late/CMakeLists.txt", own + "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES "
              "${CMAKE_CURRENT_SOURCE_DIR}/hook.cmake)\n")
    box.write("late/hook.cmake", f"function(f)\nset(CTEST_RESOURCE_SPEC_FILE {box.src}/gpu.json PARENT_SCOPE)\n"
              "endfunction()\nf()\n")
    gpu = "set(CTEST_RESOURCE_SPEC_FILE ${CMAKE_CURRENT_SOURCE_DIR}/gpu.json)\n"
    for text in (gpu + add("guests") + add("own"), add("named") + gpu + add("own"),
                 add("named") + add("late")):
        project(box, text)
        box.build().expect(0)
        run = box.ctest("-j4", host="hostname1").expect(0).expect_no_text("kvmtest:")
        run.expect_tests({"own": "pass", "gpu": "pass", **NIGHTLY})
        equal(run.output["gpu"], "gpu=id:0,slots:1\n", text)
    # A second file of the project is not merged by itself: that is said, once, whichever comes first.
    for text in (gpu + add("guests") + add("boards"),
                 gpu.replace("gpu", "boards") + add("own") + add("named")):
        project(box, text)
        box.build().expect(0)
        run = box.ctest("-j4", host="hostname1").expect(0)
        run.expect_tests({"own": "pass", "gpu": "pass", **NIGHTLY})
        said = ("kvmtest: the resource specification " + f"{box.src}/boards.json of the project is not merged "
                "into that of the whole tree, which lacks its 'fpgas': tests that need them do not run\n"
                "hint: kvm_discover_tests(... RESOURCE_SPEC <file>) names the file that is merged, "
                "the only one that ctest takes beside the queues\n")
        equal(run.err.replace("/guests/../", "/").replace("/boards/../", "/").count(said), 1, run.describe())


def case_the_projects_specification_counts_without_our_tests(box):
    """Its own test has its GPU though no host is ours, a configuration is or gets broken, or nothing
    has been built."""
    box.write("gpu.json", json.dumps({"version": {"major": 1, "minor": 0},
                                      "local": [{"gpus": [{"id": "0", "slots": 2}]}]}))
    own = """\
add_test(NAME gpu COMMAND /bin/sh -c "echo gpu=$CTEST_RESOURCE_GROUP_0_GPUS")
set_tests_properties(gpu PROPERTIES RESOURCE_GROUPS gpus:1)
"""
    broken = "kvm_discover_tests(broken CONFIG broken.cfg RESOURCE_SPEC gpu.json)\n"
    fine = "kvm_discover_tests(g CONFIG hosts.cfg{})\n"

    def expect_gpu(what):
        equal(box.ctest("-R", "^gpu$", "-j2").output.get("gpu"), "gpu=id:0,slots:1\n", what)

    box.write("broken.cfg", "no such\nthing {\n")
    project(box, own + fine.format(" RESOURCE_SPEC gpu.json"))
    box.write("hosts.cfg", HOSTS_CFG)
    expect_gpu("no host")
    box.write("tests.cfg", "thing {\n")
    expect_gpu("broken after it worked")
    for calls in (broken, broken + fine.format(""), fine.format("") + broken):
        shutil.rmtree(box.build_dir)
        project(box, own + calls)
        expect_gpu(calls)


def case_generation_in_use_stays(box):
    """Tests of a running ctest find their files although the configuration changes twice."""
    project(box, """\
kvm_discover_tests(g CONFIG hosts.cfg LAUNCHER "${CMAKE_CURRENT_SOURCE_DIR}/wait.sh")""")
    box.write("wait.sh", f"""#!/bin/sh
touch {box.dir}/running
until [ -e {box.dir}/go ]; do sleep 0.1; done
file=${{3%@*}}
[ -e "$file" ] || {{ echo "$file is gone"; exit 1; }}
""", executable=True)
    ctest = subprocess.Popen([box.settings.ctest, "--test-dir", box.build_dir, "-R", "boot"],
                             env={**box.env, "KVMTEST_HOST": "hostname1"},
                             stdout=subprocess.PIPE, encoding="utf-8")
    try:
        while not os.path.exists(box.dir + "/running"):
            time.sleep(0.05)
        for size in range(4):
            box.write("tests.cfg", TESTS_CFG + f"mem = {128 + size}\n")
            box.ctest("-N", host="hostname1").expect(0)
            box.build().expect(0)
    finally:
        open(box.dir + "/go", "w").close()
        out, _ = ctest.communicate(timeout=60)
    if ctest.returncode != 0:
        raise Failure(out)
