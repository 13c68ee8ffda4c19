#include "host/checksum.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>

namespace kvmtest::host {

namespace {

constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // any odd number makes a multiplication reversible

// Reversible in both arguments: no change of a word is lost.
uint64_t Mix(uint64_t lane, uint64_t word) {
  lane = (lane ^ word) * kOdd;
  return lane ^ lane >> 29;
}

}  // namespace

void Checksum::AddBlock(const char* block) {
  for (size_t i = 0; i < 4; ++i) {
    uint64_t word;
    ::memcpy(&word, block + 8 * i, sizeof word);
    lanes_[i] = Mix(lanes_[i], word);
  }
}

void Checksum::Add(std::string_view bytes) {
  length_ += bytes.size();
  if (!rest_.empty()) {
    size_t missing = std::min(kBlock - rest_.size(), bytes.size());
    rest_ += bytes.substr(0, missing);
    bytes.remove_prefix(missing);
    if (rest_.size() < kBlock) return;
    AddBlock(rest_.data());
    rest_.clear();
  }
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) AddBlock(bytes.data());
  rest_ = bytes;
}

void Checksum::AddNumber(uint64_t number) {
  char bytes[sizeof number];
  ::memcpy(bytes, &number, sizeof number);
  Add({bytes, sizeof bytes});
}

std::string Checksum::Hex() const {
  Checksum end = *this;
  uint64_t length = length_;
  end.Add(std::string(kBlock - rest_.size(), '\0'));
  uint64_t high = length, low = ~length;
  for (uint64_t lane : end.lanes_) {
    high = Mix(high, lane);
    low = Mix(Mix(low, lane), lane >> 32);
  }
  return fmt::format("{:016x}{:016x}", high, low);
}

}  // namespace kvmtest::host
