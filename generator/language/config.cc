#include "language/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "language/config_impl.h"
#include "language/dialect.h"
#include "language/lint.h"
#include "language/names_2009.h"
#include "language/parser_2009.h"
#include "language/parser_modern.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

Config::Config(std::unique_ptr<ConfigImpl> impl) : impl_(std::move(impl)) {}
Config::~Config() = default;

const SourceMap& Config::sources() const {
  return impl_->sources;
}
Dialect Config::dialect() const {
  return impl_->dialect;
}
const std::vector<InputFile>& Config::inputs() const {
  return impl_->inputs;
}
const std::vector<Block>& Config::blocks() const {
  return impl_->blocks;
}
const std::vector<Variant>& Config::variants() const {
  return impl_->variants;
}

ConfigImpl::File& ConfigImpl::Open(FileReader& reader, const std::string& path) {
  auto [it, is_new] = files_.try_emplace(path);
  File& file = it->second;
  if (!is_new) return file;
  // Each path is read, since readers may note what was asked for.
  std::optional<std::string> text = reader.Read(path);
  if (!text) return file;
  std::shared_ptr<const std::string>& known = texts_[reader.Identity(path)];
  if (!known || *known != *text) known = std::make_shared<const std::string>(std::move(*text));
  file.text = known;
  return file;
}

std::shared_ptr<const std::string> ConfigImpl::Peek(FileReader& reader, const std::string& path) {
  return Open(reader, path).text;
}

std::shared_ptr<const std::string> ConfigImpl::Read(FileReader& reader, const std::string& path) {
  File& file = Open(reader, path);
  if (!std::exchange(file.noted, true)) inputs.push_back({path, file.text != nullptr});
  return file.text;
}

const std::string& ConfigImpl::DirectoryOf(FileReader& reader, const std::string& path) {
  std::string directory = path.substr(0, path.rfind('/') + 1);
  auto [it, is_new] = directories_.try_emplace(directory);
  if (is_new) it->second = reader.Identity(directory.empty() ? "." : directory);
  return it->second;
}

bool ConfigImpl::IncludesItself(FileReader& reader, const std::string& path, FileId by) {
  const std::string* text = Open(reader, path).text.get();
  if (text == nullptr) return false;
  for (; by != kNoFile; by = sources.IncludedFrom(by).file) {
    if (sources.Text(by).data() != text->data()) continue;
    if (dialect == Dialect::k2009) return true;
    if (DirectoryOf(reader, sources.Path(by)) == DirectoryOf(reader, path)) return true;
  }
  return false;
}

const ConfigImpl::SplitText& ConfigImpl::Split(FileId file) {
  std::string_view text = sources.Text(file);
  auto [it, is_new] = split_.try_emplace(text.data());
  if (is_new) it->second.lines = SplitLines(text, &tree.arena, &it->second.hidden);
  return it->second;
}

bool ConfigImpl::AdmitIncluded(uint64_t lines, size_t bytes, const Span& from,
                               Diagnostics* diagnostics) {
  constexpr size_t kLongLine = 100;  // as much work as several
  constexpr uint64_t kAnyFile = 10;  // an empty one takes room, too
  bool before = included_lines_ <= max_included_lines;
  included_lines_ += kAnyFile + lines + bytes / kLongLine;
  bool now = included_lines_ <= max_included_lines;
  if (before && !now)
    diagnostics->Report(
        {.code = "too-many-lines",
         .span = from,
         .message = fmt::format("more than {} lines are included", max_included_lines)});
  return now;
}

std::vector<VariantId> ConfigImpl::Owners() const {
  std::vector<VariantId> owners(tree.nodes.size(), kNone);
  for (VariantId id = 0; id < own_nodes.size(); ++id)
    for (NodeId node : own_nodes[id]) owners[node] = id;
  return owners;
}

namespace {

bool ContentAssigns(const Tree& tree, std::span<const Item> content, KeyId key) {
  return std::any_of(content.begin(), content.end(), [&](const Item& item) {
    if (IsCondition(item.kind)) return ContentAssigns(tree, tree.conditions[item.id].content, key);
    return SetsKey(item.kind) && item.key == key;
  });
}

bool BlockAssigns(const Block2009& block, KeyId key) {
  return std::any_of(block.begin(), block.end(), [&](const Statement2009& statement) {
    return ContentAssigns({}, statement.items, key) ||
           (statement.kind == Kind2009::kException && BlockAssigns(statement.body, key));
  });
}

const Variant2009* FindVariant(const Block2009& block, VariantId id) {
  for (const Statement2009& statement : block) {
    if (const Variant2009* found = FindVariant(statement.body, id)) return found;
    for (const Variant2009& variant : statement.variants) {
      if (variant.id == id) return &variant;
      if (const Variant2009* found = FindVariant(variant.body, id)) return found;
    }
  }
  return nullptr;
}

}  // namespace

bool Config::VariantAssigns(VariantId id, std::string_view key_text) const {
  KeyId key = impl_->tree.keys.Lookup(key_text);
  if (key == Interner::kAbsent) return false;
  if (impl_->dialect == Dialect::k2009) {
    const Variant2009* variant = FindVariant(impl_->program.body, id);
    return variant != nullptr && BlockAssigns(variant->body, key);
  }
  const std::vector<NodeId>& nodes = impl_->own_nodes[id];
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) {
    return ContentAssigns(impl_->tree, impl_->tree.nodes[node].content, key);
  });
}

std::unique_ptr<Config> ParseConfig(FileReader& reader, const Input& input,
                                    Diagnostics& diagnostics) {
  auto impl = std::make_unique<ConfigImpl>();
  if (input.strict) diagnostics.set_strict(true);
  diagnostics.set_same_files(impl->sources.same_files());
  for (std::string_view key : kFixedKeys) impl->tree.keys.Intern(key);
  impl->defaults = input.defaults;
  impl->max_included_lines = input.max_included_lines;
  impl->dialect = input.dialect;
  if (impl->dialect == Dialect::kAuto)
    impl->dialect = DetectDialect(reader, input.path, impl.get(), &diagnostics);
  // A tree of mixed dialects is read only to know its variants; what else is wrong with
  // it would be said about the wrong dialect.
  Diagnostics unheard;
  Diagnostics* heard = diagnostics.HasErrors() ? &unheard : &diagnostics;
  if (impl->dialect == Dialect::k2009) {
    Parse2009(reader, input, impl.get(), heard);
    if (!heard->HasOnlyStrictErrors())
      for (const ExpandError& error : BadFilters2009(impl->program.body)) Report(error, *heard);
  } else {
    ParseModern(reader, input, impl.get(), heard);
  }
  CheckFirstLines(*impl, input.dialect != Dialect::kAuto, heard);
  if (diagnostics.HasOnlyStrictErrors()) LintFilters(*impl, &diagnostics);
  bool main_is_there = !impl->inputs.empty() && impl->inputs[0].present;
  if (!main_is_there) return nullptr;
  return std::make_unique<Config>(std::move(impl));
}

}  // namespace kvmtest::language
