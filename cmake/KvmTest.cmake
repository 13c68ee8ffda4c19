#[=======================================================================[.rst:
KvmTest
-------

Turns a KVM-Autotest (Cartesian) configuration into CTest tests that run on
real QEMU/KVM guests.  Loaded by ``find_package(KvmTest)``, or by
``add_subdirectory()`` of kvmtest's sources.

.. command:: kvm_discover_tests

  Defines the tests of one configuration file::

    kvm_discover_tests(<name>
      CONFIG <file>
      [STRINGS <text>...]
      [TEST_SETS <set>...]
      [QUEUES <n>]
      [DIALECT auto|2009|modern]
      [TEST_PREFIX <prefix>]
      [LABELS <label>...]
      [TIMEOUT <seconds>]
      [CHECK error|warn|off]
      [CHECK_IGNORE <code>...]
      [COSTS <file>]
      [PROCESSORS]
      [NO_HOST error|skip|ignore]
      [STATE_DIR <directory>]
      [RESOURCE_SPEC <file>]
      [RUNNER_ARGS <argument>...]
      [LAUNCHER <command> [<argument>...]]
    )

  ``<name>`` names this call: its directory ``<top binary dir>/kvmtest/<name>``,
  its build target ``kvmtest-<name>`` and, by default, the prefix of its tests.
  It is made of ``A-Z a-z 0-9 . _ + -`` and is unique in the build tree.

  The tests are made by ``kvmtest-generate``, first by the build and again
  whenever an input has changed, by the next build *or* by the next ``ctest``,
  which needs no build for it.  They depend on the machine: ``ctest`` loads those
  of the host that the environment variable ``KVMTEST_HOST`` names, else of this
  machine's own name; ``KVMTEST_HOST='*'`` loads those of all hosts.  A
  configuration that names no hosts runs on any machine.

  ``CONFIG <file>``
    The configuration; relative to the current source directory.  Files that it
    includes are found by the generator and are inputs, too.

  ``STRINGS <text>...``
    Texts parsed after the file, one by one, such as ``"only nightly"`` or
    ``"mem = 512"``.  Each is taken as it is: semicolons, brackets and line ends
    need no escaping beyond CMake's own quoting.

  ``TEST_SETS <set>...``
    The test sets to generate; all of the configuration's without it.  Each test
    carries its set's name as a label, so ``ctest -L '^nightly$'`` selects one.

  ``QUEUES <n>``
    How many tests may run at once on the implicit host of a configuration that
    names no hosts.

  ``DIALECT auto|2009|modern``
    The dialect of the configuration language; ``auto`` (the default) decides by
    what the files contain.

  ``TEST_PREFIX <prefix>``
    Put before each test's name; ``<name>.`` without it, may be empty.

  ``LABELS <label>...``
    Further labels of every test.

  ``TIMEOUT <seconds>``
    How long a test may take whose configuration does not set ``test_timeout``.

  ``CHECK error|warn|off``
    What becomes of slips in the plan, which run all the same: a test on two
    queues, a queue without tests, a required test that the set does not select.
    They are warnings by default.  With ``error`` the generation fails wherever
    ``kvmtest-generate check`` would, also of tests and queues that no set runs,
    which only a second look at the configuration shows.  With ``off`` nothing is
    said of slips.  Warnings of the language stay, and so does that of addresses
    left out of a range.

  ``CHECK_IGNORE <code>...``
    With ``CHECK error``, slips and warnings of these codes are neither told nor
    errors, like ``kvmtest-generate check --ignore``: ``CHECK_IGNORE idle-queue``.
    Codes of errors that leave no safe plan are refused.

  ``COSTS <file>``
    How long tests took, by which the planner places those of sets with
    ``assign = auto`` or ``pool``; relative to the current source directory.  It
    belongs to the configuration: the same on all hosts, and an input like it.

  ``PROCESSORS``
    ``ctest`` counts the CPUs of each test, ``used_cpus`` or else the ``smp`` of all
    its VMs, against its ``-j``, and so does the planner against the ``total_cpus``
    of a host.  ``-j`` then means cores, not queues.  For guests that keep their CPUs
    busy: ``ctest -j$(nproc)`` never has more of them at work than there are cores,
    the project's other tests counted in.  Without it a test counts as one, since
    most guests mostly wait.  ``kvmtest-generate plan`` needs ``--processors`` to
    show the same.

  ``NO_HOST error|skip|ignore``
    What ``ctest`` shows on a machine that the configuration does not name: one
    test ``<name>.no_host`` that fails or, by default, is skipped with the list of
    hosts; or nothing.

  ``STATE_DIR <directory>``
    Where queues keep their state and locks between tests; relative to the
    current binary directory.  By default it lies in ``<top binary dir>/kvmtest``
    and is shared by all calls of the build tree.  Build trees that share one
    also share its queues' locks.

  ``RESOURCE_SPEC <file>``
    The project's own resource specification (GPUs, say).  CTest takes only one,
    so kvmtest merges it into the one it writes.  Without it the variable
    ``CTEST_RESOURCE_SPEC_FILE`` as it stands at the call is taken.

  ``RUNNER_ARGS <argument>...``
    Further arguments for ``kvmtest-run``, for each test.

  ``LAUNCHER <command> [<argument>...]``
    Put before the runner's command line, such as ``sudo -n``.

  A keyword with an empty value is as if it were not given, but for ``TEST_PREFIX``,
  so ``CHECK "${MY_CHECK}"`` may be empty.  Keywords with one value may be given once.

  Paths and texts may hold generator expressions.  A complete call:

  .. code-block:: cmake

    find_package(KvmTest REQUIRED)
    enable_testing()
    kvm_discover_tests(guests
      CONFIG kvm_hosts.cfg
      STRINGS "kernel = $<TARGET_FILE:my_kernel>"
      TEST_SETS nightly weekly
      LABELS kvm
      TIMEOUT 900)

  Of two calls in one build tree, in whatever directories, the tests share the
  queues of a host: a queue runs one test at a time.

  When the configuration has an error, the build fails with
  ``file:line:column: error: ...``, and ``ctest`` shows one failing test
  ``<name>.generate`` with the same text; the project's other tests run.  While
  the two programs are not built yet, it is ``<name>_NOT_BUILT``, which carries
  the labels that are known by then: ``LABELS`` and ``TEST_SETS``.
#]=======================================================================]

include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# Sets <out> to a bracket argument that stands for exactly <text>, whatever it
# holds. CMake drops a line end right after the opening bracket, hence one more.
function(_kvmtest_quote out text)
  set(fence "==")
  while(text MATCHES "\\]${fence}(\\]|$)")
    string(APPEND fence "=")
  endwhile()
  if(text MATCHES "^\n")
    string(PREPEND text "\n")
  endif()
  set(${out} "[${fence}[${text}]${fence}]" PARENT_SCOPE)
endfunction()

# Stops with the reason and the way the command is called. Lines that begin with a
# space are those that CMake does not wrap.
function(_kvmtest_usage_error name reason)
  message(FATAL_ERROR
    " kvm_discover_tests(${name}): ${reason}\n"
    " usage:\n"
    "   kvm_discover_tests(<name> CONFIG <file> [STRINGS <text>...] [TEST_SETS <set>...]\n"
    "     [QUEUES <n>] [DIALECT auto|2009|modern] [TEST_PREFIX <prefix>] [LABELS <label>...]\n"
    "     [TIMEOUT <seconds>] [CHECK error|warn|off] [CHECK_IGNORE <code>...] [COSTS <file>]\n"
    "     [PROCESSORS] [NO_HOST error|skip|ignore] [STATE_DIR <directory>] [RESOURCE_SPEC <file>]\n"
    "     [RUNNER_ARGS <argument>...] [LAUNCHER <command>...])")
endfunction()

function(_kvmtest_check_choice name keyword value)
  if(NOT value STREQUAL "" AND NOT value IN_LIST ARGN)
    list(JOIN ARGN ", " choices)
    _kvmtest_usage_error("${name}" "${keyword} is '${value}', not one of ${choices}")
  endif()
endfunction()

function(_kvmtest_check_number name keyword value)
  if(NOT value STREQUAL "" AND NOT value MATCHES "^[1-9][0-9]*$")
    _kvmtest_usage_error("${name}" "${keyword} is '${value}', not a whole number above 0")
  endif()
endfunction()

# The codes of errors are the generator's, which may not be built yet.
function(_kvmtest_check_ignored name)
  set(fatal bad-assign bad-env bad-label bad-name bad-range bad-timeout dependency-cycle
    empty-config name-clash not-utf8 nothing-selected overlap range-redefined range-too-small
    range-twice shared-state unknown-dependency unknown-range unknown-set)
  foreach(code IN LISTS ARGN)
    if(code IN_LIST fatal)
      _kvmtest_usage_error("${name}"
        "CHECK_IGNORE: '${code}' is an error that leaves no safe plan; it cannot be ignored")
    endif()
  endforeach()
endfunction()

# Names become directories, target names and CTest names, so they are plain. The
# reserved ones are other things in <top binary dir>/kvmtest, which is also the
# binary directory of kvmtest's sources where a project has them in ./kvmtest.
function(_kvmtest_check_name name)
  if(NOT name MATCHES "^[A-Za-z0-9][A-Za-z0-9_.+-]*$")
    _kvmtest_usage_error("${name}"
      "the name '${name}' may hold letters, digits, '.', '_', '+' and '-', a letter or digit first")
  endif()
  set(reserved CMakeFiles bin calls.txt cmake examples generator locks resources.cmake
    resources.json results runner specs state tests)
  if(name IN_LIST reserved)
    _kvmtest_usage_error("${name}" "the name '${name}' is reserved")
  endif()
  get_property(place GLOBAL PROPERTY "KVMTEST_CALL_${name}")
  if(place)
    _kvmtest_usage_error("${name}"
      "the name '${name}' is taken by another call, in ${place}; each call of a build tree needs its own")
  endif()
  set_property(GLOBAL PROPERTY "KVMTEST_CALL_${name}" "${CMAKE_CURRENT_LIST_FILE}")
endfunction()

# Sets <out> to the absolute path; a generator expression at its begin is left alone.
function(_kvmtest_absolute out path base)
  if(NOT path STREQUAL "" AND NOT path MATCHES "^\\$<")
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${base}" NORMALIZE)
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

# A file must be there already unless the build makes it.
function(_kvmtest_check_file name keyword path)
  cmake_path(IS_PREFIX CMAKE_BINARY_DIR "${path}" NORMALIZE made_by_build)
  if(NOT EXISTS "${path}" AND NOT made_by_build AND NOT path MATCHES "\\$<")
    _kvmtest_usage_error("${name}" "there is no file '${path}' (${keyword})")
  endif()
endfunction()

# Runs at the end of the top directory, when all calls are known: the generator
# reads from calls.txt whose resources belong into the merged specification.
function(_kvmtest_finish)
  get_property(dirs GLOBAL PROPERTY KVMTEST_CALL_DIRS)
  list(JOIN dirs "\n" text)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/kvmtest/calls.txt" CONTENT "${text}\n" @ONLY)
  if(NOT CMAKE_TESTING_ENABLED AND (BUILD_TESTING OR NOT DEFINED BUILD_TESTING))
    message(WARNING
      "kvm_discover_tests: ctest will find no tests, since the top CMakeLists.txt calls "
      "neither enable_testing() nor include(CTest)")
  endif()
endfunction()

# The build's half: makes the tests anew when an input has changed and fails with
# the configuration's errors. It always runs, at some 20 ms where nothing has changed,
# rather than by a depfile: so one program says what "changed" means, for the build
# and for ctest, arguments and includes that were absent counted in.
function(_kvmtest_add_build_target name script)
  add_custom_target("kvmtest-${name}" ALL
    COMMAND "${CMAKE_COMMAND}" -P "${script}"
    COMMENT "kvmtest: tests of ${name}"
    VERBATIM)
  foreach(program IN ITEMS KvmTest::generate KvmTest::run)
    get_target_property(built_here ${program} ALIASED_TARGET)
    if(built_here)
      add_dependencies("kvmtest-${name}" ${built_here})
    endif()
  endforeach()
endfunction()

# Sets <out> to the text of a call's script: KvmTestCall.cmake.in with the call_*
# variables, everything that a user wrote in bracket arguments.
function(_kvmtest_call_text out)
  set(call_index "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestIndex.cmake")
  foreach(field IN ITEMS name root dir config no_host index)
    _kvmtest_quote(call_${field} "${call_${field}}")
  endforeach()
  file(READ "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestCall.cmake.in" text)
  string(CONFIGURE "${text}" text @ONLY)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Writes the script of a call, which ctest includes and the build runs, and sets
# <out> to its path as custom commands spell it. In a multi-config tree there is one
# per configuration, and one for ctest that follows `ctest -C`.
function(_kvmtest_write_call out name)
  set(call_name "${name}")
  set(call_root "${CMAKE_BINARY_DIR}/kvmtest")
  set(entry "${call_root}/${name}/call.cmake")
  set(dirs "${name}")
  set(call_dir "${call_root}/${name}")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    list(TRANSFORM CMAKE_CONFIGURATION_TYPES PREPEND "${name}/" OUTPUT_VARIABLE dirs)
    set(call_index "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestIndex.cmake")
    configure_file("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestMultiConfig.cmake.in" "${entry}" @ONLY)
    string(APPEND call_dir "/$<CONFIG>")
  endif()
  _kvmtest_call_text(text)
  file(GENERATE OUTPUT "${call_dir}/call.cmake" CONTENT "${text}")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${entry}")
  set_property(GLOBAL APPEND PROPERTY KVMTEST_CALL_DIRS ${dirs})
  set(${out} "${call_dir}/call.cmake" PARENT_SCOPE)
endfunction()

function(kvm_discover_tests name)
  set(single CONFIG QUEUES DIALECT TEST_PREFIX TIMEOUT CHECK COSTS NO_HOST STATE_DIR RESOURCE_SPEC)
  set(multi STRINGS TEST_SETS LABELS CHECK_IGNORE RUNNER_ARGS LAUNCHER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PROCESSORS" "${single}" "${multi}")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 word)
    _kvmtest_usage_error("${name}" "unknown argument '${word}'")
  endif()
  if(DEFINED arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 word)
    _kvmtest_usage_error("${name}" "${word} has no value")
  endif()
  if("${arg_CONFIG}" STREQUAL "")
    _kvmtest_usage_error("${name}" "CONFIG is missing: which configuration file describes the tests?")
  endif()
  if(NOT TARGET KvmTest::generate OR NOT TARGET KvmTest::run)
    message(FATAL_ERROR " kvm_discover_tests(${name}): the programs are unknown here; "
      "call find_package(KvmTest) or add_subdirectory(<kvmtest's sources>) before it")
  endif()
  _kvmtest_check_name("${name}")
  _kvmtest_check_choice("${name}" DIALECT "${arg_DIALECT}" auto 2009 modern)
  _kvmtest_check_choice("${name}" CHECK "${arg_CHECK}" error warn off)
  _kvmtest_check_choice("${name}" NO_HOST "${arg_NO_HOST}" error skip ignore)
  if(NOT "${arg_CHECK_IGNORE}" STREQUAL "" AND NOT "${arg_CHECK}" STREQUAL "error")
    _kvmtest_usage_error("${name}" "CHECK_IGNORE goes with CHECK error only")
  endif()
  _kvmtest_check_ignored("${name}" ${arg_CHECK_IGNORE})
  _kvmtest_check_number("${name}" QUEUES "${arg_QUEUES}")
  _kvmtest_check_number("${name}" TIMEOUT "${arg_TIMEOUT}")

  # What a user wrote is taken from ARGV<n> word by word, never through a list, which
  # would split it at semicolons and stick together at an unpaired '['. Thus an empty
  # TEST_PREFIX survives, too, which cmake_parse_arguments drops before 3.31 (CMP0174).
  set(option_QUEUES "--queues=")
  set(option_DIALECT "--dialect=")
  set(option_TEST_PREFIX "--test-prefix=")
  set(option_TIMEOUT "--timeout=")
  set(option_CHECK "--check=")
  set(option_CHECK_IGNORE "--ignore=")
  set(option_TEST_SETS "--test-set=")
  set(option_LABELS "--label=")
  set(option_RUNNER_ARGS "--runner-arg=")
  # The generator would take what comes next for the value of these.
  set(dropped_if_empty QUEUES DIALECT TIMEOUT CHECK CHECK_IGNORE TEST_SETS LABELS)
  set(call_options "")
  set(seen "")
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE 1 ${last})
    if("${ARGV${i}}" IN_LIST single OR "${ARGV${i}}" IN_LIST multi)
      set(keyword "${ARGV${i}}")
      if(keyword IN_LIST single AND keyword IN_LIST seen)
        _kvmtest_usage_error("${name}" "${keyword} is given twice")
      endif()
      list(APPEND seen "${keyword}")
      continue()
    endif()
    if("${ARGV${i}}" STREQUAL "PROCESSORS")
      continue()
    endif()
    if("${ARGV${i}}" STREQUAL "" AND keyword IN_LIST dropped_if_empty)
      continue()
    endif()
    _kvmtest_quote(word "${ARGV${i}}")
    string(APPEND words_${keyword} "\n      ${word}")
    if(DEFINED option_${keyword})
      _kvmtest_quote(word "${option_${keyword}}${ARGV${i}}")
      if(keyword STREQUAL "TEST_PREFIX" AND "${ARGV${i}}" STREQUAL "")
        set(word "--no-test-prefix")
      endif()
      string(APPEND call_options "\n      ${word}")
    endif()
  endforeach()
  set(call_strings "${words_STRINGS}")
  set(call_labels "${words_LABELS}")
  set(call_sets "${words_TEST_SETS}")
  set(call_launcher "${words_LAUNCHER}")

  _kvmtest_absolute(call_config "${arg_CONFIG}" "${CMAKE_CURRENT_SOURCE_DIR}")
  _kvmtest_check_file("${name}" CONFIG "${call_config}")
  _kvmtest_absolute(costs "${arg_COSTS}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT costs STREQUAL "")
    _kvmtest_check_file("${name}" COSTS "${costs}")
    _kvmtest_quote(word "--costs=${costs}")
    string(APPEND call_options "\n      ${word}")
  endif()
  if(arg_PROCESSORS)
    string(APPEND call_options "\n      --processors")
  endif()
  if(NOT DEFINED arg_RESOURCE_SPEC AND DEFINED CTEST_RESOURCE_SPEC_FILE)
    set(arg_RESOURCE_SPEC "${CTEST_RESOURCE_SPEC_FILE}")
  endif()
  _kvmtest_absolute(spec "${arg_RESOURCE_SPEC}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT spec STREQUAL "")
    _kvmtest_check_file("${name}" RESOURCE_SPEC "${spec}")
    _kvmtest_quote(word "--merge-spec=${spec}")
    string(APPEND call_options "\n      ${word}")
    _kvmtest_quote(word "${spec}")
    set(call_spec " ${word}")
  endif()
  _kvmtest_absolute(state_dir "${arg_STATE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
  if(state_dir STREQUAL "")
    set(state_dir "${CMAKE_BINARY_DIR}/kvmtest/state")
  endif()
  _kvmtest_quote(word "--state-dir=${state_dir}")
  string(APPEND call_options "\n      ${word}")
  set(call_no_host "${arg_NO_HOST}")
  set(call_place "${CMAKE_CURRENT_LIST_FILE}")

  _kvmtest_write_call(script "${name}")
  _kvmtest_add_build_target("${name}" "${script}")
  get_property(deferred GLOBAL PROPERTY KVMTEST_DEFERRED)
  if(NOT deferred)
    set_property(GLOBAL PROPERTY KVMTEST_DEFERRED ON)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _kvmtest_finish)
  endif()
endfunction()
