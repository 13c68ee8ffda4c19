#include <algorithm>
#include <cstring>

#include "language/expand.h"

namespace kvmtest::language {

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text.substr(done, i - done));
    done = i + 1;
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        *out += "\\u00";
        *out += kHex[c >> 4];
        *out += kHex[c & 15];
    }
  }
  out->append(text.substr(done));
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
    } else {
      AppendJsonString(param.key, out);
      *out += ':';
      AppendJsonString(param.value, out);
    }
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
