#include "vm/bounded_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/files.h"

namespace kvmtest::vm {

host::Fd BoundedLog::Open(const std::string& path) {
  int ends[2];
  head_.clear();
  tail_.clear();
  dropped_ = 0;
  file_ = host::OpenForWriting(path);
  if (!file_ || ::pipe2(ends, O_CLOEXEC) != 0) return {};
  pipe_ = host::Fd(ends[0]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  loop_.Watch(pipe_.get(), [this] { Read(); });
  return host::Fd(ends[1]);
}

// False: there is nothing now.
bool BoundedLog::Read() {
  std::string bytes;
  bool open = host::ReadAvailable(pipe_.get(), &bytes);
  Append(bytes);
  if (!open) loop_.Forget(pipe_.get());
  return open && !bytes.empty();
}

void BoundedLog::Append(std::string_view bytes) {
  size_t to_head = std::min(kHead - head_.size(), bytes.size());
  head_ += bytes.substr(0, to_head);
  host::WriteAll(file_.get(), bytes.substr(0, to_head));
  tail_ += bytes.substr(to_head);
  if (tail_.size() <= 2 * kTail) return;
  dropped_ += tail_.size() - kTail;
  tail_.erase(0, tail_.size() - kTail);
}

std::string BoundedLog::Rest() const {
  size_t left_out = dropped_ + std::max(tail_.size(), kTail) - kTail;
  if (left_out == 0) return tail_;
  return fmt::format("\n[kvmtest: {} bytes are left out]\n", left_out) +
         tail_.substr(std::max(tail_.size(), kTail) - kTail);
}

std::string BoundedLog::Text() {
  // Not more than a pipe may hold, or one who writes all the time would keep us here.
  constexpr int kMostReads = 16;
  for (int i = 0; pipe_ && i < kMostReads && Read(); ++i) {
  }
  return head_ + Rest();
}

void BoundedLog::Finish() {
  if (!pipe_) return;
  Text();
  loop_.Forget(pipe_.get());
  pipe_.Close();
  host::WriteAll(file_.get(), Rest());
  file_.Close();
}

}  // namespace kvmtest::vm
