# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host localhost, any queue. Do not edit.
get_filename_component(KVMTEST_TESTS "${CMAKE_CURRENT_LIST_DIR}/../../../tests.jsonl" ABSOLUTE)
math(EXPR KVMTEST_TIMEOUT "660 + 0${KVMTEST_WAIT_localhost__1__2}")
add_test([=[kvm.nightly.any]=] [=[/usr/bin/kvmtest-run]=] --tests "${KVMTEST_TESTS}@545" --test [=[kvm.nightly.any]=] ${KVMTEST_WAIT_OPTION_localhost__1__2})
set_tests_properties([=[kvm.nightly.any]=] PROPERTIES RESOURCE_GROUPS "kvmp__localhost:1${KVMTEST_GATES_localhost__1__2}" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 6)
set_directory_properties(PROPERTIES LABELS [=[nightly;host:localhost]=])
