# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname1. Do not edit.
subdirs([=[sets/nightly]=])
subdirs([=[sets/weekly]=])
