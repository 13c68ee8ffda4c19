# Written by kvmtest-generate 1.2.3 from sets.cfg: set weekly on host hostname1, queue q-2. Do not edit.
get_filename_component(KVMTEST_TESTS "${CMAKE_CURRENT_LIST_DIR}/../../../../tests.jsonl" ABSOLUTE)
math(EXPR KVMTEST_TIMEOUT "660 + 0${KVMTEST_WAIT_hostname1__q_2d2}")
add_test([=[kvm.weekly.ide.install@hostname1]=] [=[/usr/bin/kvmtest-run]=] --tests "${KVMTEST_TESTS}@1462" --test [=[kvm.weekly.ide.install]=] ${KVMTEST_WAIT_OPTION_hostname1__q_2d2})
set_tests_properties([=[kvm.weekly.ide.install@hostname1]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1${KVMTEST_GATES_hostname1__q_2d2},kvmq__hostname1__q_2d2:1,kvmr__hostname1__q_2d2__r1:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 8 DISABLED TRUE)
set_directory_properties(PROPERTIES LABELS [=[weekly;host:hostname1;queue:q-2]=])
