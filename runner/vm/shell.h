#ifndef KVMTEST_VM_SHELL_H_
#define KVMTEST_VM_SHELL_H_

#include <optional>
#include <string>
#include <string_view>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// How a command travels to a guest's shell over a serial line and its answer back.
//
// The command goes in short lines (a line discipline may cut long ones), quoted or, where that
// is not safe, as base64, which costs the guest some processes; the answer stands between two
// markers that bear a nonce. The text sent never contains a marker, because printf
// puts them together: a line that echoes what we send cannot match.
struct ShellFrame {
  std::string nonce;

  // The lines to send.
  std::string Encode(std::string_view command) const;

  struct Answer {
    int status = 0;
    std::string output;
    size_t end = 0;            // of the answer in the text
    std::string refusal = {};  // why there is none; empty: there is one
  };
  // The answer, once the whole of it is in `text` at or after `from`.
  std::optional<Answer> Decode(std::string_view text, size_t from) const;
  // What the command has written so far, as far as it cannot be the end marker's beginning;
  // nothing before it has begun.
  std::optional<std::string_view> Partial(std::string_view text, size_t from) const;
};

std::string Base64(std::string_view bytes);
// White space is skipped; nothing if another character is no digit of it.
std::optional<std::string> FromBase64(std::string_view text);
std::string RandomHex(size_t digits);

// Where a guest runs commands, one at a time.
class GuestShell {
 public:
  GuestShell() = default;
  virtual ~GuestShell() = default;
  GuestShell(const GuestShell&) = delete;
  GuestShell& operator=(const GuestShell&) = delete;

  // How often a shell has said that it is ready: once a boot, and again whenever it was replaced.
  int ready_count() const { return ready_count_; }
  bool closed() const { return closed_; }
  // A guest whose state was restored said so to another shell object.
  virtual void AssumeReady() { ++ready_count_; }
  // The same where a command was under way, which it goes on with if its commands can read.
  virtual void Continue(const std::string&) { AssumeReady(); }
  // Of one that is not: what is missing, for people. Empty: nothing is known.
  virtual std::string WhyNotReady() const { return ""; }

  // Sends a command. One at a time: not while another is under way. A long one travels while the
  // loop runs.
  virtual bool Send(std::string_view command) = 0;
  // Its answer, if it is there by now.
  virtual std::optional<ShellFrame::Answer> TakeAnswer() = 0;
  // What it has written so far, where that can be told.
  virtual std::optional<std::string_view> Partial() const { return std::nullopt; }
  // A command is under way. It is until its answer was taken, nobody waits for that any longer,
  // or another shell has replaced this one.
  bool busy() const { return busy_; }
  // A shell has begun since the last command was sent: not the one that got it, on a serial line.
  bool replaced() const { return replaced_; }
  // How many commands were sent: whose the one under way is.
  unsigned long sent() const { return sent_; }
  void GiveUp() { busy_ = false; }
  // Whether a command can read what is typed, and another shell object can go on with it.
  virtual bool CommandsCanRead() const { return false; }
  // Returns how many bytes the line took.
  virtual size_t Type(std::string_view) { return 0; }
  // Of the last command: what Continue needs.
  virtual std::string nonce() const { return ""; }
  // How much of what was sent waits for the guest to take it: bytes on the line.
  virtual size_t untaken() const { return 0; }

 protected:
  int ready_count_ = 0;
  bool busy_ = false;
  bool replaced_ = false;
  unsigned long sent_ = 0;
  bool closed_ = false;
};

// The shell that a guest's init serves on its second serial port, or ssh; see runner/README.md
// for what it must do.
class SerialShell : public GuestShell {
 public:
  SerialShell(host::Loop& loop, host::Fd socket, int log_fd);
  ~SerialShell() override;

  bool Send(std::string_view command) override;
  size_t untaken() const override { return out_.size(); }
  std::optional<ShellFrame::Answer> TakeAnswer() override;
  std::optional<std::string_view> Partial() const override {
    return frame_.Partial(text_, position_);
  }
  bool CommandsCanRead() const override { return true; }
  size_t Type(std::string_view bytes) override;
  void Continue(const std::string& nonce) override;
  std::string nonce() const override { return frame_.nonce; }

 private:
  void Read();
  void Flush();

  host::Loop& loop_;
  host::Fd socket_;
  int log_fd_;
  std::string out_;  // what the socket has not taken yet
  bool watched_both_ = false;
  std::string text_;
  size_t position_ = 0;  // everything before has been dealt with
  size_t ready_position_ = 0;
  ShellFrame frame_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_SHELL_H_
