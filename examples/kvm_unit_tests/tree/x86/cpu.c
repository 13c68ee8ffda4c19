// What a CPU must have, and how many there are: cpu.flat [smp=N]
#include "../lib/kut.h"

static void cpuid(uint32_t leaf, uint32_t* a, uint32_t* b, uint32_t* c, uint32_t* d) {
  __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

static uint64_t rdtsc(void) {
  uint64_t value;
  __asm__ volatile("rdtsc" : "=A"(value));
  return value;
}

// qemu's fw_cfg device, item 5: the number of CPUs.
static unsigned cpus(void) {
  outw(0x510, 5);
  unsigned low = inb(0x511);
  return low | (unsigned)inb(0x511) << 8;
}

void test(const char* arguments) {
  uint32_t a, b, c, d;
  cpuid(0, &a, &b, &c, &d);
  report(a >= 1, "cpuid has leaf 1");
  cpuid(1, &a, &b, &c, &d);
  report(d & 1, "there is an FPU");
  report(d & 1 << 9, "there is a local APIC");
  if (d & 1 << 4) {
    uint64_t before = rdtsc();
    report(rdtsc() > before, "the TSC counts");
  } else {
    report_skip("no TSC");
  }
  if (same(arguments, "smp=1") || same(arguments, "")) report(cpus() == 1, "one CPU");
  if (same(arguments, "smp=2")) report(cpus() == 2, "two CPUs");
}
