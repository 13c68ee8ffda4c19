# Written by kvmtest-generate 1.2.3 from sets.cfg: set weekly on host hostname2, queue 1. Do not edit.
add_test([=[kvm.weekly.ide.install]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname2/tests.jsonl@511]=] --test [=[kvm.weekly.ide.install]=])
set_tests_properties([=[kvm.weekly.ide.install]=] PROPERTIES RESOURCE_GROUPS "kvmp__hostname2:1,kvmq__hostname2__1:1,kvmr__hostname2__1__r2:1" TIMEOUT 660 SKIP_RETURN_CODE 77 COST 7)
set_directory_properties(PROPERTIES LABELS [=[weekly;host:hostname2;queue:1]=])
