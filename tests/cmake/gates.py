"""With the real generator: tests of one call are bound by the gates of all calls of the tree, which
share the queues of a host."""

import fcntl
import glob
import os
import threading
import time

from freshness import stamps
from sandbox import equal

# A block of queues of a host, behind tests that take so long.
CALL = """\
test_timeout = {timeout}
variants:
{tests}
variants:
{queues}
variants:
    - @hx:
        hostname = hx
variants:
    - @set:
        assign = {assign}
"""


def configuration(queues, tests, assign, timeout):
    """Of each test the queues that admit it."""
    return CALL.format(
        timeout=timeout, assign=assign,
        tests="".join(f"    - {name}:\n        type = {name}\n" for name in tests),
        queues="".join(f"    - @queue{queue}:\n        queue = {queue}\n        env = env{queue}\n" +
                       "".join(f"        no {name}\n" for name, admitted in tests.items()
                               if queue not in admitted)
                       for queue in queues))


NARROW = configuration((1, 2, 3), {"quick": (1, 2), "wide": (1, 2, 3)}, "pool", 5)
PINNED = configuration((1, 2), {"long": (1,), "other": (2,)}, "auto", 75)
ALONE = configuration((1, 2), {"quick": (1, 2), "wide": (1, 2)}, "pool", 5)
BEYOND = configuration((3, 4, 5), {"long": (3, 4), "other": (5,)}, "auto", 75)


def calls(box, a, b, text="kvm_discover_tests(a CONFIG a.cfg)\nkvm_discover_tests(b CONFIG b.cfg)\n"):
    box.write("a.cfg", a)
    box.write("b.cfg", b)
    box.project(text)
    box.configure().expect(0)


def bounds(box, *args, host="hx"):
    """name -> its resources but for places and queues, ctest's time limit, what the runner may wait"""
    found = {}
    for name, test in box.tests(*args, host=host).items():
        resources = {item[".type"]: item["slots"] for group in test.get("RESOURCE_GROUPS", [])
                     for item in group["requirements"]}
        waits = [word for word in test["command"] if word.startswith("--wait")]
        found[name] = ([name for name in resources if name.startswith("kvmg")], test.get("TIMEOUT"), *waits)
    return found


GATE = ["kvmg__hx__1__2"]
# Twice the longest test of all, 75 s.
TOGETHER = {"a.set.quick": (GATE, 215, "--wait=150"), "a.set.wide": ([], 215, "--wait=150"),
            "b.set.long": (GATE, 285, "--wait=150"), "b.set.other": (GATE, 285, "--wait=150")}
FIVE = {"a.set.quick": (GATE, 215, "--wait=150"), "a.set.wide": (GATE, 215, "--wait=150"),
        "b.set.long": ([], 285, "--wait=150"), "b.set.other": ([], 285, "--wait=150")}


def case_pinned_tests_of_another_call(box):
    calls(box, NARROW, PINNED)
    equal(bounds(box), TOGETHER, "first load")
    box.build().expect(0)
    equal(bounds(box), TOGETHER, "after a build")
    box.ctest("-j4", host="hx").expect(0)


def case_queues_of_another_call(box):
    calls(box, ALONE, BEYOND)
    equal(bounds(box), FIVE, "first load")
    box.ctest("-j4", host="hx").expect(0)


def case_one_call(box):
    calls(box, NARROW, ALONE, "kvm_discover_tests(a CONFIG a.cfg)")
    equal(bounds(box), {"a.set.quick": (GATE, 75, "--wait=10"), "a.set.wide": ([], 75, "--wait=10")}, "narrow")
    box.write("a.cfg", ALONE)
    equal(bounds(box), dict.fromkeys(("a.set.quick", "a.set.wide"), ([], 75, "--wait=10")), "all admit all")


def case_an_edit_of_one_call_counts_for_the_other_at_once(box):
    """Whichever ctest loads first, and only where there is a change."""
    for text in ("a b", "b a"):
        calls(box, ALONE, PINNED, "".join(f"kvm_discover_tests({name} CONFIG {name}.cfg)\n"
                                          for name in text.split()))
        box.build().expect(0)
        alone = {"a.set.quick": ([], 215, "--wait=150"), "a.set.wide": ([], 215, "--wait=150"),
                 "b.set.long": ([], 285, "--wait=150"), "b.set.other": ([], 285, "--wait=150")}
        equal(bounds(box), alone, "before")
        before = stamps(box)
        box.write("b.cfg", BEYOND)
        equal(bounds(box), FIVE, f"after an edit, {text}")
        changed = {path for path, time in stamps(box).items() if before.get(path) != time}
        # The specification may be there from the round before.
        equal({path.split("/")[0] for path in changed} - {"specs"}, {"b", "resources.json", "resources.cmake"},
              "what is written")
        before = stamps(box)
        equal(bounds(box), FIVE, "again")
        equal(stamps(box), before, "time stamps")
        box.write("b.cfg", PINNED)
        equal(bounds(box), alone, f"taken back, {text}")


def case_a_call_of_a_subdirectory_that_is_loaded_alone(box):
    box.write("sub/CMakeLists.txt", "kvm_discover_tests(b CONFIG ../b.cfg)")
    calls(box, ALONE, PINNED, "kvm_discover_tests(a CONFIG a.cfg)\nadd_subdirectory(sub)")
    box.write("a.cfg", NARROW)
    whole = box.build_dir
    box.build_dir = os.path.join(whole, "sub")
    equal(bounds(box), {name: bound for name, bound in TOGETHER.items() if name.startswith("b.")}, "b")
    box.build_dir = whole
    equal(bounds(box), TOGETHER, "all")


def case_a_call_that_is_gone_binds_nobody(box):
    calls(box, NARROW, PINNED)
    box.build().expect(0)
    calls(box, ALONE, PINNED, "kvm_discover_tests(b CONFIG b.cfg)")
    equal(bounds(box), {"b.set.long": ([], 135), "b.set.other": ([], 135)}, "b alone")
    equal("kvmg" in box.read("kvmtest/resources.json"), False, "gates in the specification")


def case_a_call_that_fails_binds_as_it_did(box):
    calls(box, ALONE, BEYOND)
    box.build().expect(0)
    box.write("b.cfg", "no such\nthing {\n")
    found = bounds(box)
    equal({name: found[name] for name in found if name.startswith("a.")},
          {name: FIVE[name] for name in FIVE if name.startswith("a.")}, "a beside a broken b")


def case_all_hosts_and_one_queue(box):
    calls(box, NARROW, PINNED)
    equal(bounds(box, host="*"), TOGETHER, "all hosts")
    [queue] = glob.glob(os.path.join(box.build_dir, "kvmtest/b/gen-*/hx/queues/1"))
    box.build_dir = queue
    equal(bounds(box), {"b.set.long": TOGETHER["b.set.long"]}, "one queue by itself")
    box.ctest("-j1").expect(0).expect_tests({"b.set.long": "pass"})


def case_queues_with_addresses_of_their_own_in_two_calls(box):
    """What follows from the call's name is the call's own: another may use the queue without that
    other's queues."""
    text = configuration((1, 2), {"boot": (1, 2)}, "manual", 5) + "        no queue1\n"
    text += "    - @other:\n        no queue2\n    - @weekly:\n        only queue2\n"
    calls(box, text, text, 'kvm_discover_tests(a CONFIG a.cfg STRINGS "only set, other")\n'
          'kvm_discover_tests(b CONFIG b.cfg STRINGS "only weekly")\n')
    box.build().expect(0)
    run = box.ctest("-j4", host="hx").expect(0)
    run.expect_tests({"a.set.boot": "pass", "a.other.boot": "pass", "b.weekly.boot": "pass"})


def case_ranges_that_calls_share_out_differently(box):
    text = configuration((1, 2), {"boot": (1, 2)}, "pool", 5)
    text += "mac_ranges = r\nbase_mac_r = 02:00:00:00:01:00\nsize_r = 64\n"
    calls(box, text, text.replace("assign = pool", "assign = pool\n        no queue1"))
    box.build().expect_failure().expect_text(
        ".cfg: error: range 'r' of queue '2' on host 'hx' is ", "a.cfg:4)", "b.cfg:4)",
        "hint: let all calls that share a range select the same queues of it")


def case_a_generation_while_ctest_loads(box):
    """ctest reads the specification after all scripts. One that is made in between is the next run's."""
    box.write("hook.cmake", f"""
if(EXISTS "{box.dir}/armed")
  file(REMOVE "{box.dir}/armed")
  foreach(call IN ITEMS a b)
    file(COPY_FILE "{box.src}/later-${{call}}.cfg" "{box.src}/${{call}}.cfg")
    execute_process(COMMAND "{box.settings.cmake}" --build "{box.build_dir}" --target kvmtest-${{call}}
      OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endif()
""")
    for call in "ab":
        box.write(f"later-{call}.cfg", BEYOND)
    box.write("any.cfg", "variants:\n    - t:\n        type = t\n")
    box.write("elsewhere.cfg", PINNED.replace("hx", "hy"))
    hook = ("set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "
            "${CMAKE_CURRENT_SOURCE_DIR}/hook.cmake)\n")
    a, b = (f"kvm_discover_tests({name} CONFIG {name}.cfg)\n" for name in "ab")
    # The latter: a call without the host asks whether another one has it.
    for text, more in ((a + hook + b, {}),
                       ("kvm_discover_tests(z CONFIG any.cfg)\n" + hook +
                        "kvm_discover_tests(n CONFIG elsewhere.cfg NO_HOST ignore)\n" + a + b, {"z.all.t": "pass"})):
        calls(box, NARROW, PINNED, text)
        box.build().expect(0)
        box.write("../armed", "")
        run = box.ctest("-j4", host="hx").expect(0)
        run.expect_tests({**dict.fromkeys(TOGETHER, "pass"), **more})
        equal(sorted(set(bounds(box)) - set(more)), ["a.set.long", "a.set.other", "b.set.long", "b.set.other"],
              "the next run")
    # Those that nobody uses any more go, but for the newest two.
    for queue in range(6, 12):
        box.write("a.cfg", configuration((1, 2, 3, queue), {"quick": (1, 2)}, "pool", 5))
        box.build().expect(0)
    equal(len(glob.glob(os.path.join(box.build_dir, "kvmtest/specs/spec-*"))), 2, "specifications")


def case_a_generation_between_two_looks_of_ctest(box):
    """A call that is made anew while ctest waits for another is looked at again, before the specification
    of both."""
    calls(box, BEYOND, PINNED)
    box.build().expect(0)
    root = os.path.join(box.build_dir, "kvmtest")
    runs = []
    with open(os.path.join(root, "b/.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # so that ctest, which has looked at a, waits
        box.write("b.cfg", PINNED.replace("other", "another"))
        thread = threading.Thread(target=lambda: runs.append(box.ctest("-j4", host="hx")))
        thread.start()
        while not glob.glob(os.path.join(root, "a/gen-*/holders/*")):
            time.sleep(0.01)
        box.write("a.cfg", ALONE)
        box.build("--target", "kvmtest-a").expect(0)
    thread.join()
    runs[0].expect(0).expect_tests(dict.fromkeys(
        ("a.set.quick", "a.set.wide", "b.set.long", "b.set.another"), "pass"))


def case_a_specification_that_was_cut_off_is_made_anew(box):
    calls(box, NARROW, PINNED)
    box.build().expect(0)
    for path in glob.glob(os.path.join(box.build_dir, "kvmtest/**/resources.json"), recursive=True):
        os.truncate(path, 20)
    box.build().expect(0)
    box.ctest("-j4", host="hx").expect(0).expect_tests(dict.fromkeys(TOGETHER, "pass"))
