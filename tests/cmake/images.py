"""kvm_add_guest_image(): every argument and error text, and what the build does."""

import hashlib
import http.server
import os
import shutil
import signal
import subprocess
import threading
import time

import debian_archive
from arguments import error_text
from sandbox import Failure, equal

USAGE = """\
usage:
  kvm_add_guest_image(<name> URL <url> HASH <algorithm>=<hex> [FORMAT <format>]
    [DEPENDS <target>...])
  kvm_add_guest_image(<name> KERNEL <file> [INITRD <file>] [FILES <file>=<place>...]
    [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])
  kvm_add_guest_image(<name> PACKAGES <package>... [MODULES <module>...]
    [FILES <file>=<place>...] [COMMAND <text>] [DISK <size>] [DEPENDS <target>...])
"""
SHA = "SHA256=" + 64 * "0"
OURS = "PACKAGES, or with KERNEL where there is no INITRD"
# Properties of the image g, as a consumer sees them.
SHOW = """
file(GENERATE OUTPUT shown-$<CONFIG>.txt CONTENT [=[
$<GENEX_EVAL:$<TARGET_PROPERTY:g,KVM_KERNEL>>
$<GENEX_EVAL:$<TARGET_PROPERTY:g,KVM_INITRD>>
$<GENEX_EVAL:$<TARGET_PROPERTY:g,KVM_IMAGE>>
$<GENEX_EVAL:$<TARGET_PROPERTY:g,KVM_IMAGE_NAME>>
$<TARGET_PROPERTY:g,KVM_IMAGE_FORMAT>
]=])
"""
FIELDS = ("kernel", "initrd", "image", "image_name", "image_format")


def image(box, arguments, more="", config=""):
    box.project(more + f"\nkvm_add_guest_image(g {arguments})\n" + SHOW)
    box.configure().expect(0)
    return shown(box, config)


def shown(box, config=""):
    return dict(zip(FIELDS, box.read(f"shown-{config}.txt").splitlines()))


def nothing_to_do(box):
    box.build("--target", "g").expect(0).expect_text("no work to do")


def content(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="replace")


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def case_wrong_arguments(box):
    box.write("k", "kernel")
    box.write("d/f", "file")
    for arguments, reason in [
            ("g", "URL, KERNEL or PACKAGES is missing: what is the guest made of?"),
            ("g nightly KERNEL k", "unknown argument 'nightly'"),
            ("g KERNEL k k", "unknown argument 'k'"),
            ("g KERNEL", "KERNEL has no value"),
            ("g PACKAGES", "PACKAGES has no value"),
            ("g KERNEL k KERNEL k", "KERNEL is given twice"),
            ("g KERNEL k COMMAND a COMMAND b", "COMMAND is given twice"),
            ("g KERNEL k PACKAGES bash",
             "KERNEL and PACKAGES are given; a guest is made of one of URL, KERNEL and PACKAGES"),
            (f"g URL file:///k HASH {SHA} PACKAGES bash",
             "URL and PACKAGES are given; a guest is made of one of URL, KERNEL and PACKAGES"),
            ("g URL file:///k", "HASH is missing: what must the file be? (HASH SHA256=<hex>)"),
            (f"g KERNEL k HASH {SHA}", "HASH goes with URL only"),
            ("g KERNEL k FORMAT raw", "FORMAT goes with URL only"),
            ("g PACKAGES bash INITRD k", "INITRD goes with KERNEL only"),
            ("g KERNEL k MODULES e1000", "MODULES goes with PACKAGES only"),
            (f"g URL file:///k HASH {SHA} DISK 1M", "DISK goes with KERNEL or PACKAGES only"),
            (f"g URL file:///k HASH {SHA} FILES k=/k", f"FILES goes with {OURS} only"),
            ("g KERNEL k INITRD k FILES k=/k", f"FILES goes with {OURS} only"),
            ("g KERNEL k INITRD k COMMAND ls", f"COMMAND goes with {OURS} only"),
            (f"g URL /tmp/k HASH {SHA}",
             "URL is '/tmp/k', not one of https://, http://, ftp://, file://"),
            ("g URL file:///k HASH 12", "HASH is '12', not SHA256=<64 hex digits>, SHA384=<96> or SHA512=<128>"),
            ("g URL file:///k HASH SHA256=12",
             "HASH is 'SHA256=12', not SHA256=<64 hex digits>, SHA384=<96> or SHA512=<128>"),
            ("g URL file:///k HASH MD5=" + 32 * "0",
             f"HASH is 'MD5={32 * '0'}', not SHA256=<64 hex digits>, SHA384=<96> or SHA512=<128>"),
            (f"g URL file:///k HASH {SHA} FORMAT img",
             "FORMAT is 'img', not one of qcow2, raw, vmdk, vdi, vhdx"),
            ("g KERNEL k DISK 64MB", "DISK is '64MB', not a size such as 64M"),
            ("g PACKAGES Bash", "PACKAGES: 'Bash' is no name of a package, nor <name>=<version>"),
            ("g PACKAGES -y", "PACKAGES: '-y' is no name of a package, nor <name>=<version>"),
            ("g PACKAGES linux-image-rt-amd64", "PACKAGES: the kernel is linux-image-cloud-amd64 or "
             "linux-image-amd64, not 'linux-image-rt-amd64'"),
            ("g PACKAGES linux-image-amd64 linux-image-cloud-amd64",
             "PACKAGES: a guest has one kernel, not linux-image-cloud-amd64 and linux-image-amd64"),
            ("g PACKAGES bash MODULES a/b", "MODULES: 'a/b' is no name of a kernel module"),
            ("g KERNEL nosuch", f"there is no file '{box.src}/nosuch' (KERNEL)"),
            ("g KERNEL d", f"there is no file '{box.src}/d' (KERNEL)"),
            ("g KERNEL k INITRD nosuch", f"there is no file '{box.src}/nosuch' (INITRD)"),
            ("g KERNEL k FILES nosuch=/f", f"there is no file '{box.src}/nosuch' (FILES)"),
            ("g KERNEL k FILES d/f", "FILES: 'd/f' is not <file>=<absolute path in the guest>"),
            ("g KERNEL k FILES d/f=bin", "FILES: 'd/f=bin' is not <file>=<absolute path in the guest>"),
            ("g KERNEL k FILES d/f=/a/../b",
             "FILES: 'd/f=/a/../b' is not <file>=<absolute path in the guest>"),
            ("all/g KERNEL k", "the name 'all/g' may hold letters, digits, '.', '_', '+' and '-', "
             "a letter or digit first"),
            ("own KERNEL k", "the name 'own' is taken by another target")]:
        box.project(f"add_custom_target(own)\nkvm_add_guest_image({arguments})", fake_generator=True)
        equal(error_text(box.configure()),
              f"kvm_add_guest_image({arguments.split()[0]}): {reason}\n{USAGE}", arguments)


def case_url(box):
    """Downloaded once; a build that has the cache needs no server."""
    origin = box.write("../disk.img", "a disk")
    arguments = f'URL "file://{origin}" HASH SHA256={sha256("a disk").upper()} FORMAT qcow2'
    found = image(box, arguments)
    place = f"{box.build_dir}/kvmtest/images/g"
    equal(found, {"kernel": "", "initrd": "", "image": f"{place}/disk.qcow2",
                  "image_name": f"{place}/disk", "image_format": "qcow2"}, "properties")
    box.build().expect(0)
    equal(os.path.exists(found["image"]), False, "made by `all`")
    box.build("--target", "g").expect(0).expect_text("downloading file://")
    equal(content(found["image"]), "a disk", "image")
    nothing_to_do(box)
    os.remove(origin)
    os.remove(found["image"])
    box.build("--target", "g").expect(0).expect_no_text("downloading")
    equal(content(found["image"]), "a disk", "image out of the cache")
    # A cache elsewhere, for several build trees.
    cache = os.path.join(box.dir, "cache")
    shutil.copytree(f"{box.build_dir}/kvmtest/images/.cache", cache)
    for how in ({"KVMTEST_IMAGE_CACHE": cache}, None):
        shutil.rmtree(box.build_dir)
        image(box, arguments, "" if how else f'set(KVMTEST_IMAGE_CACHE "{cache}")')
        box.build("--target", "g", env=how).expect(0).expect_no_text("downloading")
        equal(os.path.realpath(found["image"]), f"{cache}/SHA256/{sha256('a disk')}", "link into the cache")
        equal(box.exists("kvmtest/images/.cache"), False, "a cache in the build tree")


def case_url_names(box):
    """A file is kept by its own name; what is known to be a disk has a name for `image_name`, too."""
    for url, file, form in [("a.qcow2", "a.qcow2", "qcow2"), ("a.raw?x=1#y", "a.raw", "raw"),
                            ("tiny.rom", "tiny.rom", ""), ("vmlinuz", "vmlinuz", ""),
                            ("a.b.img", "a.b.img", ""), ("", "image", "")]:
        found = image(box, f'URL "https://127.0.0.1/dir/{url}" HASH {SHA}')
        place = f"{box.build_dir}/kvmtest/images/g/"
        equal((found["image"], found["image_name"], found["image_format"]),
              (place + file, place + file[:-len(form) - 1] if form else "", form), url)


def case_wrong_hash(box):
    origin = box.write("../disk.raw", "another disk")
    found = image(box, f'URL "file://{origin}" HASH SHA256={sha256("a disk")}')
    run = box.build("--target", "g").expect_failure()
    run.expect_text(f"kvm_add_guest_image(g): file://{origin} is another file than it must be",
                    f"expected: SHA256={sha256('a disk')}", f"found:    SHA256={sha256('another disk')}")
    files = [name for _, _, names in os.walk(f"{box.build_dir}/kvmtest/images/.cache") for name in names]
    equal([name for name in files if not name.endswith(".lock")], [], "what is left of it")
    equal(os.path.lexists(found["image"]), False, "an image")
    box.write("../disk.raw", "a disk")
    box.build("--target", "g").expect(0)
    # What became of the cache meanwhile is seen when it is used.
    with open(found["image"], "w", encoding="ascii") as file:
        file.write("damaged")
    os.remove(found["image"])
    box.build("--target", "g").expect(0).expect_text("is damaged; downloading it once more")
    equal(content(found["image"]), "a disk", "image")


class Server(http.server.ThreadingHTTPServer):
    """Answers with these statuses, one after the other; 200 with the text "a disk", cut off at 206."""

    def __init__(self, *statuses):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = list(statuses)
        self.url = f"http://127.0.0.1:{self.server_port}/disk.qcow2"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = self.server.statuses.pop(0)
        self.send_response(200 if status == 206 else status)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"a d" if status == 206 else b"a disk")

    def log_message(self, *_):
        pass


def case_a_server_that_fails(box):
    with Server(503, 206, 200) as server:
        found = image(box, f'URL "{server.url}" HASH SHA256={sha256("a disk")}')
        run = box.build("--target", "g").expect(0)
        run.expect_text("(HTTP/1.0 503); once more in 1 s", "once more in 4 s")
        equal(content(found["image"]), "a disk", "image")
    with Server(404) as server:
        image(box, f'URL "{server.url}" HASH {SHA}')
        run = box.build("--target", "g").expect_failure()
        run.expect_text(f"kvm_add_guest_image(g): cannot download {server.url}", "(HTTP/1.0 404)")
        run.expect_no_text("once more")
    image(box, f'URL "{server.url}" HASH {SHA}')  # which is gone
    box.build("--target", "g").expect_failure().expect_text("once more in 4 s", "cannot download")
    image(box, f'URL "file://{box.src}/nosuch" HASH {SHA}')
    box.build("--target", "g").expect_failure().expect_text("cannot download").expect_no_text("once more")


def case_two_builds_share_a_cache(box):
    with Server(200) as server:  # a second request would find no status to answer with
        image(box, f'URL "{server.url}" HASH SHA256={sha256("a disk")}')
        first = box.build_dir
        box.build_dir = first + "2"
        image(box, f'URL "{server.url}" HASH SHA256={sha256("a disk")}')
        builds = [subprocess.Popen([box.settings.cmake, "--build", place, "--target", "g"],
                                   env={**box.env, "KVMTEST_IMAGE_CACHE": box.dir + "/cache"},
                                   stdout=subprocess.DEVNULL) for place in (first, box.build_dir)]
        equal([build.wait(60) for build in builds], [0, 0], "exit statuses")


def case_kernel_and_initrd(box):
    """Copies, so that a guest that runs keeps its own; made anew when the build makes new ones."""
    box.write("k", "kernel 1")
    rule = """
add_custom_command(OUTPUT my_initrd COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_CURRENT_SOURCE_DIR}/i" my_initrd
  DEPENDS i)
"""
    box.write("i", "initrd 1")
    found = image(box, "KERNEL k INITRD ${CMAKE_CURRENT_BINARY_DIR}/my_initrd DISK 4M", rule)
    place = f"{box.build_dir}/kvmtest/images/g"
    equal(found, {"kernel": f"{place}/kernel", "initrd": f"{place}/initrd", "image": f"{place}/disk.qcow2",
                  "image_name": f"{place}/disk", "image_format": "qcow2"}, "properties")
    box.build("--target", "g").expect(0)
    nothing_to_do(box)
    equal((content(found["kernel"]), content(found["initrd"])), ("kernel 1", "initrd 1"), "files")
    with open(found["kernel"], encoding="ascii") as running:
        box.write("k", "kernel 2")
        box.write("i", "initrd 2")
        box.build("--target", "g").expect(0)
        nothing_to_do(box)
        equal(running.read(), "kernel 1", "what a qemu has open")
    equal((content(found["kernel"]), content(found["initrd"])), ("kernel 2", "initrd 2"), "new files")
    os.remove(found["initrd"])
    box.build("--target", "g").expect(0)
    equal(content(found["initrd"]), "initrd 2", "a file that was removed")
    box.write("k", "")
    box.build("--target", "g").expect_failure().expect_text(
        f"kvm_add_guest_image(g): '{box.src}/k' is no file, or an empty one")
    equal(content(found["kernel"]), "kernel 2", "what was there before")


def case_a_kernel_that_no_rule_makes(box):
    image(box, "KERNEL $<1:${CMAKE_CURRENT_SOURCE_DIR}/nosuch> INITRD $<1:${CMAKE_CURRENT_SOURCE_DIR}/nosuch>")
    box.build("--target", "g").expect_failure().expect_text("nosuch")


def case_a_kernel_out_of_another_image(box):
    origin = box.write("../vmlinuz", "a kernel")
    box.write("i", "initrd")
    found = image(box, "KERNEL $<TARGET_PROPERTY:fetched,KVM_IMAGE> INITRD i DEPENDS fetched",
                  f'kvm_add_guest_image(fetched URL "file://{origin}" HASH SHA256={sha256("a kernel")})')
    box.build("--target", "g").expect(0)
    equal(content(found["kernel"]), "a kernel", "kernel")
    nothing_to_do(box)


def listing(path):
    """name -> (permissions, where a link leads) of an initramfs."""
    with open(path, "rb") as file:
        text = subprocess.run(["cpio", "--quiet", "-tv"], stdin=file, capture_output=True, text=True, check=True)
    rows = [line.split(None, 8) for line in text.stdout.splitlines()]
    rows = [(row[0], row[8].split(" -> ")) for row in rows]
    return {names[0]: (mode, "".join(names[1:])) for mode, names in rows}


def extract(path, name):
    with open(path, "rb") as file:
        return subprocess.run(["cpio", "--quiet", "-i", "--to-stdout", name], stdin=file, capture_output=True,
                              text=True, check=True).stdout


KERNEL_ALONE = """KERNEL k FILES agent=/bin/agent data=/opt/my/ "$<1:${CMAKE_CURRENT_SOURCE_DIR}/data>=/etc/d=x"
  COMMAND [[echo "a;; b [" 'c']]"""


def check_kernel_alone(box, found):
    box.build("--target", "g").expect(0)
    files = listing(found["initrd"])
    equal([files.get(name) for name in ("init", "bin/agent", "opt/my/data", "etc/d=x", "bin/sh")],
          [("-rwxr-xr-x", ""), ("-rwxr--r--", ""), ("-rw-r--r--", ""), ("-rw-r--r--", ""),
           ("lrwxrwxrwx", "busybox")], "files in the guest")
    equal(extract(found["initrd"], "etc/kvmtest/command"), "echo \"a;; b [\" 'c'\n", "command")
    equal(content(found["kernel"]), "kernel", "kernel")
    nothing_to_do(box)


def kernel_alone(box):
    box.write("k", "kernel")
    box.write("agent", "#!/bin/sh\n", executable=True)
    box.write("data", "data")


def case_kernel_alone(box):
    """It gets our initramfs."""
    kernel_alone(box)
    found = image(box, KERNEL_ALONE)
    check_kernel_alone(box, found)
    box.write("data", "more data")
    box.build("--target", "g").expect(0)
    equal(extract(found["initrd"], "opt/my/data"), "more data", "a file that has changed")
    nothing_to_do(box)
    # A touched file changes nothing but what the build thinks of it.
    before = os.path.realpath(found["initrd"])
    os.utime(os.path.join(box.src, "data"))
    box.build("--target", "g").expect(0).expect_text("is up to date")
    equal(os.path.realpath(found["initrd"]), before, "initramfs")
    nothing_to_do(box)
    image(box, "KERNEL k COMMAND ls")
    box.build("--target", "g").expect(0)
    equal(extract(found["initrd"], "etc/kvmtest/command"), "ls\n", "a command that has changed")
    equal("bin/agent" in listing(found["initrd"]), False, "a file that was taken out")


def case_killed(box):
    """What a build leaves that was killed as no one can notice, the next one removes."""
    box.generator = "Unix Makefiles"  # whose processes are all of one group
    kernel_alone(box)
    found = image(box, KERNEL_ALONE)
    place = f"{box.build_dir}/kvmtest/images/g"

    def listed():
        return sorted(name for name in os.listdir(place) if not name.startswith("."))

    process = subprocess.Popen([box.settings.cmake, "--build", box.build_dir, "--target", "g"], env=box.env,
                               start_new_session=True, stdout=subprocess.DEVNULL)
    while process.poll() is None and not any("making" in name for name in listed()):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    equal(any("making" in name for name in listed()), True, "something is left")
    box.build("--target", "g").expect(0)
    equal([name for name in listed() if "making" in name], [], "what is left")
    equal(content(found["kernel"]), "kernel", "kernel")
    # A copy is no other.
    image(box, "KERNEL k INITRD data")
    box.write("../build/kvmtest/images/g/kernel.new", "a part")
    box.build("--target", "g").expect(0)
    equal([name for name in listed() if name.startswith(("kernel", "initrd"))],
          ["initrd", "initrd.lock", "kernel", "kernel.lock"], "copies")


def case_installed(box):
    """The scripts come with the package."""
    kernel_alone(box)
    prefix = os.path.join(box.dir, "prefix")
    box.run(box.settings.cmake, "--install", box.settings.package, "--strip", "--prefix", prefix).expect(0)
    box.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES NONE)
find_package(KvmTest REQUIRED)
kvm_add_guest_image(g {KERNEL_ALONE})
""" + SHOW)
    box.configure(f"-DKvmTest_ROOT={prefix}").expect(0)
    check_kernel_alone(box, shown(box))


def case_variables_of_the_project_do_not_matter(box):
    box.write("k", "kernel")
    box.write("i", "initrd")
    found = image(box, "KERNEL k INITRD i", "\n".join(
        f"set({name} 9M)" for name in ("image_disk", "arg_DISK", "image_url", "arg_URL", "kind", "format",
                                       "inputs", "outputs", "properties", "image_command")))
    box.build("--target", "g").expect(0)
    equal(found["image"], "", "disk")


def case_unix_makefiles(box):
    box.generator = "Unix Makefiles"
    box.write("k", "kernel 1")
    box.write("i", "initrd")
    found = image(box, "KERNEL k INITRD i")
    box.build("--target", "g").expect(0).expect_text("guest image g")
    box.build("--target", "g").expect(0).expect_no_text("guest image g")
    box.write("k", "kernel 2")
    box.build("--target", "g").expect(0)
    equal(content(found["kernel"]), "kernel 2", "kernel")
    image(box, "KERNEL i INITRD i")
    box.build("--target", "g").expect(0)
    equal(content(found["kernel"]), "initrd", "kernel after an edit of the call")


def case_ninja_multi_config(box):
    """One for all configurations, unless its arguments tell them apart."""
    box.generator = "Ninja Multi-Config"
    box.write("k-Debug", "debug")
    box.write("k-Release", "release")
    box.write("i", "initrd")
    found = image(box, "KERNEL k-Debug INITRD i", config="Release")
    box.build("--target", "g", "--config", "Release").expect(0)
    equal(found["kernel"], f"{box.build_dir}/kvmtest/images/g/kernel", "one place")
    equal(content(found["kernel"]), "debug", "kernel")
    image(box, "KERNEL ${CMAKE_CURRENT_SOURCE_DIR}/k-$<IF:$<CONFIG:Debug>,Debug,Release> INITRD i", config="Debug")
    for config in ("Debug", "Release"):
        box.build("--target", "g", "--config", config).expect(0)
        found = shown(box, config)
        equal(found["kernel"], f"{box.build_dir}/kvmtest/images/g/{config}/kernel", "a place of its own")
        equal(content(found["kernel"]), config.lower(), "kernel")
    box.build("--target", "g", "--config", "Debug").expect(0).expect_text("no work to do")


def case_tests_find_it(box):
    """The params of a test, and the image made before it by `all` of a project that says so."""
    box.write("k", "kernel")
    box.write("i", "initrd")
    box.write("a.cfg", "test localhost nightly boot\n")
    box.project("""\
kvm_add_guest_image(guest KERNEL k INITRD i)
kvm_discover_tests(t CONFIG a.cfg STRINGS "kernel = $<TARGET_PROPERTY:guest,KVM_KERNEL>")
add_dependencies(kvmtest-t guest)
""", fake_generator=True)
    box.configure().expect(0)
    box.build().expect(0)
    kernel = f"{box.build_dir}/kvmtest/images/guest/kernel"
    if f'"kernel = {kernel}"' not in box.read("kvmtest/t/arguments.json"):
        raise Failure(box.read("kvmtest/t/arguments.json"))
    equal(content(kernel), "kernel", "kernel")


def case_packages(box):
    """By the real apt, out of an archive that this test makes."""
    apt = debian_archive.make(box)
    if apt is None:
        return 77
    found = image(box, "PACKAGES tool=1.0 DISK 1M COMMAND tool MODULES nosuch")
    place = f"{box.build_dir}/kvmtest/images/g"
    equal((found["kernel"], found["initrd"]), (f"{place}/linux/vmlinux", f"{place}/linux/initramfs.cpio"),
          "properties")
    cache = os.path.join(box.dir, "cache")
    os.makedirs(cache)
    os.makedirs(cache + "-elsewhere")
    os.symlink(cache + "-elsewhere", cache + "/packages")
    env = {**apt.env, "KVMTEST_IMAGE_CACHE": cache}
    box.build("--target", "g", env=env).expect(0)
    nothing_to_do(box)
    files = listing(found["initrd"])
    # Of sbin and bin alike, at its old place, too; manuals and those who only install are left out.
    equal({name: files.get(name) for name in (
        "usr/sbin/tool", "bin/tool", "usr/bin/ls", "bin/ls", "usr/lib/libtool.so", "lib", "sbin",
        "usr/share/doc/tool/README", "usr/bin/install-tool")}, {
            "usr/sbin/tool": ("-rwxr-xr-x", ""), "bin/tool": ("lrwxrwxrwx", "/usr/sbin/tool"),
            "usr/bin/ls": ("-rwxr-xr-x", ""), "bin/ls": ("lrwxrwxrwx", "busybox"),
            "usr/lib/libtool.so": ("-rw-r--r--", ""), "lib": ("lrwxrwxrwx", "usr/lib"),
            "sbin": ("lrwxrwxrwx", "bin"), "usr/share/doc/tool/README": None, "usr/bin/install-tool": None},
          "files in the guest")
    equal(content(found["kernel"])[:4], "\x7fELF", "kernel")
    text = content(f"{place}/linux/guest.txt")
    for line in ("package: libtool_2%3a1.5-1_amd64.deb", "package: tool_1.0_amd64.deb",
                 "module nosuch: missing", "kernel release: 9.9.0-1-cloud-amd64"):
        if line + "\n" not in text:
            raise Failure(f"no line '{line}' in\n{text}")
    # The cache is enough, without archive and lists.
    shutil.rmtree(box.build_dir)
    shutil.rmtree(apt.archive)
    shutil.rmtree(apt.lists)
    image(box, "PACKAGES tool=1.0")
    box.build("--target", "g", env=env).expect(0).expect_no_text("downloading")
    return 0


def case_packages_that_are_not_there(box):
    apt = debian_archive.make(box)
    if apt is None:
        return 77
    image(box, "PACKAGES tool nosuch-tool")
    run = box.build("--target", "g", env=apt.env).expect_failure()
    run.expect_text("Unable to locate package nosuch-tool", "make-linux-guest.sh: error: apt cannot have tool nosuch-tool:",
                    "kvm_add_guest_image(g): make-linux-guest.sh, see above, ended with 1")
    return 0
