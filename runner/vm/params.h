#ifndef KVMTEST_VM_PARAMS_H_
#define KVMTEST_VM_PARAMS_H_

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::vm {

// The params of one test, as its dict has them: strings all the way.
//
// `For("vm1")` is the view that KVM-Autotest calls object_params: where KEY_vm1 exists
// it stands for KEY. Views nest, nics_vm1 and mac_nic1_vm1 alike: the view of a NIC of
// vm1 is params.For("vm1").For("nic1"), and the innermost object is the strongest.
// Views share one record of what was read, from which Unread() tells what no one cares for, and of
// what contradicts itself.
class Params {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  Params() : Params(Map{}) {}
  explicit Params(Map map);

  std::optional<std::string> Find(std::string_view key) const;
  std::string Get(std::string_view key, std::string_view otherwise = "") const;
  // yes, on, true, 1 (any case) are yes. Other words than for no CheckYesNo has refused.
  bool GetBool(std::string_view key, bool otherwise) const;
  // The white-space separated words of a value.
  std::vector<std::string> Words(std::string_view key) const;

  // Of an option's several names the value that is given for the innermost object, whichever name
  // it has; of those for the same object that of the first name (that is not empty). Where another
  // of them differs, Contradictions() says so.
  struct Named {
    std::string key;  // one of `names`
    std::string value;
    size_t rank;  // smaller: for an inner object
  };
  std::optional<Named> FindNearest(std::initializer_list<std::string_view> names) const;
  std::vector<std::string> Contradictions() const;

  Params For(std::string_view object) const;
  // The view of a VM, whatever view this is.
  Params ForVm(std::string_view vm) const;

  const Map& map() const { return *map_; }
  // Keys that neither were read through any view nor are known to be somebody else's.
  std::vector<std::string> Unread() const;

 private:
  std::shared_ptr<const Map> map_;
  std::shared_ptr<std::set<std::string, std::less<>>> read_;
  std::shared_ptr<std::set<std::string>> contradictions_;
  std::vector<std::string> objects_;  // outermost first
};

// Whether shell_client of this VM's view means that its guest has a shell.
bool HasShell(const Params& vm_params);

std::vector<std::string> SplitWords(std::string_view text);

// What is wrong with a test's params, for people; exit status 2.
struct ParamError {
  std::string text;
};

// A whole number in [low, high]; otherwise if the key is absent.
std::optional<ParamError> GetNumber(const Params& params, std::string_view key, long low, long high,
                                    long otherwise, long* number);

// Whether what is given of these are words for yes or no; nothing is no.
std::optional<ParamError> CheckYesNo(const Params& params,
                                     std::initializer_list<std::string_view> keys);

// "512M", "1G": in bytes; a number alone counts in `unit`s. Nothing if it is no size.
std::optional<unsigned long long> SizeInBytes(std::string_view text, unsigned long long unit);

// As a value in an option of qemu's, whose parser ends it at a comma; two of them mean one.
std::string EscapedOption(std::string_view value);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_PARAMS_H_
