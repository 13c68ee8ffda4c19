#include "vm/qcow2.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/files.h"
#include "host/process.h"
#include "vm/disk.h"

namespace kvmtest::vm {
namespace {

class DiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!host::FindProgram("qemu-img")) GTEST_SKIP() << "no qemu-img";
    char name[] = "/tmp/kvmtest-qcow2-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override {
    if (!directory_.empty()) host::RemoveTree(directory_);
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  // Its output; fails the test if the exit status is another.
  std::string Run(std::vector<std::string> words) {
    host::Loop loop;
    words.insert(words.begin(), "qemu-img");
    host::RunOutcome outcome = host::RunProgram(loop, words, host::seconds(60));
    EXPECT_TRUE(outcome.exit.ok()) << host::ShellQuote(words) << "\n" << outcome.output;
    return outcome.output;
  }
  nlohmann::json Info(const std::string& path) {
    return nlohmann::json::parse(Run({"info", "--output=json", path}), nullptr, false);
  }

  std::string directory_;
};

ImageConfig Image(const std::string& base, const std::string& format,
                  const std::string& size = "") {
  return {"image1", base, format, size, "ide", "", ""};
}

// Around the limits of a cluster of the level 1 table (4 TiB) and of its entries (512 MiB).
const char* const kSizes[] = {"0",    "512", "65024",       "100k", "512M",
                              "513M", "4T",  "10737418752", "9T"};

// The same as qemu-img's own, and found good by it.
TEST_F(DiskTest, OverlaysAreThoseOfQemuImg) {
  for (const char* size : kSizes) {
    for (const char* format : {"raw", "qcow2"}) {
      SCOPED_TRACE(std::string(format) + " " + size);
      std::string base = Path(std::string("base ,") + format);  // a name with a blank and a comma
      Run({"create", "-q", "-f", format, base, size});
      ASSERT_TRUE(MakeDisk(Image(base, format), Path("ours")));
      Run({"create", "-q", "-f", "qcow2", "-F", format, "-b", base, Path("theirs")});
      Run({"check", "-q", "-f", "qcow2", Path("ours")});
      nlohmann::json ours = Info(Path("ours")), theirs = Info(Path("theirs"));
      for (const char* key : {"virtual-size", "cluster-size", "format", "full-backing-filename",
                              "backing-filename", "backing-filename-format"}) {
        EXPECT_EQ(ours[key], theirs[key]) << key;
      }
      EXPECT_EQ(ours["format-specific"], theirs["format-specific"]);
      EXPECT_FALSE(ours["virtual-size"].is_null());
    }
  }
}

TEST_F(DiskTest, BlankDisksAreThoseOfQemuImg) {
  for (const char* size : kSizes) {
    for (const char* format : {"raw", "qcow2"}) {
      SCOPED_TRACE(std::string(format) + " " + size);
      ASSERT_TRUE(MakeDisk(Image("", format, size), Path("ours")));
      Run({"create", "-q", "-f", format, Path("theirs"), size});
      nlohmann::json ours = Info(Path("ours")), theirs = Info(Path("theirs"));
      EXPECT_EQ(ours["virtual-size"], theirs["virtual-size"]);
      EXPECT_EQ(ours["format"], theirs["format"]);
      EXPECT_EQ(ours["format-specific"], theirs["format-specific"]);
      if (std::string(format) == "qcow2") Run({"check", "-q", "-f", "qcow2", Path("ours")});
    }
  }
}

// What the base holds is seen through the overlay, at its end too.
TEST_F(DiskTest, OverlayShowsItsBase) {
  std::string base = Path("base");
  std::string content(1000000, 'x');  // no multiple of 512
  ASSERT_TRUE(host::WriteFile(base, content));
  ASSERT_TRUE(MakeDisk(Image(base, "raw"), Path("overlay")));
  Run({"compare", "-q", "-f", "raw", "-F", "qcow2", base, Path("overlay")});
  Run({"convert", "-f", "raw", "-O", "qcow2", base, Path("base.qcow2")});
  ASSERT_TRUE(MakeDisk(Image(Path("base.qcow2"), "qcow2"), Path("second")));
  Run({"compare", "-q", "-f", "raw", "-F", "qcow2", base, Path("second")});
}

TEST_F(DiskTest, LeavesTheRestToQemuImg) {
  Run({"create", "-q", "-f", "vmdk", Path("base.vmdk"), "10M"});
  EXPECT_FALSE(MakeDisk(Image(Path("base.vmdk"), "vmdk"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image(Path("absent"), "raw"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image(directory_, "raw"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image(Path("base.vmdk"), "qcow2"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image("", "vdi", "10M"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image("", "raw", "1.5G"), Path("overlay")));
  EXPECT_FALSE(MakeDisk(Image("", "raw", "1M"), Path("absent/overlay")));
  EXPECT_FALSE(host::RegularFileSize(Path("overlay")).has_value());
}

TEST(Qcow2Test, Limits) {
  EXPECT_TRUE(EmptyQcow2({1, std::string(1023, 'x'), "raw"}).has_value());
  EXPECT_FALSE(EmptyQcow2({1, std::string(1024, 'x'), "raw"}).has_value());
  EXPECT_TRUE(EmptyQcow2({uint64_t{1} << 51, "", ""}).has_value());
  EXPECT_FALSE(EmptyQcow2({(uint64_t{1} << 51) + 1, "", ""}).has_value());
  EXPECT_FALSE(EmptyQcow2({UINT64_MAX, "", ""}).has_value());
  EXPECT_EQ(EmptyQcow2({1, "", ""})->length, 4u << 16);
}

TEST(Qcow2Test, DiskSizeOfAHeader) {
  std::string header = EmptyQcow2({4711 * 512, "/base", "raw"})->pieces[0].bytes;
  EXPECT_EQ(Qcow2DiskSize(header), 4711u * 512);
  EXPECT_EQ(Qcow2DiskSize(header.substr(0, 71)), std::nullopt);
  header[7] = 4;  // a version to come
  EXPECT_EQ(Qcow2DiskSize(header), std::nullopt);
  EXPECT_EQ(Qcow2DiskSize(std::string(100, '\0')), std::nullopt);
}

TEST(Qcow2Test, ParseDiskSize) {
  const std::pair<const char*, std::optional<uint64_t>> rows[] = {
      {"512", 512},
      {"1k", 1024},
      {"24M", 24u << 20},
      {"10G", uint64_t{10} << 30},
      {"2t", uint64_t{2} << 40},
      {"", std::nullopt},
      {"G", std::nullopt},
      {"1.5G", std::nullopt},
      {"-1", std::nullopt},
      {"10GB", std::nullopt},
      {"10 G", std::nullopt},
      {"1P", std::nullopt},
      {"99999999999999999999", std::nullopt},
      {"99999999999T", std::nullopt},
  };
  for (const auto& [text, size] : rows) EXPECT_EQ(ParseDiskSize(text), size) << text;
}

}  // namespace
}  // namespace kvmtest::vm
