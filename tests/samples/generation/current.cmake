# Written by kvmtest-generate 1.2.3 from sets.cfg: the generation that counts. Do not edit.
set(KVMTEST_GENERATION [=[/b/kvmtest/kvm/gen-4a4265f8c210ac39]=])
set(KVMTEST_HOSTS [=[hostname1]=] [=[hostname2]=])
set(KVMTEST_HOST_DIRS [=[hostname1]=] [=[hostname2]=])
set(KVMTEST_ANY_HOST "localhost")
set(KVMTEST_ALL_HOSTS_DIRS [=[hostname1/all]=] [=[hostname2/all]=] [=[localhost]=])
set(KVMTEST_SETS [=[nightly]=] [=[weekly]=])
set(KVMTEST_SET_DIRS [=[nightly]=] [=[weekly]=])
