// The file has four parts, each at the begin of a cluster:
//
//   cluster 0    header, header extensions, name of the backing file
//   cluster 1    refcount table: one entry, which points to
//   cluster 2    the refcount block, which says of each cluster here that it is used once
//   cluster 3..  level 1 table, all zeros: no cluster of the disk is allocated
//
// All numbers are big-endian.

#include "vm/qcow2.h"

#include <charconv>
#include <utility>

namespace kvmtest::vm {

namespace {

constexpr uint32_t kMagic = 0x514649fb;  // "QFI\xfb"
constexpr uint32_t kBackingFormatExtension = 0xe2792aca;
constexpr uint32_t kDataFileExtension = 0x44415441;
constexpr size_t kIncompatibleFeatures = 72;  // where they are in the header
constexpr uint64_t kExternalDataFile = 1 << 2;
constexpr size_t kHeaderLengthField = 100;
constexpr uint32_t kHeaderLength = 104;  // version 3 without a compression type
constexpr uint32_t kClusterBits = 16;
constexpr uint64_t kCluster = uint64_t{1} << kClusterBits;
constexpr uint32_t kRefcountOrder = 4;  // 16 bits
constexpr uint64_t kRefcountTable = 1 * kCluster;
constexpr uint64_t kRefcountBlock = 2 * kCluster;
constexpr uint64_t kLevel1 = 3 * kCluster;
// What one entry of the level 1 table stands for: a cluster full of 8-byte entries for clusters.
constexpr uint64_t kLevel1Covers = kCluster / 8 * kCluster;
constexpr uint64_t kMostLevel1Bytes = 32 << 20;  // qemu's limit
constexpr size_t kLongestBackingFile = 1023;     // qemu's limit

uint64_t Ceil(uint64_t number, uint64_t unit) {
  return number / unit + (number % unit != 0 ? 1 : 0);
}

template <typename Number>
void PutBig(std::string* bytes, Number number) {
  for (int shift = 8 * sizeof number - 8; shift >= 0; shift -= 8) {
    *bytes += static_cast<char>(number >> shift & 255);
  }
}

uint64_t Get(std::string_view bytes, size_t offset, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[offset + i]);
  }
  return number;
}

std::string Extensions(const Qcow2& image) {
  std::string bytes;
  if (!image.backing_format.empty()) {
    PutBig(&bytes, kBackingFormatExtension);
    PutBig(&bytes, static_cast<uint32_t>(image.backing_format.size()));
    bytes += image.backing_format;
    bytes.resize(Ceil(bytes.size(), 8) * 8);
  }
  return bytes + std::string(8, '\0');  // the extension that ends them
}

std::string Header(const Qcow2& image, uint64_t size, uint64_t level1_entries) {
  std::string extensions = Extensions(image);
  bool backed = !image.backing_file.empty();
  std::string bytes;
  PutBig(&bytes, kMagic);
  PutBig(&bytes, uint32_t{3});
  PutBig(&bytes, backed ? uint64_t{kHeaderLength + extensions.size()} : uint64_t{0});
  PutBig(&bytes, static_cast<uint32_t>(image.backing_file.size()));
  PutBig(&bytes, kClusterBits);
  PutBig(&bytes, size);
  PutBig(&bytes, uint32_t{0});  // not encrypted
  PutBig(&bytes, static_cast<uint32_t>(level1_entries));
  PutBig(&bytes, kLevel1);
  PutBig(&bytes, kRefcountTable);
  PutBig(&bytes, uint32_t{1});  // clusters of it
  PutBig(&bytes, uint32_t{0});  // no snapshots
  PutBig(&bytes, uint64_t{0});
  for (int features = 0; features < 3; ++features) PutBig(&bytes, uint64_t{0});
  PutBig(&bytes, kRefcountOrder);
  PutBig(&bytes, kHeaderLength);
  return bytes + extensions + image.backing_file;
}

}  // namespace

std::optional<Qcow2File> EmptyQcow2(const Qcow2& image) {
  if (image.backing_file.size() > kLongestBackingFile || image.size > UINT64_MAX - 511) {
    return std::nullopt;
  }
  uint64_t size = Ceil(image.size, 512) * 512;
  uint64_t entries = Ceil(size, kLevel1Covers);
  if (entries * 8 > kMostLevel1Bytes) return std::nullopt;
  uint64_t clusters = 3 + Ceil(entries * 8, kCluster);
  std::string table, block;
  PutBig(&table, kRefcountBlock);
  for (uint64_t i = 0; i < clusters; ++i) PutBig(&block, uint16_t{1});
  return Qcow2File{{{0, Header(image, size, entries)},
                    {kRefcountTable, std::move(table)},
                    {kRefcountBlock, std::move(block)}},
                   clusters * kCluster};
}

std::optional<uint64_t> Qcow2DiskSize(std::string_view begin) {
  if (begin.size() < kQcow2HeaderSize || Get(begin, 0, 4) != kMagic) return std::nullopt;
  uint64_t version = Get(begin, 4, 4);
  if (version != 2 && version != 3) return std::nullopt;
  return Get(begin, 24, 8);
}

bool HasBackingFile(std::string_view begin) {
  return Qcow2DiskSize(begin).has_value() && Get(begin, 8, 8) != 0;
}

std::optional<std::string> Qcow2DataFile(std::string_view begin) {
  if (begin.size() < kHeaderLength || !Qcow2DiskSize(begin) || Get(begin, 4, 4) < 3 ||
      (Get(begin, kIncompatibleFeatures, 8) & kExternalDataFile) == 0) {
    return std::nullopt;
  }
  // Type, length, data up to the next multiple of 8.
  for (uint64_t at = Get(begin, kHeaderLengthField, 4); at + 8 <= begin.size();) {
    uint64_t type = Get(begin, at, 4), size = Get(begin, at + 4, 4);
    if (type == 0 || at + 8 + size > begin.size()) break;
    if (type == kDataFileExtension) return std::string(begin.substr(at + 8, size));
    at += 8 + Ceil(size, 8) * 8;
  }
  return "";
}

std::optional<uint64_t> ParseDiskSize(std::string_view text) {
  uint64_t number = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view suffix = text.substr(static_cast<size_t>(rest - text.data()));
  if (suffix.empty()) return number;
  constexpr std::string_view kSuffixes = "kmgt";
  size_t power = kSuffixes.find(static_cast<char>(suffix[0] | 32));
  if (suffix.size() != 1 || power == std::string_view::npos) return std::nullopt;
  unsigned shift = 10 * (static_cast<unsigned>(power) + 1);
  if (number > UINT64_MAX >> shift) return std::nullopt;
  return number << shift;
}

}  // namespace kvmtest::vm
