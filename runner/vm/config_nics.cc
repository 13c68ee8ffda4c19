#include <algorithm>

#include "vm/config_parts.h"

namespace kvmtest::vm {

namespace {

constexpr Alias kNicModels[] = {
    {"virtio", "virtio-net-pci"},
    {"virtio_net", "virtio-net-pci"},
    {"e1000", "e1000"},
    {"rtl8139", "rtl8139"},
    {"e1000e", "e1000e"},
    {"pcnet", "pcnet"},
    {"ne2k_pci", "ne2k_pci"},
    {"vmxnet3", "vmxnet3"},
    {"virtio-net-pci", "virtio-net-pci"},
};

bool IsMac(const std::string& text) {
  if (text.size() != 17 || text == "00:00:00:00:00:00") return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool hex = std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
    if (i % 3 == 2 ? text[i] != ':' : !hex) return false;
  }
  return std::string_view("02468aceACE").find(text[1]) != std::string_view::npos;  // no multicast
}

// mac_nic1: an address instead of the plan's, for a network that the test has for itself.
ConfigError ReadMac(const Params& params, NicConfig* nic) {
  std::string mac = params.Get("mac");
  if (mac.empty()) return std::nullopt;
  if (!IsMac(mac)) {
    return ParamError{
        fmt::format("mac = {}: expected a card's address such as 52:54:00:12:34:56", mac)};
  }
  if (nic->net.mode == NetMode::kBridge) {
    return ParamError{
        "mac: on a bridge of the machine's, addresses are those of the queue's mac_ranges"};
  }
  std::transform(mac.begin(), mac.end(), mac.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  nic->address.mac = mac;
  return std::nullopt;
}

}  // namespace

ConfigError ReadNic(const Params& vm_params, const std::string& name, const Address& address,
                    bool mmio, NicConfig* nic) {
  Params params = vm_params.For(name);
  nic->name = name;
  nic->address = address;
  ConfigError error = ReadNetConfig(params, &nic->net);
  if (error) {
    error->text += fmt::format(" (for {})", name);
    return error;
  }
  if (nic->net.mode == NetMode::kUser) {
    if ((error = FileParam(params, "tftp", &nic->net.tftp))) return error;
    nic->net.bootfile = params.Get("bootp");
  }
  if ((error = ReadMac(params, nic))) {
    error->text += fmt::format(" (for {})", name);
    return error;
  }
  long prefix = 16;
  error = GetNumber(params, "ip_prefix", 8, 30, 16, &prefix);
  if (error) return error;
  nic->ip_prefix = static_cast<int>(prefix);
  if (nic->net.mode == NetMode::kUser && prefix > 29 && !address.ip.empty()) {
    return ParamError{fmt::format(
        "ip_prefix = {}: a user network has three addresses, the guest's, qemu's and its name "
        "server's: expected at most 29 (for {})",
        prefix, name)};
  }
  return Translate("nic_model", params.Get("nic_model", mmio ? "virtio" : "rtl8139"), kNicModels,
                   &nic->model);
}

}  // namespace kvmtest::vm
