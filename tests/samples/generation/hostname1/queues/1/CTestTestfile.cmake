# Written by kvmtest-generate 1.2.3 from sets.cfg: queue 1 of host hostname1. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname1/sets/nightly/1]=])
set(CTEST_RESOURCE_SPEC_FILE [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/resources.json]=])
