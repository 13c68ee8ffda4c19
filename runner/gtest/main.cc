#include <gtest/gtest.h>

#include "kvmtest/vm.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return kvmtest::RunAllTests();
}
