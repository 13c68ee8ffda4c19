# Written by kvmtest-generate 1.2.3 from sets.cfg: queue q-2 of host hostname1. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname1/sets/weekly/q_2d2]=])
set(CTEST_RESOURCE_SPEC_FILE [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/resources.json]=])
