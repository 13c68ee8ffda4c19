#ifndef KVMTEST_VM_CONFIG_PARTS_H_
#define KVMTEST_VM_CONFIG_PARTS_H_

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/params.h"
#include "vm/vm_config.h"

// What BuildVmConfig is made of: one function for each group of params, in a file of its own.
namespace kvmtest::vm {

using ConfigError = std::optional<ParamError>;

// `params` are the VM's view of them.
ConfigError ReadHardware(const Params& params, VmConfig* config);
ConfigError CheckMmio(const VmConfig& config);
// A board with one serial port has that for the console.
ConfigError CheckSerials(const VmConfig& config);
// vcpu_sockets, vcpu_dies, vcpu_cores, vcpu_threads: after smp and vcpu_maxcpus.
ConfigError ReadSmpShape(const Params& params, VmConfig* config);
ConfigError ReadFirmware(const Params& params, VmConfig* config);
// For firmware = ovmf, as the last of the images: each run writes to its own.
ConfigError AddFirmwareVariables(const Params& params, VmConfig* config);
ConfigError ReadImages(const Params& params, VmConfig* config);
ConfigError ReadNic(const Params& vm_params, const std::string& name, const Address& address,
                    bool mmio, NicConfig* nic);

// cdroms, floppy.
ConfigError ReadRemovables(const Params& params, VmConfig* config);
// Display card, clock, boot order, uuid, NUMA nodes, serial ports, sandbox.
ConfigError ReadBoard(const Params& params, VmConfig* config);

// One of these words, or the default if the param is absent.
template <size_t N>
ConfigError OneOf(const Params& params, std::string_view key, const std::string_view (&words)[N],
                  std::string_view otherwise, std::string* value) {
  *value = params.Get(key, otherwise);
  for (std::string_view word : words) {
    if (*value == word) return std::nullopt;
  }
  if (value->empty() && otherwise.empty()) return std::nullopt;
  return ParamError{
      fmt::format("{} = {}: expected one of {}", key, *value, fmt::join(words, ", "))};
}

// A relative path means a file below images_base_dir: the working directory is ctest's.
ConfigError ResolvePath(const Params& params, std::string_view key, std::string* path);
// The value of a param that names a file; empty if it is absent.
ConfigError FileParam(const Params& params, std::string_view key, std::string* path);

// {what configurations say, what qemu calls it}
struct Alias {
  std::string_view word;
  std::string_view qemu;
};

template <size_t N>
ConfigError Translate(std::string_view key, const std::string& word, const Alias (&table)[N],
                      std::string* qemu) {
  std::vector<std::string_view> words;
  for (const Alias& alias : table) {
    if (alias.word == word) {
      *qemu = std::string(alias.qemu);
      return std::nullopt;
    }
    words.push_back(alias.word);
  }
  return ParamError{fmt::format("{} = {}: expected one of {}", key, word, fmt::join(words, ", "))};
}

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_CONFIG_PARTS_H_
