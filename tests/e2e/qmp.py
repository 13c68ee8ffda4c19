"""The second monitor of a guest, asked by somebody who is not its runner."""
import json
import socket


class Qmp:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        json.loads(self.file.readline())  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command):
        self.file.write(json.dumps({"execute": command}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("the monitor has closed")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise OSError(f"{command}: {answer['error']}")

    def close(self):
        self.file.close()
        self.socket.close()


def macs(path):
    """The addresses that the machine's network cards answer to, as qemu itself has them."""
    monitor = Qmp(path)
    try:
        return sorted(card["main-mac"] for card in monitor.execute("query-rx-filter"))
    finally:
        monitor.close()
