# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host hostname1, queue 1. Do not edit.
add_test([=[kvm.nightly.ide.install]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname1/tests.jsonl@836]=] --test [=[kvm.nightly.ide.install]=])
set_tests_properties([=[kvm.nightly.ide.install]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1,kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT 660 SKIP_RETURN_CODE 77 COST 10 FIXTURES_SETUP [=[kvm.nightly.ide.install]=])
add_test([=[kvm.nightly.ide.boot]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname1/tests.jsonl@1126]=] --test [=[kvm.nightly.ide.boot]=])
set_tests_properties([=[kvm.nightly.ide.boot]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname1:1,kvmq__hostname1__1:1,kvmr__hostname1__1__r0:1" TIMEOUT 150 SKIP_RETURN_CODE 77 COST 9 FIXTURES_REQUIRED [=[kvm.nightly.ide.install]=] LABELS [=[smoke;guest boot]=])
set_directory_properties(PROPERTIES LABELS [=[nightly;host:hostname1;queue:1]=])
