#include "host/icmp.h"

namespace kvmtest::host {

namespace {

constexpr size_t kHeader = 8;
constexpr char kRequest = 8, kReply = 0;

unsigned Word(std::string_view bytes, size_t at) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return static_cast<unsigned>(byte(at)) << 8 | (at + 1 < bytes.size() ? byte(at + 1) : 0U);
}

void SetWord(std::string* bytes, size_t at, unsigned value) {
  (*bytes)[at] = static_cast<char>(value >> 8);
  (*bytes)[at + 1] = static_cast<char>(value);
}

// RFC 1071: 0 over a packet that bears its checksum.
unsigned InternetChecksum(std::string_view bytes) {
  unsigned sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) sum += Word(bytes, i);
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

}  // namespace

std::string EchoRequest(uint16_t id, uint16_t sequence, size_t data_bytes) {
  std::string packet(kHeader, '\0');
  packet[0] = kRequest;
  SetWord(&packet, 4, id);
  SetWord(&packet, 6, sequence);
  for (size_t i = 0; i < data_bytes; ++i) packet += static_cast<char>('a' + i % 26);
  SetWord(&packet, 2, InternetChecksum(packet));
  return packet;
}

std::optional<uint16_t> EchoReplyTo(std::string_view packet, uint16_t id) {
  if (packet.empty()) return std::nullopt;
  size_t ip_header = (static_cast<size_t>(packet[0]) & 15U) * 4;
  if (packet.size() < ip_header + kHeader) return std::nullopt;
  packet.remove_prefix(ip_header);
  if (packet[0] != kReply || InternetChecksum(packet) != 0 || Word(packet, 4) != id)
    return std::nullopt;
  return static_cast<uint16_t>(Word(packet, 6));
}

}  // namespace kvmtest::host
