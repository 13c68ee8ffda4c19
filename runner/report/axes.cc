#include "report/axes.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace kvmtest::report {

namespace {

using Parts = std::vector<std::string>;

Parts SplitAtDots(std::string_view name) {
  Parts parts;
  while (true) {
    size_t dot = std::min(name.find('.'), name.size());
    parts.emplace_back(name.substr(0, dot));
    if (dot == name.size()) return parts;
    name.remove_prefix(dot + 1);
  }
}

void AddPart(const std::string& part, std::string* name) {
  if (!name->empty()) *name += '.';
  *name += part;
}

// For each kind of guest the parts that all its tests have.
using PartsByGuest = std::map<std::string, std::set<std::string>>;

PartsByGuest CommonParts(const std::vector<Parts>& names, const std::vector<std::string>& guests) {
  PartsByGuest common;
  for (size_t i = 0; i < names.size(); ++i) {
    std::set<std::string> here(names[i].begin(), names[i].end());
    auto [place, is_first] = common.emplace(guests[i], here);
    if (is_first) continue;
    std::set<std::string> both;
    std::set_intersection(place->second.begin(), place->second.end(), here.begin(), here.end(),
                          std::inserter(both, both.begin()));
    place->second = std::move(both);
  }
  return common;
}

// What tells the guests of the tests apart.
std::vector<std::string> GuestsOf(const std::vector<AxesInput>& tests,
                                  const std::vector<Parts>& names) {
  std::set<std::string> distinct;
  for (const AxesInput& test : tests) distinct.insert(test.boots);
  bool each_its_own = distinct.size() > 3 && distinct.size() * 3 > tests.size();
  std::vector<std::string> guests;
  for (size_t i = 0; i < tests.size(); ++i) {
    guests.push_back(each_its_own ? names[i].front() : tests[i].boots);
  }
  return guests;
}

// With which types and guests a part is seen, and whether each of those guests always has it.
struct Company {
  std::set<std::string> types;
  std::set<std::string> guests;
  bool is_of_guests = true;
};

std::map<std::string, Company> CompanyOfParts(const std::vector<AxesInput>& tests,
                                              const std::vector<Parts>& names,
                                              const std::vector<std::string>& guests) {
  PartsByGuest common = CommonParts(names, guests);
  std::map<std::string, Company> company;
  for (size_t i = 0; i < tests.size(); ++i) {
    for (const std::string& part : names[i]) {
      Company& here = company[part];
      here.types.insert(tests[i].type);
      here.guests.insert(guests[i]);
      here.is_of_guests = here.is_of_guests && common[guests[i]].count(part) != 0;
    }
  }
  return company;
}

}  // namespace

const std::vector<std::string>& GuestParams() {
  static const std::vector<std::string> names = {"kernel",     "bios",      "image_name",
                                                 "cdrom_cd1",  "os_type",   "os_variant",
                                                 "guest_name", "arch_name", "image_name_image1"};
  return names;
}

std::vector<Axes> FindAxes(const std::vector<AxesInput>& tests) {
  std::vector<Parts> names;
  std::set<std::string> all_types;
  for (const AxesInput& test : tests) {
    names.push_back(SplitAtDots(test.shortname));
    all_types.insert(test.type);
  }
  std::vector<std::string> guests = GuestsOf(tests, names);
  auto company = CompanyOfParts(tests, names, guests);
  std::vector<Axes> found(tests.size());
  for (size_t i = 0; i < tests.size(); ++i) {
    for (size_t k = 0; k < names[i].size(); ++k) {
      const std::string& part = names[i][k];
      bool is_last = k + 1 == names[i].size();
      const Company& with = company[part];
      bool is_test = is_last;
      if (all_types.size() > 1) {
        // All parts of a guest with tests of one type have that in common: then those are the
        // guest's which no other guest has.
        is_test =
            with.types.size() == 1 && (!with.is_of_guests || with.guests.size() > 1 || is_last);
      }
      std::string* axis = is_test             ? &found[i].test
                          : with.is_of_guests ? &found[i].guest
                                              : &found[i].device;
      AddPart(part, axis);
    }
    if (found[i].test.empty()) found[i].test = tests[i].type;
  }
  return found;
}

}  // namespace kvmtest::report
