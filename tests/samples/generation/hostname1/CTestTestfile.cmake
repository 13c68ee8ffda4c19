# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname1. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/hostname1/sets/nightly/1]=])
subdirs([=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/hostname1/sets/weekly/q_2d2]=])
