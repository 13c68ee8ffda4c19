// --param KEY=VALUE: an assignment behind the file and all STRINGs, with nothing to quote.
#ifndef KVMTEST_CONFIG_PARAM_H_
#define KVMTEST_CONFIG_PARAM_H_

#include <string>

namespace kvmtest {

// Why the text is no KEY=VALUE, in words for the command line; empty if it is one.
std::string ConfigParamFault(const std::string& text);

// The same as a STRING that means it in both dialects.
std::string ConfigParamString(const std::string& text);

}  // namespace kvmtest

#endif  // KVMTEST_CONFIG_PARAM_H_
