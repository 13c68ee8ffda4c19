#include "ctest/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ctest/quote.h"
#include "plan/text.h"

namespace kvmtest::ctest {
namespace {

struct Refused {
  std::string_view name;
  std::string_view hint;
};

constexpr std::array<Refused, 7> kRefused = {{
    {"COST", "the order of the tests is --order's (ORDER)"},
    {"GENERATED_RESOURCE_SPEC_FILE", "the tests' resources are those of the hosts' queues"},
    {"LABELS", "further labels are --label's (LABELS)"},
    {"RESOURCE_GROUPS", "the tests' resources are those of the hosts' queues"},
    {"SKIP_RETURN_CODE", "77 is how the runner says that a test was skipped"},
    {"TIMEOUT", "it is the param 'test_timeout', or --timeout (TIMEOUT) where there is none"},
    {"_BACKTRACE_TRIPLES", "places are --source-locations' (SOURCE_LOCATIONS)"},
}};

constexpr std::array<std::string_view, 3> kLists = {"DEPENDS", "FIXTURES_REQUIRED",
                                                    "FIXTURES_SETUP"};

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string PropertyFault(const Property& property) {
  const auto& [name, value] = property;
  if (!IsName(name)) {
    return fmt::format("'{}' is no name of a property: letters, digits and '_'", name);
  }
  for (const Refused& refused : kRefused) {
    if (name == refused.name) {
      return fmt::format("the property {} is kvmtest's own: {}", name, refused.hint);
    }
  }
  if (value.empty()) return "";
  auto fault = plan::NameFault(value);
  return fault ? fmt::format("the value of the property {}: {}", name, *fault) : "";
}

void TestProperties::Set(const std::string& name, const std::string& text) {
  if (!text_.empty()) text_ += ' ';
  text_.append(name).append(1, ' ').append(text);
}

void TestProperties::Append(const std::string& name, const std::vector<std::string>& items) {
  auto known = std::find_if(lists_.begin(), lists_.end(),
                            [&](const auto& list) { return list.first == name; });
  if (known == lists_.end()) known = lists_.insert(lists_.end(), {name, ""});
  for (const std::string& item : items) {
    if (item.empty()) continue;
    if (!known->second.empty()) known->second += ';';
    known->second += item;
  }
}

void TestProperties::AddOwn(const std::vector<Property>& properties) {
  for (const auto& [name, value] : properties) {
    if (std::find(kLists.begin(), kLists.end(), name) != kLists.end()) {
      Append(name, {value});
    } else {
      Set(name, Bracket(value));
    }
  }
}

std::string TestProperties::Text() const {
  std::string text = text_;
  for (const auto& [name, items] : lists_) {
    if (!items.empty()) text += fmt::format(" {} {}", name, Bracket(items));
  }
  return text;
}

}  // namespace kvmtest::ctest
