#ifndef KVMTEST_JOB_RESULT_H_
#define KVMTEST_JOB_RESULT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "job/description.h"
#include "vm/failure.h"

namespace kvmtest::job {

enum class Status { kRunning, kPass, kFail, kSkip, kBad, kError, kTimeout, kKnownFailure };

// "running", "pass", "fail", "skip", "bad", "error", "timeout", "known-failure"
const char* StatusName(Status status);
// 0 pass, 1 fail, 77 skip or known failure, 2 bad description or params, 3 error, 124 own deadline
// passed
int ExitCode(Status status);

// Seconds since 1970, as results have them.
double UnixTime();

// How a test ended.
struct Verdict {
  Status status = Status::kRunning;
  std::string kind;  // the class: a procedure's name on pass, else "guest-panic" and the like
  std::string text;
  std::string detail;  // many lines

  std::string Line() const;  // "FAIL guest-panic: vm1: Kernel panic - not syncing: ..."
};
Verdict VerdictOf(const vm::Failure& failure, bool deadline_passed);
// The verdicts of a test that did not come to run.
Verdict BadParams(std::string text);
Verdict HarnessError(std::string text);
Verdict Skip(std::string text);

// The file that other tests and tools read: <directory>/result.json, always whole. It also keeps
// what other runs found ("earlier", newest first): the last one that came to its end, and those
// whose ctest lives and may yet ask.
class ResultFile {
 public:
  ResultFile(std::string directory, const Description& description);

  // Members that are known only later: addresses, pids, accelerator.
  nlohmann::json& members() { return json_; }
  // Whoever writes has the directory to itself.
  bool Write(const Verdict& verdict);

 private:
  std::string path_;
  nlohmann::json json_;
  bool written_ = false;
};

// <results_dir>/<directory of the test>/result.json; null if there is none, and an empty object if
// it is not what we write.
nlohmann::json ReadResult(const std::string& path);
// A string member; empty if there is none.
std::string Member(const nlohmann::json& result, const char* key);

// The ctest that we are below, found once; 0 if there is none.
pid_t CtestAncestor();
// The ctest that runs us, be it through a launcher; without one, our parent.
pid_t CtestProcess();
// Names that ctest, beyond reuse of its pid.
std::string RunId();
// Whether the ctest that a run's id names is there still.
bool RunLives(const std::string& run);

// For ctest: measurements and the details column. Values are escaped as ctest wants them
// (XML in measurements, raw in details) and kept within CDash's limits.
std::string Measurement(const std::string& type, const std::string& name, const std::string& value);
std::string MeasurementFile(const std::string& type, const std::string& name,
                            const std::string& path);
std::string Details(const Verdict& verdict);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_RESULT_H_
