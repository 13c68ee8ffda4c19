#!/usr/bin/env python3
"""Runs what the recipes in examples/ci tell a CI service to run: recipes.py --kvmtest BUILD
--guests GUESTS --work WORK github|gitlab|jenkins

The commands are taken out of the recipe and run in their order, as the service would, in a copy of
an example project. Stand-ins (stand_ins/) come before the real programs only where a command is for
the machine's administrator, for the network, or takes many minutes: sudo and apt-get do nothing,
`git clone` copies these sources, building kvmtest takes what is built, and a guest with Linux is
copied. The first job of a recipe begins with empty caches, the next have what it left. Whether a job is
root's is what STAND_IN_USER says; apt-get fails for others.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "cdash"))
import check_submission  # noqa: E402
from cdash_server import Server  # noqa: E402

TOKEN = "jenkins-TOKEN-42"
# The quickstart has too many tests for this: a few of each queue do.
SETS = """include kvm_hosts.cfg
variants:
    - @nightly:
        hostname1:
            queue1:
                only tiny
            queue2:
                only boot
                only cloud
                only raw
                only ide
                only virtio_net
        hostname2:
            only tiny
"""


class Failure(Exception):
    """A recipe does not work."""


class Job:
    """One job in a checkout of its own, with the caches of the jobs before it."""

    def __init__(self, settings, name, project, environment):
        self.settings = settings
        self.dir = os.path.join(settings.work, name)
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(os.path.join(ROOT, "examples", project), self.dir)
        if project == "quickstart":
            with open(os.path.join(self.dir, "sets.cfg"), "w", encoding="utf-8") as file:
                file.write(SETS)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("CTEST_", "KVMTEST_", "CMAKE_"))}
        self.environment |= {
            "PATH": os.path.join(HERE, "stand_ins") + os.pathsep + os.environ["PATH"],
            "STAND_IN_SOURCE": ROOT, "STAND_IN_BUILD": settings.kvmtest,
            "STAND_IN_USER": "root",  # as in a container
            "STAND_IN_GUESTS": settings.guests, "STAND_IN_LOG": os.path.join(self.dir, "stand-ins.log")}
        self.environment |= environment

    def restore(self, cache, paths):
        for path in paths:
            if os.path.exists(os.path.join(cache, path)):
                shutil.copytree(os.path.join(cache, path), os.path.join(self.dir, path), symlinks=True)

    def save(self, cache, paths):
        for path in paths:
            if not os.path.exists(os.path.join(self.dir, path)):
                raise Failure(f"what is to be cached is not there: {path}")
            if not os.path.exists(os.path.join(cache, path)):
                shutil.copytree(os.path.join(self.dir, path), os.path.join(cache, path), symlinks=True)

    def run(self, script, shell, what):
        """The exit status and output of a script, as a service runs it."""
        done = subprocess.run([*shell, script], cwd=self.dir, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                              timeout=280, check=False)
        print(f"-- {what}: {done.returncode}")
        return done.returncode, done.stdout

    def expect(self, script, shell, what):
        status, output = self.run(script, shell, what)
        if status != 0:
            raise Failure(f"{what} ended with {status}\n$ {script}\n{output}")
        return output

    def expect_artefacts(self, patterns):
        for pattern in patterns:
            if not glob.glob(os.path.join(self.dir, pattern), recursive=True):
                raise Failure(f"there is nothing to keep: {pattern}")

    def junit(self, name):
        with open(os.path.join(self.dir, name), encoding="utf-8") as file:
            return re.findall(r'<testcase name="([^"]*)".*status="([^"]*)"', file.read())


def read_yaml(name):
    with open(os.path.join(ROOT, "examples", "ci", name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def expressions(text, values):
    """GitHub's ${{ name }}."""
    return re.sub(r"\$\{\{ *([^ }]+) *\}\}", lambda found: str(values[found.group(1)]), str(text))


def expect_debian(image):
    """The stand-in for make-linux-guest.sh needs no kernel; the real one takes that of Debian's archive."""
    if not image.startswith("debian:"):
        raise Failure(f"{image} has no package of the guest's kernel")


def case_github(settings):
    recipe = read_yaml("github-actions.yml")
    job = recipe["jobs"]["kvm"]
    expect_debian(job.get("container", {}).get("image", job["runs-on"]))
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    cache = os.path.join(settings.work, "github-cache")
    shutil.rmtree(cache, ignore_errors=True)
    ran = []
    for shard in job["strategy"]["matrix"]["shard"]:
        environment = {**recipe["env"], **job["env"]}
        values = {"matrix.shard": shard}
        here = Job(settings, f"github-{shard}", "existing_project",
                   {key: expressions(value, values) for key, value in environment.items()})
        has_saved = False
        for step in job["steps"]:
            uses = step.get("uses", "").split("@")[0]
            if "run" in step:
                here.expect(step["run"], bash, f"shard {shard}, {step['name']}")
            elif uses == "actions/cache/restore":
                here.restore(cache, step["with"]["path"].split())
            elif uses == "actions/cache/save":
                here.save(cache, step["with"]["path"].split())
                has_saved = True
            elif uses == "actions/upload-artifact":
                here.expect_artefacts(step["with"]["path"].split())
            elif uses != "actions/checkout":
                raise Failure(f"an unknown action: {step}")
            # A job whose tests fail does not come to what is behind them.
            if step.get("name") == "Test" and not has_saved:
                raise Failure("kvmtest and guests are not kept when a test fails")
        ran += here.junit("junit.xml")
    guests = [f"guests.{name}" for name in ("nightly.cloud.boot", "nightly.tiny.boot", "nightly.tiny.shutdown",
                                            "weekly.cloud.boot", "weekly.cloud.shutdown", "weekly.tiny.boot",
                                            "weekly.tiny.shutdown")]
    own = ["gpu.invert", "gpu.multiply", "gpu.transpose", "unit.arithmetic"]
    if sorted(ran) != [(name, "run") for name in sorted(guests + own)]:
        raise Failure(f"the shards ran {ran}")
    # More shards than tests.
    test = next(step for step in job["steps"] if step.get("name") == "Test")
    here.environment |= {"SHARD": "30", "SHARDS": "30"}
    here.expect(test["run"], bash, "an empty shard")
    if here.junit("junit.xml"):
        raise Failure(f"the empty shard ran {here.junit('junit.xml')}")
    here.environment["SHARDS"] = str(job["env"]["SHARDS"])
    # A test that fails fails its step; what is kept is kept.
    with open(os.path.join(here.dir, "guests.cfg"), "a", encoding="utf-8") as file:
        file.write("\nweekly..cloud..boot:\n    guest_command = false\n")
    results = []
    for shard in job["strategy"]["matrix"]["shard"]:
        here.environment["SHARD"] = str(shard)
        results.append(here.run(test["run"], bash, f"shard {shard}, with a test that fails")[0])
    if sorted(status != 0 for status in results) != [False, True]:
        raise Failure(f"one shard of two ought to fail: {results}")


def case_gitlab(settings):
    recipe = read_yaml("gitlab-ci.yml")
    job = recipe["kvm"]
    expect_debian(job["image"])
    if job["cache"].get("when") != "always":
        raise Failure("kvmtest and guests are not kept when a test fails")
    bash = ["bash", "-eo", "pipefail", "-c"]
    cache = os.path.join(settings.work, "gitlab-cache")
    shutil.rmtree(cache, ignore_errors=True)
    ran = {}
    for host in job["parallel"]["matrix"][0]["KVMTEST_HOST"]:
        # The first by the docker executor, the other one by the shell's.
        user = "gitlab-runner" if ran else "root"
        here = Job(settings, f"gitlab-{host}", "quickstart",
                   {**recipe["variables"], "KVMTEST_HOST": host, "STAND_IN_USER": user})
        here.restore(cache, job["cache"]["paths"])
        here.expect("\n".join(job["before_script"] + job["script"]), bash, f"{host}, script")
        here.expect("\n".join(job["after_script"]), bash, f"{host}, after_script")
        here.save(cache, job["cache"]["paths"])
        here.expect_artefacts(job["artifacts"]["paths"] + [job["artifacts"]["reports"]["junit"]])
        ran[host] = here.junit("junit.xml")
    if [len(tests) for tests in ran.values()] != [4, 3]:
        raise Failure(f"the hosts ran {ran}")
    # A machine where what a job may not install is missing.
    here.environment["PACKAGES"] += " no-such-package"
    status, output = here.run(job["before_script"][0], bash, "a package is missing")
    if status == 0 or "no packages found matching no-such-package" not in output:
        raise Failure(f"{status}: {output}")
    for tests in ran.values():
        if any(status != "run" for _, status in tests):
            raise Failure(f"not passed: {tests}")


def jenkins_scripts(text):
    """(the variable that takes its output or None, the script) of each sh step."""
    pattern = re.compile(r"(?:env\.(\w+) = )?sh(?:\(script: '([^']*)'| '''(.*?)''')", re.DOTALL)
    for found in pattern.finditer(text):
        # In ''' a backslash at the end of a line is written as in the shell; no other is used.
        yield found.group(1), found.group(2) or found.group(3)


def case_jenkins(settings):
    with open(os.path.join(ROOT, "examples", "ci", "Jenkinsfile"), encoding="utf-8") as file:
        text = re.sub(r"(?m)^ *//.*$", "", file.read())
    if text.count("{") != text.count("}"):
        raise Failure("braces do not match")
    begin, rest = text.split("stage('queues')")
    queues, end = rest.split("\n  post {")
    variables = dict(re.findall(r"^ +(\w+) = '([^']*)'$", begin, re.M))
    shell = ["sh", "-xec"]
    prefix = os.path.join(settings.work, "jenkins-prefix")
    shutil.rmtree(prefix, ignore_errors=True)
    subprocess.run(["cmake", "--install", settings.kvmtest, "--strip", "--prefix", prefix], check=True,
                   stdout=subprocess.DEVNULL)
    with Server() as server:
        variables |= {"KVMTEST": prefix, "GUESTS": settings.guests, "CDASH": server.url}
        for variable, script in jenkins_scripts(begin):
            variables[variable] = Job(settings, "jenkins-begin", "quickstart", variables).expect(
                script, ["sh", "-ec"], "begin").strip()
        variables["KVMTEST_CDASH_TOKEN"] = TOKEN
        ran, said = [], ""
        for queue in re.search(r"name 'QUEUE'\s+values ('[^\n]*')", queues).group(1).split(", "):
            queue = queue.strip("'")
            here = Job(settings, f"jenkins-{queue}", "quickstart", {**variables, "QUEUE": queue})
            for _, script in jenkins_scripts(queues):
                said += here.expect(script, shell, f"queue {queue}")
            ran.append(here.junit(f"junit-{queue}.xml"))
            artefacts = re.search('archiveArtifacts artifacts: "([^"]*)"', queues).group(1)
            here.expect_artefacts(artefacts.replace("${QUEUE}", queue).split(", "))
        last = Job(settings, "jenkins-end", "quickstart", variables)
        for _, script in jenkins_scripts(end):
            said += last.expect(script, shell, "end")
    if [len(tests) for tests in ran] != [3, 1]:
        raise Failure(f"the queues ran {ran}")
    if TOKEN in said:
        raise Failure("the token is printed")
    sent = [file["query"]["FileName"].rsplit("___", 1)[1] for file in server.files]
    if sent != ["Test.xml", "Test.xml", "Notes.xml", "Done.xml"] or len(server.builds) != 1:
        raise Failure(f"sent {sent} of {server.builds}\n{said}")
    for file in server.files:
        problems = check_submission.check(file["data"])
        if problems or file["token"] != "Bearer " + TOKEN:
            raise Failure(f"{file['query']}: {problems}, {file['token']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kvmtest", required=True, help="kvmtest's build tree")
    parser.add_argument("--guests", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("case")
    settings = parser.parse_args()
    for name in ("kvmtest", "guests", "work"):
        setattr(settings, name, os.path.abspath(getattr(settings, name)))
    settings.work = os.path.join(settings.work, settings.case)
    os.makedirs(settings.work, exist_ok=True)
    try:
        globals()["case_" + settings.case](settings)
    except Failure as failure:
        print(f"FAIL {settings.case}: {failure}")
        return 1
    shutil.rmtree(settings.work, ignore_errors=True)  # what failed stays, to be looked at
    return 0


if __name__ == "__main__":
    sys.exit(main())
