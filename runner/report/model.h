#ifndef KVMTEST_REPORT_MODEL_H_
#define KVMTEST_REPORT_MODEL_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kvmtest::report {

// What is known of a build tree's tests, as plain values: build_tree.h fills it from the disk, and
// page.h makes a page of it.

// What became of a test, in the order of the page: what somebody should look at first.
enum class Outcome {
  kFail,
  kTimeout,
  kError,
  kBad,
  kInterrupted,  // its runner is gone and has left no verdict
  kDamaged,      // its result.json is not what runners write
  kRunning,
  kKnownFailure,
  kSkip,
  kPass,
  kNotRun,
};
constexpr int kOutcomes = static_cast<int>(Outcome::kNotRun) + 1;

struct OutcomeRow {
  Outcome outcome;
  const char* name;   // as in result.json, where it is from there; in the page's filters
  const char* title;  // "Failed"
  char letter;        // beside the colour, for those who do not tell colours
  bool is_bad;        // somebody should look at it
};
const OutcomeRow& RowOf(Outcome outcome);
const OutcomeRow& OutcomeRowAt(int index);
// Of a status in result.json; kDamaged for what is none.
Outcome OutcomeNamed(const std::string& status);

// One time that a test ran. Seconds, since 1970 or long; 0: not known.
struct Attempt {
  Outcome outcome = Outcome::kNotRun;
  std::string run;    // which ctest
  std::string queue;  // empty: it did not come to that
  double started = 0;
  double waited = 0;  // for queue and directory, at the begin
  double ended = 0;   // of one that runs, or was interrupted: the last that is known of it
  int number = 1;
};

struct Picture {
  std::string name;  // of the file
  unsigned width = 0;
  unsigned height = 0;
  std::string png;
};

struct TextTail {
  std::string name;  // of the file
  std::string text;
  bool is_cut = false;  // there is more before it
};

// Which row, group and column of the matrix (axes.h).
struct Axes {
  std::string guest;
  std::string device;
  std::string test;
};

// What it came to in an earlier run, from the history.
struct PastResult {
  std::string run;
  Outcome outcome = Outcome::kNotRun;
  double started = 0;                 // the first attempt
  double seconds = 0;                 // until the last one's end
  size_t attempts = 1;                // in that run, of which the last counts
  bool is_now_this_now_that = false;  // some of them passed, some did not
};

struct Test {
  std::string test;  // its name for ctest
  std::string name;  // for the generator
  std::string shortname;
  std::string set;
  std::string origin;                       // "kvm_tests.cfg:24"
  std::vector<std::string> queues;          // that may run it
  std::vector<std::string> requires_tests;  // which for ctest have to pass before it
  bool is_disabled = false;                 // for ctest: it does not run it
  std::vector<std::pair<std::string, std::string>>
      params;  // its own, beside the host's common ones
  // Of its params, the common ones too: the places whose work the value is ("a.cfg:24, b.cfg:3").
  std::map<std::string, std::string> param_places;  // empty: nobody has asked (origins.h)
  std::vector<std::string> unset;                   // common ones that it lacks
  Axes axes;

  Attempt last;
  std::vector<Attempt> attempts;  // before the last, in the same run
  std::string kind;               // the verdict's class
  std::string text;               // the verdict's
  bool of_other_generation = false;
  std::map<std::string, double> measurements;
  std::string accel;
  std::string qemu_version;
  std::string directory;  // of its results
  bool has_repro = false;
  std::vector<TextTail> consoles;
  TextTail verdict_text;
  std::vector<Picture> pictures;
  std::vector<PastResult> past;  // oldest first, one a run, the last one included
};

// The tests of a call of kvm_discover_tests() that a host runs.
struct HostTests {
  std::string call;
  std::string configuration;  // of a multi-config tree, else empty
  std::string host;
  std::string results_dir;
  std::map<std::string, std::string> common_params;
  std::vector<std::string> explain;  // the command line that explains them, up to --test
  std::vector<Test> tests;
};

// One ctest.
struct Run {
  std::string id;
  std::set<std::string> hosts;  // one, but with KVMTEST_HOST='*'
  double started = 0;
  double ended = 0;
  std::map<Outcome, size_t> counts;
};

// A call whose tests could not be made anew: what is known of it is of before.
struct BrokenCall {
  std::string call;
  std::string why;  // what kvmtest-generate said
};

struct Model {
  std::string build_dir;
  double made = 0;
  std::vector<HostTests> hosts;
  std::vector<std::string> silent_hosts;  // "host2 (12 tests)": no results here
  std::vector<BrokenCall> broken_calls;
  size_t forgotten = 0;   // results of tests that the configuration has no more
  std::vector<Run> runs;  // oldest first
};

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_MODEL_H_
