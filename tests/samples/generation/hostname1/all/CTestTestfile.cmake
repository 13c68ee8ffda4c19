# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname1. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-88a9da6542bf34f7/hostname1/all/sets/nightly/1]=])
subdirs([=[/b/kvmtest/kvm/gen-88a9da6542bf34f7/hostname1/all/sets/weekly/q_2d2]=])
