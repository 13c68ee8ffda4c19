#include "vm/template_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "host/files.h"
#include "vm/qcow2.h"

namespace kvmtest::vm {

namespace {

// More would take longer to look at than a boot.
constexpr size_t kMostServed = 1000;

// An image that stands on another has contents that its own file does not show.
std::optional<std::string> AddDataFile(const ImageConfig& image, std::vector<std::string>* files) {
  if (image.base.empty() || image.format == "raw") return std::nullopt;
  std::optional<std::string> begin = host::ReadBegin(image.base, kQcow2Extensions);
  if (image.format != "qcow2" || !begin || HasBackingFile(*begin)) {
    return fmt::format("{} may stand on another image", image.base);
  }
  std::optional<std::string> data = Qcow2DataFile(*begin);
  if (!data) return std::nullopt;
  if (data->empty() || (*data)[0] != '/') {
    return fmt::format("the data of {} are in '{}', which is no absolute path", image.base, *data);
  }
  files->push_back(*data);
  return std::nullopt;
}

// What qemu serves to a guest that asks for it, mostly to boot.
std::optional<std::string> AddServedFiles(const NetConfig& net, std::vector<std::string>* files) {
  namespace fs = std::filesystem;
  if (net.mode != NetMode::kUser || net.tftp.empty()) return std::nullopt;
  std::vector<std::string> served;
  std::error_code error;
  fs::recursive_directory_iterator entry(net.tftp, fs::directory_options::follow_directory_symlink,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    if (!entry->is_directory(unknown)) served.push_back(entry->path());
    if (served.size() > kMostServed) {
      return fmt::format("tftp: {} has more than {} files", net.tftp, kMostServed);
    }
  }
  if (error) return fmt::format("tftp: cannot list {}: {}", net.tftp, error.message());
  std::sort(served.begin(), served.end());
  files->insert(files->end(), served.begin(), served.end());
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindTemplateFiles(const VmConfig& config,
                                             std::vector<std::string>* files) {
  *files = FilesNeeded(config);
  for (const ImageConfig& image : config.images) {
    if (std::optional<std::string> no = AddDataFile(image, files)) return no;
  }
  for (const NicConfig& nic : config.nics) {
    if (std::optional<std::string> no = AddServedFiles(nic.net, files)) return no;
  }
  for (const std::string& path : *files) {
    if (host::IsRegularFile(path)) continue;
    return fmt::format("{} is no regular file, so nobody can tell whether its contents change",
                       path);
  }
  return std::nullopt;
}

}  // namespace kvmtest::vm
