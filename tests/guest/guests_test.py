#!/usr/bin/env python3
"""What the guests promise (examples/README.md), each on bare qemu."""
import os
import subprocess
import sys
import tempfile
import unittest

from machine import Machine, accelerators

GUESTS = sys.argv.pop(1) if len(sys.argv) > 1 else ""
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cmake", "guest")
MAC = "52:54:00:e3:00:01"


class Tiny(unittest.TestCase):
    def each(self, *more):
        """On every machine type and accelerator that it is for."""
        for kind in ("pc", "q35"):
            for accelerator in accelerators():
                with self.subTest(machine=kind, accelerator=accelerator):
                    with Machine("-M", kind, "-accel", accelerator, "-cpu", "qemu64", "-m", "4", "-bios",
                                 f"{GUESTS}/tiny.rom", *more, second_port=False) as machine:
                        machine.wait("console", "tiny guest ready\r\n")
                        yield machine

    def test_power_button(self):
        for machine in self.each():
            machine.execute("system_powerdown")
            self.assertEqual(machine.event("SHUTDOWN"), {"guest": True, "reason": "guest-shutdown"})

    def test_console(self):
        for machine in self.each():
            machine.send("console", "xyz")
            machine.wait("console", "xyz")
            machine.send("console", "r")
            self.assertEqual(machine.event("RESET"), {"guest": True, "reason": "guest-reset"})
            machine.wait("console", "tiny guest ready\r\n", 2)
            machine.send("console", "p")
            self.assertEqual(machine.event("SHUTDOWN"), {"guest": True, "reason": "guest-shutdown"})


class Linux(unittest.TestCase):
    flavour = "cloud"
    card = "virtio-net-pci"

    def start(self, *more):
        return Machine(
            "-M", "pc", "-accel", "tcg", "-m", "128", "-kernel", f"{GUESTS}/{self.flavour}/vmlinux",
            "-initrd", f"{GUESTS}/{self.flavour}/initramfs.cpio", "-append",
            "console=ttyS0 quiet mitigations=off no_timer_check cryptomgr.notests panic=-1 "
            "kvmtest.nonce=n0nce kvmtest.ip=10.20.0.3/16",
            "-netdev", "user,id=net", "-device", f"{self.card},netdev=net,mac={MAC}", *more)

    def test_contract(self):
        with self.start() as machine:
            machine.wait("console", f"^kvmtest-guest: ready nonce=n0nce nics=eth0={MAC}\r\n")
            machine.wait("shell", "@@kvmtest-shell ready\n")
            self.assertEqual(machine.command("cat /sys/class/net/eth0/address"), (0, MAC + "\n"))
            self.assertIn("inet 10.20.0.3/16", machine.command("ip addr show eth0")[1])
            self.assertIn("inet 127.0.0.1/8", machine.command("ip addr show lo")[1])
            self.assertEqual(machine.command("(exit 7)")[0], 7)
            self.assertEqual(machine.command("cat")[0], 0, "the shell's input is not its commands'")
            self.assertEqual(machine.command("tty")[1], "not a tty\n")
            # Bytes pass as they are.
            self.assertEqual(machine.command(r"printf 'a\r\n\001\377' | md5sum | cut -c1-8"),
                             machine.command(r"printf 'a\015\012\001\377' | md5sum | cut -c1-8"))
            machine.send("shell", "exit 3\n")
            machine.wait("shell", "@@kvmtest-shell ready\n", 2)
            machine.send("shell", "reboot\n")
            self.assertEqual(machine.event("RESET"), {"guest": True, "reason": "guest-reset"})
            machine.wait("shell", "@@kvmtest-shell ready\n", 3)
            machine.execute("system_powerdown")
            self.assertEqual(machine.event("SHUTDOWN"), {"guest": True, "reason": "guest-shutdown"})

    def test_poweroff_with_disks(self):
        disks = []
        for index, device in enumerate(["ide-hd", "virtio-blk-pci", "scsi-hd,bus=hba.0"]):
            disks += ["-drive", f"if=none,id=d{index},file={GUESTS}/disks/signed.raw,format=raw,snapshot=on",
                      "-device", f"{device},drive=d{index}"]
        with self.start("-device", "virtio-scsi-pci,id=hba", *disks) as machine:
            machine.wait("shell", "@@kvmtest-shell ready\n")
            for name in ("sda", "sdb", "vda"):
                self.assertEqual(machine.command(
                    f"dd if=/dev/{name} bs=1M skip=1 count=1 status=none | head -n2 | tail -n1"),
                    (0, "kvmtest raw disk\n"))
            machine.send("shell", "poweroff\n")
            self.assertEqual(machine.event("SHUTDOWN"), {"guest": True, "reason": "guest-shutdown"})


class LinuxAmd64(Linux):
    flavour = "amd64"
    card = "e1000"


class OwnKernel(unittest.TestCase):
    def test_boot(self):
        """Our initramfs around a kernel of one's own: here Debian's, without its modules."""
        with tempfile.TemporaryDirectory(prefix="kvmtest-guest-") as place:
            program = place + "/hello"
            with open(program, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\necho hello\n")
            os.chmod(program, 0o755)
            subprocess.run([SCRIPTS + "/make-linux-guest.sh", "--output", place + "/own",
                            "--kernel", f"{GUESTS}/cloud/vmlinux", "--file", program + "=/opt/bin/",
                            "--command", "/opt/bin/hello > /run/said; exit 3"], check=True)
            with Machine("-M", "pc", "-accel", "tcg", "-m", "128", "-kernel", place + "/own/kernel",
                         "-initrd", place + "/own/initramfs.cpio", "-append",
                         "console=ttyS0 quiet mitigations=off no_timer_check panic=-1") as machine:
                machine.wait("console", "^kvmtest-guest: the image's command ended with status 3\r\n"
                                        "kvmtest-guest: ready nonce= nics=\r\n")
                machine.wait("shell", "@@kvmtest-shell ready\n")
                self.assertEqual(machine.command("cat /run/said"), (0, "hello\n"))


class Scripts(unittest.TestCase):
    def run_script(self, name, *arguments):
        done = subprocess.run([os.path.join(SCRIPTS, name), *arguments], capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_nothing_to_do(self):
        for name, arguments, made in [
                ("make-linux-guest.sh", [], "cloud"),
                ("make-linux-guest.sh", ["--flavour", "amd64"], "amd64"),
                ("make-tiny-rom.sh", [], "tiny.rom"),
                ("make-disk.sh", [], "disks/signed.raw")]:
            output = os.path.realpath(GUESTS) + "/" + made
            self.assertEqual(self.run_script(name, "--output", output, *arguments),
                             (0, f"{name}: {output} is up to date\n"))

    def test_errors(self):
        for name, arguments, text in [
                ("make-linux-guest.sh", [], "--output DIR is missing"),
                ("make-linux-guest.sh", ["--output"], "--output needs a value"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--flavour", "red"],
                 "no flavour named 'red': cloud or amd64"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--kernel", "/nosuch"],
                 "there is no kernel /nosuch"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--kernel", "/etc/passwd", "--package", "bash"],
                 "--package goes with Debian's kernel, not with --kernel"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--file", "/etc/passwd"],
                 "--file /etc/passwd: not FILE=/PLACE"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--file", "/etc/passwd=/a/../../b"],
                 "--file /etc/passwd=/a/../../b: not FILE=/PLACE"),
                ("make-linux-guest.sh", ["--output", "/tmp/x", "--file", "/nosuch=/a"],
                 "there is no file /nosuch"),
                ("make-linux-guest.sh", ["--fast"], "unknown argument '--fast' (see --help)"),
                ("make-tiny-rom.sh", [], "--output FILE is missing"),
                ("make-disk.sh", ["--output", "/tmp/x.raw", "--offset", "1M"],
                 "--offset 1M: not a number of bytes")]:
            self.assertEqual(self.run_script(name, *arguments), (1, f"{name}: error: {text}\n"))


if __name__ == "__main__":
    unittest.main()
