#ifndef KVMTEST_JOB_QUEUE_H_
#define KVMTEST_JOB_QUEUE_H_

#include <optional>
#include <string>
#include <vector>

#include "host/fd.h"
#include "host/guardian.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/loop.h"
#include "job/description.h"

namespace kvmtest::job {

// A queue that is ours until this object goes: nobody else runs a VM on it, whatever state
// directory their test has, nor on its state directory, whatever queue or build tree they are of.
struct HeldQueue {
  size_t index = 0;  // into Description::queues
  host::Lock lock;
  host::Lock state_lock;
  std::string run_dir;     // for this run's overlays; gone with the run
  std::string socket_dir;  // short, private; gone with the run
  host::Fd alive = {};     // the lock of run_dir, which no child has: whether this run lives
};

struct QueueTrouble {
  bool busy = false;  // somebody had it until the deadline
  std::string text;
};

// Waits for a lock until the deadline; `what` names it in the log.
std::optional<host::Lock> WaitForLock(host::Loop& loop, host::Log& log, const std::string& path,
                                      const std::string& test, const std::string& what,
                                      host::TimePoint deadline, QueueTrouble* trouble);

// Waits for the one queue, or for any of several in their order, until the deadline. From then on
// all that this process starts has the run's mark in its environment.
std::optional<HeldQueue> TakeQueue(host::Loop& loop, host::Log& log, host::Guardian& guardian,
                                   const Description& description, host::TimePoint deadline,
                                   QueueTrouble* trouble);
// Removes what the run made there; the lock goes with `queue`.
void LeaveQueue(host::Guardian& guardian, HeldQueue* queue);

// A crashed run's leftovers in a state directory whose lock is held: VMs, overlays, sockets.
// Says what it did.
std::vector<std::string> RemoveLeftovers(const std::string& state_dir);

// Remembers a qemu of this run, for the next one should this one be killed together
// with its guardian.
void RememberProcess(const HeldQueue& queue, int pid);

// Remembers a directory in which this run may leave temporaries (host/temporary.h), likewise.
void RememberTemporaries(const HeldQueue& queue, const std::string& directory);

// `kvmtest-run cleanup`: removes the leftovers in every queue's directory at or below
// `state_dir`. The lines it prints and its exit status (3: a queue is in use, or none is there).
int CleanUp(const std::string& state_dir, std::vector<std::string>* lines);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_QUEUE_H_
