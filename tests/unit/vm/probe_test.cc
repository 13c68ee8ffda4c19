#include "vm/probe.h"

#include <gtest/gtest.h>

namespace kvmtest::vm {
namespace {

ProbeRun Ended(int exit_code, double cpu = 0.05) {
  return {true, false, exit_code, 0, cpu, cpu, ""};
}

TEST(Probe, Judgement) {
  struct Row {
    ProbeRun run;
    const char* why;  // "": good
  };
  const Row kRows[] = {
      {Ended(43), ""},
      {Ended(5), "int3 went wrong (exit status 5)"},
      {Ended(7), "cmpxchg16b went wrong (exit status 7)"},
      {Ended(9), "xsave or xrstor went wrong (exit status 9)"},
      {Ended(3), "an unexpected exception (exit status 3)"},
      {Ended(0), "qemu or its guest failed (exit status 0)"},
      {{true, true, 0, 9, 1, 1, "x\nKVM internal error. Suberror: 1\nRAX=0\n"},
       "did not end within 1 s: KVM internal error. Suberror: 1"},
      {{true, false, 0, 6, 0, 0, "qemu: error: failed to set MSR 0x10a to 0x69\nAssertion\n"},
       "qemu died with signal 6 (Aborted): qemu: error: failed to set MSR 0x10a to 0x69"},
      {{false, false, 0, 0, 0, 0, "cannot find the program 'q'"},
       "qemu could not be started: cannot find the program 'q'"},
  };
  for (const Row& row : kRows) EXPECT_EQ(WhyBad(row.run).value_or(""), row.why);
}

TEST(Probe, OnlySomeFailuresAreTheMachines) {
  struct Row {
    ProbeRun run;
    bool lasting;
  };
  const Row kRows[] = {
      {Ended(43), true},
      {Ended(5), true},
      {Ended(1), false},  // "Could not access KVM kernel module: Permission denied"
      {Ended(0), false},
      {{true, true, 0, 9, 1, 1, "x\nKVM internal error. Suberror: 1\nRAX=0\n"}, true},
      {{true, true, 0, 9, 1, 1, ""}, false},
      {{true, true, 0, 9, 1, 1, "warning: host doesn't support requested feature\n"}, false},
      {{true, false, 0, 6, 0, 0, "qemu: error: failed to set MSR 0x10a to 0x69\n"}, true},
      {{true, false, 0, 9, 0, 0, ""}, false},
      {{false, false, 0, 0, 0, 0, "Resource temporarily unavailable"}, false},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(TellsOfTheMachine(row.run), row.lasting) << row.run.exit_code << row.run.output;
  }
}

TEST(Probe, SlowIsMoreThanThreeTimesTcg) {
  EXPECT_FALSE(WhySlow(Ended(43, 0.15), Ended(43, 0.06)));
  EXPECT_EQ(WhySlow(Ended(43, 0.9), Ended(43, 0.06)), "took 0.90 s of CPU time, TCG 0.06 s");
  EXPECT_FALSE(WhySlow(Ended(43, 0.9), Ended(1, 0.06)));  // nothing to compare with
}

TEST(Probe, CpuModels) {
  using Models = std::vector<std::string>;
  EXPECT_EQ(KvmCpuModels(""), (Models{"host", "host,-arch-capabilities"}));
  EXPECT_EQ(KvmCpuModels("qemu64"), (Models{"qemu64", "host,-arch-capabilities"}));
  EXPECT_EQ(TcgCpuModel("host,-x"), "max,-x");
  EXPECT_EQ(TcgCpuModel("qemu64"), "qemu64");
}

TEST(Probe, Roms) {
  EXPECT_EQ(ProbeRom(ProbeKind::kTrivial).size(), 65536u);
#ifdef __x86_64__
  EXPECT_EQ(ProbeRom(ProbeKind::kFull).size(), 65536u);
#endif
}

}  // namespace
}  // namespace kvmtest::vm
