# What the targets kvm-<set> and kvm-rerun run: ctest for one test set, or for the tests that failed
# last time, on as many queues as the chosen host has. `cmake -P`, with
#   KVMTEST_SET            the set
#   KVMTEST_RERUN          or the script kvm-rerun
#   KVMTEST_CALL           the script of a call that has it
#   KVMTEST_CTEST          ctest
#   KVMTEST_BINARY_DIR     the build tree
#   KVMTEST_CONFIGURATION  in a multi-config tree, which one
cmake_policy(VERSION 3.25)

# Sets <out> to the number of queues of the chosen host, or of all chosen hosts.
function(_kvmtest_chosen_queues out)
  include("${kvmtest_root}/resources.cmake")
  include("${kvmtest_dir}/current.cmake")
  _kvmtest_choose_host(dirs asked)
  list(TRANSFORM dirs REPLACE "/all$" "")
  _kvmtest_count_queues(queues "${KVMTEST_RESOURCE_SPEC}" ${dirs})
  set(${out} ${queues} PARENT_SCOPE)
endfunction()

include("${KVMTEST_CALL}")  # makes the tests anew if need be
_kvmtest_chosen_queues(queues)
set(options "-j${queues}" --output-on-failure --no-tests=error)
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
