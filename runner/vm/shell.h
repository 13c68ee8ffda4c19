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
// The command goes as base64 in short lines (a line discipline may cut long ones, and
// no byte of it can be taken for anything else); the answer stands between two
// markers that bear a nonce. The text sent never contains a marker, because printf
// puts them together: a line that echoes what we send cannot match.
struct ShellFrame {
  std::string nonce;

  // The lines to send.
  std::string Encode(std::string_view command) const;

  struct Answer {
    int status = 0;
    std::string output;
    size_t end = 0;  // of the answer in the text
  };
  // The answer, once the whole of it is in `text` at or after `from`.
  std::optional<Answer> Decode(std::string_view text, size_t from) const;
};

std::string Base64(std::string_view bytes);
std::string RandomHex(size_t digits);

// The shell that a guest's init serves on its second serial port; see runner/README.md
// for what it must do.
class GuestShell {
 public:
  GuestShell(host::Loop& loop, host::Fd socket, int log_fd);
  ~GuestShell();
  GuestShell(const GuestShell&) = delete;
  GuestShell& operator=(const GuestShell&) = delete;

  // How often a shell has said that it is ready: once a boot, and again whenever it was replaced.
  int ready_count() const { return ready_count_; }
  bool closed() const { return closed_; }
  // A guest whose state was restored said so to another shell object.
  void AssumeReady() { ++ready_count_; }

  // Sends a command. One at a time.
  bool Send(std::string_view command);
  // Its answer, if it is there by now.
  std::optional<ShellFrame::Answer> TakeAnswer();

 private:
  void Read();

  host::Loop& loop_;
  host::Fd socket_;
  int log_fd_;
  std::string text_;
  size_t position_ = 0;  // everything before has been dealt with
  size_t ready_position_ = 0;
  int ready_count_ = 0;
  ShellFrame frame_;
  bool closed_ = false;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_SHELL_H_
