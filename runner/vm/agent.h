#ifndef KVMTEST_VM_AGENT_H_
#define KVMTEST_VM_AGENT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/clock.h"
#include "host/fd.h"
#include "host/loop.h"
#include "vm/shell.h"

namespace kvmtest::vm {

// The port on which a guest's agent listens, and what qemu calls its device in VSERPORT_CHANGE.
inline constexpr char kAgentPort[] = "org.qemu.guest_agent.0";
inline constexpr char kAgentDevice[] = "agent";

// A shell whose commands QEMU's guest agent runs (shell_client = agent): guest-exec starts one,
// guest-exec-status is asked until it has ended. A port that nobody in the guest has open keeps
// what is written to it, and one that has been opened anew has lost it; so qemu's events say
// when an agent comes and goes, and each conversation begins with guest-sync-delimited.
class AgentShell : public GuestShell {
 public:
  AgentShell(host::Loop& loop, host::Fd socket, int log_fd);
  ~AgentShell() override;

  // qemu says that somebody in the guest has opened or closed the port.
  void PortChanged(bool open);

  void AssumeReady() override;
  std::string WhyNotReady() const override;
  bool Send(std::string_view command) override;
  std::optional<ShellFrame::Answer> TakeAnswer() override;

 private:
  using Json = nlohmann::json;
  // What the agent's next words are the answer to.
  enum class Asked { kNothing, kSync, kExec, kStatus };

  void Read();
  void Tick();
  void TickAfter(host::Duration time);
  void Ask(Asked what, const char* command, const Json& arguments);
  void AskForSync();
  void AskForStatus();
  void Flush();
  void Heard(const std::string& line);
  void Synchronized();
  void Ended(const Json& status);
  void Refused(const std::string& why);

  host::Loop& loop_;
  host::Fd socket_;
  host::Fd timer_;
  int log_fd_;
  std::string in_, out_;
  Asked asked_ = Asked::kNothing;
  bool open_ = false;
  bool ever_open_ = false;
  bool answers_ = false;  // this agent has answered
  long sync_id_ = 0;
  std::optional<std::string> command_;  // to be run when the agent is in step
  long pid_ = 0;                        // of the guest's process
  host::Duration pause_{0};             // between two questions for its status
  std::optional<ShellFrame::Answer> answer_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_AGENT_H_
