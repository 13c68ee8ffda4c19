# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname2. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-d6547a5a8d3d65f7/hostname2/all/sets/weekly/1]=])
