#ifndef KVMTEST_HOST_LOOP_H_
#define KVMTEST_HOST_LOOP_H_

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "host/clock.h"
#include "host/fd.h"

namespace kvmtest::host {

// The runner's one thread waits here and nowhere else. One thread, because
// PR_SET_PDEATHSIG fires when the *thread* that forked ends, and because nothing
// that a test waits for needs a second one.
//
// Handlers run inside RunUntil and must not call it themselves.
class Loop {
 public:
  using Handler = std::function<void()>;

  // Calls handler whenever fd is readable or at its end. One handler per fd.
  void Watch(int fd, Handler handler);
  // The same, and whenever it can be written to.
  void WatchBoth(int fd, Handler handler);
  void Forget(int fd);
  // Called once per turn, after the handlers; it may call RunUntil. There is one, or none (null).
  void OnTurn(Handler handler) { on_turn_ = std::move(handler); }

  // Runs handlers until done() holds or the time has come; also ends when a signal
  // asked the runner to stop, unless those are ignored. Returns whether done() holds.
  bool RunUntil(const std::function<bool()>& done, TimePoint until);
  // Lets handlers run for this long.
  void RunFor(Duration time);

  // SIGINT, SIGTERM and SIGHUP become stop_signal() instead of killing the runner.
  bool CatchStopSignals();
  // So does the end of a process; `pidfd` must outlive the loop.
  void StopWhenEnded(int pidfd);
  int stop_signal() const { return stop_signal_; }
  // The end of a test is not to be interrupted a second time.
  void IgnoreStopSignals() { ignore_stop_ = true; }

 private:
  struct Watched {
    std::shared_ptr<Handler> handler;
    short events;
  };
  void ReadSignals();

  std::map<int, Watched> handlers_;
  Handler on_turn_;
  Fd signals_;
  int stop_signal_ = 0;
  bool ignore_stop_ = false;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_LOOP_H_
