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
      [PARAMS <key>=<value>...]
      [DEPENDS <target>...]
      [TEST_SETS <set>...]
      [QUEUES <n>]
      [DIALECT auto|2009|modern]
      [TEST_PREFIX <prefix>]
      [TEST_SUFFIX <suffix>]
      [LABELS <label>...]
      [PROPERTIES <name> <value> [<name> <value>]...]
      [TIMEOUT <seconds>]
      [ORDER plan|ctest]
      [DEPENDENCY_MODE fixtures|order]
      [CHECK error|warn|off]
      [CHECK_IGNORE <code>...]
      [COSTS <file>]
      [PROCESSORS]
      [SOURCE_LOCATIONS]
      [TEST_LIST <variable>]
      [DISCOVERY_MODE POST_BUILD|PRE_TEST]
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
  configuration that names no hosts runs on any machine.  ``KVMTEST_SETS`` limits
  them to some test sets, so that ``ctest`` need not even read those of others.

  ``CONFIG <file>``
    The configuration; relative to the current source directory.  Files that it
    includes are found by the generator and are inputs, too.

  ``STRINGS <text>...``
    Texts parsed after the file, one by one, such as ``"only nightly"`` or
    ``"mem = 512"``.  Each is taken as it is: semicolons, brackets and line ends
    need no escaping beyond CMake's own quoting.

  ``PARAMS <key>=<value>...``
    Assigned in every test, behind the file and all ``STRINGS``, with nothing to
    quote: ``PARAMS "kernel=$<TARGET_FILE:my_kernel>"`` makes what the project builds
    what its tests boot.  The value may refer to other params as the language lets it.

  ``DEPENDS <target>...``
    Targets that are built before the tests are made, such as the kernel above, a
    firmware, or a guest image of ``kvm_add_guest_image()``; and all others that tests
    need, such as a test program of ``test_dirs``.  The targets that run a set build
    nothing else; a test whose program is not there is skipped.

  ``TEST_SETS <set>...``
    The test sets to generate; all of the configuration's without it.  Each test
    carries its set's name as a label, so ``ctest -L '^nightly$'`` selects one.  For
    each there is a target that builds what its tests need and runs them, on as many
    queues as this host has (with ``PROCESSORS``, cores): ``cmake --build . --target kvm-nightly``.  A set has none, and
    cmake says so, if the project has a target of that name, or it is ``report`` or ``rerun``.

  ``QUEUES <n>``
    How many tests may run at once on the implicit host of a configuration that
    names no hosts.

  ``DIALECT auto|2009|modern``
    The dialect of the configuration language; ``auto`` (the default) decides by
    what the files contain.

  ``TEST_PREFIX <prefix>``
    Put before each test's name; ``<name>.`` without it, may be empty.  CTest knows
    tests by their names only, so where two calls of a build tree have tests of one name
    that a machine would load together, the one that is made later fails and tells
    both places (``name-clash``): give one of them another prefix.  It is a warning
    where only ``KVMTEST_HOST='*'`` shows both.

  ``TEST_SUFFIX <suffix>``
    Put behind each test's name.

  ``LABELS <label>...``
    Further labels of every test.  One that CDash would not show as it is, or not take, is a
    slip (``odd-label``), see ``CHECK``; and so are tests' names that it would cut off.

  ``PROPERTIES <name> <value>...``
    Further properties of every test, as ``set_tests_properties()`` takes them:
    ``ENVIRONMENT``, ``RESOURCE_LOCK``, ``REQUIRED_FILES``, ...  ``FIXTURES_REQUIRED`` and
    ``FIXTURES_SETUP`` are joined with what the tests' dependencies bring.  No ``DISABLED``
    makes a test run that ``skip = yes`` of the configuration keeps from it.
    ``RESOURCE_GROUPS``, ``SKIP_RETURN_CODE`` and ``COST`` are kvmtest's own; ``DEPENDS``,
    ``LABELS``, ``PROCESSORS`` and ``TIMEOUT`` are keywords of the call, so they end the
    properties.  (What other tests are to run before is a fixture that these require.)

  ``TIMEOUT <seconds>``
    How long a test may take whose configuration does not set ``test_timeout``.

  ``ORDER plan|ctest``
    ``plan``, the default: the order of the configuration, or that of the planner for
    sets with ``assign = auto`` or ``pool``, behind tests that failed last time, which
    ``ctest`` always takes first.  ``ctest``: what took longest last time, in this build
    tree, comes first, as ``ctest`` orders tests that say nothing.

  ``DEPENDENCY_MODE fixtures|order``
    What the configuration's dependencies (``- boot: install``) are to ``ctest``.
    ``fixtures``, the default: a test that is selected brings along those it requires,
    and does not run if they fail.  ``order``: they only run before it if they are
    selected, too; if not, they must have passed in an earlier run of the same
    generation, or the test is skipped.

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

  ``SOURCE_LOCATIONS``
    Tells IDEs, by ``ctest --show-only=json-v1``, the line of the configuration that each
    test comes from, so that "go to source" opens it.  It makes the scripts longer and
    ``ctest`` slower to load with many thousands of tests.

  ``TEST_LIST <variable>``
    Has ``ctest`` set this variable to the list of the tests' names while it loads the
    directory of the call, for scripts in ``TEST_INCLUDE_FILES`` behind it.

  ``DISCOVERY_MODE POST_BUILD|PRE_TEST``
    ``POST_BUILD``, the default: the build makes the tests, hence fails when the
    configuration has errors; ``ctest`` makes them again when something has changed.
    ``PRE_TEST``: only ``ctest`` does; the target ``kvmtest-<name>`` is no part of ``all``.
    The variable ``KVM_DISCOVER_TESTS_DISCOVERY_MODE`` is the default of all calls.

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
    ``CTEST_RESOURCE_SPEC_FILE`` as it stands at the call is taken.  With what ``ctest``
    would refuse, and then run no test at all, the generation fails, and so it does with
    types that are kvmtest's own, such as ``kvmp__<host>``.
    The merged one counts in the whole tree, wherever the project sets that variable.

  ``RUNNER_ARGS <argument>...``
    Further arguments for ``kvmtest-run``, for each test.

  ``LAUNCHER <command> [<argument>...]``
    Put before the runner's command line, such as ``sudo -n``.  Each argument is one
    word, whatever it holds; empty ones before the command are left out.

  A keyword with an empty value is as if it were not given, but for ``TEST_PREFIX``,
  so ``CHECK "${MY_CHECK}"`` may be empty.  Keywords with one value may be given once.

  Paths and texts may hold generator expressions.  A complete call:

  .. code-block:: cmake

    find_package(KvmTest REQUIRED)
    enable_testing()
    kvm_discover_tests(guests
      CONFIG kvm_hosts.cfg
      PARAMS "kernel=$<TARGET_FILE:my_kernel>"
      DEPENDS my_kernel
      TEST_SETS nightly weekly
      LABELS kvm
      TIMEOUT 900)

  The target ``kvm-rerun`` runs the tests again that failed last time, of all calls and of
  the project's own, by name: ``ctest --rerun-failed`` goes by numbers, which change.

  The target ``kvm-report`` makes ``<top binary dir>/kvmtest/report.html``, a page of
  what the tests of all calls came to.  ``ctest`` makes it, too, at the end of each
  run, unless the variable ``KVMTEST_REPORT`` is false at the first call: by a
  ``CTestCustom.cmake`` in the top binary directory.  A project that has such a file
  itself is left alone; it may say there
  ``include("<top binary dir>/kvmtest/report.cmake" OPTIONAL)``.

  Of two calls in one build tree, in whatever directories, the tests share the
  queues of a host: a queue runs one test at a time.

  When the configuration has an error, the build fails with
  ``file:line:column: error: ...``, and ``ctest`` shows one failing test
  ``<name>.generate`` with the same text; the project's other tests run.  While
  the two programs are not built yet, it is ``<name>_NOT_BUILT``, which carries
  the labels that are known by then: ``LABELS`` and ``TEST_SETS``.

.. command:: kvm_install_tests

  Makes the tests of calls of ``kvm_discover_tests()`` part of the project's
  installation, to run on machines that have ctest, qemu and the libraries of the two
  programs, but neither the sources nor the build tree::

    kvm_install_tests(<name>...
      DESTINATION <dir>
      [COMPONENT <component>]
      [PARAMS [<name>:]<key>=<value>...]
      [FILES [<place>=]<file>...]
    )

  The installation may be moved, packed by ``cpack``, or staged with ``DESTDIR``.  In it::

    cd <prefix>/<dir> && ctest -L '^nightly$' -j4

  runs what ``ctest`` in the build tree runs, with the same environment variables
  (``KVMTEST_HOST``, ``KVMTEST_SETS``).  State, results and ctest's ``Testing`` go to
  ``<prefix>/<dir>``.  Where nothing can be written there, ``<prefix>/<dir>/kvm-ctest``
  takes the arguments of ctest and has everything written below the directory that the
  environment variable ``KVMTEST_WORK_DIR`` names.

  ``<name>...``
    The calls, which come before this one.

  ``DESTINATION <dir>``
    A directory relative to the install prefix, for this call of ``kvm_install_tests()``
    alone.

  ``COMPONENT <component>``
    The install component.

  ``PARAMS [<name>:]<key>=<value>...``
    Assigned in every test, or those of one call, behind what ``kvm_discover_tests()`` says:
    for params that name files of the sources or the build tree.  In them,
    ``$<INSTALL_PREFIX>`` is the install prefix as it is where and when the tests run.

  ``FILES [<place>=]<file>...``
    Files that the tests need, into ``<dir>/files``; of a link, such as an image of
    ``kvm_add_guest_image(URL)``, what it points to.  What is executable, such as a test
    program of ``test_dirs``, stays so.  Two of the same name are an error;
    ``<name>=<file>`` or ``<directory>/=<file>``, with an absolute path or a generator
    expression, says another place: ``"second/=$<TARGET_PROPERTY:second,KVM_KERNEL>"``.
    ``install()`` puts others in place, and directories.

  Installed are both programs, the configuration with all files that it includes, and what
  the calls said, such as ``LAUNCHER``, word by word.  ``COSTS`` and ``RESOURCE_SPEC`` are installed, too; a ``STATE_DIR``
  outside of the sources and the build tree stays what it is.  The installation fails, and
  leaves the prefix as it was, if the configuration has errors or includes files by absolute
  paths, or if a test names the sources or the build tree.  No path of the configuration may
  hold ``;``, or a bracket without its other one.

  The programs are linked to ``libfmt.so.9``, ``libre2.so.9`` and GCC's ``libstdc++.so.6``
  where kvmtest was built on Debian 12 (there ``libfmt9``, ``libre2-9``, ``libstdc++6``);
  ``ldd <prefix>/<dir>/bin/kvmtest-run`` tells which, and which are missing.  These are not
  installed.  Where they are missing, ``kvm-ctest`` says so, and with plain ctest the test
  ``<name>.generate`` does.  No page of the results is made by itself:
  ``<prefix>/<dir>/bin/kvmtest-run report <prefix>/<dir>`` makes one.  The path of an
  installation must not hold ``;``, a backslash or ``]==]``.

  .. code-block:: cmake

    kvm_install_tests(guests DESTINATION share/kvm-tests
      PARAMS "kernel=$<INSTALL_PREFIX>/share/kvm-tests/files/my_kernel"
      FILES "$<TARGET_FILE:my_kernel>")
#]=======================================================================]

include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestGuestImage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestInstall.cmake")

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
    "   kvm_discover_tests(<name> CONFIG <file> [STRINGS <text>...] [PARAMS <key>=<value>...]\n"
    "     [DEPENDS <target>...] [TEST_SETS <set>...] [QUEUES <n>] [DIALECT auto|2009|modern]\n"
    "     [TEST_PREFIX <prefix>] [TEST_SUFFIX <suffix>] [LABELS <label>...]\n"
    "     [PROPERTIES <name> <value>...] [TIMEOUT <seconds>] [ORDER plan|ctest]\n"
    "     [DEPENDENCY_MODE fixtures|order] [CHECK error|warn|off] [CHECK_IGNORE <code>...]\n"
    "     [COSTS <file>] [PROCESSORS] [SOURCE_LOCATIONS] [TEST_LIST <variable>]\n"
    "     [DISCOVERY_MODE POST_BUILD|PRE_TEST] [NO_HOST error|skip|ignore] [STATE_DIR <directory>]\n"
    "     [RESOURCE_SPEC <file>] [RUNNER_ARGS <argument>...] [LAUNCHER <command>...])")
endfunction()

function(_kvmtest_check_choice name keyword value)
  if(NOT value STREQUAL "" AND NOT value IN_LIST ARGN)
    list(JOIN ARGN ", " choices)
    _kvmtest_usage_error("${name}" "${keyword} is '${value}', not one of ${choices}")
  endif()
endfunction()

function(_kvmtest_check_number name keyword value most)
  if(value STREQUAL "")
    return()
  elseif(NOT value MATCHES "^[1-9][0-9]*$")
    _kvmtest_usage_error("${name}" "${keyword} is '${value}', not a whole number above 0")
  elseif(value GREATER most)
    _kvmtest_usage_error("${name}" "${keyword} is '${value}'; the most is ${most}")
  endif()
endfunction()

function(_kvmtest_check_param name param)
  if(NOT param MATCHES "^[A-Za-z0-9_.-]+=" AND NOT param MATCHES "^[^=]*\\$<")
    _kvmtest_usage_error("${name}" "PARAMS: '${param}' is not <key>=<value>")
  endif()
endfunction()

# `property` is "" behind a value.
function(_kvmtest_check_property_end name property)
  if(NOT property STREQUAL "")
    string(REGEX REPLACE "=$" "" property "${property}")
    _kvmtest_usage_error("${name}" "PROPERTIES: ${property} has no value")
  endif()
endfunction()

function(_kvmtest_check_property name property)
  set(own COST GENERATED_RESOURCE_SPEC_FILE RESOURCE_GROUPS SKIP_RETURN_CODE _BACKTRACE_TRIPLES)
  if(property IN_LIST own)
    _kvmtest_usage_error("${name}" "PROPERTIES: ${property} is kvmtest's own")
  elseif(NOT property MATCHES "^[A-Za-z0-9_]+$")
    _kvmtest_usage_error("${name}" "PROPERTIES: '${property}' is no name of a property")
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
  set(reserved CMakeFiles bin calls.txt cmake examples generator images locks report.cmake report.html
    resources.cmake resources.json results runner specs state tests)
  if(name IN_LIST reserved)
    _kvmtest_usage_error("${name}" "the name '${name}' is reserved")
  endif()
  get_property(place GLOBAL PROPERTY "KVMTEST_CALL_${name}")
  if(place)
    _kvmtest_usage_error("${name}"
      "the name '${name}' is taken by another call, in ${place}; each call of a build tree needs its own")
  endif()
  if(TARGET "kvmtest-${name}")
    _kvmtest_usage_error("${name}"
      "the name '${name}' is taken: there is a target kvmtest-${name} already")
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

# Writes a file, unless it holds this text already. (file(CONFIGURE) would replace @...@ in paths.)
function(_kvmtest_write file text)
  set(there "")
  if(EXISTS "${file}")
    file(READ "${file}" there)
  endif()
  if(NOT there STREQUAL text)
    file(WRITE "${file}" "${text}")
  endif()
endfunction()

# What makes the page of all tests of the tree: a target, and a script that ctest's custom
# file includes. CTest has no last test that would cost it nothing: each test would have to
# name a fixture, whose users it counts against each other (3.25 to 4.4). But what
# CTEST_CUSTOM_POST_TEST names is run once behind all tests, also by a plain `ctest`, and
# with `ctest -N`, hence --after-ctest. Should it fail, ctest would fail. The script is one
# per configuration, as the runner may be built here.
function(_kvmtest_add_report)
  if(TARGET kvm-report)
    return()
  endif()
  set(page "${CMAKE_BINARY_DIR}/kvmtest/report.html")
  add_custom_target(kvm-report
    COMMAND "$<TARGET_FILE:KvmTest::run>" report "${CMAKE_BINARY_DIR}" -o "${page}"
    VERBATIM)
  get_target_property(built_here KvmTest::run ALIASED_TARGET)
  if(built_here)
    add_dependencies(kvm-report ${built_here})
  endif()
  # CTest takes the command apart by itself, and knows no way to write these.
  if(CMAKE_BINARY_DIR MATCHES "[\"\\;]" OR (DEFINED KVMTEST_REPORT AND NOT KVMTEST_REPORT))
    return()
  endif()
  set(file "${CMAKE_BINARY_DIR}/kvmtest/report")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    # Any that has been built will do: the page is of all.
    set(text "# Written by kvm_discover_tests()\n")
    foreach(configuration IN LISTS CMAKE_CONFIGURATION_TYPES)
      _kvmtest_quote(script "${file}-${configuration}.cmake")
      string(APPEND text "include(${script} OPTIONAL)\n")
    endforeach()
    _kvmtest_write("${file}.cmake" "${text}")
    string(APPEND file "-$<CONFIG>")
  endif()
  file(GENERATE OUTPUT "${file}.cmake" CONTENT
"# Written by kvm_discover_tests(), for CTestCustom.cmake: after a run ctest makes ${page}
if(NOT kvmtest_report AND EXISTS [==[$<TARGET_FILE:KvmTest::run>]==])
  set(kvmtest_report ON)
  list(APPEND CTEST_CUSTOM_POST_TEST [==[/bin/sh -c '\"$@\" || true' sh \"$<TARGET_FILE:KvmTest::run>\" report --after-ctest \"${CMAKE_BINARY_DIR}\" -o \"${page}\"]==])
endif()
")
  set_property(GLOBAL PROPERTY KVMTEST_REPORT_STEP ON)
endfunction()

# Has ctest make the page, unless the project has a custom file of its own.
function(_kvmtest_write_custom_file)
  set(file "${CMAKE_BINARY_DIR}/CTestCustom.cmake")
  set(mark "# Written by kvm_discover_tests()")
  if(EXISTS "${file}")
    file(READ "${file}" text LIMIT 100)
    string(FIND "${text}" "${mark}" place)
    if(NOT place EQUAL 0)
      return()
    endif()
  endif()
  get_property(wanted GLOBAL PROPERTY KVMTEST_REPORT_STEP)
  if(NOT wanted)
    file(REMOVE "${file}")
    return()
  endif()
  _kvmtest_quote(script "${CMAKE_BINARY_DIR}/kvmtest/report.cmake")
  _kvmtest_write("${file}" "${mark}: ctest makes a page of the tests' results.\ninclude(${script} OPTIONAL)\n")
endfunction()

# Runs at the end of the top directory, when all calls are known: the generator
# reads from calls.txt whose resources belong into the merged specification.
function(_kvmtest_finish)
  get_property(dirs GLOBAL PROPERTY KVMTEST_CALL_DIRS)
  list(JOIN dirs "\n" text)
  _kvmtest_write("${CMAKE_BINARY_DIR}/kvmtest/calls.txt" "${text}\n")
  get_property(sets GLOBAL PROPERTY KVMTEST_SETS_OF_CALLS)
  list(REMOVE_DUPLICATES sets)
  _kvmtest_add_rerun_target()
  foreach(set IN LISTS sets)
    _kvmtest_add_set_target("${set}")
  endforeach()
  _kvmtest_write_custom_file()
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
function(_kvmtest_add_build_target name script discovery_mode)
  set(all ALL)
  if(discovery_mode STREQUAL "PRE_TEST")
    set(all "")
  endif()
  add_custom_target("kvmtest-${name}" ${all}
    COMMAND "${CMAKE_COMMAND}" -P "${script}"
    COMMENT "kvmtest: tests of ${name}"
    VERBATIM)
  foreach(program IN ITEMS KvmTest::generate KvmTest::run)
    get_target_property(built_here ${program} ALIASED_TARGET)
    if(built_here)
      add_dependencies("kvmtest-${name}" ${built_here})
    endif()
  endforeach()
  if(NOT "${ARGN}" STREQUAL "")
    add_dependencies("kvmtest-${name}" ${ARGN})
  endif()
endfunction()

# A target per test set that calls name, over all of these calls.
function(_kvmtest_add_set_target set)
  if(set MATCHES "\\$<")
    return()
  endif()
  set(reason "")
  if(TARGET "kvm-${set}")
    set(reason "there is a target kvm-${set} already")
  elseif(NOT set MATCHES "^[A-Za-z0-9_.+-]+$")
    set(reason "'kvm-${set}' cannot be the name of one")
  endif()
  if(NOT reason STREQUAL "")
    message(WARNING "kvm_discover_tests: the test set '${set}' has no target that runs it, since "
      "${reason}; ctest -L '^${set}$' does")
    return()
  endif()
  get_property(calls GLOBAL PROPERTY "KVMTEST_CALLS_OF_SET_${set}")
  _kvmtest_add_running_target("kvm-${set}" "kvmtest: the tests of ${set}" "-DKVMTEST_SET=${set}" ${calls})
endfunction()

# A target that runs those that failed last time, of all tests of the tree.
function(_kvmtest_add_rerun_target)
  if(TARGET kvm-rerun)
    return()
  endif()
  get_property(calls GLOBAL PROPERTY KVMTEST_CALL_DIRS)
  list(TRANSFORM calls REPLACE "/.*" "")
  list(REMOVE_DUPLICATES calls)
  _kvmtest_add_running_target(kvm-rerun "kvmtest: the tests that failed last time"
    "-DKVMTEST_RERUN=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kvm-rerun" ${calls})
endfunction()

# A target that runs tests of these calls, as many at once as suit the host.
function(_kvmtest_add_running_target target comment which)
  list(TRANSFORM ARGN PREPEND "kvmtest-" OUTPUT_VARIABLE targets)
  list(GET ARGN 0 first)
  set(dir "${CMAKE_BINARY_DIR}/kvmtest/${first}")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  set(configuration "")
  if(multi_config)
    string(APPEND dir "/$<CONFIG>")
    set(configuration "-DKVMTEST_CONFIGURATION=$<CONFIG>")
  endif()
  add_custom_target("${target}"
    COMMAND "${CMAKE_COMMAND}" "${which}" "-DKVMTEST_CALL=${dir}/call.cmake"
      "-DKVMTEST_CTEST=${CMAKE_CTEST_COMMAND}" "-DKVMTEST_BINARY_DIR=${CMAKE_BINARY_DIR}"
      ${configuration} -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestRunSet.cmake"
    COMMENT "${comment}"
    USES_TERMINAL
    VERBATIM)
  add_dependencies("${target}" ${targets})
endfunction()

# Keeps what a call says, its call_* variables, for kvm_install_tests().
function(_kvmtest_remember_call name)
  foreach(field IN ITEMS config options strings labels sets costs project_spec state_dir
      no_host test_list)
    set_property(GLOBAL PROPERTY "KVMTEST_${field}_OF_${name}" "${call_${field}}")
  endforeach()
endfunction()

# Sets <out> to the text of a call's script: KvmTestCall.cmake.in with the call_*
# variables, everything that a user wrote in bracket arguments.
function(_kvmtest_call_text out)
  set(option_costs "--costs=")
  set(option_project_spec "--merge-spec=")
  set(option_state_dir "--state-dir=")
  foreach(field IN ITEMS costs project_spec state_dir)
    if(NOT call_${field} STREQUAL "")
      _kvmtest_quote(word "${option_${field}}${call_${field}}")
      string(APPEND call_options "\n      ${word}")
    endif()
  endforeach()
  foreach(field IN ITEMS name root dir config no_host test_list index generator runner project_spec)
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
  set(call_index "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/KvmTestIndex.cmake")
  set(call_generator "$<TARGET_FILE:KvmTest::generate>")
  set(call_runner "$<TARGET_FILE:KvmTest::run>")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    list(TRANSFORM CMAKE_CONFIGURATION_TYPES PREPEND "${name}/" OUTPUT_VARIABLE dirs)
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
  set(flags PROCESSORS SOURCE_LOCATIONS)
  set(single CONFIG QUEUES DIALECT TEST_PREFIX TEST_SUFFIX TIMEOUT ORDER DEPENDENCY_MODE CHECK COSTS
    TEST_LIST DISCOVERY_MODE NO_HOST STATE_DIR RESOURCE_SPEC)
  set(multi STRINGS PARAMS DEPENDS TEST_SETS LABELS PROPERTIES CHECK_IGNORE RUNNER_ARGS LAUNCHER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "${flags}" "${single}" "${multi}")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 word)
    _kvmtest_usage_error("${name}" "unknown argument '${word}'")
  endif()
  if(DEFINED arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 word)
    set(hint "")
    if(word STREQUAL "PROPERTIES")
      set(hint "; words of the call such as DEPENDS, LABELS, PROCESSORS and TIMEOUT end it")
    endif()
    _kvmtest_usage_error("${name}" "${word} has no value${hint}")
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
  _kvmtest_check_choice("${name}" ORDER "${arg_ORDER}" plan ctest)
  _kvmtest_check_choice("${name}" DEPENDENCY_MODE "${arg_DEPENDENCY_MODE}" fixtures order)
  if("${arg_DISCOVERY_MODE}" STREQUAL "")
    set(arg_DISCOVERY_MODE "${KVM_DISCOVER_TESTS_DISCOVERY_MODE}")
  endif()
  _kvmtest_check_choice("${name}" DISCOVERY_MODE "${arg_DISCOVERY_MODE}" POST_BUILD PRE_TEST)
  if(NOT "${arg_TEST_LIST}" MATCHES "^[A-Za-z0-9_.-]*$")
    _kvmtest_usage_error("${name}" "TEST_LIST is '${arg_TEST_LIST}', not the name of a variable")
  endif()
  _kvmtest_check_choice("${name}" NO_HOST "${arg_NO_HOST}" error skip ignore)
  if(NOT "${arg_CHECK_IGNORE}" STREQUAL "" AND NOT "${arg_CHECK}" STREQUAL "error")
    _kvmtest_usage_error("${name}" "CHECK_IGNORE goes with CHECK error only")
  endif()
  _kvmtest_check_ignored("${name}" ${arg_CHECK_IGNORE})
  _kvmtest_check_number("${name}" QUEUES "${arg_QUEUES}" 256)
  _kvmtest_check_number("${name}" TIMEOUT "${arg_TIMEOUT}" 31622400)

  # What a user wrote is taken from ARGV<n> word by word, never through a list, which
  # would split it at semicolons and stick together at an unpaired '['. Thus an empty
  # TEST_PREFIX survives, too, which cmake_parse_arguments drops before 3.31 (CMP0174).
  foreach(keyword IN LISTS single multi)
    # Set rather than unset: the project may have variables of these names, in its cache too.
    set(option_${keyword} "")
    set(words_${keyword} "")
  endforeach()
  set(option_QUEUES "--queues=")
  set(option_DIALECT "--dialect=")
  set(option_PARAMS "--set-param=")
  set(option_TEST_PREFIX "--test-prefix=")
  set(option_TEST_SUFFIX "--test-suffix=")
  set(option_PROPERTIES "--property=")
  set(option_ORDER "--order=")
  set(option_DEPENDENCY_MODE "--dependency-mode=")
  set(option_TIMEOUT "--timeout=")
  set(option_CHECK "--check=")
  set(option_CHECK_IGNORE "--ignore=")
  set(option_TEST_SETS "--test-set=")
  set(option_LABELS "--label=")
  set(option_RUNNER_ARGS "--runner-arg=")
  set(option_LAUNCHER "--launcher=")
  set(dropped_if_empty QUEUES DIALECT TIMEOUT CHECK CHECK_IGNORE TEST_SETS LABELS TEST_SUFFIX ORDER
    DEPENDENCY_MODE PARAMS)
  set(commands RUNNER_ARGS LAUNCHER)  # whose later words may be empty
  set(call_options "")
  set(seen "")
  set(property "")  # the name in PROPERTIES whose value is next, with "="
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE 1 ${last})
    if("${ARGV${i}}" IN_LIST single OR "${ARGV${i}}" IN_LIST multi)
      set(keyword "${ARGV${i}}")
      if(keyword IN_LIST single AND keyword IN_LIST seen)
        _kvmtest_usage_error("${name}" "${keyword} is given twice")
      endif()
      list(APPEND seen "${keyword}")
      _kvmtest_check_property_end("${name}" "${property}")
      continue()
    endif()
    if("${ARGV${i}}" IN_LIST flags)
      continue()
    endif()
    if(keyword STREQUAL "PROPERTIES" AND property STREQUAL "")
      _kvmtest_check_property("${name}" "${ARGV${i}}")
      set(property "${ARGV${i}}=")
      continue()
    endif()
    if("${ARGV${i}}" STREQUAL "" AND (keyword IN_LIST dropped_if_empty OR
        (keyword IN_LIST commands AND words_${keyword} STREQUAL "")))
      continue()
    endif()
    if(keyword STREQUAL "PARAMS")
      _kvmtest_check_param("${name}" "${ARGV${i}}")
    endif()
    _kvmtest_quote(word "${ARGV${i}}")
    string(APPEND words_${keyword} "\n      ${word}")
    if(NOT option_${keyword} STREQUAL "")
      _kvmtest_quote(word "${option_${keyword}}${property}${ARGV${i}}")
      set(property "")
      if(keyword STREQUAL "TEST_PREFIX" AND "${ARGV${i}}" STREQUAL "")
        set(word "--no-test-prefix")
      endif()
      string(APPEND call_options "\n      ${word}")
    endif()
  endforeach()
  _kvmtest_check_property_end("${name}" "${property}")
  set(call_strings "${words_STRINGS}")
  set(call_labels "${words_LABELS}")
  set(call_sets "${words_TEST_SETS}")

  _kvmtest_absolute(call_config "${arg_CONFIG}" "${CMAKE_CURRENT_SOURCE_DIR}")
  _kvmtest_check_file("${name}" CONFIG "${call_config}")
  _kvmtest_absolute(call_costs "${arg_COSTS}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT call_costs STREQUAL "")
    _kvmtest_check_file("${name}" COSTS "${call_costs}")
  endif()
  if(arg_PROCESSORS)
    string(APPEND call_options "\n      --processors")
  endif()
  if(arg_SOURCE_LOCATIONS)
    string(APPEND call_options "\n      --source-locations")
  endif()
  if(NOT "${arg_TEST_LIST}" STREQUAL "")
    string(APPEND call_options "\n      --test-lists")
  endif()
  set(call_test_list "${arg_TEST_LIST}")
  if(NOT DEFINED arg_RESOURCE_SPEC AND DEFINED CTEST_RESOURCE_SPEC_FILE)
    set(arg_RESOURCE_SPEC "${CTEST_RESOURCE_SPEC_FILE}")
  endif()
  _kvmtest_absolute(call_project_spec "${arg_RESOURCE_SPEC}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT call_project_spec STREQUAL "")
    _kvmtest_check_file("${name}" RESOURCE_SPEC "${call_project_spec}")
  endif()
  _kvmtest_absolute(call_state_dir "${arg_STATE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
  set(call_no_host "${arg_NO_HOST}")

  _kvmtest_remember_call("${name}")
  if(call_state_dir STREQUAL "")
    set(call_state_dir "${CMAKE_BINARY_DIR}/kvmtest/state")
  endif()
  set(call_writer "kvm_discover_tests() in ${CMAKE_CURRENT_LIST_FILE}")
  _kvmtest_write_call(script "${name}")
  _kvmtest_add_build_target("${name}" "${script}" "${arg_DISCOVERY_MODE}" ${arg_DEPENDS})
  foreach(set IN LISTS arg_TEST_SETS)
    set_property(GLOBAL APPEND PROPERTY KVMTEST_SETS_OF_CALLS "${set}")
    set_property(GLOBAL APPEND PROPERTY "KVMTEST_CALLS_OF_SET_${set}" "${name}")
  endforeach()
  get_property(deferred GLOBAL PROPERTY KVMTEST_DEFERRED)
  if(NOT deferred)
    set_property(GLOBAL PROPERTY KVMTEST_DEFERRED ON)
    _kvmtest_add_report()
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _kvmtest_finish)
  endif()
endfunction()
