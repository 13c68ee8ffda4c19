#include "ctest/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ctest/gates.h"
#include "ctest/quote.h"
#include "ctest/resource_spec.h"
#include "ctest/scripts.h"
#include "ctest/stamp.h"

namespace kvmtest::ctest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPointer = "current.cmake";
constexpr const char* kSpec = "resources.json";
constexpr const char* kVariables = "resources.cmake";
constexpr const char* kStatement = "set(KVMTEST_GENERATION ";

std::string Cannot(const char* what, const std::string& path) {
  return fmt::format("cannot {} {}: {}", what, path, strerror(errno));
}

std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Failure SyncDirectory(const std::string& path) {
  Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return Cannot("sync", path);
  return std::nullopt;
}

Failure WriteNew(const std::string& path, const std::string& text, bool sync) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return Cannot("create", path);
  for (size_t done = 0; done < text.size();) {
    ssize_t count = write(file.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Cannot("write", path);
    done += static_cast<size_t>(count);
  }
  if (sync && fsync(file.get()) != 0) return Cannot("sync", path);
  return std::nullopt;
}

Failure Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Cannot("rename to", to);
  const fs::path directory = fs::path(to).parent_path();
  return SyncDirectory(directory.empty() ? "." : directory.string());
}

}  // namespace

std::optional<Lock> Lock::Take(const std::string& path, Failure* failure) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    *failure = Cannot("open", path);
    return std::nullopt;
  }
  while (flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    *failure = Cannot("lock", path);
    close(fd);
    return std::nullopt;
  }
  return Lock(fd);
}

Lock::~Lock() {
  if (fd_ >= 0) close(fd_);
}

Failure MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fmt::format("cannot create {}: {}", path, error.message());
  return std::nullopt;
}

Failure WriteFile(const std::string& path, const std::string& text) {
  if (ReadText(path) == text) return std::nullopt;
  std::string side = fmt::format("{}.tmp-{}", path, getpid());
  if (auto failure = WriteNew(side, text, true)) return failure;
  return Rename(side, path);
}

Failure WriteOutput(const std::string& path, const std::string& text) {
  std::error_code unknown;
  const fs::path target = fs::weakly_canonical(path, unknown);
  const fs::file_status status = fs::status(path, unknown);
  // What a descriptor is open for may be a regular file, but is not to be replaced under it.
  const bool is_open = path.starts_with("/dev/") || path.starts_with("/proc/");
  if (is_open || (fs::exists(status) && !fs::is_regular_file(status)))
    return WriteNew(path, text, /*sync=*/false);
  return WriteFile(target.empty() ? path : target.string(), text);
}

Place FindPlace(const std::string& output_dir) {
  fs::path output = fs::path(output_dir).lexically_normal();
  if (!output.has_filename()) output = output.parent_path();
  fs::path root = output.parent_path();
  for (fs::path path = root; path != path.parent_path(); path = path.parent_path()) {
    if (!fs::exists(path / "calls.txt")) continue;
    root = path;
    break;
  }
  return {root.string(), output.string(), output.lexically_relative(root).string()};
}

// ---- generations ------------------------------------------------------------------------------

namespace {

// Syncing file by file is quick for a few and slow for thousands (one per host and queue).
constexpr size_t kSyncSingly = 32;

Failure WriteFiles(const std::string& directory, const Generation& generation) {
  bool singly = generation.files.size() <= kSyncSingly;
  std::set<std::string> directories = {directory};
  for (const auto& [name, text] : generation.files) {
    fs::path path = fs::path(directory) / name;
    std::string parent = path.parent_path().string();
    if (directories.insert(parent).second) {
      if (auto failure = MakeDirectories(parent)) return failure;
    }
    if (auto failure = WriteNew(path.string(), text, singly)) return failure;
  }
  if (singly) {
    for (const std::string& path : directories) {
      if (auto failure = SyncDirectory(path)) return failure;
    }
    return std::nullopt;
  }
  Descriptor whole(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (whole.get() < 0 || syncfs(whole.get()) != 0) return Cannot("sync", directory);
  return std::nullopt;
}

// A generation that exists is complete, since its directory was renamed when it was.
Failure WriteGeneration(const Generation& generation) {
  if (fs::exists(generation.directory)) return std::nullopt;
  std::string side =
      fmt::format("{}/.tmp-{}", fs::path(generation.directory).parent_path().string(), getpid());
  std::error_code ignored;
  fs::remove_all(side, ignored);
  if (auto failure = MakeDirectories(side + "/holders")) return failure;
  if (auto failure = WriteFiles(side, generation)) return failure;
  return Rename(side, generation.directory);
}

// The directory that a pointer's text names.
std::optional<std::string> PointedDirectory(const std::string& pointer) {
  size_t begin = pointer.find(kStatement);
  if (begin == std::string::npos) return std::nullopt;
  std::string_view rest(pointer);
  rest.remove_prefix(begin + strlen(kStatement));
  rest = rest.substr(0, rest.find(")\n"));
  size_t open_end = rest.find('[', 1);
  if (!rest.starts_with('[') || open_end == std::string_view::npos) return std::nullopt;
  size_t bracket = open_end + 1;
  if (rest.size() < 2 * bracket) return std::nullopt;
  return std::string(rest.substr(bracket, rest.size() - 2 * bracket));
}

// Whether nothing has changed since a call was generated. If something has, the call forgets what
// it was made from: it must come by here even if the change is taken back.
bool IsSettled(const Place& place) {
  const std::string path = StampPath(place);
  auto stamp = ReadStamp(ReadText(path).value_or(""));
  DiskProbe probe;
  if (stamp && !stamp->failed && CheckFiles(probe, &*stamp) != Freshness::kStale) return true;
  unlink(path.c_str());
  return false;
}

Failure MergeTree(const Place& place, const Generation& generation,
                  std::vector<std::string>* errors, std::vector<std::string>* warnings) {
  std::vector<NamedSpec> specs;
  auto add = [&](const std::string& call, const std::string& text, bool settled) -> Failure {
    std::string error;
    auto spec = ReadSpec(text, &error);
    if (!spec) return fmt::format("cannot read the resources of '{}': {}", call, error);
    specs.push_back({"'" + call + "'", std::move(*spec), settled});
    return std::nullopt;
  };
  if (auto failure = add(place.call, generation.files.at("resources.json"), true)) return failure;
  std::istringstream calls(ReadText(place.root + "/calls.txt").value_or(""));
  for (std::string call; std::getline(calls, call);) {
    if (call.empty() || call == place.call) continue;
    Place other{place.root, place.root + "/" + call, call};
    auto current = CurrentGeneration(other);
    if (!current) continue;  // not generated yet; it will merge itself
    auto text = ReadText(fmt::format("{}/{}/resources.json", other.output_dir, *current));
    if (!text) continue;
    if (auto failure = add(call, *text, IsSettled(other))) return failure;
  }
  ResourceSpec merged = MergeSpecs(specs, errors);
  if (!errors->empty()) return std::nullopt;
  TreeGates gates = GatesOfTree(merged);
  *warnings = std::move(gates.warnings);
  merged.resources.insert(gates.resources.begin(), gates.resources.end());
  // In this order: what the script has tests ask for is in the spec.
  if (auto failure = WriteFile(place.root + "/" + kSpec, WriteSpec(merged))) return failure;
  return WriteFile(
      place.root + "/" + kVariables,
      "# Written by kvmtest-generate from all calls of the build tree. Do not edit.\n" +
          gates.script);
}

}  // namespace

bool IsMerged(const Place& place) {
  return fs::exists(place.root + "/" + kSpec) && fs::exists(place.root + "/" + kVariables);
}

bool PointsToGeneration(const std::string& path) {
  return PointedDirectory(ReadText(path).value_or("")).has_value();
}

std::optional<std::string> CurrentGeneration(const Place& place) {
  auto directory = PointedDirectory(ReadText(place.output_dir + "/" + kPointer).value_or(""));
  if (!directory) return std::nullopt;
  std::string name = fs::path(*directory).filename().string();
  if (!fs::exists(fs::path(place.output_dir) / name / "resources.json")) return std::nullopt;
  return name;
}

std::string StampPath(const Place& place) {
  return place.output_dir + "/stamp";
}

Failure Publish(const Place& place, const Generation& generation, const std::string& stamp,
                std::vector<std::string>* errors, std::vector<std::string>* warnings) {
  if (auto failure = WriteGeneration(generation)) return failure;
  // Until the pointer is renamed, so that another call merges either the old or the new one.
  Failure failure;
  auto lock = Lock::Take(place.root + "/.lock", &failure);
  if (!lock) return failure;
  failure = MergeTree(place, generation, errors, warnings);
  if (failure || !errors->empty()) return failure;
  if ((failure = WriteFile(place.output_dir + "/" + kPointer, generation.pointer))) return failure;
  // Before another call looks at it.
  if ((failure = WriteFile(StampPath(place), stamp))) return failure;
  for (const char* name : {"/failed.cmake", "/failed.txt"}) {
    unlink((place.output_dir + name).c_str());
  }
  return std::nullopt;
}

// ---- failures ---------------------------------------------------------------------------------

Failure PublishFailure(const Place& place, const Options& options,
                       const std::vector<std::string>& sets, const std::string& diagnostics) {
  std::string report = place.output_dir + "/failed.txt";
  if (auto failure = WriteFile(report, diagnostics)) return failure;
  std::string test = Bracket(options.name + ".generate");
  std::string labels;
  for (const auto* list : {&sets, &options.labels}) {
    for (const std::string& label : *list) {
      if (!ListItemFault(label)) labels += " " + Bracket(label);
    }
  }
  std::string text = Banner(options, "the configuration has errors");
  text += "# The test carries the labels of all sets, those of the last good generation too.\n";
  text += fmt::format("include({} OPTIONAL)\n", Bracket(place.output_dir + "/" + kPointer));
  text += fmt::format("set(KVMTEST_LABELS ${{KVMTEST_SETS}}{})\n", labels);
  text += "list(REMOVE_DUPLICATES KVMTEST_LABELS)\n";
  text += fmt::format(
      "add_test({} /bin/sh -c [==[echo \"FAIL generate: the configuration has errors\"; "
      "cat \"$1\"; exit 1]==] sh {})\n",
      test, Bracket(report));
  text += fmt::format("set_tests_properties({} PROPERTIES LABELS \"${{KVMTEST_LABELS}}\")\n", test);
  return WriteFile(place.output_dir + "/failed.cmake", text);
}

std::optional<std::string> PublishedFailure(const Place& place) {
  if (!fs::exists(place.output_dir + "/failed.cmake")) return std::nullopt;
  return ReadText(place.output_dir + "/failed.txt");
}

// ---- who uses what ----------------------------------------------------------------------------

namespace {

std::string BootId() {
  std::string id = ReadText("/proc/sys/kernel/random/boot_id").value_or("unknown\n");
  return id.substr(0, id.find('\n'));
}

// Field 22 of /proc/<pid>/stat, which tells a process from a later one with its number.
std::optional<std::string> StartTime(const std::string& pid) {
  auto text = ReadText("/proc/" + pid + "/stat");
  if (!text) return std::nullopt;
  // The command may hold anything; what follows its last ')' does not.
  size_t end = text->rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(end + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return std::nullopt;
  for (int i = 4; i <= 22; ++i) fields >> field;
  return field;
}

// The holder's file is named <pid>.<start time>.<boot id>. One of another boot may be a process on
// another machine that shares the disk: it counts for two days.
bool Lives(const fs::directory_entry& holder) {
  std::string name = holder.path().filename().string();
  size_t first = name.find('.');
  size_t second = name.find('.', first + 1);
  if (second == std::string::npos) return false;
  if (name.substr(second + 1) != BootId()) {
    std::error_code error;
    auto age = fs::file_time_type::clock::now() - holder.last_write_time(error);
    return !error && age < std::chrono::hours(48);
  }
  return StartTime(name.substr(0, first)) == name.substr(first + 1, second - first - 1);
}

bool IsHeld(const fs::path& generation) {
  bool held = false;
  std::error_code error;
  for (const auto& holder : fs::directory_iterator(generation / "holders", error)) {
    if (Lives(holder)) {
      held = true;
    } else {
      fs::remove(holder.path(), error);
    }
  }
  return held;
}

}  // namespace

Failure HoldForParent(const Place& place) {
  auto current = CurrentGeneration(place);
  std::string pid = std::to_string(getppid());
  auto start = StartTime(pid);
  if (!current || !start) return std::nullopt;  // nothing to hold, or nobody to hold it for
  // Those of earlier runs are of no use any more, and every run leaves one.
  IsHeld(fs::path(place.output_dir) / *current);
  std::string path =
      fmt::format("{}/{}/holders/{}.{}.{}", place.output_dir, *current, pid, *start, BootId());
  return WriteNew(path, "", false);
}

void CollectGarbage(const Place& place) {
  std::optional<std::string> current = CurrentGeneration(place);
  std::vector<std::pair<fs::file_time_type, fs::path>> generations;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(place.output_dir, error)) {
    std::string name = entry.path().filename().string();
    // What a generator left behind that was killed; the caller's lock says that none is at work.
    if (name.starts_with(".tmp-")) fs::remove_all(entry.path(), error);
    if (name.starts_with("gen-")) {
      generations.emplace_back(fs::last_write_time(entry.path(), error), entry.path());
    }
  }
  std::sort(generations.rbegin(), generations.rend());
  for (size_t i = 2; i < generations.size(); ++i) {
    const fs::path& path = generations[i].second;
    if (path.filename() == current || IsHeld(path)) continue;
    fs::remove_all(path, error);
  }
}

}  // namespace kvmtest::ctest
