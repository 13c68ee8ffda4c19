# Written by kvmtest-generate 1.2.3 from sets.cfg: host hostname2. Do not edit.
subdirs([=[sets/weekly]=])
