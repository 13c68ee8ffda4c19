"""The package KvmTest: from the build tree, installed, and as a sub-project."""

import json
import os
import re
import shlex
import shutil

from sandbox import Failure, equal
from freshness import HOSTS_CFG, TESTS_CFG

CONSUMER = """\
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES NONE)
enable_testing()
find_package(KvmTest {version} REQUIRED)
kvm_discover_tests(guests CONFIG hosts.cfg)
"""


def consumer(box, version=""):
    box.write("CMakeLists.txt", CONSUMER.format(version=version))
    box.write("tests.cfg", TESTS_CFG)
    box.write("hosts.cfg", HOSTS_CFG)


def check_consumer(box, bin_dir):
    box.build().expect(0)
    tests = box.tests("-L", "^nightly$", host="hostname1")
    equal(sorted(tests), ["guests.nightly.boot", "guests.nightly.reboot"], "tests")
    equal(tests["guests.nightly.boot"]["command"][0], bin_dir + "/kvmtest-run", "program")


def case_build_tree(box):
    consumer(box)
    for variable in ("KvmTest_ROOT", "KvmTest_DIR"):
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-D{variable}={box.settings.package}").expect(0)
        check_consumer(box, os.path.dirname(box.settings.runner))
    # A project whose policies are old ones.
    box.write("CMakeLists.txt", CONSUMER.format(version="").replace(
        "find_package", "cmake_policy(SET CMP0057 OLD)\nfind_package"))
    shutil.rmtree(box.build_dir)
    box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(0)
    check_consumer(box, os.path.dirname(box.settings.runner))


def install(box):
    prefix = os.path.join(box.dir, "prefix")
    box.run(box.settings.cmake, "--install", box.settings.package, "--strip", "--prefix", prefix).expect(0)
    return prefix


def files_of(directory):
    return sorted(os.path.relpath(os.path.join(place, name), directory)
                  for place, _, names in os.walk(directory) for name in names)


def case_installed_and_moved(box):
    consumer(box)
    prefix = install(box)
    moved = os.path.join(box.dir, "elsewhere")
    shutil.move(prefix, moved)
    files = [name for name in files_of(moved) if "Targets" not in name]
    package = os.path.dirname(next(f for f in files if f.endswith("KvmTestConfig.cmake")))
    lib = os.path.dirname(os.path.dirname(package))
    equal(files, sorted(
        ["bin/kvmtest-generate", "bin/kvmtest-run", "include/kvmtest/vm.h",
         f"{lib}/libkvmtest_gtest.a", "share/doc/kvmtest/CHANGELOG.md", "share/doc/kvmtest/copyright",
         "share/man/man1/kvmtest-generate.1", "share/man/man1/kvmtest-run.1", "share/man/man7/KvmTest.7"]
        + [f"{package}/guest/{name}" for name in ("common.sh", "guest-init", "make-linux-guest.sh")]
        + [f"{package}/{name}" for name in (
            "KvmTest.cmake", "KvmTestCall.cmake.in", "KvmTestConfig.cmake",
            "KvmTestConfigVersion.cmake", "KvmTestDashboard.cmake", "KvmTestDashboardNames.cmake",
            "KvmTestDashboardRun.cmake", "KvmTestGuestImage.cmake",
            "KvmTestGuestImageBuild.cmake", "KvmTestHost.cmake", "KvmTestIndex.cmake", "KvmTestInstall.cmake",
            "KvmTestInstallConfig.cmake", "KvmTestInstalled.cmake", "KvmTestLoad.cmake.in",
            "KvmTestMultiConfig.cmake.in", "KvmTestRunSet.cmake", "KvmTestSubmit.cmake", "kvm-ctest", "kvm-rerun")]),
        "installed files")
    for name in files_of(os.path.join(moved, package)):
        with open(os.path.join(moved, package, name), encoding="utf-8") as file:
            text = file.read()
        for path in (box.settings.source, prefix):
            # Not as the end of another path: "${CMAKE_BINARY_DIR}/kvmtest" is not "/kvmtest".
            if re.search(rf"(?<![\w.}})>/-]){re.escape(path)}(?![\w.-])", text):
                raise Failure(f"{name} names the directory {path}")
    box.configure(f"-DKvmTest_ROOT={moved}").expect(0)
    check_consumer(box, moved + "/bin")


GTEST_CONSUMER = """\
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(KvmTest REQUIRED COMPONENTS gtest)
file(WRITE "${CMAKE_BINARY_DIR}/mine.cc" [[
#include <gtest/gtest.h>
#include <kvmtest/vm.h>
TEST(Mine, Runs) { EXPECT_EQ(kvmtest::Vm::Main().name(), ""); }
]])
add_executable(mine "${CMAKE_BINARY_DIR}/mine.cc")
target_link_libraries(mine PRIVATE KvmTest::gtest)
file(WRITE "${CMAKE_BINARY_DIR}/theirs.cc" [[
#include <gtest/gtest.h>
TEST(Theirs, Skips) { GTEST_SKIP() << "no tape"; }
]])
add_executable(theirs "${CMAKE_BINARY_DIR}/theirs.cc")
target_link_libraries(theirs PRIVATE GTest::gtest_main KvmTest::gtest)
"""


def case_gtest_component(box):
    """KvmTest::gtest from the build tree and installed; its program skips outside of the runner."""
    box.write("CMakeLists.txt", GTEST_CONSUMER)
    for root in (box.settings.package, install(box)):
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-DKvmTest_ROOT={root}").expect(0)
        box.build().expect(0)
        box.run(os.path.join(box.build_dir, "mine")).expect(77)
        # GoogleTest's own main knows no skip; the library does without being named by the program.
        box.run(os.path.join(box.build_dir, "theirs"), env={
            "KVMTEST_CONTROL": "nobody", "KVMTEST_OUTPUT_DIR": box.build_dir}).expect(77)
        box.run(os.path.join(box.build_dir, "theirs")).expect(0)


def case_component_that_is_not_there(box):
    box.write("CMakeLists.txt", GTEST_CONSUMER.replace("gtest)\nfile", "gtest nonesuch)\nfile"))
    box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(1)


def case_component_whose_dependency_is_not_there(box):
    """Quietly not found, for those who can do without."""
    consumer(box)
    box.write("CMakeLists.txt", CONSUMER.format(version="").replace("find_package(KvmTest  REQUIRED)", """\
find_package(KvmTest QUIET COMPONENTS gtest)
message(STATUS "found: ${KvmTest_FOUND}")
return()"""))
    found = box.configure(f"-DKvmTest_ROOT={box.settings.package}", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON").expect(0)
    found.expect_text("found: 0")


def case_versions(box):
    for version, status in (("0.1", 0), ("0.1.0", 0), ("0.2", 1), ("1.0", 1)):
        consumer(box, version)
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(status)


def case_example_builds_its_test_program(box):
    """A set's target in a fresh tree: without the program all its tests would be skipped."""
    shutil.copytree(os.path.join(box.settings.source, "examples", "own_tests_cpp"), box.src, dirs_exist_ok=True)
    path = os.path.join(box.src, "CMakeLists.txt")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("CONFIG tests.cfg\n", "CONFIG tests.cfg TEST_SETS all\n"))
    box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(0)
    box.run(box.settings.cmake, "--build", box.build_dir, "--target", "kvm-all", "--", "-n").expect(0).expect_text(
        "Linking CXX executable guest_test")


SUBDIRECTORY = 'add_subdirectory("{source}" kvmtest EXCLUDE_FROM_ALL)'
FETCH_CONTENT = """\
include(FetchContent)
FetchContent_Declare(kvmtest SOURCE_DIR "{source}")
FetchContent_MakeAvailable(kvmtest)"""


def subproject(box, add=SUBDIRECTORY, *options):
    box.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(parent LANGUAGES CXX)
enable_testing()
set(before "${{CMAKE_MODULE_PATH}};${{CMAKE_RUNTIME_OUTPUT_DIRECTORY}};${{CMAKE_BUILD_TYPE}}")
{add.replace("{source}", box.settings.source)}
set(after "${{CMAKE_MODULE_PATH}};${{CMAKE_RUNTIME_OUTPUT_DIRECTORY}};${{CMAKE_BUILD_TYPE}}")
if(NOT before STREQUAL after)
  message(FATAL_ERROR "leaked: ${{after}}")
endif()
add_test(NAME own COMMAND /bin/true)
kvm_discover_tests(guests CONFIG hosts.cfg)
""")
    box.write("tests.cfg", TESTS_CFG)
    box.write("hosts.cfg", HOSTS_CFG)
    launcher = shutil.which("ccache")
    box.configure(*([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else []), *options).expect(0)


def case_subproject_leaks_nothing(box):
    subproject(box)
    box.ctest(host="hostname1").expect(8).expect_tests({"own": "pass", "guests_NOT_BUILT": "fail"})
    cache = [line for line in box.read("CMakeCache.txt").splitlines()
             if line.startswith(("KVMTEST_", "BUILD_TESTING"))]
    equal(cache, [], "options in the cache")
    prefix = install_tree_of(box)
    equal(files_of(prefix), [], "installed files")


def install_tree_of(box):
    prefix = os.path.join(box.dir, "prefix")
    os.makedirs(prefix, exist_ok=True)
    box.run(box.settings.cmake, "--install", box.build_dir, "--prefix", prefix).expect(0)
    return prefix


STRICT = """\
set(CMAKE_CXX_FLAGS "-Werror=conversion -Wall")
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
set(CMAKE_LINK_WHAT_YOU_USE ON)
foreach(tool IN ITEMS CLANG_TIDY CPPCHECK CPPLINT INCLUDE_WHAT_YOU_USE)
  set(CMAKE_CXX_${tool} /nonesuch/${tool})
endforeach()
add_compile_options(-Werror -Wunused-variable)
"""
OWN = """
add_library(own OBJECT own.cc)
target_link_libraries(own PRIVATE KvmTest::gtest)
"""
CARELESS = "int F(long wide) { int unused; return wide; }\n"


def case_subproject_has_no_warnings(box):
    """Whatever the project around it asks of its own sources, which are not spared."""
    box.write("own.cc", CARELESS)
    subproject(box, STRICT + SUBDIRECTORY + OWN, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    careless = box.write("careless.cc", CARELESS)
    flags = {}
    for entry in json.loads(box.read("compile_commands.json")):
        words = tuple(word for word in shlex.split(entry["command"]) if re.match("-[Ww]", word))
        flags.setdefault(words, []).append(entry["file"])
    own = [words for words, files in flags.items() if f"{box.src}/own.cc" in files]
    equal([len(own), "-w" in own[0]], [1, False], "flags of the project")
    for words, files in flags.items():
        done = box.run("c++", *words, "-fsyntax-only", careless)
        if f"{box.src}/own.cc" in files:
            done.expect_failure().expect_text("conversion", "unused")
        elif done.expect(0).text:
            raise Failure(f"{files}\n{done.describe()}")
    commands = box.run("ninja", "-C", box.build_dir, "-t", "commands", "kvmtest-generate", "kvmtest-run").expect(0)
    commands.expect_text("kvmtest_language").expect_no_text("/nonesuch/", "what-you-use")
    own = box.run("ninja", "-C", box.build_dir, "-t", "commands", "own").expect(0)
    own.expect_text("/nonesuch/CLANG_TIDY", "-isystem " + os.path.join(box.settings.source, "runner/gtest/include"))


def case_subproject_builds_what_it_needs(box):
    subproject(box)
    box.build().expect(0)
    tests = box.tests("-L", "^nightly$", host="hostname1")
    equal(sorted(tests), ["guests.nightly.boot", "guests.nightly.reboot"], "tests")


def case_fetch_content(box):
    """The third way: sources of kvmtest that FetchContent has brought. (Here it is told where they are.)"""
    subproject(box, FETCH_CONTENT)
    box.ctest(host="hostname1").expect(8).expect_tests({"own": "pass", "guests_NOT_BUILT": "fail"})


def packed(box):
    """The .deb that `cpack -G DEB` makes; None, and a line that says why, where there is no means to make one."""
    missing = [name for name in ("dpkg", "dpkg-deb", "dpkg-shlibdeps", "file") if shutil.which(name) is None]
    if missing:
        print(f"SKIP {missing[0]} is missing")
        return None
    cpack = os.path.join(os.path.dirname(shutil.which(box.settings.cmake)), "cpack")
    place = os.path.join(box.dir, "packed")
    box.run(cpack, "-G", "DEB", "--config", os.path.join(box.settings.package, "CPackConfig.cmake"),
            "-B", place).expect(0).expect_no_text("Warning", "warning")
    return os.path.join(place, next(name for name in os.listdir(place) if name.endswith(".deb")))


def check_contents(box, deb):
    """What the package says of itself, and what is in it."""
    fields = dict(line.split(": ", 1) for line in box.run("dpkg-deb", "-f", deb).expect(0).out.splitlines()
                  if line and not line.startswith(" "))
    equal((fields["Package"], fields["Version"], fields["Section"]), ("kvmtest", "0.1.0", "devel"), "fields")
    equal(os.path.basename(deb), f"kvmtest_0.1.0_{fields['Architecture']}.deb", "file name")
    equal(fields["Recommends"], "cmake (>= 3.25), qemu-system-x86, qemu-utils", "Recommends")
    for library in ("libc6 (>=", "libstdc++6 (>=", "libfmt", "libre2"):
        if library not in fields["Depends"]:
            raise Failure(f"no {library} in Depends: {fields['Depends']}")
    for row in box.run("dpkg-deb", "-c", deb).expect(0).out.splitlines():
        mode, owner, *_ = row.split()
        if owner != "root/root" or mode[0] == "d" and mode != "drwxr-xr-x" or "w" in mode[3:]:
            raise Failure(row)


def check_use(box, deb):
    """Unpacked somewhere, and installed by dpkg into a root of its own: a project finds it, and the build makes
    a guest with its scripts."""
    unpacked = os.path.join(box.dir, "unpacked")
    box.run("dpkg-deb", "-x", deb, unpacked).expect(0)
    root = os.path.join(box.dir, "root")
    os.makedirs(root + "/var/lib/dpkg/updates")
    os.makedirs(root + "/var/lib/dpkg/info")
    for name in ("status", "available"):
        with open(f"{root}/var/lib/dpkg/{name}", "w", encoding="ascii"):
            pass
    # What it depends on is this machine's.
    box.run("dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--log=/dev/null", "-i", deb).expect(0)
    consumer(box)
    box.write("CMakeLists.txt", CONSUMER.format(version="") + "kvm_add_guest_image(g KERNEL k)\n")
    box.write("k", "kernel")
    for prefix in (unpacked, root):
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-DKvmTest_ROOT={prefix}/usr").expect(0)
        check_consumer(box, prefix + "/usr/bin")
        box.build("--target", "g").expect(0)
        for program in ("kvmtest-generate", "kvmtest-run"):
            box.run(f"{prefix}/usr/bin/{program}", "--version").expect(0)
    box.run("dpkg", f"--root={root}", "--force-not-root", "--log=/dev/null", "-r", "kvmtest").expect(0)
    equal(files_of(root + "/usr"), [], "files that stay")


def case_deb(box):
    deb = packed(box)
    if deb is None:
        return 77
    check_contents(box, deb)
    check_use(box, deb)
    return 0


PARENT = """\
cmake_minimum_required(VERSION 3.25)
project(parent LANGUAGES CXX)
enable_testing()
add_custom_target(own_target ALL)
add_test(NAME own COMMAND /bin/true)
get_cmake_property(before VARIABLES)
{add}
get_cmake_property(after VARIABLES)
list(REMOVE_ITEM after ${{before}} before)
get_directory_property(options COMPILE_OPTIONS)
get_directory_property(definitions COMPILE_DEFINITIONS)
get_directory_property(folders INCLUDE_DIRECTORIES)
get_directory_property(tests TESTS)
get_directory_property(targets BUILDSYSTEM_TARGETS)
get_directory_property(imported IMPORTED_TARGETS)
file(WRITE "${{CMAKE_BINARY_DIR}}/after.txt"
  "${{after}}|${{options}}|${{definitions}}|${{folders}}|${{tests}}|${{targets}}|${{imported}}")
"""
# What FetchContent sets wherever it is used, CMake for the assembler's language, and `find_package()` for
# what the programs are built with.
OTHERS_VARIABLES = re.compile(r"(?i)_?fetchcontent_|kvmtest_(source_dir|binary_dir|populated)$|__cmake_")
OTHERS_CACHE = re.compile(r"FETCHCONTENT_|CMAKE_ASM_")
FOUND_CACHE = re.compile(r"(fmt|nlohmann_json|CLI11|re2|absl|GTest)_DIR$|(PKG_CONFIG|RE2|pkgcfg_lib_RE2|FIND_PACKAGE_MESSAGE)_")


def cache_of(box, *options):
    listing = box.run(box.settings.cmake, *options, "-N", box.build_dir).expect(0).out
    return {match[1] for match in re.finditer(r"^([^\s:]+):[A-Z]+=", listing, re.MULTILINE)}


def what_shows(box, add):
    """The cache as cmake -L and -LA show it, tests and targets of a project, and what its directory has got."""
    shutil.rmtree(box.build_dir, ignore_errors=True)
    box.write("CMakeLists.txt", PARENT.format(add=add))
    run = box.configure("-Wdev", "-Werror=dev", "-Wdeprecated", "-Werror=deprecated").expect(0)
    equal(run.err, "", "warnings")
    after = box.read("after.txt").split("|")
    # Cache entries are variables, too, and CMake itself keeps some of each project().
    cached = set(re.findall(r"^([^#/:=\n]+):", box.read("CMakeCache.txt"), re.MULTILINE))
    variables = sorted(name for name in set(after[0].split(";")) - cached if name and not OTHERS_VARIABLES.match(name)
                       and not re.match(r"ARG[VNC]|CMAKE_MATCH_", name))
    config = ("-C", "Debug") if "Multi" in box.generator else ()
    tests = re.findall(r"Test +#\d+: (\S+)", box.run(box.settings.ctest, "--test-dir", box.build_dir, "-N",
                                                     *config).expect(0).out)
    return cache_of(box, "-L"), cache_of(box, "-LA"), tests, [variables, *after[1:]]


def leaks_nothing(box, generator):
    box.generator = generator
    shown, cache, tests, directory = what_shows(box, "")
    equal(tests, ["own"], "tests")
    for way, text in (("add_subdirectory", SUBDIRECTORY.replace(" EXCLUDE_FROM_ALL", "")),
                      ("FetchContent", FETCH_CONTENT)):
        found = what_shows(box, text.format(source=box.settings.source))
        ours = {name for name in found[0] - shown if not OTHERS_CACHE.match(name)}
        equal(ours, set(), f"{way}: cache entries that cmake -L shows")
        ours = {name for name in found[1] - cache if not OTHERS_CACHE.match(name) and not FOUND_CACHE.match(name)}
        equal(ours, set(), f"{way}: cache entries that cmake -LA shows")
        equal(found[2:], (tests, directory), f"{way}: tests, variables, options and targets")
        equal(files_of(install_tree_of(box)), [], f"{way}: installed files")


def case_leaks_nothing_with_ninja(box):
    leaks_nothing(box, "Ninja")


def case_leaks_nothing_with_ninja_multi_config(box):
    leaks_nothing(box, "Ninja Multi-Config")


def case_leaks_nothing_with_unix_makefiles(box):
    leaks_nothing(box, "Unix Makefiles")
