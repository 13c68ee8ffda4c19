# Written by kvmtest-generate 1.2.3 from sets.cfg: set nightly on host localhost. Do not edit.
subdirs([=[_pool]=])
