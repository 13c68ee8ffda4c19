# Written by kvmtest-generate 1.2.3 from sets.cfg: host localhost. Do not edit.
subdirs([=[/b/kvmtest/kvm/gen-cb95c172a87a2a94/localhost/sets/nightly/_pool]=])
