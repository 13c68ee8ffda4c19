// Dicts -> tests: what each dict says about its place, addresses, timeout and dependencies.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "language/expand.h"
#include "plan/draft.h"
#include "plan/text.h"

namespace kvmtest::plan {
namespace {

using language::Dict;
using language::kNone;
using language::Variant;
using language::VariantId;

void AppendLabel(std::string_view label, std::string* name) {
  if (!name->empty()) *name += '.';
  *name += label;
}

bool IsMemorySize(std::string_view text) {
  return ParseMebibytes(text).value_or(0) > 0;
}

// What the runner reads as `smp`.
bool IsCpuCount(std::string_view text) {
  const std::optional<uint64_t> number = ParseCount(text);
  return number && *number >= 1 && *number <= 1024;
}

// A path, which is one word of what paths are made of; all else may be more than a place: a command
// with its arguments, options of qemu behind commas, text for a shell. So may be a path itself
// where the key is that of a command.
bool IsPlaceOfFile(std::string_view key, std::string_view value) {
  // That a directory's name may have blanks is plain where the key says that it is one.
  const std::string_view kMarks = key.ends_with("_dir") ? "/._-+@%~ " : "/._-+@%~";
  auto is_of_path = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80 || kMarks.find(c) != std::string_view::npos;
  };
  if (!value.starts_with('/') || !std::all_of(value.begin(), value.end(), is_of_path)) return false;
  if (key == "init") return false;  // what the kernel starts in the guest
  for (std::string_view word : {"append", "args", "cmd", "command", "params", "script"}) {
    if (key.find(word) != std::string_view::npos) return false;
  }
  return true;
}

class Collector {
 public:
  explicit Collector(const Context& context)
      : context_(context), structure_(FindStructure(context.config)) {
    draft_.taken.resize(context.config.variants().size());
    if (structure_.set_block == kNone) return;
    for (VariantId id : context.config.blocks()[structure_.set_block].variants) {
      const Variant& variant = context.config.variant(id);
      draft_.sets[SetIndex(variant.text, variant.span)].variant = id;
    }
  }

  void Add(const Dict& dict) {
    if (dict.name.empty() && dict.params.empty()) {
      // The language makes a dict of no text at all; that is no test.
      context_.Error("empty-config", kWholeFile,
                     "there are neither variants nor params, so there is no test to run");
      return;
    }
    Test test;
    DraftTest draft;
    test.full_name = dict.name;
    test.shortname = dict.shortname;
    draft.origin = Origin(dict);
    test.origin = context_.config.sources().DescribeLine(draft.origin);
    CheckName("test", dict.name, draft.origin);
    AddNames(dict, &test, &draft);
    draft.type = dict.Get("type").value_or("");
    draft.guest = dict.Get("image_name").value_or("");
    AddAssign(dict, test.set);
    AddPlace(dict, &draft);
    AddRanges(dict, &draft);
    AddProperties(dict, &test);
    AddDependencies(dict, &draft);
    test.nics = CountNics(dict);
    CheckSizes(dict);
    test.params = draft_.plan.runs.Intern(draft_.plan.texts, Intern(dict));
    const bool any_total = draft_.plan.texts.Find(kCapacityKeys[kTotalCpusKey]) ||
                           draft_.plan.texts.Find(kCapacityKeys[kTotalMemoryKey]);
    for (size_t i = 0; i < draft.capacity_spans.size(); ++i)
      if (draft_.plan.texts.Find(kCapacityKeys[i]) && (i < kCpusKey || any_total))
        draft.capacity_spans[i] = dict.OriginOf(kCapacityKeys[i]);
    draft_.plan.tests.push_back(std::move(test));
    draft_.tests.push_back(std::move(draft));
  }

  std::vector<bool>* taken() { return &draft_.taken; }

  // Of the last test that was added.
  DraftTest* Last() { return &draft_.tests.back(); }
  uint32_t LastTest() const { return static_cast<uint32_t>(draft_.tests.size() - 1); }
  AssignWay LastAssign() const { return draft_.plan.sets[draft_.plan.tests.back().set].assign; }

  Draft Take(bool complete) {
    draft_.complete = complete;
    return std::move(draft_);
  }

 private:
  // Where a reader would look for the test: the last variant that it took in the text of the one
  // that sets its type; the line that sets it, if there is none. Else the last variant that says
  // what it does and not where.
  Span Origin(const Dict& dict) {
    const Span type = dict.OriginOf("type");
    const VariantId outer = VariantAround(type);
    const bool is_taken =
        std::find(dict.variants.begin(), dict.variants.end(), outer) != dict.variants.end();
    Span what;
    Span where;
    for (auto id = dict.variants.rbegin(); id != dict.variants.rend(); ++id) {
      const Variant& taken = context_.config.variant(*id);
      const bool is_place = structure_.IsPlacement(taken.block);
      if (is_taken && (is_place || *id == outer || !IsWithin(*id, outer))) continue;
      Span& last = is_place ? where : what;
      if (!last.IsKnown()) last = taken.span;
    }
    for (const Span& span : {what, type, where})
      if (span.IsKnown()) return span;
    return {0, 1, 0, 0};
  }

  // The variant in whose text a statement stands, by indentation; else kNone.
  VariantId VariantAround(const Span& statement) {
    if (!statement.IsKnown()) return language::kNone;
    auto [known, is_new] = around_.try_emplace({statement.file, statement.line}, language::kNone);
    if (!is_new) return known->second;
    uint32_t line = 0;
    const std::vector<Variant>& variants = context_.config.variants();
    for (VariantId id = 0; id < variants.size(); ++id) {
      const Span& name = variants[id].span;  // behind "- "
      if (!name.IsKnown() || name.file != statement.file || name.line >= statement.line ||
          name.column >= statement.column + 2 || name.line < line)
        continue;
      line = name.line;
      known->second = id;
    }
    return known->second;
  }

  bool IsWithin(VariantId id, VariantId outer) const {
    while (id != language::kNone && id != outer)
      id = context_.config.blocks()[context_.config.variant(id).block].parent;
    return id == outer;
  }

  void CheckName(const char* what, std::string_view name, Span span) {
    if (name.empty()) return;
    if (auto fault = NameFault(name)) {
      context_.Error("bad-name", span,
                     fmt::format("the {} '{}' cannot be a name: {}", what, name, *fault));
    }
  }

  void CheckLabel(const char* what, std::string_view label, Span span) {
    if (auto fault = context_.options.label_fault(label)) {
      context_.Error("bad-label", span,
                     fmt::format("the {} '{}' cannot be a label: {}", what, label, *fault));
      return;
    }
    if (auto slip = context_.options.label_slip(label)) {
      context_.Warn("odd-label", span, fmt::format("the {} '{}' {}", what, label, *slip));
    }
  }

  uint32_t SetIndex(std::string_view name, Span span) {
    auto [found, is_new] =
        set_index_.emplace(std::string(name), static_cast<uint32_t>(draft_.sets.size()));
    if (is_new) {
      CheckLabel("test set", name, span);
      draft_.sets.push_back({std::string(name), span});
      draft_.plan.sets.push_back({std::string(name)});
    }
    return found->second;
  }

  void AddNames(const Dict& dict, Test* test, DraftTest* draft) {
    std::optional<uint32_t> set;
    std::string rebuilt;
    for (VariantId id : dict.variants) {
      const Variant& variant = context_.config.variant(id);
      draft_.taken[id] = true;
      AppendLabel(variant.text, &rebuilt);
      if (variant.block == structure_.set_block) {
        set = SetIndex(variant.text, variant.span);
        continue;
      }
      AppendLabel(variant.text, &draft->longer_name);
      if (!structure_.IsPlacement(variant.block)) AppendLabel(variant.text, &draft->bare_name);
    }
    // A dict may bear another name than its variants': `join`, or `name =` in 2009's dialect.
    if (rebuilt != dict.name) draft->bare_name = draft->longer_name = std::string(dict.name);
    test->set = set ? *set : SetOfParam(dict);
  }

  uint32_t SetOfParam(const Dict& dict) {
    auto name = dict.Get("test_set");
    if (!name || name->empty()) return SetIndex("all", kWholeFile);
    return SetIndex(*name, dict.OriginOf("test_set"));
  }

  // One way for all tests of a set.
  void AddAssign(const Dict& dict, uint32_t set_id) {
    DraftSet& set = draft_.sets[set_id];
    const std::string_view text = dict.Get("assign").value_or("");
    const Span span = dict.OriginOf("assign");
    AssignWay way = AssignWay::kManual;
    if (text == "auto")
      way = AssignWay::kAuto;
    else if (text == "pool")
      way = AssignWay::kPool;
    else if (!text.empty() && text != "manual") {
      context_.Error("bad-assign", span,
                     fmt::format("assign is '{}', none of manual, auto, pool", text));
      way = AssignWay::kAuto;  // it was not to be manual
    }
    if (!std::exchange(set.has_tests, true)) {
      draft_.plan.sets[set_id].assign = way;
      set.assign_span = span;
    } else if (draft_.plan.sets[set_id].assign != way && !std::exchange(set.assign_differs, true)) {
      context_.Error(
          "bad-assign", span.IsKnown() ? span : set.assign_span,
          fmt::format("some tests of set '{}' have another 'assign' than others", set.name), {},
          "set 'assign' in the variant of the test set");
    }
  }

  void AddPlace(const Dict& dict, DraftTest* draft) {
    if (auto host = dict.Get("hostname"); host && !host->empty()) draft->host = *host;
    if (auto queue = dict.Get("queue"); queue && !queue->empty()) draft->queue = *queue;
    if (auto env = dict.Get("env"); env && !env->empty()) draft->env = *env;
    draft->host_span = dict.OriginOf("hostname");
    draft->queue_span = dict.OriginOf("queue");
    draft->env_span = dict.OriginOf("env");
    if (!draft->host.empty()) CheckLabel("host", draft->host, draft->host_span);
    if (draft->queue) CheckLabel("queue", *draft->queue, draft->queue_span);
    if (draft->env) CheckName("env", *draft->env, draft->env_span);
  }

  // ---- addresses ----

  // A param under the name of 2009's proposal, else under that of KVM-Autotest.
  std::optional<language::Param> Either(const Dict& dict, const std::string& name,
                                        const std::string& alias) {
    for (const std::string& key : {name, alias}) {
      if (auto value = dict.Get(key)) return language::Param{{}, *value, dict.OriginOf(key)};
    }
    return std::nullopt;
  }

  void AddRanges(const Dict& dict, DraftTest* draft) {
    auto names = Either(dict, "mac_ranges", "address_ranges");
    if (!names) return;
    draft->ranges_span = names->origin;
    draft->ranges.emplace();
    bool any_fault = false;
    for (std::string_view name : Words(names->value)) {
      if (auto range = DefineRange(dict, std::string(name), names->origin)) {
        draft->ranges->push_back(*range);
      } else {
        any_fault = true;
      }
    }
    if (any_fault) draft->ranges.reset();  // lest the queue be told to have too few addresses
  }

  std::optional<uint32_t> DefineRange(const Dict& dict, const std::string& name, Span naming) {
    auto base_mac = Either(dict, "base_mac_" + name, "address_range_base_mac_" + name);
    auto base_ip = Either(dict, "base_ip_" + name, "address_range_base_ip_" + name);
    auto size = Either(dict, "range_size_" + name, "address_range_size_" + name);
    // Thousands of dicts define the same few ranges: read each text once.
    auto text = [](const auto& param) { return param ? std::string(param->value) : "\n"; };
    std::string key = name + '\n' + text(base_mac) + '\n' + text(base_ip) + '\n' + text(size);
    auto [known, is_new] = range_index_.emplace(key, std::nullopt);
    if (is_new) known->second = ReadRange(name, naming, base_mac, base_ip, size);
    return known->second;
  }

  std::optional<uint32_t> ReadRange(const std::string& name, Span naming,
                                    const std::optional<language::Param>& base_mac,
                                    const std::optional<language::Param>& base_ip,
                                    const std::optional<language::Param>& size) {
    if (!base_mac) {
      context_.Error("unknown-range", naming, fmt::format("no range named '{}'", name), {},
                     fmt::format("define base_mac_{0} and range_size_{0}", name));
      return std::nullopt;
    }
    RangeDefinition range{name, 0, std::nullopt, 256};
    if (!Read(*base_mac, "a MAC address such as 52:54:00:10:00:00", ParseMac, &range.base_mac)) {
      return std::nullopt;
    }
    if (size && !Read(*size, "a number of addresses", ParseCount, &range.size)) {
      return std::nullopt;
    }
    Ip ip = 0;
    if (base_ip) {
      if (!Read(*base_ip, "an IPv4 address such as 10.20.0.1", ParseIp, &ip)) return std::nullopt;
      range.base_ip = ip;
    }
    if (auto fault = RangeFault(range)) {
      RangeDefinition macs = range;
      macs.base_ip.reset();
      Span place = RangeFault(macs) ? base_mac->origin : base_ip->origin;
      if (range.size == 0) place = size->origin;
      context_.Error("bad-range", place, *fault);
      return std::nullopt;
    }
    auto same = std::find_if(draft_.ranges.begin(), draft_.ranges.end(),
                             [&range](const DefinedRange& known) { return known.range == range; });
    auto index = static_cast<uint32_t>(same - draft_.ranges.begin());
    if (same == draft_.ranges.end()) {
      draft_.ranges.push_back(
          {range, base_mac->origin, base_ip ? base_ip->origin : Span{}, naming});
    }
    return index;
  }

  template <typename Parse, typename Value>
  bool Read(const language::Param& param, const char* expected, Parse parse, Value* value) {
    auto parsed = parse(param.value);
    if (!parsed) {
      context_.Error("bad-range", param.origin,
                     fmt::format("'{}' is not {}", param.value, expected));
      return false;
    }
    *value = *parsed;
    return true;
  }

  // One per object of `nics`, for every VM of `vms`; a VM may have a list of its own.
  uint64_t CountNics(const Dict& dict) {
    auto vms = dict.Get("vms");
    std::string_view shared = dict.Get("nics").value_or("");
    auto count_of = [&](std::string_view vm) -> uint64_t {
      return Words(dict.Get(fmt::format("nics_{}", vm)).value_or(shared)).size();
    };
    auto names = Words(vms.value_or(kUsualVms));
    uint64_t count = 0;
    for (std::string_view vm : names) count += vms ? count_of(vm) : Words(shared).size();
    if (dict.Get("type") != "stress_boot" || names.empty()) return count;
    // It runs so many machines like its main one that there are max_vms.
    uint64_t machines = ParseCount(dict.Get("max_vms").value_or("2")).value_or(2);
    if (machines <= names.size()) return count;
    return count + (machines - names.size()) * count_of(dict.Get("main_vm").value_or(names[0]));
  }

  // ---- the rest ----

  // Of each VM, what the runner would refuse. Told once, where the first dict has it.
  void CheckSizes(const Dict& dict) {
    auto check = [&](const std::string& object) {
      CheckSize(dict, "mem" + object, "a number of MiB or a size such as 4G", IsMemorySize);
      CheckSize(dict, "smp" + object, "a number of CPUs", IsCpuCount);
    };
    check("");
    for (std::string_view vm : Words(dict.Get("vms").value_or(kUsualVms)))
      check(fmt::format("_{}", vm));
  }

  void CheckSize(const Dict& dict, const std::string& key, const char* expected,
                 bool (*is_right)(std::string_view)) {
    const std::string_view value = dict.Get(key).value_or("");
    if (value.empty() || is_right(value)) return;
    if (!bad_sizes_.emplace(key, value).second) return;
    context_.Warn("bad-size", dict.OriginOf(key),
                  fmt::format("{} is '{}', not {}", key, value, expected),
                  {{Origin(dict), fmt::format("the first is '{}'", dict.name)}});
  }

  void AddProperties(const Dict& dict, Test* test) {
    test->timeout = context_.options.timeout;
    if (auto text = dict.Get("test_timeout"); text && !text->empty()) {
      auto seconds = ParseCount(*text);
      constexpr uint64_t kLongest = uint64_t{366} * 86400;
      if (!seconds || *seconds == 0 || *seconds > kLongest) {
        context_.Error("bad-timeout", dict.OriginOf("test_timeout"),
                       fmt::format("test_timeout is '{}', not a number of seconds", *text));
      } else {
        test->timeout = *seconds;
      }
    }
    for (std::string_view label : Words(dict.Get("labels").value_or(""))) {
      CheckLabel("label", label, dict.OriginOf("labels"));
      test->labels.emplace_back(label);
    }
    test->disabled = IsYes(dict.Get("skip").value_or(""));
  }

  void AddDependencies(const Dict& dict, DraftTest* draft) {
    for (std::string_view dep : dict.deps) {
      // It begins with the labels of the name around the place where it was written. Those are
      // ours; the word that the user wrote is what remains.
      std::string labels;
      std::string_view rest = dep;
      for (VariantId id : dict.variants) {
        const Variant& variant = context_.config.variant(id);
        if (!rest.starts_with(variant.text + ".")) break;
        rest.remove_prefix(variant.text.size() + 1);
        if (!structure_.IsPlacement(variant.block)) AppendLabel(variant.text, &labels);
      }
      AppendLabel(rest, &labels);
      draft->dependencies.push_back({labels, std::string(rest), FindWord(dict, rest)});
    }
  }

  // The word behind the colon of a variant that the dict took; else the variant it belongs to.
  Span FindWord(const Dict& dict, std::string_view word) const {
    for (auto id = dict.variants.rbegin(); id != dict.variants.rend(); ++id) {
      Span span = context_.config.variant(*id).span;
      if (!span.IsKnown()) continue;
      std::string_view line = context_.config.sources().Line(span.file, span.line);
      size_t colon = line.find(':', span.column + span.length - 1);
      if (colon == std::string_view::npos || line.find('\t') != std::string_view::npos) continue;
      size_t pos = line.find(word, colon);
      if (pos == std::string_view::npos) continue;
      return {span.file, span.line, static_cast<uint32_t>(pos + 1),
              static_cast<uint32_t>(word.size())};
    }
    return dict.variants.empty() ? Span{} : context_.config.variant(dict.variants.back()).span;
  }

  // A param of the last dict, with its texts in the pool.
  struct KnownParam {
    Param param;
    std::string_view key;
    std::string_view value;
  };

  // Neighbouring dicts are nearly alike, so most params are found beside those of the last dict
  // instead of by hashing.
  const std::vector<Param>& Intern(const Dict& dict) {
    interned_.clear();
    now_.clear();
    auto last = last_.cbegin();
    for (const language::Param& param : dict.params) {
      const bool is_same =
          last != last_.cend() && last->value == param.value && last->key == param.key;
      now_.push_back(is_same ? *last++ : Find(param, &last));
      interned_.push_back(now_.back().param);
      NoteString(param, interned_.back());
    }
    std::swap(last_, now_);
    return interned_;
  }

  // `last`: the first that may have the param's key; moved behind that.
  KnownParam Find(const language::Param& param, std::vector<KnownParam>::const_iterator* last) {
    while (*last != last_.cend() && (*last)->key < param.key) ++*last;
    const bool is_known_key = *last != last_.cend() && (*last)->key == param.key;
    if (is_known_key && (*last)->value == param.value) return *(*last)++;
    if (!IsUtf8(param.key) || !IsUtf8(param.value)) {
      context_.Error("not-utf8", param.origin,
                     fmt::format("the value of '{}' is not UTF-8", param.key));
    }
    StringPool& texts = draft_.plan.texts;
    const TextId key = is_known_key ? (*(*last)++).param.key : texts.Intern(param.key);
    const TextId value = texts.Intern(param.value);
    return {{key, value}, texts.Text(key), texts.Text(value)};
  }

  void NoteString(const language::Param& param, Param interned) {
    if (!param.origin.IsKnown() || !context_.config.sources().IsString(param.origin.file)) return;
    if (!IsPlaceOfFile(param.key, param.value)) return;
    std::vector<Param>& paths = draft_.plan.string_paths;
    auto place = std::lower_bound(paths.begin(), paths.end(), interned);
    if (place == paths.end() || *place != interned) paths.insert(place, interned);
  }

  const Context& context_;
  Structure structure_;
  Draft draft_;
  std::map<std::string, uint32_t, std::less<>> set_index_;
  std::map<std::string, std::optional<uint32_t>> range_index_;
  std::set<std::pair<std::string, std::string>> bad_sizes_;            // key and value
  std::map<std::pair<language::FileId, uint32_t>, VariantId> around_;  // file and line
  std::vector<KnownParam> last_;
  std::vector<KnownParam> now_;
  std::vector<Param> interned_;  // of the last dict
};

}  // namespace

namespace {

// Of all dicts, those that are wanted; `made` is told of each.
Draft Collect(const Context& context, Collector* collector,
              const std::function<bool(std::span<const VariantId>)>& wanted,
              const std::function<void()>& made) {
  // An error of the language ends the expansion; those about single tests do not.
  size_t of_tests = 0;
  language::Expand(
      context.config, {.max_dicts = context.options.max_dicts, .wanted = wanted},
      [&](const Dict& dict) {
        size_t before = context.diagnostics.error_count();
        collector->Add(dict);
        if (made) made();
        of_tests += context.diagnostics.error_count() - before;
        return true;
      },
      context.diagnostics);
  return collector->Take(context.diagnostics.error_count() == of_tests);
}

}  // namespace

Draft CollectTests(const Context& context, Alternatives* alternatives) {
  Collector collector(context);
  if (alternatives == nullptr) return Collect(context, &collector, {}, {});
  alternatives->MarkTaken(collector.taken());
  Alternatives::Use use = Alternatives::Use::kTest;
  return Collect(
      context, &collector,
      [&](std::span<const VariantId> variants) {
        use = alternatives->UseOf(variants);
        return use != Alternatives::Use::kNone;
      },
      [&] {
        DraftTest* test = collector.Last();
        test->is_example = use == Alternatives::Use::kExample;
        if (const PlannedPlace* planned = alternatives->Planned()) test->planned = *planned;
      });
}

Draft CollectFirst(const Context& context, Alternatives* alternatives) {
  Collector collector(context);
  return Collect(
      context, &collector,
      [&](std::span<const VariantId> variants) { return alternatives->IsNew(variants); },
      [&] { alternatives->Made(collector.LastTest(), collector.LastAssign()); });
}

}  // namespace kvmtest::plan
