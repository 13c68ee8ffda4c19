#!/usr/bin/env python3
"""dhcp.py GENERATE CONFIG FOLDER: guests get the address that the plan foresees from a real dnsmasq.

`plan --dhcp-hosts` is given to a dnsmasq in a network namespace; a client behind a pair of virtual
interfaces takes the first and the last MAC address of each range in turn and asks for its IP."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

SKIPPED = 77


def skip(reason):
    print(f"SKIP {reason}")
    sys.exit(SKIPPED)


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def blocks(plan):
    for host in plan["hosts"]:
        for queue in host["queues"]:
            for block in queue["ranges"]:
                if "base_ip" in block:
                    yield block


def mac_text(number):
    return ":".join(f"{number >> shift & 0xFF:02x}" for shift in range(40, -1, -8))


def ip_text(number):
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))


def addresses(block):
    """The first and the last pair of a block: address i is base + i for MAC and IP alike."""
    mac = int(block["base_mac"].replace(":", ""), 16)
    ip = int.from_bytes(bytes(int(part) for part in block["base_ip"].split(".")), "big")
    for i in (block["offset"], block["offset"] + block["count"] - 1):
        yield mac_text(mac + i), ip_text(ip + i)


def ask(mac):
    """The IP address that a client with that MAC address gets."""
    run("ip", "link", "set", "guest", "down")
    run("ip", "link", "set", "guest", "address", mac)
    run("ip", "link", "set", "guest", "up")
    said = subprocess.run(["busybox", "udhcpc", "-i", "guest", "-f", "-q", "-n", "-t", "5", "-T", "1",
                           "-s", "/bin/true"], capture_output=True, text=True, timeout=60)
    found = re.search(r"lease of (\S+) obtained", said.stdout + said.stderr)
    return found[1] if found else said.stdout + said.stderr


def inside(generate, config, folder):
    os.makedirs(folder, exist_ok=True)
    hosts = os.path.join(folder, "dhcp-hosts")
    plan = json.loads(run(generate, "plan", "--no-warnings", "--json", "--dhcp-hosts", hosts, config))
    foreseen = [pair for block in blocks(plan) for pair in addresses(block)]
    if not foreseen:
        sys.exit("the configuration has no IP addresses")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "server", "type", "veth", "peer", "name", "guest")
    run("ip", "addr", "add", "10.20.255.254/16", "dev", "server")
    run("ip", "link", "set", "server", "up")
    run("ip", "link", "set", "guest", "up")
    with open(os.path.join(folder, "dnsmasq.log"), "w", encoding="utf-8") as log, subprocess.Popen(
            ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=server",
             "--bind-interfaces", "--no-ping", "--dhcp-range=10.20.0.0,static,255.255.0.0",
             f"--dhcp-hostsfile={hosts}", f"--dhcp-leasefile={folder}/leases"],
            stderr=log) as server:
        try:
            time.sleep(0.5)
            wrong = [(mac, ip, got) for mac, ip in foreseen if (got := ask(mac)) != ip]
            stranger = ask("52:54:00:ff:ff:ff")
        finally:
            server.send_signal(signal.SIGTERM)
    with open(log.name, encoding="utf-8") as written:
        said = written.read()
    if wrong:
        sys.exit(f"FAIL {wrong}\n{said}")
    if re.match(r"\d+[.]", stranger):
        sys.exit(f"FAIL: an address that is in no range got {stranger}")
    print(f"PASS {len(foreseen)} addresses: {', '.join(ip for _, ip in foreseen)}")


def main():
    if sys.argv[1] == "--inside":
        return inside(*sys.argv[2:])
    for program in ("dnsmasq", "busybox", "ip", "unshare"):
        if not shutil.which(program):
            skip(f"no {program}")
    if subprocess.run(["unshare", "--map-root-user", "--net", "true"], check=False,
                      capture_output=True).returncode != 0:
        skip("no network namespaces without privileges")
    os.execvp("unshare", ["unshare", "--map-root-user", "--net", "--kill-child", "timeout", "100",
                          sys.executable, __file__, "--inside", *sys.argv[1:]])


if __name__ == "__main__":
    main()
