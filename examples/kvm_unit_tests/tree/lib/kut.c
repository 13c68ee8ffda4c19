#include "kut.h"

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define SKIPPED 77

static unsigned total, failures, skips;

void print(const char* text) {
  for (; *text; ++text) {
    while (!(inb(COM1 + 5) & 0x20)) {
    }
    outb(COM1, (uint8_t)*text);
  }
}

void wait_for_key(void) {
  while (!(inb(COM1 + 5) & 1)) {
  }
  inb(COM1);
}

void print_number(unsigned number) {
  char digits[12];
  char* at = digits + sizeof digits - 1;
  *at = '\0';
  do {
    *--at = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  print(at);
}

bool same(const char* a, const char* b) {
  while (*a && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

static void say(const char* status, const char* name) {
  ++total;
  print(status);
  print(": ");
  print(name);
  print("\n");
}

void report(bool passed, const char* name) {
  say(passed ? "PASS" : "FAIL", name);
  failures += !passed;
}

void report_xfail(bool passed, const char* name) {
  say(passed ? "XPASS" : "XFAIL", name);
  failures += passed;
}

void report_skip(const char* name) {
  say("SKIP", name);
  ++skips;
}

void end(uint8_t value) {
  while (!(inb(COM1 + 5) & 0x40)) {  // the last byte has left
  }
  outb(DEBUG_EXIT, value);
  for (;;) __asm__ volatile("hlt");
}

// The exit status of kvm-unit-tests: 38 makes qemu's 77.
static void summary(void) {
  print("SUMMARY: ");
  print_number(total);
  print(" tests");
  if (failures) {
    print(", ");
    print_number(failures);
    print(" unexpected failures");
  }
  if (skips) {
    print(", ");
    print_number(skips);
    print(" skipped");
  }
  print("\n");
  if (failures) end(1);
  end(total && skips == total ? SKIPPED >> 1 : 0);
}

void run(const char* command_line) {
  // The first word is the kernel's path; qemu puts one blank behind it.
  while (*command_line && *command_line != ' ') ++command_line;
  test(*command_line ? command_line + 1 : command_line);
  summary();
}
