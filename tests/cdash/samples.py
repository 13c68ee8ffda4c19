"""Files as ctest submits them, and edits that CDash would not like: for the checker's own tests."""

import base64
import gzip
import io
import struct
import tarfile
import zlib

ATTRIBUTES = ('BuildName="qemu-7.2-pc-nightly" BuildStamp="20260131-0100-Nightly" Name="host1" '
              'Generator="ctest-3.25.1" Hostname="host1" Is64Bits="1" ProcessorClockFrequency="1996.25"')


def png(pixels=zlib.compress(b"\0\0")):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


# The smallest of these that are whole.
JPEG = (b"\xff\xd8" + b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0" + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"
        + b"\x37\xff\xd9")
GIF = (b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + b"\x21\xf9\x04\x01\0\0\0\0"
       + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0" + b";")


def archive(name=b"console-vm1.log"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name.decode()), io.BytesIO())
    return gzip.compress(file.getvalue())


def b64(data):
    return base64.b64encode(data).decode()


def site(content):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Site {ATTRIBUTES}>{content}</Site>\n'


def named(kind, name, value, more=""):
    return f'<NamedMeasurement type="{kind}" name="{name}"{more}><Value>{value}</Value></NamedMeasurement>'


FAILED = f"""
<Test Status="failed"><Name>g.boot</Name><Path>.</Path><FullName>./g.boot</FullName>
<FullCommandLine>/bin/kvmtest-run</FullCommandLine>
<Results>{named("text/string", "Exit Code", "Failed")}{named("text/string", "Exit Value", "1")}
{named("numeric/double", "Execution Time", "0.25")}{named("numeric/double", "Processors", "1")}
{named("text/string", "Completion Status", "guest-panic: vm1: it &lt;died&gt;")}
{named("text/string", "Command Line", "/bin/kvmtest-run")}
{named("text/string", "Environment", "#CTEST_RESOURCE_GROUP_COUNT=1")}
{named("numeric/double", "boot_seconds", "1.5")}{named("text/string", "qemu_version", "7.2.22")}
{named("image/png", "screen-vm1.png", b64(png()), ' encoding="base64"')}
{named("file", "console-vm1.log", b64(archive()),
       ' encoding="base64" compression="tar/gzip" filename="console-vm1.log"')}
<Measurement><Value encoding="base64" compression="gzip">{b64(zlib.compress("FAIL guest-panic: é".encode()))}</Value></Measurement></Results>
<Labels><Label>nightly</Label><Label>queue:1, größer=a/b</Label></Labels></Test>"""
PASSED = """
<Test Status="passed"><Name>g.tiny</Name><Path>.</Path><FullName>./g.tiny</FullName>
<FullCommandLine>x</FullCommandLine><Results><Measurement><Value>fine</Value></Measurement></Results></Test>"""

GOOD = {
    "Test": site(
        "<Testing><StartDateTime>Jan 31 01:00 UTC</StartDateTime><StartTestTime>1769821200</StartTestTime>"
        f"<TestList><Test>./g.boot</Test><Test>./g.tiny</Test></TestList>{FAILED}{PASSED}"
        "<EndDateTime>Jan 31 01:01 UTC</EndDateTime><EndTestTime>1769821260</EndTestTime>"
        "<ElapsedMinutes>1</ElapsedMinutes></Testing>"),
    "Configure": site(
        "<Configure><StartDateTime>x</StartDateTime><StartConfigureTime>1769821200</StartConfigureTime>"
        "<ConfigureCommand>cmake</ConfigureCommand><Log>-- Done <b>now</b></Log>"
        "<ConfigureStatus>0</ConfigureStatus><EndDateTime>x</EndDateTime>"
        "<EndConfigureTime>1769821201</EndConfigureTime><ElapsedMinutes>0.5</ElapsedMinutes></Configure>"),
    "Build": site(
        "<Build><StartDateTime>x</StartDateTime><StartBuildTime>1769821200</StartBuildTime>"
        "<BuildCommand>ninja</BuildCommand><Warning><BuildLogLine>3</BuildLogLine><Text>w</Text>"
        "<SourceFile>a.c</SourceFile><SourceLineNumber>2</SourceLineNumber><PreContext/><PostContext/>"
        '<RepeatCount>0</RepeatCount></Warning><Failure type="Error"><Action><Language>C</Language></Action>'
        "<Command><Argument>cc</Argument></Command><Result><ExitCondition>1</ExitCondition></Result>"
        '</Failure><Log Encoding="base64" Compression="bin/gzip"/><EndDateTime>x</EndDateTime>'
        "<EndBuildTime>1769821201</EndBuildTime><ElapsedMinutes>0</ElapsedMinutes></Build>"),
    "Update": '<?xml version="1.0" encoding="UTF-8"?>\n<Update mode="Client" Generator="ctest-3.25.1">'
              "<Site>host1</Site><BuildName>qemu-7.2-pc-nightly</BuildName>"
              "<BuildStamp>20260131-0100-Nightly</BuildStamp><StartTime>1769821200</StartTime>"
              "<UpdateCommand>git</UpdateCommand><UpdateType>GIT</UpdateType><Revision>ab</Revision>"
              '<Directory><Name>a</Name><Updated><File Directory="a">x.c</File><Log>new</Log></Updated>'
              "</Directory><Author><Name>A</Name><File>x.c</File></Author><EndTime>1769821201</EndTime>"
              "<ElapsedMinutes>0</ElapsedMinutes><UpdateReturnStatus/></Update>",
    "Notes": site('<Notes><Note Name="/b/run.txt"><Time>1</Time><DateTime>x</DateTime><Text>t</Text></Note>'
                  "</Notes>"),
    "Upload": site(f'<Upload><Time>1</Time><File filename="a.txt"><Content encoding="base64">{b64(b"a")}'
                   "</Content></File></Upload>"),
    "Done": "<Done><buildId>42</buildId><time>1769821261</time></Done>",
}

# (file, what is replaced, by what, the problem's line must hold this). A schema problem is one that
# a server which validates answers with 400.
SCHEMA = [
    ("Test", 'BuildStamp="20260131-0100-Nightly" ', "", "attribute 'BuildStamp' is missing"),
    ("Test", 'Is64Bits="1"', 'Is64Bits="yes"', "Is64Bits is 'yes', no short"),
    ("Test", 'Is64Bits="1"', 'IsFast="1"', "attribute 'IsFast' is unknown"),
    ("Test", ' Status="failed"', "", "attribute 'Status' is missing"),
    ("Test", 'type="text/string" name="qemu_version"', 'text="text/string" name="qemu_version"',
     "attribute 'type' is missing"),
    ("Test", 'type="text/string" name="qemu_version"', 'type="text/string"',
     "attribute 'name' is missing"),
    ("Test", "<Path>.</Path><FullName>./g.boot</FullName>", "<FullName>./g.boot</FullName><Path>.</Path>",
     "expected Name Path FullName FullCommandLine"),
    ("Test", "<Labels><Label>nightly</Label><Label>queue:1, größer=a/b</Label></Labels>", "<Labels/>",
     "it holds nothing, expected Label+"),
    ("Test", "<ElapsedMinutes>1<", "<ElapsedMinutes>1e-05<", "it is '1e-05', no decimal"),
    ("Test", "<Value>fine</Value>", "<Value>fi<b>n</b>e</Value>", "it holds <b>, where text"),
    ("Test", "<Name>g.tiny</Name>", "and <Name>g.tiny</Name>", "text between its elements"),
    ("Test", "<Testing>", "<Test>", "it is no XML"),
    ("Test", "fine", "a\x1bb", "it is no XML"),
    ("Configure", "<ConfigureCommand>cmake</ConfigureCommand>", "",
     "expected StartDateTime? StartConfigureTime? ConfigureCommand"),
    ("Configure", "<StartConfigureTime>1769821200", "<StartConfigureTime>-1", "no unsigned"),
    ("Build", "<RepeatCount>0</RepeatCount>", "", "expected BuildLogLine Text"),
    ("Build", '<Failure type="Error">', "<Failure>", "attribute 'type' is missing"),
    ("Update", ' mode="Client"', "", "attribute 'mode' is missing"),
    ("Update", "<Name>a</Name>", "", "expected Name (Updated|Modified|Conflicting)+"),
    ("Notes", '<Note Name="/b/run.txt"><Time>1</Time><DateTime>x</DateTime><Text>t</Text></Note>', "",
     "it holds nothing, expected Note+"),
    ("Upload", ' filename="a.txt"', "", "attribute 'filename' is missing"),
    ("Done", "<time>1769821261</time>", "", "it holds buildId, expected buildId time"),
    ("Done", "<Done>", '<Done retries="x">', "retries is 'x', no int"),
]

PICTURE = b64(png())
LIMITS = [
    ("Test", 'name="boot_seconds"', f'name="{"b" * 71}"', "measurement name has 71 characters, at most 70"),
    ("Test", 'name="boot_seconds"', 'name=""', "the measurement name is empty"),
    ("Test", 'name="boot_seconds"', 'name="Exit Value"', "ctest has one of this name itself"),
    ("Test", 'type="text/string" name="Exit Value"', 'type="numeric/double" name="Exit Value"',
     "its type is numeric/double"),
    ("Test", "guest-panic: vm1: it", "x" * 241, "the details has"),
    ("Test", "<Name>g.boot</Name>", f"<Name>{'n' * 256}</Name>", "the test name has 256 characters"),
    ("Test", "<Name>g.boot</Name>", "<Name>g.tiny</Name>", "it is there twice"),
    ("Test", "<Label>nightly</Label>", f"<Label>{'l' * 256}</Label>", "the label has 256 characters"),
    ("Test", "<Label>nightly</Label>", "<Label>a&amp;b</Label>", "the label 'a&b' holds '&'"),
    ("Test", "<Label>nightly</Label>", "<Label>&lt;x</Label>", "the label '<x' holds '<'"),
    ("Test", "<Label>nightly</Label>", "<Label></Label>", "the label is empty"),
    ("Test", 'Status="passed"', 'Status="skipped"', "Status is 'skipped', not passed"),
    ("Test", 'Status="passed"', 'Status="Passed"', "Status is 'Passed', not passed"),
    ("Test", ">1.5<", ">fast<", "the value 'fast' is no number"),
    ("Test", ">1.5<", ">nan<", "the value 'nan' is no number"),
    ("Test", PICTURE, "File /r/screen.png not found", "a file is missing: File /r/screen.png"),
    ("Test", PICTURE, PICTURE[:40], "the picture is broken"),
    ("Test", PICTURE, b64(png()[:8] + png()[-12:]), "the picture is broken"),
    ("Test", PICTURE, b64(png(b"\0\0")), "the picture is broken"),
    ("Test", PICTURE, b64(b"GIF89a"), "what it holds is no image/png"),
    *(("Test", f'image/png" name="screen-vm1.png" encoding="base64"><Value>{PICTURE}',
       f'image/{kind}" name="screen" encoding="base64"><Value>{b64(data)}', "the picture is broken")
      for kind, whole in (("jpeg", JPEG), ("gif", GIF))
      for data in (whole[:3 if kind == "jpeg" else 4], whole[:-1], whole[:12], whole[:-4] + whole[-1:])
      if not (kind == "jpeg" and data.endswith(b"\xff\xd9"))),
    ("Test", "<StartTestTime>1769821200</StartTestTime>", "", "StartTestTime is '', no number"),
    ("Test", "<StartTestTime>1769821200", "<StartTestTime>yesterday", "StartTestTime is 'yesterday', no number"),
    ("Test", PICTURE, "%%%", "it is no base64"),
    ("Test", 'type="image/png"', 'type="image/svg+xml"', "CDash shows no image/svg+xml"),
    ("Test", 'type="image/png"', 'type="text/plain"', "arrives undecoded"),
    ("Test", ' compression="tar/gzip" filename', ' filename', 'compression="tar/gzip"'),
    ("Test", b64(archive()), b64(b"no archive"), "the archive cannot be read"),
    ("Test", "fine", '&lt;CTestMeasurement type="numeric/double"', "which ctest has not taken"),
    ("Test", ">7.2.22<", ">&lt;CTestDetails&gt;<", "its value holds an element"),
    *(("Test", "#CTEST_RESOURCE_GROUP_COUNT=1", f"A=1\n{line}", "as if it held a secret") for line in (
        "MY_TOKEN=abc", "API_KEY=abc", "OPENAI_APIKEY=abc", "AWS_ACCESS_KEY_ID=abc", "PASSPHRASE=abc",
        "SSH_PRIVATE_KEY=abc", "PROXY=https://me:pw@example.org/")),
    ("Test", '"20260131-0100-Nightly"', '"nightly"', "the build stamp is 'nightly'"),
    ("Test", '"20260131-0100-Nightly"', '"20260131-0100- "', "the build stamp is '20260131-0100- '"),
    ("Test", 'Name="host1" G', 'Name=" " G', "the site is empty"),
    ("Test", '"qemu-7.2-pc-nightly"', f'"{"q" * 256}"', "the build name has 256 characters"),
    ("Test", 'Name="host1" G', 'Name="" G', "the site is empty"),
    ("Test", "<Testing>", '<Subproject name="s"><Label>s</Label></Subproject><Testing>',
     "it has not just one label of a subproject"),
    ("Update", "<BuildStamp>20260131-0100-Nightly</BuildStamp>", "", "the build stamp is 'None'"),
    ("Notes", ' Name="/b/run.txt"', "", "it has no Name"),
    ("Notes", "<Text>t</Text>", "", "it has no Text"),
    ("Done", "<buildId>42</buildId>", "<buildId/>", "CDash does not know which build is done"),
    ("Done", "<time>1769821261</time>", "<time>now</time>", "time is no number of seconds"),
]


def edited(row):
    kind, old, new, _ = row
    if GOOD[kind].count(old) < 1:
        raise AssertionError(f"{kind} does not hold {old!r}")
    return GOOD[kind].replace(old, new, 1)
