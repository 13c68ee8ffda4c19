#include "report/evidence.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "host/fd.h"
#include "host/files.h"
#include "host/process.h"
#include "job/result.h"
#include "vm/console.h"

namespace kvmtest::report {

namespace {

using Json = nlohmann::json;

constexpr size_t kMostFiles = 8;  // consoles or pictures of a test
constexpr size_t kConsoleOfBad = 8 << 10;
constexpr size_t kConsoleOfGood = 600;
constexpr size_t kVerdictText = 6 << 10;

// Opened only if it is a plain file; *size is its length.
host::Fd OpenPlain(const std::string& path, uint64_t* size) {
  // Not to wait for somebody who opens a FIFO.
  host::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0) return host::Fd();
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return host::Fd();
  }
  *size = static_cast<uint64_t>(status.st_size);
  return file;
}

std::string ReadEnd(const std::string& path, size_t bytes, bool* is_cut) {
  uint64_t size = 0;
  host::Fd file = OpenPlain(path, &size);
  if (!file) return "";
  std::string text(std::min<uint64_t>(size, bytes), '\0');
  *is_cut = text.size() < size;
  ssize_t got = host::ReadAt(file.get(), size - text.size(), text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

// The last of them; blank lines at the end do not count.
std::string LastLines(const std::string& text, size_t lines, bool* is_cut) {
  size_t end = text.find_last_not_of("\r\n\t ");
  if (end == std::string::npos) return "";
  size_t begin = end;
  for (size_t seen = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && ++seen == lines) break;
  }
  *is_cut = *is_cut || begin > 0;
  return text.substr(begin, end + 1 - begin);
}

uint32_t BigEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

bool HasForm(const std::string& name, std::string_view begin, std::string_view end) {
  return name.size() > begin.size() + end.size() && name.compare(0, begin.size(), begin) == 0 &&
         name.compare(name.size() - end.size(), end.size(), end) == 0;
}

std::vector<std::string> FilesOf(const std::string& directory, std::string_view begin,
                                 std::string_view end) {
  std::vector<std::string> names;
  for (std::string& name : host::ListDirectory(directory)) {
    if (HasForm(name, begin, end) && names.size() < kMostFiles) names.push_back(std::move(name));
  }
  return names;
}

double NumberIn(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

// Where a result says "running" its runner may be gone.
Outcome OutcomeIn(const Json& result) {
  Outcome outcome = OutcomeNamed(job::Member(result, "status"));
  if (outcome != Outcome::kRunning) return outcome;
  auto pid = static_cast<pid_t>(std::clamp(NumberIn(result, "pid"), 0.0, 1e9));
  auto start = host::ProcessStartTime(pid);
  bool lives = start && static_cast<double>(*start) == NumberIn(result, "pid_start");
  return lives ? Outcome::kRunning : Outcome::kInterrupted;
}

// Whole seconds since 1970.
double TimeOf(const std::string& path) {
  const long long seconds = host::WriteTime(path) / 1'000'000'000;
  return static_cast<double>(seconds);
}

// A runner writes it when it has started a VM, or has ended; until then it is known of a test that
// no other queue may run.
std::string QueueIn(const Json& result, Outcome outcome, const std::vector<std::string>& queues) {
  const bool is_ended = outcome != Outcome::kRunning && outcome != Outcome::kInterrupted;
  std::string queue = job::Member(result, "queue");
  return queue.empty() && !is_ended && queues.size() == 1 ? queues[0] : queue;
}

Attempt AttemptIn(const Json& result, const Test& test, const std::string& directory) {
  Attempt attempt;
  attempt.outcome = OutcomeIn(result);
  attempt.run = job::Member(result, "run");
  attempt.queue = QueueIn(result, attempt.outcome, test.queues);
  attempt.started = NumberIn(result, "started");
  attempt.waited = NumberIn(result, "waited");
  attempt.ended = NumberIn(result, "ended");
  if (attempt.outcome == Outcome::kRunning) attempt.ended = job::UnixTime();
  if (attempt.outcome == Outcome::kInterrupted) attempt.ended = TimeOf(directory + "/runner.log");
  attempt.ended = std::max(attempt.ended, attempt.started);
  attempt.number = static_cast<int>(std::clamp(NumberIn(result, "attempt"), 1.0, 1e9));
  return attempt;
}

Json ReadJson(const std::string& path, bool* is_there) {
  uint64_t size = 0;
  host::Fd file = OpenPlain(path, &size);
  *is_there = static_cast<bool>(file) || errno != ENOENT;
  if (!file) return nullptr;
  std::string text(std::min<uint64_t>(size, 16 << 20), '\0');
  ssize_t got = host::ReadAt(file.get(), 0, text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

void ReadAttempts(Test* test) {
  for (const std::string& name : host::ListDirectory(test->directory)) {
    if (!HasForm(name, "attempt-", "")) continue;
    bool is_there = false;
    std::string directory = test->directory + "/" + name;
    Json result = ReadJson(directory + "/result.json", &is_there);
    if (!result.is_object() || job::Member(result, "run") != test->last.run) continue;
    test->attempts.push_back(AttemptIn(result, *test, directory));
  }
  std::sort(test->attempts.begin(), test->attempts.end(),
            [](const Attempt& a, const Attempt& b) { return a.number < b.number; });
}

void ReadMeasurements(const Json& result, Test* test) {
  auto found = result.find("measurements");
  if (found == result.end() || !found->is_object()) return;
  for (const auto& [name, value] : found->items()) {
    if (value.is_number() && test->measurements.size() < 50) test->measurements[name] = value;
  }
}

void ReadFiles(Test* test) {
  bool is_bad = RowOf(test->last.outcome).is_bad || test->last.outcome == Outcome::kKnownFailure;
  size_t bytes = is_bad ? kConsoleOfBad : kConsoleOfGood;
  for (const std::string& name : FilesOf(test->directory, "console-", ".log")) {
    TextTail tail = ReadTail(test->directory, name, bytes, is_bad ? 60 : 8);
    if (!tail.text.empty()) test->consoles.push_back(std::move(tail));
  }
  test->has_repro = host::IsRegularFile(test->directory + "/repro.sh");
  if (!is_bad) return;
  for (const std::string& name : FilesOf(test->directory, "screen-", ".png")) {
    if (auto picture = ReadPicture(test->directory, name)) {
      test->pictures.push_back(*std::move(picture));
    }
  }
  bool is_cut = false;
  std::string text = ReadEnd(test->directory + "/verdict.txt", 1 << 20, &is_cut);
  size_t line = text.find('\n');
  text.erase(0, line == std::string::npos ? text.size() : line + 1);
  test->verdict_text = {"verdict.txt", vm::Printable(text.substr(0, kVerdictText)),
                        text.size() > kVerdictText};
}

}  // namespace

TextTail ReadTail(const std::string& directory, const std::string& name, size_t bytes,
                  size_t lines) {
  TextTail tail;
  tail.name = name;
  std::string text = ReadEnd(directory + "/" + name, bytes, &tail.is_cut);
  // Not with the second half of a character, nor of a line if there are others.
  size_t line = text.find('\n');
  if (tail.is_cut && line != std::string::npos && line + 1 < text.size()) text.erase(0, line + 1);
  tail.text = vm::Printable(LastLines(text, lines, &tail.is_cut));
  return tail;
}

std::optional<Picture> ReadPicture(const std::string& directory, const std::string& name) {
  constexpr std::string_view kBegin("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  constexpr uint32_t kMostPixels = 8192;  // wide or high
  bool is_cut = false;
  std::string png = ReadEnd(directory + "/" + name, kMostOfAPicture, &is_cut);
  if (is_cut || png.size() < kBegin.size() + 8 || png.compare(0, kBegin.size(), kBegin) != 0) {
    return std::nullopt;
  }
  uint32_t width = BigEndian(png, kBegin.size());
  uint32_t height = BigEndian(png, kBegin.size() + 4);
  if (width == 0 || height == 0 || width > kMostPixels || height > kMostPixels) {
    return std::nullopt;
  }
  return Picture{name, width, height, std::move(png)};
}

void ReadResultOf(const std::string& generation, Test* test) {
  bool is_there = false;
  Json result = ReadJson(test->directory + "/result.json", &is_there);
  if (!is_there) return;
  if (!result.is_object()) {
    test->last.outcome = Outcome::kDamaged;
    test->text = "its result.json cannot be read, or is not what a runner writes";
    ReadFiles(test);
    return;
  }
  test->last = AttemptIn(result, *test, test->directory);
  test->kind = job::Member(result, "class");
  test->text = job::Member(result, "text");
  if (test->last.outcome == Outcome::kDamaged) {
    test->text = "its result.json has no status that a runner writes";
  } else if (test->last.outcome == Outcome::kInterrupted) {
    test->text = "the runner is gone and has left no verdict";
  }
  test->of_other_generation = job::Member(result, "generation") != generation;
  test->accel = job::Member(result, "accel");
  test->qemu_version = job::Member(result, "qemu_version");
  ReadMeasurements(result, test);
  if (test->last.number > 1) ReadAttempts(test);
  ReadFiles(test);
}

}  // namespace kvmtest::report
