#include "plan/independence.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "language/influences.h"

namespace kvmtest::plan {
namespace {

using language::Influences;
using language::Kinds;

constexpr Kinds kOfTest = 1;
constexpr Kinds kOfPlace = 2;
constexpr Kinds kOfSet = 4;

using Keys = std::span<const std::string_view>;

// Where a place is and what it has.
constexpr std::string_view kOfPlaces[] = {"hostname",       "queue",      "env",      "mac_ranges",
                                          "address_ranges", "total_cpus", "total_mem"};
constexpr std::string_view kRanges[] = {"base_mac_", "base_ip_", "range_size_", "address_range_"};
// How long a test takes, how much, and whether a place admits it.
constexpr std::string_view kOfTests[] = {"type", "image_name", "used_cpus", "used_mem",
                                         "vms",  "nics",       "skip"};
// Of no account to where a test runs, but there may be slips in it.
constexpr std::string_view kOfDicts[] = {"test_timeout", "labels"};

Kinds OfKeys(const Influences& influences, Keys keys) {
  Kinds all = 0;
  for (std::string_view key : keys) all |= influences.OfKey(key);
  return all;
}

Kinds OfPrefixes(const Influences& influences, Keys prefixes) {
  Kinds all = 0;
  for (std::string_view prefix : prefixes) all |= influences.OfKeysThatBeginWith(prefix);
  return all;
}

// Those of a key and of each VM's own.
Kinds OfVms(const Influences& influences, std::string_view key, std::string_view prefix) {
  return influences.OfKey(key) | influences.OfKeysThatBeginWith(prefix);
}

}  // namespace

bool ArePlacesIndependent(const Context& context, const Structure& structure) {
  std::vector<Kinds> kind_of;
  for (const language::Variant& variant : context.config.variants())
    kind_of.push_back(variant.block == structure.set_block   ? kOfSet
                      : structure.IsPlacement(variant.block) ? kOfPlace
                                                             : kOfTest);
  const Influences influences(context.config, kind_of);
  const Kinds of_places = OfKeys(influences, kOfPlaces) | OfPrefixes(influences, kRanges);
  Kinds of_tests = OfKeys(influences, kOfTests) | influences.OfKeysThatBeginWith("nics_") |
                   influences.OfDependencies();
  if (influences.IsSet("total_mem")) of_tests |= OfVms(influences, "mem", "mem_");
  if (context.options.processors) of_tests |= OfVms(influences, "smp", "smp_");
  return (of_places & kOfTest) == 0 && (of_tests & kOfPlace) == 0 &&
         (influences.OfKey("assign") & ~kOfSet) == 0 &&
         std::none_of(std::begin(kOfDicts), std::end(kOfDicts), [&](std::string_view key) {
           return influences.HasStatementOfAll(key, kOfTest | kOfPlace);
         });
}

}  // namespace kvmtest::plan
