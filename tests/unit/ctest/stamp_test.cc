#include "ctest/stamp.h"

#include <gtest/gtest.h>

#include <map>

namespace kvmtest::ctest {
namespace {

// A disk in memory whose clock and inodes the test sets.
class FakeProbe : public FileProbe {
 public:
  struct File {
    std::string text;
    int64_t mtime_ns;
    uint64_t inode;
    int64_t ctime_ns = 0;
  };

  std::optional<FileFacts> Stat(const std::string& path) override {
    auto file = files.find(path);
    if (file == files.end()) return std::nullopt;
    return FileFacts{file->second.text.size(), file->second.mtime_ns, file->second.inode,
                     file->second.ctime_ns};
  }
  std::optional<std::string> Read(const std::string& path) override {
    ++reads;
    auto file = files.find(path);
    if (file == files.end()) return std::nullopt;
    return file->second.text;
  }
  int64_t NowNs() override { return now; }

  std::map<std::string, File> files;
  int64_t now = 10'000'000'000;
  int reads = 0;
};

class StampTest : public ::testing::Test {
 protected:
  StampTest() {
    probe_.files = {{"a.cfg", {"a = 1", 1'000'000'000, 1}}, {"b.cfg", {"b = 1", 2'000'000'000, 2}}};
    stamp_.arguments = "0011223344556677";
    for (const char* path : {"a.cfg", "b.cfg", "absent.cfg"}) {
      stamp_.files.push_back(Observe(probe_, path).file);
    }
    probe_.reads = 0;
  }

  FakeProbe probe_;
  Stamp stamp_;
};

TEST_F(StampTest, IsFreshWithoutReadingAnything) {
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kFresh);
  EXPECT_EQ(probe_.reads, 0);
}

TEST_F(StampTest, IsStaleWhenAnEditKeepsSizeAndModificationTime) {
  probe_.files["b.cfg"] = {"b = 2", 2'000'000'000, 2, 3'000'000'000};
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kStale);
}

TEST_F(StampTest, IsStaleWhenContentsChange) {
  probe_.files["b.cfg"] = {"b = 2", 3'000'000'000, 2};
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kStale);
}

TEST_F(StampTest, SeesAFileReplacedByOneOfTheSameSizeAndTime) {
  probe_.files["b.cfg"] = {"b = 2", 2'000'000'000, 7};
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kStale);
}

TEST_F(StampTest, IsStaleWhenAFileIsGoneOrAnAbsentOneAppears) {
  Stamp copy = stamp_;
  probe_.files["absent.cfg"] = {"", 1, 9};
  EXPECT_EQ(CheckFiles(probe_, &copy), Freshness::kStale);
  probe_.files.erase("absent.cfg");
  probe_.files.erase("a.cfg");
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kStale);
}

TEST_F(StampTest, IsBroughtUpToDateWhenAFileWasOnlyTouched) {
  probe_.files["b.cfg"].mtime_ns = 5'000'000'000;
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kTouched);
  probe_.reads = 0;
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kFresh);
  EXPECT_EQ(probe_.reads, 0);
}

// Two writes within one tick of the file system's clock leave the same time.
TEST_F(StampTest, DoesNotTrustTheTimeOfAFileThatWasJustWritten) {
  probe_.files["b.cfg"].mtime_ns = probe_.now - 1'000'000;
  stamp_.files[1] = Observe(probe_, "b.cfg").file;
  EXPECT_FALSE(stamp_.files[1].settled);
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kFresh);
  probe_.files["b.cfg"].text = "b = 2";  // same size, time and inode
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kStale);
  probe_.files["b.cfg"].text = "b = 1";
  probe_.now += 1'000'000'000;
  EXPECT_EQ(CheckFiles(probe_, &stamp_), Freshness::kTouched) << "old enough to be trusted now";
}

TEST_F(StampTest, TextReadsBack) {
  stamp_.files[0].path = "a dir/with blanks.cfg";
  stamp_.files[1].settled = false;
  stamp_.failed = true;
  EXPECT_EQ(ReadStamp(WriteStamp(stamp_)), stamp_);
}

TEST_F(StampTest, RefusesWhatIsCutOffOrNotItsOwn) {
  std::string text = WriteStamp(stamp_);
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    EXPECT_FALSE(ReadStamp(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(ReadStamp("kvmtest stamp 0\n" + text.substr(text.find('\n') + 1)));
  stamp_.files[0].path = "a\nb";
  EXPECT_FALSE(ReadStamp(WriteStamp(stamp_)));
}

}  // namespace
}  // namespace kvmtest::ctest
