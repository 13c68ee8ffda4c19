#!/usr/bin/env python3
"""Where `plan --dhcp-hosts` writes to, and what it keeps its hands off: dhcp_hosts.py PROGRAM WORK_DIR."""
import os
import shutil
import subprocess
import sys

CONFIG = """\
type = boot
nics = nic1
queue = 1
mac_ranges = r
base_mac_r = 52:54:00:10:00:00
base_ip_r = 10.0.0.253
range_size_r = 5
variants:
    - a:
"""
# Nobody's are 10.0.0.255 and 10.0.1.0.
HOSTS = """\
# host localhost, queue 1, range r
52:54:00:10:00:00,10.0.0.253
52:54:00:10:00:01,10.0.0.254
52:54:00:10:00:04,10.0.1.1
"""
HEADER = "# MAC and IP addresses of the plan "


def main():
    program, work = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)

    def write(name, text):
        with open(os.path.join(work, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(name):
        with open(os.path.join(work, name), encoding="utf-8") as file:
            return file.read()

    def plan(words, output):
        """Exit status, standard error, and what is in the file that standard output was."""
        with open(os.path.join(work, output), "w", encoding="utf-8") as file:
            done = subprocess.run([program, "plan", "main.cfg", *words], cwd=work, stdout=file,
                                  stderr=subprocess.PIPE, text=True, timeout=50)
        return done.returncode, done.stderr, read(output)

    faults = []

    def expect(what, condition):
        if not condition:
            faults.append(what)

    write("main.cfg", CONFIG)
    table = plan([], "table")[2]
    status, err, text = plan(["--dhcp-hosts", "hosts"], "out")
    expect("a file of its own", (status, err, text) == (0, "", table))
    hosts = read("hosts")
    expect(f"the addresses: {hosts}", hosts.startswith(HEADER) and hosts.split("\n", 1)[1] == HOSTS)
    for path in ("-", "/dev/stdout", "out"):
        status, err, text = plan(["--dhcp-hosts", path], "out")
        expect(f"standard output as '{path}': {status} {err} {text}", (status, err, text) == (0, "", hosts + table))
    expect("'-' is no file", not os.path.exists(os.path.join(work, "-")))
    write("costs", "1 all.a\n")
    for path, words in (("main.cfg", []), ("./main.cfg", []), ("costs", ["--costs", "costs"])):
        kept = read(path)
        status, err, text = plan(["--dhcp-hosts", path, *words], "out")
        expect(f"over {path}: {status} {err}", status == 3 and text == "" and read(path) == kept and err ==
               f"error: --dhcp-hosts: '{path.removeprefix('./')}' is read for the plan, and is kept\n")
    status, err, _ = plan(["--dhcp-hosts", ""], "out")
    expect(f"an empty name: {status} {err}", status == 2 and "the name of a file is missing" in err)
    write("main.cfg", "type = boot\nqueue = 1\n")
    status, err, _ = plan(["--dhcp-hosts", "hosts"], "out")
    expect(f"no addresses: {status} {err}", (status, err) == (
        0, "warning: --dhcp-hosts: no queue has a range with IP addresses (base_ip_...)\n"))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
