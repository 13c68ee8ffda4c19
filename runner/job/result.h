#ifndef KVMTEST_JOB_RESULT_H_
#define KVMTEST_JOB_RESULT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "job/description.h"
#include "vm/failure.h"

namespace kvmtest::job {

enum class Status { kRunning, kPass, kFail, kSkip, kBad, kError, kTimeout };

// "running", "pass", "fail", "skip", "bad", "error", "timeout"
const char* StatusName(Status status);
// 0 pass, 1 fail, 77 skip, 2 bad description or params, 3 error, 124 own deadline passed
int ExitCode(Status status);

// How a test ended.
struct Verdict {
  Status status = Status::kRunning;
  std::string kind;  // the class: a procedure's name on pass, else "guest-panic" and the like
  std::string text;
  std::string detail;  // many lines

  std::string Line() const;  // "FAIL guest-panic: vm1: Kernel panic - not syncing: ..."
};
Verdict VerdictOf(const vm::Failure& failure, bool deadline_passed);

// The file that other tests and tools read: <directory>/result.json, always whole.
class ResultFile {
 public:
  ResultFile(std::string directory, const Description& description);

  // Members that are known only later: addresses, pids, accelerator.
  nlohmann::json& members() { return json_; }
  bool Write(const Verdict& verdict);

 private:
  std::string path_;
  nlohmann::json json_;
};

// Names the ctest that runs us, beyond reuse of its pid.
std::string RunId();

// Why the tests that this one requires are no ground to stand on; nothing if they are. Only
// results of this description's own generation count, from whichever run of ctest: in another one
// the required test may have been another, or disabled since.
std::optional<std::string> CheckRequirements(const Description& description);

// For ctest: measurements and the details column. Values are escaped as ctest wants them
// (XML in measurements, raw in details) and kept within CDash's limits.
std::string Measurement(const std::string& type, const std::string& name, const std::string& value);
std::string Details(const Verdict& verdict);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_RESULT_H_
