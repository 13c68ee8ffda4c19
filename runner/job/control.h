#ifndef KVMTEST_JOB_CONTROL_H_
#define KVMTEST_JOB_CONTROL_H_

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "host/fd.h"
#include "host/log.h"
#include "host/loop.h"
#include "vm/fleet.h"

namespace kvmtest::job {

// The socket on which test programs and people reach the VMs of a running test: the runner
// has their shells, consoles and monitors, so it does on their behalf what they ask for.
//
// Each request is a line of JSON, and so is its answer; runner/README.md lists them. Where the
// answer has "bytes": N, that many follow it as they are. One request at a time per connection,
// any number of connections. All of it happens in the loop's turns, so no request holds up the
// test or another client: what takes time is looked at again in each turn until it is done.
class Control {
 public:
  Control(host::Loop& loop, host::Log& log, vm::Fleet& fleet, std::string path);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // False: no socket there, errno says why.
  bool Open();
  const std::string& path() const { return path_; }
  // How a VM's guest moves to another qemu, if it can: `moved` is that one's machine.
  using Mover = std::function<vm::Trouble(const std::string& vm, vm::Machine& now,
                                          const std::string& protocol, host::TimePoint until,
                                          vm::Machine** moved)>;
  void OnMigrate(Mover mover) { mover_ = std::move(mover); }
  // A person has said that the VMs are not needed any longer.
  bool released() const { return released_; }

 private:
  using Json = nlohmann::json;
  struct Client;

  void Accept();
  void Read(Client& client);
  void Turn();
  void TakeAbandoned();
  bool Serve(Client& client);

  // Each begins a request and leaves client.step to be called in every turn, or has answered.
  void Begin(Client& client, const std::string& line);
  void BeginOn(Client& client, vm::Machine& machine, const std::string& what);
  void BeginExec(Client& client, vm::Machine& machine, const std::string& command, bool attach);
  void BeginQmp(Client& client, vm::Machine& machine);
  void BeginScreendump(Client& client, vm::Machine& machine);
  void BeginWait(Client& client, vm::Machine& machine);
  void BeginStart(Client& client, vm::Machine& machine);
  void BeginExpect(Client& client, vm::Machine& machine);
  void BeginMigrate(Client& client, vm::Machine& machine);
  vm::Machine* Find(const std::string& name);
  Json Machines();

  void StepSend(Client& client, vm::Machine& machine, const std::string& command, bool attach);
  void StepExec(Client& client, vm::Machine& machine);
  void StepAttach(Client& client, vm::Machine& machine);
  void Ask(Client& client, vm::Machine& machine, const std::string& command, const Json& arguments);
  void Leave(Client& client);

  void Answer(Client& client, Json answer, const std::string& bytes = "");
  void Refuse(Client& client, const std::string& kind, const std::string& text);
  void Flush(Client& client);

  host::Loop& loop_;
  host::Log& log_;
  vm::Fleet& fleet_;
  std::string path_;
  host::Fd listener_;
  std::map<int, std::shared_ptr<Client>> clients_;
  Mover mover_;
  std::map<std::string, std::string> moved_;        // VM -> the machine where its guest is now
  std::map<std::string, size_t> seen_;              // VM -> where the last match of a wait ended
  std::map<std::string, unsigned long> abandoned_;  // VM -> command whose client has gone
  bool in_turn_ = false;
  bool released_ = false;
};

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_CONTROL_H_
