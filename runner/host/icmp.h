#ifndef KVMTEST_HOST_ICMP_H_
#define KVMTEST_HOST_ICMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kvmtest::host {

// A ping of our own: what goes through a raw ICMP socket, which the kernel lets see every ICMP
// packet that comes in, headers of IP included.
std::string EchoRequest(uint16_t id, uint16_t sequence, size_t data_bytes);
// The sequence number, if the packet is a whole answer to one of ours.
std::optional<uint16_t> EchoReplyTo(std::string_view packet, uint16_t id);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_ICMP_H_
