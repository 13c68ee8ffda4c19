# Written by kvmtest-generate 1.2.3 from sets.cfg: queue q-2 of host hostname1. Do not edit.
include([=[/b/kvmtest/resources.cmake]=])
subdirs([=[../../sets/weekly/q_2d2]=])
set(CTEST_RESOURCE_SPEC_FILE "${KVMTEST_RESOURCE_SPEC}")
