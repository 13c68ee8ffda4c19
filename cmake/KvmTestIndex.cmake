# What ctest loads for one kvm_discover_tests() call, and what the build runs for it.
#
# The call's own script (KvmTestCall.cmake.in) sets kvmtest_* variables and the function
# kvmtest_generate(), which knows the generator's command line, and includes this file.
#
# In a build (cmake -P): run the generator, which does nothing if nothing has changed,
# and fail as it fails. In ctest: do the same first, so that an edited configuration
# counts without a build; then choose the host and load the files of that host from
# the generation that <dir>/current.cmake points to. These are all that ctest reads;
# nothing here grows with the number of tests.
#
# Whatever goes wrong with one call becomes one failing test of that name, since an
# error here would keep ctest from running the project's other tests (3.25 to 4.4).
# Only a host that was asked for by name and exists nowhere is such an error.
#
# Tests of all calls share the queues of a host, so what those of one take beside their
# own follows from all calls: <root>/resources.cmake. Hence the first call that is loaded
# has the others of the tree generate, too, who then need not do it again, and includes
# that file as it is then for all of them. It names the specification that goes with it,
# which ctest reads after all scripts: somebody else may have generated until then.
#
# ctest runs this without any policy set, and without CMAKE_COMMAND and the like.
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestHost.cmake")

set(kvmtest_host_hint "hint: KVMTEST_HOST=<host> chooses one, KVMTEST_HOST='*' all of them")

# One test that prints <text> and exits with <status>; 77 makes it a skipped one.
function(_kvmtest_add_message_test test status text)
  add_test("${test}" /bin/sh -c [[printf '%s\n' "$1"; exit "$2"]] sh "${text}" "${status}")
  set_tests_properties("${test}" PROPERTIES LABELS "${ARGN}" SKIP_RETURN_CODE 77)
endfunction()

# Sets <out> to the test sets as far as they are known: from the last generation and
# from the call's TEST_SETS.
function(_kvmtest_known_sets out)
  include("${kvmtest_dir}/current.cmake" OPTIONAL)
  set(${out} ${KVMTEST_SETS} ${kvmtest_sets} PARENT_SCOPE)
endfunction()

# Sets <out> to the labels by which somebody may ask for this call's tests.
function(_kvmtest_labels out)
  _kvmtest_known_sets(sets)
  set(labels ${sets} ${kvmtest_labels})
  list(REMOVE_DUPLICATES labels)
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

# The failing test that stands for the call's tests while they cannot be made. Without
# a label for each set `ctest -L <set>` passes it by, which at least is said.
function(_kvmtest_add_not_built text)
  _kvmtest_labels(labels)
  _kvmtest_add_message_test("${kvmtest_name}_NOT_BUILT" 1 "FAIL not-built: ${text}" ${labels})
  _kvmtest_known_sets(sets)
  if("${sets}" STREQUAL "")
    message(NOTICE "kvmtest: the test sets of '${kvmtest_name}' are not known yet, so that "
      "ctest -L <set> selects none of its tests, nor ${kvmtest_name}_NOT_BUILT, which tells why")
  endif()
endfunction()

# Sets <out> to ON, and adds a failing test, if a program is missing.
function(_kvmtest_check_built out)
  set(${out} OFF PARENT_SCOPE)
  foreach(program IN ITEMS "${kvmtest_generator}" "${kvmtest_runner}")
    if(NOT EXISTS "${program}")
      _kvmtest_add_not_built("there is no program ${program} yet
hint: build the project first (cmake --build <build directory>), then run ctest again")
      set(${out} ON PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Has the call's tests made anew if an input has changed, once while ctest loads, and
# sets kvmtest_result to the generator's exit status and kvmtest_output to its output.
# kvmtest_pointer is the text of the call's current.cmake then, whatever becomes of it until
# the call is loaded. Warnings of a generation just made are shown, by ctest on standard error.
function(_kvmtest_refresh)
  get_property(kvmtest_result GLOBAL PROPERTY "KVMTEST_RESULT_${kvmtest_dir}")
  get_property(kvmtest_output GLOBAL PROPERTY "KVMTEST_OUTPUT_${kvmtest_dir}")
  get_property(kvmtest_pointer GLOBAL PROPERTY "KVMTEST_POINTER_${kvmtest_dir}")
  if("${kvmtest_result}" STREQUAL "")
    set(kvmtest_capture OUTPUT_VARIABLE output ERROR_VARIABLE output)
    kvmtest_generate(--hold-for-parent)
    set_property(GLOBAL PROPERTY "KVMTEST_RESULT_${kvmtest_dir}" "${kvmtest_result}")
    set_property(GLOBAL PROPERTY "KVMTEST_OUTPUT_${kvmtest_dir}" "${kvmtest_output}")
    set(kvmtest_pointer "")
    if(kvmtest_result STREQUAL "0")
      file(READ "${kvmtest_dir}/current.cmake" kvmtest_pointer)
    endif()
    set_property(GLOBAL PROPERTY "KVMTEST_POINTER_${kvmtest_dir}" "${kvmtest_pointer}")
    if(kvmtest_result STREQUAL "0" AND NOT kvmtest_output STREQUAL "")
      string(STRIP "${kvmtest_output}" warnings)
      message(NOTICE "${warnings}")
    endif()
  endif()
  return(PROPAGATE kvmtest_result kvmtest_output kvmtest_pointer)
endfunction()

# Has the tests of all calls of the tree made anew where an input has changed. After it
# kvmtest_generate() is that of another call.
function(_kvmtest_refresh_all)
  _kvmtest_call_scripts(scripts)
  set(kvmtest_refresh_only ON)
  foreach(script IN LISTS scripts)
    include("${script}" OPTIONAL)
  endforeach()
endfunction()

# Sets <out> to the scripts of all calls of the tree, those of this configuration.
function(_kvmtest_call_scripts out)
  # Empty, or /<configuration> in a multi-config tree.
  string(REPLACE "${kvmtest_root}/${kvmtest_name}" "" configuration "${kvmtest_dir}")
  file(STRINGS "${kvmtest_root}/calls.txt" calls ENCODING UTF-8)
  list(TRANSFORM calls REPLACE "/.*" "")
  list(REMOVE_DUPLICATES calls)
  list(TRANSFORM calls PREPEND "${kvmtest_root}/")
  list(TRANSFORM calls APPEND "${configuration}/call.cmake")
  set(${out} "${calls}" PARENT_SCOPE)
endfunction()

# The generator failed: its own failing test where it could write one, else ours. It
# lacks the labels of sets that are not known, hence the line on standard error.
function(_kvmtest_add_failure)
  message(NOTICE "kvmtest: the tests of '${kvmtest_name}' were not generated; the test "
    "${kvmtest_name}.generate tells why")
  if(kvmtest_result STREQUAL "1" AND EXISTS "${kvmtest_dir}/failed.cmake")
    include("${kvmtest_dir}/failed.cmake")
    return()
  endif()
  set(hint "")
  if(kvmtest_output MATCHES "shared libraries")
    set(hint "hint: ldd ${kvmtest_generator} tells what is missing; on Debian 12: apt-get install libfmt9 libre2-9")
  endif()
  _kvmtest_labels(labels)
  _kvmtest_add_message_test("${kvmtest_name}.generate" 1
    "FAIL generate: kvmtest-generate ended with '${kvmtest_result}'
the call: ${kvmtest_dir}/call.cmake
its output:
${kvmtest_output}${hint}"
    ${labels})
endfunction()

# Stops ctest if no call of the build tree has the <kind> (HOST or SET) that was asked for
# by name. A call whose tests cannot be made may have it; its own failing test tells what
# is wrong.
function(_kvmtest_check_asked kind words asked hint)
  get_property(done GLOBAL PROPERTY "KVMTEST_${kind}_CHECKED_${kvmtest_root}_${asked}")
  if(done)
    return()
  endif()
  set_property(GLOBAL PROPERTY "KVMTEST_${kind}_CHECKED_${kvmtest_root}_${asked}" ON)
  _kvmtest_call_scripts(scripts)
  set(kvmtest_refresh_only ON)
  set(known "")
  foreach(script IN LISTS scripts)
    set(kvmtest_result "")
    include("${script}" OPTIONAL)
    if(NOT kvmtest_result STREQUAL "0")
      return()
    endif()
    include("${kvmtest_dir}/current.cmake")
    if("${asked}" IN_LIST KVMTEST_${kind}S)
      return()
    endif()
    if(NOT "${KVMTEST_${kind}S}" STREQUAL "")
      list(JOIN KVMTEST_${kind}S ", " names)
      string(APPEND known " the ${words}s of '${kvmtest_name}': ${names}\n")
    endif()
  endforeach()
  message(FATAL_ERROR " KVMTEST_${kind}${ARGN}: no ${words} named '${asked}'\n${known} ${hint}")
endfunction()

# Sets <out> to the directories of <dirs> that ctest is to load: as they are, or those of
# the sets of KVMTEST_SETS in them.
function(_kvmtest_choose_sets out dirs)
  if("$ENV{KVMTEST_SETS}" STREQUAL "")
    set(${out} "${dirs}" PARENT_SCOPE)
    return()
  endif()
  string(REGEX MATCHALL "[^;, ]+" asked "$ENV{KVMTEST_SETS}")
  foreach(name IN LISTS asked)
    if(NOT name IN_LIST KVMTEST_SETS)
      _kvmtest_check_asked(SET "test set" "${name}"
        "hint: KVMTEST_SETS=<set>,<set>,... names those that ctest is to load" S)
    endif()
  endforeach()
  set(chosen "")
  foreach(dir IN LISTS dirs)
    foreach(name set_dir IN ZIP_LISTS KVMTEST_SETS KVMTEST_SET_DIRS)
      if(name IN_LIST asked AND EXISTS "${dir}/sets/${set_dir}")
        list(APPEND chosen "${dir}/sets/${set_dir}")
      endif()
    endforeach()
  endforeach()
  set(${out} "${chosen}" PARENT_SCOPE)
endfunction()

# Sets <out> to the names of the tests in these directories of hosts or of sets.
function(_kvmtest_test_list out)
  set(kvmtest_test_list "")
  foreach(dir IN LISTS ARGN)
    file(GLOB lists "${dir}/test_list.cmake" "${dir}/sets/*/test_list.cmake")
    foreach(list IN LISTS lists)
      include("${list}")
    endforeach()
  endforeach()
  set(${out} "${kvmtest_test_list}" PARENT_SCOPE)
endfunction()

# No host of the configuration is meant.
function(_kvmtest_add_no_host)
  list(JOIN KVMTEST_HOSTS ", " hosts)
  list(JOIN ARGN "' or '" names)
  if(NOT "$ENV{KVMTEST_HOST}" STREQUAL "")
    _kvmtest_check_asked(HOST "host" "$ENV{KVMTEST_HOST}" "${kvmtest_host_hint}")
  endif()
  set(text "the configuration names no host '${names}', but ${hosts}\n${kvmtest_host_hint}")
  if(kvmtest_no_host STREQUAL "error")
    _kvmtest_add_message_test("${kvmtest_name}.no_host" 1 "FAIL no-host: ${text}"
      ${KVMTEST_SETS} ${kvmtest_labels})
  elseif(NOT kvmtest_no_host STREQUAL "ignore")
    _kvmtest_add_message_test("${kvmtest_name}.no_host" 77 "SKIP no-host: ${text}"
      ${KVMTEST_SETS} ${kvmtest_labels})
  endif()
endfunction()

# Sets <out> to whether another process has made calls anew since they were looked at here,
# and forgets these.
function(_kvmtest_forget_overtaken out)
  set(${out} OFF PARENT_SCOPE)
  _kvmtest_call_scripts(scripts)
  foreach(script IN LISTS scripts)
    cmake_path(GET script PARENT_PATH dir)
    get_property(pointer GLOBAL PROPERTY "KVMTEST_POINTER_${dir}")
    if("${pointer}" STREQUAL "")
      continue()
    endif()
    file(READ "${dir}/current.cmake" now)
    if(NOT now STREQUAL pointer)
      set_property(GLOBAL PROPERTY "KVMTEST_RESULT_${dir}" "")
      set(${out} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Sets <out> to the text of <root>/resources.cmake, which goes with the tests that are there:
# whoever generates writes it before their pointer, so it is read until they are the same
# before and after.
function(_kvmtest_read_resources out)
  foreach(attempt RANGE 20)
    _kvmtest_refresh_all()
    set(resources "")
    if(EXISTS "${kvmtest_root}/resources.cmake")
      file(READ "${kvmtest_root}/resources.cmake" resources)
    endif()
    _kvmtest_forget_overtaken(overtaken)
    if(NOT overtaken)
      break()
    endif()
  endforeach()
  set(${out} "${resources}" PARENT_SCOPE)
endfunction()

# Sets the variables of <root>/resources.cmake, to what they were when the first call asked.
# Without it what the project says for itself counts.
macro(_kvmtest_set_resources)
  get_property(resources GLOBAL PROPERTY "KVMTEST_RESOURCES_${kvmtest_root}")
  if("${resources}" STREQUAL "")
    if(NOT missing)
      _kvmtest_refresh()
      _kvmtest_read_resources(resources)
    elseif(EXISTS "${kvmtest_root}/resources.cmake")
      file(READ "${kvmtest_root}/resources.cmake" resources)
    endif()
    set_property(GLOBAL PROPERTY "KVMTEST_RESOURCES_${kvmtest_root}" "${resources}")
  endif()
  set(KVMTEST_RESOURCE_SPEC "${kvmtest_project_spec}")
  cmake_language(EVAL CODE "${resources}")
endmacro()

# Says once what a specification of the project has that the tree's lacks: its tests would not
# run, or on fewer devices.
function(_kvmtest_check_specification path)
  get_property(merged GLOBAL PROPERTY KVMTEST_RESOURCE_SPEC)
  get_property(checked GLOBAL PROPERTY "KVMTEST_CHECKED_SPEC_${path}")
  if(path STREQUAL "" OR path STREQUAL merged OR checked OR NOT EXISTS "${path}" OR NOT EXISTS "${merged}")
    return()
  endif()
  set_property(GLOBAL PROPERTY "KVMTEST_CHECKED_SPEC_${path}" ON)
  file(READ "${path}" text)
  file(READ "${merged}" known)
  string(JSON count ERROR_VARIABLE error LENGTH "${text}" local 0)
  set(lacking "")
  set(i 0)
  while(NOT error AND i LESS count)
    string(JSON type ERROR_VARIABLE error MEMBER "${text}" local 0 ${i})
    string(JSON wanted ERROR_VARIABLE error LENGTH "${text}" local 0 "${type}")
    string(JSON found ERROR_VARIABLE missing LENGTH "${known}" local 0 "${type}")
    if(NOT error AND (missing OR found LESS wanted))
      list(APPEND lacking "${type}")
    endif()
    math(EXPR i "${i} + 1")
  endwhile()
  if(NOT lacking STREQUAL "")
    list(JOIN lacking "', '" lacking)
    message(NOTICE "kvmtest: the resource specification ${path} of the project is not merged "
      "into that of the whole tree, which lacks its '${lacking}': tests that need them do not run\n"
      "hint: kvm_discover_tests(... RESOURCE_SPEC <file>) names the file that is merged, "
      "the only one that ctest takes beside the queues")
  endif()
endfunction()

# What ctest calls whenever somebody sets or reads CTEST_RESOURCE_SPEC_FILE, from the first call
# that is loaded on: it stays what kvmtest has set. ctest reads it itself, last of all.
function(_kvmtest_keep_specification variable access value)
  get_property(merged GLOBAL PROPERTY KVMTEST_RESOURCE_SPEC)
  if(NOT value STREQUAL merged)
    set(${variable} "${merged}" PARENT_SCOPE)
    _kvmtest_check_specification("${value}")
  endif()
endfunction()

# Has <path> be the specification of the whole tree. The last one set counts, and CMake writes the
# project's own into the file of each directory that has the variable, also of those that are
# loaded later. CTest (3.25) runs no deferred commands, but it does watch variables.
macro(_kvmtest_use_specification path)
  set_property(GLOBAL PROPERTY KVMTEST_RESOURCE_SPEC "${path}")
  _kvmtest_check_specification("${CTEST_RESOURCE_SPEC_FILE}")
  set(CTEST_RESOURCE_SPEC_FILE "${path}" PARENT_SCOPE)
  get_property(watched GLOBAL PROPERTY KVMTEST_WATCHES_SPEC)
  if(NOT watched)
    set_property(GLOBAL PROPERTY KVMTEST_WATCHES_SPEC ON)
    variable_watch(CTEST_RESOURCE_SPEC_FILE _kvmtest_keep_specification)
  endif()
endmacro()

function(_kvmtest_load)
  _kvmtest_check_built(missing)
  _kvmtest_set_resources()
  # Also for the project's own tests, hence whether or not there are any of ours.
  if(NOT "${KVMTEST_RESOURCE_SPEC}" STREQUAL "")
    _kvmtest_use_specification("${KVMTEST_RESOURCE_SPEC}")
  endif()
  if(missing)
    return()
  endif()
  # As it was then.
  get_property(kvmtest_result GLOBAL PROPERTY "KVMTEST_RESULT_${kvmtest_dir}")
  get_property(kvmtest_output GLOBAL PROPERTY "KVMTEST_OUTPUT_${kvmtest_dir}")
  get_property(kvmtest_pointer GLOBAL PROPERTY "KVMTEST_POINTER_${kvmtest_dir}")
  if(NOT kvmtest_result STREQUAL "0")
    _kvmtest_add_failure()
    return()
  endif()
  cmake_language(EVAL CODE "${kvmtest_pointer}")
  _kvmtest_choose_host(dirs names)
  if("${dirs}" STREQUAL "")
    _kvmtest_add_no_host(${names})
    return()
  endif()
  list(TRANSFORM dirs PREPEND "${KVMTEST_GENERATION}/")
  _kvmtest_choose_sets(dirs "${dirs}")
  if(NOT "${kvmtest_test_list_variable}" STREQUAL "")
    _kvmtest_test_list(tests ${dirs})
    set(${kvmtest_test_list_variable} "${tests}" PARENT_SCOPE)
  endif()
  if(NOT "${dirs}" STREQUAL "")
    subdirs(${dirs})
  endif()
endfunction()

if(DEFINED CMAKE_SCRIPT_MODE_FILE)
  set(kvmtest_capture "")
  kvmtest_generate()
  if(NOT kvmtest_result STREQUAL "0")
    message(FATAL_ERROR " kvmtest: the tests of '${kvmtest_name}' were not generated "
      "(kvmtest-generate ended with '${kvmtest_result}')")
  endif()
elseif(DEFINED kvmtest_configurations)
  list(JOIN kvmtest_configurations ", " configurations)
  _kvmtest_add_not_built("this build tree has several configurations
hint: run ctest -C <configuration>, one of ${configurations}")
elseif(kvmtest_refresh_only)
  _kvmtest_refresh()
else()
  _kvmtest_load()
endif()
unset(kvmtest_configurations)
