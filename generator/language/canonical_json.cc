#include <algorithm>
#include <cstdint>
#include <cstring>

#include "language/expand.h"

namespace kvmtest::language {

namespace {

constexpr uint64_t kOnes = 0x0101010101010101ull;
constexpr uint64_t kHighs = 0x8080808080808080ull;

// Is one of the eight bytes zero?
constexpr uint64_t HasZero(uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

// Bytes from `pos` on that need no escape.
size_t PlainRun(std::string_view text, size_t pos) {
  size_t i = pos;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    uint64_t low = (word - kOnes * 0x20) & ~word & kHighs;  // below a blank
    if (low | HasZero(word ^ (kOnes * '"')) | HasZero(word ^ (kOnes * '\\'))) break;
  }
  for (; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return i - pos;
}

void AppendEscaped(unsigned char c, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\b':
      *out += "\\b";
      return;
    case '\t':
      *out += "\\t";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\f':
      *out += "\\f";
      return;
    case '\r':
      *out += "\\r";
      return;
    default:
      *out += "\\u00";
      *out += kHex[c >> 4];
      *out += kHex[c & 15];
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  for (size_t pos = 0; pos < text.size(); ++pos) {
    size_t plain = PlainRun(text, pos);
    out->append(text.data() + pos, plain);
    pos += plain;
    if (pos < text.size()) AppendEscaped(static_cast<unsigned char>(text[pos]), out);
  }
  *out += '"';
}

namespace {

void AppendMap(std::string_view key, std::span<const FileMapEntry> map, std::string* out) {
  *out += '"';
  *out += key;
  *out += "\":{";
  for (const FileMapEntry& entry : map) {
    if (out->back() != '{') *out += ',';
    AppendJsonString(entry.file, out);
    *out += ':';
    AppendJsonString(entry.name, out);
  }
  *out += "},";
}

void AppendText(std::string_view key, std::string_view text, std::string* out) {
  *out += '"';
  *out += key;
  *out += "\":";
  AppendJsonString(text, out);
  *out += ',';
}

void AppendParams(std::span<const Param> params, std::string* out) {
  for (const Param& param : params) {
    if (!param.rendered.empty()) {
      out->append(param.rendered);
      continue;
    }
    AppendJsonString(param.key, out);
    *out += ':';
    AppendJsonString(param.value, out);
    *out += ',';
  }
}

class DictWriter {
 public:
  DictWriter(const Dict& dict, std::string* out) : dict_(dict), rest_(dict.params), out_(out) {}

  void Write() {
    *out_ += '{';
    if (dict_.dialect == Dialect::kModern) {
      if (!dict_.name_map.empty()) {
        ParamsBefore("_name_map_file");
        AppendMap("_name_map_file", dict_.name_map, out_);
        ParamsBefore("_short_name_map_file");
        AppendMap("_short_name_map_file", dict_.short_name_map, out_);
      }
      Deps("dep");
    } else {
      Deps("depend");
    }
    ParamsBefore("name");
    AppendText("name", dict_.name, out_);
    ParamsBefore("shortname");
    AppendText("shortname", dict_.shortname, out_);
    AppendParams(rest_, out_);
    out_->back() = '}';
    *out_ += '\n';
  }

 private:
  void ParamsBefore(std::string_view key) {
    auto end =
        std::lower_bound(rest_.begin(), rest_.end(), key,
                         [](const Param& param, std::string_view k) { return param.key < k; });
    size_t count = static_cast<size_t>(end - rest_.begin());
    AppendParams(rest_.first(count), out_);
    rest_ = rest_.subspan(count);
  }

  void Deps(std::string_view key) {
    ParamsBefore(key);
    if (dict_.deps_text) return AppendText(key, *dict_.deps_text, out_);
    *out_ += '"';
    *out_ += key;
    *out_ += "\":[";
    for (std::string_view dep : dict_.deps) {
      AppendJsonString(dep, out_);
      *out_ += ',';
    }
    if (out_->back() == ',') out_->pop_back();
    *out_ += "],";
  }

  const Dict& dict_;
  std::span<const Param> rest_;
  std::string* out_;
};

}  // namespace

void WriteCanonicalJson(const Dict& dict, std::string* out) {
  DictWriter(dict, out).Write();
}

std::optional<std::string_view> Dict::Get(std::string_view key) const {
  auto it = std::lower_bound(params.begin(), params.end(), key,
                             [](const Param& param, std::string_view k) { return param.key < k; });
  if (it == params.end() || it->key != key) return std::nullopt;
  return it->value;
}

Span Dict::OriginOf(std::string_view key) const {
  auto it = std::lower_bound(params.begin(), params.end(), key,
                             [](const Param& param, std::string_view k) { return param.key < k; });
  return it == params.end() || it->key != key ? Span{} : it->origin;
}

}  // namespace kvmtest::language
