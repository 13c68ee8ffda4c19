// The little that these tests need: a serial port, reports, and an end.
#ifndef KUT_H_
#define KUT_H_

#include <stdbool.h>
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint8_t inb(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static inline void outw(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
static inline void outl(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint32_t inl(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

void print(const char* text);
// Until a byte comes from the serial port.
void wait_for_key(void);
void print_number(unsigned number);
bool same(const char* a, const char* b);

// "PASS: name" or "FAIL: name".
void report(bool passed, const char* name);
// A failure that is known: "XFAIL: name", or "XPASS: name" if it is none.
void report_xfail(bool passed, const char* name);
void report_skip(const char* name);

// Ends qemu through isa-debug-exit, whose exit status is then 2 * value + 1.
void end(uint8_t value) __attribute__((noreturn));

// The test: what follows the kernel's name on its command line.
void test(const char* arguments);

#endif  // KUT_H_
