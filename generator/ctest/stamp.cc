#include "ctest/stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "plan/digest.h"

namespace kvmtest::ctest {
namespace {

constexpr std::string_view kHeading = "kvmtest stamp 2";
// Beyond the resolution of file times: a kernel tick (4 ms at 250 Hz), with room.
constexpr int64_t kSettling = 50'000'000;

}  // namespace

std::optional<FileFacts> DiskProbe::Stat(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  auto ns = [](const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  return FileFacts{static_cast<uint64_t>(info.st_size), ns(info.st_mtim), info.st_ino,
                   ns(info.st_ctim)};
}

std::optional<std::string> DiskProbe::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

int64_t DiskProbe::NowNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

Observed Observe(FileProbe& probe, const std::string& path) {
  Observed observed;
  observed.file.path = path;
  // The facts first: a change while reading then shows in the next check.
  auto facts = probe.Stat(path);
  if (facts) observed.text = probe.Read(path);
  observed.file.present = observed.text.has_value();
  if (!observed.file.present) return observed;
  observed.file.facts = *facts;
  observed.file.settled = probe.NowNs() - std::max(facts->mtime_ns, facts->ctime_ns) > kSettling;
  observed.file.hash = plan::Digest().Add(*observed.text).value();
  return observed;
}

std::string WriteStamp(const Stamp& stamp) {
  std::string text =
      fmt::format("{}\n{} {}\n", kHeading, stamp.failed ? "failed" : "done", stamp.arguments);
  for (const StampedFile& file : stamp.files) {
    text += fmt::format("{} {} {} {} {} {:x} {}\n",
                        !file.present  ? "absent"
                        : file.settled ? "file"
                                       : "young",
                        file.facts.size, file.facts.mtime_ns, file.facts.inode, file.facts.ctime_ns,
                        file.hash, file.path);
  }
  // A stamp that was cut off must not pass for a shorter one. Nor one with a line end in a path,
  // which reads as one line too many.
  return text + fmt::format("end {}\n", stamp.files.size());
}

namespace {

// Takes the text up to `end` off the front of `rest`.
std::string_view Take(std::string_view* rest, char end) {
  size_t pos = rest->find(end);
  std::string_view taken = rest->substr(0, pos);
  rest->remove_prefix(pos == std::string_view::npos ? rest->size() : pos + 1);
  return taken;
}

template <typename Number>
bool TakeNumber(std::string_view* rest, Number* number, int base = 10) {
  std::string_view word = Take(rest, ' ');
  auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), *number, base);
  return error == std::errc() && stop == word.data() + word.size() && !word.empty();
}

std::optional<StampedFile> ReadFileLine(std::string_view line) {
  StampedFile file;
  std::string_view kind = Take(&line, ' ');
  if (kind != "file" && kind != "young" && kind != "absent") return std::nullopt;
  file.present = kind != "absent";
  file.settled = kind != "young";
  if (!TakeNumber(&line, &file.facts.size) || !TakeNumber(&line, &file.facts.mtime_ns) ||
      !TakeNumber(&line, &file.facts.inode) || !TakeNumber(&line, &file.facts.ctime_ns) ||
      !TakeNumber(&line, &file.hash, 16)) {
    return std::nullopt;
  }
  file.path = line;
  return file;
}

}  // namespace

std::optional<Stamp> ReadStamp(std::string_view text) {
  if (Take(&text, '\n') != kHeading) return std::nullopt;
  Stamp stamp;
  std::string_view outcome = Take(&text, '\n');
  stamp.failed = Take(&outcome, ' ') == "failed";
  stamp.arguments = outcome;
  while (!text.empty()) {
    std::string_view line = Take(&text, '\n');
    if (line.starts_with("end ")) {
      if (!text.empty() || line != fmt::format("end {}", stamp.files.size())) return std::nullopt;
      return stamp;
    }
    auto file = ReadFileLine(line);
    if (!file) return std::nullopt;
    stamp.files.push_back(std::move(*file));
  }
  return std::nullopt;
}

Freshness CheckFiles(FileProbe& probe, Stamp* stamp) {
  Freshness freshness = Freshness::kFresh;
  for (StampedFile& file : stamp->files) {
    auto facts = probe.Stat(file.path);
    if (facts.has_value() != file.present) return Freshness::kStale;
    if (!facts || (file.settled && *facts == file.facts)) continue;
    Observed now = Observe(probe, file.path);
    if (!now.file.present || now.file.hash != file.hash) return Freshness::kStale;
    if (now.file == file) continue;  // still too young to be sure
    file = now.file;
    freshness = Freshness::kTouched;
  }
  return freshness;
}

}  // namespace kvmtest::ctest
