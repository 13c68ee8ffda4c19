# What the targets kvm-<set> and kvm-rerun run: ctest for one test set, or for the tests that failed
# last time, as many at once as suit the chosen host. `cmake -P`, with
#   KVMTEST_SET            the set
#   KVMTEST_RERUN          or the script kvm-rerun
#   KVMTEST_CALL           the script of a call that has it, which leads to all calls
#   KVMTEST_CTEST          ctest
#   KVMTEST_BINARY_DIR     the build tree
#   KVMTEST_CONFIGURATION  in a multi-config tree, which one
cmake_policy(VERSION 3.25)

# Sets <out> to how many tests the chosen hosts run at once: each call chooses one, or all.
function(_kvmtest_chosen_level out)
  _kvmtest_call_scripts(scripts)
  set(hosts "")
  set(takes_processors OFF)
  foreach(script IN LISTS scripts)
    cmake_path(GET script PARENT_PATH call)
    if(EXISTS "${call}/current.cmake")
      unset(KVMTEST_PROCESSORS)
      include("${call}/current.cmake")
      _kvmtest_choose_host(dirs asked)
      if(NOT dirs STREQUAL "")
        list(APPEND hosts ${dirs})
        _kvmtest_look_for_processors(takes_processors ${KVMTEST_SET})
      endif()
    endif()
  endforeach()
  list(TRANSFORM hosts REPLACE "/all$" "")
  list(REMOVE_DUPLICATES hosts)
  include("${kvmtest_root}/resources.cmake")
  _kvmtest_parallel_level(level "${KVMTEST_RESOURCE_SPEC}" ${takes_processors} ${hosts})
  set(${out} ${level} PARENT_SCOPE)
endfunction()

include("${KVMTEST_CALL}")  # makes the tests anew if need be
_kvmtest_chosen_level(level)
set(options "-j${level}" --output-on-failure --no-tests=error)
if(DEFINED KVMTEST_CONFIGURATION)
  list(APPEND options -C "${KVMTEST_CONFIGURATION}")
endif()
if(DEFINED KVMTEST_RERUN)
  set(what "tests that failed last time")
  set(command "KVMTEST_CTEST=${KVMTEST_CTEST}" /bin/sh "${KVMTEST_RERUN}" --test-dir .)
else()
  set(what "tests of '${KVMTEST_SET}'")
  string(REGEX REPLACE "([.+])" "\\\\\\1" label "${KVMTEST_SET}")
  set(command "KVMTEST_SETS=${KVMTEST_SET}" "${KVMTEST_CTEST}" -L "^${label}$")
endif()
execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env ${command} ${options}
  WORKING_DIRECTORY "${KVMTEST_BINARY_DIR}"
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR " kvmtest: not all ${what} have passed (ctest ended with '${result}')")
endif()
