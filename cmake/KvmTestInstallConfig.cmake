# What `cmake --install` does for a call of kvm_install_tests(). First, in a temporary directory: finds
# out which files each configuration is made of, by having tests made of it; has tests made of a copy
# of these files; and refuses what would not run elsewhere. Only then it installs, so a refused
# installation leaves the prefix as it was. It leaves the build tree alone, too, which may be
# somebody else's (sudo).
#
# The script that kvm_install_tests() wrote sets kvmtest_names, kvmtest_config_of_<name>,
# kvmtest_destination, kvmtest_source_dir and kvmtest_binary_dir, names the files that are installed
# as they are by kvmtest_file(), and calls kvmtest_install(). For each configuration it is run once
# more, by a shell to which the temporary directory belongs: a script of CMake cannot catch the
# signal that interrupts it (3.25).
cmake_policy(VERSION 3.25)

function(_kvmtest_refuse reason)
  message(FATAL_ERROR " kvm_install_tests(${kvmtest_name}): ${reason}")
endfunction()

# Sets <out> to PROGRAM for a file that can be executed, such as a test program, else to FILE.
function(_kvmtest_type out file)
  execute_process(COMMAND test -x "${file}" RESULT_VARIABLE result)
  set(${out} FILE PARENT_SCOPE)
  if(result STREQUAL "0")
    set(${out} PROGRAM PARENT_SCOPE)
  endif()
endfunction()

# Notes where files go to: kvmtest_files gets their places, properties what is to be there. It is what
# links point to, since they lead to places of this machine.
function(kvmtest_file type place files)
  list(JOIN kvmtest_names " " kvmtest_name)
  foreach(file IN LISTS files)
    set(to "${place}")
    if(to MATCHES "/$")
      cmake_path(GET file FILENAME last)
      string(APPEND to "${last}")
    endif()
    if(IS_DIRECTORY "${file}")
      _kvmtest_refuse("'${file}' is a directory, not a file")
    elseif(NOT EXISTS "${file}")
      _kvmtest_refuse("there is no file '${file}'")
    endif()
    file(REAL_PATH "${file}" real)
    set(installed_type ${type})
    if(type STREQUAL "SAME")
      _kvmtest_type(installed_type "${real}")
    endif()
    set(key "${kvmtest_destination}/${to}")
    get_property(other GLOBAL PROPERTY "KVMTEST_FROM_${key}")
    if(NOT "${other}" STREQUAL "" AND NOT other STREQUAL real)
      get_property(other GLOBAL PROPERTY "KVMTEST_NAMED_${key}")
      _kvmtest_refuse("two files would be ${key}:\n ${other}\n ${file}\n \
hint: FILES \"<name>=<file>\" installs a file as <name>, FILES \"<dir>/=<file>\" in <dir>")
    endif()
    set_property(GLOBAL PROPERTY "KVMTEST_FROM_${key}" "${real}")
    set_property(GLOBAL PROPERTY "KVMTEST_NAMED_${key}" "${file}")
    set_property(GLOBAL PROPERTY "KVMTEST_TYPE_${key}" ${installed_type})
    list(APPEND kvmtest_files "${to}")
  endforeach()
  list(REMOVE_DUPLICATES kvmtest_files)
  set(kvmtest_files "${kvmtest_files}" PARENT_SCOPE)
endfunction()

# Refuses files whose paths are no items of a list of CMake's: it ends at ';', but not behind a '['
# that is not closed.
function(_kvmtest_check_stamp stamp)
  file(READ "${stamp}" text)
  string(REGEX MATCHALL "\\[[^][\n]*\\]" closed "${text}")
  foreach(pair IN LISTS closed)
    string(REPLACE "${pair}" "" text "${text}")
  endforeach()
  if(text MATCHES "(^|\n)(file|young) [^/\n]*(/[^\n]*[][;][^\n]*)")
    _kvmtest_refuse("no path may hold ';' or a bracket without its other one: ${CMAKE_MATCH_3}")
  endif()
endfunction()

# Sets <out> to the files that the last generation was made from, but for what is not the
# configuration's.
function(_kvmtest_inputs out)
  set(dir "${kvmtest_work}/kvmtest/${kvmtest_name}")
  set(others /proc/self/exe "${kvmtest_work}/kvmtest/calls.txt" "${dir}/call.cmake"
    "${kvmtest_here}/tests/${kvmtest_name}/costs.txt"
    "${kvmtest_here}/tests/${kvmtest_name}/resources.json")
  _kvmtest_check_stamp("${dir}/stamp")
  file(STRINGS "${dir}/stamp" lines REGEX "^(file|young) " ENCODING UTF-8)
  set(files "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[a-z]+ [0-9]+ [0-9-]+ [0-9]+ [0-9-]+ [0-9a-f]+ " "" file "${line}")
    cmake_path(NORMAL_PATH file)
    if(NOT file IN_LIST others)
      list(APPEND files "${file}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES files)
  set(${out} "${files}" PARENT_SCOPE)
endfunction()

# Sets <out> to the directory that all these files are below of.
function(_kvmtest_common_dir out first)
  cmake_path(GET first PARENT_PATH common)
  foreach(file IN LISTS ARGN)
    cmake_path(IS_PREFIX common "${file}" NORMALIZE is_below)
    while(NOT is_below)
      cmake_path(GET common PARENT_PATH common)
      cmake_path(IS_PREFIX common "${file}" NORMALIZE is_below)
    endwhile()
  endforeach()
  set(${out} "${common}" PARENT_SCOPE)
endfunction()

# Has the tests made of a configuration, with the files of the installation else. Standard output
# is what _kvmtest_have_checked() reads. With a hint it is for the second time: warnings were told.
function(_kvmtest_make_tests text config hint)
  string(REPLACE "@KVMTEST_HERE@/tests/${kvmtest_name}/config/@KVMTEST_CONFIG@" "${config}"
    text "${text}")
  string(REPLACE "@KVMTEST_PREFIX@" "/INSTALL_PREFIX" text "${text}")
  string(REPLACE "@KVMTEST_HERE@" "${kvmtest_here}" text "${text}")
  string(REPLACE "@KVMTEST_WORK_DIR@" "${kvmtest_work}" text "${text}")
  file(REMOVE_RECURSE "${kvmtest_work}/kvmtest")
  file(WRITE "${kvmtest_work}/kvmtest/calls.txt" "${kvmtest_name}\n")
  set(script "${kvmtest_work}/kvmtest/${kvmtest_name}/call.cmake")
  file(WRITE "${script}" "${text}")
  set(told "")
  if(NOT hint STREQUAL "")
    set(told ERROR_VARIABLE errors)
  endif()
  execute_process(COMMAND /bin/sh -c [[exec "$@" >&2]] sh "${CMAKE_COMMAND}" -P "${script}"
    RESULT_VARIABLE result ${told})
  if(NOT result STREQUAL "0")
    message(NOTICE "${errors}")
    _kvmtest_refuse("no tests can be made of ${config}${hint}")
  endif()
endfunction()

# Lays out what is to be installed, as far as tests are made with it, and the configuration.
function(_kvmtest_stage common)
  foreach(to IN LISTS kvmtest_files)
    get_property(from GLOBAL PROPERTY "KVMTEST_FROM_${kvmtest_destination}/${to}")
    cmake_path(SET path "${kvmtest_here}/${to}")
    cmake_path(GET path PARENT_PATH dir)
    file(MAKE_DIRECTORY "${dir}")
    file(CREATE_LINK "${from}" "${path}" SYMBOLIC)
  endforeach()
  foreach(file IN LISTS ARGN)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${common}" OUTPUT_VARIABLE path)
    cmake_path(APPEND kvmtest_here "tests/${kvmtest_name}/config" "${path}" OUTPUT_VARIABLE path)
    cmake_path(GET path PARENT_PATH dir)
    file(MAKE_DIRECTORY "${dir}")
    file(COPY_FILE "${file}" "${path}")
  endforeach()
endfunction()

# A file that is not among those that are installed is one that another machine lacks.
function(_kvmtest_check_inputs)
  _kvmtest_inputs(files)
  foreach(file IN LISTS files)
    cmake_path(IS_PREFIX kvmtest_here "${file}" NORMALIZE is_installed)
    if(NOT is_installed)
      _kvmtest_refuse("the configuration includes ${file} by its absolute path\n \
hint: include it by a path relative to the file that includes it")
    endif()
  endforeach()
endfunction()

# What may stand before and behind a path so that it is another one: with the sources in /src,
# neither /opt/src/x nor http://host/src/x is there, nor /src2/x, but PATH=/src:/bin is, and -I/src.
set(kvmtest_path_begin "(^|[^A-Za-z0-9_.~@%+/-]|[^A-Za-z0-9_.~@%+/-]-[A-Za-z])")
set(kvmtest_path_end "($|[^A-Za-z0-9_.~@%+-])")

function(_kvmtest_escape_regex out text)
  string(REGEX REPLACE "([][+.*()^$?|\\\\])" "\\\\\\1" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Another machine has neither the sources nor the build tree. <what> says in which text they are
# named.
function(_kvmtest_check_text what text)
  string(REGEX REPLACE "://([^/])" ":@\\1" text "${text}")
  string(REGEX REPLACE "/(\\.?/)+" "/" text "${text}")
  _kvmtest_escape_regex(scratch "${kvmtest_scratch}")
  string(REGEX REPLACE "${scratch}${kvmtest_path_end}" "@\\1" text "${text}")
  set(dirs "${kvmtest_binary_dir}" "${kvmtest_source_dir}")
  foreach(dir IN ITEMS "${kvmtest_binary_dir}" "${kvmtest_source_dir}")
    file(REAL_PATH "${dir}" real)
    list(APPEND dirs "${real}")
  endforeach()
  list(REMOVE_DUPLICATES dirs)
  foreach(dir IN LISTS dirs)
    _kvmtest_escape_regex(pattern "${dir}")
    if(NOT text MATCHES "${kvmtest_path_begin}${pattern}${kvmtest_path_end}")
      continue()
    endif()
    string(FIND "${text}" "${CMAKE_MATCH_0}" place)
    string(LENGTH "${CMAKE_MATCH_1}" length)
    math(EXPR place "${place} + ${length}")
    string(SUBSTRING "${text}" 0 ${place} before)
    string(REGEX MATCH "\"([^\"]+)\":\"[^\"]*$" key "${before}")
    set(hint "what an installed test is started with is what kvm_discover_tests() says: name what the other \
machine has, too, such as a program by its name alone, found in the PATH")
    if(NOT key STREQUAL "")
      set(what "the param '${CMAKE_MATCH_1}'")
      set(hint "install it, by FILES or install(), and say where it is: \
PARAMS \"<key>=$<INSTALL_PREFIX>/${kvmtest_destination}/files/<file>\"")
    endif()
    string(LENGTH "${dir}" length)
    math(EXPR place "${place} + ${length}")
    string(SUBSTRING "${text}" ${place} -1 rest)
    string(REGEX REPLACE "[]\"\\; \n:,].*" "" rest "${rest}")
    _kvmtest_refuse("${what} names ${dir}${rest}, which another machine has not\n hint: ${hint}")
  endforeach()
endfunction()

function(_kvmtest_check_texts text)
  string(REGEX MATCHALL "\\[--launcher=[^\n]*" launcher "${text}")
  _kvmtest_check_text("LAUNCHER" "${launcher}")
  file(GLOB_RECURSE files "${kvmtest_work}/kvmtest/${kvmtest_name}/gen-*/tests.jsonl"
    "${kvmtest_work}/kvmtest/${kvmtest_name}/gen-*/CTestTestfile.cmake")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    _kvmtest_check_text("LAUNCHER, RUNNER_ARGS or PROPERTIES" "${text}")
  endforeach()
endfunction()

# The half that the shell runs for one call. Says which files the configuration is made of.
function(_kvmtest_check_call)
  set(kvmtest_here "${kvmtest_scratch}/here")
  set(kvmtest_work "${kvmtest_scratch}/work")
  cmake_path(SET config NORMALIZE "${kvmtest_config_of_${kvmtest_name}}")
  file(READ "${kvmtest_script_dir}/${kvmtest_name}.cmake.in" text)
  _kvmtest_stage("")
  _kvmtest_make_tests("${text}" "${config}" "")
  _kvmtest_inputs(files)
  _kvmtest_common_dir(common ${files})
  _kvmtest_stage("${common}" ${files})
  cmake_path(RELATIVE_PATH config BASE_DIRECTORY "${common}" OUTPUT_VARIABLE path)
  _kvmtest_make_tests("${text}" "${kvmtest_here}/tests/${kvmtest_name}/config/${path}" "\n \
hint: files are included by paths relative to the file that includes them")
  _kvmtest_check_inputs()
  _kvmtest_check_texts("${text}")
  list(JOIN files "\n" lines)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${lines}")
endfunction()

# Sets <out> to the files of a call's configuration, or stops what `cmake --install` does. An
# interrupted shell waits for what it runs before it cleans up.
function(_kvmtest_have_checked out)
  execute_process(COMMAND /bin/sh -c [[
scratch=
trap 'test -z "$scratch" || rm -rf "$scratch" || { sleep 1; rm -rf "$scratch"; }' EXIT
trap 'exit 1' HUP INT PIPE TERM
scratch=$(mktemp -d -t kvmtest-install.XXXXXX) || exit 1
"$1" -DKVMTEST_SCRATCH="$scratch" -DKVMTEST_CHECK="$3" -P "$2"]]
      sh "${CMAKE_COMMAND}" "${kvmtest_script_dir}/install.cmake" "${kvmtest_name}"
    RESULT_VARIABLE result OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT result STREQUAL "0")
    _kvmtest_refuse("nothing was installed into ${kvmtest_destination}, see above")
  endif()
  string(REPLACE "\n" ";" files "${output}")
  set(${out} "${files}" PARENT_SCOPE)
endfunction()

# Macros, since file(INSTALL) notes what it has installed in a variable of where it is called.
macro(_kvmtest_install_file from to type)
  cmake_path(SET kvmtest_to NORMALIZE "${CMAKE_INSTALL_PREFIX}/${kvmtest_destination}/${to}")
  cmake_path(GET kvmtest_to FILENAME kvmtest_last)
  cmake_path(GET kvmtest_to PARENT_PATH kvmtest_to)
  file(INSTALL "${from}" DESTINATION "${kvmtest_to}" TYPE ${type} RENAME "${kvmtest_last}")
endmacro()

# The files of a configuration, as they lie to each other for their includes, and its call's script.
macro(_kvmtest_install_call files)
  _kvmtest_common_dir(kvmtest_common ${files})
  file(REMOVE_RECURSE "${kvmtest_here}/tests/${kvmtest_name}/config")
  foreach(kvmtest_from IN ITEMS ${files})
    cmake_path(RELATIVE_PATH kvmtest_from BASE_DIRECTORY "${kvmtest_common}" OUTPUT_VARIABLE kvmtest_path)
    file(REAL_PATH "${kvmtest_from}" kvmtest_from)  # links are not followed otherwise
    _kvmtest_install_file("${kvmtest_from}" "tests/${kvmtest_name}/config/${kvmtest_path}" FILE)
  endforeach()
  cmake_path(SET kvmtest_config NORMALIZE "${kvmtest_config_of_${kvmtest_name}}")
  cmake_path(RELATIVE_PATH kvmtest_config BASE_DIRECTORY "${kvmtest_common}")
  file(READ "${kvmtest_script_dir}/${kvmtest_name}.cmake.in" kvmtest_text)
  string(REPLACE "@KVMTEST_CONFIG@" "${kvmtest_config}" kvmtest_text "${kvmtest_text}")
  set(kvmtest_to "tests/${kvmtest_name}/call.cmake.in")
  file(WRITE "${kvmtest_here}/${kvmtest_to}" "${kvmtest_text}")
  file(CHMOD "${kvmtest_here}/${kvmtest_to}"
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  cmake_path(SET kvmtest_path NORMALIZE "${CMAKE_INSTALL_PREFIX}/${kvmtest_destination}/${kvmtest_to}")
  cmake_path(ABSOLUTE_PATH kvmtest_path)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${kvmtest_path}")
endmacro()

macro(_kvmtest_install_all)
  foreach(kvmtest_name IN LISTS kvmtest_names)
    _kvmtest_have_checked(kvmtest_files_of_${kvmtest_name})
  endforeach()
  foreach(kvmtest_to IN LISTS kvmtest_files)
    get_property(kvmtest_from GLOBAL PROPERTY "KVMTEST_FROM_${kvmtest_destination}/${kvmtest_to}")
    get_property(kvmtest_type GLOBAL PROPERTY "KVMTEST_TYPE_${kvmtest_destination}/${kvmtest_to}")
    _kvmtest_install_file("${kvmtest_from}" "${kvmtest_to}" ${kvmtest_type})
  endforeach()
  cmake_path(SET kvmtest_here NORMALIZE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${kvmtest_destination}")
  cmake_path(ABSOLUTE_PATH kvmtest_here)
  foreach(kvmtest_name IN LISTS kvmtest_names)
    _kvmtest_install_call("${kvmtest_files_of_${kvmtest_name}}")
  endforeach()
endmacro()

macro(kvmtest_install)
  set(kvmtest_script_dir "${CMAKE_CURRENT_LIST_DIR}")
  if(DEFINED KVMTEST_CHECK)
    set(kvmtest_name "${KVMTEST_CHECK}")
    set(kvmtest_scratch "${KVMTEST_SCRATCH}")
    _kvmtest_check_call()
  else()
    _kvmtest_install_all()
  endif()
endmacro()
