#include "vm/template_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "host/checksum.h"
#include "host/files.h"
#include "host/sparse.h"

namespace kvmtest::vm {

namespace {

using Json = nlohmann::json;

constexpr char kManifest[] = "template.json";
constexpr char kNew[] = ".new";
constexpr size_t kKeyDigits = 32;
// Small files of no great worth: when there are too many, all are forgotten.
constexpr size_t kMostDigests = 1000;

std::string SumOf(std::string_view bytes) {
  host::Checksum sum;
  sum.Add(bytes);
  return sum.Hex();
}

host::Fd OpenForReading(const std::string& path) {
  return host::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

bool IsKey(const std::string& name) {
  return name.size() == kKeyDigits &&
         name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool IsDraft(const std::string& name) {
  return name.size() == kKeyDigits + sizeof kNew - 1 && IsKey(name.substr(0, kKeyDigits)) &&
         name.substr(kKeyDigits) == kNew;
}

// What a directory's files take on the disk.
uint64_t Occupied(const std::string& directory) {
  uint64_t bytes = 0;
  for (const std::string& name : host::ListDirectory(directory)) {
    struct stat status;
    if (::stat((directory + "/" + name).c_str(), &status) == 0) {
      bytes += static_cast<uint64_t>(status.st_blocks) * 512;
    }
  }
  return bytes;
}

bool CopyWhole(const host::Fd& from, int to, const std::string& expected) {
  std::optional<std::string> sum = host::CopySparse(from.get(), to);
  return sum && *sum == expected;
}

}  // namespace

bool Template::CopyMemory(int to) const {
  return CopyWhole(memory, to, sums_.at("memory"));
}

bool Template::CopyDisk(const std::string& image, int to) const {
  return CopyWhole(disks.at(image), to, sums_.at("disk-" + image));
}

TemplateDraft::TemplateDraft(host::Guardian& guardian, host::Lock lock, const std::string& store,
                             TemplateKey key)
    : guardian_(guardian),
      lock_(std::move(lock)),
      path_(store + "/" + key.name + kNew),
      published_(store + "/" + key.name),
      key_(std::move(key)) {}

TemplateDraft::~TemplateDraft() {
  host::RemoveTree(path_);
  guardian_.ForgetDirectory(path_);
}

bool TemplateDraft::AddFile(const std::string& name, int from) {
  host::Fd to = host::OpenForWriting(path_ + "/" + name);
  std::optional<std::string> sum = to ? host::CopySparse(from, to.get()) : std::nullopt;
  if (sum) sums_[name] = *sum;
  return sum.has_value();
}

bool TemplateDraft::AddState(const std::string& bytes) {
  sums_["state"] = SumOf(bytes);
  return host::WriteFile(path_ + "/state", bytes);
}

bool TemplateDraft::Publish(const std::string& wake_program) {
  Json manifest = {{"key", key_.text}, {"wake_program", wake_program}, {"sums", sums_}};
  if (!host::WriteFile(path_ + "/" + kManifest, manifest.dump(1) + "\n")) return false;
  host::RemoveTree(published_);  // one that was damaged
  return ::rename(path_.c_str(), published_.c_str()) == 0;
}

std::string TemplateStore::LockPath(const std::string& name) const {
  return fmt::format("{}/{}.lock", directory_, name.substr(0, 2));
}

std::optional<std::string> TemplateStore::DigestOf(const std::string& path) const {
  host::Fd file = OpenForReading(path);
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  std::string what =
      fmt::format("{} {} {}.{} {}.{} {}:{}", path, status.st_size, status.st_mtim.tv_sec,
                  status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
                  status.st_dev, status.st_ino);
  std::string digests = directory_ + "/digests";
  std::string place = digests + "/" + SumOf(what);
  Json known = Json::parse(host::ReadFile(place).value_or(""), nullptr, false);
  if (known.is_object() && known.value("file", "") == what) return known.value("digest", "");
  std::optional<std::string> digest = host::CopySparse(file.get(), -1);
  if (!digest) return std::nullopt;
  if (host::ListDirectory(digests).size() > kMostDigests) host::RemoveTree(digests);
  if (host::MakeDirectories(digests)) {
    host::WriteFileAtomically(place, Json{{"file", what}, {"digest", *digest}}.dump() + "\n");
  }
  return digest;
}

std::optional<Template> TemplateStore::Open(const TemplateKey& key, std::string* damage) const {
  std::string path = directory_ + "/" + key.name;
  std::optional<std::string> text = host::ReadFile(path + "/" + kManifest);
  if (!text) {
    if (::access(path.c_str(), F_OK) == 0) *damage = "it has no template.json";
    return std::nullopt;
  }
  Json manifest = Json::parse(*text, nullptr, false);
  Template found;
  try {
    if (manifest.at("key") != key.text) throw std::runtime_error("another key");
    found.wake_program = manifest.at("wake_program");
    found.sums_ = manifest.at("sums");
  } catch (const std::exception&) {
    *damage = "its template.json is not what was written";
    return std::nullopt;
  }
  // Used now: others are removed first.
  ::utimensat(AT_FDCWD, (path + "/" + kManifest).c_str(), nullptr, 0);
  for (const auto& [name, sum] : found.sums_) {
    host::Fd file = OpenForReading(path + "/" + name);
    if (!file) {
      *damage = fmt::format("its file {} is missing", name);
      return std::nullopt;
    }
    if (name == "memory") {
      found.memory = std::move(file);
    } else if (name == "state") {
      found.state = host::ReadFile(path + "/" + name).value_or("");
    } else if (name.rfind("disk-", 0) == 0) {
      found.disks[name.substr(5)] = std::move(file);
    }
  }
  if (!found.memory || found.sums_.count("state") == 0 ||
      SumOf(found.state) != found.sums_["state"]) {
    *damage = "its file state is not what was saved";
    return std::nullopt;
  }
  return found;
}

void TemplateStore::Remove(const TemplateKey& key) const {
  host::RemoveTree(directory_ + "/" + key.name);
}

std::unique_ptr<TemplateDraft> TemplateStore::Begin(const TemplateKey& key,
                                                    std::string* why) const {
  if (!host::MakeDirectories(directory_)) {
    *why = "cannot make " + directory_;
    return nullptr;
  }
  std::string holder;
  bool broken = false;
  std::optional<host::Lock> lock = host::Lock::TryAcquire(
      LockPath(key.name), fmt::format("pid {}", ::getpid()), &holder, &broken);
  if (!lock) {
    *why = broken ? holder : fmt::format("{} is making one", holder);
    return nullptr;
  }
  std::unique_ptr<TemplateDraft> draft(
      new TemplateDraft(guardian_, std::move(*lock), directory_, key));
  host::RemoveTree(draft->path_);  // of a runner that was killed
  guardian_.AddDirectory(draft->path_);
  // It holds all that the guest has in its memory.
  if (host::MakeDirectories(draft->path_) && ::chmod(draft->path_.c_str(), 0700) == 0) return draft;
  *why = "cannot make " + draft->path_;
  return nullptr;
}

void TemplateStore::Prune(const TemplateKey& keep) const {
  // When it was used last, what it takes, its name.
  std::vector<std::tuple<int64_t, uint64_t, std::string>> templates;
  uint64_t total = 0;
  for (const std::string& name : host::ListDirectory(directory_)) {
    std::string path = directory_ + "/" + name;
    if (IsDraft(name)) {
      std::string holder;
      bool broken = false;
      auto lock = host::Lock::TryAcquire(LockPath(name), fmt::format("pid {}", ::getpid()), &holder,
                                         &broken);
      if (lock) host::RemoveTree(path);
    }
    if (!IsKey(name)) continue;
    struct stat status;
    bool whole = ::stat((path + "/" + kManifest).c_str(), &status) == 0;
    templates.emplace_back(whole ? status.st_mtim.tv_sec : 0, Occupied(path), name);
    total += std::get<1>(templates.back());
  }
  std::sort(templates.begin(), templates.end());
  for (const auto& [time, bytes, name] : templates) {
    if (total <= limit_) return;
    if (name == keep.name) continue;
    host::RemoveTree(directory_ + "/" + name);
    total -= bytes;
  }
}

}  // namespace kvmtest::vm
