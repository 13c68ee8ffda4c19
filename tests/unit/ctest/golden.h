// Files by path, beside a directory of expected ones. With KVMTEST_UPDATE=1 in the environment the
// directory is rewritten instead, for review as a diff.
#ifndef KVMTEST_TESTS_UNIT_CTEST_GOLDEN_H_
#define KVMTEST_TESTS_UNIT_CTEST_GOLDEN_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace kvmtest {

inline std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void ExpectGolden(const std::map<std::string, std::string>& files,
                         const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  if (std::getenv("KVMTEST_UPDATE") != nullptr) {
    fs::remove_all(directory);
    for (const auto& [name, text] : files) {
      fs::create_directories((directory / name).parent_path());
      std::ofstream(directory / name, std::ios::binary) << text;
    }
  }
  std::map<std::string, std::string> expected;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    expected[fs::relative(entry.path(), directory).string()] = ReadWhole(entry.path());
  }
  EXPECT_FALSE(expected.empty()) << directory;
  for (const auto& [name, text] : expected) {
    EXPECT_TRUE(files.contains(name)) << "not written: " << name;
  }
  for (const auto& [name, text] : files) EXPECT_EQ(text, expected[name]) << name;
}

}  // namespace kvmtest

#endif  // KVMTEST_TESTS_UNIT_CTEST_GOLDEN_H_
