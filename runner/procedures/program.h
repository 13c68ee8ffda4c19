#ifndef KVMTEST_PROCEDURES_PROGRAM_H_
#define KVMTEST_PROCEDURES_PROGRAM_H_

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "procedures/procedure.h"

// The program of a user's own test: where it is, what it is told, what it leaves.
namespace kvmtest::procedures {

// The command line: `command` for the shell, or the executable named like `type` in one of
// test_dirs. Text if there is none.
struct TestProgram {
  std::string name;
  std::vector<std::string> argv;
};
std::variant<TestProgram, std::string> FindTestProgram(const vm::Params& params);

// The directories of test_dirs, written as a shell would. *wrong: one that is not absolute.
std::vector<std::string> TestDirs(const vm::Params& params, std::string* wrong);

// In the results directory, while a program that uses GoogleTest is in the middle of its tests.
inline constexpr char kUnfinished[] = "unfinished";

// What its environment has beyond the runner's own, KEY=VALUE: a param is KVM_TEST_<param>.
std::vector<std::string> ProgramEnvironment(const Context& context, const std::string& runner);

// What is wrong with the names of VMs and network cards, of which variables are made.
std::string CheckVariables(const vm::Params& params);

// NAME VALUE in lines, or a JSON object of numbers. Text: what is wrong with it.
std::variant<std::map<std::string, double>, std::string> ReadMeasurements(const std::string& text);

// What a program says of its parts: "pass NAME", "fail NAME" or "skip NAME" in lines.
struct SubResults {
  std::vector<SubResult> parts;          // the first 1000
  std::map<std::string, size_t> counts;  // by status, of all
  std::string first_failed;
  std::string wrong;  // the first line that is nothing of the kind; empty: there is none

  size_t Count(const std::string& status) const;
  size_t Total() const;
};
SubResults ReadSubResults(std::string_view text);

// A program's output as it comes: of long output, the beginning and the end are kept.
class ProgramOutput {
 public:
  void Append(std::string_view bytes);
  std::string Shown() const;
  // Its last line that is not empty, for a verdict.
  std::string LastLine() const;

 private:
  static constexpr size_t kHead = 4000;
  static constexpr size_t kTail = 16000;

  std::string head_;
  std::string tail_;
  size_t dropped_ = 0;
};

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_PROGRAM_H_
