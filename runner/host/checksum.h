#ifndef KVMTEST_HOST_CHECKSUM_H_
#define KVMTEST_HOST_CHECKSUM_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kvmtest::host {

// 128 bits that tell contents apart and damaged files from whole ones, at some gigabytes a second.
// It finds accidents; it is no protection against people who want to collide.
class Checksum {
 public:
  void Add(std::string_view bytes);
  void AddNumber(uint64_t number);
  // 32 hexadecimal digits.
  std::string Hex() const;

 private:
  static constexpr size_t kBlock = 32;

  void AddBlock(const char* block);

  uint64_t lanes_[4] = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
                        0x082efa98ec4e6c89};  // of pi
  uint64_t length_ = 0;
  std::string rest_;  // less than a block
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_CHECKSUM_H_
