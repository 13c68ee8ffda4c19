#ifndef KVMTEST_TEST_RECORD_H_
#define KVMTEST_TEST_RECORD_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/log.h"
#include "job/description.h"
#include "job/result.h"
#include "procedures/procedure.h"
#include "test_setup.h"
#include "vm/vm_config.h"

namespace kvmtest {

// What is known of a test as it runs, and where it goes: to files in the test's directory, for the
// tests that need it, for tools and for later, and to stdout.
class TestRecord {
 public:
  // `history`: where what tests come to is kept for later reports; empty: nowhere.
  TestRecord(std::string directory, std::string history, const job::Description& description,
             host::Log& log);

  // The directory is this run's from now on. False, and errno, if it cannot be written.
  bool Begin();
  // Of result.json.
  nlohmann::json& members() { return result_.members(); }
  // A result.json that says "running".
  bool WriteRunning() { return result_.Write(job::Verdict()); }
  // repro.sh, for whoever wants to see it happen. Returns what to say of it.
  std::string WriteRepro(const TestSetup& setup, const std::vector<vm::VmConfig>& configs);
  // The verdict now, for a person; Publish does not repeat it.
  void SayEarly(const job::Verdict& verdict, const std::string& more);
  // The end. Returns what became of the verdict: a pass of which no record is left is none.
  job::Verdict Publish(job::Verdict verdict, const TestSetup& setup);

  std::map<std::string, double> measurements;
  std::vector<procedures::SubResult> subresults;
  std::string nonce;
  std::string qemu_version;
  std::string consoles;       // their last lines, if somebody is to see them
  bool has_machines = false;  // the directory has evidence of them

 private:
  void Record(const std::string& text, job::Verdict* verdict);
  void AddToHistory(const job::Verdict& verdict);

  std::string directory_;
  std::string history_;
  std::string test_;
  host::Log& log_;
  job::ResultFile result_;
  bool is_ours_ = false;  // what the directory holds is of this run
  std::string said_;      // what stdout has already
};

}  // namespace kvmtest

#endif  // KVMTEST_TEST_RECORD_H_
