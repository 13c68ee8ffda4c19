#include "plan/digest.h"

#include <fmt/format.h>

namespace kvmtest::plan {
namespace {

constexpr uint64_t kOffset = 0xcbf29ce484222325;
constexpr uint64_t kPrime = 0x100000001b3;

uint64_t Feed(uint64_t state, std::string_view bytes) {
  for (char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * kPrime;
  return state;
}

}  // namespace

uint64_t Fnv1a(std::string_view bytes) {
  return Feed(kOffset, bytes);
}

Digest& Digest::Add(std::string_view text) {
  state_ = Feed(state_, text);
  return Add(static_cast<uint64_t>(text.size()));
}

Digest& Digest::Add(uint64_t number) {
  for (int i = 0; i < 8; ++i) state_ = (state_ ^ (number >> (8 * i) & 255)) * kPrime;
  return *this;
}

uint64_t Digest::value() const {
  // The finaliser of MurmurHash3: FNV's high bits depend too little on the last bytes.
  uint64_t h = state_;
  h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
  return h ^ h >> 33;
}

std::string Digest::Hex() const {
  return fmt::format("{:016x}", value());
}

}  // namespace kvmtest::plan
