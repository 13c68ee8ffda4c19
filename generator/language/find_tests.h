// Tests of the modern dialect by name, without expanding what is called otherwise.
#ifndef KVMTEST_LANGUAGE_FIND_TESTS_H_
#define KVMTEST_LANGUAGE_FIND_TESTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "language/config.h"
#include "language/explain.h"
#include "language/path_statements.h"
#include "language/tree_extract.h"

namespace kvmtest::language {

// How variants and joins come to a name, and what keeps each of these tests out of the result.
struct Ways {
  struct Way {
    TestPaths test;
    std::vector<Obstacle> obstacles;
  };
  std::vector<Way> ways;
  uint64_t more = 0;     // not looked at
  bool gave_up = false;  // there may be others
};

Ways FindWays(const PathStatements& statements, const std::string& name);

// A filter as it may stand after `only`, and the labels it speaks of; `text` must outlive it.
struct NameFilter {
  LabelTable labels;
  Arena arena;
  Filter filter;
};
std::optional<NameFilter> ReadNameFilter(const Tree& tree, const std::string& text);
// All of these labels, anywhere in the name.
NameFilter FilterOfLabels(const Tree& tree, std::span<const std::string> labels);

// The tests of the result that are called so because of `name_fixed` and its like: how their
// labels call them.
NameList FindRenamed(const Config& config, const std::string& name, const Bounds& bounds);
// Those with a short name, or that a filter selects.
NameList FindByShortname(const Config& config, const std::string& shortname, const Bounds& bounds);
NameList FindByFilter(const Config& config, const NameFilter& filter, const Bounds& bounds);

// The paths that a filter selects if all others are left aside, joins too: their names, and the
// first of them.
NameList FindRemoved(const Tree& tree, const NameFilter& filter, const Bounds& bounds,
                     std::vector<std::vector<NodeId>>* paths);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_FIND_TESTS_H_
