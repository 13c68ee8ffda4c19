"""Chromium without a screen, as people read pages with it."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import zlib

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """A browser that does what DevTools asks, by its pipe, so that nothing listens anywhere."""

    LIMIT = 120  # seconds that anything may take

    def __init__(self, *options):
        self.profile = tempfile.TemporaryDirectory(prefix="kvmtest-browser-")
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()

        def numbers():
            # Out of each other's way first: the browser wants 3 and 4.
            ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out)]
            for number, end in zip((3, 4), ends):
                os.dup2(end, number)

        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=numbers, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.bytes = b""
        self.asked = 0
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        with contextlib.suppress(OSError):  # its children may yet write there
            self.profile.cleanup()

    def _receive(self, end):
        while b"\0" not in self.bytes:
            if not select.select([self.back], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self.bytes += more
        message, _, self.bytes = self.bytes.partition(b"\0")
        return json.loads(message)

    def ask(self, method, **params):
        self.asked += 1
        request = {"id": self.asked, "method": method, "params": params}
        if getattr(self, "session", None):
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        end = time.monotonic() + self.LIMIT
        while True:
            message = self._receive(end)
            if message.get("id") == self.asked:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, path, fragment="", width=1200, height=900, dark=False, script=True):
        """Loads a page; afterwards `complaints` has what the browser did not like of it."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        # From elsewhere, as with another fragment alone it would not be loaded again.
        self._navigate("about:blank")
        self._navigate(f"file://{os.path.abspath(path)}" + ("#" + fragment if fragment else ""))
        if script:
            self.evaluate("new Promise(f => requestAnimationFrame(() => setTimeout(f, 0)))")

    def _navigate(self, url):
        self.events.clear()
        self.ask("Page.navigate", url=url)
        end = time.monotonic() + self.LIMIT
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive(end))

    @property
    def complaints(self):
        return [event["params"] for event in self.events
                if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]

    def evaluate(self, expression):
        """The value of an expression in the page, also where its own scripts are off."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self):
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])


class Image:
    """A PNG as browsers write it: 8 bits a channel, not interlaced."""

    def __init__(self, png):
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        data, at = b"", 8
        while at < len(png):
            size, kind = struct.unpack_from(">I4s", png, at)
            if kind == b"IHDR":
                self.width, self.height, depth, colour, *_ = struct.unpack_from(">IIBBBBB", png, at + 8)
                assert depth == 8 and colour in (2, 6)
            elif kind == b"IDAT":
                data += png[at + 8:at + 8 + size]
            at += size + 12
        self.rows = self._unfilter(zlib.decompress(data), 3 if colour == 2 else 4)

    def _unfilter(self, raw, channels):
        """Rows of (r, g, b)."""
        stride, rows = self.width * channels, []
        before = bytearray(stride)
        for y in range(self.height):
            kind = raw[y * (stride + 1)]
            row = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
            for x in range(stride if kind else 0):
                left = row[x - channels] if x >= channels else 0
                up, corner = before[x], before[x - channels] if x >= channels else 0
                if kind == 1:
                    guess = left
                elif kind == 2:
                    guess = up
                elif kind == 3:
                    guess = (left + up) // 2
                else:
                    guess = min((left, up, corner), key=lambda v, p=left + up - corner: abs(p - v))
                row[x] = (row[x] + guess) & 255
            rows.append([tuple(row[x:x + 3]) for x in range(0, stride, channels)])
            before = row
        return rows

    def write_small(self, path):
        """As PNG of at most 256 colours: the most frequent ones, for others the nearest of them."""
        counts = {}
        for row in self.rows:
            for pixel in row:
                counts[pixel] = counts.get(pixel, 0) + 1
        palette = sorted(counts, key=counts.get, reverse=True)[:256]
        index = {colour: i for i, colour in enumerate(palette)}

        def nearest(colour):
            return min(range(len(palette)),
                       key=lambda i: sum((a - b) ** 2 for a, b in zip(palette[i], colour)))

        for colour in counts:
            if colour not in index:
                index[colour] = nearest(colour)
        raw = b"".join(b"\0" + bytes(index[pixel] for pixel in row) for row in self.rows)

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" +
                       chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)) +
                       chunk(b"PLTE", b"".join(map(bytes, palette))) +
                       chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
