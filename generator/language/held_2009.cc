#include "language/held_2009.h"

#include <utility>

namespace kvmtest::language {

namespace {

constexpr size_t kMostInPortion = 64;
constexpr size_t kPortionBytes = size_t{64} << 10;

// For what is too dear to be made anew.
constexpr size_t kMoreRoom = 10;

}  // namespace

size_t Record2009::Bytes() const {
  size_t bytes =
      sizeof(*this) + name.capacity() + shortname.capacity() + steps.capacity() * sizeof(steps[0]);
  for (const std::string& dep : depend) bytes += sizeof(std::string) + dep.capacity();
  if (depend_text != nullptr) bytes += depend_text->text.size();
  return bytes;
}

bool IsPortion(const Records2009& records) {
  return !records.empty() && (records.size() >= kMostInPortion ||
                              records.size() * records.back().Bytes() >= kPortionBytes);
}

bool Held2009::Fits() const {
  const size_t others = room_->used - bytes_;
  return others <= room_->bytes && bytes_ <= (room_->bytes - others) / 2;
}

bool Held2009::FitsMemory() const {
  return bytes_ <= room_->bytes * kMoreRoom;
}

void Held2009::Add(Records2009& records) {
  size_ += records.size();
  size_t bytes = 0;
  for (Record2009& record : records) {
    bytes += record.Bytes();
    if (portions_.empty() || IsPortion(portions_.back())) portions_.emplace_back();
    portions_.back().push_back(std::move(record));
  }
  bytes_ += bytes;
  room_->used += bytes;
}

bool Held2009::ForEachPortion(const NameClassSets2009::Set& use,
                              const RecordsSink2009& sink) const {
  Records2009 copy;
  for (const Records2009& portion : portions_) {
    // Into the memory of the last ones.
    copy.resize(portion.size());
    auto to = copy.begin();
    for (const Record2009& record : portion)
      if (NameClassSets2009::Has(use, record.names)) *to++ = record;
    copy.erase(to, copy.end());
    if (!copy.empty() && !sink(copy)) return false;
  }
  return true;
}

void Held2009::Drop() {
  portions_.clear();
  size_ = 0;
  room_->used -= std::exchange(bytes_, 0);
}

}  // namespace kvmtest::language
