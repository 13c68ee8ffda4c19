# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host localhost, any queue. Do not edit.
add_test([=[kvm.nightly.any]=] ${KVMTEST_LAUNCHER} [=[/usr/bin/kvmtest-run]=] --tests [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/localhost/tests.jsonl@545]=] --test [=[kvm.nightly.any]=])
set_tests_properties([=[kvm.nightly.any]=] PROPERTIES RESOURCE_GROUPS "kvmp__localhost:1" TIMEOUT 660 SKIP_RETURN_CODE 77 COST 6)
set_directory_properties(PROPERTIES LABELS [=[nightly;host:localhost]=])
