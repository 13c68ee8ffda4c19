#include "language/canonical_json.h"

#include <algorithm>

namespace kvmtest::language {

namespace {

void AppendKey(std::string_view key, JsonBuffer* out) {
  out->String(key);
  out->Raw(':');
}

void AppendText(std::string_view key, std::string_view text, JsonBuffer* out) {
  AppendKey(key, out);
  out->String(text);
  out->Raw(',');
}

void AppendMap(std::string_view key, std::span<const FileMapEntry> map, JsonBuffer* out) {
  AppendKey(key, out);
  out->Raw('{');
  for (const FileMapEntry& entry : map) AppendText(entry.file, entry.name, out);
  if (!map.empty()) out->RemoveLast();
  out->Raw("},");
}

void AppendDeps(std::string_view key, const Dict& dict, JsonBuffer* out) {
  AppendKey(key, out);
  out->Raw('[');
  for (std::string_view dep : dict.deps) {
    out->String(dep);
    out->Raw(',');
  }
  if (!dict.deps.empty()) out->RemoveLast();
  out->Raw("],");
}

}  // namespace

void AppendSpecialMember(const Dict& dict, std::string_view key, JsonBuffer* out) {
  if (key == "name") return AppendText(key, dict.name, out);
  if (key == "shortname") return AppendText(key, dict.shortname, out);
  for (const Param& param : dict.replaced)
    if (param.key == key) return AppendText(key, param.value, out);
  if (key == "dep" || key == "depend") return AppendDeps(key, dict, out);
  if (dict.name_map.empty()) return;
  AppendMap(key, key == "_name_map_file" ? dict.name_map : dict.short_name_map, out);
}

void AppendCanonicalJson(const Dict& dict, JsonBuffer* out) {
  static constexpr std::string_view kModern[] = {"_name_map_file", "_short_name_map_file", "dep",
                                                 "name", "shortname"};
  static constexpr std::string_view k2009[] = {"depend", "name", "shortname"};
  out->Raw('{');
  auto param = dict.params.begin();
  auto append_before = [&](const std::string_view* key) {
    for (; param != dict.params.end() && (key == nullptr || param->key < *key); ++param)
      AppendText(param->key, param->value, out);
  };
  bool modern = dict.dialect == Dialect::kModern;
  for (const std::string_view& key : modern ? std::span<const std::string_view>(kModern) : k2009) {
    append_before(&key);
    AppendSpecialMember(dict, key, out);
  }
  append_before(nullptr);
  out->RemoveLast();
  out->Raw("}\n");
}

void WriteCanonicalJson(const Dict& dict, std::string* out) {
  JsonBuffer line;
  AppendCanonicalJson(dict, &line);
  *out += line.text();
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
