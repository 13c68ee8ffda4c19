"""kvm_install_tests(): tests that run elsewhere, with neither the sources nor the build tree."""

import json
import os
import shutil
import signal
import subprocess
import time

from sandbox import Failure, equal

HOSTS_CFG = """\
include ../common/tests.cfg
variants:
    - queue1:
        queue = 1
        env = env1
    - queue2:
        queue = 2
        env = env2
variants:
    - hostname1:
        hostname = hostname1
    - hostname2:
        hostname = hostname2
variants:
    - nightly:
        queue1:
            only boot
        queue2:
            only reboot
    - weekly:
        only queue1
"""

TESTS_CFG = """\
variants:
    - boot:
        type = boot
    - reboot:
        type = reboot
"""

CALL = """\
kvm_discover_tests(g CONFIG kvm/hosts.cfg STRINGS "kernel = ${CMAKE_CURRENT_SOURCE_DIR}/images/kernel"
  RESOURCE_SPEC gpus.json)
"""
INSTALL = """\
kvm_install_tests(g DESTINATION share/kvm-tests FILES images/kernel
  PARAMS "kernel=$<INSTALL_PREFIX>/share/kvm-tests/files/kernel" [==[note=a;b [ "c"]==])
"""
HERE = "share/kvm-tests"
NIGHTLY = {"g.nightly.boot": "pass", "g.nightly.reboot": "pass"}


def project(box, text=CALL + INSTALL):
    box.write("kvm/hosts.cfg", HOSTS_CFG)
    box.write("common/tests.cfg", TESTS_CFG)
    box.write("images/kernel", "a kernel")
    box.write("gpus.json", '{"version":{"major":1,"minor":0},"local":[{"gpus":[{"id":"7"}]}]}')
    box.project(text)


def build(box, text=CALL + INSTALL):
    project(box, text)
    box.configure().expect(0)
    box.build().expect(0)


def install(box, *args, prefix="prefix"):
    """The prefix is relative to the working directory, as cmake takes it."""
    return box.run(box.settings.cmake, "--install", box.build_dir, "--prefix", prefix, *args)


def move(box, source, target):
    """Where the installation is now; the project is no more."""
    shutil.rmtree(box.src, ignore_errors=True)
    shutil.rmtree(os.path.join(box.dir, "build"), ignore_errors=True)
    target = os.path.join(box.dir, target)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.move(os.path.join(box.dir, source), target)
    return target


def elsewhere(box, target="on another machine/opt"):
    build(box)
    install(box).expect(0)
    return move(box, "prefix", target)


def run(box, here, *args, host="hostname1", env=None):
    """As a user does: ctest in the directory."""
    box.build_dir = here
    return box.ctest("-L", "^nightly$", "-j4", *args, host=host, env=env)


def records(box, tests):
    """First line and own line of each test's description."""
    found = {}
    for name, test in tests.items():
        command = test["command"]
        path, _, offset = command[command.index("--tests") + 1].rpartition("@")
        with open(path, encoding="utf-8") as file:
            head = json.loads(file.readline())
            file.seek(int(offset))
            record = json.loads(file.readline())
        equal(record["test"], name, "record")
        found[name] = head, {**head["params"], **record["params"]}
    return found


def check_places(box, prefix, work):
    """Everything that tests name is in the installation, or below `work`."""
    tests = box.tests("-L", "^nightly$", host="hostname1")
    equal(sorted(tests), sorted(NIGHTLY), "tests")
    for name, (head, params) in records(box, tests).items():
        equal(tests[name]["command"][0], f"{prefix}/{HERE}/bin/kvmtest-run", "runner")
        equal(params["kernel"], f"{prefix}/{HERE}/files/kernel", "a file of the project")
        equal(params["note"], 'a;b [ "c"', "a param")
        for place in (head["results_dir"], head["queues"][0]["lock"], head["queues"][0]["state_dir"]):
            equal(place.startswith(work + "/kvmtest/"), True, f"{place} below {work}")


def case_runs_elsewhere(box):
    """Moved, and moved again; another host, chosen sets, an edited configuration."""
    prefix = elsewhere(box)
    here = os.path.join(prefix, HERE)
    run(box, here).expect(0).expect_tests(NIGHTLY)
    check_places(box, prefix, here)
    with open(f"{here}/kvmtest/resources.json", encoding="utf-8") as file:
        types = sorted(json.load(file)["local"][0])
    equal([name for name in types if not name.startswith("kvmr__")],
          ["gpus", "kvmp__hostname1", "kvmp__hostname2", "kvmq__hostname1__1",
           "kvmq__hostname1__2", "kvmq__hostname2__1", "kvmq__hostname2__2"], "resources")
    run(box, here, host="hostname2").expect(0).expect_tests(NIGHTLY)
    run(box, here, host="other").expect_failure().expect_text("hostname1, hostname2")
    equal(sorted(box.tests(host="hostname1")),
          sorted([*NIGHTLY, "g.weekly.boot", "g.weekly.reboot"]), "all tests")

    prefix = move(box, prefix, "moved")
    here = os.path.join(prefix, HERE)
    run(box, here).expect(0).expect_tests(NIGHTLY)
    check_places(box, prefix, here)

    with open(f"{here}/tests/g/config/common/tests.cfg", "a", encoding="utf-8") as file:
        file.write("    - shutdown:\n        type = shutdown\n")
    with open(f"{here}/tests/g/config/kvm/hosts.cfg", encoding="utf-8") as file:
        text = file.read().replace("only reboot", "only reboot shutdown")
    with open(f"{here}/tests/g/config/kvm/hosts.cfg", "w", encoding="utf-8") as file:
        file.write(text)
    run(box, here).expect(0).expect_tests({**NIGHTLY, "g.nightly.shutdown": "pass"})


def read_only(box, path, *command, env=None):
    """Runs a command while nothing below path can be written, not even by root."""
    return box.run("unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--mount", "sh", "-ec",
                   'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"', path, *command, env=env)


def case_read_only(box):
    if read_only(box, box.src, "true").status != 0:
        print("SKIP: nothing can be mounted here")
        return 77
    prefix = elsewhere(box)
    here = os.path.join(prefix, HERE)
    work = os.path.join(box.dir, "work dir")
    ctest = f"{here}/kvm-ctest"
    env = {"KVMTEST_HOST": "hostname1", "KVMTEST_WORK_DIR": work}
    for _ in range(2):
        read_only(box, prefix, ctest, "-L", "^nightly$", "-j4", env=env).expect(0).expect_text(
            "100% tests passed, 0 tests failed out of 2")
    equal(sorted(os.listdir(work)), ["CTestTestfile.cmake", "Testing", "kvmtest"], "what is written")
    equal(sorted(os.listdir(here)), ["CTestTestfile.cmake", "bin", "cmake", "files", "kvm-ctest", "kvm-rerun", "tests"],
          "what is installed")
    read_only(box, prefix, ctest, "-N", env={"KVMTEST_HOST": "hostname1"}).expect_failure().expect_text(
        f"the tests of {here} cannot be made in {here}/kvmtest: nothing can be written there",
        f"hint: KVMTEST_WORK_DIR=<directory> {here}/kvm-ctest ... writes all in another place")
    # Where it can be written, the same program does what plain ctest does.
    box.run(ctest, "-N", env={"KVMTEST_HOST": "hostname1"}).expect(0).expect_text("Total Tests: 4")
    box.run(ctest, "-N", env={"KVMTEST_HOST": "hostname1", "KVMTEST_WORK_DIR": f"{here}/../kvm-tests"}).expect(0)
    with open(f"{here}/CTestTestfile.cmake", encoding="utf-8") as file:
        equal(file.read().endswith("\ninclude(cmake/load.cmake)\n"), True, "the installed file")
    # A work directory relative to where ctest was started; plain ctest, too.
    box.run(ctest, "-N", cwd=box.dir,
            env={"KVMTEST_HOST": "hostname1", "KVMTEST_WORK_DIR": "relative"}).expect(0)
    equal(os.path.isdir(os.path.join(box.dir, "relative/kvmtest/g")), True, "made there")
    return 0


def case_staged(box):
    """DESTDIR, and a package."""
    build(box, CALL + INSTALL + """
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME guests)
set(CPACK_INCLUDE_TOPLEVEL_DIRECTORY OFF)
include(CPack)
""")
    box.run(box.settings.cmake, "--install", box.build_dir, "--prefix", "/opt/guests",
            env={"DESTDIR": os.path.join(box.dir, "stage")}).expect(0)
    package = os.path.join(box.dir, "package")
    cpack = os.path.join(os.path.dirname(shutil.which(box.settings.cmake)), "cpack")
    box.run(cpack, "--config", os.path.join(box.build_dir, "CPackConfig.cmake"), "-B", package).expect(0)
    os.makedirs(os.path.join(box.dir, "unpacked"))
    box.run("tar", "-xf", os.path.join(package, "guests.tar.gz"), "-C", os.path.join(box.dir, "unpacked")).expect(0)
    shutil.rmtree(package)
    for prefix in ("stage/opt/guests", "unpacked"):
        moved = move(box, prefix, prefix.replace("/", "-") + " moved")
        run(box, os.path.join(moved, HERE)).expect(0).expect_tests(NIGHTLY)
        check_places(box, moved, os.path.join(moved, HERE))


def case_multi_config(box):
    box.generator = "Ninja Multi-Config"
    text = ("set(CMAKE_CONFIGURATION_TYPES Debug Release)\n"
            + CALL + INSTALL.replace("files/kernel", "files/$<CONFIG>"))
    project(box, text)
    # As far as policies go, an old one.
    with open(f"{box.src}/CMakeLists.txt", encoding="utf-8") as file:
        box.write("CMakeLists.txt", file.read().replace("VERSION 3.25", "VERSION 3.10"))
    box.configure().expect(0)
    for config in ("Debug", "Release"):
        box.build("--config", config).expect(0)
        install(box, "--config", config, prefix=config).expect(0)
    for config in ("Debug", "Release"):
        prefix = move(box, config, config + " moved")
        run(box, os.path.join(prefix, HERE)).expect(0).expect_tests(NIGHTLY)
        tests = box.tests("-L", "^nightly$", host="hostname1")
        _, params = records(box, tests)["g.nightly.boot"]
        equal(params["kernel"], f"{prefix}/{HERE}/files/{config}", "kernel")


def case_several_calls(box):
    """Tests of two calls share the queues of a host, as in a build tree; a component of its own."""
    box.write("costs.txt", "")
    build(box, CALL + """\
kvm_discover_tests(g_config CONFIG kvm/hosts.cfg)
kvm_discover_tests(other CONFIG kvm/hosts.cfg TEST_SETS weekly COSTS costs.txt
  PROPERTIES ENVIRONMENT "A=1;B=2" TEST_SUFFIX .x)
install(FILES gpus.json DESTINATION elsewhere COMPONENT else)
kvm_install_tests(g other DESTINATION tests COMPONENT tests PARAMS kernel=none "other:kernel=$<INSTALL_PREFIX>/k")
""")
    install(box, "--component", "else", prefix="else").expect(0)
    equal(sorted(os.listdir(os.path.join(box.dir, "else"))), ["elsewhere"], "another component")
    install(box, "--component", "tests").expect(0)
    prefix = move(box, "prefix", "moved")
    equal(sorted(os.listdir(prefix)), ["tests"], "the component")
    run(box, prefix + "/tests").expect(0).expect_tests(NIGHTLY)
    tests = box.tests("-R", "^other", host="hostname1")
    equal(sorted(tests), ["other.weekly.boot.x", "other.weekly.reboot.x"], "tests of the other call")
    equal(tests["other.weekly.boot.x"]["ENVIRONMENT"], ["A=1", "B=2"], "a property")
    both = records(box, {**tests, **box.tests("-R", "^g.weekly", host="hostname1")})
    locks = {head["queues"][0]["lock"] for head, _ in both.values()}
    equal(locks, {f"{prefix}/tests/kvmtest/locks/hostname1/1.lock"}, "locks")
    kernels = {(name.split(".")[0], params["kernel"]) for name, (_, params) in both.items()}
    equal(kernels, {("g", "none"), ("other", f"{prefix}/k")}, "params of each call")


def case_installed_again(box):
    """What the configuration does not include any more goes; the build tree stays as it was."""
    build(box)
    install(box).expect(0)
    before = box.read("kvmtest/g/stamp")
    box.write("kvm/hosts.cfg", HOSTS_CFG.replace("../common/tests.cfg", "own.cfg"))
    os.symlink("../common/tests.cfg", f"{box.src}/kvm/own.cfg")
    install(box).expect(0)
    equal(box.read("kvmtest/g/stamp"), before, "the stamp of the build tree")
    config = os.path.join(box.dir, "prefix", HERE, "tests/g/config")
    equal(sorted(os.listdir(config)), ["hosts.cfg", "own.cfg"], "the configuration")
    equal(os.path.islink(f"{config}/own.cfg"), False, "a link to the sources")
    run(box, os.path.join(box.dir, "prefix", HERE)).expect(0).expect_tests(NIGHTLY)


def refused(box, *parts, text=CALL + INSTALL):
    box.project(text)
    box.configure().expect(0)
    install(box).expect_failure().expect_text(*parts)


def case_refused(box):
    """What would not run elsewhere is not installed without a word."""
    build(box)
    where = "which another machine has not"
    refused(box, "kvm_install_tests(g): the param 'kernel' names", f"{box.src}/images/kernel", where,
            'PARAMS "<key>=$<INSTALL_PREFIX>/share/kvm-tests/files/<file>"',
            text=CALL + "kvm_install_tests(g DESTINATION share/kvm-tests)")
    launcher = 'LAUNCHER "${CMAKE_CURRENT_SOURCE_DIR}/as root"'
    refused(box, "kvm_install_tests(g): LAUNCHER names", where, "hint: what an installed test is started with is", text=CALL.replace("RES", launcher + " RES") + INSTALL)
    property_ = 'PROPERTIES WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"'
    refused(box, "kvm_install_tests(g): LAUNCHER, RUNNER_ARGS or PROPERTIES names", where,
            text=CALL.replace("RES", property_ + " RES") + INSTALL)
    box.write("kvm/hosts.cfg", HOSTS_CFG.replace("..", box.src))
    refused(box, "kvm_install_tests(g): the configuration includes", f"{box.src}/common/tests.cfg by",
            "hint: include it by a path relative to the file that includes it")
    for odd in ("a;b", "a[b"):
        box.write(f"kvm/{odd}.cfg", TESTS_CFG)
        box.write("kvm/hosts.cfg", HOSTS_CFG.replace("../common/tests.cfg", f"{odd}.cfg"))
        refused(box, "kvm_install_tests(g): no path may hold ';' or a bracket without its other one: "
                f"{box.src}/kvm/{odd}.cfg")
    box.write("kvm/hosts.cfg", HOSTS_CFG + "broken broken\n")
    refused(box, "hosts.cfg:22:1: error: ",
            f"kvm_install_tests(g): no tests can be made of {box.src}/kvm/hosts.cfg\n")


def case_failed_ones_again(box):
    prefix = elsewhere(box)
    here = os.path.join(prefix, HERE)
    work = box.dir + "/work"
    env = {"KVMTEST_HOST": "hostname1", "KVMTEST_WORK_DIR": work}
    os.remove(here + "/bin/kvmtest-run")
    shutil.copy("/bin/false", here + "/bin/kvmtest-run")
    box.run(f"{here}/kvm-ctest", "-R", "boot", "-L", "nightly", env=env).expect(8)
    box.run(f"{here}/kvm-rerun", "-j2", env=env).expect(8).expect_text("2 tests failed out of 2")
    box.run(f"{here}/kvm-rerun", cwd=here, env={**env, "KVMTEST_WORK_DIR": ""}).expect(2).expect_text(
        "there is no ./Testing/Temporary")


def contents(folder):
    """Every file below it -> its text; links and directories show as such."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = "a link" if os.path.islink(path) else file.read()
    return found


def case_refused_leaves_all_as_it_was(box):
    """Nothing in a new prefix, and an earlier installation whole."""
    build(box)
    box.write("kvm/hosts.cfg", HOSTS_CFG.replace("..", box.src))
    where = "nothing was installed into share/kvm-tests, see above"
    refused(box, where)
    equal(contents(f"{box.dir}/prefix"), {}, "what is in the prefix")
    box.write("kvm/hosts.cfg", HOSTS_CFG)
    install(box).expect(0)
    before = contents(f"{box.dir}/prefix")
    for text in (HOSTS_CFG.replace("..", box.src), HOSTS_CFG + "broken broken\n"):
        box.write("kvm/hosts.cfg", text)
        box.write("images/kernel", "another kernel")
        refused(box, where)
        equal(contents(f"{box.dir}/prefix"), before, "what is in the prefix")


def case_names_of_sources(box):
    """However the sources are spelled, but not where only a part of another path looks like them."""
    build(box, CALL + "kvm_install_tests(g DESTINATION t)")
    src = box.src
    top, name = os.path.split(src)
    for text in (f"{src}:/x", f"a={src},b", f"/x:{src}", f"{top}/./{name}/x", f"{top}//{name}", f"-I{src}",
                 f"file://{src}/x", f"{src};x", f"({src})", f"{src}'"):
        refused(box, "the param 'note' names ", ", which another machine has not",
                text=f"""kvm_discover_tests(g CONFIG kvm/hosts.cfg STRINGS [==[note = "{text}"]==])
kvm_install_tests(g DESTINATION t)""")
    for name, value in (("PATH", f"{src}:/bin"), ("A", f"{src}$<SEMICOLON>B=2"), ("kvmx", f"{src}/kvmx")):
        refused(box, f"RUNNER_ARGS or PROPERTIES names {value.replace('$', ':').split(':')[0]}, which",
                text=f"""kvm_discover_tests(g CONFIG kvm/hosts.cfg PROPERTIES ENVIRONMENT "{name}={value}")
kvm_install_tests(g DESTINATION t)""")
    box.project(f"""kvm_discover_tests(g CONFIG kvm/hosts.cfg
  STRINGS [==[note = "/opt{src}/x http:/{src}/y {src}2/x {src}-old {src}.d host{src}/x nbd://h{src}"]==])
kvm_install_tests(g DESTINATION t)""")
    box.configure().expect(0)
    install(box).expect(0)


def case_links(box):
    """What a link points to is installed, since it points to a place of this machine."""
    project(box, """\
kvm_discover_tests(g CONFIG kvm/hosts.cfg COSTS costs.txt RESOURCE_SPEC spec.json)
kvm_install_tests(g DESTINATION t FILES images/link "$<1:${CMAKE_CURRENT_SOURCE_DIR}/images/second>"
  "other/kernel=${CMAKE_CURRENT_SOURCE_DIR}/images/third" "$<0:nothing>"
  PARAMS "kernel=$<INSTALL_PREFIX>/t/files/link")
""")
    box.write("costs", "")
    for link, target in (("images/link", "kernel"), ("images/second", "link"), ("images/third", "kernel"),
                         ("spec.json", "gpus.json"), ("costs.txt", "costs")):
        os.symlink(target, os.path.join(box.src, link))
    box.configure().expect(0)
    box.build().expect(0)
    install(box).expect(0)
    with open(os.path.join(box.build_dir, "install_manifest.txt"), encoding="utf-8") as file:
        listed = sorted(os.path.relpath(line, f"{box.dir}/prefix") for line in file.read().split("\n"))
    prefix = move(box, "prefix", "moved")
    found = contents(prefix)
    equal(listed, sorted(found), "the manifest")
    equal("a link" in found.values(), False, "a link")
    equal({path: text for path, text in found.items() if path.startswith("t/files/")},
          dict.fromkeys(("t/files/link", "t/files/second", "t/files/other/kernel"), b"a kernel"), "FILES")
    run(box, os.path.join(prefix, "t")).expect(0).expect_tests(NIGHTLY)


def case_files_of_equal_names(box):
    """Of two guests, say. The same file twice is no matter."""
    build(box)
    box.write("a/kernel", "kernel a")
    box.write("b/kernel", "kernel b")
    call = "kvm_discover_tests(g CONFIG kvm/hosts.cfg)\nkvm_install_tests(g DESTINATION t FILES {})"
    refused(box, "kvm_install_tests(g): two files would be t/files/kernel:\n   "
            f"{box.src}/a/kernel\n   {box.src}/b/kernel\n   hint: FILES", text=call.format("a/kernel b/kernel"))
    refused(box, f"there is no file '{box.src}/c'", text=call.format("a/kernel c"))
    box.project(call.format('a/kernel a/kernel "b/=$<1:${CMAKE_CURRENT_SOURCE_DIR}/b/kernel>" '
                            '"kernel-b=${CMAKE_CURRENT_SOURCE_DIR}/b/kernel"'))
    box.configure().expect(0)
    install(box).expect(0)
    equal(contents(f"{box.dir}/prefix/t/files"),
          {"kernel": b"kernel a", "b/kernel": b"kernel b", "kernel-b": b"kernel b"}, "FILES")


def case_interrupted(box):
    """Nothing stays in the directory for temporary files, however early or late it is interrupted."""
    build(box)
    temporary = os.path.join(box.dir, "tmp")
    os.makedirs(temporary)
    for number in range(8):
        process = subprocess.Popen(
            [box.settings.cmake, "--install", box.build_dir, "--prefix", "prefix"], cwd=box.dir,
            env={**box.env, "TMPDIR": temporary}, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while process.poll() is None and not os.listdir(temporary):
                time.sleep(0.001)
            time.sleep(0.04 * (number // 2))
            # By a terminal, or by somebody who knows only of cmake.
            if number % 2:
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGTERM)
        finally:
            process.wait()
        deadline = time.monotonic() + 30
        while os.listdir(temporary) and time.monotonic() < deadline:
            time.sleep(0.02)
        equal(os.listdir(temporary), [], f"left behind, {number}")


def case_places_that_cannot_be(box):
    """Of the installation, and of what is written: refused by ctest and by kvm-ctest."""
    prefix = elsewhere(box)
    for number, name in enumerate(("a;b", "a\\b", "a]==]b")):
        prefix = move(box, prefix, name)
        here = os.path.join(prefix, HERE)
        box.run(box.settings.ctest, "-N", cwd=here).expect_failure().expect_text(
            "no tests can be made, since ';', '\\' or ']==]' is in the path of", f"\n   {here}\n", "hint: move")
        box.run(f"{here}/kvm-ctest", "-N").expect(1).expect_text(
            'neither of these may hold ";", "\\" or "]==]":\n' + f"{here}\n{here}\n")
        prefix = move(box, prefix, f"right {number}")
        here = os.path.join(prefix, HERE)
        env = {"KVMTEST_HOST": "hostname1", "KVMTEST_WORK_DIR": os.path.join(box.dir, "work" + name)}
        box.run(f"{here}/kvm-ctest", "-N", env=env).expect(1).expect_text(f"{here}\n{env['KVMTEST_WORK_DIR']}\n")
        run(box, here, env=env).expect_failure().expect_text(f"\n   {env['KVMTEST_WORK_DIR']}\n")
    run(box, os.path.join(prefix, HERE)).expect(0).expect_tests(NIGHTLY)


def case_a_library_that_is_missing(box):
    """Both programs need some that not every machine has."""
    here = os.path.join(elsewhere(box), HERE)
    said = "kvmtest: error while loading shared libraries: libfmt.so.9: cannot open shared object file"
    for name in ("generate", "run"):
        program = f"{here}/bin/kvmtest-{name}"
        os.rename(program, program + ".right")
        box.write(program, f"#!/bin/sh\necho '{said}' >&2\nexit 127\n", executable=True)
        box.run(f"{here}/kvm-ctest", "-N").expect(1).expect_text(
            f"kvm-ctest: error: {program} does not start on this machine\n{said}\n"
            "hint: ldd tells what is missing; on Debian 12: apt-get install libfmt9 libre2-9\n")
        if name == "generate":
            box.build_dir = here
            test = box.ctest(host="hostname1").expect_failure()
            equal(test.output["g.generate"].split("\n")[3:5],
                  [said, f"hint: ldd {program} tells what is missing; on Debian 12: apt-get install libfmt9 libre2-9"],
                  "the test")
        os.rename(program + ".right", program)
    box.run(f"{here}/kvm-ctest", "-N", env={"KVMTEST_HOST": "hostname1"}).expect(0).expect_text("Total Tests: 4")


def case_executables_stay_so(box):
    """A test program without its x bit is none: its tests would all be skipped."""
    build(box)
    box.write("td/odd", "#!/bin/sh\n", executable=True)
    os.chmod(f"{box.src}/td/odd", 0o750)
    os.symlink("odd", f"{box.src}/td/link")
    box.project(CALL + "kvm_install_tests(g DESTINATION t FILES td/odd td/link images/kernel\n"
                '  "costs=${CMAKE_CURRENT_SOURCE_DIR}/td/odd" "$<1:${CMAKE_CURRENT_SOURCE_DIR}/gpus.json>"\n'
                '  PARAMS "kernel=$<INSTALL_PREFIX>/t/files/kernel")\n')
    box.configure().expect(0)
    install(box).expect(0)
    equal({name: oct(os.stat(f"{box.dir}/prefix/t/files/{name}").st_mode & 0o777)
           for name in os.listdir(f"{box.dir}/prefix/t/files")},
          {"odd": "0o755", "link": "0o755", "costs": "0o755", "kernel": "0o644", "gpus.json": "0o644"}, "modes")


def case_directories_are_no_files(box):
    """That is said, by cmake where it can know."""
    build(box)
    call = CALL + "kvm_install_tests(g DESTINATION t FILES WORD)\n"
    for word, directory in (("images", "images"), ('"d/=${CMAKE_CURRENT_SOURCE_DIR}/kvm"', "kvm")):
        box.project(call.replace("WORD", word))
        box.configure().expect(1).expect_text(
            f"kvm_install_tests(): FILES: '{box.src}/{directory}' is a directory, not a file\n")
    refused(box, f"kvm_install_tests(g): '{box.src}/kvm' is a directory, not a file\n",
            text=call.replace("WORD", '"$<1:${CMAKE_CURRENT_SOURCE_DIR}/kvm>"'))


def case_usage(box):
    for call, reason in [
            ("DESTINATION t", "the name of a kvm_discover_tests() call is missing"),
            ("h DESTINATION t", "there is no kvm_discover_tests(h) before it"),
            ("g", "DESTINATION is missing: which directory of the installation?"),
            ("g DESTINATION", "DESTINATION has no value"),
            ("g DESTINATION /t", "DESTINATION is '/t', not a directory below the install prefix, relative to it"),
            ("g DESTINATION t/../..", "DESTINATION is '..', not a directory below the install prefix, relative to it"),
            ("g DESTINATION .", "DESTINATION is '.', not a directory below the install prefix, relative to it"),
            ("g DESTINATION t FILES ../a=/b/c", "FILES: the place '../a' of /b/c is not one below <dir>/files"),
            ("g DESTINATION t PARAMS kernel", "PARAMS: 'kernel' is not <key>=<value>"),
            ("g DESTINATION t PARAMS h:kernel=x", "PARAMS: 'h:kernel=x' is for 'h', which is none of the calls"),
            ("g DESTINATION t)\nkvm_install_tests(g DESTINATION ./t/",
             f"the DESTINATION 't' is taken by another call, in {box.src}/CMakeLists.txt; "
             "name all tests that share one in the same call"),
    ]:
        project(box, f"{CALL}kvm_install_tests({call})\n")
        found = box.configure().expect(1)
        if f"kvm_install_tests(): {reason}" not in found.err or "usage:\n" not in found.err:
            raise Failure(f"expected: {reason}\n{found.describe()}")


def case_programs_of_the_build(box):
    """Programs that the project builds, not even for `all`: the installation has need of them."""
    project(box)
    box.write("program.c", '#include <unistd.h>\nint main(int n, char **v) { return n > 0 && execv(PROGRAM, v); }\n')
    box.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(sandbox LANGUAGES C)
enable_testing()
foreach(name IN ITEMS generate run)
  add_executable(kvmtest-${{name}} EXCLUDE_FROM_ALL program.c)
  add_executable(KvmTest::${{name}} ALIAS kvmtest-${{name}})
endforeach()
target_compile_definitions(kvmtest-generate PRIVATE "PROGRAM=\\"{box.settings.generate}\\"")
target_compile_definitions(kvmtest-run PRIVATE "PROGRAM=\\"/bin/true\\"")
include("{box.settings.source}/cmake/KvmTest.cmake")
set(KVM_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)
{CALL}{INSTALL}
""")
    box.configure().expect(0)
    box.build().expect(0)
    install(box).expect(0)
    run(box, os.path.join(move(box, "prefix", "moved"), HERE)).expect(0).expect_tests(NIGHTLY)
