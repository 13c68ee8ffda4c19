# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host hostname1, queue 1. Do not edit.
math(EXPR KVMTEST_TIMEOUT "660 + 0${KVMTEST_WAIT_hostname1__1}")
add_test([=[kvm.nightly.ide.install]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/hostname1/tests.jsonl@836]=] --test [=[kvm.nightly.ide.install]=] ${KVMTEST_WAIT_OPTION_hostname1__1})
set_tests_properties([=[kvm.nightly.ide.install]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1${KVMTEST_GATES_hostname1__1},kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 10 FIXTURES_SETUP [=[kvm.nightly.ide.install]=])
math(EXPR KVMTEST_TIMEOUT "150 + 0${KVMTEST_WAIT_hostname1__1}")
add_test([=[kvm.nightly.ide.boot]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/hostname1/tests.jsonl@1126]=] --test [=[kvm.nightly.ide.boot]=] ${KVMTEST_WAIT_OPTION_hostname1__1})
set_tests_properties([=[kvm.nightly.ide.boot]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1${KVMTEST_GATES_hostname1__1},kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 9 FIXTURES_REQUIRED [=[kvm.nightly.ide.install]=] LABELS [=[smoke;guest boot]=])
set_directory_properties(PROPERTIES LABELS [=[nightly;host:hostname1;queue:1]=])
