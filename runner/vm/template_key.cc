#include "vm/template_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/checksum.h"
#include "vm/argv.h"

namespace kvmtest::vm {

namespace {

// A template of another version of the runner may lack something.
constexpr int kVersion = 4;

// Options that bring neither memory nor anything to write to, with any value that names no file or
// descriptor.
constexpr std::string_view kHarmless[] = {
    "-action",  "-boot",          "-cpu",     "-device",          "-global",     "-k",
    "-no-acpi", "-no-fd-bootchk", "-no-hpet", "-no-reboot",       "-overcommit", "-smbios",
    "-usb",     "-uuid",          "-vga",     "-watchdog-action",
};

bool IsHarmless(const std::string& option) {
  return std::find(std::begin(kHarmless), std::end(kHarmless), option) != std::end(kHarmless);
}

std::optional<std::string> HarmfulExtra(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    bool option = word.rfind('-', 0) == 0;
    if (option && !IsHarmless(word)) {
      return fmt::format("extra_params: {} may stand for something that is not saved", word);
    }
    if (option) continue;
    for (const char* sign :
         {"/", "fd=", "drive=", "memdev=", "chardev=", "file=", "path=", "splash="}) {
      if (word.find(sign) != std::string::npos) {
        return fmt::format("extra_params: {} may stand for something that is not saved", word);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> WhyNoTemplate(const VmConfig& config) {
  if (config.ssh) return "a connection of ssh's does not outlive the machine that it leads into";
  if (!config.HasShell()) return "its guest has no shell that could set its clock";
  if (config.incoming) return "it waits for another machine's state";
  if (config.clock_of_its_own) {
    return "rtc_base or rtc_clock: a restored guest is told the time of day";
  }
  if (!config.numa.empty()) return "guest_numa_nodes: the memory of a template is in one piece";
  if (MemoryId(config).empty()) {
    return fmt::format("the name of the memory of machine_type {} is not known", config.machine);
  }
  std::optional<uint64_t> memory = MemoryBytes(config);
  if (!memory || *memory == 0 || *memory % (1 << 20) != 0) {
    return fmt::format("mem = {} is no number of MiB", config.mem);
  }
  return HarmfulExtra(config.extra_params);
}

std::optional<TemplateKey> MakeTemplateKey(const VmConfig& config,
                                           const std::vector<std::string>& files,
                                           const TemplateSurroundings& around,
                                           const DigestOf& digest_of, std::string* error) {
  VmConfig machine = config;
  machine.name = "vm";
  Wiring wiring;
  wiring.test = "test";
  wiring.accelerator = around.accelerator;
  wiring.cpu_model = around.cpu_model;
  wiring.qmp_path = "qmp";
  wiring.memory_fd = 0;
  TemplateKey key;
  key.text = fmt::format("version {}\nhost {}\nqemu {}\n", kVersion, around.host, around.qemu);
  for (const std::string& word : BuildArgv(machine, wiring)) key.text += "argv " + word + "\n";
  for (const std::string& path : files) {
    std::optional<std::string> digest = digest_of(path);
    if (!digest) {
      *error = "cannot read " + path;
      return std::nullopt;
    }
    key.text += fmt::format("file {} {}\n", *digest, path);
  }
  // qemu's own words for these come with a descriptor.
  for (const NicConfig& nic : config.nics) {
    key.text += fmt::format("nic {} {}\n", nic.name, DescribeNetwork(nic.net));
  }
  for (const ImageConfig& image : config.images) {
    key.text += fmt::format("image {} {} {}\n", image.name, image.format, image.size);
  }
  host::Checksum sum;
  sum.Add(key.text);
  key.name = sum.Hex();
  return key;
}

}  // namespace kvmtest::vm
