"""The package KvmTest: from the build tree, installed, and as a sub-project."""

import os
import re
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


def install(box):
    prefix = os.path.join(box.dir, "prefix")
    box.run(box.settings.cmake, "--install", box.settings.package, "--prefix", prefix).expect(0)
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
         f"{lib}/libkvmtest_gtest.a"]
        + [f"{package}/{name}" for name in (
            "KvmTest.cmake", "KvmTestCall.cmake.in", "KvmTestConfig.cmake",
            "KvmTestConfigVersion.cmake", "KvmTestIndex.cmake", "KvmTestMultiConfig.cmake.in")]),
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
"""


def case_gtest_component(box):
    """KvmTest::gtest from the build tree and installed; its program skips outside of the runner."""
    box.write("CMakeLists.txt", GTEST_CONSUMER)
    for root in (box.settings.package, install(box)):
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-DKvmTest_ROOT={root}").expect(0)
        box.build().expect(0)
        box.run(os.path.join(box.build_dir, "mine")).expect(77)


def case_component_that_is_not_there(box):
    box.write("CMakeLists.txt", GTEST_CONSUMER.replace("gtest)\nfile", "gtest nonesuch)\nfile"))
    box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(1)


def case_versions(box):
    for version, status in (("0.1", 0), ("0.1.0", 0), ("0.2", 1), ("1.0", 1)):
        consumer(box, version)
        shutil.rmtree(box.build_dir, ignore_errors=True)
        box.configure(f"-DKvmTest_ROOT={box.settings.package}").expect(status)


def subproject(box):
    box.write("CMakeLists.txt", f"""\
cmake_minimum_required(VERSION 3.25)
project(parent LANGUAGES CXX)
enable_testing()
set(before "${{CMAKE_MODULE_PATH}};${{CMAKE_RUNTIME_OUTPUT_DIRECTORY}};${{CMAKE_BUILD_TYPE}}")
add_subdirectory("{box.settings.source}" kvmtest EXCLUDE_FROM_ALL)
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
    box.configure(*([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else [])).expect(0)


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
    os.makedirs(prefix)
    box.run(box.settings.cmake, "--install", box.build_dir, "--prefix", prefix).expect(0)
    return prefix


def case_subproject_builds_what_it_needs(box):
    subproject(box)
    box.build().expect(0)
    tests = box.tests("-L", "^nightly$", host="hostname1")
    equal(sorted(tests), ["guests.nightly.boot", "guests.nightly.reboot"], "tests")
