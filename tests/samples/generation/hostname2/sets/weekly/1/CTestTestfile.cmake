# Written by kvmtest-generate 1.2.3 from sets.cfg: set weekly on host hostname2, queue 1. Do not edit.
get_filename_component(KVMTEST_TESTS "${CMAKE_CURRENT_LIST_DIR}/../../../tests.jsonl" ABSOLUTE)
math(EXPR KVMTEST_TIMEOUT "660 + 0${KVMTEST_WAIT_hostname2__1}")
add_test([=[kvm.weekly.ide.install]=] [=[/usr/bin/kvmtest-run]=] --tests "${KVMTEST_TESTS}@495" --test [=[kvm.weekly.ide.install]=] ${KVMTEST_WAIT_OPTION_hostname2__1})
set_tests_properties([=[kvm.weekly.ide.install]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname2:1${KVMTEST_GATES_hostname2__1},kvmq__hostname2__1:1,kvmr__hostname2__1__r2:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 7)
set_directory_properties(PROPERTIES LABELS [=[weekly;host:hostname2;queue:1]=])
