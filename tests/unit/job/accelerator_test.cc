#include "job/accelerator.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <string>
#include <variant>

#include "host/files.h"

namespace kvmtest::job {
namespace {

// A qemu that is a shell script: what it does stands in the file "behaviour" beside it, so that
// it can change while the program, which is part of what is remembered, stays the same.
class AcceleratorTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/kvmtest-accelerator-XXXXXX";
    ASSERT_NE(::mkdtemp(path), nullptr);
    directory_ = path;
    std::string qemu = directory_ + "/qemu";
    ASSERT_TRUE(host::WriteFile(qemu, "#!/bin/sh\n. " + directory_ + "/behaviour\n"));
    ASSERT_EQ(::chmod(qemu.c_str(), 0755), 0);
    Behave("exit 43");
    ASSERT_TRUE(host::WriteFile(Device(), ""));
  }
  void TearDown() override { host::RemoveTree(directory_); }

  std::string Device() const { return directory_ + "/device"; }
  void Behave(const std::string& command) {
    ASSERT_TRUE(host::WriteFile(directory_ + "/behaviour", command + "\n"));
  }

  // "kvm", or why not.
  std::string Choose(const std::string& mode) {
    auto chosen = ChooseAccelerator(
        loop_, log_,
        {mode, directory_ + "/qemu", "host,-arch-capabilities", directory_ + "/cache", Device()});
    if (auto* failure = std::get_if<vm::Failure>(&chosen)) return failure->text;
    const Accelerator& accelerator = std::get<Accelerator>(chosen);
    return accelerator.name == "kvm" ? "kvm" : accelerator.reason;
  }

  std::string directory_;
  host::Loop loop_;
  host::Log log_;
};

constexpr char kNoGuest[] =
    "accel = kvm, but no guest runs under it: -cpu host,-arch-capabilities: ";

TEST(WantedAccelerator, OlderParams) {
  struct Row {
    vm::Params::Map params;
    const char* wanted;
  };
  const Row kRows[] = {
      {{}, "auto"},
      {{{"accel", "auto"}, {"vm_accelerator", "kvm"}}, "auto"},
      {{{"vm_accelerator", "kvm"}}, "kvm"},
      {{{"vm_accelerator", "tcg"}, {"disable_kvm", "yes"}}, "tcg"},
      {{{"enable_kvm", "yes"}, {"disable_kvm", "no"}}, "kvm"},
      {{{"enable_kvm", "no"}}, "tcg"},
      {{{"disable_kvm", "yes"}}, "tcg"},
      {{{"accel", "hvf"}}, "error: accel = hvf: expected auto, kvm or tcg"},
      {{{"vm_accelerator", "xen"}}, "error: vm_accelerator = xen: expected kvm or tcg"},
      {{{"enable_kvm", "yes"}, {"disable_kvm", "yes"}},
       "error: disable_kvm = yes contradicts enable_kvm = yes"},
  };
  for (const Row& row : kRows) {
    auto wanted = WantedAccelerator(vm::Params(row.params));
    auto* error = std::get_if<vm::ParamError>(&wanted);
    EXPECT_EQ(error != nullptr ? "error: " + error->text : std::get<std::string>(wanted),
              row.wanted);
  }
}

TEST_F(AcceleratorTest, DeviceIsOpenedEachTime) {
  ASSERT_EQ(::unlink(Device().c_str()), 0);
  std::string missing = "KVM is not usable here: " + Device() + ": No such file or directory";
  EXPECT_EQ(Choose("auto"), missing);
  EXPECT_EQ(Choose("kvm"),
            "accel = kvm, but no guest runs under it: " + Device() + ": No such file or directory");
  ASSERT_TRUE(host::WriteFile(Device(), ""));
  EXPECT_EQ(Choose("kvm"), "kvm");
  ASSERT_EQ(::unlink(Device().c_str()), 0);
  EXPECT_EQ(Choose("auto"), missing);
}

TEST_F(AcceleratorTest, SlownessIsNotRemembered) {
  Behave("exec sleep 60");
  EXPECT_EQ(Choose("kvm"), std::string(kNoGuest) + "did not end within 1 s");
  Behave("exit 43");
  EXPECT_EQ(Choose("kvm"), "kvm");
}

TEST_F(AcceleratorTest, RefusalOfQemuIsNotRemembered) {
  Behave("echo error: no memory; exit 1");
  EXPECT_EQ(Choose("kvm"),
            std::string(kNoGuest) + "qemu or its guest failed (exit status 1): error: no memory");
  Behave("exit 43");
  EXPECT_EQ(Choose("kvm"), "kvm");
}

// Of a full disk, another version, or a person: it is asked anew.
TEST_F(AcceleratorTest, DamagedAnswersAreNone) {
  EXPECT_EQ(Choose("kvm"), "kvm");
  std::string cache = directory_ + "/cache";
  std::string path = cache + "/" + host::ListDirectory(cache)[0];
  std::string good = host::ReadFile(path).value_or("");
  ASSERT_NE(good.find("\"usable\":true"), std::string::npos) << path << good;
  std::string usable = good, reason = good;
  usable.replace(usable.find("true"), 4, "\"x\"");
  reason.replace(reason.find("\"reason\":") + 9, 1, "3,\"x\":");
  for (const std::string& text :
       {std::string(""), std::string("[]"), std::string(R"({"key": 1})"), usable, reason}) {
    ASSERT_TRUE(host::WriteFile(path, text));
    EXPECT_EQ(Choose("kvm"), "kvm") << text;
    EXPECT_NE(host::ReadFile(path), text);
  }
}

TEST_F(AcceleratorTest, MachinesAnswersAreRemembered) {
  Behave("exit 5");
  std::string wrong = std::string(kNoGuest) + "int3 went wrong (exit status 5)";
  EXPECT_EQ(Choose("kvm"), wrong);
  Behave("exit 43");
  EXPECT_EQ(Choose("kvm"), wrong);
}

}  // namespace
}  // namespace kvmtest::job
