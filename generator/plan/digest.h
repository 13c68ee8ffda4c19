// A 64-bit digest (FNV-1a with a final mix) to name generations and notice changes. It guards
// against accidents, not against malice.
#ifndef KVMTEST_PLAN_DIGEST_H_
#define KVMTEST_PLAN_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kvmtest::plan {

class Digest {
 public:
  // Lengths go in as well, so that "ab","c" and "a","bc" differ.
  Digest& Add(std::string_view text);
  Digest& Add(uint64_t number);

  uint64_t value() const;
  std::string Hex() const;  // 16 digits

 private:
  uint64_t state_ = 0xcbf29ce484222325;
};

// Plain FNV-1a of the bytes, for who must compute it elsewhere too.
uint64_t Fnv1a(std::string_view bytes);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_DIGEST_H_
