// All the ways in which a test can end: ends.flat HOW
#include "../lib/kut.h"

// qemu's pvpanic-pci: 1b36:0011 on bus 0, which SeaBIOS has given an address.
static volatile uint8_t* pvpanic(void) {
  for (uint32_t device = 0; device < 32; ++device) {
    uint32_t address = 0x80000000 | device << 11;
    outl(0xcf8, address);
    if (inl(0xcfc) != 0x00111b36) continue;
    outl(0xcf8, address | 4);
    uint32_t command = inl(0xcfc);
    outl(0xcfc, command | 2);  // let it hear memory accesses
    outl(0xcf8, address | 0x10);
    return (volatile uint8_t*)(inl(0xcfc) & ~15u);
  }
  return 0;
}

static void triple_fault(void) {
  struct {
    uint16_t limit;
    uint32_t base;
  } __attribute__((packed)) none = {0, 0};
  __asm__ volatile("lidt %0; int3" : : "m"(none));
}

// Remembers a number in a register of a device's and one in memory, and compares them afterwards.
static volatile unsigned remembered;
static bool migrate(unsigned number) {
  remembered = number;
  outb(0x70, 0x50);
  outb(0x71, (uint8_t)number);
  print("Now migrate the VM, then press a key to continue...\n");
  wait_for_key();
  outb(0x70, 0x50);
  return remembered == number && inb(0x71) == number;
}

void test(const char* how) {
  if (same(how, "passes")) {
    report(true, "a part");
    report_xfail(false, "a part that is known to fail");
  } else if (same(how, "fails")) {
    report(true, "a part");
    report(false, "another part");
  } else if (same(how, "passes unexpectedly")) {
    report_xfail(true, "a part that was known to fail");
  } else if (same(how, "skips")) {
    report_skip("this machine has no flux capacitor");
  } else if (same(how, "skips a part")) {
    report(true, "a part");
    report_skip("another part");
  } else if (same(how, "lies")) {
    report(false, "a part");
    end(0);
  } else if (same(how, "lies of a skip")) {
    report(false, "a part");
    end(77 >> 1);
  } else if (same(how, "aborts")) {
    print("something is impossible\n");
    end(127 >> 1);
  } else if (same(how, "triple fault")) {
    report(true, "a part");
    triple_fault();
  } else if (same(how, "hangs")) {
    report(true, "a part");
    for (;;) __asm__ volatile("cli; hlt");
  } else if (same(how, "panics")) {
    volatile uint8_t* device = pvpanic();
    if (!device) {
      report(false, "there is a pvpanic device");
      return;
    }
    print("panicking\n");
    *device = 1;
    for (;;) __asm__ volatile("hlt");
  } else if (same(how, "migrates")) {
    report(true, "before it moves");
    report(migrate(42), "nothing is forgotten");
  } else if (same(how, "migrates twice")) {
    report(true, "before it moves");
    report(migrate(42), "nothing is forgotten");
    report(migrate(43), "nor later");
  } else if (same(how, "migrates and fails")) {
    report(migrate(42), "nothing is forgotten");
    report(false, "what comes after");
  } else if (same(how, "migrates and hangs")) {
    migrate(42);
    for (;;) __asm__ volatile("cli; hlt");
  } else if (same(how, "speaks like Linux")) {
    print("BUG: what Linux says of a general protection fault\n");
    report(true, "a part");
  } else {
    report(false, how);
  }
}
