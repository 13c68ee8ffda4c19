#include "report/model.h"

namespace kvmtest::report {

namespace {

constexpr OutcomeRow kRows[kOutcomes] = {
    {Outcome::kFail, "fail", "Failed", 'F', true},
    {Outcome::kTimeout, "timeout", "Timed out", 'T', true},
    {Outcome::kError, "error", "Error", 'E', true},
    {Outcome::kBad, "bad", "Bad params", 'B', true},
    {Outcome::kInterrupted, "interrupted", "Interrupted", 'I', true},
    {Outcome::kDamaged, "damaged", "Damaged result", 'D', true},
    {Outcome::kRunning, "running", "Running", 'R', false},
    {Outcome::kKnownFailure, "known-failure", "Known failure", 'X', false},
    {Outcome::kSkip, "skip", "Skipped", 'S', false},
    {Outcome::kPass, "pass", "Passed", 'P', false},
    {Outcome::kNotRun, "not-run", "Not run", '-', false},
};

}  // namespace

const OutcomeRow& RowOf(Outcome outcome) {
  return kRows[static_cast<int>(outcome)];
}

const OutcomeRow& OutcomeRowAt(int index) {
  return kRows[index];
}

Outcome OutcomeNamed(const std::string& status) {
  for (const OutcomeRow& row : kRows) {
    if (status == row.name) return row.outcome;
  }
  return Outcome::kDamaged;
}

}  // namespace kvmtest::report
