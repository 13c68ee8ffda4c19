#include "vm/wake.h"

#include <fmt/format.h>
#include <string.h>

#include <cstdint>

#include "host/process.h"
#include "vm/shell.h"

extern "C" {
extern const char kvmtest_wake[];
extern const char kvmtest_wake_end[];
}

namespace kvmtest::vm {

namespace {

// Of wake.S, for an input that is too short.
constexpr int kNoInput = 3;

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

}  // namespace

std::string InstallWakeCommand() {
  // Some of these may be mounted noexec, or not be there.
  return fmt::format(
      "for d in /run /dev/shm /tmp /root ''; do f=$d/.kvmtest-wake; "
      "{{ echo {} | base64 -d > $f && chmod 700 $f && $f < /dev/null; }} 2> /dev/null; "
      "[ $? = {} ] && echo $f && exit; rm -f $f; done 2> /dev/null; exit 1",
      Base64({kvmtest_wake, static_cast<size_t>(kvmtest_wake_end - kvmtest_wake)}), kNoInput);
}

std::string WakeCommand(const std::string& program, const std::string& seed, timespec now,
                        const std::string& nonce) {
  // As a here-document it costs the guest no process but the program's own.
  std::string then;
  if (!nonce.empty()) {
    then =
        fmt::format(" && echo 'kvmtest-guest: restored nonce={}' > /dev/console && {{ {}; true; }}",
                    nonce, kListAddresses);
  }
  return fmt::format("{} <<end{}\n{}\nend\n", host::ShellQuote(program), then,
                     Hex(Input(seed, now)));
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
