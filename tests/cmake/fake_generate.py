#!/usr/bin/env python3
"""Stand-in for `kvmtest-generate ctest`, for what the real one does not do on demand.

The configuration is a list of orders, one a line:
    test HOST SET NAME      a test that passes (HOST localhost: any machine)
    warn TEXT               print TEXT to stderr if the generation is new
    exit STATUS TEXT        print TEXT to stderr and end so, leaving no failed.cmake
    crash                   abort
Its arguments are left in <output-dir>/arguments.json, and <output-dir>/runs grows by one
byte at each run.
"""

import hashlib
import json
import os
import sys


def bracket(text):
    return f"[===[{text}]===]"


def main():
    end = sys.argv.index("--")
    options = [word[2:].partition("=") for word in sys.argv[2:end]]
    launcher = " ".join(bracket(value) for key, _, value in options if key == "launcher")
    name, out = [next(v for k, _, v in options if k == key) for key in ("name", "output-dir")]
    os.makedirs(out, exist_ok=True)
    with open(out + "/arguments.json", "w", encoding="utf-8") as file:
        json.dump(sys.argv[1:], file)
    with open(out + "/runs", "a", encoding="utf-8") as file:
        file.write(".")

    with open(sys.argv[end + 1], encoding="utf-8") as file:
        orders = [line.split(None, 1) for line in file if line.strip()]
    generation = out + "/gen-" + hashlib.sha256(repr(orders).encode()).hexdigest()[:16]
    is_new = not os.path.exists(generation)
    hosts = {}
    for word, *rest in orders:
        if word == "crash":
            os.abort()
        elif word == "exit":
            status, text = rest[0].split(None, 1)
            print(text.strip(), file=sys.stderr)
            return int(status)
        elif word == "warn" and is_new:
            print(rest[0].strip(), file=sys.stderr)
        elif word == "test":
            host, test_set, test = rest[0].split()
            hosts.setdefault(host, []).append((test_set, f"{name}.{test_set}.{test}"))

    for host, tests in hosts.items():
        os.makedirs(generation + "/" + host, exist_ok=True)
        with open(f"{generation}/{host}/CTestTestfile.cmake", "w", encoding="utf-8") as file:
            for test_set, test in tests:
                file.write(f"add_test({bracket(test)} {launcher} /bin/echo {host})\n"
                           f"set_tests_properties({bracket(test)} PROPERTIES LABELS {test_set})\n")
    named = [host for host in hosts if host != "localhost"]
    sets = sorted({test_set for tests in hosts.values() for test_set, _ in tests})
    with open(out + "/current.cmake", "w", encoding="utf-8") as file:
        file.write(f"set(KVMTEST_GENERATION {bracket(generation)})\n"
                   f"set(KVMTEST_HOSTS {' '.join(named)})\n"
                   f"set(KVMTEST_HOST_DIRS {' '.join(named)})\n"
                   f"set(KVMTEST_ANY_HOST {'localhost' if 'localhost' in hosts else ''})\n"
                   f"set(KVMTEST_ALL_HOSTS_DIRS {' '.join(hosts)})\n"
                   f"set(KVMTEST_SETS {' '.join(sets)})\n")
    with open("resources.json", "w", encoding="utf-8") as file:  # started in the root
        file.write('{"version":{"major":1,"minor":0},"local":[{}]}')
    with open("resources.cmake", "w", encoding="utf-8") as file:
        file.write(f"set(KVMTEST_RESOURCE_SPEC {bracket(os.path.abspath('resources.json'))})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
