# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname2. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/hostname2/all/sets/weekly/1]=])
