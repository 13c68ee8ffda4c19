#!/usr/bin/env python3
"""The dashboard script and ctest's own submission, from tests on real guests to a server:
dashboard.py --kvmtest BUILD --guests GUESTS --work WORK CASE

The server is a stand-in on the loopback; all that it gets has to pass the checker.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import check_submission
from cdash_server import Server

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "..", "cmake", "KvmTestDashboard.cmake")
TOKEN = "qwertz-TOKEN-0123456789"
VERDICTS = {"passed": "pass", "failed": "fail", "notrun": "skip"}


class Failure(Exception):
    """Something else was found than is expected."""


def equal(found, expected, what=""):
    if found != expected:
        raise Failure(f"{what}\nexpected {expected!r}\nfound    {found!r}")


def holds(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"expected {part!r} in\n{text}")


class Box:
    """The project of the tests, with a build tree for each dashboard."""

    def __init__(self, settings, case):
        self.settings = settings
        self.dir = os.path.join(os.path.abspath(settings.work), case)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.src = os.path.join(self.dir, "src")
        shutil.copytree(os.path.join(HERE, "project"), self.src)
        self.script = SCRIPT
        self.options = [f"-DKvmTest_ROOT={settings.kvmtest}", f"-DGUESTS={settings.guests}"]
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(("CTEST_", "KVMTEST_", "CMAKE_"))}
        self.env |= {"KVMTEST_HOST": "dashhost.example.org", "HOME": self.dir}
        # The probe of the accelerator is kept where it was.
        self.env["XDG_CACHE_HOME"] = os.environ.get(
            "XDG_CACHE_HOME", os.path.join(os.environ.get("HOME", self.dir), ".cache"))
        self.logs = []

    def write(self, path, text):
        with open(os.path.join(self.src, path), "w", encoding="utf-8") as file:
            file.write(text)

    def replace(self, path, old, new):
        with open(os.path.join(self.src, path), encoding="utf-8") as file:
            text = file.read()
        holds(text, old)
        self.write(path, text.replace(old, new))

    def run(self, *command, env=None, cwd=None, timeout=280):
        done = subprocess.run(command, cwd=cwd or self.dir, env={**self.env, **(env or {})},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                              timeout=timeout, check=False)
        self.logs.append(done.stdout)
        return done.returncode, done.stdout

    def dashboard(self, *args, words="experimental", build="build", ctest=("--no-compress-output",),
                  env=None):
        """Runs the script; args are NAME=VALUE."""
        return self.run("ctest", *ctest, "-S", f"{self.script},{words}", f"-DSOURCE={self.src}",
                        f"-DBINARY={self.path(build)}", f"-DOPTIONS={';'.join(self.options)}",
                        "-DRETRY_DELAY=0", *(f"-D{arg}" for arg in args), env=env)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)


def expect_good(files):
    """All that arrived is what CDash takes, and of one build; returns what is in the tests."""
    problems = []
    for file in files:
        name = file["query"]["FileName"]
        problems += [f"{name}: {line}" for line in check_submission.check(file["data"])]
    problems += check_submission.check_together(
        [check_submission.Submission(file["data"]) for file in files])
    if problems:
        raise Failure("\n".join(problems))


def tests_of(data):
    """name -> its element"""
    root = ElementTree.fromstring(data)
    return {test.findtext("Name"): test for test in root.findall("Testing/Test")}


def measurements(test):
    return {m.get("name"): m.findtext("Value") for m in test.iter("NamedMeasurement")}


def labels(test):
    return [label.text for label in test.iterfind("Labels/Label")]


def junit_verdicts(path):
    return {case.get("name"): {"run": "pass", "fail": "fail"}.get(case.get("status"), "skip")
            for case in ElementTree.parse(path).iter("testcase")}


def verdicts(tests):
    return {name: VERDICTS[test.get("Status")] for name, test in tests.items()}


def find_in_files(directory, needle):
    """The files that hold these bytes."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    if needle in file.read():
                        found.append(path)
    return found


FULL = {"kvm.full.panic": "fail", "kvm.full.tiny": "pass", "kvm.full.odd_label": "pass",
        "kvm.full.screen": "fail", "kvm.full.blind": "fail", "kvm.full.skipped": "skip",
        "kvm.full.says": "pass", "kvm.full.measures": "pass", "kvm.full.wrong": "fail"}


def check_full(tests):
    """What the set `full` has to bring, whoever sent it."""
    equal(verdicts(tests), FULL, "verdicts")
    found = {name.rsplit(".", 1)[1]: measurements(test) for name, test in tests.items()}
    details = {name: values["Completion Status"] for name, values in found.items()}
    holds(details["tiny"], "boot: booted in ")
    holds(details["panic"], "guest-panic: vm1: ")
    holds(details["screen"], "boot-timeout: ")
    holds(details["skipped"], 'environment: no  IOMMU  & "tape" ')
    holds(details["wrong"], "test-failed: ")
    holds(found["tiny"]["boot_seconds"], ".")
    equal(found["measures"]["latency_ms"], "0.250")
    equal(found["measures"]["a/b:c.d-e_f"], "1e-09")
    equal(found["measures"]["l" * 70], "2.000")
    if "screen-vm1.png" not in found["screen"] or "screen-vm1.png" in found["blind"]:
        raise Failure(f"pictures: {sorted(found['screen'])}, {sorted(found['blind'])}")
    holds(" ".join(found["panic"]), "console-vm1.log", "runner.log", "repro.sh")
    for name, values in found.items():
        for word in ("stolen", "evil"):
            if word in values:
                raise Failure(f"{name}: the test has had ctest take {word}")
    for name, test in tests.items():
        if "mine" in labels(test):
            raise Failure(f"{name} has given itself a label")
        holds(" ".join(labels(test)), "full", "kvm", "host:dashhost.example.org", "queue:")
    if "größer=1,2" not in labels(tests["kvm.full.odd_label"]):
        raise Failure(str(labels(tests["kvm.full.odd_label"])))


def case_whole(box):
    """Real guests, a server that fails first, a token that nobody gets to see."""
    with Server(["drop", "503", None, "502", None, "drop"]) as server:
        status, log = box.dashboard("TEST_SET=full", f"SUBMIT_URL={server.url}", words="nightly",
                                    ctest=("--no-compress-output", "-VV", "--debug"),
                                    env={"KVMTEST_CDASH_TOKEN": TOKEN})
    if status == 0:
        raise Failure("it did not fail, though tests did\n" + log)
    holds(log, "of 9 tests 4 failed", "submitted Configure, Build, Test, Notes, Upload, Done (build 100)")
    equal([what for _, what in server.seen],
          ["drop", "503", None, "502", None, "drop", None, None, None, None], "requests")
    equal([name.rsplit("___", 1)[1] for name in (f["query"]["FileName"] for f in server.files)],
          ["Configure.xml", "Build.xml", "Test.xml", "Notes.xml", "Upload.xml", "Done.xml"])
    expect_good(server.files)
    page, = ElementTree.fromstring(server.of("Upload")[0]["data"]).iter("File")
    equal(page.get("filename"), box.path("build", "kvmtest", "report.html"))
    equal({file["token"] for file in server.files}, {"Bearer " + TOKEN}, "tokens")
    site, build, stamp = server.builds[0]
    equal(site, "dashhost.example.org")
    if not re.fullmatch(r"qemu-\d+\.\d+-pc\+q35-full", build) or not stamp.endswith("-Nightly"):
        raise Failure(f"{build} {stamp}")
    tests = tests_of(server.of("Test")[0]["data"])
    check_full(tests)
    equal(junit_verdicts(box.path("build", "Testing", "junit.xml")), FULL, "JUnit")
    with open(box.path("build", "Testing", "junit.xml"), encoding="utf-8") as file:
        holds(file.read(), "FAIL guest-panic: ", "SKIP environment: ")
    equal([TOKEN in text for text in box.logs], [False])
    equal(find_in_files(box.dir, TOKEN.encode()), [], "files with the token")
    for file in server.files:
        if TOKEN.encode() in file["data"]:
            raise Failure("the token is in what is submitted")
    times = {}
    for path in glob.glob(box.path("build", "kvmtest", "kvm", "results", "*", "*", "result.json")):
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        times.setdefault(record["queue"], []).append((record["started"], record["ended"]))
    equal(sorted(times), ["one", "two"])
    if not any(a < d and c < b for a, b in times["one"] for c, d in times["two"]):
        raise Failure(f"the queues were never at work at once: {times}")


def case_plain_ctest(box):
    """ctest -T Test -T Submit, as a project without the script does it; the output is compressed."""
    with Server() as server:
        box.write("CTestConfig.cmake", f'set(CTEST_SUBMIT_URL "{server.url}")\n')
        # In a directory whose name XML would have otherwise.
        build = box.path("a & b ü (1)")
        for command in (["cmake", "-G", "Ninja", "-S", box.src, "-B", build, *box.options],
                        ["cmake", "--build", build]):
            status, log = box.run(*command)
            equal(status, 0, log)
        status, log = box.run("ctest", "-T", "Test", "-L", "^full$", "-j2", "--output-junit", "j.xml",
                              "--test-dir", build)
        if status == 0:
            raise Failure(log)
        status, log = box.run("ctest", "-T", "Submit", "--test-dir", build)
        equal(status, 0, log)
    expect_good(server.files)
    check_full(tests_of(server.of("Test")[0]["data"]))
    equal(junit_verdicts(os.path.join(build, "j.xml")), FULL, "JUnit")


def case_all_tests(box):
    """Without a test set the project's own tests run, too; no token is in anybody's environment."""
    box.options.append("-DREMOVE_PICTURES=OFF")
    box.replace("tests.cfg", "    - @full:", "    - @unused:")
    box.replace("tests.cfg", "            only panic, tiny, odd_label", "            only odd_label")
    with Server() as server:
        status, log = box.dashboard(f"SUBMIT_URL={server.url}", "UPLOAD=src/tests.cfg;absent.txt",
                                    env={"KVMTEST_CDASH_TOKEN": TOKEN})
    holds(" ".join(log.split()), "warning: there is no file '", "absent.txt' to upload")
    expect_good(server.files)
    tests = tests_of(server.of("Test")[0]["data"])
    holds(" ".join(tests), "own.fine", "kvm.quick.says")
    equal(tests["own.no_token"].get("Status"), "passed")
    equal(len(server.of("Upload")), 1, log)
    equal(find_in_files(box.dir, TOKEN.encode()), [])
    equal({file["token"] for file in server.files}, {"Bearer " + TOKEN})


def case_gives_up(box):
    """A server that never takes anything: that is said, and the files can be sent later."""
    with Server(always="503") as server:
        status, log = box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "RETRIES=2",
                                    env={"KVMTEST_CDASH_TOKEN": TOKEN}, ctest=("-VV",))
        equal([what for _, what in server.seen], ["503"] * 3, log)
    if status == 0:
        raise Failure(log)
    holds(log, "the submission failed", "the server's status is 503 Service Unavailable",
          "hint: this sends what has not been taken\n", "  KVMTEST_CDASH_TOKEN=... ctest -S ",
          "ctest --no-compress-output -S ... leaves it readable")
    with Server() as server:
        status, log = box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "STEPS=submit",
                                    env={"KVMTEST_CDASH_TOKEN": TOKEN})
    equal(status, 0, log)
    expect_good(server.files)
    equal([len(server.of(part)) for part in ("Configure", "Build", "Test", "Done")], [1] * 4, log)
    equal(len(tests_of(server.of("Test")[0]["data"])), 4)
    equal(find_in_files(box.dir, TOKEN.encode()), [])
    equal([log for log in box.logs if TOKEN in log], [])


REFUSALS = [
    (b'<?xml version="1.0"?><cdash version="3"><status>ERROR</status><message>Project requires a '
     b'&lt;token&gt;</message></cdash>', "the server refused Configure.xml: Project requires a <token>"),
    (b'<cdash version="3"><status>ERROR</status></cdash>', "the server refused Configure.xml: it does not say why"),
    (b"<html>\n<body>[Please; sign in]</body></html>",
     "the answer to Configure.xml is not CDash's: <html> <body>[Please; sign in]</body></html>"),
    (b"", "the answer to Configure.xml is not CDash's: it is empty"),
    (b"Bearer " + TOKEN.encode(), "the answer to Configure.xml is not CDash's: Bearer (the token)"),
    ("http://127.0.0.1:1/", "Configure.xml was not sent: 301 Moved Permanently, to http://127.0.0.1:1/; Couldn't connect to server"),
]


# (status, token, requests, what is said)
STATUSES = [
    ("400", TOKEN, 1, ["400 Bad Request"]),
    ("401", "", 1, ["401 Unauthorized", "hint: KVMTEST_CDASH_TOKEN is not set"]),
    ("403", TOKEN, 1, ["403 Forbidden", "hint: it may be that KVMTEST_CDASH_TOKEN is no token of this project's"]),
    ("404", "", 1, ["404 Not Found"]),
    ("500", "", 1, ["500 Internal Server Error", "hint: CDash's log says why"]),
    ("429", "", 2, ["429 Too Many Requests"]),
    ("504", "", 2, ["504 Gateway Timeout"]),
]


def case_refusals(box):
    """What the server does not say that it has taken is no submission, and it is told what it said."""
    common = ("TEST_SET=quick", "RETRIES=1")
    box.dashboard(*common, "NO_SUBMIT=ON")
    for answer, text in REFUSALS:
        with Server(always=answer) as server:
            status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}",
                                        env={"KVMTEST_CDASH_TOKEN": TOKEN})
            # CDash has had a look at what it refuses; what somebody else says may be otherwise next time.
            is_cdash = isinstance(answer, bytes) and b"<cdash" in answer
            equal(len(server.seen), 1 if is_cdash else 2, log)
        equal((status == 0, "submitted" in log, TOKEN in log), (False, False, False), log)
        holds(" ".join(log.split()), text)
    for answer, token, requests, texts in STATUSES:
        with Server(always=answer) as server:
            status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}",
                                        env={"KVMTEST_CDASH_TOKEN": token})
            equal((status == 0, len(server.seen)), (False, requests), log)
        holds(" ".join(log.split()), "Configure.xml was not sent: the server's status is " + answer, *texts)
    with Server([None, None, "500"]) as server:
        status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}")
        equal((status == 0, len(server.seen)), (False, 3), log)
        holds(" ".join(log.split()), "hint: CDash's log says why; it may have kept a part of the tests")
    # From the third file on; and what CDash has taken it does not get again.
    with Server([None, None], always=REFUSALS[2][0]) as server:
        status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}")
        equal(status == 0, False, log)
        holds(" ".join(log.split()), "the answer to Test.xml is not CDash's", "Configure, Build were taken")
    # A warning of CDash's is none of these.
    warning = (b'<cdash version="3"><status>WARNING</status><message>half full</message><buildId>7</buildId></cdash>')
    with Server(always=warning) as server:
        status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}")
        equal(status, 0, log)
        holds(" ".join(log.split()), "the server warns of Test.xml: half full", "(build 7)")


def case_halfway(box):
    """What the server has taken before it failed is not sent again: it would count tests twice."""
    with Server([None, None, None], always="500") as server:
        status, log = box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "RETRIES=1", "REPORT=OFF")
        equal(status == 0, False)
        holds(" ".join(log.split()), "(Configure, Build, Test were taken)")
        server.always = None
        status, log = box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "STEPS=submit", "REPORT=OFF")
        equal(status, 0, log)
        holds(log, "submitted Notes, Done (build 100)")
        equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files],
              ["Configure.xml", "Build.xml", "Test.xml", "Notes.xml", "Done.xml"])
        expect_good(server.files)
        status, log = box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "STEPS=submit", "REPORT=OFF")
        equal((status, len(server.files)), (0, 5), log)
        holds(log, "nothing is left to submit")
        # New results are another matter, and so is another server.
        box.dashboard("TEST_SET=quick", f"SUBMIT_URL={server.url}", "REPORT=OFF")
        equal(len(server.files), 10, box.logs[-1])
    with Server() as other:
        box.dashboard("TEST_SET=quick", f"SUBMIT_URL={other.url}", "STEPS=submit", "REPORT=OFF")
        equal(len(other.files), 5, box.logs[-1])


def case_done_again(box):
    """A build that is done CDash removes when anything comes for it: then it gets all parts again."""
    common = ("TEST_SET=quick", "STAMP=20260131-0100", "REPORT=OFF", "RETRIES=0")
    whole = ["Configure", "Build", "Test", "Notes", "Done"]
    with Server() as server:
        common += (f"SUBMIT_URL={server.url}",)
        box.dashboard(*common)
        equal(server.kept, {100: whole}, box.logs[-1])
        box.dashboard(*common, "STEPS=test;submit")
        equal((server.kept, len(server.of("Test"))), ({100: whole}, 2), box.logs[-1])
        for steps in ("submit", "done"):
            status, log = box.dashboard(*common, f"STEPS={steps}")
            equal((status, len(server.files)), (0, 10), log)
            holds(log, "nothing is left to submit")
        # A file more; and the server fails in the midst of it.
        upload = f"UPLOAD={box.src}/tests.cfg"
        server.faults = [None, None, "503"]
        box.dashboard(*common, "STEPS=submit", upload)
        equal(server.kept, {100: ["Configure", "Build"]}, box.logs[-1])
        for _ in range(2):
            status, log = box.dashboard(*common, "STEPS=submit", upload)
            equal((status, server.kept), (0, {100: ["Configure", "Build", "Test", "Notes", "Upload", "Done"]}), log)
        holds(log, "nothing is left to submit")
        # What is asked for without them.
        box.dashboard(*common, "STEPS=configure;submit", "PARTS=Configure", "DONE=OFF")
        equal(server.kept, {100: ["Configure", "Build", "Test", "Notes"]}, box.logs[-1])
        # The results of one shard must not remove those of the others.
        shard = ("STAMP=20260131-0200", "SHARD=1/2")
        box.dashboard(*common, *shard, "DONE=ON")
        equal(server.kept[101], ["Test", "Done"], box.logs[-1])
        status, log = box.dashboard(*common, *shard, "STEPS=test;submit")
        equal((status == 0, server.kept[101]), (False, ["Test", "Done"]), log)
        holds(" ".join(log.split()), "run all of them again under another STAMP")


def case_again_before_done(box):
    """Tests that a server has had already it would count twice."""
    common = ("TEST_SET=quick", "STAMP=20260131-0300", "REPORT=OFF", "RETRIES=0")
    with Server([None, None, None, "400"]) as server:
        common += (f"SUBMIT_URL={server.url}",)
        box.dashboard(*common)
        equal(server.kept, {100: ["Configure", "Build", "Test"]}, box.logs[-1])
        _, log = box.dashboard(*common)
        equal(server.kept, {100: ["Configure", "Build", "Test", "Notes", "Done"]}, log)
        holds(" ".join(log.split()), "would count it twice: it is told that the build is done")
        # So it is with other tests among which they are.
        server.faults = [None] * 3 + ["400"]
        other = ("STAMP=20260131-0500", "SITE=s", "BUILDNAME=x")
        box.dashboard(*common, *other)
        box.dashboard(*(word for word in common if "TEST_SET" not in word), *other)
        equal(server.kept[101], ["Configure", "Build", "Test", "Notes", "Done"], box.logs[-1])
    with Server() as server:
        common = (*common[:-1], f"SUBMIT_URL={server.url}", "SITE=lab", "BUILDNAME=all", "STAMP=20260131-0400")
        for shard in ("1/2", "2/2"):
            box.dashboard(*common, f"SHARD={shard}")
        status, log = box.dashboard(*common, "SHARD=1/2")
        equal((status == 0, len(server.of("Test"))), (False, 2), log)
        holds(" ".join(log.split()), "of this build before, and would count it twice: run all")
        if "hint: this sends" in log:
            raise Failure(log)
        # Another build is another matter.
        box.dashboard(*common, "SHARD=1/2", "BUILDNAME=other")
        equal(len(server.of("Test")), 3, box.logs[-1])


def case_names_that_ctest_cuts(box):
    """A host's name is the site, in all files."""
    box.replace("tests.cfg", "dashhost.example.org", "dash:host")
    box.env["KVMTEST_HOST"] = "dash:host"
    with Server() as server:
        box.dashboard(f"SUBMIT_URL={server.url}", "TEST_SET=quick")
        expect_good(server.files)
    equal([site for site, _, _ in server.builds], ["dash_host"], box.logs[-1])


def case_split(box):
    """The steps of one run in several calls, as jobs of a CI service are: all of it arrives, once."""
    common = ("TEST_SET=quick", "STAMP=20260131-0100", "REPORT=OFF")
    for steps in ("configure", "build", "test"):
        status, log = box.dashboard(*common, f"STEPS={steps}")
        equal(status == 0, steps != "test", log)
    with Server() as server:
        status, log = box.dashboard(*common, "STEPS=submit", f"SUBMIT_URL={server.url}")
        equal(status, 0, log)
        expect_good(server.files)
        equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files],
              ["Configure.xml", "Build.xml", "Test.xml", "Notes.xml", "Done.xml"])
        equal(len(server.builds), 1, server.builds)


def hinted(log):
    """The command that the script tells."""
    found = re.search(r"hint: this sends what has not been taken\n +(ctest .*)\n", log)
    if not found:
        raise Failure("no hint\n" + log)
    return found[1]


CONTRADICTIONS = [
    (["SITE=lab 2"], "SITE is 'lab 2', that of the run 'lab & 1'"),
    (["BUILDNAME=x", "MODEL=experimental"], "MODEL is 'experimental', that of the run 'nightly' BUILDNAME is 'x', "
     "that of the run 'qemu-N-pc-quick'"),
    (["TEST_SET=full"], "TEST_SET is 'full', that of the run 'quick'"),
    (["GROUP=KVM"], "GROUP is 'KVM', that of the run 'KVM tests'"),
    (["MACHINE=q35"], "MACHINE is 'q35', the run has been started without"),
    (["HOST=other"], "HOST is 'other', that of the run 'dashhost.example.org'"),
]


def case_goes_on(box):
    """What names a run need not be said again to send the rest of it, and not said otherwise."""
    build = "it's b"
    with Server(always="500") as server:
        status, log = box.dashboard("TEST_SET=quick", "SITE=lab & 1", "GROUP=KVM tests", "RETRIES=0",
                                    f"UPLOAD={box.src}/tests.cfg", f"SUBMIT_URL={server.url}",
                                    words="nightly", build=build)
        equal(status == 0, False, log)
        command = hinted(log)
        begin = len(server.seen)
        for arguments, text in CONTRADICTIONS:
            status, log = box.dashboard(*arguments, "STEPS=submit", f"SUBMIT_URL={server.url}", words="", build=build)
            equal(status == 0, False, log)
            plain = re.sub("qemu-[0-9.]+", "qemu-N", " ".join(log.split()))
            holds(plain, "this call goes on with a run of this tree, and contradicts it: " + text)
        equal(len(server.seen), begin, "requests of calls that contradict")
        server.always = None
        del box.env["KVMTEST_HOST"]
        # It sends one part only, and the other is kept.
        status, log = box.dashboard("STEPS=submit", "PARTS=Test", "DONE=OFF", "MACHINE=pc",
                                    f"SUBMIT_URL={server.url}", words="", build=build)
        equal((status, len(server.files)), (0, 1), log)
        status, log = box.run("sh", "-c", command)
        equal(status, 0, log)
        expect_good(server.files)
        equal(sorted(f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files),
              ["Build.xml", "Configure.xml", "Done.xml", "Notes.xml", "Test.xml", "Upload.xml"])
        (site, name, stamp), = server.builds
        equal((site, re.sub("[0-9.]+", "N", name), stamp.partition("-KVM ")[2]),
              ("lab & 1", "qemu-N-pc-quick", "tests"))
        equal({os.path.basename(file.get("filename"))
               for file in ElementTree.fromstring(server.of("Upload")[0]["data"]).iter("File")},
              {"tests.cfg", "report.html"})


def case_names_of_what_was_not_started(box):
    """Where no run has been started its names are to be said; a name is not made up."""
    stamp = "STAMP=20260131-0100"
    with Server() as server:
        url = f"SUBMIT_URL={server.url}"
        for arguments, text in [
                (["STEPS=done"], "to name one it lacks STAMP and BUILDNAME (or MACHINE) hint: "),
                (["STEPS=done", stamp, "TEST_SET=quick", "SITE=lab"],
                 "to name one it lacks BUILDNAME (or MACHINE) hint: "),
                (["STEPS=submit"], "there is nothing of an earlier run in "),
                (["STEPS=submit", stamp, "BUILDNAME=x"],
                 "there is nothing of an earlier run with the STAMP '20260131-0100' in ")]:
            status, log = box.dashboard(*arguments, url)
            equal(status == 0, False, log)
            holds(" ".join(log.split()), text)
        equal(server.seen, [])
        server.always = "500"
        status, log = box.dashboard("STEPS=done", stamp, "MACHINE=pc", "TEST_SET=quick", "SITE=lab", "RETRIES=0", url)
        equal(status == 0, False, log)
        server.always = None
        status, log = box.run("sh", "-c", hinted(log))
        equal(status, 0, log)
        (site, build, _), = server.builds
        equal((site, re.sub("[0-9.]+", "N", build)), ("lab", "qemu-N-pc-quick"))
        equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files], ["Notes.xml", "Done.xml"])


def case_split_names(box):
    """The first of several calls says what the run is called, and where."""
    common = ("STAMP=20260131-0100", "REPORT=OFF")
    status, log = box.dashboard(*common, "STEPS=configure", "TEST_SET=quick", "SITE=lab", "SHARD=1/2", words="nightly")
    equal(status, 0, log)
    for steps in ("build", "test"):
        box.dashboard("STAMP=20260131-0100", f"STEPS={steps}", words="")
    holds(box.logs[-1], "2 tests, ")
    status, log = box.dashboard("STAMP=20260131-0100", "STEPS=test", "TEST_SET=full", words="")
    holds(" ".join(log.split()), "TEST_SET is 'full', that of the run 'quick'")
    # Begun anew with all that it had made, it is another run of the same stamp.
    status, log = box.dashboard(*common, "STEPS=configure;build;test", "TEST_SET=full", "NO_SUBMIT=ON",
                                "STOP_TIME=00:00:01")
    holds(log, "site dashhost.example.org, build qemu-", "-full, stamp 20260131-0100-Experimental")


def parts_of(server):
    parts = [file["query"]["FileName"].rsplit("___", 1)[1].removesuffix(".xml") for file in server.files]
    server.files.clear()
    return sorted(parts)


def case_part_of_a_run(box):
    """What part one call runs or sends says nothing of the next; of a call that only starts the run it does."""
    for number, (first, second, expected) in enumerate([
            (["STEPS=configure;build;submit", "PARTS=Configure;Build", "DONE=OFF"], [],
             (["Build", "Configure"], ["Done", "Notes", "Test", "Upload"], [])),
            (["STEPS=configure;build"], ["SHARD=1/2"],
             ([], ["Test"], ["Build", "Configure", "Done", "Notes", "Upload"])),
            (["STEPS=configure;build", "DONE=OFF"], [],
             ([], ["Build", "Configure", "Notes", "Test", "Upload"], [])),
            # A shard that has been made, and sent or not, stays one.
            (["SHARD=1/2", "NO_SUBMIT=ON"], ["STEPS=submit"], ([], ["Test"], [])),
            (["SHARD=1/2"], ["STEPS=submit"], (["Test"], [], []))]):
        with Server() as server:
            common = ("STAMP=20260131-0100", "SITE=lab", "TEST_SET=quick", f"SUBMIT_URL={server.url}")
            sent = []
            if not second or second[0].startswith("SHARD"):
                second = ["STEPS=test;submit", *second]
            for arguments in (first, second, ["STEPS=submit"]):
                _, log = box.dashboard(*common, *arguments, build=f"part{number}")
                sent.append(parts_of(server))
            equal(tuple(sent), expected, log)


def case_hosts_of_one_build(box):
    """Where SITE and BUILDNAME are said, HOST and TEST_SET name nothing, and may be others."""
    common = ("STAMP=20260131-0100", "SITE=lab", "BUILDNAME=all-hosts", "NO_SUBMIT=ON")
    counts = []
    for arguments in (["STEPS=configure;build"], ["STEPS=test", "TEST_SET=quick"], ["STEPS=test"]):
        _, log = box.dashboard(*common, *arguments, words="nightly")
        counts += re.findall(r"dashboard: (\d+) tests", log)
        holds(log, "site lab, build all-hosts, stamp 20260131-0100-Nightly")
    with Server(always="400") as server:
        _, log = box.dashboard(*common[:3], f"SUBMIT_URL={server.url}", "STEPS=submit", "DONE=OFF", words="nightly")
        holds(" ".join(log.split()), "hint: before the build is done (STEPS=done); after that CDash would remove the other")
    # What one call chooses is not the next one's choice.
    equal((counts[0], int(counts[1]) > 4), ("4", True))


def case_shards(box):
    """Two shards and a last job make one build, which is done once."""
    stamp = "20260131-0100"
    common = ("SITE=lab", "BUILDNAME=all-hosts", f"STAMP={stamp}", "TEST_SET=quick", "GROUP=KVM tests")
    with Server() as server:
        common += (f"SUBMIT_URL={server.url}",)
        for shard in ("1/2", "2/2"):
            box.dashboard(*common, f"SHARD={shard}", build="shard" + shard[0])
        equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files], ["Test.xml"] * 2)
        # What a shard could not send it may send only as long as the build is not done.
        server.faults = ["400"]
        status, log = box.dashboard(*common, "SHARD=1/3", build="shard3")
        holds(" ".join(log.split()), "hint: before the build is done (STEPS=done); after that CDash would remove")
        # More shards than tests: those that are left over do nothing, and that is no failure.
        status, log = box.dashboard(*common, "SHARD=5/6", build="shard1")
        equal((status, len(server.files)), (0, 2), log)
        holds(log, "there is no test for shard 5/6", "nothing is left to submit")
        status, log = box.dashboard(*common, "STEPS=done", build="last")
        equal(status, 0, log)
    equal(server.builds, [("lab", "all-hosts", stamp + "-KVM tests")])
    equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files],
          ["Test.xml", "Test.xml", "Notes.xml", "Done.xml"])
    expect_good(server.files)
    parts = [set(tests_of(file["data"])) for file in server.of("Test")]
    equal([len(part) for part in parts], [2, 2])
    equal(parts[0] | parts[1], {f"kvm.quick.{name}" for name in ("says", "skipped", "measures", "wrong")})


def case_queues(box):
    """A queue of the host is a shard, too; and each has its queue's tests."""
    box.replace("CMakeLists.txt", "  LABELS kvm)", "  LABELS kvm LAUNCHER env LAUNCHED=1)")
    box.replace("tests/says", "#!/bin/sh\n", "#!/bin/sh\n[ \"$LAUNCHED\" = 1 ] || exit 1\n")
    for queue, expected in (("one", {"kvm.quick.says": "pass", "kvm.quick.skipped": "skip"}),
                            ("two", {"kvm.quick.measures": "pass", "kvm.quick.wrong": "fail"})):
        box.dashboard("TEST_SET=quick", "NO_SUBMIT=ON", f"QUEUE={queue}", f"JUNIT=junit-{queue}.xml")
        equal(junit_verdicts(box.path(f"junit-{queue}.xml")), expected, box.logs[-1])
    status, log = box.dashboard("TEST_SET=quick", "NO_SUBMIT=ON", "QUEUE=three")
    holds(log, "the host has no queue 'three' with tests")
    equal(status == 0, False)


def use_sets(box, text):
    """Other test sets than the project has; those of `quick` need no guests."""
    with open(os.path.join(box.src, "tests.cfg"), encoding="utf-8") as file:
        begin, end, _ = file.read().partition("    - @dashhost:\n        hostname = dashhost.example.org\n")
    box.write("tests.cfg", begin + end + text)


def case_disabled(box):
    """Where all that is chosen is disabled nothing has failed, as for plain ctest."""
    use_sets(box, """variants:
    - @off:
        skip = yes
        one:
            only says
        two:
            only measures
    - @half:
        only two
        only measures, skipped
        measures:
            skip = yes
""")
    with Server() as server:
        status, log = box.dashboard("TEST_SET=off", f"SUBMIT_URL={server.url}")
        equal(status, 0, log)
        holds(log, "2 tests, 0 failed, 2 not run", "submitted Configure, Build, Test, ")
        expect_good(server.files)
        equal(verdicts(tests_of(server.of("Test")[0]["data"])),
              {"kvm.off.says": "skip", "kvm.off.measures": "skip"})
    for arguments in (["SHARD=1/2", "TEST_SET=half"], ["SHARD=2/2", "TEST_SET=half"], ["QUEUE=one", "TEST_SET=off"]):
        status, log = box.dashboard(*arguments, "NO_SUBMIT=ON")
        equal((status, "1 tests, 0 failed, 1 not run" in log), (0, True), log)
    box.replace("CMakeLists.txt", "find_package(KvmTest REQUIRED)", "find_package(KvmTest REQUIRED)\nreturn()")
    box.replace("CMakeLists.txt", "include(CTest)\n", "enable_testing()\n")
    status, log = box.dashboard("NO_SUBMIT=ON", "MACHINE=pc", build="empty")
    holds(log, "no tests were run")
    equal(status == 0, False)


def case_stop_time(box):
    """ctest kills what runs at the stop time and starts no more: that is said, and how many."""
    use_sets(box, """variants:
    - @slow:
        one:
            only says, skipped
        two:
            only measures, wrong
""")
    box.replace("tests/says", "#!/bin/sh\n", "#!/bin/sh\nsleep 60\n")
    box.replace("CMakeLists.txt", "include(CTest)\n", """include(CTest)
add_test(NAME own.timeout COMMAND sleep 60)
set_tests_properties(own.timeout PROPERTIES LABELS slow TIMEOUT 1 COST 9)
""")
    status, log = box.dashboard("STEPS=configure;build", "NO_SUBMIT=ON", "TEST_SET=slow")
    equal(status, 0, log)

    def at(seconds):
        return "STOP_TIME=" + time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))

    said = ("%s tests were never started; failed since they were killed then, or had a timeout of their own right "
            "before: %s")
    with Server() as server:
        status, log = box.dashboard("STEPS=test;submit", at(9), "PARALLEL=1", "TEST_SET=slow",
                                    f"SUBMIT_URL={server.url}")
        equal(status == 0, False, log)
        tests = tests_of(server.of("Test")[0]["data"])
        # Which comes behind own.timeout is ctest's matter; all behind kvm.slow.says is not started.
        never = 5 - len(tests)
        equal((never > 0, "own.timeout" in tests), (True, True), log)
        holds(" ".join(log.split()), "the time was up (STOP_TIME ", said % (never, "kvm.slow.says"))
        holds(server.of("Notes")[0]["data"].decode(), said % (never, "kvm.slow.says"))
        # Nothing is left over.
        status, log = box.dashboard("STEPS=test", at(9), "PARALLEL=3", "TEST_SET=slow", "NO_SUBMIT=ON")
        holds(" ".join(log.split()), "of 5 tests 3 failed", said % (0, "own.timeout, kvm.slow.says"))
        # It does not come.
        status, log = box.dashboard("STEPS=test", at(900), "PARALLEL=3", "TEST_SET=slow", "NO_SUBMIT=ON",
                                    "QUEUE=two")
        equal("the time was up" in log, False, log)
        holds(log, "of 2 tests 1 failed and 0 were not run")


def case_missing_picture(box):
    """Somebody removes a picture before ctest has read it: ctest's own file is one that CDash
    rejects, the dashboard's says what is missing."""
    box.options.append("-DREMOVE_PICTURES=ON")
    with Server() as server:
        status, log = box.dashboard("TEST_SET=pictures", f"SUBMIT_URL={server.url}")
        equal(status == 0, False)
        expect_good(server.files)
        test = tests_of(server.of("Test")[0]["data"])["kvm.pictures.screen"]
        missing = [m for m in test.iter("NamedMeasurement") if m.get("name") == "screen-vm1.png"]
        equal([m.get("type") for m in missing], ["text/string"], log)
        holds(missing[0].findtext("Value"), "not found")
    build = box.path("build")
    box.run("ctest", "-T", "Test", "-L", "^pictures$", "--test-dir", build)
    with open(os.path.join(build, "Testing", "TAG"), encoding="utf-8") as file:
        tag = file.readline().strip()
    with open(os.path.join(build, "Testing", tag, "Test.xml"), "rb") as file:
        problems = check_submission.check(file.read())
    holds("\n".join(problems), "a file is missing: File ", "attribute 'type' is missing")


def case_broken_configuration(box):
    """What is broken is submitted, too: a build that fails, a cmake that does."""
    box.replace("tests.cfg", "    - tiny:\n", "    tiny:\n   - x\n")
    with Server() as server:
        status, log = box.dashboard(f"SUBMIT_URL={server.url}", "TEST_SET=quick", "MACHINE=pc")
        equal(status == 0, False)
        holds(log, "the build failed: " + box.path("build", "Testing", "Temporary", "LastBuild_"))
        expect_good(server.files)
        tests = tests_of(server.of("Test")[0]["data"])
        equal(verdicts(tests), {"kvm.generate": "fail"})
    with Server() as server:
        status, log = box.dashboard(f"SUBMIT_URL={server.url}", "MACHINE=pc")
        expect_good(server.files)
        equal(verdicts(tests_of(server.of("Test")[0]["data"]))["kvm.generate"], "fail")
        site, build, _ = server.builds[0]
        equal((site, re.sub("[0-9.]+", "N", build)), ("dashhost.example.org", "qemu-N-pc-all"))
    box.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES NONE)\n"
                                'message(FATAL_ERROR "broken <here> & there")\n')
    # No results of the run before are left to be taken for this one's.
    junit = box.path("build", "Testing", "junit.xml")
    equal(os.path.exists(junit), True, box.logs[-1])
    with Server() as server:
        box.dashboard(f"SUBMIT_URL={server.url}")
        equal((os.path.exists(junit), len(server.of("Upload"))), (False, 0), box.logs[-1])
    with Server() as server:
        status, log = box.dashboard(f"SUBMIT_URL={server.url}", build="fresh")
        holds(log, "cmake failed: " + box.path("fresh", "Testing", "Temporary", "LastConfigure_"))
        expect_good(server.files)
        equal([f["query"]["FileName"].rsplit("___", 1)[1] for f in server.files],
              ["Configure.xml", "Notes.xml", "Done.xml"])


def case_continuous(box):
    """Sources that have not changed are not tested again; the update says what has."""
    origin = box.path("origin")
    shutil.copytree(box.src, origin)

    def git(*words, cwd=origin):
        status, log = box.run("git", "-c", "user.name=A <B>", "-c", "user.email=a@example.org",
                              "-c", "init.defaultBranch=main", *words, cwd=cwd)
        equal(status, 0, log)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    shutil.rmtree(box.src)
    git("clone", "-q", origin, box.src, cwd=box.dir)
    with Server() as server:
        args = (f"SUBMIT_URL={server.url}", "TEST_SET=quick", "UPDATE=ON")
        box.dashboard(*args, words="continuous")
        first = len(server.files)
        equal(len(server.of("Test")), 1, box.logs[-1])
        expect_good(server.files)
        # A tag of ctest's is as fine as a minute; the files of the one before stay.
        status, log = box.dashboard(*args, words="continuous")
        equal((status, len(server.files)), (0, first), log)
        holds(log, "the sources have not changed since the last run", "nothing is left to submit")
        with open(os.path.join(origin, "tests.cfg"), "a", encoding="utf-8") as file:
            file.write("# & <more>\n")
        git("commit", "-q", "-a", "-m", "second & <third>")
        del server.files[:]
        box.dashboard(*args, words="continuous")
        expect_good(server.files)
        equal([len(server.of("Update")), len(server.of("Test"))], [1, 1], box.logs[-1])
        holds(server.of("Update")[0]["data"].decode(), "second &amp; &lt;third&gt;")
        # What could not be sent is by the next one, though nothing has changed since.
        with open(os.path.join(origin, "tests.cfg"), "a", encoding="utf-8") as file:
            file.write("# and more\n")
        git("commit", "-q", "-a", "-m", "fourth")
        del server.files[:]
        server.always = "500"
        box.dashboard(*args, "RETRIES=0", words="continuous")
        equal(server.files, [])
        server.always = None
        status, log = box.dashboard(*args, words="continuous")
        equal(status, 0, log)
        expect_good(server.files)
        equal([len(server.of(part)) for part in ("Update", "Test", "Done")], [1, 1, 1], log)
        holds(server.of("Update")[0]["data"].decode(), "fourth")
        # The same in two calls, of which only the second may send.
        with open(os.path.join(origin, "tests.cfg"), "a", encoding="utf-8") as file:
            file.write("# and again\n")
        git("commit", "-q", "-a", "-m", "fifth")
        for stamp, sent in (("20300101-0100", 1), ("20300101-0200", 0)):
            del server.files[:]
            makes, sends = "STEPS=update;configure;build;test", "STEPS=submit"
            box.dashboard(*args, makes, f"STAMP={stamp}", words="continuous")
            equal(len(server.files), 0, box.logs[-1])
            status, log = box.dashboard(*args, sends, f"STAMP={stamp}", words="continuous")
            equal((status, len(server.of("Test")), len(server.of("Done"))), (0, sent, sent), log)
            expect_good(server.files)
        holds(log, "nothing is left to submit")
        # Whose cmake has failed stays a failure, and is not sent again each time.
        with open(os.path.join(origin, "tests.cfg"), "a", encoding="utf-8") as file:
            file.write("# and once more\n")
        git("commit", "-q", "-a", "-m", "sixth")
        options, box.options = box.options, ["-DCMAKE_PROJECT_INCLUDE=/nowhere"]
        status, log = box.dashboard(*args, "NO_SUBMIT=ON", "STAMP=20300101-0300", words="continuous")
        holds(log, "cmake failed")
        box.options = [*options, "-DCMAKE_PROJECT_INCLUDE=/dev/null"]
        del server.files[:]
        for _ in range(2):
            status, log = box.dashboard(*args, "STAMP=20300101-0400", words="continuous")
            equal(status == 0, False, log)
            holds(log, "cmake failed then (without UPDATE=ON it is tried again)")
        equal(len(server.of("Done")), 1, log)
        del server.files[:]
        box.dashboard(*(word for word in args if word != "UPDATE=ON"), "STAMP=20300101-0500", words="continuous")
        equal(len(server.of("Test")), 1, box.logs[-1])
        # Asked for under another name they are another run.
        del server.files[:]
        box.dashboard(*args, "SITE=elsewhere", words="continuous")
        expect_good(server.files)
        equal(([file["query"]["site"] for file in server.of("Test")], len(server.of("Done"))), (["elsewhere"], 1),
              box.logs[-1])
        # And so they are with other tests under the same name.
        del server.files[:]
        named = (f"SUBMIT_URL={server.url}", "UPDATE=ON", "SITE=lab", "BUILDNAME=ci")
        for tests in ("quick", "full"):
            box.dashboard(*named, f"TEST_SET={tests}", words="continuous")
            equal(len(server.of("Test")), 1 if tests == "quick" else 2, box.logs[-1])
    # By default the sources stay, and CDash is told which they are.
    with Server() as server:
        box.dashboard(f"SUBMIT_URL={server.url}", "TEST_SET=quick")
        expect_good(server.files)
        holds(server.of("Update")[0]["data"].decode(), "<Revision>")


def case_multi_config(box):
    """A tree with several configurations, no server, an installed package, a host by HOST."""
    prefix = box.path("prefix")
    status, log = box.run("cmake", "--install", box.settings.kvmtest, "--strip", "--prefix", prefix)
    equal(status, 0, log)
    found = []
    for folder, _, names in os.walk(prefix):
        found += [os.path.join(folder, name) for name in names if name == "KvmTestDashboard.cmake"]
    equal(len(found), 1, "the script is installed")
    box.script = found[0]
    del box.options[0]
    del box.env["KVMTEST_HOST"]
    box.options.append("-DCMAKE_CONFIGURATION_TYPES=Debug")
    status, log = box.dashboard("HOST=dashhost.example.org", "GENERATOR=Ninja Multi-Config",
                                "CONFIGURATION=Debug", "NO_SUBMIT=ON", words="TEST_SET=quick")
    holds(log, "site dashhost.example.org, build qemu-", "-pc-quick, stamp ", "4 tests, 1 failed, 1 not run")
    tag, = [name for name in os.listdir(box.path("build", "Testing")) if re.match("[0-9]{8}-", name)]
    files = []
    for part in ("Configure", "Build", "Test"):
        with open(box.path("build", "Testing", tag, part + ".xml"), "rb") as file:
            files.append({"query": {"FileName": part}, "data": file.read()})
    expect_good(files)
    # The order is the configuration's, whatever failed or took long the last time.
    status, log = box.dashboard("HOST=dashhost.example.org", "CONFIGURATION=Debug", "NO_SUBMIT=ON",
                                words="TEST_SET=quick", ctest=("-V",))
    order = re.findall(r"Start +\d+: kvm\.quick\.(\w+)", log)
    equal([name for name in order if name in ("measures", "wrong")], ["measures", "wrong"], log)


def case_one_at_a_time(box):
    """Two dashboards in one build tree would mix their files."""
    box.replace("tests/says", "#!/bin/sh\n", "#!/bin/sh\ntouch ../../../../../says\nsleep 8\n")
    first = subprocess.Popen(
        ["ctest", "-S", f"{box.script},experimental", f"-DSOURCE={box.src}",
         f"-DBINARY={box.path('build')}", f"-DOPTIONS={';'.join(box.options)}", "-DNO_SUBMIT=ON",
         "-DTEST_SET=quick"], env=box.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not os.path.exists(box.path("build", "Testing", "TAG")) and time.monotonic() < end:
            time.sleep(0.1)
        status, log = box.dashboard("TEST_SET=quick", "NO_SUBMIT=ON")
        holds(log, "another dashboard is at work in ")
        equal(status == 0, False)
    finally:
        first.wait(120)


WRONG = [
    (["MODEL=weekly"], "MODEL is 'weekly', not nightly, continuous or experimental"),
    (["UPDATE=maybe"], "UPDATE is 'maybe', not ON, OFF or VERSION"),
    (["PARALLEL=0"], "PARALLEL is '0', not a whole number above 0"),
    (["RETRIES=x"], "RETRIES is 'x', not a whole number"),
    (["STOP_TIME=7"], "STOP_TIME is '7', not of the form hh:mm:ss"),
    (["STAMP=today"], "STAMP is 'today', not of the form yyyymmdd-hhmm"),
    (["SHARD=1"], "SHARD is '1', not of the form k/n"),
    (["SHARD=3/2", "STAMP=20260131-0100"], "SHARD is '3/2': there is no such one of 2"),
    (["SHARD=1/2"], "a shard (SHARD, QUEUE) needs STAMP"),
    (["STEPS=test;clean"], "STEPS holds 'clean', which is none of update, configure"),
    (["PARTS=Tests"], "PARTS holds 'Tests', which is none of Update, Configure"),
    (["SITE=a<b"], "SITE is 'a<b', not a name without any of \\ : * ? \" < > |"),
    (["GROUP=KVM <g>"], "GROUP is 'KVM <g>', not a name without any of "),
    (["GROUP=KVM: nightly"], "GROUP is 'KVM: nightly', not a name without any of "),
    (["BUILDNAME=a\\b"], "BUILDNAME is 'a\\b', not a name without any of "),
    (["STOP_TIME=24:00:00"], "STOP_TIME is '24:00:00', not of the form hh:mm:ss"),
    (['GROUP="x"'], "GROUP is '\"x\"', not a name without any of "),
    (["GROUP= "], "GROUP is ' ', not a name"),
    (["BUILDNAME=" + "ü" * 256], "BUILDNAME has 256 characters, and CDash takes at most 255"),
    (["SITE=" + "s" * 256], "SITE has 256 characters, and CDash takes at most 255"),
    (["GROUP=" + "g" * 242], "GROUP has 242 characters, and CDash takes at most 241"),
    (["SITE=" + "ü" * 255, "GROUP=" + "ü" * 241], "no CDash to submit to: "),
    (["GENERATOR=Ninja Multi-Config", "NO_SUBMIT=ON"],
     "a tree made with Ninja Multi-Config has several configurations: say by CONFIGURATION which"),
    (["SOURCE=/"], "there is no CMakeLists.txt in '/' (SOURCE)"),
    (["TOKEN=abc"], "the token is taken from the environment variable KVMTEST_CDASH_TOKEN only"),
    ([], "no CDash to submit to: neither does "),
    (["STEPS=submit", "SUBMIT_URL=http://127.0.0.1:1/"], "there is nothing of an earlier run in "),
]


def case_arguments(box):
    """What is wrong is told before anything runs; -D counts before words and environment."""
    for arguments, text in WRONG:
        status, log = box.dashboard(*arguments)
        equal(status == 0, False, log)
        plain = " ".join(log.split())
        holds(plain, text)
        equal(os.path.exists(box.path("build", "CMakeCache.txt")), False, log)
        shutil.rmtree(box.path("build"), ignore_errors=True)
    status, log = box.dashboard(words="nightly,SPEED=fast")
    holds(" ".join(log.split()), "no argument 'SPEED'; there are SOURCE, BINARY")
    status, log = box.dashboard("TESTSET=quick", "STEPS=clean", "KVMTEST_HOST=x", "queue=1", "QUEUE1=2",
                                env={"KVMTEST_DASHBOARD_STOPTIME": "07:00:00"})
    for name in ("TESTSET", "STOPTIME", "KVMTEST_HOST", "queue", "QUEUE1"):
        holds(log, f"kvmtest dashboard: warning: no argument '{name}'; there are SOURCE, BINARY")
    equal(log.count("warning: no argument"), 5, log)
    status, log = box.dashboard(env={"KVMTEST_CDASH_TOKEN": "two words"})
    holds(log, "KVMTEST_CDASH_TOKEN holds what no token may")
    if "two words" in log:
        raise Failure(log)
    env = {"KVMTEST_DASHBOARD_TEST_SET": "full", "KVMTEST_DASHBOARD_GROUP": "of env",
           "KVMTEST_DASHBOARD_SITE": "env-site"}
    status, log = box.dashboard("TEST_SET=nosuch", "NO_SUBMIT=ON", words="nightly,GROUP=of words,TEST_SET=x",
                                env=env)
    equal(status == 0, False)
    holds(" ".join(log.split()), "there is no test set 'nosuch', but full, pictures, quick",
          "site env-site, ", "-of words")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kvmtest", required=True, help="kvmtest's build tree")
    parser.add_argument("--guests", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("case")
    settings = parser.parse_args()
    settings.kvmtest = os.path.abspath(settings.kvmtest)
    settings.guests = os.path.abspath(settings.guests)
    box = Box(settings, settings.case)
    try:
        globals()["case_" + settings.case](box)
    except Failure as failure:
        print(f"FAIL {settings.case}: {failure}")
        return 1
    shutil.rmtree(box.dir, ignore_errors=True)  # what failed stays, to be looked at
    return 0


if __name__ == "__main__":
    sys.exit(main())
