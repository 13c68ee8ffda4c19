#include "language/explosion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/name_classes_2009.h"
#include "language/path_graph.h"
#include "language/possible.h"

namespace kvmtest::language {

namespace {

constexpr size_t kThoroughWork = 2'000'000;
constexpr size_t kQuickWork = 10'000;
constexpr size_t kShownBlocks = 10;

// A rough estimate: as if filters but for some outside all variants did not exist.
struct WayCounts {
  std::vector<double> variant, block;  // dicts through each, of one way to it
  double all = 1;
};

// `is_live`: by variant; empty for all.
WayCounts CountWays(const Config& config, const std::vector<bool>& is_live) {
  WayCounts ways{std::vector<double>(config.variants().size(), 1),
                 std::vector<double>(config.blocks().size(), 0)};
  // Blocks inside a variant have higher numbers than its own.
  for (BlockId id = static_cast<BlockId>(config.blocks().size()); id-- > 0;) {
    const Block& block = config.blocks()[id];
    for (VariantId variant : block.variants) {
      if (!is_live.empty() && !is_live[variant]) ways.variant[variant] = 0;
      ways.block[id] += ways.variant[variant];
    }
    // The modern dialect ignores a block without variants.
    if (block.variants.empty() && config.dialect() == Dialect::kModern) ways.block[id] = 1;
    (block.parent == kNone ? ways.all : ways.variant[block.parent]) *= ways.block[id];
  }
  return ways;
}

std::vector<double> CountByVariant(const Config& config, const WayCounts& ways) {
  std::vector<double> counts(config.variants().size(), 0);
  for (BlockId id = 0; id < config.blocks().size(); ++id) {
    const Block& block = config.blocks()[id];
    if (ways.block[id] <= 0) continue;
    double outer = block.parent == kNone ? ways.all : counts[block.parent];
    for (VariantId variant : block.variants)
      counts[variant] = outer / ways.block[id] * ways.variant[variant];
  }
  return counts;
}

// The variants that go with every `only` outside all variants, and that no `no` there names.
std::vector<bool> LiveVariants(const ConfigImpl& config) {
  std::vector<bool> is_live(config.variants.size(), true);
  if (config.dialect == Dialect::k2009) return is_live;
  const Tree& tree = config.tree;
  const std::vector<VariantId> owners = config.Owners();
  Choices choices(config.blocks, config.variants);
  LabelOffers offers = OffersOf(config);
  std::vector<Clause> onlys;
  std::vector<VariantId> without;
  for (NodeId node = 0; node < tree.nodes.size(); ++node) {
    if (owners[node] != kNone) continue;
    for (const Item& item : tree.nodes[node].content) {
      if (item.kind == ItemKind::kOnly) onlys.push_back({&tree.filters[item.id]});
      if (item.kind != ItemKind::kNo || !tree.filters[item.id].simple) continue;
      for (AtomId atom : tree.filters[item.id].any)
        for (const LabelOffers::Offer& offer : offers.Of(atom)) without.push_back(offer.variant);
    }
  }
  Possible possible(choices, offers);
  for (VariantId variant : without) is_live[variant] = false;
  for (VariantId id = 0; id < is_live.size(); ++id)
    is_live[id] = is_live[id] && possible.All(onlys, id, without);
  return is_live;
}

// With --defaults the first default variant of a block is the only one if filters let it pass.
void KeepDefaults(const ConfigImpl& config, std::vector<bool>* is_live) {
  for (const Block& block : config.blocks) {
    auto taken = std::find_if(block.variants.begin(), block.variants.end(),
                              [&](VariantId id) { return config.variants[id].is_default; });
    if (taken == block.variants.end() || !(*is_live)[*taken]) continue;
    for (VariantId id : block.variants) (*is_live)[id] = id == *taken;
  }
}

bool IsWalked(const ConfigImpl& impl) {
  return impl.dialect == Dialect::kModern && !impl.tree.has_joins;
}

// What an estimate leaves aside.
std::string_view Unseen(const ConfigImpl& impl) {
  if (impl.dialect == Dialect::k2009) return "before filters";
  return impl.tree.has_joins ? "before joins, and filters in variants"
                             : "before filters in variants";
}

size_t WorkOf(bool thorough) {
  return thorough ? kThoroughWork : kQuickWork;
}

// Does an estimate tell what is left of a variant? Not where it does not see what else selects.
bool SeesOutside(const ConfigImpl& impl) {
  return !impl.tree.has_joins && std::none_of(impl.program.body.begin(), impl.program.body.end(),
                                              [](const auto& statement) {
                                                return statement.kind == Kind2009::kOnly ||
                                                       statement.kind == Kind2009::kNo;
                                              });
}

// What a block does to the number of dicts.
struct Row {
  BlockId block;
  size_t variants = 0;  // that some dict takes
  double factor = 1;    // so many times fewer dicts if one variant were chosen
  VariantId largest = kNone;
  double left = 0;  // dicts that take that one
};

std::vector<Row> RowsOf(const Config& config, const std::vector<double>& counts, double all) {
  std::vector<Row> rows;
  for (BlockId id = 0; id < config.blocks().size(); ++id) {
    Row row{id};
    double through = 0;
    for (VariantId variant : config.blocks()[id].variants) {
      if (counts[variant] <= 0) continue;
      ++row.variants;
      through += counts[variant];
      if (counts[variant] > row.left) row.left = counts[variant], row.largest = variant;
    }
    if (row.largest == kNone) continue;
    row.factor = all / (all - through + row.left);
    if (row.factor >= 1.05) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.factor > b.factor; });
  return rows;
}

// In full as far as it is exact.
std::string Number(double number) {
  return number < 1e15 ? fmt::format("{:.0f}", number) : fmt::format("{:.1e}", number);
}

std::string Factor(double factor) {
  double whole = std::round(factor);
  return std::abs(factor - whole) < 0.05 ? fmt::format("{:.0f}", whole)
                                         : fmt::format("{:.1f}", factor);
}

// Of all dicts, by variant; an estimate where they are not counted.
struct Shares {
  double all = 0;
  std::vector<double> counts = {};
  bool exact = false;
};

Shares SharesOf(const Config& config) {
  const ConfigImpl& impl = config.impl();
  if (IsWalked(impl)) {
    PreparedTree prepared(impl.tree);
    PathGraph graph(prepared, impl.defaults);
    if (graph.Build(kThoroughWork))
      return {graph.Size(), graph.CountByVariant(config.variants().size()), true};
  }
  std::vector<bool> is_live = LiveVariants(impl);
  if (impl.defaults) KeepDefaults(impl, &is_live);
  const WayCounts ways = CountWays(config, is_live);
  return {ways.all, CountByVariant(config, ways)};
}

void ReportMany(const Config& config, const Shares& shares, std::string message,
                Diagnostics& diagnostics) {
  Diagnostic diagnostic{.code = "too-many-dicts", .message = std::move(message)};
  if (!shares.exact)
    diagnostic.notes.push_back(
        {{},
         fmt::format("the blocks multiply to {}, {}", Number(shares.all), Unseen(config.impl()))});
  const std::vector<Row> rows = RowsOf(config, shares.counts, shares.all);
  for (size_t i = 0; i < std::min(rows.size(), kShownBlocks); ++i) {
    const Row& row = rows[i];
    size_t in_text = config.blocks()[row.block].variants.size();
    std::string of = row.variants < in_text ? fmt::format(" of {}", in_text) : "";
    diagnostic.notes.push_back(
        {config.blocks()[row.block].span, fmt::format("{}{} variants make {} times as many dicts",
                                                      row.variants, of, Factor(row.factor))});
  }
  if (rows.size() > kShownBlocks)
    diagnostic.notes.push_back(
        {{}, fmt::format("{} more blocks multiply", rows.size() - kShownBlocks)});
  if (!rows.empty() && (shares.exact || SeesOutside(config.impl())))
    diagnostic.hint = fmt::format("narrow these blocks: 'only {}' would leave {}{}",
                                  config.variants()[rows[0].largest].text,
                                  shares.exact ? "" : "about ", Number(rows[0].left));
  diagnostics.Report(std::move(diagnostic));
}

}  // namespace

QuickCount CountQuickly(const Config& config, bool thorough) {
  const ConfigImpl& impl = config.impl();
  if (IsWalked(impl)) return CountQuickly(PreparedTree(impl.tree), impl.defaults, thorough);
  if (impl.dialect == Dialect::kModern) return {};
  auto classes = NameClasses2009::Find(impl, WorkOf(thorough));
  return classes ? QuickCount{classes->count(), /*exact=*/true} : QuickCount{};
}

QuickCount CountQuickly(const PreparedTree& prepared, bool defaults, bool thorough) {
  PathGraph graph(prepared, defaults);
  bool exact = graph.Build(WorkOf(thorough));
  return {graph.Count(), exact};
}

double CountWithoutFilters(const Config& config) {
  return CountWays(config, {}).all;
}

void ReportTooManyDicts(const Config& config, uint64_t max, std::optional<uint64_t> count,
                        Diagnostics& diagnostics) {
  const Shares shares = SharesOf(config);
  std::optional<double> all;
  if (count) all = static_cast<double>(*count);
  if (shares.exact) all = shares.all;
  ReportMany(config, shares,
             all ? fmt::format("{} dicts are more than {} (see --max-dicts)", Number(*all), max)
                 : fmt::format("more than {} dicts (see --max-dicts)", max),
             diagnostics);
}

void ReportTooManyAtOnce(const Config& config, uint64_t max, Diagnostics& diagnostics) {
  ReportMany(config, SharesOf(config),
             fmt::format("more than {} dicts at once, before the last blocks", max), diagnostics);
}

}  // namespace kvmtest::language
