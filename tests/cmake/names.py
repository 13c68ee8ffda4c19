"""With the real generator: tests of two calls must not have one CTest name, by which ctest would mix
up what it knows of them."""

from sandbox import equal

A = 'kvm_discover_tests(a CONFIG a.cfg TEST_PREFIX "")\n'
B = 'kvm_discover_tests(b CONFIG b.cfg TEST_PREFIX "")\n'


def write(box, name, *tests, host="hostname1", more=""):
    text = f"hostname = {host}\nqueue = {name}\nenv = env_{name}\nmem = 256\n{more}variants:\n"
    box.write(f"{name}.cfg", text + "".join(f"    - {test}:\n        type = {test}\n" for test in tests))


def clash(box, ours, theirs, test, lines, hosts=("hostname1", "hostname1")):
    """What the user of `ours` is told."""
    here, there = (f"{box.src}/{name}.cfg:{line}" for name, line in zip((ours, theirs), lines))
    return (f"{here}: error: tests of '{ours}' and of '{theirs}' have the name 'all.{test}' [-Wname-clash]\n"
            f"{here}: note: '{test}' of host '{hosts[0]}' is that of '{ours}'\n"
            f"{there}: note: '{test}' of host '{hosts[1]}' is that of '{theirs}'\n")


def hint(ours, theirs):
    return (f"hint: ctest knows tests by their names only: give '{ours}' or '{theirs}' a TEST_PREFIX "
            "of its own\n")


def case_whoever_comes_later_is_told(box):
    """In either order, and where calls are in directories that know nothing of each other."""
    write(box, "a", "boot", "reboot")
    write(box, "b", "ping", "boot")
    box.write("one/CMakeLists.txt", A.replace("a.cfg", "../a.cfg"))
    box.write("two/CMakeLists.txt", B.replace("b.cfg", "../b.cfg"))
    box.project("add_subdirectory(one)\nadd_subdirectory(two)")
    for first, second, lines in (("a", "b", (9, 7)), ("b", "a", (7, 9))):
        box.run("rm", "-rf", box.build_dir)
        box.configure().expect(0)
        box.build("--target", f"kvmtest-{first}").expect(0).expect_no_text("error:")
        expected = clash(box, second, first, "boot", lines) + hint(second, first)
        for _ in range(2):  # nor does it go by itself
            box.build().expect_failure().expect_text(expected)
        run = box.ctest(host="hostname1")
        equal(run.output[f"{second}.generate"],
              "FAIL generate: the configuration has errors\n" + expected, "output")
        equal(len(run.tests), 3, "tests of the first, and the one that fails")


def case_the_first_of_many_are_told(box):
    tests = ("t1", "t2", "t3", "t4", "t5")
    for name in ("a", "b"):
        write(box, name, *tests)
    box.project(A + B)
    box.configure().expect(0)
    box.build("--target", "kvmtest-a").expect(0)
    text = "".join(clash(box, "b", "a", f"t{i}", (5 + 2 * i, 5 + 2 * i)) for i in (1, 2, 3))
    box.build().expect_failure().expect_text(
        text + "note: so it is with 2 more names\n" + hint("b", "a"))


def case_an_edit_of_the_first_makes_and_ends_one(box):
    """In a build, and when ctest loads; either call may end it."""
    fine = {"all.reboot": "pass", "all.boot": "pass"}
    for mode in ("", " DISCOVERY_MODE PRE_TEST"):
        write(box, "a", "reboot")
        write(box, "b", "boot")
        box.project((A + B).replace(")", mode + ")"))
        box.run("rm", "-rf", box.build_dir)
        box.configure().expect(0)
        targets = ("--target", "kvmtest-a", "kvmtest-b")
        box.build(*targets).expect(0)
        box.ctest(host="hostname1").expect(0).expect_tests(fine)
        write(box, "a", "reboot", "boot")
        expected = clash(box, "a", "b", "boot", (9, 7)) + hint("a", "b")
        if not mode:
            box.build(*targets).expect_failure().expect_text(expected)
        run = box.ctest(host="hostname1").expect_tests({"a.generate": "fail", "all.boot": "pass"})
        equal(run.output["a.generate"], "FAIL generate: the configuration has errors\n" + expected,
              "output")
        if not mode:
            write(box, "a", "reboot")
            box.build(*targets).expect(0)
            box.ctest(host="hostname1").expect(0).expect_tests(fine)
            write(box, "a", "reboot", "boot")
            box.ctest(host="hostname1").expect_tests({"a.generate": "fail", "all.boot": "pass"})
        write(box, "b", "ping")
        fine_too = {**fine, "all.ping": "pass"}
        box.ctest(host="hostname1").expect(0).expect_tests(fine_too)
        box.build(*targets).expect(0)


def case_two_calls_swap_their_names(box):
    """None is held up by what the other was before."""
    both = {"all.boot": "pass", "all.ping": "pass"}
    box.project(A + B)
    for a, b, run in (("boot", "ping", box.configure), ("ping", "boot", box.build),
                      ("boot", "ping", box.ctest)):
        write(box, "a", a)
        write(box, "b", b)
        run().expect(0)
        box.ctest(host="hostname1").expect(0).expect_tests(both)


def case_by_the_hosts_that_a_machine_may_be(box):
    """Tests of hosts that ctest never loads together are told from each other."""
    rows = [
        ("hostname1", "hostname1", True),
        ("localhost", "hostname1", True),
        ("hostname1", "localhost", True),
        ("hostname1", "hostname2", False),
    ]
    for *hosts, are_together in rows:
        box.run("rm", "-rf", box.build_dir)
        for name, host in zip(("a", "b"), hosts):
            write(box, name, "boot", host=host)
        box.project(A + B)
        box.configure().expect(0)
        box.build("--target", "kvmtest-a").expect(0)
        result = box.build()
        if are_together:
            result.expect_failure().expect_text(clash(box, "b", "a", "boot", (7, 7), hosts[::-1]))
            continue
        result.expect(0).expect_text(
            f"{box.src}/b.cfg: warning: 1 test of 'b' cannot be told from tests of 'a' on other hosts "
            "where ctest shows all hosts (KVMTEST_HOST='*'): 'all.boot' of host 'hostname2' "
            f"({box.src}/b.cfg:7) and of host 'hostname1' ({box.src}/a.cfg:7) [-Wname-clash]\n"
            + hint("b", "a"))
        box.ctest(host="hostname2").expect(0).expect_tests({"a.no_host": "skip", "all.boot": "pass"})


def case_other_names_are_no_matter(box):
    write(box, "a", "boot")
    write(box, "b", "boot")
    none = 'TEST_PREFIX ""'
    for a, b in (("TEST_PREFIX x.", "TEST_PREFIX y."), (none, ""),
                 (f"TEST_SUFFIX x {none}", f"TEST_SUFFIX y {none}"),
                 (none, f'STRINGS "test_set = other" {none}')):
        box.project(f"kvm_discover_tests(a CONFIG a.cfg {a})\nkvm_discover_tests(b CONFIG b.cfg {b})\n")
        box.configure().expect(0)
        box.build().expect(0).expect_no_text("error:", "warning:")
        equal(len(box.ctest(host="hostname1").expect(0).tests), 2, "tests")


def case_one_call_in_two_configurations(box):
    write(box, "a", "boot")
    write(box, "b", "boot")
    box.generator = "Ninja Multi-Config"
    box.project(A + B.replace('""', '"$<$<CONFIG:Release>:b.>"'))
    box.configure().expect(0)
    box.build("--config", "Release").expect(0)
    box.build("--config", "Debug", "--target", "kvmtest-a").expect(0)
    box.build("--config", "Debug").expect_failure().expect_text(
        clash(box, "b", "a", "boot", (7, 7)) + hint("b", "a"))
    box.ctest("-C", "Release", host="hostname1").expect(0).expect_tests(
        {"all.boot": "pass", "b.all.boot": "pass"})
