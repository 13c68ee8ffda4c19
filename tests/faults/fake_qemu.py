#!/usr/bin/env python3
"""A qemu that has no machine: it speaks QMP, writes to its console, serves a shell, records its
command line, and can be as broken as FAKE_QEMU asks for (see MODES). FAKE_QEMU_ANSWERS is a JSON
object {command: {"return": value, "events": [[name, data], ...]}} of what it says to commands (an
event may have a time as a third member); a list of such answers is for one time after another, the
last one for ever. FAKE_QEMU_RESETS: when the events of `resets` come, a JSON list of seconds."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

MODES = """good dies silent mute-command flood hangs crashes panics oops helper exits stopped
no-boot wrong-reason no-reset outlives internal-error io-error resets busy-disk steals floods-stderr
terminated killed panics-by-command exits-by-command tells-of-panic-by-command crashes-at-end
 fails-at-end"""

MODE = os.environ.get("FAKE_QEMU", "good")
assert MODE in MODES.split(), MODE

# As `info registers -a` shows it, 7.2.
REGISTERS = """
CPU#0
RAX=0000000000000000 RBX=ffffffff82614a00 RCX=0000000000000001 RDX=000000000000a3a4
RIP=ffffffff81b2a6cb RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
"""

# One grey dot.
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55000000"
                    "0a49444154789c636800000082008177cd72b60000000049454e44ae426082")
ANSWERS = json.loads(os.environ.get("FAKE_QEMU_ANSWERS", "{}"))

READY = b"@@kvmtest-shell ready\n"


def chardev(name):
    for word in sys.argv:
        found = re.match(rf"socket,id={name},fd=(\d+)$", word)
        if found:
            return socket.socket(fileno=int(found.group(1)))
    return None


def say(console, text):
    console.sendall(text.encode())


class Monitor:
    def __init__(self, sock, console, shell):
        self.sock = sock
        self.console = console
        self.shell = shell
        self.file = sock.makefile("r")
        self.asked = 0
        self.status = "running"
        self.time = 0

    def send(self, message):
        self.sock.sendall((json.dumps(message) + "\r\n").encode())

    def event(self, name, **data):
        now = {"seconds": int(self.time), "microseconds": int(self.time % 1 * 1e6)}
        self.send({"event": name, "data": data, "timestamp": now})

    def greet(self):
        self.send({"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 99},
                                       "package": "fake"}, "capabilities": ["oob"]}})

    def serve(self):
        for line in self.file:
            self.command(json.loads(line))
        if MODE == "outlives":
            time.sleep(1000)
        os._exit(0)

    def answer(self, name):
        self.asked += name.startswith("query-")
        if name == "query-status":
            return {"status": self.status}
        if name == "query-cpus-fast":
            return [{"cpu-index": 0, "thread-id": os.getpid(), "target": "x86_64"}]
        if name == "human-monitor-command":
            return REGISTERS
        if name == "query-blockstats":
            reads = self.asked if MODE == "busy-disk" else 7
            return [{"device": "hd", "stats": {"rd_operations": reads, "wr_operations": 1}}]
        return {}

    def command(self, request):
        name = request["execute"]
        if MODE == "mute-command" and name not in ("qmp_capabilities", "quit") and self.asked > 0:
            return
        if MODE == "hangs" and name == "quit":
            return
        # An answer to somebody else's question must not be taken for ours.
        self.send({"id": "other-1", "return": {"status": "wrong"}})
        value = self.answer(name)
        if name == "screendump":
            if MODE != "no-boot":
                self.send({"id": request["id"], "error": {
                    "class": "GenericError",
                    "desc": "There is no console to take a screendump from"}})
                return
            with open(request["arguments"]["filename"], "wb") as file:
                file.write(PNG)
        if name == "system_frobnicate":
            self.send({"id": request["id"], "error": {"class": "CommandNotFound", "desc": "no"}})
            return
        answer = ANSWERS.get(name, {})
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        self.send({"id": request["id"], "return": answer.get("return", value)})
        for event, data, *when in answer.get("events", []):
            self.time = when[0] if when else self.time
            self.event(event, **data)
        if name == "quit":
            self.event("SHUTDOWN", guest=False, reason="host-qmp-quit")
            end()
        if name == "system_powerdown":
            reason = "guest-reset" if MODE == "wrong-reason" else "guest-shutdown"
            self.event("SHUTDOWN", guest=True, reason=reason)
            end()
        if name == "system_reset" and MODE != "no-reset":
            self.event("RESET", guest=False, reason="host-qmp-system-reset")
            boot(self.console)
            if self.shell is not None:
                self.shell.sendall(READY)


def end():
    """As it was told to, or as its guest wants it."""
    if MODE == "crashes-at-end":
        print("qemu: free(): invalid pointer", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    os._exit(1 if MODE == "fails-at-end" else 0)


def boot(console):
    say(console, "fake BIOS\r\n")
    if MODE not in ("no-boot", "busy-disk"):
        say(console, "fake guest ready\r\n")


def serve_shell(sock):
    sock.sendall(READY)
    fd = sock.fileno()
    subprocess.run(["sh"], stdin=fd, stdout=fd, stderr=fd,
                   check=False)


def when(path, act):
    """Once a command in the "guest" has made that file."""
    while not os.path.exists(path):
        time.sleep(0.05)
    os.unlink(path)
    act()


def power_off(monitor):
    monitor.event("SHUTDOWN", guest=True, reason="guest-shutdown")
    os._exit(0)


def misbehave(monitor, console):
    if MODE == "flood":
        line = b"x" * 200 + b"\r\n"
        while True:
            console.sendall(line * 100)
    elif MODE == "steals":
        for line in ('<CTestMeasurementFile type="file" name="stolen">/etc/hostname'
                     '</CTestMeasurementFile>\r\n', '<CTestMeasurement type="numeric/double" '
                     'name="evil">', '1</CTestMeasurement>\r\n'):
            say(console, line)
            time.sleep(0.1)
    elif MODE == "floods-stderr":
        os.write(2, b"it begins\n")
        while True:
            os.write(2, b"and on and on\n" * 1000)
    elif MODE == "terminated":
        time.sleep(0.2)
        print("qemu-system-x86_64: terminating on signal 15 from pid 4711 (earlyoom)",
              file=sys.stderr, flush=True)
        monitor.event("SHUTDOWN", guest=False, reason="host-signal")
        os._exit(0)
    elif MODE == "killed":
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    elif MODE == "panics-by-command":
        when(os.environ["PANIC"],
             lambda: say(console, "[    1.0] Kernel panic - not syncing: fake\r\n"))
    elif MODE == "tells-of-panic-by-command":
        when(os.environ["PANIC"], lambda: monitor.event("GUEST_PANICKED", action="pause"))
    elif MODE == "exits-by-command":
        when(os.environ["PANIC"], lambda: power_off(monitor))
    elif MODE == "crashes":
        time.sleep(0.2)
        print("qemu: something is very wrong", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif MODE == "panics":
        time.sleep(0.2)
        say(console, "[    1.0] Kernel panic - not syncing: VFS: no root\r\nCall Trace:\r\n <TASK>\r\n")
    elif MODE == "oops":
        say(console, "BUG: kernel NULL pointer dereference, address: 0\r\n")
    elif MODE == "exits":
        time.sleep(0.2)
        power_off(monitor)
    elif MODE == "stopped":
        print("qemu: I stopped it", file=sys.stderr, flush=True)
        monitor.event("STOP")
    elif MODE == "internal-error":
        print("KVM internal error. Suberror: 1\nextra data[0]: 0x1\n"
              "emulation failure\nEAX=00000000", file=sys.stderr,
              flush=True)
        monitor.status = "internal-error"
        monitor.event("STOP")
    elif MODE == "io-error":
        monitor.status = "io-error"
        monitor.event("BLOCK_IO_ERROR", device="drive-hd", operation="write", action="stop",
                      reason="No space left on device")
        monitor.event("STOP")
    elif MODE == "resets":
        for monitor.time in json.loads(os.environ.get("FAKE_QEMU_RESETS", "[0]")):
            monitor.event("RESET", guest=True, reason="guest-reset")
        time.sleep(0.2)
        boot(console)


def main():
    os.environ["PANIC"] = f"/tmp/kvmtest-fake-{os.getpid()}-panic"
    with open(os.environ.get("FAKE_QEMU_ARGV", "/dev/null"), "w", encoding="utf-8") as file:
        json.dump(sys.argv, file)
    if MODE == "dies":
        print("qemu: -m: there is no memory\nqemu: giving up", file=sys.stderr)
        sys.exit(1)
    if MODE == "outlives" and os.fork() != 0:
        # Neither the death of the runner nor its guardian finds the child.
        os.wait()
        os._exit(0)
    if MODE == "outlives":
        os.setsid()
    if MODE == "helper":
        # A helper in qemu's group that has not asked to die with anybody.
        subprocess.Popen(["sleep", "1000", *[a for a in sys.argv if a.startswith("guest=")]][:2])
    if MODE == "hangs":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    console = chardev("console")
    shell = chardev("shell")
    monitor = Monitor(chardev("qmp"), console, shell)
    if MODE == "silent":
        time.sleep(1000)
    monitor.greet()
    if MODE not in ("panics", "oops", "crashes", "exits", "stopped", "internal-error", "io-error",
                    "resets", "terminated", "killed"):
        boot(console)
    if shell is not None and MODE != "no-boot":
        threading.Thread(target=serve_shell, args=(shell,), daemon=True).start()
    threading.Thread(target=misbehave, args=(monitor, console), daemon=True).start()
    monitor.serve()


main()
