"""A guest on bare qemu, without kvmtest's programs: what the guest promises is between it and qemu."""
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import time

LIMIT = 120  # for what never comes


class Machine:
    """Its console and its second serial port as text, and its monitor. Ends with the `with`."""

    def __init__(self, *arguments, second_port=True):
        self.directory = tempfile.TemporaryDirectory(prefix="kvmtest-guest-")
        self.text = {"console": b"", "shell": b""}
        self.events = []
        command = ["timeout", str(2 * LIMIT), "qemu-system-x86_64", "-nodefaults", "-no-user-config",
                   "-display", "none", "-S", "-qmp", self._server("qmp")]
        for name in ("console", "shell") if second_port else ("console",):
            command += ["-serial", self._server(name)]
        self.qemu = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL)
        self.sockets = {name: self._connect(name) for name in self.text if second_port or name == "console"}
        self.monitor = self._connect("qmp")
        self.answers = self.monitor.makefile("r")
        self._answer("QMP")
        self.execute("qmp_capabilities")
        self.execute("cont")

    def _server(self, name):
        return f"unix:{self.directory.name}/{name},server=on,wait=off"

    def _connect(self, name):
        end = time.monotonic() + LIMIT
        while True:
            connected = socket.socket(socket.AF_UNIX)
            try:
                connected.connect(f"{self.directory.name}/{name}")
                return connected
            except OSError:
                connected.close()
                if self.qemu.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _answer(self, *keys):
        while True:
            line = self.answers.readline()
            if not line:
                return None
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer)
            if any(key in answer for key in keys):
                return answer

    def execute(self, command):
        self.monitor.sendall(json.dumps({"execute": command}).encode() + b"\n")
        return self._answer("return", "error")

    def event(self, name):
        """The data of the next such event; None if qemu ends first."""
        while True:
            for answer in self.events:
                if answer["event"] == name:
                    self.events.remove(answer)
                    return answer.get("data", {})
            if self._answer("event") is None:
                return None

    def send(self, port, text):
        self.sockets[port].sendall(text.encode())

    def wait(self, port, pattern, count=1):
        """Until the port has shown the pattern so many times; the last match."""
        end = time.monotonic() + LIMIT
        while True:
            found = list(re.finditer(pattern.encode(), self.text[port], re.MULTILINE))
            if len(found) >= count:
                return found[count - 1][0].decode()
            ready, _, _ = select.select(list(self.sockets.values()), [], [], 1)
            for name, connected in self.sockets.items():
                if connected in ready:
                    self.text[name] += connected.recv(65536)
            if time.monotonic() > end or self.qemu.poll() is not None:
                raise AssertionError(f"no {count} x {pattern!r} on the {port}: {self.text}")

    def command(self, text):
        """(exit status, output) of a command in the guest's shell."""
        before = len(self.text["shell"])
        marks = len(re.findall(rb"@@end:\d+", self.text["shell"]))
        self.send("shell", f"{{ {text}\n}} < /dev/null; echo '@@'end:$?\n")
        status = self.wait("shell", r"@@end:\d+\n", marks + 1)
        output = self.text["shell"][before:].decode(errors="replace")
        return int(status[6:]), output[:output.rindex("@@end:")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.terminate()
        self.qemu.wait()
        for connected in [*self.sockets.values(), self.monitor]:
            connected.close()
        self.answers.close()
        self.directory.cleanup()


def accelerators():
    """tcg, and kvm where it can be opened: the tiny guest must run even where KVM is slow."""
    return ["tcg"] + (["kvm"] if os.access("/dev/kvm", os.R_OK | os.W_OK) else [])
