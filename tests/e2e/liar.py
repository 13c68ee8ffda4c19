#!/usr/bin/env python3
"""A runner that does wrong and writes that all was well. Stands before the real runner's command
line (LAUNCHER) and runs nothing of it:

  address   gives every machine the same address, and records the allotted ones
  linger    lets the machine live on when it has recorded its end

liars.py proves that this does not get past the witness."""
import json
import os
import subprocess
import sys
import time

SHARED = "52:54:00:e2:ff:01"


def description(tests):
    path, _, offset = tests.rpartition("@")
    with open(path) as file:
        header = json.loads(file.readline())
        file.seek(int(offset))
        return header, json.loads(file.readline())


def allotted(queue):
    """The first address of the queue's range."""
    block = queue["ranges"][0]
    number = int(block["base_mac"].replace(":", ""), 16) + block["offset"]
    digits = f"{number:012x}"
    return ":".join(digits[i:i + 2] for i in range(0, 12, 2))


def main():
    lie, guests, sockets, *command = sys.argv[1:]
    header, test = description(command[command.index("--tests") + 1])
    name = command[command.index("--test") + 1]
    queue = header["queues"][test["queues"][0]]
    mac = allotted(queue)
    folder = os.path.join(header["results_dir"], f"liar-{os.getpid()}")
    os.makedirs(folder)
    started = time.time()
    lifetime = 2 if lie == "address" else 5
    # ctest waits until nobody has the test's output open.
    machine = subprocess.Popen(
        ["timeout", str(lifetime), "qemu-system-x86_64", "-name", f"guest={name}/vm1", "-nodefaults", "-display", "none", "-m", "4",
         "-accel", "tcg", "-bios", f"{guests}/tiny.rom", "-serial", "null",
         "-chardev", f"socket,id=qmp2,path={sockets}/{os.getpid()},server=on,wait=off",
         "-mon", "chardev=qmp2,mode=control",
         "-netdev", "user,id=net", "-device",
         f"virtio-net-pci,netdev=net,mac={SHARED if lie == 'address' else mac}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    with open(f"/proc/{machine.pid}/task/{machine.pid}/children") as file:
        pid = int(file.read().split()[0])
    if lie == "address":
        machine.wait()
    with open(os.path.join(folder, "console-vm1.log"), "w") as file:
        file.write(f"kvmtest-guest: ready nonce={os.environ['KVMTEST_NONCE']} nics=eth0={mac}\n")
    record = {"test": name, "status": "pass", "queue": queue["name"], "nonce": os.environ["KVMTEST_NONCE"],
              "vms": [{"name": "vm1", "pid": pid, "started": started,
                       "nics": [{"name": "nic1", "mac": mac, "ip": queue["ranges"][0]["base_ip"]}]}],
              "vms_ended": time.time()}
    with open(os.path.join(folder, "result.json"), "w") as file:
        json.dump(record, file)


if __name__ == "__main__":
    main()
