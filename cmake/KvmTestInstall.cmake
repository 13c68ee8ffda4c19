# kvm_install_tests(), documented at the head of KvmTest.cmake.
#
# What is installed is no generation but what one is made of: the configuration with all that it
# includes, each call's script, both programs. Descriptions hold absolute paths, of the runner and
# of locks, state and results; the tests of a configuration without hosts depend on the cores of
# the machine; and a configuration may be edited where it was installed. So ctest makes the tests
# where they are to run, as it does in a build tree, whenever the place or an input has changed.
#
#   <destination>/CTestTestfile.cmake   what ctest looks for
#   <destination>/kvm-ctest             for where nothing can be written
#   <destination>/kvm-rerun             runs again what failed
#   <destination>/bin                   kvmtest-generate, kvmtest-run
#   <destination>/cmake                 load.cmake, KvmTestInstalled.cmake, KvmTestIndex.cmake, KvmTestHost.cmake
#   <destination>/tests/<name>          call.cmake.in, config/, costs.txt, resources.json
#   <destination>/files                 FILES
#
# call.cmake.in names places by @KVMTEST_PREFIX@, @KVMTEST_HERE@ (the destination) and
# @KVMTEST_WORK_DIR@, for which KvmTestInstalled.cmake puts what they are by then. The place of the
# configuration, @KVMTEST_CONFIG@, is known when it is installed.

function(_kvmtest_install_error reason)
  message(FATAL_ERROR
    " kvm_install_tests(): ${reason}\n"
    " usage:\n"
    "   kvm_install_tests(<name>... DESTINATION <dir> [COMPONENT <component>]\n"
    "     [PARAMS [<name>:]<key>=<value>...] [FILES [<place>=]<file>...])")
endfunction()

function(_kvmtest_check_destination destination)
  if(destination STREQUAL "")
    _kvmtest_install_error("DESTINATION is missing: which directory of the installation?")
  elseif(IS_ABSOLUTE "${destination}" OR destination MATCHES "^(\\.\\.?)?$|^\\.\\./|\\$<|[;\\]")
    _kvmtest_install_error(
      "DESTINATION is '${destination}', not a directory below the install prefix, relative to it")
  endif()
  get_property(place GLOBAL PROPERTY "KVMTEST_INSTALLED_${destination}")
  if(place)
    _kvmtest_install_error("the DESTINATION '${destination}' is taken by another call, in \
${place}; name all tests that share one in the same call")
  endif()
  set_property(GLOBAL PROPERTY "KVMTEST_INSTALLED_${destination}" "${CMAKE_CURRENT_LIST_FILE}")
endfunction()

function(_kvmtest_check_installed_names)
  if("${ARGN}" STREQUAL "")
    _kvmtest_install_error("the name of a kvm_discover_tests() call is missing")
  endif()
  foreach(name IN LISTS ARGN)
    get_property(place GLOBAL PROPERTY "KVMTEST_CALL_${name}")
    if(NOT place)
      _kvmtest_install_error("there is no kvm_discover_tests(${name}) before it")
    endif()
  endforeach()
endfunction()

# Appends a param to <out>_<name>, options of the generator, of each of the calls that it is for.
# $<INSTALL_PREFIX> is where the installation is when its tests run.
function(_kvmtest_append_installed_param out param)
  set(names "${ARGN}")
  if(param MATCHES "^([^:=$]+):(.*)$")
    set(names "${CMAKE_MATCH_1}")
    set(param "${CMAKE_MATCH_2}")
    if(NOT names IN_LIST ARGN)
      _kvmtest_install_error("PARAMS: '${names}:${param}' is for '${names}', which is none of the calls")
    endif()
  endif()
  if(NOT param MATCHES "^[A-Za-z0-9_.-]+=")
    _kvmtest_install_error("PARAMS: '${param}' is not <key>=<value>")
  endif()
  string(REPLACE "$<INSTALL_PREFIX>" "@KVMTEST_PREFIX@" param "${param}")
  _kvmtest_quote(word "--set-param=${param}")
  foreach(name IN LISTS names)
    set(${out}_${name} "${${out}_${name}}\n      ${word}" PARENT_SCOPE)
  endforeach()
endfunction()

# A state directory outside of the project was chosen to be shared, so it is by the installation.
function(_kvmtest_installed_state_dir out directory)
  cmake_path(IS_PREFIX CMAKE_BINARY_DIR "${directory}" NORMALIZE in_build)
  cmake_path(IS_PREFIX CMAKE_SOURCE_DIR "${directory}" NORMALIZE in_sources)
  if(directory STREQUAL "" OR in_build OR in_sources)
    set(directory "@KVMTEST_WORK_DIR@/kvmtest/state")
  endif()
  set(${out} "${directory}" PARENT_SCOPE)
endfunction()

# Appends to <out> the line by which the script of the installation (KvmTestInstallConfig.cmake) gets
# to know files: FILE, PROGRAM or SAME (a program if it is one), their place below the destination (a
# directory if it ends with '/'), the files themselves, which may be generator expressions.
function(_kvmtest_append_installed_file out type place file)
  _kvmtest_quote(place "${place}")
  _kvmtest_quote(file "${file}")
  set(${out} "${${out}}kvmtest_file(${type} ${place} ${file})\n" PARENT_SCOPE)
endfunction()

# Of FILES: <file>, or <place>=<file> with an absolute one.
function(_kvmtest_append_files_of_user out word)
  set(place "")
  set(file "${word}")
  if(word MATCHES "^([A-Za-z0-9_.+-][A-Za-z0-9_.+/-]*)=(/.*|\\$<.*)$")
    set(place "${CMAKE_MATCH_1}")
    set(file "${CMAKE_MATCH_2}")
    if("/${place}/" MATCHES "/\\.\\.?/")
      _kvmtest_install_error("FILES: the place '${place}' of ${file} is not one below <dir>/files")
    endif()
  endif()
  if(NOT "${place}" MATCHES "[^/]$")
    string(REGEX REPLACE "(.)/*$" "\\1/" place "${place}")
  endif()
  _kvmtest_absolute(file "${file}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(IS_DIRECTORY "${file}")
    _kvmtest_install_error("FILES: '${file}' is a directory, not a file\n \
hint: install(DIRECTORY ... USE_SOURCE_PERMISSIONS) puts one in place")
  endif()
  set(text "")
  _kvmtest_append_installed_file(text SAME "files/${place}" "${file}")
  set(${out} "${${out}}${text}" PARENT_SCOPE)
endfunction()

# Sets <out> to the script of an installed call, and appends to <files_out> the lines for what goes
# with it.
function(_kvmtest_installed_call out files_out name params)
  foreach(field IN ITEMS config options strings labels sets costs project_spec state_dir
      no_host test_list)
    get_property(call_${field} GLOBAL PROPERTY "KVMTEST_${field}_OF_${name}")
  endforeach()
  set(lines "${${files_out}}")
  if(NOT call_costs STREQUAL "")
    _kvmtest_append_installed_file(lines FILE "tests/${name}/costs.txt" "${call_costs}")
    set(call_costs "@KVMTEST_HERE@/tests/${name}/costs.txt")
  endif()
  if(NOT call_project_spec STREQUAL "")
    _kvmtest_append_installed_file(lines FILE "tests/${name}/resources.json" "${call_project_spec}")
    set(call_project_spec "@KVMTEST_HERE@/tests/${name}/resources.json")
  endif()
  set(${files_out} "${lines}" PARENT_SCOPE)
  _kvmtest_installed_state_dir(call_state_dir "${call_state_dir}")
  string(APPEND call_options "${params}")
  set(call_name "${name}")
  set(call_root "@KVMTEST_WORK_DIR@/kvmtest")
  set(call_dir "@KVMTEST_WORK_DIR@/kvmtest/${name}")
  set(call_config "@KVMTEST_HERE@/tests/${name}/config/@KVMTEST_CONFIG@")
  set(call_index "@KVMTEST_HERE@/cmake/KvmTestIndex.cmake")
  set(call_generator "@KVMTEST_HERE@/bin/kvmtest-generate")
  set(call_runner "@KVMTEST_HERE@/bin/kvmtest-run")
  set(call_writer "ctest for @KVMTEST_HERE@")
  _kvmtest_call_text(text)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Writes the script of the installation, with the lines for the files in <files>, and has
# `cmake --install` include it. In <dir>, in a multi-config tree for each configuration, are also the
# scripts of the calls <name>...
function(_kvmtest_add_install_script dir destination component files)
  set(root "${dir}")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  set(configuration "")
  if(multi_config)
    string(APPEND dir "/$<CONFIG>")
    set(configuration "/\${CMAKE_INSTALL_CONFIG_NAME}")
  endif()
  set(text "# Written by kvm_install_tests() in ${CMAKE_CURRENT_LIST_FILE}\n")
  set(source_dir "${CMAKE_SOURCE_DIR}")
  set(binary_dir "${CMAKE_BINARY_DIR}")
  foreach(variable IN ITEMS destination source_dir binary_dir)
    _kvmtest_quote(value "${${variable}}")
    string(APPEND text "set(kvmtest_${variable} ${value})\n")
  endforeach()
  string(APPEND text "set(kvmtest_names ${ARGN})\n")
  foreach(name IN LISTS ARGN)
    get_property(config GLOBAL PROPERTY "KVMTEST_config_OF_${name}")
    _kvmtest_quote(config "${config}")
    string(APPEND text "set(kvmtest_config_of_${name} ${config})\n")
    file(GENERATE OUTPUT "${dir}/${name}.cmake.in" CONTENT "${text_of_${name}}")
  endforeach()
  _kvmtest_quote(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestInstallConfig.cmake")
  string(APPEND text "set(kvmtest_files \"\")\ninclude(${script})\n${files}kvmtest_install()\n")
  file(GENERATE OUTPUT "${dir}/install.cmake" CONTENT "${text}")
  # Without generator expressions, which a project's policies may keep from being any (CMP0087).
  _kvmtest_quote(root "${root}")
  install(CODE "set(kvmtest_install_dir ${root})
include(\"\${kvmtest_install_dir}${configuration}/install.cmake\")" ${component})
endfunction()

# What is installed is in `all`, whatever the calls' DISCOVERY_MODE.
function(_kvmtest_build_programs)
  foreach(program IN ITEMS KvmTest::generate KvmTest::run)
    get_target_property(built_here ${program} ALIASED_TARGET)
    if(built_here)
      if(NOT TARGET kvm_install_tests_programs)
        add_custom_target(kvm_install_tests_programs ALL)
      endif()
      add_dependencies(kvm_install_tests_programs ${built_here})
    endif()
  endforeach()
endfunction()

function(kvm_install_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "DESTINATION;COMPONENT" "PARAMS;FILES")
  if(DEFINED arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 word)
    _kvmtest_install_error("${word} has no value")
  endif()
  set(names ${arg_UNPARSED_ARGUMENTS})
  _kvmtest_check_installed_names(${names})
  set(destination "${arg_DESTINATION}")
  if(NOT destination STREQUAL "")
    cmake_path(NORMAL_PATH destination)
    string(REGEX REPLACE "/$" "" destination "${destination}")
  endif()
  _kvmtest_check_destination("${destination}")
  # From ARGV<n>, word by word, as kvm_discover_tests() does it.
  foreach(name IN LISTS names)
    set(params_${name} "")
  endforeach()
  set(files "")
  set(keyword "")
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE ${last})
    if("${ARGV${i}}" MATCHES "^(DESTINATION|COMPONENT|PARAMS|FILES)$")
      set(keyword "${ARGV${i}}")
    elseif(keyword STREQUAL "PARAMS" AND NOT "${ARGV${i}}" STREQUAL "")
      _kvmtest_append_installed_param(params "${ARGV${i}}" ${names})
    elseif(keyword STREQUAL "FILES" AND NOT "${ARGV${i}}" STREQUAL "")
      _kvmtest_append_files_of_user(files "${ARGV${i}}")
    endif()
  endforeach()
  set(component "")
  if(NOT "${arg_COMPONENT}" STREQUAL "")
    set(component COMPONENT "${arg_COMPONENT}")
  endif()

  _kvmtest_build_programs()
  set(module "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  string(REGEX REPLACE "[^/]+" ".." installed_up "${destination}")
  set(installed_names "${names}")
  string(MAKE_C_IDENTIFIER "${destination}" place)
  string(MD5 digest "${destination}")
  string(SUBSTRING "${digest}" 0 8 digest)
  set(scripts "${CMAKE_BINARY_DIR}/kvmtest/cmake/install-${place}-${digest}")
  configure_file("${module}/KvmTestLoad.cmake.in" "${scripts}/load.cmake" @ONLY)
  _kvmtest_write("${scripts}/CTestTestfile.cmake"
    "# Written by kvm_install_tests().\ninclude(cmake/load.cmake)\n")
  _kvmtest_append_installed_file(files PROGRAM bin/kvmtest-generate "$<TARGET_FILE:KvmTest::generate>")
  _kvmtest_append_installed_file(files PROGRAM bin/kvmtest-run "$<TARGET_FILE:KvmTest::run>")
  _kvmtest_append_installed_file(files PROGRAM kvm-ctest "${module}/kvm-ctest")
  _kvmtest_append_installed_file(files PROGRAM kvm-rerun "${module}/kvm-rerun")
  foreach(script IN ITEMS KvmTestIndex KvmTestHost KvmTestInstalled)
    _kvmtest_append_installed_file(files FILE cmake/ "${module}/${script}.cmake")
  endforeach()
  _kvmtest_append_installed_file(files FILE cmake/ "${scripts}/load.cmake")
  _kvmtest_append_installed_file(files FILE CTestTestfile.cmake "${scripts}/CTestTestfile.cmake")
  foreach(name IN LISTS names)
    _kvmtest_installed_call(text_of_${name} files "${name}" "${params_${name}}")
  endforeach()
  _kvmtest_add_install_script("${scripts}" "${destination}" "${component}" "${files}" ${names})
endfunction()
