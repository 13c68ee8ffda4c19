# What ctest loads of tests that kvm_install_tests() has installed, by cmake/load.cmake beside this
# file. It makes what a build tree has of them, <work>/kvmtest with the script of each call, and
# loads that as ctest does in a build tree (KvmTestIndex.cmake). <work> is the directory in which
# the tests are installed, or KVMTEST_WORK_DIR. Scripts are written when they would be other ones:
# the first time, and when the installation was moved or was made anew.
cmake_policy(VERSION 3.25)
# To ctest's scripts their directory is relative to that of the tests, where ctest is by now.
file(REAL_PATH "${CMAKE_CURRENT_LIST_DIR}" kvmtest_here)
cmake_path(GET kvmtest_here PARENT_PATH kvmtest_here)
cmake_path(ABSOLUTE_PATH kvmtest_installed_up BASE_DIRECTORY "${kvmtest_here}" NORMALIZE
  OUTPUT_VARIABLE kvmtest_prefix)
string(REGEX REPLACE "(.)/$" "\\1" kvmtest_prefix "${kvmtest_prefix}")
set(kvmtest_work "$ENV{KVMTEST_WORK_DIR}")
if("${kvmtest_work}" STREQUAL "")
  set(kvmtest_work "${kvmtest_here}")
endif()
# ctest itself goes where the tests are.
cmake_path(ABSOLUTE_PATH kvmtest_work BASE_DIRECTORY "$ENV{PWD}" NORMALIZE)

# ctest takes the names of directories apart at the first two, and the scripts quote by the third.
foreach(kvmtest_path IN ITEMS "${kvmtest_here}" "${kvmtest_work}")
  if(kvmtest_path MATCHES "[;\\]|]==]")
    message(FATAL_ERROR " kvmtest: no tests can be made, since ';', '\\' or ']==]' is in the path of\n"
      " ${kvmtest_path}\n"
      " hint: move what is installed there to another place, or let KVMTEST_WORK_DIR name another one")
  endif()
endforeach()

# Writes a file if that would change it. The error is one of ctest's: there is nothing to run.
function(_kvmtest_write_script path text)
  if(EXISTS "${path}")
    file(READ "${path}" found)
    if(found STREQUAL text)
      return()
    endif()
  endif()
  cmake_path(GET path PARENT_PATH dir)
  execute_process(COMMAND /bin/sh -c [[mkdir -p "$1" && test -w "$1"]] sh "${dir}"
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(NOT result STREQUAL "0")
    message(FATAL_ERROR " kvmtest: the tests of ${kvmtest_here} cannot be made in ${dir}: "
      "nothing can be written there\n"
      " hint: KVMTEST_WORK_DIR=<directory> ${kvmtest_here}/kvm-ctest ... "
      "writes all in another place")
  endif()
  string(RANDOM LENGTH 12 random)
  file(WRITE "${path}.${random}" "${text}")
  file(RENAME "${path}.${random}" "${path}")
endfunction()

function(_kvmtest_write_scripts)
  list(JOIN kvmtest_installed_calls "\n" calls)
  _kvmtest_write_script("${kvmtest_work}/kvmtest/calls.txt" "${calls}\n")
  foreach(call IN LISTS kvmtest_installed_calls)
    file(READ "${kvmtest_here}/tests/${call}/call.cmake.in" text)
    string(REPLACE "@KVMTEST_PREFIX@" "${kvmtest_prefix}" text "${text}")
    string(REPLACE "@KVMTEST_HERE@" "${kvmtest_here}" text "${text}")
    string(REPLACE "@KVMTEST_WORK_DIR@" "${kvmtest_work}" text "${text}")
    _kvmtest_write_script("${kvmtest_work}/kvmtest/${call}/call.cmake" "${text}")
  endforeach()
endfunction()

_kvmtest_write_scripts()
foreach(kvmtest_installed_call IN LISTS kvmtest_installed_calls)
  include("${kvmtest_work}/kvmtest/${kvmtest_installed_call}/call.cmake")
endforeach()
