# Written by kvmtest-generate 1.2.3 from sets.cfg: host localhost. Do not edit.
subdirs([=[sets/nightly]=])
