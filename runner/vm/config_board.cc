#include <algorithm>

#include "vm/config_parts.h"

namespace kvmtest::vm {

namespace {

void Add(VmConfig* config, std::initializer_list<std::string> words) {
  config->board.insert(config->board.end(), words.begin(), words.end());
}

// Screendumps need a display card; -nodefaults has none. `display` is never opened here, but
// configurations that name one expect a card.
ConfigError ReadDisplay(const Params& params, VmConfig* config) {
  constexpr std::string_view kCards[] = {"none", "std", "cirrus", "vmware", "qxl", "virtio"};
  std::string display = params.Get("display", "none");
  bool has_display = display != "none" && display != "nographic" && !display.empty();
  std::string card;
  if (ConfigError error = OneOf(params, "vga", kCards, has_display ? "std" : "none", &card)) {
    return error;
  }
  if (card != "none") Add(config, {"-vga", card});
  return std::nullopt;
}

bool IsUuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool hex = std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

ConfigError ReadUuid(const Params& params, VmConfig* config) {
  std::string uuid = params.Get("uuid");
  if (uuid.empty()) return std::nullopt;
  if (!IsUuid(uuid)) {
    return ParamError{
        fmt::format("uuid = {}: expected one such as 12345678-1234-1234-1234-123456789abc", uuid)};
  }
  Add(config, {"-uuid", uuid});
  return std::nullopt;
}

ConfigError ReadClock(const Params& params, VmConfig* config) {
  constexpr std::string_view kClocks[] = {"host", "rt", "vm"};
  constexpr std::string_view kDrifts[] = {"none", "slew"};
  std::string base = params.Get("rtc_base"), clock, drift;
  if (ConfigError error = OneOf(params, "rtc_clock", kClocks, "", &clock)) return error;
  if (ConfigError error = OneOf(params, "rtc_drift", kDrifts, "", &drift)) return error;
  bool date = base.size() >= 10 && base.find_first_not_of("0123456789-:T") == std::string::npos;
  if (!base.empty() && base != "utc" && base != "localtime" && !date) {
    return ParamError{fmt::format(
        "rtc_base = {}: expected utc, localtime or a time such as 2006-06-17T16:01:21", base)};
  }
  config->clock_of_its_own =
      (!base.empty() && base != "utc") || (!clock.empty() && clock != "host");
  std::string options;
  for (auto [key, value] : {std::pair("base", &base), {"clock", &clock}, {"driftfix", &drift}}) {
    if (!value->empty()) options += fmt::format("{}{}={}", options.empty() ? "" : ",", key, *value);
  }
  if (!options.empty()) Add(config, {"-rtc", options});
  return std::nullopt;
}

ConfigError ReadBootOrder(const Params& params, VmConfig* config) {
  std::string options;
  for (const char* key : {"boot_order", "boot_once"}) {
    std::string value = params.Get(key);
    if (value.empty()) continue;
    if (value.find_first_not_of("abcdnop") != std::string::npos) {
      return ParamError{
          fmt::format("{} = {}: expected letters such as cdn (disk, cdrom, network)", key, value)};
    }
    options += fmt::format("{}{}={}", options.empty() ? "" : ",", key + 5, value);
  }
  if (params.GetBool("boot_menu", false)) options += options.empty() ? "menu=on" : ",menu=on";
  if (!options.empty()) Add(config, {"-boot", options});
  return std::nullopt;
}

ConfigError ReadNuma(const Params& params, VmConfig* config) {
  for (const std::string& name : params.Words("guest_numa_nodes")) {
    Params view = params.For(name);
    NumaNode node{view.Get("numa_mem"), view.Get("numa_cpus")};
    bool good_mem =
        !node.mem.empty() && node.mem.find_first_not_of("0123456789KMGkmg") == std::string::npos;
    if (!good_mem) {
      return ParamError{fmt::format("numa_mem_{} = {}: expected a size", name, node.mem)};
    }
    if (node.cpus.find_first_not_of("0123456789-") != std::string::npos) {
      return ParamError{
          fmt::format("numa_cpus_{} = {}: expected a CPU or a range of them", name, node.cpus)};
    }
    config->numa.push_back(std::move(node));
  }
  return std::nullopt;
}

// Of `serials`, the console and the shell's port are the first.
ConfigError ReadSerials(const Params& params, VmConfig* config) {
  constexpr std::string_view kTypes[] = {"isa-serial", "pci-serial"};
  std::vector<std::string> names = params.Words("serials");
  for (size_t i = config->shell_port ? 2 : 1; i < names.size(); ++i) {
    std::string type;
    if (names[i].find('/') != std::string::npos) {
      return ParamError{fmt::format("serials: '{}' cannot be the name of a log", names[i])};
    }
    if (ConfigError error =
            OneOf(params.For(names[i]), "serial_type", kTypes, "isa-serial", &type)) {
      return error;
    }
    config->serials.push_back({names[i], type == "pci-serial"});
  }
  return std::nullopt;
}

// usbs are controllers, usb_devices what is plugged into them: by usb_bus into one of them, else
// into the first.
ConfigError ReadUsb(const Params& params, VmConfig* config) {
  constexpr Alias kControllers[] = {
      {"uhci", "piix3-usb-uhci"},
      {"ehci", "usb-ehci"},
      {"xhci", "qemu-xhci"},
      {"ohci", "pci-ohci"},
      {"piix3-usb-uhci", "piix3-usb-uhci"},
      {"piix4-usb-uhci", "piix4-usb-uhci"},
      {"ich9-usb-uhci1", "ich9-usb-uhci1"},
      {"ich9-usb-ehci1", "ich9-usb-ehci1"},
      {"usb-ehci", "usb-ehci"},
      {"pci-ohci", "pci-ohci"},
      {"nec-usb-xhci", "nec-usb-xhci"},
      {"qemu-xhci", "qemu-xhci"},
  };
  constexpr std::string_view kUsbDevices[] = {"usb-tablet", "usb-mouse", "usb-kbd", "usb-hub"};
  std::vector<std::string> controllers = params.Words("usbs");
  for (const std::string& name : controllers) {
    std::string model;
    std::string type = params.For(name).Get("usb_type", "qemu-xhci");
    if (ConfigError error = Translate("usb_type", type, kControllers, &model)) return error;
    Add(config, {"-device", fmt::format("{},id=usb-{}", model, name)});
  }
  for (const std::string& name : params.Words("usb_devices")) {
    Params view = params.For(name);
    std::string model, bus = view.Get("usb_bus", controllers.empty() ? "" : controllers[0]);
    if (ConfigError error = OneOf(view, "usbdev_type", kUsbDevices, "usb-tablet", &model)) {
      return error;
    }
    if (std::find(controllers.begin(), controllers.end(), bus) == controllers.end()) {
      return ParamError{fmt::format("usb_devices: {} needs one of the controllers in usbs", name)};
    }
    Add(config, {"-device", fmt::format("{},id=usbdev-{},bus=usb-{}.0", model, name, bus)});
  }
  return std::nullopt;
}

}  // namespace

ConfigError ReadBoard(const Params& params, VmConfig* config) {
  if (ConfigError error = CheckYesNo(params, {"qemu_sandbox", "boot_menu"})) return error;
  config->sandbox = params.GetBool("qemu_sandbox", true);
  for (auto* part :
       {ReadDisplay, ReadUuid, ReadClock, ReadBootOrder, ReadNuma, ReadSerials, ReadUsb}) {
    if (ConfigError error = part(params, config)) return error;
  }
  return std::nullopt;
}

}  // namespace kvmtest::vm
