#ifndef KVMTEST_VM_CONSOLE_H_
#define KVMTEST_VM_CONSOLE_H_

#include <re2/re2.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// What a console line may say that decides a test at once.
struct ConsoleRule {
  std::string kind;     // the failure's class, or empty: only a warning
  std::string pattern;  // RE2
};
// Linux's own words for panics, oopses and the like. A soft lockup, an RCU stall or a hung task is
// a warning: on a loaded host it says more about the host than about the guest.
const std::vector<ConsoleRule>& DefaultConsoleRules();

// Reads a console as it comes, in pieces that end anywhere, and looks for the rules' patterns
// in whole lines (a line that does not end is cut at kLongestLine). Pure.
class ConsoleMatcher {
 public:
  static constexpr size_t kLongestLine = 4096;

  struct Match {
    std::string kind;
    std::string line;
  };

  // Nothing if a pattern is no regular expression; *error says which.
  static std::unique_ptr<ConsoleMatcher> Make(const std::vector<ConsoleRule>& rules,
                                              const std::vector<std::string>& ignore,
                                              std::string* error,
                                              const std::vector<std::string>& expect = {});
  void Feed(std::string_view bytes);
  // The last line had no end.
  void Finish();

  // The first line that decides, if one came.
  const std::optional<Match>& failure() const { return failure_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  // The expected patterns that no line has matched.
  std::vector<std::string> missing() const;

 private:
  void Check(std::string_view line);

  struct Rule {
    std::string kind;
    std::unique_ptr<RE2> pattern;
  };
  std::vector<Rule> rules_;
  std::vector<std::unique_ptr<RE2>> ignore_;
  std::vector<std::unique_ptr<RE2>> expect_;  // those still to come
  std::string line_;
  std::optional<Match> failure_;
  std::vector<std::string> warnings_;
};

// The text of a console, of which the newest part is kept, with positions that count
// from its first byte ever.
class ConsoleText {
 public:
  void Append(std::string_view bytes);
  size_t end() const { return dropped_ + text_.size(); }
  // Where a match of the pattern at or after `from` ends; nothing if there is none.
  std::optional<size_t> Find(const RE2& pattern, size_t from) const;
  // The line in which `position` is, as a terminal would leave it.
  std::string LineAt(size_t position) const;
  // The last lines, without carriage returns and terminal control.
  std::vector<std::string> LastLines(size_t count) const;

 private:
  static constexpr size_t kKept = 1 << 20;

  std::string text_;
  size_t dropped_ = 0;
};

// Text as a terminal would leave it, roughly: no escape sequences, no control characters
// but line feeds and tabs, valid UTF-8.
std::string Printable(std::string_view text);

// The first serial port of a running VM: always drained, because a guest whose console
// nobody reads stops (qemu 7.2: after 278 bytes on a socket pair), logged and scanned.
class Console {
 public:
  // log_fd is written to, up to a limit that a flood reaches.
  Console(host::Loop& loop, host::Fd socket, int log_fd, std::unique_ptr<ConsoleMatcher> matcher);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  const ConsoleText& text() const { return text_; }
  const ConsoleMatcher& matcher() const { return *matcher_; }
  bool closed() const { return closed_; }
  // When the guest last wrote something, if ever.
  const std::optional<host::TimePoint>& last_output() const { return last_output_; }
  // When the line came that decides (matcher().failure()), if one did: seconds since 1970, as qemu
  // dates its events.
  const std::optional<double>& failed_at() const { return failed_at_; }
  // What the guest had written before the machine was restored: judged, logged and found as if it
  // came now. `end` is for readers of log and text, lines that no rule sees.
  void Replay(std::string_view before, std::string_view end);
  // Reads what a machine that stands still has left to be read.
  void Drain();
  // As if somebody typed it; returns how many bytes were taken.
  size_t Type(std::string_view bytes);
  // Called with what came, and with nothing at the end.
  using Listener = std::function<void(std::string_view)>;
  void Tell(Listener listener) { listener_ = std::move(listener); }

 private:
  static constexpr size_t kLogLimit = 64 << 20;

  bool Read();  // false: there is nothing now
  void Take(std::string_view bytes);
  void Show(std::string_view bytes);
  void LogBytes(std::string_view bytes);

  host::Loop& loop_;
  host::Fd socket_;
  int log_fd_;
  std::unique_ptr<ConsoleMatcher> matcher_;
  ConsoleText text_;
  std::optional<host::TimePoint> last_output_;
  std::optional<double> failed_at_;
  Listener listener_;
  size_t logged_ = 0;
  bool closed_ = false;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_CONSOLE_H_
