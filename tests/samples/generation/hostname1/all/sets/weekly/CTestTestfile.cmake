# Written by kvmtest-generate 1.2.3 from sets.cfg: set weekly on host hostname1. Do not edit.
subdirs([=[q_2d2]=])
