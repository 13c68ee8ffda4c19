# Written by kvmtest-generate 1.2.3 from sets.cfg: queue 1 of host hostname2. Do not edit.
include([=[/b/kvmtest/resources.cmake]=])
subdirs([=[../../sets/weekly/1]=])
set(CTEST_RESOURCE_SPEC_FILE "${KVMTEST_RESOURCE_SPEC}")
