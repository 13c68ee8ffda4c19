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
const std::string kSerial = "serial-", kDisk = "disk-";
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
  return CopyWhole(disks.at(image), to, sums_.at(kDisk + image));
}

bool TemplateDraft::AddFile(const std::string& name, int from) {
  host::Fd to = host::OpenForWriting(directory_.path() + "/" + name);
  std::optional<std::string> sum = to ? host::CopySparse(from, to.get()) : std::nullopt;
  if (sum) sums_[name] = *sum;
  return sum.has_value();
}

bool TemplateDraft::AddBytes(const std::string& name, const std::string& bytes) {
  sums_[name] = SumOf(bytes);
  return host::WriteFile(directory_.path() + "/" + name, bytes);
}

bool TemplateDraft::AddPast(const GuestPast& past) {
  bool good = AddBytes("console", past.console) && AddBytes("events", past.events);
  for (const auto& [port, text] : past.serial) good = good && AddBytes(kSerial + port, text);
  return good;
}

bool TemplateDraft::Publish(const std::string& shell_nonce) {
  Json manifest = {{"key", key_.text}, {"shell_nonce", shell_nonce}, {"sums", sums_}};
  return host::WriteFile(directory_.path() + "/" + kManifest, manifest.dump(1) + "\n") &&
         directory_.Publish();  // in the place of one that was damaged
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
  auto is_text = [&](const char* key) {
    return known.is_object() && known.contains(key) && known[key].is_string();
  };
  if (is_text("file") && known["file"] == what && is_text("digest")) return known["digest"];
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
    found.shell_nonce = manifest.at("shell_nonce");
    found.sums_ = manifest.at("sums");
  } catch (const std::exception&) {
    *damage = "its template.json is not what was written";
    return std::nullopt;
  }
  // Used now: others are removed first.
  ::utimensat(AT_FDCWD, (path + "/" + kManifest).c_str(), nullptr, 0);
  std::map<std::string, std::string*> texts = {
      {"state", &found.state}, {"console", &found.past.console}, {"events", &found.past.events}};
  for (const auto& [name, sum] : found.sums_) {
    host::Fd file = OpenForReading(path + "/" + name);
    if (!file) {
      *damage = fmt::format("its file {} is missing", name);
      return std::nullopt;
    }
    if (name == "memory") {
      found.memory = std::move(file);
    } else if (name.rfind(kDisk, 0) == 0) {
      found.disks[name.substr(kDisk.size())] = std::move(file);
    } else if (name.rfind(kSerial, 0) == 0) {
      texts[name] = &found.past.serial[name.substr(kSerial.size())];
    }
  }
  for (const auto& [name, bytes] : texts) {
    *bytes = host::ReadFile(path + "/" + name).value_or("");
    auto sum = found.sums_.find(name);
    if (sum != found.sums_.end() && SumOf(*bytes) == sum->second) continue;
    *damage = fmt::format("its file {} is not what was saved", name);
    return std::nullopt;
  }
  if (found.memory) return found;
  *damage = "its file memory is missing";
  return std::nullopt;
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
  // It will hold all that the guest has in its memory.
  std::optional<host::Temporary> draft = host::Temporary::Directory(directory_ + "/" + key.name);
  if (draft) {
    return std::unique_ptr<TemplateDraft>(
        new TemplateDraft(std::move(*lock), std::move(*draft), key));
  }
  *why = fmt::format("cannot make a directory in {}", directory_);
  return nullptr;
}

void TemplateStore::Prune(const TemplateKey& keep) const {
  host::RemoveAbandoned(directory_);
  // When it was used last, what it takes, its name.
  std::vector<std::tuple<int64_t, uint64_t, std::string>> templates;
  uint64_t total = 0;
  for (const std::string& name : host::ListDirectory(directory_)) {
    std::string path = directory_ + "/" + name;
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
