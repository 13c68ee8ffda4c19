# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host hostname1. Do not edit.
subdirs([=[1]=])
