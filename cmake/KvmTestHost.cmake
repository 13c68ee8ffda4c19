# Which host of a configuration is meant, and how many tests it runs at once: for the index that ctest
# loads, the dashboard script and the targets of test sets. All have included the current.cmake
# of a call before.

# Sets <out> to the names by which the configuration may call this machine.
function(_kvmtest_machine_names out)
  cmake_host_system_information(RESULT full QUERY HOSTNAME)
  string(REGEX REPLACE "[.].*" "" short "${full}")
  set(names "${short}" "${full}")
  if("${KVMTEST_HOSTS}" MATCHES "[.]")
    # Asks the resolver, which may take its time.
    cmake_host_system_information(RESULT domain_name QUERY FQDN)
    list(APPEND names "${domain_name}")
  endif()
  list(REMOVE_DUPLICATES names)
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

# Sets <out> to the directories, inside the generation, of the chosen host: that of
# KVMTEST_HOST or of this machine, else the one that any machine may be. Empty, and
# <asked> set to what was looked for, if there is none.
function(_kvmtest_choose_host out asked)
  set(${out} "" PARENT_SCOPE)
  if("$ENV{KVMTEST_HOST}" STREQUAL "*")
    set(${out} "${KVMTEST_ALL_HOSTS_DIRS}" PARENT_SCOPE)
    return()
  endif()
  if("$ENV{KVMTEST_HOST}" STREQUAL "")
    _kvmtest_machine_names(names)
  else()
    string(REPLACE ";" "\\;" names "$ENV{KVMTEST_HOST}")  # one name, which no host has
  endif()
  set(${asked} "${names}" PARENT_SCOPE)
  foreach(name IN LISTS names)
    list(FIND KVMTEST_HOSTS "${name}" index)
    if(index GREATER_EQUAL 0)
      list(GET KVMTEST_HOST_DIRS ${index} dir)
      set(${out} "${dir}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${out} "${KVMTEST_ANY_HOST}" PARENT_SCOPE)
endfunction()

# Sets <out>, unless it is ON already, to whether tests of these sets, or of all, of the call whose
# current.cmake has been included take processors. Unset KVMTEST_PROCESSORS before that.
function(_kvmtest_look_for_processors out)
  set(sets ${ARGN})
  if("${sets}" STREQUAL "")
    set(sets ${KVMTEST_SETS})
  endif()
  foreach(set IN LISTS sets)
    if(KVMTEST_PROCESSORS AND set IN_LIST KVMTEST_SETS)
      set(${out} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Sets <out> to how many tests ctest is to run at once: as many as the hosts (their directories in a
# generation) have queues in all calls of the tree, which is what the merged specification has of
# each; or, if tests that are meant take processors, which ctest counts against -j, as many as this
# machine has. At least 1.
function(_kvmtest_parallel_level out spec takes_processors)
  set(count 0)
  set(text "")
  if(EXISTS "${spec}")
    file(READ "${spec}" text)
  endif()
  foreach(host IN LISTS ARGN)
    string(JSON slots ERROR_VARIABLE missing GET "${text}" local 0 "kvmp__${host}" 0 slots)
    if(NOT missing)
      math(EXPR count "${count} + ${slots}")
    endif()
  endforeach()
  if(takes_processors AND NOT "$ENV{KVMTEST_HOST}" STREQUAL "*")
    cmake_host_system_information(RESULT count QUERY NUMBER_OF_LOGICAL_CORES)
  endif()
  if(count EQUAL 0)
    set(count 1)
  endif()
  set(${out} ${count} PARENT_SCOPE)
endfunction()
