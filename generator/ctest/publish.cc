#include "ctest/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "ctest/escape.h"
#include "ctest/gates.h"
#include "ctest/names.h"
#include "ctest/quote.h"
#include "ctest/resource_spec.h"
#include "ctest/scripts.h"
#include "ctest/stamp.h"
#include "plan/digest.h"

namespace kvmtest::ctest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPointer = "current.cmake";
constexpr const char* kSpec = "resources.json";
constexpr const char* kSpecs = "specs";
constexpr const char* kSpecPrefix = "spec-";
constexpr const char* kVariables = "resources.cmake";
constexpr const char* kFailedSpec = "failed.json";
constexpr const char* kStatement = "set(KVMTEST_GENERATION ";
constexpr const char* kSpecStatement = "set(KVMTEST_RESOURCE_SPEC ";

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

// Whether a file holds just this text; it is not read into memory.
bool HoldsText(const std::string& path, std::string_view text) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return false;
  if (static_cast<uint64_t>(status.st_size) != text.size()) return false;
  std::vector<char> piece(std::min<size_t>(text.size(), 1 << 18));
  while (!text.empty()) {
    ssize_t count = read(file.get(), piece.data(), std::min(piece.size(), text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || memcmp(piece.data(), text.data(), static_cast<size_t>(count)) != 0)
      return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

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

// Of what could not be made whole nothing stays: the disk may be full.
Failure Remove(const std::string& path, Failure failure) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
  return failure;
}

Failure Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Remove(from, Cannot("rename to", to));
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
  if (HoldsText(path, text)) return std::nullopt;
  std::string side = fmt::format("{}.tmp-{}", path, getpid());
  if (auto failure = WriteNew(side, text, true)) return Remove(side, failure);
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

// What has not changed since another generation is the same file in both, so its inode and time
// stay. That is safe since no file of a generation is ever written to again. Where there are no
// links, or the file is another user's, it is written anew.
bool LinkUnchanged(const fs::path& former, const std::string& path, const std::string& text) {
  return HoldsText(former.string(), text) && link(former.c_str(), path.c_str()) == 0;
}

// `former`: the directory of another generation; empty for none.
Failure WriteFiles(const std::string& directory, const Generation& generation,
                   const std::string& former) {
  bool singly = generation.files.size() <= kSyncSingly;
  std::set<std::string> directories = {directory};
  for (const auto& [name, text] : generation.files) {
    fs::path path = fs::path(directory) / name;
    std::string parent = path.parent_path().string();
    if (directories.insert(parent).second) {
      if (auto failure = MakeDirectories(parent)) return failure;
    }
    if (!former.empty() && LinkUnchanged(fs::path(former) / name, path.string(), text)) continue;
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

// A generation that exists is complete, since its directory was renamed when it was. What all calls
// depend on is looked at nevertheless: a disk may have lost its end.
Failure WriteGeneration(const Generation& generation, const std::string& former) {
  if (fs::exists(generation.directory))
    return WriteFile(generation.directory + "/" + kSpec, generation.files.at(kSpec));
  std::string side =
      fmt::format("{}/.tmp-{}", fs::path(generation.directory).parent_path().string(), getpid());
  std::error_code ignored;
  fs::remove_all(side, ignored);
  Failure failure = MakeDirectories(side + "/holders");
  if (!failure) failure = WriteFiles(side, generation, former);
  return failure ? Remove(side, failure) : Rename(side, generation.directory);
}

// What a statement of a script that we wrote sets: one bracket argument.
std::optional<std::string> ValueSet(const std::string& script, const char* statement) {
  size_t begin = script.find(statement);
  if (begin == std::string::npos) return std::nullopt;
  std::string_view rest(script);
  rest.remove_prefix(begin + strlen(statement));
  rest = rest.substr(0, rest.find(")\n"));
  size_t open_end = rest.find('[', 1);
  if (!rest.starts_with('[') || open_end == std::string_view::npos) return std::nullopt;
  size_t bracket = open_end + 1;
  if (rest.size() < 2 * bracket) return std::nullopt;
  return std::string(rest.substr(bracket, rest.size() - 2 * bracket));
}

// The directory that a pointer's text names.
std::optional<std::string> PointedDirectory(const std::string& pointer) {
  return ValueSet(pointer, kStatement);
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

// What a call says: by its last generation, or while that is not there, or no more what the project
// says, by its failure.
class CallSpecs {
 public:
  // False if it is not whole.
  bool Add(const std::string& call, const std::string& text, bool settled) {
    std::string error;
    auto spec = ReadSpec(text, &error);
    if (spec) specs_.push_back({"'" + call + "'", std::move(*spec), settled});
    return spec.has_value();
  }

  void AddPublished(const Place& place) {
    if (auto own = ReadText(fmt::format("{}/{}", place.output_dir, kFailedSpec)))
      Add(place.call, *own, true);
    auto current = CurrentGeneration(place);
    if (!current) return;  // not generated yet; it will merge itself
    const bool settled = IsSettled(place);
    auto text = ReadText(fmt::format("{}/{}/{}", place.output_dir, *current, kSpec));
    // It will merge itself, too, when it has been made anew.
    if (!text || !Add(place.call, *text, settled)) {
      unlink(StampPath(place).c_str());
    } else if (settled) {
      generations_.push_back(
          {place.call, place.output_dir + "/" + *current, specs_.back().spec.naming});
    }
  }

  void AddOthers(const Place& place) {
    std::istringstream calls(ReadText(place.root + "/calls.txt").value_or(""));
    for (std::string call; std::getline(calls, call);) {
      if (call.empty() || call == place.call) continue;
      AddPublished({place.root, place.root + "/" + call, call});
    }
  }

  // Of other calls, what is not to be made anew.
  struct PublishedNames {
    std::string call;
    std::string directory;
    ResourceSpec::Naming naming;
  };
  const std::vector<PublishedNames>& generations() const { return generations_; }
  const std::vector<NamedSpec>& specs() const { return specs_; }

 private:
  std::vector<NamedSpec> specs_;
  std::vector<PublishedNames> generations_;
};

std::string SpecDirectory(const Place& place, const std::string& text) {
  return fmt::format("{}/{}/{}{}", place.root, kSpecs, kSpecPrefix, plan::Digest().Add(text).Hex());
}

// The directory of the merged spec that counts, by the script that names it.
std::optional<std::string> CurrentSpec(const Place& place) {
  auto path = ValueSet(ReadText(place.root + "/" + kVariables).value_or(""), kSpecStatement);
  if (!path) return std::nullopt;
  return fmt::format("{}/{}/{}", place.root, kSpecs,
                     fs::path(*path).parent_path().filename().string());
}

// <root>/resources.json, for programs: a link, so that there is one text.
Failure LinkSpec(const Place& place, const std::string& directory) {
  const fs::path link = fs::path(place.root) / kSpec;
  const fs::path target = fs::path(directory).lexically_relative(place.root) / kSpec;
  std::error_code error;
  if (fs::read_symlink(link, error) == target) return std::nullopt;
  const std::string side = fmt::format("{}.tmp-{}", link.string(), getpid());
  fs::remove(side, error);
  if (symlink(target.c_str(), side.c_str()) != 0) return Cannot("create", side);
  return Rename(side, link.string());
}

// Whoever loads scripts includes the variables once, and ctest reads the spec that they name later:
// so a spec stays what it was, and what the variables ask for is in it.
Failure PublishSpec(const Place& place, const std::string& text, const std::string& variables) {
  Generation spec;
  spec.directory = SpecDirectory(place, text);
  spec.files[kSpec] = text;
  if (auto failure = MakeDirectories(place.root + "/" + kSpecs)) return failure;
  if (auto failure = WriteGeneration(spec, "")) return failure;
  if (auto failure = LinkSpec(place, spec.directory)) return failure;
  return WriteFile(
      place.root + "/" + kVariables,
      fmt::format("# Written by kvmtest-generate from all calls of the build tree. Do not edit.\n"
                  "{}{})\n{}",
                  kSpecStatement, Bracket(spec.directory + "/" + kSpec), variables));
}

// Whoever loads has read the call's pointer before the variables, so that may be the one which is
// about to be replaced.
Resources OfReplaced(const Place& place) {
  Resources ours;
  auto current = CurrentGeneration(place);
  if (!current) return ours;
  auto text = ReadText(fmt::format("{}/{}/{}", place.output_dir, *current, kSpec));
  std::string ignored;
  auto spec = text ? ReadSpec(*text, &ignored) : std::nullopt;
  if (!spec) return ours;
  for (const auto& [type, ids] : spec->resources)
    if (IsOurResource(type)) ours.emplace(type, ids);
  return ours;
}

// "<name>/Debug" -> "Debug": ctest loads calls of one configuration only.
std::string ConfigurationOf(const std::string& call) {
  const size_t slash = call.find('/');
  return slash == std::string::npos ? "" : call.substr(slash + 1);
}

std::string NameOf(const std::string& call) {
  return call.substr(0, call.find('/'));
}

// Tests of the call, about to be published, whose names are those of other calls' tests.
void CheckNames(const Place& place, const Generation& generation, const CallSpecs& specs,
                Findings* findings) {
  const ResourceSpec::Naming& naming = specs.specs().front().spec.naming;
  for (const CallSpecs::PublishedNames& other : specs.generations()) {
    if (ConfigurationOf(other.call) != ConfigurationOf(place.call) ||
        !MayShareNames(naming, other.naming))
      continue;
    NamedTests ours{NameOf(place.call), naming, {}};
    NamedTests theirs{NameOf(other.call), other.naming, {}};
    for (const auto& host : naming.hosts)
      ours.descriptions.push_back(generation.files.at(DescriptionsPath(host.name)));
    std::vector<std::string> texts;
    for (const auto& host : other.naming.hosts)
      texts.push_back(ReadText(other.directory + "/" + DescriptionsPath(host.name)).value_or(""));
    theirs.descriptions.assign(texts.begin(), texts.end());
    NameClashes found = FindNameClashes(ours, theirs);
    findings->clashes += found.errors;
    if (!found.warning.empty()) findings->warnings.push_back(std::move(found.warning));
  }
}

// `specs`: of all calls.
Failure MergeTree(const Place& place, const CallSpecs& specs, Findings* findings) {
  ResourceSpec merged = MergeSpecs(specs.specs(), &findings->errors);
  if (findings->HasErrors()) return std::nullopt;
  TreeGates gates = GatesOfTree(merged);
  for (std::string& warning : gates.warnings) findings->warnings.push_back(std::move(warning));
  // What the calls say of themselves is only for whoever merges.
  ResourceSpec published;
  published.resources = std::move(merged.resources);
  published.resources.insert(gates.resources.begin(), gates.resources.end());
  published.resources.merge(OfReplaced(place));
  return PublishSpec(place, WriteSpec(published), gates.script);
}

}  // namespace

bool IsMerged(const Place& place) {
  auto current = CurrentSpec(place);
  if (!current || !fs::exists(place.root + "/" + kSpec)) return false;
  auto text = ReadText(*current + "/" + kSpec);
  return text && SpecDirectory(place, *text) == *current;
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

namespace {

// Makes a generation that is there the one that counts.
Failure PointTo(const Place& place, const Generation& generation, const std::string& stamp,
                Findings* findings) {
  // Until the pointer is renamed, so that another call merges either the old or the new one.
  Failure failure;
  auto lock = Lock::Take(place.root + "/.lock", &failure);
  if (!lock) return failure;
  // Should we be killed between here and the pointer, that does not go with the variables.
  unlink(StampPath(place).c_str());
  CallSpecs specs;
  specs.Add(place.call, generation.files.at(kSpec), true);
  specs.AddOthers(place);
  CheckNames(place, generation, specs, findings);
  failure = MergeTree(place, specs, findings);
  if (failure || findings->HasErrors()) return failure;
  if ((failure = WriteFile(place.output_dir + "/" + kPointer, generation.pointer))) return failure;
  // Before another call looks at it.
  if ((failure = WriteFile(StampPath(place), stamp))) return failure;
  for (const char* name : {"/failed.cmake", "/failed.txt", "/failed.json"}) {
    unlink((place.output_dir + name).c_str());
  }
  return std::nullopt;
}

}  // namespace

Failure Publish(const Place& place, const Generation& generation, const std::string& stamp,
                Findings* findings) {
  const bool is_new = !fs::exists(generation.directory);
  const auto current = CurrentGeneration(place);
  const std::string former = current ? place.output_dir + "/" + *current : "";
  if (auto failure = WriteGeneration(generation, former)) return failure;
  Failure failure = PointTo(place, generation, stamp, findings);
  if (failure || findings->HasErrors()) {
    // Nobody reads what the pointer does not name.
    if (is_new && CurrentGeneration(place) != fs::path(generation.directory).filename())
      Remove(generation.directory, failure);
  }
  return failure;
}

// ---- failures ---------------------------------------------------------------------------------

namespace {

// The project's own resources are those of its other tests, which run all the same. What clashes is
// told by the call that works.
Failure PublishProjectSpec(const Place& place, const Options& options) {
  std::string ignored;
  auto spec = ReadProjectSpec(options.merge_spec, &ignored);
  const std::string path = fmt::format("{}/{}", place.output_dir, kFailedSpec);
  if (auto failure = WriteFile(path, WriteSpec(spec.value_or(ResourceSpec{})))) return failure;
  Failure failure;
  auto lock = Lock::Take(place.root + "/.lock", &failure);
  if (!lock) return failure;
  CallSpecs specs;
  Findings told_by_others;
  specs.AddPublished(place);
  specs.AddOthers(place);
  return MergeTree(place, specs, &told_by_others);
}

}  // namespace

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
  if (auto failure = WriteFile(place.output_dir + "/failed.cmake", text)) return failure;
  return PublishProjectSpec(place, options);
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

namespace {

// Notes that a process uses a directory with holders.
Failure Hold(const std::string& directory, const std::string& pid, const std::string& start) {
  // Those of earlier runs are of no use any more, and every run leaves one.
  IsHeld(directory);
  return WriteNew(fmt::format("{}/holders/{}.{}.{}", directory, pid, start, BootId()), "", false);
}

// The caller's lock says that no generator is at work in the directory.
void CollectIn(const std::string& directory, const char* prefix,
               const std::optional<std::string>& current) {
  std::vector<std::pair<fs::file_time_type, fs::path>> generations;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    std::string name = entry.path().filename().string();
    // What a generator left behind that was killed.
    if (name.starts_with(".tmp-")) fs::remove_all(entry.path(), error);
    if (name.starts_with(prefix)) {
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

}  // namespace

Failure HoldForParent(const Place& place) {
  std::string pid = std::to_string(getppid());
  auto start = StartTime(pid);
  if (!start) return std::nullopt;  // nobody to hold anything for
  Failure failure;
  // No spec goes meanwhile.
  auto lock = Lock::Take(place.root + "/.lock", &failure);
  if (!lock) return failure;
  if (auto spec = CurrentSpec(place)) failure = Hold(*spec, pid, *start);
  if (failure) return failure;
  auto current = CurrentGeneration(place);
  return current ? Hold(fmt::format("{}/{}", place.output_dir, *current), pid, *start)
                 : std::nullopt;
}

void CollectGarbage(const Place& place) {
  CollectIn(place.output_dir, "gen-", CurrentGeneration(place));
  Failure failure;
  auto lock = Lock::Take(place.root + "/.lock", &failure);
  if (!lock) return;
  if (auto spec = CurrentSpec(place))
    CollectIn(place.root + "/" + kSpecs, kSpecPrefix, fs::path(*spec).filename().string());
}

}  // namespace kvmtest::ctest
