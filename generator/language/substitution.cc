// `${key}` in values of the modern dialect.
#include "language/dict_builder.h"

namespace kvmtest::language {

namespace {

// Finds the first `${name}` from `pos` on: where it begins and where its '}' is. The name is at
// least one character long, so `${}x}` asks for `}x`.
bool FindReference(std::string_view value, size_t pos, size_t* begin, size_t* end) {
  *begin = value.find("${", pos);
  if (*begin == value.npos || *begin + 3 > value.size()) return false;
  *end = value.find('}', *begin + 3);
  return *end != value.npos;
}

}  // namespace

std::vector<std::string_view> SubstitutedKeys(std::string_view value) {
  std::vector<std::string_view> names;
  for (size_t pos = 0, begin, end; FindReference(value, pos, &begin, &end); pos = end + 1)
    names.push_back(value.substr(begin + 2, end - begin - 2));
  return names;
}

// Replaces `${key}` from left to right, in the text as it stands (what is put in is not
// looked at again). The first key that is not set ends it: the rest stays as it is.
bool DictBuilder::Substitute(const Item& item, const SpecialKeys& special,
                             std::string_view* result) {
  std::string_view value = item.value.text;
  std::string& out = substituted_;
  std::string& replacement = replacement_;
  out.clear();
  size_t done = 0;
  for (size_t begin, end; FindReference(value, done, &begin, &end);) {
    if (!LookupForSubstitution(value.substr(begin + 2, end - begin - 2), special, &replacement))
      break;
    if (!CountMade(begin - done + replacement.size(), item)) return false;
    out += value.substr(done, begin - done);
    out += replacement;
    done = end + 1;
  }
  out += value.substr(done);
  *result = done == 0 ? value : text_.Copy(out);
  return true;
}

bool DictBuilder::LookupForSubstitution(std::string_view name, const SpecialKeys& special,
                                        std::string* out) {
  KeyId key = keys_.Lookup(name);
  if (has_suffixed_) {
    for (const FlatEntry& entry : Flattened()) {
      if (entry.key == kNone ? keys_.AsSuffixed(entry.from)->flattened == name : entry.key == key) {
        *out = entry.value->text;
        return true;
      }
    }
  } else if (const Value* value = key != kNone ? Find(key) : nullptr) {
    *out = value->text;
    return true;
  }
  return key < kReservedKeys && special.Text(key, out);
}

}  // namespace kvmtest::language
