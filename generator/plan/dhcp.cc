#include "plan/dhcp.h"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <tuple>

#include "plan/ranges.h"

namespace kvmtest::plan {

std::string WriteDhcpHosts(const Plan& plan) {
  std::string text =
      "# MAC and IP addresses of the plan " + plan.digest + ", for dnsmasq --dhcp-hostsfile.\n";
  // Setups of one queue name the same blocks again.
  std::set<std::tuple<uint32_t, std::string, Mac>> written;
  for (const QueueSetup& queue : plan.queues) {
    for (const MacBlock& block : queue.blocks) {
      if (!block.base_ip) continue;
      const Mac mac = block.base_mac + block.offset;
      const Ip ip = *block.base_ip + static_cast<Ip>(block.offset);
      if (!written.emplace(queue.host, queue.queue, mac).second) continue;
      text += fmt::format("# host {}, queue {}, range {}\n", plan.hosts[queue.host].name,
                          queue.queue, block.range);
      for (uint64_t i = 0; i < block.count; ++i)
        if (IsUsable(ip + static_cast<Ip>(i)))
          fmt::format_to(std::back_inserter(text), "{},{}\n", MacText(mac + i),
                         IpText(ip + static_cast<Ip>(i)));
    }
  }
  return text;
}

}  // namespace kvmtest::plan
