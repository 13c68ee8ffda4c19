"""A build tree of a project, ctest in it, and what a run leaves there."""
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import processes

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 240  # seconds for anything that ought to end by itself


class Tree:
    """Made anew; all processes started in it carry the mark, and are gone when it is closed."""

    def __init__(self, arguments, name, options=(), project=os.path.join(HERE, "project"),
                 host="e2ehost", guests=None):
        self.build = os.path.join(arguments.work, name)
        self.mark = secrets.token_hex(8)
        self.nonce = secrets.token_hex(6)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("CTEST_", "KVMTEST_", "CMAKE_"))}
        self.environment |= {processes.MARK: self.mark, "KVMTEST_HOST": host,
                             "KVMTEST_NONCE": self.nonce}
        shutil.rmtree(self.build, ignore_errors=True)
        self.run(["cmake", "-G", "Ninja", "-S", project, "-B", self.build,
                  f"-DKvmTest_ROOT={arguments.kvmtest}", f"-DGUESTS={guests or arguments.guests}",
                  *options])
        self.run(["cmake", "--build", self.build])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in processes.of_run(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def run(self, command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
        if done.returncode != 0:
            fail(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
        return done.stdout

    def ctest(self, test_set, junit=None, name=None):
        """Starts ctest, in a process group of its own as a shell does it. Its log bears the name."""
        command = ["ctest", "--test-dir", self.build, "-L", f"^{test_set}$", "-j4",
                   "--no-tests=error", "--output-on-failure"]
        if junit:
            command += ["--output-junit", os.path.join(self.build, junit)]
        log = open(os.path.join(self.build, f"ctest-{name or test_set}.log"), "w")
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def log(self, name):
        with open(os.path.join(self.build, f"ctest-{name}.log")) as file:
            return file.read()

    def expect_pass(self, ctest, name):
        try:
            status = ctest.wait(LIMIT)
        except subprocess.TimeoutExpired:
            status = f"no status within {LIMIT} s"
        if status != 0:
            fail(f"ctest ({name}) ended with {status}\n{self.log(name)}")

    def passed(self, junit):
        """The tests that have passed, by CTest's own account; a skipped one has not."""
        cases = xml.parse(os.path.join(self.build, junit)).getroot().iter("testcase")
        return [case.get("name") for case in cases if case.get("status") == "run"]

    def records(self):
        """test -> its directory and its result.json"""
        found = {}
        for folder, _, files in os.walk(os.path.join(self.build, "kvmtest")):
            if "result.json" in files:
                with open(os.path.join(folder, "result.json")) as file:
                    record = json.load(file)
                found[record["test"]] = (folder, record)
        return found


def fail(text):
    print(f"FAIL: {text}")
    sys.exit(1)


def until(condition, what, limit=LIMIT, pause=0.05):
    """Waits for what must come; the limit is for what never comes."""
    end = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            fail(f"not within {limit} s: {what}")
        time.sleep(pause)
