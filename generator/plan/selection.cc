#include "plan/selection.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <set>
#include <unordered_set>

#include "language/expand.h"
#include "language/own_text.h"
#include "plan/structure.h"

namespace kvmtest::plan {
namespace {

using language::BlockId;
using language::Config;
using language::Dict;
using language::kNone;
using language::Variant;
using language::VariantId;

using Place = std::pair<std::string, std::string>;  // host, queue

// What the sets select.
struct Selected {
  std::unordered_set<std::string> tests;  // labels, but for those of sets, hosts and queues
  std::set<Place> places;
  std::set<std::string, std::less<>> hosts;
  std::set<std::string, std::less<>> queues;
  std::vector<bool> variants;
};

// The same that they leave out.
struct LeftOut {
  struct Group {
    size_t tests = 0;
    std::vector<language::Note> first = {};
  };
  std::unordered_set<std::string> tests;
  std::map<VariantId, Group> by_variant;  // tests of a variant that no set selects at all
  Group others;
  std::map<Place, Span> places;  // with the place that names the queue
  size_t all_tests = 0;
};

class Comparison {
 public:
  Comparison(const Context& context, Config* config)
      : context_(context), config_(*config), structure_(FindStructure(*config)) {}

  void Run() {
    if (structure_.set_block == kNone || context_.options.narrowed) return;
    selected_.variants.resize(config_.variants().size());
    for (BlockId block : NestedBlocks()) in_sets_.insert(block);
    if (!ForEach([this](const Dict& dict) { Note(dict); })) return;
    language::DropOwnText(&config_, structure_.set_block);
    if (!ForEach([this](const Dict& dict) { Look(dict); })) {
      context_.diagnostics.Report(
          {language::Severity::kNote, "unselected", kWholeFile,
           fmt::format("without the filters of the test sets there are more than {} dicts, so "
                       "nobody looked for tests that no set runs",
                       context_.options.max_dicts)});
      return;
    }
    WarnOfTests();
    WarnOfPlaces();
  }

 private:
  // Of the test sets' block, and of those inside it.
  std::vector<BlockId> NestedBlocks() const {
    std::vector<BlockId> blocks;
    for (BlockId id = 0; id < config_.blocks().size(); ++id) {
      VariantId parent = config_.blocks()[id].parent;
      if (id == structure_.set_block ||
          (parent != kNone && language::IsWithin(config_, parent, structure_.set_block)))
        blocks.push_back(id);
    }
    return blocks;
  }

  bool ForEach(const std::function<void(const Dict&)>& look) {
    language::Diagnostics unheard;
    unheard.set_warnings(false);
    return language::Expand(
        config_, {.max_dicts = context_.options.max_dicts},
        [&look](const Dict& dict) {
          look(dict);
          return true;
        },
        unheard);
  }

  bool IsOfTest(const Variant& variant) const {
    return !structure_.IsPlacement(variant.block) && !in_sets_.contains(variant.block);
  }

  std::string TestOf(const Dict& dict) const {
    std::string labels;
    for (VariantId id : dict.variants) {
      const Variant& variant = config_.variant(id);
      if (IsOfTest(variant)) labels += (labels.empty() ? "" : ".") + variant.text;
    }
    return labels;
  }

  static Place PlaceOf(const Dict& dict) {
    return {std::string(dict.Get("hostname").value_or("")),
            std::string(dict.Get("queue").value_or(""))};
  }

  void Note(const Dict& dict) {
    selected_.tests.insert(TestOf(dict));
    Place place = PlaceOf(dict);
    selected_.hosts.insert(place.first);
    selected_.queues.insert(place.second);
    selected_.places.insert(std::move(place));
    for (VariantId id : dict.variants) selected_.variants[id] = true;
  }

  void Look(const Dict& dict) {
    Place place = PlaceOf(dict);
    // A host or queue without any test is told of by itself.
    if (selected_.hosts.contains(place.first) && selected_.queues.contains(place.second) &&
        !selected_.places.contains(place)) {
      left_out_.places.emplace(place, dict.OriginOf("queue"));
    }
    std::string test = TestOf(dict);
    if (selected_.tests.contains(test) || !left_out_.tests.insert(test).second) return;
    std::set<VariantId> unselected;
    for (VariantId id : dict.variants) {
      if (IsOfTest(config_.variant(id)) && !selected_.variants[id]) unselected.insert(id);
    }
    bool any = false;
    for (VariantId id : unselected) {
      // What stands inside such a variant is left out with it.
      VariantId parent = config_.blocks()[config_.variant(id).block].parent;
      if (unselected.contains(parent)) continue;
      any = true;
      Add(dict, test, &left_out_.by_variant[id]);
    }
    if (!any) Add(dict, test, &left_out_.others);
  }

  void Add(const Dict& dict, const std::string& test, LeftOut::Group* group) {
    constexpr size_t kShown = 3;
    if (group->tests++ >= kShown) return;
    Span span = dict.OriginOf("type");
    for (auto id = dict.variants.rbegin(); !span.IsKnown() && id != dict.variants.rend(); ++id) {
      span = config_.variant(*id).span;
    }
    group->first.push_back({span, fmt::format("'{}' is one", test)});
  }

  void WarnOfTests() {
    for (const auto& [id, group] : left_out_.by_variant) {
      const Variant& variant = config_.variant(id);
      context_.Warn(
          "unselected", variant.span,
          fmt::format("no set runs {} of variant '{}'",
                      group.tests == 1 ? "the test" : fmt::format("the {} tests", group.tests),
                      variant.text));
    }
    if (left_out_.others.tests == 0) return;
    context_.Warn("unselected", config_.blocks()[structure_.set_block].span,
                  fmt::format("no set runs {} of {}", left_out_.others.tests,
                              Count(selected_.tests.size() + left_out_.tests.size(), "test")),
                  left_out_.others.first);
  }

  void WarnOfPlaces() {
    for (const auto& [place, span] : left_out_.places) {
      const auto& [host, queue] = place;
      if (queue.empty()) continue;
      context_.Warn("idle-queue", span,
                    fmt::format("no set runs a test on queue '{}' of host '{}'", queue,
                                host.empty() ? "localhost" : host));
    }
  }

  const Context& context_;
  Config& config_;
  Structure structure_;
  std::set<BlockId> in_sets_;
  Selected selected_;
  LeftOut left_out_;
};

}  // namespace

void WarnOfUnselected(const Context& context, language::Config* config) {
  Comparison(context, config).Run();
}

}  // namespace kvmtest::plan
