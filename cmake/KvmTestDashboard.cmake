#[=======================================================================[.rst:
KvmTestDashboard
----------------

A ``ctest -S`` script that runs the tests of a project on this host, with the
guests' queues at work side by side, and sends the results to CDash.  Nothing in
it is to be edited; a project needs no script of its own::

  ctest --no-compress-output -S <prefix>/lib/cmake/KvmTest/KvmTestDashboard.cmake,nightly
        -DSOURCE=<source directory> -DBINARY=<build directory> -DTEST_SET=nightly

It starts a dashboard, updates the sources if told to, configures, builds, tests
and submits.  It fails, after all that, if any of it did, a test counted in.
``--no-compress-output`` keeps the tests' output readable in the JUnit file;
``-V`` shows more.

An argument is given as ``-D<NAME>=<value>``; or in the list behind the script's
name, ``KvmTestDashboard.cmake,nightly,TEST_SET=nightly``, where a bare word is the
model; or as environment variable ``KVMTEST_DASHBOARD_<NAME>``.  The first counts.

``SOURCE <directory>``
  The project; the current directory by default.
``BINARY <directory>``
  Its build tree; ``<SOURCE>/build`` by default.  One dashboard at a time uses it.
``MODEL nightly|continuous|experimental``
  ``experimental`` by default.  A continuous one with ``UPDATE=ON`` runs no test when
  the sources have not changed since the last, so that cron may start it often; it only
  sends what of the last one has not been taken.
``GROUP <name>``
  The group on the dashboard; that of the model by default.  CDash shows a group
  that it does not know under Experimental: make it there first.  In ``GROUP``, ``SITE`` and
  ``BUILDNAME`` are none of ``\ : * ? " < > |``, which ctest leaves out, and at most 255 characters (241 in ``GROUP``).
``TEST_SET <set>[;<set>...]``
  Only the tests of these test sets.  Without it all tests, the project's own too.
``HOST <host>``
  As the environment variable ``KVMTEST_HOST``: whose tests are run.
``SITE <name>``
  By default the host as the configuration names it, else this machine's short name.
``BUILDNAME <name>``
  By default ``qemu-<version>-<machine type>-<test set>``, such as
  ``qemu-7.2-q35-nightly``: no dates, nothing that changes from day to day, since
  CDash compares a build with the previous one of the same site and name.
``QEMU <program>``, ``MACHINE <type>``
  What the build name takes instead of what the tests' params say
  (``qemu_binary``, ``machine_type``), which are known only when tests have been
  generated: where build trees do not last and the build may fail.
``GENERATOR``, ``CONFIGURATION``, ``OPTIONS <option>[;<option>...]``
  For cmake: the generator of a new tree (Ninja if it is there), the configuration
  (``CMAKE_BUILD_TYPE``, or that of a multi-config tree, which has none by default), and
  further options.
``UPDATE ON|OFF|VERSION``
  ``ON`` makes the sources what is in their repository, as ``ctest_update()`` does: edits in ``SOURCE``
  that have not been committed are lost without a word, and so are commits that have not been pushed
  (``git reset --hard``).  So give it a clone of its own.  ``VERSION`` (the default, where ``SOURCE`` has a ``.git``) only tells
  CDash which revision they are.
``PARALLEL <n>``
  Tests at once; by default as many as the host has queues, or cores (``PROCESSORS``).
``STOP_TIME <hh:mm:ss>``
  When ctest is to stop, by the local time: the next such time after the tests begin, so that
  one which the build has overrun is tomorrow's.  ctest (3.25) then starts no more tests and kills those
  that run, also a test's runner, which comes to no verdict.  For JUnit and CDash these have
  failed with a timeout, and those never started are not there at all.  The script fails, and says in
  its last lines and in the note that CDash gets which tests were cut off and how many were
  never started.  So leave some time before it; what each test may take at most says ``test_timeout``.
``JUNIT <file>``
  Where the same results go as JUnit; ``<BINARY>/Testing/junit.xml`` by default.
``REPORT ON|OFF``
  Whether CDash gets the page of all tests, which ctest makes in
  ``<BINARY>/kvmtest/report.html`` (unless the project says ``KVMTEST_REPORT OFF``).  A server drops, without a
  word, what is larger than the project's quota of uploads; a shard does not send it.
``UPLOAD <file>[;<file>...]``
  Further files for CDash; those that are not there are passed over, with a warning.  A call that only
  submits may name others, also when all else has been taken: see ``STEPS``.
``NO_SUBMIT ON``
  Sends nothing.  What would be sent lies in ``<BINARY>/Testing/<stamp>``.
``SUBMIT_URL <url>``
  ``https://<server>/submit.php?project=<name>``; by default as the project's
  ``CTestConfig.cmake`` says.
``RETRIES <n>``, ``RETRY_DELAY <seconds>``
  How often a file is sent again, and how long after (3, 30): if nobody answers, or somebody who is not
  CDash, such as a proxy (502, 503, 504).  A refusal is none of these: CDash's own answer,
  or a status of 4xx (but for 408, 425, 429) or 500.

A project that wants a login has its token in the environment variable
``KVMTEST_CDASH_TOKEN`` (and nowhere else).  It is sent as ``Authorization: Bearer``
header, is never printed, and is taken out of the environment of all that the script
starts.  But as long as it runs, any process of the same user can read what ctest was
started with, in ``/proc/<pid>/environ``, and so can a test.  Where tests are not to be
trusted with the token, they run without it, and it is given to a second call only, in
the same build tree::

  ctest -S KvmTestDashboard.cmake,nightly "-DSTEPS=update;configure;build;test" -DSTAMP=20260131-0100 ...
  KVMTEST_CDASH_TOKEN=... ctest -S KvmTestDashboard.cmake -DSTEPS=submit -DSTAMP=20260131-0100 ...

What is not said to be taken, by an answer of CDash's, has not been submitted: a refusal,
a page to log in, an empty answer or a redirection to nowhere make the script fail, and it
says what the server said; of an answer with a status of 400 or above only that status, since cmake
does not read what comes with it (CDash's log has it).  With a 500 CDash may have kept a part of the tests of a
``Test.xml``: if it shows any, run them again under another ``STAMP``.  What CDash has taken until then stands in the build tree, and
``STEPS=submit`` sends the rest: a test that CDash gets twice it lists and counts twice.
The script prints the command that does it.

Several hosts
^^^^^^^^^^^^^

Started on each host, the script gives each a line of its own, since ``SITE`` is the
host.  They are in one group and on one day.  A test has the same name on all of them.

One build of several runs
^^^^^^^^^^^^^^^^^^^^^^^^^

CDash makes one build of what has the same site, build name and stamp, until it is told
that the build is done; what comes later begins a new one and removes the old.  So runs
that share a build have all the same ``SITE``, ``BUILDNAME``, ``GROUP``, ``MODEL`` and
``STAMP``, each a build tree of its own, and only the last of them says so, once.  A shard whose
submission has failed is to be sent before that (``STEPS=submit``); if the build has been done
meanwhile, all of it has to run again under another ``STAMP``.

``STAMP <yyyymmdd>-<hhmm>``
  The begin of the whole run, as whoever starts its parts knows it.
``SHARD <k>/<n>``
  Every n-th test of those that are selected, from the k-th on; with fewer than k
  tests none, which is no failure and sends nothing.  Tests that these require run in
  each shard that needs them, and count once for each on CDash.
``QUEUE <queue>``
  Only the tests of this queue of the host, one after the other; tests of a pool are
  no queue's.
``DONE ON|OFF``
  Whether the build is done with this.  ``OFF`` with ``SHARD`` and ``QUEUE``.
``PARTS <part>[;<part>...]``
  What is sent, of ``Update Configure Build Test Notes Upload``: what the steps have
  made; with ``SHARD`` and ``QUEUE`` only ``Test``.
``STEPS <step>[;<step>...]``
  What is done, of ``update configure build test submit``: all of it.  Calls with the
  same ``STAMP`` in one tree may share the steps; what was made before is kept, and sent
  with the last.  ``submit`` alone sends what the last run in this tree (or that of
  ``STAMP``) has left, but not what this server has taken already.  Once the build is done, whatever is
  left or made anew (tests under the same ``STAMP``, a file that ``UPLOAD`` names) makes it anew, and all
  parts of the tree are sent again; a shard's are not sent.  So it is with tests that
  this server has had before under this ``STAMP``, or on this day: the build is said to be done first, and a
  part of one that others send to (``SHARD``, ``QUEUE``, ``DONE=OFF``) is refused.  ``done`` alone says that
  the build is done, for a last job behind those that run the shards, in a tree of its own::

    ctest -S KvmTestDashboard.cmake,nightly -DSTEPS=done -DSTAMP=20260131-0100 -DSITE=lab
          -DBUILDNAME=all-hosts ...

  What names a run is kept in its build tree, in ``Testing/<tag>/kvmtest-names.cmake``, by
  the call that starts it.  A call that goes on with it need not say these again, and fails
  if it says another ``MODEL``, ``GROUP``, ``SITE``, ``BUILDNAME``, ``TEST_SET``, ``HOST``,
  ``QEMU`` or ``MACHINE``, the last four unless it says both ``SITE`` and ``BUILDNAME``;
  ``CONFIGURATION``, ``REPORT`` and ``UPLOAD`` it may say anew.  ``SHARD``, ``QUEUE``,
  ``DONE`` and ``PARTS`` hold for the call that says them; for the later ones, too, if it
  starts the run and sends nothing, and ``SHARD`` and ``QUEUE`` also if it tests.  A call with ``update``, ``configure``,
  ``build`` or ``test`` starts a run unless it has the ``STAMP`` of one of which it leaves a
  step as it is.  Where no run has been started, as in the tree of a last job, ``STAMP`` and
  ``BUILDNAME`` (or ``MACHINE``) are to be said; ``SITE`` is this machine by default.
#]=======================================================================]

cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestHost.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestDashboardNames.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestDashboardRun.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/KvmTestSubmit.cmake")

# What stands in the files for site and build name until the tests are generated, which
# say what they are.
set(kvmtest_pending_site "kvmtest-site-pending")
set(kvmtest_pending_name "kvmtest-name-pending")
set(kvmtest_failures "")
set(kvmtest_hint "")

# The steps that make files for CDash, and which.
set(kvmtest_result_steps update configure build test)
set(kvmtest_result_parts Update Configure Build Test)

function(_kvmtest_stop reason)
  message(FATAL_ERROR " kvmtest dashboard: ${reason}")
endfunction()

# ---------------------------------------------------------------------------- arguments

set(kvmtest_arguments
  SOURCE BINARY MODEL GROUP TEST_SET HOST SITE BUILDNAME QEMU MACHINE GENERATOR CONFIGURATION
  OPTIONS UPDATE PARALLEL STOP_TIME JUNIT REPORT UPLOAD NO_SUBMIT SUBMIT_URL RETRIES RETRY_DELAY
  STAMP SHARD QUEUE DONE PARTS STEPS)

# Sets words_<NAME> to what stands behind the script's name.
function(_kvmtest_read_words text)
  string(REPLACE "," ";" words "${text}")
  foreach(word IN LISTS words)
    if(word MATCHES "^([A-Z_]+)=(.*)$")
      set(name "${CMAKE_MATCH_1}")
      set(value "${CMAKE_MATCH_2}")
    else()
      set(name MODEL)
      set(value "${word}")
    endif()
    if(NOT name IN_LIST kvmtest_arguments)
      list(JOIN kvmtest_arguments ", " known)
      _kvmtest_stop("no argument '${name}'; there are ${known}")
    endif()
    set(words_${name} "${value}" PARENT_SCOPE)
  endforeach()
endfunction()

# Sets kvmtest_<NAME> to the argument's value, else to <default>.
function(_kvmtest_argument name default)
  if(DEFINED ${name})
    set(value "${${name}}")
  elseif(DEFINED words_${name})
    set(value "${words_${name}}")
  else()
    set(value "$ENV{KVMTEST_DASHBOARD_${name}}")
  endif()
  if("${value}" STREQUAL "")
    set(value "${default}")
  endif()
  set(kvmtest_${name} "${value}" PARENT_SCOPE)
endfunction()

function(_kvmtest_expect name pattern what)
  if(NOT "${kvmtest_${name}}" MATCHES "^(${pattern})?$")
    _kvmtest_stop("${name} is '${kvmtest_${name}}', not ${what}")
  endif()
endfunction()

# <name> is what CDash has a column for.
function(_kvmtest_expect_name name most)
  # ctest leaves these out of some of its files, so that CDash would see two builds.
  _kvmtest_expect(${name} "[^\\\\:*?\"<>|\t\n\r]*" [[a name without any of \ : * ? " < > |]])
  _kvmtest_expect(${name} ".*[^ \t].*" "a name")
  string(HEX "${kvmtest_${name}}" bytes)
  string(REGEX REPLACE "(..)" "\\1;" bytes "${bytes}")
  list(FILTER bytes INCLUDE REGEX "^[0-7c-f]")  # the first of each character
  list(LENGTH bytes length)
  if(length GREATER most)
    _kvmtest_stop("${name} has ${length} characters, and CDash takes at most ${most}")
  endif()
endfunction()

# Each item of the list <name> is one of those that follow.
function(_kvmtest_expect_items name)
  foreach(item IN LISTS kvmtest_${name})
    if(NOT item IN_LIST ARGN)
      list(JOIN ARGN ", " known)
      _kvmtest_stop("${name} holds '${item}', which is none of ${known}")
    endif()
  endforeach()
endfunction()

# Warns of what is given as an argument and is none. A script of a project's that includes this one has
# variables of its own; those of ctest's have one of these beginnings, or name the system.
function(_kvmtest_warn_of_unknown variables)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E environment OUTPUT_VARIABLE environment)
  string(REGEX MATCHALL "KVMTEST_DASHBOARD_[A-Za-z0-9_]+=" given "${environment}")
  list(TRANSFORM given REPLACE "^KVMTEST_DASHBOARD_(.*)=$" "\\1")
  if(CTEST_SCRIPT_NAME STREQUAL "KvmTestDashboard.cmake")
    set(names "${variables}")
    list(FILTER names INCLUDE REGEX "^[A-Z][A-Z0-9_]*$")
    list(FILTER names EXCLUDE REGEX "^(CMAKE|CTEST|PRESET)_|^(UNIX|LINUX|BSD|TOKEN|KVMTEST_CDASH_TOKEN)$")
    list(APPEND given ${names})
    foreach(name IN LISTS variables)
      string(TOUPPER "${name}" upper)
      if(upper IN_LIST kvmtest_arguments)
        list(APPEND given "${name}")
      endif()
    endforeach()
  endif()
  list(REMOVE_ITEM given ${kvmtest_arguments})
  list(REMOVE_DUPLICATES given)
  list(JOIN kvmtest_arguments ", " known)
  foreach(name IN LISTS given)
    message("kvmtest dashboard: warning: no argument '${name}'; there are ${known}")
  endforeach()
endfunction()

get_cmake_property(kvmtest_variables VARIABLES)
_kvmtest_warn_of_unknown("${kvmtest_variables}")
_kvmtest_read_words("${CTEST_SCRIPT_ARG}")
_kvmtest_argument(SOURCE ".")
file(REAL_PATH "${kvmtest_SOURCE}" kvmtest_SOURCE)
if(NOT EXISTS "${kvmtest_SOURCE}/CMakeLists.txt")
  _kvmtest_stop("there is no CMakeLists.txt in '${kvmtest_SOURCE}' (SOURCE)")
endif()
_kvmtest_argument(BINARY "${kvmtest_SOURCE}/build")
file(REAL_PATH "${kvmtest_BINARY}" kvmtest_BINARY)
# Those of a run that began before are what it says, as long as nothing else is said.
foreach(name IN ITEMS MODEL GROUP TEST_SET HOST SITE BUILDNAME QEMU MACHINE GENERATOR CONFIGURATION
    OPTIONS PARALLEL STOP_TIME REPORT UPLOAD SUBMIT_URL STAMP SHARD QUEUE DONE PARTS)
  _kvmtest_argument(${name} "")
endforeach()
if(kvmtest_HOST STREQUAL "")
  set(kvmtest_HOST "$ENV{KVMTEST_HOST}")
endif()
set(kvmtest_files "")
foreach(file IN LISTS kvmtest_UPLOAD)
  file(REAL_PATH "${file}" file)
  list(APPEND kvmtest_files "${file}")
endforeach()
set(kvmtest_UPLOAD "${kvmtest_files}")
_kvmtest_argument(JUNIT "${kvmtest_BINARY}/Testing/junit.xml")
file(REAL_PATH "${kvmtest_JUNIT}" kvmtest_JUNIT)
_kvmtest_argument(NO_SUBMIT OFF)
_kvmtest_argument(RETRIES 3)
_kvmtest_argument(RETRY_DELAY 30)
_kvmtest_argument(STEPS "update;configure;build;test;submit")
set(kvmtest_update_default OFF)
find_program(CTEST_UPDATE_COMMAND git)
if(CTEST_UPDATE_COMMAND AND EXISTS "${kvmtest_SOURCE}/.git")
  set(kvmtest_update_default VERSION)
endif()
_kvmtest_argument(UPDATE ${kvmtest_update_default})

string(TOLOWER "${kvmtest_MODEL}" kvmtest_MODEL)
_kvmtest_expect(MODEL "nightly|continuous|experimental" "nightly, continuous or experimental")
_kvmtest_expect(UPDATE "ON|OFF|VERSION" "ON, OFF or VERSION")
_kvmtest_expect(NO_SUBMIT "ON|OFF" "ON or OFF")
_kvmtest_expect_name(SITE 255)
_kvmtest_expect_name(BUILDNAME 255)
_kvmtest_expect_name(GROUP 241)  # with the time before it, it is the stamp
_kvmtest_expect(REPORT "ON|OFF" "ON or OFF")
_kvmtest_expect(DONE "ON|OFF" "ON or OFF")
_kvmtest_expect(PARALLEL "[1-9][0-9]*" "a whole number above 0")
_kvmtest_expect(RETRIES "[0-9]+" "a whole number")
_kvmtest_expect(RETRY_DELAY "[0-9]+" "a whole number of seconds")
_kvmtest_expect(STOP_TIME "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]" "of the form hh:mm:ss")
_kvmtest_expect(STAMP "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]"
  "of the form yyyymmdd-hhmm")
_kvmtest_expect(SHARD "[1-9][0-9]*/[1-9][0-9]*" "of the form k/n")
_kvmtest_expect_items(STEPS update configure build test submit done)
_kvmtest_expect_items(PARTS Update Configure Build Test Notes Upload)
if(kvmtest_SHARD MATCHES "^(.*)/(.*)$" AND CMAKE_MATCH_1 GREATER CMAKE_MATCH_2)
  _kvmtest_stop("SHARD is '${kvmtest_SHARD}': there is no such one of ${CMAKE_MATCH_2}")
endif()

# The login token is nobody's business but CDash's: no test's, nor what tests start.
if(DEFINED KVMTEST_CDASH_TOKEN OR DEFINED TOKEN)
  _kvmtest_stop("the token is taken from the environment variable KVMTEST_CDASH_TOKEN only, since "
    "everybody on this machine can read command lines")
endif()
string(STRIP "$ENV{KVMTEST_CDASH_TOKEN}" kvmtest_token)
unset(ENV{KVMTEST_CDASH_TOKEN})
if(NOT kvmtest_token MATCHES "^[A-Za-z0-9._~+/=-]*$")
  set(kvmtest_token "")
  _kvmtest_stop("KVMTEST_CDASH_TOKEN holds what no token may: it is made of letters, digits and ._~+/=-")
endif()

# Sets <out> to where ctest tells of a step of this run.
function(_kvmtest_log out step)
  set(${out} "" PARENT_SCOPE)
  set(log "${kvmtest_BINARY}/Testing/Temporary/Last${step}_${kvmtest_tag}.log")
  if(EXISTS "${log}")
    set(${out} ": ${log}" PARENT_SCOPE)
  endif()
endfunction()

# ------------------------------------------------------------------------------- its tests

# Sets <out> to the regular expression for the labels of the test sets.
function(_kvmtest_label_pattern out)
  string(REGEX REPLACE "([][+.*()^$?|\\])" "\\\\\\1" sets "${kvmtest_TEST_SET}")
  list(JOIN sets "|" sets)
  set(${out} "^(${sets})$" PARENT_SCOPE)
endfunction()

# Sets junit_tests, junit_failures, junit_skipped (not run for whatever reason), junit_disabled of these.
function(_kvmtest_read_junit)
  set(text "")
  if(EXISTS "${kvmtest_JUNIT}")
    file(READ "${kvmtest_JUNIT}" text LIMIT 4096)
  endif()
  foreach(field IN ITEMS tests failures skipped disabled)
    set(count 0)
    if(text MATCHES "[ \t\n]${field}=\"([0-9]+)\"")
      set(count ${CMAKE_MATCH_1})
    endif()
    set(${field} ${count})
  endforeach()
  math(EXPR skipped "${skipped} + ${disabled}")
  foreach(field IN ITEMS tests failures skipped disabled)
    set(junit_${field} ${${field}} PARENT_SCOPE)
  endforeach()
endfunction()

# At STOP_TIME ctest (3.25) kills the tests that run, with a timeout for a result, and starts no more; of those
# that it has not started its files hold nothing. Sets
#   stop_cut    the tests that it has killed so, as far as its files tell: the last ones, with a timeout
#   stop_never  how many it has not started; both are nothing if it came to the end before
function(_kvmtest_find_stopped)
  set(stop_cut "")
  set(stop_never 0)
  set(words --test-dir "${kvmtest_BINARY}")
  if(NOT kvmtest_QUEUE STREQUAL "")
    set(words --test-dir "${kvmtest_BINARY}/Testing/kvmtest-queue")
  endif()
  if(NOT kvmtest_CONFIGURATION STREQUAL "")
    list(APPEND words -C "${kvmtest_CONFIGURATION}")
  endif()
  if(NOT kvmtest_pattern STREQUAL "")
    list(APPEND words -L "${kvmtest_pattern}")
  endif()
  if(NOT kvmtest_SHARD STREQUAL "")
    list(APPEND words -I "${kvmtest_first},,${kvmtest_stride},0")
  endif()
  execute_process(COMMAND "${CMAKE_CTEST_COMMAND}" -N ${words}
    OUTPUT_VARIABLE text ERROR_QUIET RESULT_VARIABLE ignored)
  if(text MATCHES "\nTotal Tests: ([0-9]+)")
    math(EXPR stop_never "${CMAKE_MATCH_1} - ${junit_tests}")
  endif()
  string(TIMESTAMP now "%s" UTC)
  math(EXPR passed "${now} - ${kvmtest_test_begin}")
  if(stop_never GREATER 0 OR passed GREATER_EQUAL kvmtest_time_left)
    _kvmtest_last_timeouts(stop_cut "${kvmtest_BINARY}/Testing/${kvmtest_tag}/Test.xml")
  endif()
  return(PROPAGATE stop_cut stop_never)
endfunction()

# Sets <out> to the last tests of a Test.xml, where the order is that in which they ended, that had a timeout.
function(_kvmtest_last_timeouts out file)
  set(names "")
  set(name "")
  file(STRINGS "${file}" lines REGEX "^\t*<Name>|^\t*<Value>Timeout</Value>" ENCODING UTF-8)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "<Name>(.*)</Name>")
      list(APPEND names "${name}")
      set(name "")
    else()
      if(NOT name STREQUAL "")
        set(names "")
      endif()
      set(name "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  if(NOT name STREQUAL "")
    set(names "")
  endif()
  list(JOIN names ", " names)
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

# Sets <out> to the seconds from now to a time of the day: of tomorrow, if today's is over.
function(_kvmtest_seconds_until out time)
  string(TIMESTAMP now "%H:%M:%S")
  foreach(which IN ITEMS now time)
    string(REPLACE ":" ";" fields "${${which}}")
    list(GET fields 0 hours)
    list(GET fields 1 minutes)
    list(GET fields 2 seconds)
    math(EXPR ${which} "(${hours} * 60 + ${minutes}) * 60 + ${seconds}")
  endforeach()
  math(EXPR left "(${time} - ${now} + 86400) % 86400")
  set(${out} ${left} PARENT_SCOPE)
endfunction()

# ctest compresses what it sends unless it is told not to, and the JUnit file with it
# (3.25 to 4.4); a script cannot tell it.
function(_kvmtest_hint_at_compression)
  file(READ "${kvmtest_JUNIT}" text)
  string(FIND "${text}" "<system-out>eJ" begin)
  if(begin GREATER_EQUAL 0)
    message("kvmtest dashboard: the tests' output in ${kvmtest_JUNIT} is compressed; "
      "ctest --no-compress-output -S ... leaves it readable")
  endif()
endfunction()

# A file that was there when its test named it and is not when ctest reads it, behind all tests, is
# told of with an attribute `text` where CDash's schema demands `type` (ctest 3.25 to 4.4): a server
# that validates would reject the whole file.
function(_kvmtest_mend_missing_files)
  set(file "${kvmtest_BINARY}/Testing/${kvmtest_tag}/Test.xml")
  if(NOT EXISTS "${file}")
    return()
  endif()
  file(READ "${file}" text)
  string(FIND "${text}" " text=\"text/string\">" begin)
  if(begin GREATER_EQUAL 0)
    string(REGEX REPLACE "(<NamedMeasurement name=\"[^\"<>]*\") text=\"text/string\">"
      "\\1 type=\"text/string\">" text "${text}")
    file(WRITE "${file}" "${text}")
  endif()
endfunction()

# ------------------------------------------------------------------------------- the steps

set(CTEST_SOURCE_DIRECTORY "${kvmtest_SOURCE}")
set(CTEST_BINARY_DIRECTORY "${kvmtest_BINARY}")
set(CTEST_NIGHTLY_START_TIME "00:00:00 UTC")

# The package beside this script, unless somebody has said which.
if(NOT DEFINED ENV{KvmTest_ROOT} AND EXISTS "${CMAKE_CURRENT_LIST_DIR}/KvmTestConfig.cmake")
  set(ENV{KvmTest_ROOT} "${CMAKE_CURRENT_LIST_DIR}")
endif()

file(MAKE_DIRECTORY "${kvmtest_BINARY}/Testing")
file(LOCK "${kvmtest_BINARY}/Testing/kvmtest-dashboard.lock" GUARD PROCESS TIMEOUT 0
  RESULT_VARIABLE kvmtest_locked)
if(NOT kvmtest_locked STREQUAL "0")
  _kvmtest_stop("another dashboard is at work in ${kvmtest_BINARY}, and ctest has one set of "
    "result files in a build tree: give this one a tree of its own (BINARY)")
endif()

# A tag of ctest's (stamp, group, model) names the run and its files. One that others share is
# written here; what is only sent belongs to the last one.
set(kvmtest_is_first ON)
set(kvmtest_last_tag "")
set(kvmtest_last_ended "")
if(EXISTS "${kvmtest_BINARY}/Testing/TAG")
  set(kvmtest_is_first OFF)
  file(READ "${kvmtest_BINARY}/Testing/TAG" kvmtest_last_run)
  string(REGEX MATCH "^[^\n]*" kvmtest_last_tag "${kvmtest_last_run}")
  set(kvmtest_last_ended "${kvmtest_BINARY}/Testing/${kvmtest_last_tag}/kvmtest-ended")
endif()

# A call goes on with a run if it leaves anything that it has made; else it starts one.
set(kvmtest_made_steps "${kvmtest_STEPS}")
list(REMOVE_ITEM kvmtest_made_steps submit done)
set(kvmtest_makes OFF)
if(NOT kvmtest_made_steps STREQUAL "")
  set(kvmtest_makes ON)
endif()
# A call that has found nothing new has started no run: who then sends, sends what is left of the last.
set(kvmtest_nothing_new_file "${kvmtest_BINARY}/Testing/${kvmtest_STAMP}/kvmtest-nothing-new")
if(NOT kvmtest_makes AND NOT kvmtest_STAMP STREQUAL "" AND EXISTS "${kvmtest_nothing_new_file}")
  file(READ "${kvmtest_nothing_new_file}" kvmtest_STAMP)
endif()
# What is kept of no call is said again by who sends the rest of it.
set(kvmtest_unkept ${kvmtest_shares})
if(NOT kvmtest_makes)
  list(APPEND kvmtest_unkept REPORT UPLOAD)
endif()
set(kvmtest_said "")
foreach(name IN LISTS kvmtest_unkept)
  if(NOT kvmtest_${name} STREQUAL "")
    list(APPEND kvmtest_said ${name})
    set(kvmtest_said_${name} "${kvmtest_${name}}")
  endif()
endforeach()
if(kvmtest_STAMP STREQUAL "")
  _kvmtest_read_run("${kvmtest_last_tag}")
else()
  _kvmtest_read_run("${kvmtest_STAMP}")
endif()
if(kvmtest_makes)
  set(kvmtest_left_steps "${run_STEPS}")
  list(REMOVE_ITEM kvmtest_left_steps ${kvmtest_made_steps})
  if(kvmtest_STAMP STREQUAL "" OR kvmtest_left_steps STREQUAL "")
    _kvmtest_read_run(none)
  endif()
elseif(NOT run_is_known)
  _kvmtest_check_unknown_run()
endif()
if(run_is_known)
  set(kvmtest_binding ${kvmtest_names})
  if(NOT kvmtest_SITE STREQUAL "" AND NOT kvmtest_BUILDNAME STREQUAL "")
    list(REMOVE_ITEM kvmtest_binding TEST_SET HOST QEMU MACHINE)  # they name nothing then
  endif()
  _kvmtest_contradictions(kvmtest_lines ${kvmtest_binding})
  if(NOT kvmtest_lines STREQUAL "")
    _kvmtest_stop("this call goes on with a run of this tree, and contradicts it:${kvmtest_lines}\n \
hint: without these it goes on; another run has another STAMP, or a tree of its own (BINARY)")
  endif()
  _kvmtest_go_on()
endif()

if(EXISTS "${kvmtest_BINARY}/CMakeCache.txt")
  file(STRINGS "${kvmtest_BINARY}/CMakeCache.txt" kvmtest_line REGEX "^CMAKE_GENERATOR:INTERNAL=")
  string(REGEX REPLACE "^[^=]*=" "" kvmtest_GENERATOR "${kvmtest_line}")
elseif(kvmtest_GENERATOR STREQUAL "")
  find_program(kvmtest_ninja NAMES ninja ninja-build)
  set(kvmtest_GENERATOR "Unix Makefiles")
  if(kvmtest_ninja)
    set(kvmtest_GENERATOR "Ninja")
  endif()
endif()
set(CTEST_CMAKE_GENERATOR "${kvmtest_GENERATOR}")
if(kvmtest_GENERATOR MATCHES "Multi-Config" AND kvmtest_CONFIGURATION STREQUAL "" AND kvmtest_STEPS MATCHES "build|test")
  _kvmtest_stop("a tree made with ${kvmtest_GENERATOR} has several configurations: say by CONFIGURATION which of them \
is built and tested, such as CONFIGURATION=Release")
endif()

if(kvmtest_MODEL STREQUAL "")
  set(kvmtest_MODEL experimental)
endif()
string(SUBSTRING "${kvmtest_MODEL}" 0 1 kvmtest_initial)
string(TOUPPER "${kvmtest_initial}" kvmtest_model_name)
string(SUBSTRING "${kvmtest_MODEL}" 1 -1 kvmtest_rest)
string(APPEND kvmtest_model_name "${kvmtest_rest}")
if(kvmtest_GROUP STREQUAL "")
  set(kvmtest_GROUP "${kvmtest_model_name}")
endif()
set(kvmtest_is_shard OFF)
set(kvmtest_is_part OFF)  # of a build that others send to
if(kvmtest_DONE STREQUAL "OFF")
  set(kvmtest_is_part ON)
endif()
if(NOT "${kvmtest_SHARD}${kvmtest_QUEUE}" STREQUAL "")
  set(kvmtest_is_shard ON)
  set(kvmtest_is_part ON)
  if(kvmtest_STAMP STREQUAL "" AND NOT kvmtest_NO_SUBMIT)
    _kvmtest_stop("a shard (SHARD, QUEUE) needs STAMP, the same in all of them: CDash makes one "
      "build of what has the same stamp")
  endif()
endif()
if(kvmtest_SHARD MATCHES "^(.*)/(.*)$")
  set(kvmtest_first ${CMAKE_MATCH_1})
  set(kvmtest_stride ${CMAKE_MATCH_2})
endif()
if(NOT kvmtest_HOST STREQUAL "")
  set(ENV{KVMTEST_HOST} "${kvmtest_HOST}")
endif()
if(NOT kvmtest_CONFIGURATION STREQUAL "")
  set(CTEST_CONFIGURATION_TYPE "${kvmtest_CONFIGURATION}")
endif()
set(CTEST_SITE "${kvmtest_pending_site}")
set(CTEST_BUILD_NAME "${kvmtest_pending_name}")
if(NOT kvmtest_SITE STREQUAL "")
  set(CTEST_SITE "${kvmtest_SITE}")
endif()
if(NOT kvmtest_BUILDNAME STREQUAL "")
  set(CTEST_BUILD_NAME "${kvmtest_BUILDNAME}")
endif()
set(kvmtest_append "")
if(NOT kvmtest_STAMP STREQUAL "")
  file(WRITE "${kvmtest_BINARY}/Testing/TAG"
    "${kvmtest_STAMP}\n${kvmtest_GROUP}\n${kvmtest_model_name}\n")
  set(kvmtest_append APPEND)
elseif(NOT kvmtest_makes)
  set(kvmtest_append APPEND)
endif()
ctest_start(${kvmtest_model_name} GROUP "${kvmtest_GROUP}" ${kvmtest_append} QUIET)
file(STRINGS "${kvmtest_BINARY}/Testing/TAG" kvmtest_tag LIMIT_COUNT 1)
set(kvmtest_begin "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-begin")
set(kvmtest_stopped_file "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-stopped.txt")
set(kvmtest_update_file "${kvmtest_BINARY}/Testing/${kvmtest_tag}/Update.xml")
# All nightly runs of a day have one tag, and all others of a minute.
set(kvmtest_last_update "")
if("update" IN_LIST kvmtest_STEPS AND EXISTS "${kvmtest_update_file}")
  file(READ "${kvmtest_update_file}" kvmtest_last_update)
  file(REMOVE "${kvmtest_update_file}")
endif()

set(kvmtest_asked_steps "${kvmtest_STEPS}")
if(kvmtest_NO_SUBMIT)
  list(REMOVE_ITEM kvmtest_STEPS submit done)
elseif(kvmtest_SUBMIT_URL STREQUAL "" AND kvmtest_STEPS MATCHES "submit|done"
    AND NOT DEFINED CTEST_SUBMIT_URL AND NOT DEFINED CTEST_DROP_SITE)
  _kvmtest_stop("no CDash to submit to: neither does ${kvmtest_SOURCE}/CTestConfig.cmake set "
    "CTEST_SUBMIT_URL nor is SUBMIT_URL given; NO_SUBMIT=ON goes without")
endif()

set(kvmtest_nothing_new OFF)
if("update" IN_LIST kvmtest_STEPS AND NOT kvmtest_UPDATE STREQUAL "OFF")
  if(kvmtest_UPDATE STREQUAL "VERSION")
    set(CTEST_UPDATE_VERSION_ONLY ON)
  endif()
  ctest_update(RETURN_VALUE kvmtest_updated CAPTURE_CMAKE_ERROR kvmtest_error)
  if(kvmtest_updated LESS 0 OR NOT kvmtest_error EQUAL 0)
    _kvmtest_log(kvmtest_log Update)
    list(APPEND kvmtest_failures "the update failed${kvmtest_log}")
  elseif(kvmtest_updated EQUAL 0 AND kvmtest_UPDATE STREQUAL "ON"
      AND kvmtest_MODEL STREQUAL "continuous" AND EXISTS "${kvmtest_last_ended}")
    _kvmtest_read_run("${kvmtest_last_tag}")
    _kvmtest_contradictions(kvmtest_lines ${kvmtest_names})
    if(run_is_known AND NOT kvmtest_lines STREQUAL "")
      _kvmtest_read_run(none)  # other tests, or under another name
    else()
      message("kvmtest dashboard: the sources have not changed since the last run")
      file(READ "${kvmtest_last_ended}" kvmtest_not_made)
      if(NOT kvmtest_not_made STREQUAL "")
        list(APPEND kvmtest_failures "${kvmtest_not_made} failed then (without UPDATE=ON it is tried again)")
      endif()
      # It stays the last one; and if it has not been submitted, or not all of it, now it is.
      if(NOT kvmtest_last_update STREQUAL "")
        file(WRITE "${kvmtest_update_file}" "${kvmtest_last_update}")
      endif()
      file(WRITE "${kvmtest_BINARY}/Testing/TAG" "${kvmtest_last_run}")
      if(NOT kvmtest_tag STREQUAL kvmtest_last_tag)
        file(REMOVE_RECURSE "${kvmtest_BINARY}/Testing/${kvmtest_tag}")
        file(WRITE "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-nothing-new" "${kvmtest_last_tag}")
      endif()
      set(kvmtest_tag "${kvmtest_last_tag}")
      set(kvmtest_begin "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-begin")
      set(kvmtest_makes OFF)
      _kvmtest_go_on()
      if("submit" IN_LIST kvmtest_STEPS)
        set(kvmtest_STEPS submit)
      else()
        set(kvmtest_nothing_new ON)
        set(kvmtest_STEPS "")
      endif()
    endif()
  endif()
endif()
if(kvmtest_makes)
  _kvmtest_keep_run()
endif()

# What an earlier run of the same tag left is not to be sent as this one's. With a stamp of its own
# it is the same run, and only what is made again goes.
if(kvmtest_STEPS MATCHES "update|configure|build|test")
  set(kvmtest_old "")
  foreach(step part IN ZIP_LISTS kvmtest_result_steps kvmtest_result_parts)
    if(step IN_LIST kvmtest_STEPS OR kvmtest_STAMP STREQUAL "")
      list(APPEND kvmtest_old ${part})
    endif()
  endforeach()
  list(APPEND kvmtest_old Notes Upload Done)
  file(REMOVE "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-ended")
  if("test" IN_LIST kvmtest_STEPS)
    file(REMOVE "${kvmtest_JUNIT}")
  endif()
  if("test" IN_LIST kvmtest_STEPS OR kvmtest_STAMP STREQUAL "")
    file(REMOVE "${kvmtest_begin}" "${kvmtest_stopped_file}")
  endif()
  _kvmtest_forget_taken(${kvmtest_old})
  if("update" IN_LIST kvmtest_STEPS)
    list(REMOVE_ITEM kvmtest_old Update)
  endif()
  foreach(part IN LISTS kvmtest_old)
    file(REMOVE "${kvmtest_BINARY}/Testing/${kvmtest_tag}/${part}.xml")
  endforeach()
endif()

set(kvmtest_configured ON)
set(kvmtest_not_made "")  # what has failed of it
if("configure" IN_LIST kvmtest_STEPS)
  set(kvmtest_options ${kvmtest_OPTIONS})
  if(NOT kvmtest_CONFIGURATION STREQUAL "" AND NOT kvmtest_GENERATOR MATCHES "Multi-Config")
    list(APPEND kvmtest_options "-DCMAKE_BUILD_TYPE=${kvmtest_CONFIGURATION}")
  endif()
  ctest_configure(OPTIONS "${kvmtest_options}" RETURN_VALUE kvmtest_status
    CAPTURE_CMAKE_ERROR kvmtest_error)
  if(NOT kvmtest_status EQUAL 0 OR NOT kvmtest_error EQUAL 0)
    set(kvmtest_configured OFF)
    _kvmtest_log(kvmtest_log Configure)
    set(kvmtest_not_made "cmake")
    list(APPEND kvmtest_failures "cmake failed${kvmtest_log}")
  endif()
endif()

if("build" IN_LIST kvmtest_STEPS AND kvmtest_configured)
  cmake_host_system_information(RESULT kvmtest_cores QUERY NUMBER_OF_LOGICAL_CORES)
  ctest_build(PARALLEL_LEVEL ${kvmtest_cores} RETURN_VALUE kvmtest_status
    CAPTURE_CMAKE_ERROR kvmtest_error)
  if(NOT kvmtest_status EQUAL 0 OR NOT kvmtest_error EQUAL 0)
    # The tests run all the same: those that cannot be made are failing tests.
    _kvmtest_log(kvmtest_log Build)
    set(kvmtest_not_made "the build")
    list(APPEND kvmtest_failures "the build failed${kvmtest_log}")
  endif()
endif()

if(NOT kvmtest_nothing_new)
  _kvmtest_name_it(kvmtest_queues)
  # Before the build they are not known; the call that builds, tests or submits writes them.
  if(kvmtest_asked_steps MATCHES "build|test|submit")
    _kvmtest_write_names()
  endif()
  if(kvmtest_asked_steps MATCHES "build|test|submit|done")
    set(kvmtest_SITE "${CTEST_SITE}")
    set(kvmtest_BUILDNAME "${CTEST_BUILD_NAME}")
    _kvmtest_keep_run()
  endif()
  # ctest takes the names when it starts a dashboard: here this one goes on under them. It also
  # reads CTestConfig.cmake, so what overrides that comes after it.
  ctest_start(${kvmtest_model_name} GROUP "${kvmtest_GROUP}" APPEND QUIET)
  if(NOT kvmtest_SUBMIT_URL STREQUAL "")
    set(CTEST_SUBMIT_URL "${kvmtest_SUBMIT_URL}")
  endif()
  message("kvmtest dashboard: site ${CTEST_SITE}, build ${CTEST_BUILD_NAME}, "
    "stamp ${kvmtest_tag}-${kvmtest_GROUP}")
endif()

if("test" IN_LIST kvmtest_STEPS AND kvmtest_configured)
  set(kvmtest_how "")
  set(kvmtest_pattern "")
  if(NOT kvmtest_TEST_SET STREQUAL "")
    foreach(set IN LISTS kvmtest_TEST_SET)
      if(NOT plan_sets STREQUAL "" AND NOT set IN_LIST plan_sets)
        list(JOIN plan_sets ", " plan_sets)
        _kvmtest_stop("there is no test set '${set}', but ${plan_sets}")
      endif()
    endforeach()
    _kvmtest_label_pattern(kvmtest_pattern)
    list(APPEND kvmtest_how INCLUDE_LABEL "${kvmtest_pattern}")
  endif()
  if(NOT kvmtest_SHARD STREQUAL "")
    # ctest (seen with 3.25) takes a range without a test for all tests; with a further number, of a
    # test that there is never, it is none.
    list(APPEND kvmtest_how START ${kvmtest_first} STRIDE "${kvmtest_stride},0")
  endif()
  if(NOT kvmtest_STOP_TIME STREQUAL "")
    list(APPEND kvmtest_how STOP_TIME "${kvmtest_STOP_TIME}")
    _kvmtest_seconds_until(kvmtest_time_left "${kvmtest_STOP_TIME}")
    string(TIMESTAMP kvmtest_test_begin "%s" UTC)
  endif()
  if(NOT kvmtest_QUEUE STREQUAL "")
    if(plan_queue_scripts STREQUAL "")
      list(APPEND kvmtest_failures "the host has no queue '${kvmtest_QUEUE}' with tests")
    endif()
    file(WRITE "${kvmtest_BINARY}/Testing/kvmtest-queue/CTestTestfile.cmake"
      "${plan_queue_scripts}")
    list(APPEND kvmtest_how BUILD "${kvmtest_BINARY}/Testing/kvmtest-queue")
    set(kvmtest_queues 1)
  endif()
  if(NOT kvmtest_PARALLEL STREQUAL "")
    set(kvmtest_queues ${kvmtest_PARALLEL})
  endif()
  # By what tests took last time ctest would run those without a cost of their own in
  # another order, failed ones first of all, and reading it takes time that grows with the
  # square of their number.
  file(REMOVE "${kvmtest_BINARY}/Testing/Temporary/CTestCostData.txt")
  cmake_path(GET kvmtest_JUNIT PARENT_PATH kvmtest_directory)
  file(MAKE_DIRECTORY "${kvmtest_directory}")
  # What ctest does by itself in a tree, and a script only when told to: among others it makes the
  # page of all tests behind them.
  ctest_read_custom_files("${kvmtest_BINARY}")
  file(TOUCH "${kvmtest_begin}")
  ctest_test(${kvmtest_how} PARALLEL_LEVEL ${kvmtest_queues} OUTPUT_JUNIT "${kvmtest_JUNIT}"
    RETURN_VALUE kvmtest_status CAPTURE_CMAKE_ERROR kvmtest_error)
  _kvmtest_mend_missing_files()
  _kvmtest_read_junit()
  if(junit_tests EQUAL 0 AND DEFINED kvmtest_first AND kvmtest_first GREATER 1)
    # The first one has the first test of all: there it would be a failure.
    message("kvmtest dashboard: there is no test for shard ${kvmtest_SHARD}")
    file(REMOVE "${kvmtest_BINARY}/Testing/${kvmtest_tag}/Test.xml")
  elseif(junit_tests EQUAL 0)
    list(APPEND kvmtest_failures "no tests were run")
  elseif(junit_disabled EQUAL junit_tests)
    # For ctest (3.25) these are no tests at all, and that an error.
    set(kvmtest_status 0)
  elseif(NOT kvmtest_status EQUAL 0 OR NOT kvmtest_error EQUAL 0)
    list(APPEND kvmtest_failures
      "of ${junit_tests} tests ${junit_failures} failed and ${junit_skipped} were not run")
  endif()
  message("kvmtest dashboard: ${junit_tests} tests, ${junit_failures} failed, "
    "${junit_skipped} not run; JUnit: ${kvmtest_JUNIT}")
  if(NOT kvmtest_STOP_TIME STREQUAL "" AND NOT kvmtest_status EQUAL 0)
    _kvmtest_find_stopped()
    if(NOT stop_cut STREQUAL "" OR stop_never GREATER 0)
      set(kvmtest_text "the time was up (STOP_TIME ${kvmtest_STOP_TIME}): ${stop_never} tests were never started")
      if(NOT stop_cut STREQUAL "")
        string(APPEND kvmtest_text "; failed since they were killed then, or had a timeout \
of their own right before: ${stop_cut}")
      endif()
      file(WRITE "${kvmtest_stopped_file}" "${kvmtest_text}\n")
      string(REPLACE ";" "\\;" kvmtest_text "${kvmtest_text}")
      list(APPEND kvmtest_failures "${kvmtest_text}")
    endif()
  endif()
  if(EXISTS "${kvmtest_JUNIT}")
    _kvmtest_hint_at_compression()
  endif()
endif()

# What the build name leaves out.
set(kvmtest_note "${kvmtest_BINARY}/Testing/kvmtest-run.txt")
if(NOT kvmtest_nothing_new)
  cmake_host_system_information(RESULT kvmtest_os QUERY OS_NAME OS_RELEASE DISTRIB_PRETTY_NAME)
  list(JOIN kvmtest_os " " kvmtest_os)
  list(JOIN kvmtest_STEPS " " kvmtest_steps_text)
  set(kvmtest_text "steps: ${kvmtest_steps_text}\nsystem: ${kvmtest_os}\n")
  foreach(field IN ITEMS TEST_SET SHARD QUEUE)
    if(NOT kvmtest_${field} STREQUAL "")
      string(APPEND kvmtest_text "${field}: ${kvmtest_${field}}\n")
    endif()
  endforeach()
  if(EXISTS "${kvmtest_stopped_file}")
    file(READ "${kvmtest_stopped_file}" kvmtest_stopped)
    string(APPEND kvmtest_text "${kvmtest_stopped}")
  endif()
  file(WRITE "${kvmtest_note}" "${kvmtest_text}")
  # A run that somebody or the stop time has ended before is not one that need not be repeated. One that
  # could not be made is not repeated either as long as nothing has changed, and stays a failure.
  if("test" IN_LIST kvmtest_STEPS AND NOT EXISTS "${kvmtest_stopped_file}")
    file(WRITE "${kvmtest_BINARY}/Testing/${kvmtest_tag}/kvmtest-ended" "${kvmtest_not_made}")
  endif()
endif()

if(kvmtest_STEPS MATCHES "submit|done")
  set(kvmtest_files "")
  set(kvmtest_upload_digest "")
  foreach(file IN LISTS kvmtest_UPLOAD)
    if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}")
      list(APPEND kvmtest_files "${file}")
      file(MD5 "${file}" kvmtest_digest)
      string(MD5 kvmtest_upload_digest "${kvmtest_upload_digest} ${kvmtest_digest} ${file}")
    else()
      message("kvmtest dashboard: warning: there is no file '${file}' to upload")
    endif()
  endforeach()
  if(kvmtest_files STREQUAL "")
    set(kvmtest_upload_digest "-")
  endif()
  # The page of all tests, if the tests of this run have made it.
  set(kvmtest_page "${kvmtest_BINARY}/kvmtest/report.html")
  if(NOT kvmtest_REPORT STREQUAL "OFF" AND EXISTS "${kvmtest_page}" AND EXISTS "${kvmtest_begin}"
      AND "${kvmtest_page}" IS_NEWER_THAN "${kvmtest_begin}")
    list(APPEND kvmtest_files "${kvmtest_page}")
  endif()
  if(kvmtest_files AND "submit" IN_LIST kvmtest_STEPS)
    ctest_upload(FILES ${kvmtest_files} QUIET CAPTURE_CMAKE_ERROR kvmtest_error)
    if(NOT kvmtest_error EQUAL 0)
      list(APPEND kvmtest_failures "the files to upload could not be read")
    endif()
  endif()
  if(kvmtest_PARTS STREQUAL "")
    set(kvmtest_PARTS Update Configure Build Test Notes Upload)
    if(kvmtest_is_shard)
      set(kvmtest_PARTS Test)
    endif()
  endif()
  if(NOT "submit" IN_LIST kvmtest_STEPS)
    # CDash knows the build that is done by what came before in the same submission.
    set(kvmtest_PARTS Notes)
    set(kvmtest_DONE ON)
  endif()
  _kvmtest_made_parts(kvmtest_PARTS ${kvmtest_PARTS})
  if(kvmtest_DONE STREQUAL "ON" OR (kvmtest_DONE STREQUAL "" AND NOT kvmtest_is_shard))
    list(APPEND kvmtest_PARTS Done)
  endif()
  _kvmtest_submit("${kvmtest_note}" ${kvmtest_PARTS})
  list(JOIN submit_taken ", " kvmtest_taken)
  if(NOT submit_problem STREQUAL "")
    if(NOT kvmtest_taken STREQUAL "")
      string(APPEND submit_problem " (${kvmtest_taken} were taken)")
    endif()
    string(REPLACE ";" "\\;" submit_problem "${submit_problem}")
    list(APPEND kvmtest_failures "the submission failed: ${submit_problem}")
    _kvmtest_resume_hint(kvmtest_hint)
  elseif(kvmtest_taken STREQUAL "")
    message("kvmtest dashboard: nothing is left to submit")
  else()
    message("kvmtest dashboard: submitted ${kvmtest_taken} (build ${submit_build})")
  endif()
endif()

if(NOT "${kvmtest_failures}" STREQUAL "")
  list(JOIN kvmtest_failures "\n   " kvmtest_failures)
  message(FATAL_ERROR " kvmtest dashboard:\n   ${kvmtest_failures}${kvmtest_hint}")
endif()
