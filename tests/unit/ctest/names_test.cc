#include "ctest/names.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ctest/generation.h"
#include "sample_plan.h"

namespace kvmtest::ctest {
namespace {

using Host = ResourceSpec::Naming::Host;
using Tests = std::vector<std::string>;

constexpr const char* kHint =
    "hint: ctest knows tests by their names only: give 'a' or 'b' a TEST_PREFIX of its own\n";

// A call with hosts, each of which has tests.
struct Call {
  std::string name;
  std::vector<std::pair<Host, Tests>> hosts;
};

std::vector<std::string> DescriptionsOf(const Call& call) {
  std::vector<std::string> texts;
  for (const auto& [_, tests] : call.hosts) {
    std::string text = "{\"schema\":1}\n";
    int line = 1;
    for (const std::string& test : tests) {
      text += fmt::format("{{\"test\":\"{0}\",\"name\":\"full {0}\",\"origin\":\"{1}.cfg:{2}\"}}\n",
                          test, call.name, line++);
    }
    texts.push_back(text);
  }
  return texts;
}

NameClashes Find(const Call& ours, const Call& theirs) {
  const std::vector<std::string> our_texts = DescriptionsOf(ours);
  const std::vector<std::string> their_texts = DescriptionsOf(theirs);
  NamedTests us{ours.name, {}, {our_texts.begin(), our_texts.end()}};
  NamedTests them{theirs.name, {}, {their_texts.begin(), their_texts.end()}};
  for (const auto& [host, _] : ours.hosts) us.naming.hosts.push_back(host);
  for (const auto& [host, _] : theirs.hosts) them.naming.hosts.push_back(host);
  return FindNameClashes(us, them);
}

const Host kOne{"h1", false, false};
const Host kTwo{"h2", false, false};
const Host kLocal{"localhost", true, false};
const Host kImplicit{"localhost", true, true};

TEST(Names, EqualOnesOfAHostAreErrors) {
  NameClashes found = Find({"a", {{kOne, {"x", "s.t", "y"}}}}, {"b", {{kOne, {"s.t", "z"}}}});
  EXPECT_EQ(
      found.errors,
      std::string(R"(a.cfg:2: error: tests of 'a' and of 'b' have the name 's.t' [-Wname-clash]
a.cfg:2: note: 'full s.t' of host 'h1' is that of 'a'
b.cfg:1: note: 'full s.t' of host 'h1' is that of 'b'
)") + kHint);
  EXPECT_EQ(found.warning, "");
  found = Find({"a", {{kOne, {"x"}}}}, {"b", {{kOne, {"y"}}}});
  EXPECT_EQ(found.errors + found.warning, "");
}

TEST(Names, AreThoseThatJsonSpells) {
  NameClashes found = Find({"a", {{kOne, {R"(a\"b\\)"}}}}, {"b", {{kOne, {R"(a\"b\\)"}}}});
  EXPECT_NE(found.errors.find(R"(have the name 'a"b\' [)"), std::string::npos) << found.errors;
  found = Find({"a", {{kOne, {R"(a\"b)"}}}}, {"b", {{kOne, {R"(a\"c)"}}}});
  EXPECT_EQ(found.errors, "");
}

TEST(Names, TheFirstOfManyAreTold) {
  const Tests four = {"1", "2", "3", "4"};
  const std::string errors = Find({"a", {{kOne, four}}}, {"b", {{kOne, four}}}).errors;
  EXPECT_NE(errors.find("a.cfg:3: error:"), std::string::npos) << errors;
  EXPECT_EQ(errors.find("a.cfg:4: error:"), std::string::npos) << errors;
  EXPECT_NE(errors.find("\nnote: so it is with 1 more name\nhint: "), std::string::npos) << errors;
}

TEST(Names, ClashWhereOneMachineMayBeBothHosts) {
  struct Row {
    Host our;
    Host their;
    bool expected;
  };
  const Row rows[] = {
      {kOne, kOne, true},        {kOne, kTwo, false},     {kLocal, kLocal, true},
      {kImplicit, kLocal, true}, {kLocal, kOne, true},    {kOne, kLocal, true},
      {kOne, kImplicit, true},   {kImplicit, kOne, true}, {kImplicit, kImplicit, true}};
  for (const Row& row : rows) {
    NameClashes found = Find({"a", {{row.our, {"t"}}}}, {"b", {{row.their, {"t"}}}});
    EXPECT_EQ(!found.errors.empty(), row.expected) << row.our.name << " " << row.their.name;
    EXPECT_EQ(!found.warning.empty(), !row.expected) << row.our.name << " " << row.their.name;
  }
}

TEST(Names, AHostThatACallNamesIsNoOtherMachine) {
  // On h1 the first call has no 't', and elsewhere the second has none.
  NameClashes found = Find({"a", {{kLocal, {"t"}}, {kOne, {"u"}}}}, {"b", {{kOne, {"t"}}}});
  EXPECT_EQ(found.errors, "");
  EXPECT_EQ(found.warning,
            "1 test of 'a' cannot be told from tests of 'b' on other hosts where ctest shows all "
            "hosts (KVMTEST_HOST='*'): 't' of host 'localhost' (a.cfg:1) and of host 'h1' "
            "(b.cfg:1) [-Wname-clash]\n" +
                std::string(kHint).substr(0, std::string(kHint).size() - 1));
}

TEST(Names, WhatHasItsHostInTheNameIsTold) {
  const Host three{"h3", false, false};
  NameClashes found = Find({"a", {{kOne, {"t"}}, {kTwo, {"t"}}}}, {"b", {{three, {"t"}}}});
  EXPECT_EQ(found.errors + found.warning, "");
}

TEST(Names, MayBeSharedByWhatTheyBeginAndEndWith) {
  auto may = [](Tests ours, const std::string& suffix, Tests theirs, const std::string& other) {
    return MayShareNames({std::move(ours), suffix, {}}, {std::move(theirs), other, {}});
  };
  EXPECT_TRUE(may({"nightly"}, "", {"weekly", "nightly"}, ""));
  EXPECT_TRUE(may({"a.nightly"}, "", {"a"}, "")) << "a set 'a', a test 'nightly.x'";
  EXPECT_TRUE(may({"nightly"}, "", {"nightly"}, "x"));
  EXPECT_FALSE(may({"nightly"}, "y", {"nightly"}, "x"));
  EXPECT_FALSE(may({"a.nightly"}, "", {"b.nightly"}, ""));
  EXPECT_FALSE(may({"nightly"}, "", {"b.nightly"}, ""));
  EXPECT_FALSE(may({}, "", {"nightly"}, ""));
}

TEST(Names, AreThoseOfAGeneration) {
  const Generation generation = Render(SamplePlan(), SampleOptions());
  std::string error;
  const auto spec = ReadSpec(generation.files.at("resources.json"), &error);
  ASSERT_TRUE(spec) << error;
  EXPECT_EQ(spec->naming.beginnings, (Tests{"kvm.nightly", "kvm.weekly"}));
  NamedTests ours{"a", spec->naming, {}};
  for (const Host& host : spec->naming.hosts)
    ours.descriptions.push_back(generation.files.at(DescriptionsPath(host.name)));
  NamedTests theirs = ours;
  theirs.call = "b";
  const std::string errors = FindNameClashes(ours, theirs).errors;
  EXPECT_NE(errors.find("'kvm.nightly.ide.install'"), std::string::npos) << errors;
  EXPECT_NE(errors.find("so it is with 1 more name\n"), std::string::npos) << errors;
}

}  // namespace
}  // namespace kvmtest::ctest
