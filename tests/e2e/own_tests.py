#!/usr/bin/env python3
"""The examples of tests of one's own, in shell and C++: they pass, and say what they should when
they are broken."""

import os
import shutil
import sys

import arguments
from tree import HERE, Tree, fail

EXAMPLES = os.path.join(HERE, "..", "..", "examples")


def expect(tree, name, expected):
    tree.expect_pass(tree.ctest("all", name=name), name)
    found = {test.rsplit(".", 1)[1]: record for test, (_, record) in tree.records().items()}
    for test, status in expected.items():
        if found[test]["status"] != status:
            fail(f"{test}: expected {status}, found {found[test]}")
    return found


def shell(args):
    with Tree(args, "own_shell", project=os.path.join(EXAMPLES, "own_tests_shell")) as tree:
        found = expect(tree, "own_shell", {"card_goes_and_comes": "pass", "two_guests": "pass",
                                           "no_program": "pass"})
        if "plug_ms" not in found["card_goes_and_comes"]["measurements"]:
            fail(f"no plug_ms in {found['card_goes_and_comes']}")
        if len(found["two_guests"]["subresults"]) != 2:
            fail(f"not two sub-results in {found['two_guests']}")


def cpp(args):
    with Tree(args, "own_cpp", project=os.path.join(EXAMPLES, "own_tests_cpp")) as tree:
        found = expect(tree, "own_cpp", {"one_card": "pass", "two_cards": "pass"})
        parts = {part["name"]: part["status"] for part in found["one_card"]["subresults"]}
        if parts.get("Guest.HasASecondCard") != "skip" or len(parts) != 6:
            fail(f"sub-results: {parts}")
        if not {"unplug_seconds", "migrate_seconds"} <= set(found["two_cards"]["measurements"]):
            fail(f"no unplug_seconds or migrate_seconds in {found['two_cards']}")


BROKEN = """
#include <gtest/gtest.h>
#include <kvmtest/vm.h>
TEST(Guest, IsFine) { EXPECT_TRUE(kvmtest::Vm::Main().Exec("true").ok()); }
TEST(Guest, HasATape) {
  if (kvmtest::Param("nics") == "nic1") GTEST_SKIP() << "no tape";
  EXPECT_EQ(kvmtest::Vm::Main().Exec("echo tape").output, "disk\\n");
}
TEST(Guest, Answers) {
  if (kvmtest::Param("nics") == "nic1") GTEST_SKIP() << "mute";
  kvmtest::Vm("vm9").Exec("true");
}
"""


def broken_cpp(args):
    """A failure, an exception, and a program whose tests are all skipped."""
    project = os.path.join(args.work, "own_broken.src")
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(os.path.join(EXAMPLES, "own_tests_cpp"), project)
    with open(os.path.join(project, "guest_test.cc"), "w") as file:
        file.write(BROKEN.replace("TEST(Guest, IsFine) {",
                                  "TEST(Guest, IsFine) {\n  if (kvmtest::Param(\"nics\") == "
                                  "\"nic1\") GTEST_SKIP() << \"fine\";"))
    with Tree(args, "own_broken", project=project) as tree:
        ctest = tree.ctest("all", name="own_broken")
        if ctest.wait(240) == 0:
            fail("ctest says that broken tests pass\n" + tree.log("own_broken"))
        found = {test.rsplit(".", 1)[1]: record for test, (_, record) in tree.records().items()}
        verdicts = {test: (record["status"], record["class"], record["text"])
                    for test, record in found.items()}
        if verdicts["one_card"] != ("skip", "environment", "Guest.IsFine: fine"):
            fail(f"{verdicts}")
        status, kind, text = verdicts["two_cards"]
        if (status, kind) != ("fail", "test-failed") or "Guest.HasATape: " not in text:
            fail(f"{verdicts}")
        parts = {part["name"]: part["status"] for part in found["two_cards"]["subresults"]}
        if parts != {"Guest.IsFine": "pass", "Guest.HasATape": "fail", "Guest.Answers": "fail"}:
            fail(f"{parts}")


def main():
    args = arguments.parse(__doc__)
    shell(args)
    cpp(args)
    broken_cpp(args)
    print("the examples pass, and what is broken fails")


if __name__ == "__main__":
    sys.exit(main())
