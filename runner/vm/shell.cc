#include "vm/shell.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "host/files.h"

namespace kvmtest::vm {

namespace {

constexpr char kReady[] = "@@kvmtest-shell ready";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kLineLength = 76;
// An answer beyond this is cut off by forgetting its beginning: it never decodes.
constexpr size_t kLongestAnswer = 64 << 20;
constexpr size_t kLongestPlain = 4096;

// Text that a line takes as it is, and that cannot be taken for a marker if it is echoed.
bool IsPlain(std::string_view command) {
  return command.size() <= kLongestPlain && command.find("@@") == std::string_view::npos &&
         std::all_of(command.begin(), command.end(),
                     [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

// Lines that leave the text in the shell's variable kvmtest_c.
std::string QuotedLines(std::string_view text) {
  std::string lines = "kvmtest_c=\n", piece;
  for (size_t i = 0; i < text.size(); ++i) {
    piece += text[i] == '\'' ? "'\\''" : std::string(1, text[i]);
    if (piece.size() < kLineLength && i + 1 < text.size()) continue;
    lines += "kvmtest_c=${kvmtest_c}'" + piece + "'\n";
    piece.clear();
  }
  return lines;
}

// A shell copies a variable whenever something is added to it, which would cost long texts the
// square of their length: kvmtest_d takes up to kLinesTogether lines and kvmtest_c those.
std::string Base64Lines(std::string_view text) {
  constexpr size_t kLinesTogether = 64;
  constexpr char kTogether[] = "kvmtest_c=${kvmtest_c}$kvmtest_d kvmtest_d=\n";
  std::string payload = Base64(text);
  std::string lines = "kvmtest_c= kvmtest_d=\n";
  for (size_t i = 0, n = 1; i < payload.size(); i += kLineLength, ++n) {
    lines += "kvmtest_d=${kvmtest_d}" + payload.substr(i, kLineLength) + "\n";
    if (n % kLinesTogether == 0) lines += kTogether;
  }
  return lines + kTogether + "kvmtest_c=$(echo \"$kvmtest_c\" | base64 -d)\n";
}

}  // namespace

std::string Base64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    size_t have = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 4; ++j) {
      text += j <= have ? kBase64Digits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  unsigned group = 0;
  int bits = 0;
  for (char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '=') continue;
    size_t digit = kBase64Digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 255);
  }
  return bytes;
}

std::string RandomHex(size_t digits) {
  std::string bytes((digits + 1) / 2, '\0');
  // Only fails where the kernel is older than getrandom.
  (void)!::getrandom(bytes.data(), bytes.size(), 0);
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text.substr(0, digits);
}

std::string ShellFrame::Encode(std::string_view command) const {
  std::string lines = IsPlain(command) ? QuotedLines(command) : Base64Lines(command);
  // In braces, so that the shell has read all of it when the command begins, which may read
  // the line itself.
  lines += fmt::format("{{ printf '\\n@@%s-%s\\n' {} begin\n", nonce);
  lines += "(eval \"$kvmtest_c\") </dev/null 2>&1\n";
  lines += fmt::format("printf '\\n@@%s-%s %d\\n' {} end $?; }}\n", nonce);
  return lines;
}

std::optional<ShellFrame::Answer> ShellFrame::Decode(std::string_view text, size_t from) const {
  std::string begin_mark = "@@" + nonce + "-begin";
  std::string end_mark = "\n@@" + nonce + "-end ";
  size_t begin = text.find(begin_mark, from);
  if (begin == std::string_view::npos) return std::nullopt;
  begin = text.find('\n', begin);
  if (begin == std::string_view::npos) return std::nullopt;
  // Without output the end marker's line feed is the one after the begin marker.
  size_t end = text.find(end_mark, begin);
  if (end == std::string_view::npos) return std::nullopt;
  size_t number = end + end_mark.size();
  size_t line_end = text.find('\n', number);
  if (line_end == std::string_view::npos) return std::nullopt;
  Answer answer;
  std::from_chars(text.data() + number, text.data() + line_end, answer.status);
  if (end > begin) answer.output = text.substr(begin + 1, end - begin - 1);
  if (!answer.output.empty() && answer.output.back() == '\r') answer.output.pop_back();
  answer.end = line_end + 1;
  return answer;
}

std::optional<std::string_view> ShellFrame::Partial(std::string_view text, size_t from) const {
  std::string begin_mark = "@@" + nonce + "-begin";
  std::string end_mark = "\n@@" + nonce + "-end ";
  size_t begin = text.find(begin_mark, from);
  if (begin != std::string_view::npos) begin = text.find('\n', begin);
  if (begin == std::string_view::npos) return std::nullopt;
  size_t end = text.find(end_mark, begin);
  if (end == begin) return std::string_view();
  std::string_view output = text.substr(begin + 1, end - std::min(end, begin + 1));
  if (end != std::string_view::npos) return output;
  for (size_t length = std::min(end_mark.size(), output.size()); length > 0; --length) {
    if (output.substr(output.size() - length) == end_mark.substr(0, length)) {
      return output.substr(0, output.size() - length);
    }
  }
  return output;
}

SerialShell::SerialShell(host::Loop& loop, host::Fd socket, int log_fd)
    : loop_(loop), socket_(std::move(socket)), log_fd_(log_fd) {
  loop_.Watch(socket_.get(), [this] { Read(); });
}

SerialShell::~SerialShell() {
  loop_.Forget(socket_.get());
}

bool SerialShell::Send(std::string_view command) {
  if (busy_ || closed_) return false;
  position_ = text_.size();
  frame_.nonce = RandomHex(16);
  replaced_ = false;
  // Behind the rest of a command that nobody waits for any longer: a half would spoil this one.
  out_ += frame_.Encode(command);
  busy_ = true;
  ++sent_;
  Flush();
  return busy_;
}

// The guest takes it at the pace of a serial port; qemu's buffers and the socket's hold a few
// hundred KiB of it.
void SerialShell::Flush() {
  while (!out_.empty()) {
    ssize_t put = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {  // nobody is there any more
      out_.clear();
      busy_ = false;
    }
    if (put <= 0) break;
    out_.erase(0, static_cast<size_t>(put));
  }
  const bool both = !out_.empty();
  if (both == watched_both_ || closed_) return;
  watched_both_ = both;
  if (both) {
    loop_.WatchBoth(socket_.get(), [this] { Read(); });
  } else {
    loop_.Watch(socket_.get(), [this] { Read(); });
  }
}

void SerialShell::Continue(const std::string& nonce) {
  AssumeReady();
  frame_.nonce = nonce;
  position_ = text_.size();
  text_ += "@@" + nonce + "-begin\n";  // as the other shell object has seen it
  busy_ = true;
  ++sent_;
}

size_t SerialShell::Type(std::string_view bytes) {
  if (!out_.empty()) return 0;
  ssize_t put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return put > 0 ? static_cast<size_t>(put) : 0;
}

std::optional<ShellFrame::Answer> SerialShell::TakeAnswer() {
  std::optional<ShellFrame::Answer> answer = frame_.Decode(text_, position_);
  if (!answer) return std::nullopt;
  position_ = answer->end;
  busy_ = false;
  return answer;
}

void SerialShell::Read() {
  std::string bytes;
  bool open = host::ReadAvailable(socket_.get(), &bytes);
  if (log_fd_ >= 0) host::WriteAll(log_fd_, bytes);
  text_ += bytes;
  for (size_t at; (at = text_.find(kReady, ready_position_)) != std::string::npos;) {
    ++ready_count_;
    // A command's output may hold it, too, such as the text of the guest's init.
    const bool begins_line = at == 0 || text_[at - 1] == '\n';
    if (busy_ && begins_line) replaced_ = true;
    busy_ = false;
    out_.clear();  // of a command to the shell that it replaces
    ready_position_ = at + sizeof kReady - 1;
  }
  ready_position_ = std::max(ready_position_, text_.size() - std::min(text_.size(), sizeof kReady));
  if (text_.size() > kLongestAnswer) {
    text_.clear();
    position_ = ready_position_ = 0;
  }
  if (open) return Flush();
  closed_ = true;
  out_.clear();
  loop_.Forget(socket_.get());
}

}  // namespace kvmtest::vm
