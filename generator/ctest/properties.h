// What a test's script sets beside what the plan says: the caller's own properties, joined with
// ours where both are lists.
#ifndef KVMTEST_CTEST_PROPERTIES_H_
#define KVMTEST_CTEST_PROPERTIES_H_

#include <string>
#include <utility>
#include <vector>

namespace kvmtest::ctest {

using Property = std::pair<std::string, std::string>;  // name, value

// Why no call may set this property of its tests, with what to do instead, in words for the
// command line; empty if it may.
std::string PropertyFault(const Property& property);

// Properties of one test as set_tests_properties() takes them. Each one costs ctest a walk over
// all tests (3.25, 4.4), so none is written that says nothing.
class TestProperties {
 public:
  // `text` as it stands behind the name.
  void Set(const std::string& name, const std::string& text);
  // Items of lists, which the caller's are joined to.
  void Append(const std::string& name, const std::vector<std::string>& items);
  void AddOwn(const std::vector<Property>& properties);

  std::string Text() const;

 private:
  std::string text_;
  std::vector<std::pair<std::string, std::string>> lists_;  // name, items; in order of appearance
};

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_PROPERTIES_H_
