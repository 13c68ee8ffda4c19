// Text as JSON, the one way in which all of the generator's files have it.
#ifndef KVMTEST_LANGUAGE_JSON_STRING_H_
#define KVMTEST_LANGUAGE_JSON_STRING_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace kvmtest::language {

// Text that grows at its end, faster than a std::string does.
class JsonBuffer {
 public:
  void Clear() { size_ = 0; }
  std::string_view text() const { return {bytes_.get(), size_}; }
  void RemoveLast() { --size_; }

  void Raw(char c) { Room(1)[0] = c, ++size_; }
  void Raw(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  // With its quotes: UTF-8 as it is, only '"', '\' and control characters escaped.
  void String(std::string_view text);

 private:
  // Where the next `size` bytes go.
  char* Room(size_t size) {
    if (size > capacity_ - size_) Grow(size);
    return bytes_.get() + size_;
  }
  void Grow(size_t size);

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

void AppendJsonString(std::string_view text, std::string* out);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_JSON_STRING_H_
