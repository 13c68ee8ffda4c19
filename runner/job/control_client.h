#ifndef KVMTEST_JOB_CONTROL_CLIENT_H_
#define KVMTEST_JOB_CONTROL_CLIENT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "host/fd.h"

namespace kvmtest::job {

// The other end of Control's socket, for kvmtest-run's own subcommands and for programs in C++
// (runner/gtest, which compiles this file for itself: nothing but the standard library here).
class ControlClient {
 public:
  // Empty if it is connected, else why not.
  std::string Connect(const std::string& path);

  struct Reply {
    nlohmann::json json;  // an object
    std::string bytes;
    std::string error;  // for people; empty: it was done
    std::string kind;   // the error's class
    bool ok() const { return error.empty(); }
  };
  // Sends a request and waits for its answer.
  Reply Ask(const nlohmann::json& request);

  // After an answer that begins a session.
  int fd() const { return fd_.get(); }
  // What came behind the last answer.
  std::string TakeRest();

 private:
  bool Send(const std::string& text);
  bool Receive();

  host::Fd fd_;
  std::string pending_;
};

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_CONTROL_CLIENT_H_
