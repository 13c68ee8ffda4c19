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

}  // namespace

ConfigError ReadNic(const Params& vm_params, const std::string& name, const Address& address,
                    NicConfig* nic) {
  Params params = vm_params.For(name);
  nic->name = name;
  nic->address = address;
  ConfigError error = ReadNetConfig(params, &nic->net);
  if (error) {
    error->text += fmt::format(" (for {})", name);
    return error;
  }
  if (nic->net.mode == NetMode::kTap && nic->net.ip_config == IpConfig::kDhcp &&
      address.ip.empty()) {
    return ParamError{fmt::format(
        "ip_config = dhcp in a tap network needs a range with IP addresses (for {})", name)};
  }
  long prefix = 16;
  error = GetNumber(params, "ip_prefix", 8, 30, 16, &prefix);
  if (error) return error;
  nic->ip_prefix = static_cast<int>(prefix);
  return Translate("nic_model", params.Get("nic_model", "rtl8139"), kNicModels, &nic->model);
}

}  // namespace kvmtest::vm
