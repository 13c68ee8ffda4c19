#!/usr/bin/env python3
"""Networks between real guests: net.py --runner ... --guests DIR <case>"""

import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import time

import guests
from guests import Failure, Skip, expect_equal, linux, need, runs, tiny, wait_until

TUN = "/dev/net/tun"
NOBODY = 65534


def two(box, **params):
    return linux(box, type="ping", vms="vm1 vm2", mem="96", **params)


def own_ranges(box):
    """Each queue has a block of its own, as the plan gives it."""
    header = box.header

    def with_blocks():
        described = header()
        for queue in described["queues"]:
            number = int(queue["name"])
            queue["ranges"] = [{**r, "resource": f"kvmr__h__{number}__r0", "size": 512,
                                "offset": number * 64, "count": 64} for r in box.ranges]
        return described
    box.header = with_blocks


def prefixed(box, prefix):
    """Runs the runner by another program."""
    command = box.command
    box.command = lambda name, *options: [*prefix, *command(name, *options)]


def as_nobody(box, tun_mode="666"):
    """A plain user, on a machine whose /dev/net/tun is everybody's, as udev makes it. The others
    see nothing of that: the node is put there in a mount namespace of this run's own."""
    if os.getuid() != 0:
        if not os.access(TUN, os.R_OK | os.W_OK):
            raise Skip(f"{TUN} is not there for this user")
        return
    need("unshare", "setpriv", "mount", "mknod")
    node = box.path("tun")
    script = ('set -e; mknod "$1" c 10 200; chmod "$2" "$1"; mount --bind "$1" /dev/net/tun; shift 2;'
              f' exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"')
    prefix = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", node, tun_mode]
    os.chown(box.directory, NOBODY, NOBODY)
    trial = subprocess.run([*prefix, box.settings.runner, "--version"], capture_output=True,
                           text=True, check=False)
    if trial.returncode != 0:
        raise Skip(f"cannot be nobody here: {trial.stdout}{trial.stderr}")
    os.remove(node)
    for variable in ("HOME", "XDG_RUNTIME_DIR", "TMPDIR"):
        box.environment[variable] = "/tmp"
    prefixed(box, prefix)


def network(pid):
    """The network namespace in which a process is."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def expect_no_interface_left(box):
    """None of ours in the test's own namespace, whose name it would be."""
    left = [name for name in os.listdir("/sys/class/net") if name.startswith("kvt")]
    expect_equal(left, [])
    box.expect_nothing_left()


def passed(outcome):
    if outcome.status == 77 and "SKIP environment: " in outcome.verdict:
        raise Skip(outcome.verdict)
    return outcome.expect(0, "PASS ping: .*")


def case_one_address_for_two(box):
    """Refused before anything boots; in a network of each VM's own it is no clash."""
    mac = "52:54:00:aa:bb:cc"
    for mode in ("private", "tap"):
        box.add(mode, two(box, nic_mode=mode, mac_nic1=mac))
        box.run(mode).expect(
            2, f"ERROR bad-params: mac = {mac}: nic1 of vm1 and nic1 of vm2 would have the same address "
               f"on one network, the {mode} network 'net'")
    box.add("user", linux(box, vms="vm1 vm2", mem="96", mac_nic1=mac), timeout=200)
    box.run("user").expect(0, "PASS boot: .*")


def two_queues(box, first, second):
    """Two tests at once, two VMs each; queue 1 has 10.20.0.64 onward, queue 2 10.20.0.128."""
    own_ranges(box)
    box.add("first", first, queues=[0], timeout=200)
    box.add("second", second, queues=[1], timeout=200)
    processes = {name: box.start(name) for name in ("first", "second")}
    outcomes = [box.finish(name, process, 220) for name, process in processes.items()]
    for outcome, base in zip(outcomes, (64, 128)):
        passed(outcome)
        nics = [nic for vm in outcome.result()["vms"] for nic in vm["nics"]]
        expect_equal([(nic["ip"], nic["mac"]) for nic in nics],
                     [(f"10.20.0.{i}", f"52:54:00:10:00:{i:02x}") for i in (base, base + 1)])
        for pair in (f"vm1 (nic1) to 10.20.0.{base + 1} (nic1 of vm2)",
                     f"vm2 (nic1) to 10.20.0.{base} (nic1 of vm1)"):
            expected = f"ping from {pair}: 3 of 3 answers"
            if expected not in outcome.file("runner.log"):
                raise Failure(f"expected {expected} in\n{outcome.file('runner.log')}")
    expect_no_interface_left(box)
    return outcomes


def case_ping_private_on_two_queues(box):
    two_queues(box, two(box, nic_mode="private"), two(box, nic_mode="private"))


def case_ping_tap_on_two_queues(box):
    """One of them with addresses by DHCP; the host answers and asks, too."""
    need("dnsmasq")
    outcomes = two_queues(box, two(box, nic_mode="tap"),
                          two(box, nic_mode="tap", ip_config="dhcp"))
    for outcome in outcomes:
        log = outcome.file("runner.log")
        for text in ("ping from the host to ", "(the host): 3 of 3 answers"):
            if text not in log:
                raise Failure(f"expected {text} in\n{log}")
    if "DHCPACK(br0) 10.20.0.128 52:54:00:10:00:80" not in outcomes[1].file("dnsmasq-br0.log"):
        raise Failure(outcomes[1].file("dnsmasq-br0.log"))

def case_ping_three_private(box):
    """Two cards each of two of them: a network of all three, and one of two."""
    outcome = passed(box.run_one(
        linux(box, type="ping", vms="vm1 vm2 vm3", mem="96", nics="a b", nics_vm3="a",
              nic_mode="private", private_net_a="all", private_net_b="pair", ping_count="2"),
        timeout=200))
    outcome.expect(0, "PASS ping: 5 card.s. have their addresses, 8 way.s. pinged")


def case_ping_as_plain_user(box):
    """A bridge and taps need no root, nor does DHCP."""
    need("dnsmasq")
    as_nobody(box)
    outcome = passed(box.run_one(two(box, nic_mode="tap", ip_config="dhcp"), timeout=200))
    outcome.expect(0, "PASS ping: 2 card.s. have their addresses, 4 way.s. pinged")
    expect_no_interface_left(box)


def case_ping_on_two_taps(box):
    """The host is on each of a test's tap networks, and finds each guest on both, though all have one subnet."""
    for way in ("told", "dhcp"):
        box.add(way, two(box, nics="nic1 nic2", nic_mode="tap", private_net_nic1="a", private_net_nic2="b",
                         ip_config=way), timeout=200)
        log = passed(box.finish(way, box.start(way), limit=240)).file("runner.log")
        for ip, card in (("10.20.0.1", "nic1 of vm1"), ("10.20.0.2", "nic2 of vm1"), ("10.20.0.3", "nic1 of vm2"),
                         ("10.20.0.4", "nic2 of vm2")):
            expected = f"ping from the host to {ip} ({card}): 3 of 3 answers"
            expect_equal((expected, expected in log), (expected, True))
    box.expect_nothing_left()


def case_tap_without_device(box):
    """What a plain user lacks is told before anything boots."""
    if os.getuid() != 0:
        raise Skip(f"only root can take {TUN} away")
    as_nobody(box, "600")
    box.run_one(two(box, nic_mode="tap")).expect(
        77, f"SKIP environment: nic_mode = tap: {TUN}: Permission denied")


def without_plan_ips(box):
    """A range of MAC addresses alone, as an implicit host has it."""
    box.ranges = [{**r, "base_ip": ""} for r in box.ranges]


def case_ping_without_plan_addresses(box):
    """Networks that are the test's own have addresses all the same."""
    without_plan_ips(box)
    own = ("10.90.0.1", "10.90.0.2")
    rows = {"user": (linux(box, type="ping"), ("10.0.2.15",), 1),
            "user-dhcp": (linux(box, type="ping", ip_config="dhcp", nics="nic1 nic2"), ("10.0.2.15",) * 2, 2),
            "private": (two(box, nic_mode="private"), own, 2),
            "tap": (two(box, nic_mode="tap"), own, 4)}
    for name, (params, _, _) in rows.items():
        box.add(name, params, timeout=200)
    for name, (_, ips, ways) in rows.items():
        outcome = passed(box.run(name))
        outcome.expect(0, rf"PASS ping: {len(ips)} card.s. have their addresses, {ways} way.s. pinged")
        nics = [nic for vm in outcome.result()["vms"] for nic in vm["nics"]]
        expect_equal([nic["ip"] for nic in nics], list(ips))
        if name.startswith("user"):
            expected = "to 10.0.2.2 (the host): 3 of 3 answers"
            expect_equal((expected, expected in outcome.file("runner.log")), (expected, True))
    box.expect_nothing_left()


def case_ping_tap_dhcp_without_plan_addresses(box):
    need("dnsmasq")
    without_plan_ips(box)
    outcome = passed(box.run_one(two(box, nic_mode="tap", ip_config="dhcp"), timeout=200))
    outcome.expect(0, "PASS ping: 2 card.s. have their addresses, 4 way.s. pinged")
    expect_equal("DHCPACK(br0) 10.90.0.2 52:54:00:10:00:01" in outcome.file("dnsmasq-br0.log"), True)


def case_ping_unanswered_without_plan_addresses(box):
    """The twin: a VM that answers nobody."""
    without_plan_ips(box)
    box.run_one(two(box, nic_mode="private", ping_timeout="1", ping_count="2",
                    kernel_params_vm2=guests.FAST + " sysctl.net.ipv4.icmp_echo_ignore_all=1"),
                timeout=200).expect(
        1, r"FAIL ping-failed: vm1 \(nic1\) got 0 of 2 answers from 10\.90\.0\.2 \(nic1 of vm2\) "
           r"\(allowed loss: 0 %\)")


def case_ping_unanswered(box):
    """The twin of ping: a VM that answers nobody."""
    box.run_one(two(box, nic_mode="private", ping_timeout="1", ping_count="2",
                    kernel_params_vm2=guests.FAST + " sysctl.net.ipv4.icmp_echo_ignore_all=1"),
                timeout=200).expect(
        1, r"FAIL ping-failed: vm1 \(nic1\) got 0 of 2 answers from 10\.20\.0\.2 \(nic1 of vm2\) "
           r"\(allowed loss: 0 %\)")


# A function, since busybox's sh looks for no program in the place of its own ping.
LIAR = ("echo 'ping() { echo 3 packets transmitted, 3 packets received; }' > /liar;"
        " sed -i 's|exec /bin/sh .port|. /liar; . $port|' /init; exec /init")


def case_ping_liar(box):
    """Another twin: a guest whose ping says what is wanted. The runner is the network, and knows."""
    box.run_one(two(box, nic_mode="private",
                    kernel_params=f'{guests.FAST} rdinit=/bin/sh -- -c "{LIAR}"'), timeout=200).expect(
        1, r"FAIL ping-failed: vm1 \(nic1\) says that it got 3 answers from 10\.20\.0\.2 "
           r"\(nic1 of vm2\), but 0 came by on their network")


def case_ping_wrong_address(box):
    """Another twin: a guest with an address that the plan did not give it."""
    box.run_one(linux(box, type="ping", mem="96", ip_config="none",
                      kernel_params=guests.FAST + " kvmtest.ip=10.20.9.9/16"), timeout=200).expect(
        1, r"FAIL wrong-address: vm1: nic1 \(52:54:00:10:00:01\) has the address 10\.20\.9\.9, "
           r"not 10\.20\.0\.1")


def case_dhcp_unanswered(box):
    """The twin of DHCP: the guest asks with a MAC address that is not the plan's."""
    need("dnsmasq")
    outcome = box.run_one(linux(box, type="ping", mem="96", nic_mode="tap", ip_config="dhcp",
                                extra_params="-set device.nic1.mac=52:54:00:99:00:01"),
                          timeout=200)
    if outcome.status == 77:
        raise Skip(outcome.verdict)
    outcome.expect(1, r"FAIL wrong-address: vm1: the guest has no network card with the address "
                      r"52:54:00:10:00:01 of nic1")
    if "no address available" not in outcome.file("dnsmasq-br0.log"):
        raise Failure(outcome.file("dnsmasq-br0.log"))


def case_dhcp_server_killed(box):
    """It ends the test at once, whatever the guests make of it."""
    need("dnsmasq")
    box.add("one", linux(box, type="guest_command", mem="96", nic_mode="tap", ip_config="dhcp",
                         guest_command="echo asked > /dev/console; sleep 50; false"), timeout=120)
    process = box.start("one")
    log = box.path("results", "one", "console-vm1.log")

    def asked():
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as file:
                return "asked" in file.read()
        return False
    wait_until(asked, 60, "the guest runs its command")
    pid, = [pid for pid in runs.processes_with("dnsmasq --no-daemon") if pid in runs.processes_with(box.directory + "/")]
    begin = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    box.finish("one", process).expect(
        3, "ERROR harness-error: dnsmasq, which gives the guests of the tap network 'net' their addresses, has "
           "ended while the test ran")
    if time.monotonic() - begin > 20:
        raise Failure("it was waited for something else")


def case_dhcp_server_that_ends(box):
    """That is noticed at once, and it is quoted."""
    os.makedirs(box.path("bin"))
    with open(box.path("bin", "dnsmasq"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho 'dnsmasq: it is Sunday' >&2\nexit 3\n")
    os.chmod(box.path("bin", "dnsmasq"), 0o755)
    box.environment["PATH"] = box.path("bin") + ":" + os.environ["PATH"]
    begin = time.monotonic()
    box.run_one(tiny(box, nic_mode="tap", ip_config="dhcp", nics="nic1")).expect(
        3, "ERROR harness-error: dnsmasq did not start: it ended and wrote: dnsmasq: it is Sunday ?")
    if time.monotonic() - begin > 10:
        raise Failure(f"it took {time.monotonic() - begin} s")


def case_forwarded_ports(box):
    """Ports that qemu chose lead into a guest that is cut off from everything else."""
    box.add("one", linux(box, redirs="echo shell", guest_port_echo="7", restrict="yes",
                         guest_command="until echo through | nc -l -p 7 -w 60 | grep taken; do :; done"), timeout=120)
    process = box.start("one")
    vm = wait_until(lambda: box.vm("one"), 30, "the VM runs")
    ports = vm["nics"][0]["redirs"]
    expect_equal(sorted(ports), ["echo", "shell"])

    def answer():
        with socket.create_connection(("127.0.0.1", ports["echo"]), timeout=10) as connection:
            connection.settimeout(2)
            try:
                got = connection.recv(100)
                connection.sendall(b"taken\n")  # else the guest says it again
                return got
            except OSError:
                return b""
    expect_equal(wait_until(answer, 60, "the guest answers"), b"through\n")
    box.finish("one", process).expect(0, "PASS boot: .*")


def hidden(box, **params):
    return tiny(box, nics="nic1", nic_model="virtio", boot_marker="never", **params)


CAPABILITIES = {"dac_override": 1, "fowner": 3, "kill": 5, "setpcap": 8, "net_bind_service": 10, "net_admin": 12,
                "net_raw": 13, "sys_ptrace": 19, "sys_admin": 21}


def capabilities(pid, which):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        text, = re.findall(rf"^{which}:\s*([0-9a-f]+)$", file.read(), re.M)
    return int(text, 16)


def case_capabilities_of_root(box):
    """What need not be root's is not; but a test's own program is whoever runs ctest."""
    if os.getuid() != 0:
        raise Skip("root has capabilities")
    need("dnsmasq")
    with open(box.path("program"), "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nsleep 100\n")
    os.chmod(box.path("program"), 0o755)
    box.add("one", tiny(box, type="external", command=box.path("program"), nics="nic1", nic_model="virtio",
                        nic_mode="tap", ip_config="dhcp"))
    process = box.start("one")
    wait_until(lambda: box.vm("one") and "program" in map(comm, box.processes()), 20, "the VM and the program run")
    # (os.getpid() is the root that starts the runner: it may have less than all.)
    bound, ours = capabilities("self", "CapBnd"), capabilities("self", "CapPrm")
    runner = "dac_override fowner kill setpcap net_admin net_raw sys_ptrace sys_admin net_bind_service"
    keeper = dnsmasq = "dac_override net_admin net_raw net_bind_service"
    qemu = "dac_override net_admin"
    kept = {"kvmtest-run": (runner, None), "kvmtest-guard": (runner, None), "kvmtest-net": (keeper, dnsmasq),
            "dnsmasq": (dnsmasq, dnsmasq), "qemu-system-x86": (qemu, qemu), "program": (None, None)}

    def mask(names, all_of):
        return all_of if names is None else all_of & sum(1 << CAPABILITIES[name] for name in names.split())
    found = {comm(pid): (capabilities(pid, "CapEff"), capabilities(pid, "CapPrm"), capabilities(pid, "CapBnd"))
             for pid in (*box.processes(), box.vm("one")["pid"]) if comm(pid) in kept}
    process.terminate()
    box.finish("one", process).expect(3, "ERROR interrupted: .*")
    expect_equal(found, {name: (mask(has, ours),) * 2 + (mask(may, bound),) for name, (has, may) in kept.items()})
    box.expect_nothing_left()


def case_networks_die_with_the_runner(box):
    """kill -9, and two seconds later there is no dnsmasq, no keeper, no namespace."""
    need("dnsmasq")
    box.add("one", hidden(box, nic_mode="tap", ip_config="dhcp"))
    process = box.start("one")
    try:
        vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    except Failure:
        outcome = box.finish("one", process)
        if outcome.status == 77:
            raise Skip(outcome.verdict) from None
        raise
    pids = {name: [pid for pid in box.processes() if comm(pid) == name]
            for name in ("dnsmasq", "kvmtest-net")}
    expect_equal({name: len(found) for name, found in pids.items()},
                 {"dnsmasq": 1, "kvmtest-net": 1})
    own = network(pids["kvmtest-net"][0])
    expect_equal([network(pids["dnsmasq"][0]), own == network("self")], [own, False])
    process.kill()
    wait_until(lambda: not runs.lives(vm["pid"]), 2, "qemu is gone")
    box.expect_nothing_left()
    others = [pid for pid in filter(str.isdigit, os.listdir("/proc")) if network(pid) == own]
    expect_equal(others, [])
    process.stdout.close()


def case_dnsmasq_dies_when_all_are_killed(box):
    """kill -9 of runner, guardian and keeper at once: nobody of theirs could end it."""
    need("dnsmasq")
    box.add("one", hidden(box, nic_mode="tap", ip_config="dhcp"))
    process = box.start("one")
    wait_until(lambda: box.vm("one") or process.poll() is not None, 20, "the VM runs")
    pids = {comm(pid): int(pid) for pid in box.processes()}
    if process.poll() is not None or "dnsmasq" not in pids:
        raise Skip(box.finish("one", process).verdict)
    own = network(pids["kvmtest-net"])
    killed = [process.pid, pids["kvmtest-guard"], pids["kvmtest-net"]]
    for pid in killed:
        os.kill(pid, signal.SIGSTOP)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(network(pid) != own for pid in filter(str.isdigit, os.listdir("/proc"))), 2,
               "nobody is in the namespace")
    wait_until(lambda: not box.processes(), 2, "no process is left")
    process.wait()
    process.stdout.close()
    subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    box.expect_nothing_left()


def case_networks_die_at_any_moment(box):
    """The same in the middle of making the namespace, starting dnsmasq, starting qemu."""
    need("dnsmasq")
    box.add("one", hidden(box, nic_mode="tap", ip_config="dhcp"))
    moments = random.Random(5)
    for _ in range(12):
        process = box.start("one")
        time.sleep(moments.uniform(0, 0.5))
        process.kill()
        process.wait()
        process.stdout.close()
        box.expect_nothing_left()


# Runs a command in a network namespace with a bridge, as a machine may have one.
MACHINE = ["unshare", "-n", "sh", "-ec",
           'ip link set lo up; ip link add kvtest0 type bridge; ip link set kvtest0 up; exec "$@"', "sh"]


def need_machine():
    need("unshare", "ip")
    if os.getuid() != 0 or not stat.S_ISCHR(os.stat(TUN).st_mode):
        raise Skip("a bridge of the machine's needs root and " + TUN)


def in_machine(box, script):
    return subprocess.run([*MACHINE, "sh", "-c", script], env=box.environ(), capture_output=True, text=True,
                          check=False, timeout=250)


def case_bridge(box):
    """Cards on a bridge of the machine's; two build trees that want one address take turns."""
    need_machine()
    params = two(box, nic_mode="bridge", netdst="kvtest0")
    box.add("pings", params, timeout=200)
    box.add("killed", hidden(box, nic_mode="bridge", netdst="kvtest0"), queues=[0])
    box.add("waits", hidden(box, nic_mode="bridge", netdst="kvtest0"), queues=[1], timeout=1)
    commands = {name: " ".join(f"'{w}'" for w in box.command(name))
                for name in ("pings", "killed", "waits")}
    result = box.path("results", "killed", "result.json")
    run = in_machine(box, f"""
        {commands['pings']} > {box.path('pings.out')}; echo pings $?; ip -o link
        {commands['killed']} > {box.path('killed.out')} & runner=$!
        for i in $(seq 200); do grep -q '"qmp"' {result} && break; sleep 0.1; done
        ip -o link
        {commands['waits']} > {box.path('waits.out')}; echo waits $?; head -1 {box.path('waits.out')}
        kill -9 $runner; wait; sleep 2; echo left; ip -o link""")
    with open(box.path("pings.out"), encoding="utf-8") as file:
        first = file.readline()
    if "pings 0" not in run.stdout or not first.startswith("PASS ping: 2 card(s)"):
        raise Failure(first + run.stdout + run.stderr)
    after_pings, after_kill = run.stdout.split("left\n")
    taps = re.findall(r": (kvt[0-9a-f]{8}n\d+): .* master kvtest0 ", after_pings)
    if len(taps) != 1 or "waits 124\nFAIL queue-busy: 52:54:00:10:00:01 on the bridge 'kvtest0' is in use by "\
            not in after_pings:
        raise Failure(run.stdout + run.stderr)
    expect_equal(re.findall(r": (kvt\w+): ", after_kill), ["kvtest0"])
    box.expect_nothing_left()


def case_no_bridge(box):
    box.run_one(two(box, nic_mode="bridge", netdst="kvt-none")).expect(
        77, r"SKIP environment: this machine has no bridge 'kvt-none' \(netdst\)")


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
