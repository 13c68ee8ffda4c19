"""A small CMake project in a directory of its own, and the commands run on it.

A case (see run.py) writes files, calls configure(), build() and ctest(), and checks
what comes back. All of them are the real programs; only kvmtest-run is a stand-in
where a case does not say otherwise, since nothing here boots a guest.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE_DIR = os.path.dirname(os.path.dirname(HERE))


class Failure(Exception):
    """A case found something else than it expects."""


class Result:
    def __init__(self, command, completed):
        self.command = command
        self.status = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    @property
    def text(self):
        return self.out + self.err

    def describe(self):
        return (f"$ {' '.join(self.command)}\nexit status {self.status}\n"
                f"--- stdout\n{self.out}--- stderr\n{self.err}---")

    def expect(self, status):
        if self.status != status:
            raise Failure(f"expected exit status {status}\n{self.describe()}")
        return self

    def expect_failure(self):
        if self.status == 0:
            raise Failure(f"expected it to fail\n{self.describe()}")
        return self

    def expect_text(self, *parts):
        for part in parts:
            if part not in self.text:
                raise Failure(f"expected this text:\n{part}\n{self.describe()}")
        return self

    def expect_no_text(self, *parts):
        for part in parts:
            if part in self.text:
                raise Failure(f"did not expect this text:\n{part}\n{self.describe()}")
        return self


class Run(Result):
    """A ctest run: what each test came to, from its JUnit file."""

    def __init__(self, command, completed, junit):
        super().__init__(command, completed)
        self.tests = {}
        self.output = {}
        if not os.path.exists(junit):
            return
        for case in xml.etree.ElementTree.parse(junit).iter("testcase"):
            name = case.get("name")
            self.tests[name] = {"run": "pass", "fail": "fail"}.get(case.get("status"), "skip")
            self.output[name] = case.findtext("system-out") or ""

    def expect_tests(self, expected):
        if self.tests != expected:
            raise Failure(f"expected the tests {expected}\nbut found {self.tests}\n{self.describe()}")
        return self


def equal(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: expected\n{expected}\nbut found\n{found}")


class Sandbox:
    """The project lies in <dir>/src, its build tree in <dir>/build."""

    def __init__(self, directory, settings):
        self.dir = directory
        self.settings = settings
        self.src = os.path.join(directory, "src")
        self.build_dir = os.path.join(directory, "build")
        self.generator = "Ninja"
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(self.src)
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("CTEST_", "KVMTEST_", "CMAKE_", "DESTDIR"))}

    def write(self, path, text, executable=False):
        path = os.path.join(self.src, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        if executable:
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def read(self, path):
        with open(os.path.join(self.build_dir, path), encoding="utf-8") as file:
            return file.read()

    def exists(self, path):
        return os.path.exists(os.path.join(self.build_dir, path))

    def run(self, *command, env=None, cwd=None, cls=Result, extra=()):
        completed = subprocess.run(command, env={**self.env, **(env or {})}, cwd=cwd or self.dir,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   encoding="utf-8", errors="replace", timeout=1700, check=False)
        return cls(command, completed, *extra)

    def project(self, text, fake_generator=False, languages="NONE", testing=True):
        """CMakeLists.txt of a project that knows the programs, followed by `text`."""
        generate = (os.path.join(HERE, "fake_generate.py") if fake_generator
                    else self.settings.generate)
        self.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(sandbox LANGUAGES {languages})
{"enable_testing()" if testing else ""}
foreach(program IN ITEMS generate run)
  add_executable(KvmTest::${{program}} IMPORTED GLOBAL)
endforeach()
set_property(TARGET KvmTest::generate PROPERTY IMPORTED_LOCATION "{generate}")
set_property(TARGET KvmTest::run PROPERTY IMPORTED_LOCATION "{os.path.join(HERE, "fake_run.sh")}")
include("{SOURCE_DIR}/cmake/KvmTest.cmake")
{text}
""")

    def configure(self, *args, env=None):
        return self.run(self.settings.cmake, "-S", self.src, "-B", self.build_dir,
                        "-G", self.generator, *args, env=env)

    def build(self, *args, env=None):
        return self.run(self.settings.cmake, "--build", self.build_dir, *args, env=env)

    def ctest(self, *args, host="", env=None):
        junit = os.path.join(self.dir, "junit.xml")
        if os.path.exists(junit):
            os.remove(junit)
        env = dict(env or {})
        if host:
            env["KVMTEST_HOST"] = host
        return self.run(self.settings.ctest, "--test-dir", self.build_dir, "--output-junit", junit,
                        *args, env=env, cls=Run, extra=(junit,))

    def tests(self, *args, host=""):
        """The tests that ctest lists: name -> {property: value, "command": [...]}."""
        env = {"KVMTEST_HOST": host} if host else {}
        listing = self.run(self.settings.ctest, "--test-dir", self.build_dir,
                           "--show-only=json-v1", *args, env=env).expect(0)
        tests = {}
        for test in json.loads(listing.out)["tests"]:
            tests[test["name"]] = {p["name"]: p["value"] for p in test.get("properties", [])}
            tests[test["name"]]["command"] = test.get("command", [])
        return tests

    def plain(self, text):
        """`text` with this sandbox's own paths replaced, to compare whole texts."""
        text = text.replace(self.src, "SRC").replace(self.build_dir, "BUILD")
        return re.sub(r"\n\s*\n", "\n", text)
