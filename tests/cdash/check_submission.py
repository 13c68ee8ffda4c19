#!/usr/bin/env python3
"""Says what CDash would not take, or would show wrongly, of files that ctest submits.

    check_submission.py FILE...

The files are those of one build, in the order in which they are sent.

Two kinds of rules, kept apart: what CDash's XML schemas demand (a server that validates answers
400 to anything else, and the whole file is lost), and limits that they do not know, found by trying
on CDash 3.10.2 and 5.3.0 (a value that is too long for its column is a 500, and the file is lost
or half stored). Exit status 1 if there are problems; one line each:

    FILE: schema|limit: WHERE: what was found, what would have been accepted

Needs nothing but Python. As a module: Submission(data) and its `problems`.
"""

import base64
import binascii
import gzip
import io
import re
import struct
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
import zlib

# ------------------------------------------------------------------------ what the schemas demand
#
# An element is described by its attributes, and its children: their names in order with ? * + and
# (a|b) as in regular expressions. `mixed` ones may hold text between them. A leaf holds text of a
# kind.


class Leaf:
    def __init__(self, kind="string", attributes=(), required=()):
        self.kind, self.children, self.mixed = kind, {}, True
        self.attributes = {name: "string" for name in (*attributes, *required)}
        self.required = set(required)
        self.model = None


class Node:
    def __init__(self, model, attributes=None, required=(), mixed=False, **children):
        self.kind, self.mixed, self.children = None, mixed, children
        self.attributes, self.required = dict(attributes or {}), set(required)
        for name in required:
            self.attributes.setdefault(name, "string")
        self.text = model
        pattern = re.sub(r"[A-Za-z]+", lambda name: f"(?:{name.group(0)} )", model)
        self.model = re.compile(pattern.replace(" )", "@)").replace(" ", "").replace("@", " "))
        for name in re.findall(r"[A-Za-z]+", model):
            self.children.setdefault(name, Leaf())


# As libxml2 has it, with which CDash validates: blanks around decimals only.
KINDS = {
    "string": re.compile(r".*", re.DOTALL),
    "int": re.compile(r"[+-]?[0-9]+"),
    "short": re.compile(r"[+-]?[0-9]+"),
    "integer": re.compile(r"\s*[+-]?[0-9]+\s*"),
    "unsigned": re.compile(r"[0-9]+"),
    "unsigned short": re.compile(r"[0-9]+"),
    "decimal": re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*"),
    "float": re.compile(r"\s*([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|-?INF|NaN)\s*"),
    "boolean": re.compile(r"\s*(true|false|0|1)\s*"),
}
RANGES = {"int": (-2**31, 2**31 - 1), "unsigned": (0, 2**32 - 1), "short": (-2**15, 2**15 - 1),
          "unsigned short": (0, 2**16 - 1)}

SITE = {name: "string" for name in (
    "BuildName BuildStamp Name Generator CompilerName CompilerVersion OSName Hostname OSRelease "
    "OSVersion OSPlatform VendorString VendorID ModelName ChangeId").split()}
SITE |= {name: "int" for name in (
    "FamilyID ModelID ProcessorCacheSize NumberOfLogicalCPU NumberOfPhysicalCPU "
    "TotalVirtualMemory TotalPhysicalMemory LogicalProcessorsPerPhysical").split()}
SITE |= {"Is64Bits": "short", "Append": "boolean", "ProcessorClockFrequency": "float"}
SITE_REQUIRED = ("BuildName", "BuildStamp", "Name")

LABELS = Node("Label+")
SUBPROJECT = Node("Label?", required=("name",))
# Text with whatever markup in it.
LOG = Leaf(attributes=("compression", "Compression", "encoding", "Encoding"))
LOG.children = None
ENCODED = {name: "string" for name in ("encoding", "compression", "filename")}
NAMED = Node("Value", ENCODED, ("type", "name"))
PLAIN_NAMED = Node("Value", required=("type", "name"))


def site(model, **children):
    return Node(model, SITE, SITE_REQUIRED, Subproject=SUBPROJECT, Labels=LABELS, **children)


TEST = Node(
    "Name Path FullName FullCommandLine StartTestTime? Results NamedMeasurement* Labels?",
    required=("Status",), NamedMeasurement=NAMED, Labels=LABELS,
    Results=Node("(NamedMeasurement|Measurement)*", NamedMeasurement=NAMED,
                 Measurement=Node("Value", Value=Leaf(attributes=("encoding", "compression")))))
TESTING = Node(
    "StartDateTime? StartTestTime? TestList? Test* EndDateTime? EndTestTime? ElapsedMinutes?",
    TestList=Node("Test*"), Test=TEST, ElapsedMinutes=Leaf("decimal"))


def command(model, *required):
    """What cmake's instrumentation tells of one command."""
    kinds = {"cmakeContent": "string", "duration": "integer", "timeStart": "integer",
             "version": "integer"}
    return Node(model, kinds, ("command", "workingDir", "duration", "result", "timeStart", *required),
                NamedMeasurement=PLAIN_NAMED,
                Outputs=Node("Output", Output=Leaf(required=("name", "size"))))


CONFIGURE = Node(
    "StartDateTime? StartConfigureTime? ConfigureCommand Log ConfigureStatus EndDateTime? "
    "EndConfigureTime? ElapsedMinutes Commands?", mixed=True,
    StartConfigureTime=Leaf("unsigned"), EndConfigureTime=Leaf("unsigned"), Log=LOG,
    ElapsedMinutes=Leaf("decimal"),
    Commands=Node("(Generate|Configure)+", Generate=command("NamedMeasurement+"),
                  Configure=command("NamedMeasurement+")))


def place(kind):
    return Node("BuildLogLine Text SourceFile? SourceLineNumber? PreContext PostContext RepeatCount",
                BuildLogLine=Leaf(kind), SourceLineNumber=Leaf(kind), RepeatCount=Leaf(kind))


PRODUCES = "(NamedMeasurement|Outputs)+"
BUILD = Node(
    "(Labels|StartDateTime|StartBuildTime|SourceDirectory|BinaryDirectory|BuildCommand|Error|Warning|"
    "Failure|Targets|Commands|Log|EndDateTime|EndBuildTime|ElapsedMinutes)*",
    Labels=LABELS, StartBuildTime=Leaf("unsigned"), EndBuildTime=Leaf("unsigned"),
    ElapsedMinutes=Leaf("decimal"), Log=LOG, Error=place("int"), Warning=place("unsigned"),
    Failure=Node("(Action|Command|Result|Labels)+", required=("type",), Labels=LABELS,
                 Action=Node("TargetName? Language? SourceFile? OutputFile? OutputType?"),
                 Command=Node("WorkingDirectory? Argument+"),
                 Result=Node("(StdOut|StdErr|ExitCondition)+")),
    Targets=Node("Target+", Target=Node(
        "(Labels? Commands|Commands Labels)", required=("name", "type"), Labels=LABELS,
        Commands=Node("(Compile|Link)+",
                      Compile=command(PRODUCES, "config", "language", "source"),
                      Link=command(PRODUCES, "config", "language")))),
    Commands=Node("(CmakeBuild|CmakeInstall|Custom|Install)+",
                  CmakeBuild=command("NamedMeasurement+"), CmakeInstall=command("NamedMeasurement+"),
                  Custom=command(PRODUCES), Install=command("NamedMeasurement+")))

FILE = Leaf(attributes=("Directory",))
UPDATED = Node(
    "(File|Directory|FullName|CheckinDate|Author|Email|Committer|CommitterEmail|CommitDate|Log|"
    "Revision|PriorRevision|Revisions)+", File=FILE, Log=LOG,
    Revisions=Node("Revision PreviousRevision Author Date Comment Email"))
UPDATE = Node(
    "(Site|BuildName|BuildStamp|StartDateTime|StartTime|UpdateCommand|UpdateType|ChangeId|Revision|"
    "PriorRevision|Path|Directory|Author|EndDateTime|EndTime|ElapsedMinutes|UpdateReturnStatus)+",
    {"Append": "string"}, ("mode", "Generator"), StartTime=Leaf("unsigned"), EndTime=Leaf("unsigned"),
    ElapsedMinutes=Leaf("decimal"), ChangeId=Leaf("unsigned short"), Author=Node("Name File+", File=FILE),
    Directory=Node("Name (Updated|Modified|Conflicting)+", Updated=UPDATED, Modified=UPDATED,
                   Conflicting=UPDATED))

NOTES = site("Subproject? Labels? Notes", Notes=Node("Note+", Note=Node(
    "Time? DateTime? Text?", {"Name": "string"}, Text=LOG)))
UPLOAD = site("(Labels|Upload)+", Upload=Node("(Time|File)*", File=Node(
    "Content", required=("filename",), Content=LOG)))
DONE = Node("buildId time", {"retries": "int"})

SITES = {
    "Test": site("Subproject* Labels* Testing", Testing=TESTING),
    "Configure": site("Subproject* Labels? Configure", Configure=CONFIGURE),
    "Build": site("(Subproject|Labels|Build)+", Build=BUILD),
    "Notes": NOTES,
    "Upload": UPLOAD,
}


def is_of_kind(text, kind):
    if not KINDS[kind].fullmatch(text):
        return False
    low, high = RANGES.get(kind, (None, None))
    return low is None or low <= int(text) <= high


def shorten(text, limit=60):
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


# -------------------------------------------------------------- limits that the schemas do not know

MOST = {"test name": 255, "label": 255, "build name": 255, "site": 255, "measurement name": 70,
        "measurement type": 70, "details": 240}
# Completion Status and Exit Code share a column, the latter in parentheses.
DETAILS_COLUMN = 255
# Measurements that ctest makes itself: one each, of this type.
RESERVED = {
    "Execution Time": "numeric/double", "Exit Code": "text/string", "Exit Value": "text/string",
    "Completion Status": "text/string", "Command Line": "text/string", "Environment": "text/string",
    "Processors": "numeric/double", "Pass Reason": "text/string", "Fail Reason": "text/string"}
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff",
            "image/jpg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
CTEST_TAG = re.compile(r"<(CTest|Dart)(Measurement|MeasurementFile|Details|Label)\b")
MISSING_FILE = re.compile(r"File .* not found")
SECRET = re.compile(r"(?i)^#?[A-Z0-9_]*(TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(API|ACCESS|PRIVATE|DEPLOY|"
                    r"SIGNING|ENCRYPTION)_?KEY)[A-Z0-9_]*=.|://[^/\s:@]+:[^/\s@]+@", re.M)
STAMP = re.compile(r"[0-9]{8}-[0-9]{4}-.*\S.*")


def is_whole_png(data):
    """Each chunk is there with the right checksum, up to the end mark, and in them a picture."""
    position = 8
    pixels, size_is_said = b"", False
    while position + 12 <= len(data):
        size, = struct.unpack(">I", data[position:position + 4])
        chunk = data[position + 4:position + 8 + size]
        if data[position + 8 + size:position + 12 + size] != struct.pack(">I", zlib.crc32(chunk)):
            return False
        if position == 8:
            size_is_said = chunk[:4] == b"IHDR" and size == 13 and b"\0\0\0\0" not in (chunk[4:8], chunk[8:12])
        if chunk[:4] == b"IDAT":
            pixels += chunk[4:]
        if chunk[:4] == b"IEND":
            return size_is_said and is_whole_stream(pixels)
        position += 12 + size
    return False


def is_whole_stream(data):
    try:
        return len(zlib.decompress(data)) > 0
    except zlib.error:
        return False


def is_whole_jpeg(data):
    """Segments that say its size, the begin of a scan, and the end mark."""
    position, size_is_said = 2, False
    while position + 4 <= len(data) and data[position] == 0xff:
        kind, length = data[position + 1], struct.unpack(">H", data[position + 2:position + 4])[0]
        if 0xc0 <= kind <= 0xcf and kind not in (0xc4, 0xc8, 0xcc):
            height, width = struct.unpack(">HH", data[position + 5:position + 9].ljust(4, b"\0"))
            size_is_said = height > 0 and width > 0
        position += 2 + length
        if kind == 0xda:
            return size_is_said and position < len(data) - 2 and data.endswith(b"\xff\xd9")
    return False


def is_whole_gif(data):
    """Its blocks, at least one of them a picture, up to the end mark."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13 or b"\0\0" in (data[6:8], data[8:10]):
        return False

    def behind_colours(position, flags):
        return position + (3 << (flags & 7) + 1 if flags & 0x80 else 0)

    position, has_picture = behind_colours(13, data[10]), False
    try:
        while data[position] != 0x3b:
            if data[position] == 0x2c:
                has_picture = True
                position = behind_colours(position + 10, data[position + 9]) + 1
            elif data[position] == 0x21:
                position += 2
            else:
                return False
            while data[position]:
                position += 1 + data[position]
            position += 1
    except IndexError:
        return False
    return has_picture


IS_WHOLE = {"image/png": is_whole_png, "image/jpeg": is_whole_jpeg, "image/jpg": is_whole_jpeg,
            "image/gif": is_whole_gif}


class Submission:
    """One file; `kind` is Test, Configure, Build, Notes, Upload, Update, Done or None."""

    def __init__(self, data):
        self.problems = []
        self.kind, self.root = None, None
        self.names = None  # site, build name, stamp
        self.tests = set()
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            self.limit("the file", f"it is not UTF-8: byte {error.start}")
        try:
            self.root = ElementTree.fromstring(data)
        except (ElementTree.ParseError, ValueError) as error:
            self.schema("the file", f"it is no XML: {error}")
            return
        self.find_kind()
        if self.kind:
            getattr(self, f"check_{self.kind.lower()}")()

    def schema(self, where, what):
        self.problems.append(("schema", where, what))

    def limit(self, where, what):
        self.problems.append(("limit", where, what))

    def find_kind(self):
        tag = self.root.tag
        children = [child.tag for child in self.root]
        if tag in ("Update", "Done"):
            self.kind, description = tag, {"Update": UPDATE, "Done": DONE}[tag]
        else:
            kinds = {"Testing": "Test", **{kind: kind for kind in SITES if kind != "Test"}}
            self.kind = next((kinds[child] for child in children if child in kinds), None)
            if tag != "Site" or not self.kind:
                self.schema(tag, f"it holds {' '.join(children) or 'nothing'}: nothing that ctest submits")
                self.kind = None
                return
            description = SITES[self.kind]
        self.match(self.root, description, tag)

    def match(self, element, description, where):
        for name, value in element.attrib.items():
            if name not in description.attributes:
                self.schema(where, f"attribute '{name}' is unknown; there are "
                                   f"{', '.join(sorted(description.attributes)) or 'none'}")
            elif not is_of_kind(value, description.attributes[name]):
                self.schema(where, f"{name} is '{shorten(value)}', no {description.attributes[name]}")
        for name in sorted(description.required - set(element.attrib)):
            self.schema(where, f"attribute '{name}' is missing")
        if description.children is None:
            return
        self.match_content(element, description, where)

    def match_content(self, element, description, where):
        children = [child.tag for child in element]
        if description.model is None:
            if children:
                self.schema(where, f"it holds <{children[0]}>, where text is expected")
            elif not is_of_kind(element.text or "", description.kind):
                self.schema(where, f"it is '{shorten(element.text or '')}', no {description.kind}")
            return
        if not description.model.fullmatch("".join(name + " " for name in children)):
            self.schema(where, f"it holds {shorten(' '.join(children), 200) or 'nothing'}, expected "
                               f"{description.text}")
        texts = [element.text, *(child.tail for child in element)]
        if not description.mixed and any(text and text.strip() for text in texts):
            self.schema(where, "it holds text between its elements")
        for child in element:
            if child.tag in description.children:
                self.match(child, description.children[child.tag], f"{where}/{child.tag}")

    def at_most(self, what, text, where):
        if not text.strip():
            self.limit(where, f"the {what} is empty")
        elif len(text) > MOST[what]:
            self.limit(where, f"the {what} has {len(text)} characters, at most {MOST[what]}: "
                              f"'{shorten(text)}'")

    def check_names(self, site_name, build_name, stamp):
        self.names = (site_name, build_name, stamp)
        where = self.root.tag
        self.at_most("site", site_name or "", where)
        self.at_most("build name", build_name or "", where)
        if not STAMP.fullmatch(stamp or ""):
            self.limit(where, f"the build stamp is '{stamp}', not yyyymmdd-hhmm-GROUP, so CDash takes "
                              "it for Experimental")

    def check_site(self):
        self.check_names(*(self.root.get(name) for name in ("Name", "BuildName", "BuildStamp")))
        for label in self.root.iter("Label"):
            self.check_label(label.text or "", "Label")

    check_configure = check_build = check_site

    def check_update(self):
        self.check_names(*(self.root.findtext(name) for name in ("Site", "BuildName", "BuildStamp")))

    def check_done(self):
        number = (self.root.findtext("buildId") or "").strip()
        if not re.fullmatch("[1-9][0-9]*", number):
            self.limit("Done", f"buildId is '{number}', so CDash does not know which build is done")
        if not is_of_kind(self.root.findtext("time") or "", "unsigned"):
            self.limit("Done", "time is no number of seconds")

    def check_notes(self):
        self.check_site()
        for note in self.root.iter("Note"):
            if not note.get("Name"):
                self.limit("Note", "it has no Name")
            if note.find("Text") is None:
                self.limit("Note", "it has no Text")

    def check_upload(self):
        self.check_site()
        for file in self.root.iter("File"):
            where = f"file '{file.get('filename')}'"
            content = file.find("Content")
            if content is not None and content.get("encoding") == "base64":
                self.decoded(content.text, where)

    def check_test(self):
        self.check_site()
        projects = {label.text for project in self.root.findall("Subproject")
                    for label in project.findall("Label")}
        start = self.root.findtext("Testing/StartTestTime") or ""
        if not re.fullmatch("[1-9][0-9]*", start.strip()):
            self.limit("Testing", f"StartTestTime is '{shorten(start)}', no number of seconds, and by it CDash chooses "
                                  "the day")
        for test in self.root.findall("Testing/Test"):
            name = test.findtext("Name") or ""
            where = f"test '{shorten(name, 100)}'"
            if name in self.tests:
                self.limit(where, "it is there twice, and CDash counts both")
            self.tests.add(name)
            self.at_most("test name", name, where)
            if test.get("Status") not in ("passed", "failed", "notrun"):
                self.limit(where, f"Status is '{test.get('Status')}', not passed, failed or notrun")
            self.check_measurements(test, where)
            self.check_output(test, where)
            labels = [label.text or "" for label in test.iterfind("Labels/Label")]
            if projects and len(projects & set(labels)) != 1:
                self.limit(where, "it has not just one label of a subproject, so CDash counts it for "
                                  "that of the test before it")

    def check_label(self, label, where):
        self.at_most("label", label, where)
        odd = re.search("[&<>]", label)
        if odd:
            self.limit(where, f"the label '{shorten(label)}' holds '{odd.group(0)}', and CDash keeps "
                              "only what comes behind the last such character")
        if re.search(r"[\x00-\x1f\x7f]|\[NON-", label):
            self.limit(where, f"the label '{shorten(label)}' holds a control character")

    def check_measurements(self, test, where):
        values = {}
        files = set()
        for measurement in test.iter("NamedMeasurement"):
            name = measurement.get("name") or ""
            here = f"{where}, measurement '{shorten(name)}'"
            self.at_most("measurement name", name, here)
            self.at_most("measurement type", measurement.get("type") or "", here)
            value = measurement.findtext("Value") or ""
            if name in RESERVED and name in values:
                self.limit(here, "ctest has one of this name itself")
            if name in RESERVED and measurement.get("type") not in (None, RESERVED[name]):
                self.limit(here, f"its type is {measurement.get('type')}, ctest's own has "
                                 f"{RESERVED[name]}")
            values.setdefault(name, value)
            self.check_value(measurement, value, here)
            if measurement.get("filename"):
                if measurement.get("filename") in files:
                    self.limit(here, f"two files are called '{measurement.get('filename')}'")
                files.add(measurement.get("filename"))
        details = values.get("Completion Status", "")
        if details:
            self.at_most("details", details, where)
        shown = f"{details} ({values.get('Exit Code', '')})"
        if len(details) <= MOST["details"] < DETAILS_COLUMN < len(shown):
            self.limit(where, f"details and exit code have {len(shown)} characters, at most "
                              f"{DETAILS_COLUMN}")
        if SECRET.search(values.get("Environment", "")):
            self.limit(where, "its environment looks as if it held a secret")

    def check_value(self, measurement, value, where):
        kind = measurement.get("type") or ""
        if MISSING_FILE.search(value) and (not kind or kind == "file" or kind.startswith("image/")
                                           or "text" in measurement.attrib):
            self.limit(where, f"a file is missing: {value.strip()}")
        elif kind.startswith("numeric/"):
            if kind != "numeric/boolean" and not KINDS["float"].fullmatch(value) or "N" in value:
                self.limit(where, f"the value '{shorten(value)}' is no number")
        elif kind.startswith("image/"):
            self.check_picture(kind, measurement, value, where)
        elif kind == "file":
            self.check_file(measurement, value, where)
        elif measurement.get("encoding"):
            self.limit(where, f"a file of type {kind} arrives undecoded; there are image/* and file")
        if CTEST_TAG.search(value):
            self.limit(where, "its value holds an element that ctest ought to have taken")

    def decoded(self, text, where):
        try:
            return base64.b64decode("".join((text or "").split()), validate=True)
        except (binascii.Error, ValueError) as error:
            self.limit(where, f"it is no base64: {error}")
            return None

    def check_picture(self, kind, measurement, value, where):
        if kind not in PICTURES:
            self.limit(where, f"CDash shows no {kind}, but {', '.join(sorted(PICTURES))}")
            return
        if measurement.get("encoding") != "base64":
            self.limit(where, "a picture without encoding=\"base64\"")
            return
        picture = self.decoded(value, where)
        if picture is None:
            return
        if not picture.startswith(PICTURES[kind]):
            self.limit(where, f"what it holds is no {kind}")
        elif not IS_WHOLE[kind](picture):
            self.limit(where, "the picture is broken, and CDash shows \"image missing\"")

    def check_file(self, measurement, value, where):
        if measurement.get("encoding") != "base64" or measurement.get("compression") != "tar/gzip":
            self.limit(where, "a file has encoding=\"base64\" and compression=\"tar/gzip\"")
            return
        if not measurement.get("filename"):
            self.limit(where, "a file without filename, by which CDash lists it")
        archive = self.decoded(value, where)
        if archive is None:
            return
        try:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
                if not tar.getnames():
                    self.limit(where, "the archive holds no file")
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            self.limit(where, f"the archive cannot be read: {error}")

    def check_output(self, test, where):
        for value in test.iterfind("Results/Measurement/Value"):
            text = value.text or ""
            if value.get("encoding") == "base64":
                data = self.decoded(text, where)
                if data is None:
                    return
                try:
                    text = (zlib.decompress(data) if value.get("compression") else data).decode("utf-8")
                except (zlib.error, UnicodeDecodeError) as error:
                    self.limit(where, f"its output cannot be read: {error}")
                    return
            found = CTEST_TAG.search(text)
            if found:
                self.limit(where, f"its output still holds {found.group(0)}>, which ctest has not taken: "
                                  "a raw '<' or a line end is in it")


def check(data):
    """The problems of a file, as lines."""
    return [f"{kind}: {where}: {what}" for kind, where, what in Submission(data).problems]


def check_together(submissions):
    """What only shows when all files of a build are there, in the order in which they are sent."""
    names = {submission.names for submission in submissions if submission.names}
    if len(names) > 1:
        return [f"limit: the files: they are of several builds: {sorted(map(str, names))}"]
    problems, tests, done = [], set(), False
    for submission in submissions:
        if done and submission.kind not in (None, "Done"):
            problems.append(f"limit: the files: {submission.kind} comes after Done, and CDash removes the build for it")
        done = submission.kind == "Done"
        problems += [f"limit: test '{shorten(name, 100)}': two files have it, and CDash counts both"
                     for name in sorted(tests & submission.tests)]
        tests |= submission.tests
    return problems


def main():
    if len(sys.argv) < 2:
        print("usage: check_submission.py FILE...", file=sys.stderr)
        return 2
    submissions, found = [], 0
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            data = file.read()
        submissions.append(Submission(data))
        for problem in check(data):
            print(f"{path}: {problem}")
            found += 1
    for problem in check_together(submissions):
        print(problem)
        found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
