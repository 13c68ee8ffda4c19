"""A small stand-in for CDash's submit.php on the loopback: keeps what is put, and fails as told."""

import hashlib
import http.server
import re
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):  # noqa: N802 (the name is http.server's)
        data = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server.owner
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        what = server.faults.pop(0) if server.faults else server.always
        server.seen.append((query.get("FileName", ""), what))
        if what == "drop":
            # Without an answer, and at once: a connection that is reset.
            self.close_connection = True
            self.connection.close()
            return
        if isinstance(what, str) and what.startswith("http"):
            self.send_response(301)
            self.send_header("Location", what)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if isinstance(what, bytes):
            self.answer(what)
            return
        if what:
            self.send_error(int(what))
            return
        if query.get("MD5") not in (None, hashlib.md5(data).hexdigest()):
            self.send_error(400)
            return
        server.keep(query)
        server.files.append({"query": query, "data": data,
                             "token": self.headers.get("Authorization")})
        self.answer(('<?xml version="1.0" encoding="UTF-8"?>\n<cdash version="3.10.2"><status>OK</status>'
                     f"<message></message><md5>{hashlib.md5(data).hexdigest()}</md5>"
                     f"<buildId>{server.build_of(query)}</buildId></cdash>\n").encode())

    def answer(self, answer):
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Server:
    """`faults`: what becomes of the first requests, each None, "drop", a status, an address where it
    is sent on to, or the bytes of an answer with which nothing is kept; `always`: of the others. `files`: what
    has been taken, in order; `seen`: of every request its name and fault; `kept`: of each build the parts that
    it has. As CDash does, it removes a build that is done when anything comes for it again."""

    def __init__(self, faults=(), always=None):
        self.faults, self.always = list(faults), always
        self.files, self.seen, self.builds = [], [], []
        self.kept = {}
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.owner = self
        self.url = f"http://127.0.0.1:{self.http.server_port}/submit.php?project=kvm"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def build_of(self, query):
        """The number of the build: CDash makes one of what has these in common."""
        build = tuple(query.get(key) for key in ("site", "build", "stamp"))
        if build not in self.builds:
            self.builds.append(build)
        return 100 + self.builds.index(build)

    def keep(self, query):
        number = self.build_of(query)
        part = re.sub(r".*___XML___(.*)\.xml$", r"\1", query["FileName"])
        if "Done" in self.kept.get(number, []):
            self.kept[number] = []
        self.kept.setdefault(number, []).append(part)

    def of(self, part):
        """The files of a part, which their names end in."""
        return [file for file in self.files if file["query"]["FileName"].endswith(f"___XML___{part}.xml")]
