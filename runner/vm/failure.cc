#include "vm/failure.h"

#include <string_view>

namespace kvmtest::vm {

bool IsTimeout(const std::string& kind) {
  constexpr std::string_view kEnd = "-timeout";
  return kind.size() > kEnd.size() &&
         kind.compare(kind.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
}

Failure Late(Failure failure, const host::Until& until) {
  if (failure.text.empty()) return failure;
  if (until.is_deadline && !IsTimeout(failure.kind)) failure.kind = kTestTimeout;
  const std::string limit = until.Text();
  bool named = failure.text.find(limit) != std::string::npos;
  if (!named && !until.set_by.empty()) failure.text += " within " + limit;
  return failure;
}

}  // namespace kvmtest::vm
