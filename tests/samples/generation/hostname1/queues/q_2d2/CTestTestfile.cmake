# Written by kvmtest-generate 1.2.3 from sets.cfg: queue q-2 of host hostname1. Do not edit.
include([=[/b/kvmtest/resources.cmake]=])
subdirs([=[/b/kvmtest/kvm/gen-d6547a5a8d3d65f7/hostname1/sets/weekly/q_2d2]=])
set(CTEST_RESOURCE_SPEC_FILE [=[/b/kvmtest/resources.json]=])
