# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host hostname1, queue 1. Do not edit.
get_filename_component(KVMTEST_TESTS "${CMAKE_CURRENT_LIST_DIR}/../../../../tests.jsonl" ABSOLUTE)
math(EXPR KVMTEST_TIMEOUT "660 + 0${KVMTEST_WAIT_hostname1__1}")
add_test([=[kvm.nightly.ide.install]=] [=[/usr/bin/kvmtest-run]=] --tests "${KVMTEST_TESTS}@836" --test [=[kvm.nightly.ide.install]=] ${KVMTEST_WAIT_OPTION_hostname1__1})
set_tests_properties([=[kvm.nightly.ide.install]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1${KVMTEST_GATES_hostname1__1},kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 10 FIXTURES_SETUP [=[kvm.nightly.ide.install]=])
math(EXPR KVMTEST_TIMEOUT "150 + 0${KVMTEST_WAIT_hostname1__1}")
add_test([=[kvm.nightly.ide.boot]=] [=[/usr/bin/kvmtest-run]=] --tests "${KVMTEST_TESTS}@1126" --test [=[kvm.nightly.ide.boot]=] ${KVMTEST_WAIT_OPTION_hostname1__1})
set_tests_properties([=[kvm.nightly.ide.boot]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1${KVMTEST_GATES_hostname1__1},kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 9 LABELS [=[smoke;guest boot]=] FIXTURES_REQUIRED [=[kvm.nightly.ide.install]=])
set_directory_properties(PROPERTIES LABELS [=[nightly;host:hostname1;queue:1]=])
