#ifndef KVMTEST_UNREAD_PARAMS_H_
#define KVMTEST_UNREAD_PARAMS_H_

#include "host/log.h"
#include "test_setup.h"

namespace kvmtest {

// Once the procedure has run: which params nobody has read. What somebody will miss is a note, the
// rest is in the log only.
void TellOfUnreadParams(host::Log& log, const TestSetup& setup, bool passed);

}  // namespace kvmtest

#endif  // KVMTEST_UNREAD_PARAMS_H_
