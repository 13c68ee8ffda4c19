# Written by kvmtest-generate 1.2.3 from sets.cfg: host localhost. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-ebf95d5bba75470a/localhost/sets/nightly/_pool]=])
