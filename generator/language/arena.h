// Memory that lives as long as the tree: allocated in blocks, never freed one by one.
#ifndef KVMTEST_LANGUAGE_ARENA_H_
#define KVMTEST_LANGUAGE_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kvmtest::language {

class Arena {
 public:
  void* Allocate(size_t size, size_t alignment) {
    size_t gap = Gap(alignment);
    if (next_ == nullptr || gap + size > static_cast<size_t>(end_ - next_)) {
      Grow(size + alignment);
      gap = Gap(alignment);
    }
    char* at = next_ + gap;
    next_ = at + size;
    return at;
  }

  char* AllocateText(size_t size) { return static_cast<char*>(Allocate(size, 1)); }

  std::string_view Copy(std::string_view text) {
    char* at = AllocateText(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

  template <typename T>
  std::span<T> CopySpan(const T* first, size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    if (count == 0) return {};
    T* at = static_cast<T*>(Allocate(count * sizeof(T), alignof(T)));
    std::memcpy(static_cast<void*>(at), first, count * sizeof(T));
    return {at, count};
  }

  // What has been taken from the system.
  size_t bytes() const { return bytes_; }

  // Forgets everything but keeps the newest block for reuse.
  void Reset() {
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    next_ = blocks_.empty() ? nullptr : blocks_.back().get();
    bytes_ = static_cast<size_t>(end_ - next_);
  }

 private:
  // Bytes from next_ to the next address that is aligned.
  size_t Gap(size_t alignment) const {
    return -reinterpret_cast<uintptr_t>(next_) & (alignment - 1);
  }

  void Grow(size_t least) {
    size_t size = block_size_ > least ? block_size_ : least;
    if (block_size_ < (size_t{1} << 20)) block_size_ *= 2;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    bytes_ += size;
    next_ = blocks_.back().get();
    end_ = next_ + size;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t bytes_ = 0;
  size_t block_size_ = size_t{1} << 14;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_ARENA_H_
