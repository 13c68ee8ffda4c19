#include "vm/console.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "host/files.h"
#include "vm/failure.h"

namespace kvmtest::vm {

const std::vector<ConsoleRule>& DefaultConsoleRules() {
  static const auto* rules = new std::vector<ConsoleRule>{
      {kGuestPanic, "Kernel panic - not syncing"},
      {kKernelOops, R"(\bOops: )"},
      {kKernelOops, R"(\bBUG: )"},
      {kKernelOops, R"(kernel BUG at )"},
      {kKernelOops, R"(general protection fault)"},
      {kKernelOops, R"(Unable to handle kernel )"},
      {kKernelOops, R"(\bUBSAN: )"},
      {"", R"(\bBUG: soft lockup - CPU#)"},
      {"", R"(rcu: INFO: rcu_.* self-detected stall)"},
      {"", R"(INFO: task .* blocked for more than)"},
      {"", R"(invoked oom-killer)"},
      {"", R"(WARNING: CPU:)"},
  };
  return *rules;
}

std::unique_ptr<ConsoleMatcher> ConsoleMatcher::Make(const std::vector<ConsoleRule>& rules,
                                                     const std::vector<std::string>& ignore,
                                                     std::string* error,
                                                     const std::vector<std::string>& expect) {
  auto compile = [error](const std::string& pattern) {
    RE2::Options options(RE2::Quiet);
    options.set_encoding(RE2::Options::EncodingLatin1);  // consoles carry any byte
    auto compiled = std::make_unique<RE2>(pattern, options);
    if (!compiled->ok()) {
      *error = fmt::format("'{}' is no regular expression: {}", pattern, compiled->error());
    }
    return compiled;
  };
  auto matcher = std::make_unique<ConsoleMatcher>();
  for (const ConsoleRule& rule : rules) {
    matcher->rules_.push_back({rule.kind, compile(rule.pattern)});
    if (!matcher->rules_.back().pattern->ok()) return nullptr;
  }
  for (const std::string& pattern : ignore) {
    matcher->ignore_.push_back(compile(pattern));
    if (!matcher->ignore_.back()->ok()) return nullptr;
  }
  for (const std::string& pattern : expect) {
    matcher->expect_.push_back(compile(pattern));
    if (!matcher->expect_.back()->ok()) return nullptr;
  }
  return matcher;
}

void ConsoleMatcher::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t end = bytes.find('\n');
    size_t take = std::min({end, bytes.size(), kLongestLine - line_.size()});
    line_.append(bytes.substr(0, take));
    bool complete = take == end;
    bytes.remove_prefix(complete ? take + 1 : take);
    if (complete || line_.size() >= kLongestLine) Finish();
  }
}

void ConsoleMatcher::Finish() {
  if (!line_.empty()) Check(line_);
  line_.clear();
}

std::vector<std::string> ConsoleMatcher::missing() const {
  std::vector<std::string> patterns;
  for (const auto& pattern : expect_) patterns.push_back(pattern->pattern());
  return patterns;
}

namespace {

// A line for a verdict; of a very long one, what was found in it and some of what is around.
std::string PartToShow(std::string_view line, const RE2& pattern) {
  constexpr size_t kMost = 300, kBefore = 60;
  if (line.size() <= kMost) return Printable(line);
  re2::StringPiece text(line.data(), line.size()), match;
  size_t begin = 0;
  if (pattern.Match(text, 0, text.size(), RE2::UNANCHORED, &match, 1)) {
    begin = static_cast<size_t>(match.data() - line.data());
  }
  begin -= std::min(begin, kBefore);
  std::string_view part = line.substr(begin, kMost);
  return (begin > 0 ? "..." : "") + Printable(part) + (begin + kMost < line.size() ? "..." : "");
}

}  // namespace

void ConsoleMatcher::Check(std::string_view line) {
  re2::StringPiece text(line.data(), line.size());
  expect_.erase(
      std::remove_if(expect_.begin(), expect_.end(),
                     [&](const auto& pattern) { return RE2::PartialMatch(text, *pattern); }),
      expect_.end());
  // A warning is looked for first: "BUG: soft lockup" is one although "BUG: " is not.
  const Rule* hit = nullptr;
  for (const Rule& rule : rules_) {
    if ((hit == nullptr || rule.kind.empty()) && RE2::PartialMatch(text, *rule.pattern)) {
      hit = &rule;
    }
  }
  if (hit == nullptr) return;
  for (const auto& pattern : ignore_) {
    if (RE2::PartialMatch(text, *pattern)) return;
  }
  std::string printable = PartToShow(line, *hit->pattern);
  if (hit->kind.empty()) {
    if (warnings_.size() < 20) warnings_.push_back(printable);
  } else if (!failure_ || (failure_->kind != kGuestPanic && hit->kind == kGuestPanic)) {
    // An oops is often followed by the panic that it leads to.
    failure_ = Match{hit->kind, printable};
  }
}

void ConsoleText::Append(std::string_view bytes) {
  text_.append(bytes);
  if (text_.size() <= 2 * kKept) return;
  size_t drop = text_.size() - kKept;
  text_.erase(0, drop);
  dropped_ += drop;
}

std::optional<size_t> ConsoleText::Find(const RE2& pattern, size_t from) const {
  size_t begin = from > dropped_ ? std::min(from - dropped_, text_.size()) : 0;
  re2::StringPiece rest(text_.data() + begin, text_.size() - begin);
  re2::StringPiece match;
  if (!pattern.Match(rest, 0, rest.size(), RE2::UNANCHORED, &match, 1)) return std::nullopt;
  return dropped_ + static_cast<size_t>(match.data() - text_.data()) + match.size();
}

std::string ConsoleText::LineAt(size_t position) const {
  size_t at = position > dropped_ ? std::min(position - dropped_, text_.size()) : 0;
  size_t begin = at == 0 ? std::string::npos : text_.rfind('\n', at - 1);
  begin = begin == std::string::npos ? 0 : begin + 1;
  return Printable(std::string_view(text_).substr(begin, text_.find('\n', at) - begin));
}

std::vector<std::string> ConsoleText::LastLines(size_t count) const {
  std::vector<std::string> lines;
  std::string_view rest = text_;
  if (rest.size() > (64 << 10)) rest.remove_prefix(rest.size() - (64 << 10));
  while (!rest.empty() && lines.size() < count) {
    if (rest.back() == '\n') rest.remove_suffix(1);
    size_t begin = rest.rfind('\n');
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    lines.push_back(Printable(rest.substr(begin)));
    rest = rest.substr(0, begin);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

namespace {

// Skips an escape sequence that begins at `at`; returns the index after it.
size_t SkipEscape(std::string_view text, size_t at) {
  if (at + 1 >= text.size() || text[at + 1] != '[') return at + 2;
  size_t end = at + 2;
  while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
  return end + 1;
}

// The length of a valid UTF-8 sequence at `at`, or 0.
size_t Utf8Length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  unsigned first = byte(at);
  size_t length = first < 0x80   ? 1
                  : first < 0xc2 ? 0
                  : first < 0xe0 ? 2
                  : first < 0xf0 ? 3
                  : first < 0xf5 ? 4
                                 : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((first == 0xe0 && byte(at + 1) < 0xa0) || (first == 0xed && byte(at + 1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(at + 1) < 0x90) || (first == 0xf4 && byte(at + 1) > 0x8f)) return 0;
  return length;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b) {
      i = SkipEscape(text, i);
    } else if (c < 0x20 || c == 0x7f) {
      if (c == '\n' || c == '\t') out += static_cast<char>(c);
      ++i;
    } else if (size_t length = Utf8Length(text, i)) {
      out += text.substr(i, length);
      i += length;
    } else {
      out += '?';
      ++i;
    }
  }
  return out;
}

Console::Console(host::Loop& loop, host::Fd socket, int log_fd,
                 std::unique_ptr<ConsoleMatcher> matcher)
    : loop_(loop), socket_(std::move(socket)), log_fd_(log_fd), matcher_(std::move(matcher)) {
  loop_.Watch(socket_.get(), [this] { Read(); });
}

Console::~Console() {
  loop_.Forget(socket_.get());
}

size_t Console::Type(std::string_view bytes) {
  ssize_t put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return put > 0 ? static_cast<size_t>(put) : 0;
}

bool Console::Read() {
  std::string bytes;
  bool open = host::ReadAvailable(socket_.get(), &bytes);
  if (!bytes.empty()) last_output_ = host::Clock::now();
  Take(bytes);
  if (open) return !bytes.empty();
  matcher_->Finish();
  closed_ = true;
  loop_.Forget(socket_.get());
  return false;
}

void Console::Take(std::string_view bytes) {
  Show(bytes);
  matcher_->Feed(bytes);
  if (matcher_->failure() && !failed_at_) {
    failed_at_ =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
}

void Console::Show(std::string_view bytes) {
  LogBytes(bytes);
  if (listener_) listener_(bytes);
  text_.Append(bytes);
}

void Console::Replay(std::string_view before, std::string_view end) {
  if (!before.empty()) Take(before);  // nothing would say that the console is closed
  Show(end);
}

void Console::Drain() {
  while (!closed_ && Read()) {
  }
}

void Console::LogBytes(std::string_view bytes) {
  if (log_fd_ < 0 || logged_ > kLogLimit) return;
  logged_ += bytes.size();
  host::WriteAll(log_fd_, bytes);
  if (logged_ > kLogLimit) host::WriteAll(log_fd_, "\n[kvmtest: the rest is not logged]\n");
}

}  // namespace kvmtest::vm
