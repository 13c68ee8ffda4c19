#include "language/other_dialect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "language/dialect.h"
#include "language/expand.h"

namespace kvmtest::language {
namespace {

// What is left of a dict when it is gone.
struct Copy {
  struct CopiedParam {
    std::string key;
    std::string value;
    Span origin;
  };

  explicit Copy(const Dict& dict)
      : name(dict.name),
        shortname(dict.shortname),
        deps(fmt::format("{}", fmt::join(dict.deps, " "))),
        place(dict.variants.empty() ? kNone : dict.variants.front()) {
    for (const Param& param : dict.params) {
      params.push_back({std::string(param.key), std::string(param.value), param.origin});
    }
  }

  std::string name;
  std::string shortname;
  std::string deps;
  VariantId place;  // the first of its name
  std::vector<CopiedParam> params;
};

uint64_t HashOf(const Dict& dict) {
  uint64_t hash = 0;
  auto add = [&hash](std::string_view text) {
    hash = (hash ^ std::hash<std::string_view>()(text)) * 0x9e3779b97f4a7c15;
  };
  add(dict.name);
  add(dict.shortname);
  for (std::string_view dep : dict.deps) add(dep);
  for (const Param& param : dict.params) {
    add(param.key);
    add(param.value);
  }
  return hash;
}

// One by one, quietly.
void ForEach(const Config& config, uint64_t max, const std::function<bool(const Dict&)>& sink) {
  Diagnostics unheard;
  unheard.set_warnings(false);
  uint64_t count = 0;
  Expand(
      config, {}, [&](const Dict& dict) { return (max == 0 || count++ < max) && sink(dict); },
      unheard);
}

std::optional<Copy> DictAt(const Config& config, size_t index) {
  std::optional<Copy> copy;
  size_t at = 0;
  ForEach(config, 0, [&](const Dict& dict) {
    if (at++ < index) return true;
    copy.emplace(dict);
    return false;
  });
  return copy;
}

struct Difference {
  Span span;  // in the modern reading
  std::string text;
  std::optional<Note> note = std::nullopt;
};

class Comparison {
 public:
  Comparison(const Config& modern, const Config& old) : modern_(modern), old_(old) {}

  std::optional<Difference> First(uint64_t max) const {
    std::vector<uint64_t> hashes;
    ForEach(modern_, max, [&hashes](const Dict& dict) {
      hashes.push_back(HashOf(dict));
      return true;
    });
    size_t equal = 0;
    bool differ = false;
    ForEach(old_, max, [&](const Dict& dict) {
      differ = equal == hashes.size() || hashes[equal] != HashOf(dict);
      equal += differ ? 0 : 1;
      return !differ;
    });
    if (!differ && equal == hashes.size()) return std::nullopt;
    return Describe(DictAt(modern_, equal), DictAt(old_, equal));
  }

 private:
  Difference Describe(const std::optional<Copy>& modern, const std::optional<Copy>& old) const {
    if (!modern) {
      return {{0, 0, 0, 0}, fmt::format("as 2009 there is a dict '{}', too", old->name)};
    }
    Span place = modern->place == kNone ? Span{0, 0, 0, 0} : modern_.variant(modern->place).span;
    if (!old) return {place, fmt::format("as 2009 there is no dict '{}'", modern->name)};
    auto other = [](const char* what, const std::string& a, const std::string& b) {
      return fmt::format("{} '{}' is '{}' as 2009", what, a, b);
    };
    if (modern->name != old->name) return {place, other("the dict", modern->name, old->name)};
    if (modern->shortname != old->shortname) {
      return {place, other("the short name", modern->shortname, old->shortname)};
    }
    if (modern->deps != old->deps) {
      return {place, fmt::format("'{}' requires '{}', as 2009 '{}'", modern->name, modern->deps,
                                 old->deps)};
    }
    return OfParams(*modern, *old);
  }

  Difference OfParams(const Copy& modern, const Copy& old) const {
    auto same = [](const Copy::CopiedParam& a, const Copy::CopiedParam& b) {
      return a.key == b.key && a.value == b.value;
    };
    auto [a, b] = std::mismatch(modern.params.begin(), modern.params.end(), old.params.begin(),
                                old.params.end(), same);
    bool only_modern = b == old.params.end() || (a != modern.params.end() && a->key < b->key);
    bool only_old = a == modern.params.end() || (b != old.params.end() && b->key < a->key);
    if (only_modern) {
      return {a->origin,
              fmt::format("'{}' has {} = '{}', as 2009 not", modern.name, a->key, a->value)};
    }
    if (only_old) {
      return {InModern(b->origin), fmt::format("'{}' has no {}, as 2009 {} = '{}'", modern.name,
                                               b->key, b->key, b->value)};
    }
    Difference difference{a->origin, fmt::format("'{}' has {} = '{}', as 2009 '{}'", modern.name,
                                                 a->key, a->value, b->value)};
    Span span = InModern(b->origin);
    if (span.IsKnown() &&
        modern_.sources().Describe(span) != modern_.sources().Describe(a->origin)) {
      difference.note = Note{span, "as 2009 it is set here"};
    }
    return difference;
  }

  // A place of the other reading: the files are the same, but not their numbers.
  Span InModern(Span span) const {
    if (!span.IsKnown()) return span;
    for (FileId id = 0; id < modern_.sources().size(); ++id) {
      if (modern_.sources().Path(id) != old_.sources().Path(span.file)) continue;
      if (modern_.sources().Text(id) != old_.sources().Text(span.file)) continue;
      span.file = id;
      return span;
    }
    return {};
  }

  const Config& modern_;
  const Config& old_;
};

// As 2009 it cannot even be read.
Difference OfError(const Config& old, const Diagnostics& errors) {
  for (const Diagnostic& diagnostic : errors.all()) {
    if (diagnostic.severity != Severity::kError) continue;
    return {
        {0, 0, 0, 0},
        "as 2009 it has errors",
        Note{{},
             fmt::format(
                 "{}{}",
                 diagnostic.span.IsKnown() ? old.sources().Describe(diagnostic.span) + ": " : "",
                 diagnostic.message)}};
  }
  return {};
}

}  // namespace

void WarnOfOtherDialect(FileReader& reader, const Input& input, const Config& config,
                        uint64_t max_dicts, Diagnostics& diagnostics) {
  if (input.dialect != Dialect::kAuto || config.dialect() != Dialect::kModern) return;
  if (!ShowsNoDialect(reader, input.path)) return;
  Diagnostics errors;
  errors.set_warnings(false);
  Input other = input;
  other.dialect = Dialect::k2009;
  other.strict = false;
  auto old = ParseConfig(reader, other, errors);
  if (!old) return;
  auto difference =
      errors.HasErrors() ? OfError(*old, errors) : Comparison(config, *old).First(max_dicts);
  if (!difference) return;
  Diagnostic warning{
      .severity = Severity::kWarning,
      .code = "dialects-differ",
      .span = difference->span,
      .message = "nothing tells the dialect, so this is read as modern: " + difference->text,
      .hint = "begin the first file with '# dialect: modern' or '# dialect: 2009'"};
  if (difference->note) warning.notes.push_back(*difference->note);
  diagnostics.Report(std::move(warning));
}

}  // namespace kvmtest::language
