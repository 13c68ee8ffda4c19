#include "host/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace kvmtest::host {

namespace {

int PollMilliseconds(TimePoint until) {
  auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  // No single wait is longer than a second: a done() that depends on the clock or on
  // another process (a lock) is looked at again.
  return static_cast<int>(std::clamp<long long>(left, 0, 1000));
}

}  // namespace

void Loop::Watch(int fd, Handler handler) {
  handlers_[fd] = {std::make_shared<Handler>(std::move(handler)), POLLIN};
}

void Loop::WatchBoth(int fd, Handler handler) {
  handlers_[fd] = {std::make_shared<Handler>(std::move(handler)), POLLIN | POLLOUT};
}

void Loop::Forget(int fd) {
  handlers_.erase(fd);
}

bool Loop::RunUntil(const std::function<bool()>& done, TimePoint until) {
  while (!done()) {
    if (stop_signal_ != 0 && !ignore_stop_) return false;
    if (Clock::now() >= until) return false;
    std::vector<pollfd> fds;
    for (const auto& [fd, watched] : handlers_) fds.push_back({fd, watched.events, 0});
    int ready_count = ::poll(fds.data(), fds.size(), PollMilliseconds(until));
    for (const pollfd& ready : fds) {
      if (ready_count <= 0 || ready.revents == 0) continue;
      // A handler may remove itself or others: look again, and keep it alive meanwhile.
      auto found = handlers_.find(ready.fd);
      if (found == handlers_.end()) continue;
      std::shared_ptr<Handler> handler = found->second.handler;
      (*handler)();
    }
    if (on_turn_) on_turn_();
  }
  return true;
}

void Loop::RunFor(Duration time) {
  RunUntil([] { return false; }, Clock::now() + time);
}

bool Loop::CatchStopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return false;
  ::signal(SIGPIPE, SIG_IGN);  // a ctest that died has closed our stdout
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return false;
  Watch(signals_.get(), [this] { ReadSignals(); });
  return true;
}

void Loop::StopWhenEnded(int pidfd) {
  Watch(pidfd, [this, pidfd] {
    if (stop_signal_ == 0) stop_signal_ = SIGTERM;
    Forget(pidfd);
  });
}

void Loop::ReadSignals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (stop_signal_ == 0) stop_signal_ = static_cast<int>(info.ssi_signo);
  }
}

}  // namespace kvmtest::host
