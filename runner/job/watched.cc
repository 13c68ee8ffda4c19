#include "job/watched.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "host/files.h"
#include "job/result.h"

namespace kvmtest::job {

namespace {

std::vector<std::string> CommandLine(pid_t pid) {
  std::string bytes = host::ReadFile(fmt::format("/proc/{}/cmdline", pid)).value_or("");
  std::vector<std::string> words;
  for (size_t begin = 0, end; begin < bytes.size(); begin = end + 1) {
    end = std::min(bytes.find('\0', begin), bytes.size());
    words.push_back(bytes.substr(begin, end - begin));
  }
  return words;
}

}  // namespace

bool IsVerbose(const std::vector<std::string>& ctest_argv) {
  return std::any_of(ctest_argv.begin(), ctest_argv.end(), [](const std::string& word) {
    return word == "-V" || word == "-VV" || word == "--verbose" || word == "--extra-verbose";
  });
}

bool IsWatched() {
  const char* said = std::getenv("KVMTEST_LIVE");
  if (said != nullptr && *said != '\0') return std::string(said) != "0";
  pid_t ctest = CtestAncestor();
  return ctest != 0 && IsVerbose(CommandLine(ctest));
}

}  // namespace kvmtest::job
