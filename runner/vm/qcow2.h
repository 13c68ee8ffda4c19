#ifndef KVMTEST_VM_QCOW2_H_
#define KVMTEST_VM_QCOW2_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::vm {

// An empty qcow2 image as values: what `qemu-img create` writes, without a process. Version 3,
// clusters of 64 KiB, refcounts of 16 bits, as qemu 7.2 makes them (docs/interop/qcow2.txt).
struct Qcow2 {
  uint64_t size = 0;           // of the disk; rounded up to sectors of 512 bytes
  std::string backing_file;    // may be empty
  std::string backing_format;  // "raw", "qcow2", ...
};

// The file: these pieces, and zeros up to its length.
struct Qcow2File {
  struct Piece {
    uint64_t offset = 0;
    std::string bytes;
  };
  std::vector<Piece> pieces;
  uint64_t length = 0;
};

// Nothing if the format or qemu does not admit it: a longer name than 1023 bytes, a disk of
// petabytes.
std::optional<Qcow2File> EmptyQcow2(const Qcow2& image);

// The size of the disk whose image begins with these bytes; kQcow2HeaderSize of them do.
inline constexpr size_t kQcow2HeaderSize = 72;
std::optional<uint64_t> Qcow2DiskSize(std::string_view begin);

// Whether such an image stands on another.
bool HasBackingFile(std::string_view begin);

// The file that holds its data, where that is another one: its name as the image has it, empty if
// it does not say. `begin` is the first cluster, or as much of it as kQcow2Extensions.
inline constexpr size_t kQcow2Extensions = 64 << 10;
std::optional<std::string> Qcow2DataFile(std::string_view begin);

// "10G" in bytes, with the suffixes k, M, G, T of qemu-img; nothing for what only qemu-img can
// tell.
std::optional<uint64_t> ParseDiskSize(std::string_view text);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_QCOW2_H_
