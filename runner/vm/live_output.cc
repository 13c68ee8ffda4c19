#include "vm/live_output.h"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

#include "host/ctest_tags.h"
#include "host/files.h"
#include "vm/console.h"

namespace kvmtest::vm {

namespace {
// With its prefix shorter than what a pipe takes at once (PIPE_BUF).
constexpr size_t kLongestShown = 2000;
}  // namespace

void LiveOutput::Feed(const std::string& source, std::string_view bytes) {
  std::string& line = pending_[source];
  for (char c : bytes) {
    if (c != '\n') line += c;
    if (c == '\n' || line.size() >= kLongestShown) Show(source, std::exchange(line, ""));
  }
}

void LiveOutput::Finish(const std::string& source) {
  std::string line = std::exchange(pending_[source], "");
  if (!line.empty()) Show(source, line);
}

void LiveOutput::Show(const std::string& source, std::string_view line) {
  if (shown_ > kMost) return;
  std::string text = fmt::format("{}| {}\n", source, host::WithoutCtestTags(Printable(line)));
  shown_ += text.size();
  if (shown_ > kMost) text = fmt::format("{}| [no more is shown here]\n", source);
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0) host::WriteAll(fd_, text);
}

}  // namespace kvmtest::vm
