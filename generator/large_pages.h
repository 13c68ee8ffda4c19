// Memory in large pages.
#ifndef KVMTEST_LARGE_PAGES_H_
#define KVMTEST_LARGE_PAGES_H_

namespace kvmtest {

// Lets the heap grow next by one piece that the kernel may back with large pages: reading a large
// configuration takes thousands of pages, and getting each of them costs more than filling it.
// Where the C library or the kernel does not do so, this changes nothing.
void UseLargePages();

}  // namespace kvmtest

#endif  // KVMTEST_LARGE_PAGES_H_
