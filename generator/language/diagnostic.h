// Errors and warnings as values: collected while parsing and expanding, rendered once.
//
//   kvm_hosts.cfg:31:14: error: no variant named 'queue5'
//      31 |     only queue1 queue5
//         |                 ^~~~~~
//   kvm_hosts.cfg:12:5: note: 'queue4' is defined here
//   hint: did you mean 'queue4'?
#ifndef KVMTEST_LANGUAGE_DIAGNOSTIC_H_
#define KVMTEST_LANGUAGE_DIAGNOSTIC_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "language/source.h"

namespace kvmtest::language {

enum class Severity { kError, kWarning, kNote };

struct Note {
  Span span;  // may be unknown
  std::string message;
};

struct Diagnostic {
  Severity severity = Severity::kError;
  // A short stable word such as "unknown-label"; printed after warnings as [-W...].
  std::string code = {};
  Span span = {};  // unknown: no place, e.g. "no such file"
  std::string message = {};
  std::vector<Note> notes = {};
  std::string hint = {};  // without "hint: "
  // A warning about what is right more often than not: only for those who ask.
  bool pedantic = false;
  // A warning that Diagnostics::Judge has made an error; its code is printed all the same.
  bool judged = false;
};

// What is made of a warning when all are known.
enum class Verdict { kStays, kError, kDropped };

// The sink. Keeps the first `kMaxErrors` errors and `kMaxWarnings` warnings, of one code
// `kMaxWarningsOfACode`, and counts the rest; the same message at the same place is reported
// once. In strict mode a warning becomes an error, pedantic ones too.
class Diagnostics {
 public:
  static constexpr size_t kMaxErrors = 20;
  static constexpr size_t kMaxWarnings = 50;
  static constexpr size_t kMaxWarningsOfACode = 10;
  static constexpr size_t kMaxOfACompleteList = 1000;  // errors, and warnings

  void set_strict(bool strict) { strict_ = strict; }
  void set_warnings(bool warnings) { warnings_ = warnings; }
  // Warnings of these codes are none, in strict mode either.
  void set_ignored(std::set<std::string> codes) { ignored_ = std::move(codes); }
  // For a list of all that is to be mended: up to kMaxOfACompleteList are kept.
  void set_complete(bool complete) { complete_ = complete; }
  // Pedantic warnings are heard, too, but stay warnings.
  void set_pedantic(bool pedantic) { pedantic_ = pedantic; }
  // What SourceMap::same_files says: a place is one however often its file is included.
  void set_same_files(std::shared_ptr<const std::vector<FileId>> files) {
    same_files_ = std::move(files);
  }

  void Report(Diagnostic diagnostic);
  // For a reporter that would go to some length for a warning that is not heard or only counted.
  bool warnings() const { return warnings_ || strict_; }
  bool pedantic() const { return strict_ || pedantic_; }
  bool WarningsFull(const std::string& code) const;
  void CountWarning(const std::string& code);

  bool HasErrors() const { return errors_ > 0; }
  // Makes errors of the warnings kept so far, or drops them.
  void Judge(const std::function<Verdict(const Diagnostic&)>& judge);

  // Errors that are none but for strict mode?
  bool HasOnlyStrictErrors() const { return errors_ == strict_errors_; }
  size_t error_count() const { return errors_; }
  size_t warning_count() const { return shown_warnings_; }
  // True once so many errors were seen that a parser does better to stop.
  bool Full() const { return errors_ > MostErrors(); }
  const std::vector<Diagnostic>& all() const { return diagnostics_; }

  // All diagnostics in order of report, each ended by a newline.
  std::string Render(const SourceMap& sources) const;

 private:
  size_t MostErrors() const { return complete_ ? kMaxOfACompleteList : kMaxErrors; }

  std::vector<Diagnostic> diagnostics_;
  std::set<std::tuple<std::string, FileId, uint32_t, uint32_t>> seen_;
  std::shared_ptr<const std::vector<FileId>> same_files_;
  size_t errors_ = 0;
  size_t strict_errors_ = 0;  // of these
  size_t shown_warnings_ = 0;
  struct Count {
    size_t shown = 0;
    size_t hidden = 0;
  };
  std::map<std::string, Count> warnings_of_;  // by code
  std::set<std::string> ignored_;
  bool strict_ = false;
  bool warnings_ = true;
  bool complete_ = false;
  bool pedantic_ = false;
};

// The line as it is shown: tabs to columns of eight, other control characters blank.
std::string ExpandTabs(std::string_view raw);
// What a message quotes of a user's text: all of it, or its beginning and " ..." if it is long.
std::string Shortened(std::string_view text);

std::string RenderDiagnostic(const Diagnostic& diagnostic, const SourceMap& sources);

// How many bytes are to be inserted, removed or changed to make one word of the other: how near a
// "did you mean" is. Words of more than 200 bytes are far from each other, however alike.
size_t EditDistance(std::string_view a, std::string_view b);

// The one of `candidates` that `word` most likely meant, if any is near enough.
std::optional<std::string> DidYouMean(std::string_view word,
                                      const std::vector<std::string>& candidates);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_DIAGNOSTIC_H_
