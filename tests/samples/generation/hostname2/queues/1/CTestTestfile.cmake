# Written by kvmtest-generate 1.2.3 from sets.cfg: queue 1 of host hostname2. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/hostname2/sets/weekly/1]=])
set(CTEST_RESOURCE_SPEC_FILE [=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/resources.json]=])
