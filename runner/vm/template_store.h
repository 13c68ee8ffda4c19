#ifndef KVMTEST_VM_TEMPLATE_STORE_H_
#define KVMTEST_VM_TEMPLATE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/fd.h"
#include "host/lock.h"
#include "host/temporary.h"
#include "vm/guest_past.h"
#include "vm/template_key.h"

namespace kvmtest::vm {

// A template that is there. All of it is opened at once and nothing of it is used by a running VM,
// so that it may be removed or replaced at any time after.
struct Template {
  std::string shell_nonce;  // of the command that sleeps in the guest, see wake.h
  host::Fd memory;
  std::string state;  // of the devices; whole
  GuestPast past;     // whole
  std::map<std::string, host::Fd> disks;

  // Copies into an empty file. False: not what was saved, or an error.
  bool CopyMemory(int to) const;
  bool CopyDisk(const std::string& image, int to) const;

 private:
  friend class TemplateStore;
  std::map<std::string, std::string> sums_;  // file -> checksum
};

// One that is being made. It appears when it is whole; what is not published goes with this object.
class TemplateDraft {
 public:
  TemplateDraft(const TemplateDraft&) = delete;
  TemplateDraft& operator=(const TemplateDraft&) = delete;

  bool AddFile(const std::string& name, int from);                   // "memory", "disk-image1"
  bool AddBytes(const std::string& name, const std::string& bytes);  // "state"
  bool AddPast(const GuestPast& past);
  bool Publish(const std::string& shell_nonce);
  const TemplateKey& key() const { return key_; }

 private:
  friend class TemplateStore;
  TemplateDraft(host::Lock lock, host::Temporary directory, TemplateKey key)
      : lock_(std::move(lock)), directory_(std::move(directory)), key_(std::move(key)) {}

  host::Lock lock_;
  host::Temporary directory_;
  TemplateKey key_;
  std::map<std::string, std::string> sums_;
};

// A directory of templates:
//
//   KEY/                template.json, memory, state, console, events, serial-PORT, disk-IMAGE
//   KEY.kvmtest-*.tmp/  being made
//   XX.lock             held while a template whose KEY begins so is made
//   digests/            checksums of images and kernels, by path, size, times and inode
class TemplateStore {
 public:
  TemplateStore(std::string directory, uint64_t limit_bytes)
      : directory_(std::move(directory)), limit_(limit_bytes) {}

  // The checksum of a file's content; remembered.
  std::optional<std::string> DigestOf(const std::string& path) const;
  // Nothing if there is none, or if it is damaged (then *damage says how). Its memory and disks are
  // found to be damaged only when they are copied.
  std::optional<Template> Open(const TemplateKey& key, std::string* damage) const;
  void Remove(const TemplateKey& key) const;
  // Nothing if another process makes this one or the directory cannot be used: *why.
  std::unique_ptr<TemplateDraft> Begin(const TemplateKey& key, std::string* why) const;
  // Removes the templates that were used longest ago until the rest is within the limit, and what
  // was left unfinished; never `keep`.
  void Prune(const TemplateKey& keep) const;

 private:
  std::string LockPath(const std::string& name) const;

  std::string directory_;
  uint64_t limit_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_TEMPLATE_STORE_H_
