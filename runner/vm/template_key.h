#ifndef KVMTEST_VM_TEMPLATE_KEY_H_
#define KVMTEST_VM_TEMPLATE_KEY_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/vm_config.h"

namespace kvmtest::vm {

// Which saved states fit which machine: those of the same key.

// Why this machine can have no template, for people; nothing if it can. A template is the state
// of memory, devices and the disks of `images`: whatever else a guest may write to, or that takes
// the place of qemu's memory, is not in it.
std::optional<std::string> WhyNoTemplate(const VmConfig& config);

// Of a file: its checksum, or nothing if it cannot be read.
using DigestOf = std::function<std::optional<std::string>(const std::string& path)>;

struct TemplateKey {
  std::string text;  // all that matters, a line each
  std::string name;  // its checksum
};

// The key is qemu's command line without what belongs to one run (paths and descriptors of the
// run, test, nonce), and the contents of its files (template_files.h). `qemu` says which build it
// is, `host` which machine: a saved state may need its CPU. Text: a file cannot be read.
struct TemplateSurroundings {
  std::string qemu;
  std::string host;
  std::string accelerator;
  std::string cpu_model;
};
std::optional<TemplateKey> MakeTemplateKey(const VmConfig& config,
                                           const std::vector<std::string>& files,
                                           const TemplateSurroundings& around,
                                           const DigestOf& digest_of, std::string* error);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_TEMPLATE_KEY_H_
