#ifndef KVMTEST_VM_QMP_H_
#define KVMTEST_VM_QMP_H_

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// A client of qemu's machine protocol on a connected socket: a line of JSON each way.
// Answers are matched by id; events are kept in the order they came.
class Qmp {
 public:
  using Json = nlohmann::json;

  // log_fd, if not -1, gets every line in both directions.
  Qmp(host::Loop& loop, host::Fd socket, int log_fd);
  ~Qmp();
  Qmp(const Qmp&) = delete;
  Qmp& operator=(const Qmp&) = delete;

  struct Reply {
    enum Kind { kOk, kError, kTimeout, kClosed } kind = kTimeout;
    Json value;         // what "return" held
    std::string error;  // for people, unless kOk

    bool ok() const { return kind == kOk; }
  };
  // fd, if not -1, goes with it (for getfd); it stays the caller's.
  Reply Execute(std::string_view command, const Json& arguments, host::TimePoint until,
                int fd = -1);
  // For a command whose answer does not matter.
  void Send(std::string_view command);
  // Does not wait: `answered` is called by the loop with the whole answer, or with null if qemu
  // closes its monitor first. False: it was not sent, and no answer will come.
  using Answered = std::function<void(const Json& message)>;
  bool Ask(std::string_view command, const Json& arguments, Answered answered);
  // Waits for qemu's greeting and leaves negotiation mode.
  Reply Handshake(host::TimePoint until);

  struct Event {
    std::string name;
    Json data;
    double time = 0;  // qemu's, seconds since 1970
  };
  const std::vector<Event>& events() const { return events_; }
  // All of them, for Replay.
  std::string SaveEvents() const;
  // What another qemu had told before this one took over its machine, as if it came now; no
  // listener hears of it, for whom it is over. False: not what SaveEvents has made.
  bool Replay(const std::string& events);
  // Is called with each event when it comes.
  void Tell(std::function<void(const Event& event)> listener) { listener_ = std::move(listener); }
  // The first event of this name at or after `from`, or nothing.
  const Event* FindEvent(std::string_view name, size_t from = 0) const;
  bool closed() const { return closed_; }
  // "7.2.22 (Debian ...)", once greeted.
  const std::string& qemu_version() const { return version_; }

 private:
  void Read();
  void ReadLine(const std::string& line);
  bool SendLine(const std::string& line, int fd);
  // Returns its id; empty if it could not be sent.
  std::string SendRequest(std::string_view command, const Json& arguments, int fd);
  void Record(std::string_view direction, const std::string& line);

  host::Loop& loop_;
  host::Fd socket_;
  int log_fd_;
  std::string pending_;
  std::vector<Event> events_;
  std::function<void(const Event&)> listener_;
  std::string awaited_id_;
  Json answer_;
  bool answered_ = false;
  std::map<std::string, Answered> asked_;  // by id
  unsigned long last_id_ = 0;
  bool greeted_ = false;
  bool closed_ = false;
  std::string version_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_QMP_H_
