// Files of a generation onto the disk, so that whoever reads at the same time sees the old state or
// the new one, whole:
//
//   <root>/specs/spec-<digest>/     merged specs of all calls of the tree; immutable as generations
//   <root>/resources.cmake          which of them counts, and what tests take of it beside what
//   they
//                                   name (gates.h)
//   <root>/resources.json           a link to it
//   <root>/calls.txt                those calls, one directory a line (CMake writes it)
//   <root>/<call>/current.cmake     which generation counts
//   <root>/<call>/gen-<digest>/     immutable, but for holders/: who is using it. Files that the
//                                   one before had, too, are links to its
//   <root>/<call>/failed.cmake      the failing test, while the configuration has errors, and
//   <root>/<call>/failed.json       the project's own spec, for its other tests
#ifndef KVMTEST_CTEST_PUBLISH_H_
#define KVMTEST_CTEST_PUBLISH_H_

#include <optional>
#include <string>
#include <vector>

#include "ctest/generation.h"

namespace kvmtest::ctest {

// What went wrong, in words; nothing when all went well.
using Failure = std::optional<std::string>;

// An exclusive lock on a file, kept until destruction or the end of the process.
class Lock {
 public:
  static std::optional<Lock> Take(const std::string& path, Failure* failure);
  Lock(Lock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

Failure MakeDirectories(const std::string& path);

// Writes to the side and renames. A file that has this text already is left alone.
Failure WriteFile(const std::string& path, const std::string& text);

// The same of a file that the user names: where a link leads, that is written; what is no regular
// file (/dev/stdout, a pipe) is written to and not replaced.
Failure WriteOutput(const std::string& path, const std::string& text);

struct Place {
  std::string root;        // absolute
  std::string output_dir;  // absolute
  std::string call;        // output_dir relative to the root, as calls.txt has it
};

// Finds the root above an output directory: where calls.txt is, else the directory above.
Place FindPlace(const std::string& output_dir);

// What is to be told of a call beside others.
struct Findings {
  std::vector<std::string> errors;    // of the call as a whole: without place and "error: "
  std::vector<std::string> warnings;  // likewise
  std::string clashes;                // of names: errors as lines, with their places

  bool HasErrors() const { return !errors.empty() || !clashes.empty(); }
};

// Makes a generation the one that counts, and `stamp` say what it was made from. The caller holds
// the call's lock. Clashes with what other calls of the tree have published are errors; then
// nothing is changed. No clash holds for a call that is to be made anew, by its stamp: else none of
// those that share a file could follow an edit of it.
Failure Publish(const Place& place, const Generation& generation, const std::string& stamp,
                Findings* findings);

// Whether the tree has what is made of all its calls, whole.
bool IsMerged(const Place& place);

std::string StampPath(const Place& place);

// Writes the failing test that stands for the call while its configuration has errors. The
// project's own resources stay in the tree's, or get there.
Failure PublishFailure(const Place& place, const Options& options,
                       const std::vector<std::string>& sets, const std::string& diagnostics);
// Its diagnostics, if there are any.
std::optional<std::string> PublishedFailure(const Place& place);

// Whether a file is a pointer, current.cmake, as we write it.
bool PointsToGeneration(const std::string& path);

// The generation that counts, by its directory's name; nothing if there is none, or not all of it.
// It is looked for beside the pointer, so the tree may have been moved.
std::optional<std::string> CurrentGeneration(const Place& place);

// Notes that the parent of this process (ctest) uses the generation, and the spec, that count.
Failure HoldForParent(const Place& place);

// Removes generations and specs that nobody uses any more; the newest two stay.
void CollectGarbage(const Place& place);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_PUBLISH_H_
