// type = qemu_img: qemu-img does with images what it says; there is no machine. Contents are
// compared byte by byte with what was put in.
//
// Params: subcommand: which of create, info, convert, resize, compare, check, rebase, snapshot
// (default: all that the format has); image_format (qcow2), dest_image_format (raw) for convert,
// image_size (16M); image_name: an existing image that `check` looks at, too, and that is only
// read; qemu_img_binary, qemu_img_timeout (240 s for each command).

#include <endian.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <random>

#include "host/files.h"
#include "host/process.h"
#include "procedures/steps.h"
#include "vm/disk.h"
#include "vm/vm_config.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;
using Words = std::vector<std::string>;

// What qemu-img 7.2 can do with images of a format.
struct FormatRow {
  std::string_view format;
  std::string_view subcommands;
};
constexpr FormatRow kFormats[] = {
    {"qcow2", "create info convert resize compare check rebase snapshot"},
    {"qed", "create info convert resize compare check rebase"},
    {"raw", "create info convert resize compare"},
    {"vdi", "create info convert compare check"},
    {"vhdx", "create info convert compare check"},
    {"vmdk", "create info convert compare check"},
    {"vpc", "create info convert compare"},
};

const FormatRow* FindFormat(const std::string& format) {
  for (const FormatRow& row : kFormats) {
    if (row.format == format) return &row;
  }
  return nullptr;
}

Words Subcommands(const vm::Params& params) {
  Words words = params.Words("subcommand");
  const FormatRow* row = FindFormat(params.Get("image_format", "qcow2"));
  return words.empty() && row != nullptr ? vm::SplitWords(row->subcommands) : words;
}

// "16M": a number and a unit of 1024 each. 0 if it is none.
uint64_t Bytes(const std::string& size) {
  size_t digits = size.find_first_not_of("0123456789");
  if (digits == 0 || size.empty() || std::min(digits, size.size()) > 9) return 0;
  uint64_t bytes = std::stoull(size);
  std::string unit = digits == std::string::npos ? "" : size.substr(digits);
  size_t power = unit.empty() ? 0 : std::string_view("KMGT").find(unit) + 1;
  if (unit.size() > 1 || power > 4) return 0;
  return bytes << (10 * power);
}

constexpr uint64_t kData = 2 << 20;  // bytes of each image that are no zeros

// From `begin` to the end. Where the file system knows holes there is next to nothing to read.
bool OnlyZeros(int fd, off_t begin) {
  std::string chunk(1 << 20, '\0');
  while ((begin = ::lseek(fd, begin, SEEK_DATA)) >= 0) {
    ssize_t got = ::pread(fd, chunk.data(), chunk.size(), begin);
    if (got <= 0) return got == 0;
    std::string_view bytes(chunk.data(), static_cast<size_t>(got));
    if (bytes.find_first_not_of('\0') != std::string_view::npos) return false;
    begin += got;
  }
  return errno == ENXIO;
}

constexpr char kSnapshot[] = "before";

// The file ends in the middle of its data.
bool HalveFile(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && ::truncate(path.c_str(), status.st_size / 2) == 0;
}

// The table of blocks, whose place stands at 0x154, begins with one that the image does not have.
// (The check of vdi, 7.2, looks at nothing else.)
bool SpoilVdi(const std::string& path) {
  host::Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  uint32_t table = 0;
  const uint32_t nowhere = htole32(0x7fffffff);
  return file && ::pread(file.get(), &table, sizeof table, 0x154) == sizeof table &&
         ::pwrite(file.get(), &nowhere, sizeof nowhere, le32toh(table)) == sizeof nowhere;
}

class QemuImg {
 public:
  explicit QemuImg(Context& context)
      : context_(context),
        format_(context.params.Get("image_format", "qcow2")),
        size_(context.params.Get("image_size", "16M")) {}

  Trouble Prepare();
  Trouble Do(const std::string& subcommand);

 private:
  Trouble Create();
  Trouble Info();
  Trouble Convert();
  Trouble Resize();
  Trouble Compare();
  Trouble CheckImages();
  Trouble Rebase();
  Trouble Snapshot();

  Trouble Run(const Words& words, int* status, std::string* output);
  Trouble MustRun(const Words& words, std::string* output = nullptr);
  Trouble Check(vm::FileIs file, const std::string& path, const std::string& format);
  Trouble CheckDamaged(const std::string& path);
  Trouble ReadInfo(const std::string& path, Json* info);
  Trouble ExpectInfo(const std::string& path, uint64_t size);
  // Whether the image has the one snapshot that is made here, or none.
  Trouble ExpectSnapshot(const std::string& path, bool expected, const std::string& when);
  // The image has these contents, and zeros after them up to its size: size_, and so much more.
  Trouble ExpectData(const std::string& path, const std::string& format, const std::string& data,
                     const std::string& when, uint64_t grown = 0);
  Trouble ConvertTo(const std::string& path, const std::string& format, const std::string& from,
                    const std::string& from_format) {
    Words words = {"convert", "-f", from_format, "-O", format};
    // Else its size is rounded to what old disks can have.
    if (format == "vpc") words.insert(words.end(), {"-o", "force_size=on"});
    words.insert(words.end(), {from, path});
    return MustRun(words);
  }
  Trouble MakeImage(const std::string& path, const std::string& from_raw) {
    return ConvertTo(path, format_, from_raw, "raw");
  }
  std::string Path(const std::string& name) const { return context_.scratch + "/" + name; }

  Context& context_;
  std::string format_;
  std::string size_;
  std::string data_, other_data_;      // contents of two raw files, ...
  std::string source_, other_source_;  // ... and where they are
};

Trouble QemuImg::Run(const Words& words, int* status, std::string* output) {
  Words argv = {context_.params.Get("qemu_img_binary", "qemu-img")};
  argv.insert(argv.end(), words.begin(), words.end());
  context_.log.Info("runs: {}", host::ShellQuote(argv));
  host::Until until = Limit(context_, "qemu_img_timeout", 240);
  auto limit = host::TimeUntil(until);
  host::RunOutcome outcome = host::RunProgram(context_.loop, argv, limit);
  if (int signal = context_.loop.stop_signal()) {
    return Failure{vm::kInterrupted, ::strsignal(signal), ""};
  }
  if (!outcome.started) return Failure{vm::kEnvironment, outcome.error, ""};
  std::string detail = fmt::format("command line: {}\nits output:\n{}", host::ShellQuote(argv),
                                   Shown(outcome.output));
  if (outcome.timed_out) {
    return Failure{until.is_deadline ? vm::kTestTimeout : vm::kCommandFailed,
                   fmt::format("qemu-img {} did not end within {}", words[0], until.Text()),
                   detail};
  }
  if (outcome.exit.signal != 0) {
    return Failure{vm::kCommandFailed,
                   fmt::format("qemu-img {} ended with {}", words[0], outcome.exit.Text()), detail};
  }
  *status = outcome.exit.code;
  *output = outcome.output;
  return std::nullopt;
}

Trouble QemuImg::MustRun(const Words& words, std::string* output) {
  int status = 0;
  std::string text;
  if (Trouble trouble = Run(words, &status, &text)) return trouble;
  if (output != nullptr) *output = text;
  if (status == 0) return std::nullopt;
  return Failure{
      vm::kCommandFailed, fmt::format("qemu-img {} ended with status {}", words[0], status),
      fmt::format("its arguments: {}\nits output:\n{}", host::ShellQuote(words), Shown(text))};
}

// Two raw files of the same size, with other data.
Trouble QemuImg::Prepare() {
  std::mt19937_64 random(1);
  for (auto [data, path, name] :
       {std::tuple(&data_, &source_, "source.raw"), {&other_data_, &other_source_, "other.raw"}}) {
    *path = Path(name);
    for (uint64_t i = 0; i < kData / 8; ++i) {
      uint64_t word = random();
      data->append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    if (!host::WriteFile(*path, *data) ||
        ::truncate(path->c_str(), static_cast<off_t>(Bytes(size_))) != 0) {
      return Failure{vm::kHarnessError, fmt::format("cannot write {}: {}", *path, strerror(errno)),
                     ""};
    }
  }
  return std::nullopt;
}

Trouble QemuImg::ReadInfo(const std::string& path, Json* info) {
  std::string output;
  if (Trouble trouble = MustRun({"info", "--output=json", "-f", format_, path}, &output)) {
    return trouble;
  }
  *info = Json::parse(output, nullptr, /*allow_exceptions=*/false);
  if (info->is_object()) return std::nullopt;
  return Failure{vm::kWrongOutput, "qemu-img info: no JSON object",
                 "its output:\n" + Shown(output)};
}

Trouble QemuImg::ExpectInfo(const std::string& path, uint64_t size) {
  Json info;
  if (Trouble trouble = ReadInfo(path, &info)) return trouble;
  std::string format = info.value("format", "");
  uint64_t virtual_size = info.value("virtual-size", uint64_t{0});
  if (format == format_ && virtual_size == size) return std::nullopt;
  return Failure{vm::kWrongOutput,
                 fmt::format("qemu-img info tells of format '{}' and {} bytes, not of '{}' and {}",
                             format, virtual_size, format_, size),
                 "its output:\n" + Shown(info.dump(2))};
}

Trouble QemuImg::ExpectSnapshot(const std::string& path, bool expected, const std::string& when) {
  Json info;
  if (Trouble trouble = ReadInfo(path, &info)) return trouble;
  const Json snapshots = info.value("snapshots", Json::array());
  bool found = snapshots.size() == 1 && snapshots[0].value("name", "") == kSnapshot;
  if (expected ? found : snapshots.empty()) return std::nullopt;
  return Failure{
      vm::kWrongOutput,
      fmt::format("{} qemu-img info tells of the snapshots {}, not of {}", when, snapshots.dump(),
                  expected ? std::string("one: ") + kSnapshot : "none"),
      ""};
}

Trouble QemuImg::ExpectData(const std::string& path, const std::string& format,
                            const std::string& data, const std::string& when, uint64_t grown) {
  std::string raw = Path("seen.raw");
  if (Trouble trouble = MustRun({"convert", "-f", format, "-O", "raw", path, raw})) return trouble;
  host::Fd file(::open(raw.c_str(), O_RDONLY | O_CLOEXEC));
  const uint64_t size = Bytes(size_) + grown;
  const auto found = static_cast<uint64_t>(std::max<off_t>(::lseek(file.get(), 0, SEEK_END), 0));
  if (file && found != size) {
    return Failure{vm::kWrongData,
                   fmt::format("{} the image has {} bytes, expected {}", when, found, size), ""};
  }
  std::string seen(data.size(), '\0');
  bool whole =
      file && ::pread(file.get(), seen.data(), seen.size(), 0) == static_cast<ssize_t>(seen.size());
  if (whole && seen == data && OnlyZeros(file.get(), static_cast<off_t>(data.size()))) {
    return std::nullopt;
  }
  auto differs = std::mismatch(seen.begin(), seen.end(), data.begin());
  return Failure{vm::kWrongData,
                 fmt::format("{} the image has other contents than it should from byte {} on", when,
                             differs.first - seen.begin()),
                 ""};
}

Trouble QemuImg::Create() {
  std::string path = Path("created." + format_);
  Words words = {"create", "-q", "-f", format_};
  if (format_ == "vpc") words.insert(words.end(), {"-o", "force_size=on"});
  words.insert(words.end(), {path, size_});
  if (Trouble trouble = MustRun(words)) return trouble;
  if (Trouble trouble = ExpectInfo(path, Bytes(size_))) return trouble;
  return ExpectData(path, format_, "", "after create");
}

Trouble QemuImg::Info() {
  std::string path = Path("info." + format_);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  return ExpectInfo(path, Bytes(size_));
}

Trouble QemuImg::Convert() {
  std::string path = Path("converted." + format_);
  std::string format = context_.params.Get("dest_image_format", "raw");
  std::string further = Path("further." + format);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  if (Trouble trouble = ExpectData(path, format_, data_, "after convert")) return trouble;
  if (Trouble trouble = ConvertTo(further, format, path, format_)) return trouble;
  return ExpectData(further, format, data_, "after a second convert");
}

Trouble QemuImg::Resize() {
  std::string path = Path("resized." + format_);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  if (Trouble trouble = MustRun({"resize", "-q", "-f", format_, path, "+1M"})) return trouble;
  if (Trouble trouble = ExpectInfo(path, Bytes(size_) + (1 << 20))) return trouble;
  return ExpectData(path, format_, data_, "after resize", 1 << 20);
}

Trouble QemuImg::Compare() {
  std::string path = Path("compared." + format_);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  int same = -1, other = -1;
  std::string output;
  if (Trouble trouble =
          Run({"compare", "-f", "raw", "-F", format_, source_, path}, &same, &output)) {
    return trouble;
  }
  if (Trouble trouble =
          Run({"compare", "-f", "raw", "-F", format_, other_source_, path}, &other, &output)) {
    return trouble;
  }
  if (same == 0 && other == 1) return std::nullopt;
  return Failure{vm::kWrongOutput,
                 fmt::format("qemu-img compare ended with {} for equal images and {} for others, "
                             "not with 0 and 1",
                             same, other),
                 ""};
}

Trouble QemuImg::Check(vm::FileIs file, const std::string& path, const std::string& format) {
  int status = 0;
  std::string output;
  if (Trouble trouble = Run({"check", "-f", format, path}, &status, &output)) return trouble;
  return vm::JudgeCheck(context_.log, "qemu-img check of " + path, file, status, Shown(output));
}

// Half of the image is gone, or a block of a vdi image. It is no longer used.
Trouble QemuImg::CheckDamaged(const std::string& path) {
  if (!(format_ == "vdi" ? SpoilVdi(path) : HalveFile(path))) {
    return Failure{vm::kHarnessError, fmt::format("cannot damage {}: {}", path, strerror(errno)),
                   ""};
  }
  int status = 0;
  std::string output;
  if (Trouble trouble = Run({"check", "-f", format_, path}, &status, &output)) return trouble;
  // 7.2: 2 for an image that is damaged, 1 for one that it cannot even look through.
  if (status == 1 || status == 2) return std::nullopt;
  return Failure{vm::kWrongOutput,
                 fmt::format("qemu-img check ended with {} for an image that is damaged, not with "
                             "1 or 2",
                             status),
                 "its output:\n" + Shown(output)};
}

Trouble QemuImg::CheckImages() {
  std::string path = Path("checked." + format_);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  if (Trouble trouble = Check(vm::FileIs::kRuns, path, format_)) return trouble;
  if (Trouble trouble = CheckDamaged(path)) return trouble;
  if (context_.params.Get("image_name").empty()) return std::nullopt;
  vm::Params::Map map = context_.params.map();
  map["nics"] = "";
  auto config = vm::BuildVmConfig(vm::Params(map), vm::MainVm(context_.params), {});
  if (auto* error = std::get_if<vm::ParamError>(&config)) {
    return Failure{vm::kEnvironment, error->text, ""};
  }
  for (const vm::ImageConfig& image : std::get<vm::VmConfig>(config).images) {
    if (image.base.empty()) continue;  // create_image: there is none
    if (::access(image.base.c_str(), R_OK) != 0) {
      return Failure{vm::kEnvironment, fmt::format("{}: {}", image.base, ::strerror(errno)), ""};
    }
    if (Trouble trouble = Check(vm::FileIs::kUsers, image.base, image.format)) return trouble;
  }
  return std::nullopt;
}

// The overlay shows the same although what lies below it is another image.
Trouble QemuImg::Rebase() {
  std::string overlay = Path("rebased." + format_);
  if (Trouble trouble =
          MustRun({"create", "-q", "-f", format_, "-F", "raw", "-b", source_, overlay})) {
    return trouble;
  }
  if (Trouble trouble =
          MustRun({"rebase", "-q", "-f", format_, "-F", "raw", "-b", other_source_, overlay})) {
    return trouble;
  }
  Json info;
  if (Trouble trouble = ReadInfo(overlay, &info)) return trouble;
  std::string backing = info.value("backing-filename", "");
  if (backing != other_source_) {
    return Failure{
        vm::kWrongOutput,
        fmt::format("after rebase the backing file is '{}', not '{}'", backing, other_source_), ""};
  }
  return ExpectData(overlay, format_, data_, "after rebase");
}

Trouble QemuImg::Snapshot() {
  std::string path = Path("snapshot." + format_);
  if (Trouble trouble = MakeImage(path, source_)) return trouble;
  if (Trouble trouble = MustRun({"snapshot", "-q", "-c", kSnapshot, path})) return trouble;
  if (Trouble trouble = ExpectSnapshot(path, true, "after snapshot -c")) return trouble;
  if (Trouble trouble =
          MustRun({"convert", "-n", "-f", "raw", "-O", format_, other_source_, path})) {
    return trouble;
  }
  if (Trouble trouble = ExpectData(path, format_, other_data_, "after new data")) return trouble;
  if (Trouble trouble = MustRun({"snapshot", "-q", "-a", kSnapshot, path})) return trouble;
  if (Trouble trouble = ExpectData(path, format_, data_, "after the return to a snapshot")) {
    return trouble;
  }
  if (Trouble trouble = MustRun({"snapshot", "-q", "-d", kSnapshot, path})) return trouble;
  if (Trouble trouble = ExpectSnapshot(path, false, "after snapshot -d")) return trouble;
  return Check(vm::FileIs::kRuns, path, format_);
}

Trouble QemuImg::Do(const std::string& subcommand) {
  using Step = Trouble (QemuImg::*)();
  const std::pair<std::string_view, Step> steps[] = {
      {"create", &QemuImg::Create},   {"info", &QemuImg::Info},
      {"convert", &QemuImg::Convert}, {"resize", &QemuImg::Resize},
      {"compare", &QemuImg::Compare}, {"check", &QemuImg::CheckImages},
      {"rebase", &QemuImg::Rebase},   {"snapshot", &QemuImg::Snapshot},
  };
  for (const auto& [name, step] : steps) {
    if (name == subcommand) return (this->*step)();
  }
  return Failure{vm::kHarnessError, "no subcommand " + subcommand, ""};
}

Trouble RunQemuImg(Context& context, std::string* passed) {
  QemuImg images(context);
  if (Trouble trouble = images.Prepare()) return trouble;
  Words subcommands = Subcommands(context.params);
  for (const std::string& subcommand : subcommands) {
    if (Trouble trouble = images.Do(subcommand)) return trouble;
  }
  *passed = fmt::format("{} of {} images", fmt::join(subcommands, ", "),
                        context.params.Get("image_format", "qcow2"));
  return std::nullopt;
}

std::string CheckQemuImg(const vm::Params& params) {
  for (auto [key, otherwise] : {std::pair("image_format", "qcow2"), {"dest_image_format", "raw"}}) {
    std::string format = params.Get(key, otherwise);
    if (FindFormat(format) != nullptr) continue;
    return fmt::format("{} = {}: expected qcow2, qed, raw, vdi, vhdx, vmdk or vpc", key, format);
  }
  const FormatRow* row = FindFormat(params.Get("image_format", "qcow2"));
  Words known = vm::SplitWords(row->subcommands);
  for (const std::string& word : Subcommands(params)) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    return fmt::format("subcommand = {}: for {} images expected some of {}", word, row->format,
                       fmt::join(known, ", "));
  }
  if (uint64_t size = Bytes(params.Get("image_size", "16M"));
      size < 2 * kData || size > uint64_t{1} << 40 || size % 512 != 0) {
    return fmt::format("image_size = {}: expected a size from 4M to 1T", params.Get("image_size"));
  }
  return CheckNumbers(params, {{"qemu_img_timeout", 1, 1000000}});
}

}  // namespace

const Procedure kQemuImg = {"qemu_img", RunQemuImg, CheckQemuImg,
                            "subcommand dest_image_format qemu_img_timeout",
                            /*has_machines=*/false};

}  // namespace kvmtest::procedures
