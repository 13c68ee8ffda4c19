# Written by kvmtest-generate 1.2.3 from sets.cfg: set weekly on host hostname2. Do not edit.
subdirs([=[1]=])
