# Written by kvmtest-generate 1.2.3 from sets.cfg: host localhost. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-423280b439f20fbc/localhost/sets/nightly/_pool]=])
