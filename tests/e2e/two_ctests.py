#!/usr/bin/env python3
"""Two ctests at once in one build tree: CTest's own books are per process, so both believe that
the queue is free. Its tests wait for each other nonetheless; no queue is ever shared."""
import itertools

import arguments
import processes
from judge import overlap, seen_together
from tree import Tree, fail, until
from witness import Witness


def main():
    given = arguments.parse(__doc__)
    with Tree(given, "two_ctests") as tree:
        with Witness(tree.mark) as witness:
            first = tree.ctest("first")
            until(lambda: [machine for machine in witness.machines() if machine.macs],
                  "the first ctest's guest")
            second = tree.ctest("second")
            tree.expect_pass(first, "first")
            tree.expect_pass(second, "second")
            # The same tests twice, and those that depend on them.
            twins = {name: tree.ctest("twin", f"{name}.xml", name) for name in ("twin1", "twin2")}
            for name, ctest in twins.items():
                tree.expect_pass(ctest, name)
        if processes.of_run(tree.mark):
            fail("processes of the run are left")
    machines = [machine.as_json() for machine in witness.machines()]
    wrong = []
    for one, other in itertools.combinations(machines, 2):
        if overlap((one["first"], one["last"]), (other["first"], other["last"])):
            wrong += seen_together(one, other)
    on_first_queue = sorted({machine["test"] for machine in machines
                             if machine["queue"].endswith("__1")})
    if len(on_first_queue) != 6:
        wrong.append(f"six tests were to be seen on the first queue, not {on_first_queue}")
    for name in twins:
        passed = tree.passed(f"{name}.xml")
        if len(passed) != 3:
            wrong.append(f"{name}: three tests were to pass, not {passed}\n{tree.log(name)}")
    if wrong:
        fail("\n".join(wrong))
    print(f"PASS: {len(machines)} machines, none of them two at once on a queue")


if __name__ == "__main__":
    main()
