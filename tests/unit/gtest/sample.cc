// Tests that end in every way, for verdicts.py. MISHAP says what befalls the fixtures.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace {

bool Is(std::string_view mishap) {
  const char* set = std::getenv("MISHAP");
  return set != nullptr && mishap == set;
}

class Environment : public testing::Environment {
 public:
  void SetUp() override {
    if (Is("set-up skips")) GTEST_SKIP() << "no such machine";
    if (Is("set-up skips silently")) GTEST_SKIP();
    if (Is("set-up fails")) GTEST_FAIL() << "no power";
    if (Is("set-up complains")) ADD_FAILURE() << "little power";
  }
  void TearDown() override {
    if (Is("tear-down fails")) ADD_FAILURE() << "still warm";
    if (Is("tear-down skips")) GTEST_SKIP() << "never mind";
  }
};

class Suite : public testing::Test {
 public:
  static void SetUpTestSuite() {
    if (Is("suite fails")) FAIL() << "no disk";
  }
  static void TearDownTestSuite() {
    if (Is("suite's end fails")) ADD_FAILURE() << "disk left";
  }
};

TEST_F(Suite, Passes) {}
TEST_F(Suite, Passes2) {}
TEST(Other, Skips) {
  GTEST_SKIP() << "no tape";
}
TEST(Other, Skips2) {
  GTEST_SKIP() << "no drum";
}
TEST(Other, Fails) {
  FAIL() << "wanted";
}
TEST(Death, Exits) {
  EXPECT_EXIT(std::exit(0), testing::ExitedWithCode(0), "");
}
TEST(Off, DISABLED_Fails) {
  FAIL();
}

[[maybe_unused]] auto* const kEnvironment = testing::AddGlobalTestEnvironment(new Environment);

}  // namespace

#ifdef OWN_MAIN
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int status = RUN_ALL_TESTS();
  if (Is("main returns 3")) return 3;
  return Is("main returns 0") ? 0 : status;
}
#endif
