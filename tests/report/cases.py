"""`kvmtest-run report` of tests that a fake qemu has run, each to another end, and what a browser makes
of the page."""

import html.parser
import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "faults"))
sys.path.insert(0, HERE)
import browser  # noqa: E402
import runs  # noqa: E402
from runs import Failure, Skip  # noqa: E402

FAKE = os.path.join(HERE, "..", "faults", "fake_qemu.py")
HOSTILE = b"</script><script>document.title='taken'</script>\0\xff\x1b[31m<img src=x onerror=alert(1)>'\"\xe2\x80\xae\n"


class Tree:
    """A build tree of one call with one host, whose tests have come to every kind of end."""

    def __init__(self, box):
        self.build = box.path("build")
        self.page = box.path("report.html")
        self.runner = box.settings.runner
        generation = box.path("build", "kvmtest", "g", "gen-1")
        self.box = runs.Box(os.path.join(generation, "h"), box.settings)
        os.makedirs(os.path.join(self.build, "kvmtest"), exist_ok=True)
        self.write("kvmtest/calls.txt", "g\n")
        self.write("kvmtest/g/current.cmake", f"\nset(KVMTEST_GENERATION [=[{generation}]=])\n")
        self.box.common.update(type="boot", qemu_binary=FAKE, vga="std", nics="", shell_client="none",
                               boot_marker="fake guest ready")

    def write(self, path, text):
        with open(os.path.join(self.build, path), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, name, mode="good", **params):
        self.box.add(name, {**params})
        self.box.environment = {"FAKE_QEMU": mode}
        return self.box.run(name)

    def start(self, name, mode):
        self.box.add(name, {"hang_timeout": "0"}, queues=(1,))
        self.box.environment = {"FAKE_QEMU": mode}
        process = self.box.start(name)
        runs.wait_until(lambda: self.box.vm(name), 20, f"{name} runs")
        return process

    def result(self, name, file="result.json"):
        return self.box.path("results", runs.escape(name), file)

    def fill(self):
        """Returns the process of the test that still runs."""
        self.run("ide.good").expect(0, "PASS boot: .*")
        self.run("ide.panics", "panics").expect(1, "FAIL guest-panic: .*")
        with open(self.result("ide.panics", "console-vm1.log"), "ab") as file:
            file.write(HOSTILE)
        # The guest that panics has no screen; this one has.
        self.run("ide.hangs", "no-boot", hang_timeout="1").expect(1, "FAIL guest-hang: .*")
        self.run("scsi.skips", kernel="/no/such/kernel").expect(77, "SKIP environment: .*")
        self.run("scsi.damaged").expect(0, "PASS boot: .*")
        with open(self.result("scsi.damaged"), "r+", encoding="utf-8") as file:
            file.truncate(40)
        self.box.add("scsi.waits", {})
        killed = self.start("usb.killed", "no-boot")
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        killed.stdout.close()
        return self.start("usb.goes_on", "no-boot")

    def report(self, *options, status=0):
        done = subprocess.run([self.runner, "report", self.build, "-o", self.page, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                              check=False)
        if done.returncode != status:
            raise Failure(f"report: expected status {status}, found {done.returncode}\n{done.stdout}")
        return done.stdout


class Reader(html.parser.HTMLParser):
    """A page as a strict reader takes it: its text, and the tests with their outcome and text."""

    def __init__(self, text):
        super().__init__()
        self.text = ""
        self.tests = {}
        self.current = None
        self.open = []
        self.pictures = []
        self.feed(text)
        self.close()
        if self.open:
            raise Failure(f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in ("meta", "br", "img", "input", "rect", "path"):
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(attrs["src"])
        if "data-o" in attrs:
            self.current = [attrs["data-o"], ""]
        if tag == "section":
            self.current = None

    def handle_endtag(self, tag):
        if tag in ("rect", "path"):
            return
        if not self.open or self.open.pop() != tag:
            raise Failure(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.text += data
        if self.current is None:
            return
        if self.current[1] == "" and len(data.strip()) > 1:
            self.tests[data.strip()] = self.current
        self.current[1] += data if len(data.strip()) != 1 or self.current[1] else ""


OUTCOMES = {"ide.good": "pass", "ide.panics": "fail", "ide.hangs": "fail",
            "scsi.skips": "skip", "scsi.damaged": "damaged",
            "scsi.waits": "not-run", "usb.killed": "interrupted", "usb.goes_on": "running"}


def expect_part(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"expected {part!r} in\n{text}")


def filled(box):
    tree = Tree(box)
    process = tree.fill()
    try:
        tree.report()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    return tree


def read(tree):
    with open(tree.page, encoding="utf-8", newline="") as file:
        return file.read()


def case_every_end(box):
    tree = filled(box)
    reader = Reader(read(tree))
    found = {name: outcome for name, (outcome, _) in reader.tests.items()}
    if found != OUTCOMES:
        raise Failure(f"expected the tests {OUTCOMES}\nfound {found}")
    expect_part(reader.tests["ide.panics"][1], "guest-panic: vm1: [    1.0] Kernel panic",
                "console-vm1.log", "Call Trace:\n <TASK>\n</script>", "<img src=x onerror=alert(1)>'\"<U+202E>",
                "ctest --test-dir", "repro.sh", "x.cfg:1", "kvmtest-generate explain")
    expect_part(reader.tests["scsi.skips"][1], "/no/such/kernel")
    expect_part(reader.tests["scsi.damaged"][1], "result.json cannot be read")
    expect_part(reader.tests["usb.killed"][1], "the runner is gone")
    if not any(src.startswith("data:image/png;base64,") for src in reader.pictures):
        raise Failure("the picture of the last screen is missing")


def case_history_of_runs(box):
    tree = Tree(box)
    for mode in ("good", "good", "panics"):
        tree.box.tests.clear()
        tree.run("ide.test", mode)
    with open(tree.box.path("results", "history.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if [(line[1], line[4]) for line in lines] != [("pass", "ide.test")] * 2 + [("fail", "ide.test")]:
        raise Failure(f"the history is {lines}")
    tree.report()
    # All of them are of one run, as ctest --repeat until-pass has them: this process stands for ctest.
    expect_part(read(tree), "id=\"trends\"", "Now this, now that", "<i>Failed at attempt 3</i>")


def case_where_params_come_from(box):
    """Of a test that failed the page says where each param is assigned; of a value that the configuration
    does not give any more it says nothing."""
    tree = Tree(box)
    config = box.path("a.cfg")
    with open(config, "w", encoding="utf-8") as file:
        file.write("mem = 4\nnics = ''\nlogin_timeout = 30\nvariants:\n    - ide:\n        disks = a b\n"
                   "        disks += ' c'\n        variants:\n            - panics:\n                type = boot\n")
    tree.box.common.update(login_timeout="30")
    tree.run("ide.panics", "panics", mem="4", disks="a b c", edited="before").expect(1, "FAIL guest-panic: .*")
    tree.write("kvmtest/g/call.cmake",
               "\nset(kvmtest_generator [==[/no/such/kvmtest-generate]==])\n  execute_process(\n      [==[--dialect=modern]==]\n"
               f"      [==[--set-param=hugepages=yes]==]\n      --\n      [==[{config}]==]\n"
               "      [==[edited = after]==]\n    WORKING_DIRECTORY x)\n")
    tree.report()
    text = Reader(read(tree)).tests["ide.panics"][1]
    expect_part(text, f"mem = 4    # {config}:1\n", f"disks = a b c    # {config}:6, {config}:7\n",
                f"login_timeout = 30    # {config}:3\n", "edited = before\n",
                f"explain --dialect=modern --set-param=hugepages=yes {config} 'edited = after' --test")


def case_output_that_is_no_file(box):
    """What is no file is written to, and not replaced; nor is the link to a file."""
    tree = Tree(box)
    tree.run("ide.good").expect(0, "PASS boot: .*")
    page, tree.page = tree.page, box.path("link")
    os.symlink(page, tree.page)
    tree.report()
    if not os.path.islink(tree.page) or not os.path.isfile(page):
        raise Failure("the link has been replaced")
    tree.page = box.path("fifo")
    os.mkfifo(tree.page)
    reader = subprocess.Popen(["cat", tree.page], stdout=subprocess.PIPE, text=True)
    try:
        tree.report()
        expect_part(reader.communicate(timeout=20)[0], "<!DOCTYPE html>", "</html>")
    finally:
        reader.kill()
    done = subprocess.run([tree.runner, "report", tree.build, "-o", "/dev/stdout"], stdout=subprocess.PIPE,
                          text=True, timeout=60, check=False)
    expect_part(done.stdout, "<!DOCTYPE html>", "</html>")


def case_tests_that_could_not_be_made(box):
    """What is there is of before, and the page says so; also the one that ctest makes at its end."""
    tree = Tree(box)
    tree.run("ide.good").expect(0, "PASS boot: .*")
    said = tree.report()
    if "could not be made" in said + Reader(open(tree.page, encoding="utf-8").read()).text:
        raise Failure("nothing is wrong, and the page says so")
    expect(tree.report("--after-ctest"), "", "after a ctest without news")
    # As kvmtest-generate leaves it (generator/README.md).
    tree.write("kvmtest/g/failed.txt", "a.cfg:1:1: error: found <this>\n")
    tree.write("kvmtest/g/failed.cmake", "# add_test(...)\n")
    for option in ([], ["--after-ctest"]):
        os.utime(tree.page, (0, 0))
        expect_part(tree.report(*option), "(1 passed)\n", "report: the tests of g could not be made anew\n")
        expect_part(Reader(open(tree.page, encoding="utf-8").read()).text,
                    "The tests of g could not be made anew: what is here of them is of before.",
                    "a.cfg:1:1: error: found <this>\n")


def case_all_hosts_and_configurations(box):
    """A run of KVMTEST_HOST='*' has all its hosts; in a multi-config tree ctest wants to know which."""
    tree = Tree(box)
    tree.run("ide.good").expect(0, "PASS boot: .*")
    call = os.path.join(tree.build, "kvmtest", "g")
    host = os.path.join(call, "gen-1", "h")
    with open(os.path.join(host, "tests.jsonl"), encoding="utf-8") as file:
        text = file.read()
    shutil.copytree(host, os.path.join(call, "gen-1", "h2"))
    first, _, rest = text.partition("\n")
    first = json.loads(first)
    results = first["results_dir"]
    shutil.copytree(results, results + "2")
    first.update(host="h2", results_dir=results + "2")
    with open(os.path.join(call, "gen-1", "h2", "tests.jsonl"), "w", encoding="utf-8") as file:
        file.write(json.dumps(first) + "\n" + rest)
    shutil.copytree(os.path.join(call, "gen-1"), os.path.join(call, "Debug", "gen-1"))
    tree.write("kvmtest/g/Debug/current.cmake", f"\nset(KVMTEST_GENERATION [=[{call}/Debug/gen-1]=])\n")
    tree.write("kvmtest/calls.txt", "g/Debug\n")
    tree.report()
    page = read(tree)
    expect_part(page, "<td>h, h2</td>", f"ctest --test-dir {tree.build} -C Debug -R")


def case_long_history(box):
    """What tests came to many times is read in a time that grows with it, not with its square."""
    tree = Tree(box)
    tree.run("ide.good").expect(0, "PASS boot: .*")
    with open(tree.box.path("results", "history.jsonl"), "w", encoding="utf-8") as file:
        for i in range(100000):
            file.write(json.dumps([f"{i}-1-1", "pass", 1.0 + i, 1.0, "ide.good"]) + "\n")
    before = os.times().children_user
    tree.report()
    used = os.times().children_user - before
    if used > 20:
        raise Failure(f"it took {used:.1f} s")


def case_of_a_killed_report(box):
    """What a report that was killed has left beside the page goes, and nothing else."""
    tree = Tree(box)
    tree.run("ide.test", "good")
    left = tree.page + ".kvmtest-0123abcd.tmp"
    others = [tree.page + ".tmp", tree.page + ".kvmtest-0123abcd.tm"]
    for option in ([], ["--after-ctest"]):
        for path in (left, *others):
            with open(path, "w", encoding="ascii") as file:
                file.write("<html>")
        expect_part(tree.report(*option), f"removed {left}, left by a report that was killed\n")
        if [os.path.exists(path) for path in (left, *others)] != [False, True, True]:
            raise Failure(f"{os.listdir(os.path.dirname(left))} are left")


def case_wrong_usage(box):
    tree = Tree(box)
    tree.box.add("never", {})
    tree.box.write()
    expect_part(tree.report(status=1), f"kvmtest-run: error: no results in {tree.build}: has ctest run?\n")
    if tree.report("--after-ctest") != "" or os.path.exists(tree.page):
        raise Failure("after ctest nothing is to be said of nothing")
    for arguments in ([], [tree.build, "--frobnicate"]):
        done = subprocess.run([tree.runner, "report", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        if done.returncode != 2:
            raise Failure(f"report {arguments}: status {done.returncode}\n{done.stdout}")
    tree.run("runs")
    tree.page = "/no/such/directory/report.html"
    expect_part(tree.report(status=3), "error: cannot write /no/such/directory/report.html: No such file")


def in_browser(box):
    if browser.find() is None:
        raise Skip("there is no chromium")
    return filled(box)


def expect(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: expected {expected!r}, found {found!r}")


SHOWN = "[...document.querySelectorAll('.t')].filter(t => t.getClientRects().length > 0)" \
        ".map(t => t.dataset.o).sort().join(' ')"


def case_browser_reads(box):
    """With and without script all is there, nothing is refused, nobody's words have become script."""
    tree = in_browser(box)
    everything = " ".join(sorted(OUTCOMES.values()))
    with browser.Browser() as chromium:
        for script in (True, False):
            for dark in (True, False):
                chromium.open(tree.page, dark=dark, script=script)
                expect(chromium.complaints, [], "complaints")
                expect(chromium.evaluate(SHOWN), everything, "tests shown")
                expect(chromium.evaluate("document.title"), f"kvmtest: {tree.build}", "title")
                expect(chromium.evaluate("document.documentElement.scrollWidth"), 1200, "width")
                expect(chromium.evaluate("document.getElementById('filters').hidden"), not script,
                       "filters hidden")
                page = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
                expect(sum(map(int, page[4:-1].split(","))) < 384, dark, f"dark ({page})")
                expect(chromium.evaluate("document.querySelector('figure img').naturalWidth"), 1,
                       "width of the picture")
        # What the page brings along may not do what its policy forbids.
        with open(tree.page, encoding="utf-8") as file:
            text = file.read()
        with open(tree.page, "w", encoding="utf-8") as file:
            file.write(text.replace("<header>", "<script>document.title = 'taken'</script><header>"))
        chromium.open(tree.page)
        expect(chromium.evaluate("document.title"), f"kvmtest: {tree.build}", "title")


def case_browser_narrow(box):
    """On a telephone nothing sticks out, and what is drawn can be read."""
    tree = in_browser(box)
    with browser.Browser() as chromium:
        chromium.open(tree.page, width=400)
        expect(chromium.evaluate("document.documentElement.scrollWidth"), 400, "width")
        out = chromium.evaluate(
            "[...document.querySelectorAll('.runs, .counts, .chart svg')].filter(e => !e.closest('.wide') && "
            "e.getBoundingClientRect().right > e.closest('section').getBoundingClientRect().right).length")
        expect(out, 0, "tables and drawings that stick out")
        height = "document.querySelector('.chart[open] svg text.lane').getBoundingClientRect().height"
        if chromium.evaluate(height) < 9:
            raise Failure(f"text of the timeline is {chromium.evaluate(height)} px high")
        if chromium.evaluate("document.querySelector('.runs svg').getBoundingClientRect().width") < 100:
            raise Failure("the bars of the runs are gone")


ALL_OUTCOMES = ["fail", "timeout", "error", "bad", "interrupted", "damaged", "running", "known-failure",
                "skip", "pass", "not-run"]

# What has less contrast than people need to read it (4.5:1), or to tell an area from what it lies on (3:1).
CONTRASTS = """(() => {
    for (const outcome of %s) {
        document.querySelector('.key').insertAdjacentHTML('beforeend', `<b class="o ${outcome}">x</b>`);
        document.querySelector('.chart svg').insertAdjacentHTML('beforeend',
            `<rect class="${outcome}"/><text class="in ${outcome}">x</text>`);
    }
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const is_seen = (colour) => colour !== "none" && numbers(colour)[3] !== 0;
    const light = (colour) => {
        const [r, g, b] = numbers(colour).map((v) => v / 255).map((v) =>
            v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (one, other) => {
        const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    };
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const colour = getComputedStyle(element).backgroundColor;
            if (is_seen(colour)) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const found = [];
    const look = (element, ratio, least) => {
        if (ratio < least) found.push(`${element.tagName} ${element.getAttribute("class")}: ${ratio.toFixed(2)}`);
    };
    for (const element of document.querySelectorAll("body *")) {
        const style = getComputedStyle(element);
        if (element.matches("svg rect")) {
            const sides = [style.fill, style.stroke].filter(is_seen);
            look(element, Math.max(...sides.map((side) => ratio(side, behind(element)))), 3);
        } else if (element.matches("svg text.in")) {
            const area = document.querySelector(`svg rect.${element.classList[1]}`);
            look(element, ratio(style.fill, getComputedStyle(area).fill), 4.5);
        } else if (element.matches("svg text")) {
            look(element, ratio(style.fill, behind(element)), 4.5);
        } else if ([...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) {
            look(element, ratio(style.color, behind(element)), 4.5);
        }
    }
    const words = document.getElementById("q");
    look(words, ratio(getComputedStyle(words, "::placeholder").color, behind(words)), 4.5);
    return [...new Set(found)].join("; ");
})()""" % json.dumps(ALL_OUTCOMES)


def case_browser_contrast(box):
    tree = in_browser(box)
    with browser.Browser() as chromium:
        for dark in (False, True):
            chromium.open(tree.page, dark=dark)
            expect(chromium.evaluate(CONTRASTS), "", f"too little contrast (dark: {dark})")


def case_browser_filters(box):
    tree = in_browser(box)
    with browser.Browser() as chromium:
        for fragment, expected in (("status=fail,damaged", "damaged fail fail"), ("q=scsi+WAITS", "not-run"),
                                   ("set=s&host=h&status=pass", "pass"), ("q=in+vain", "")):
            chromium.open(tree.page, fragment)
            expect(chromium.evaluate(SHOWN), expected, fragment)
            expect(chromium.evaluate("document.getElementById('shown').value"),
                   f"{len(expected.split())} of 8 tests", fragment)
        chromium.open(tree.page, "q=panics")
        expect(chromium.evaluate("document.querySelector('#g-fail h3 i').textContent"), "1 of 2", "count of the group")
        # A person's clicks end in the address.
        chromium.open(tree.page)
        chromium.evaluate("document.querySelector('input[value=skip]').click()")
        expect(chromium.evaluate(SHOWN), "skip", "after a click")
        expect(chromium.evaluate("location.hash"), "#status=skip", "address")


def case_browser_links(box):
    """A link from the matrix opens the test that it leads to, also without script."""
    tree = in_browser(box)
    with browser.Browser() as chromium:
        for script in (True, False):
            chromium.open(tree.page, script=script)
            link = chromium.evaluate("document.querySelector('#matrix a.pass').hash.slice(1)")
            state = f"document.getElementById('{link}').closest('details').open"
            expect(chromium.evaluate(state), False, "open at first")
            chromium.open(tree.page, link, script=script)
            expect(chromium.evaluate(state), True, f"open (script: {script})")
        # It is what is seen, even if those above it were not drawn, and are longer, when it was looked for.
        chromium.open(tree.page, height=300)
        last = chromium.evaluate("""{
            const tests = [...document.querySelectorAll("details.t")];
            for (const test of tests) test.open = true;
            location.hash = tests.pop().lastElementChild.id;
            location.hash.slice(1); }""")
        chromium.evaluate("new Promise(seen => setTimeout(seen, 300))")
        top = chromium.evaluate(f"document.getElementById('{last}').getBoundingClientRect().top")
        expect(0 <= top < 300, True, f"its top, at {top}, is seen")


if __name__ == "__main__":
    sys.exit(runs.main(globals()))
