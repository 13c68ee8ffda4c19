#include "vm/wake.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <cstdint>

#include "host/process.h"
#include "vm/shell.h"

extern "C" {
extern const char kvmtest_wake[];
extern const char kvmtest_wake_end[];
}

namespace kvmtest::vm {

namespace {

// Of wake.S, for an input that is too short; and the longest that it takes.
constexpr int kNoInput = 3;
constexpr size_t kLongestLine = 512;

template <typename Number>
void PutLittle(std::string* bytes, Number number) {
  char raw[sizeof number];
  ::memcpy(raw, &number, sizeof number);
  bytes->append(raw, sizeof raw);
}

std::string Hex(const std::string& bytes) {
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string Input(const std::string& seed, timespec now) {
  std::string bytes;
  PutLittle(&bytes, static_cast<int32_t>(8 * seed.size()));
  PutLittle(&bytes, static_cast<int32_t>(seed.size()));
  bytes += seed;
  PutLittle(&bytes, static_cast<int64_t>(now.tv_sec));
  PutLittle(&bytes, static_cast<int64_t>(now.tv_nsec));
  return bytes;
}

std::string Command(const std::string& program, const char* input) {
  return fmt::format("{} {} 2> /dev/console && {{ {}; true; }}", host::ShellQuote(program), input,
                     kListAddresses);
}

}  // namespace

std::string InstallWakeCommand() {
  // Some of these may be mounted noexec, or not be there.
  return fmt::format(
      "for d in /run /dev/shm /tmp /root ''; do f=$d/.kvmtest-wake; "
      "{{ echo {} | base64 -d > $f && chmod 700 $f && $f < /dev/null; }} > /dev/null 2>&1; "
      "[ $? = {} ] && echo $f && exit; rm -f $f; done 2> /dev/null; exit 1",
      Base64({kvmtest_wake, static_cast<size_t>(kvmtest_wake_end - kvmtest_wake)}), kNoInput);
}

std::string SleepCommand(const std::string& program) {
  // The shell's output is its line, from which a command may read.
  return Command(program, "< /proc/self/fd/1");
}

std::string WakeCommand(const std::string& program, const std::string& line) {
  return Command(program, "<<end") + "\n" + line + "end\n";
}

std::string WakeLine(const std::string& seed, timespec now, const std::string& nonce) {
  std::string line = Hex(Input(seed, now));
  if (!nonce.empty()) line += "kvmtest-guest: restored nonce=" + nonce;
  line.resize(std::min(line.size(), kLongestLine - 1));
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return line + "\n";
}

std::string WakeError(int status) {
  switch (status) {
    case kNoInput:
      return "its input did not arrive";
    case 4:
      return "/dev/urandom cannot be opened";
    case 5:
      return "RNDADDENTROPY failed";
    case 6:
      return "RNDRESEEDCRNG failed (Linux has it since 4.14)";
    case 7:
      return "clock_settime failed";
    default:
      return fmt::format("exit status {}", status);
  }
}

}  // namespace kvmtest::vm
