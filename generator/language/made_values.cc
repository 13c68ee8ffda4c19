// How much the operators may make for one dict: values that contain themselves double with every
// line, and what was replaced would pile up.
#include <fmt/format.h>

#include <unordered_map>

#include "language/dict_builder.h"

namespace kvmtest::language {

namespace {

// What one operator may make beyond the limit before it is stopped.
constexpr size_t kSlack = 3;

}  // namespace

bool DictBuilder::CountMade(size_t size, const Item& item) {
  made_ += size;
  return MayMake(made_ / kSlack, item);
}

bool DictBuilder::MayMake(size_t size, const Item& item) {
  if (size <= bounds_.made_bytes) return true;
  error_ = {
      "too-long",
      fmt::format("the values that operators make for one dict are longer than {} bytes together",
                  bounds_.made_bytes),
      item.value.origin.ToSpan()};
  return false;
}

bool DictBuilder::CollectMade(const Item& item) {
  Arena kept;
  std::unordered_map<const Value*, const Value*> moved;
  std::vector<std::pair<KeyId, const Value*>> values;
  made_ = 0;
  table_.ForEachSorted([&](KeyId key, const Value* value) {
    bool is_first = moved.try_emplace(value, nullptr).second;
    // What the configuration says takes nothing, but it may have been set to many keys.
    if (!value->lasting || !is_first) made_ += value->text.size();
    if (!value->lasting) values.emplace_back(key, value);
  });
  if (!MayMake(made_, item)) return false;
  for (const auto& [key, value] : values) {
    const Value*& copy = moved[value];
    if (copy == nullptr) {
      auto* made = new (kept.Allocate(sizeof(Value), alignof(Value))) Value(*value);
      made->text = kept.Copy(value->text);
      copy = made;
    }
    table_.Set(key, copy);
  }
  text_ = std::move(kept);
  kept_ = made_;
  return true;
}

}  // namespace kvmtest::language
