#include "large_pages.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace kvmtest {

void UseLargePages() {
#ifdef __GLIBC__
  constexpr int kHeap = 32 << 20;  // address space; memory is taken as it is used
  constexpr uintptr_t kLargePage = 2 << 20;
  mallopt(M_MMAP_THRESHOLD, kHeap);  // the most that glibc allows
  mallopt(M_TRIM_THRESHOLD, 2 * kHeap);
  mallopt(M_TOP_PAD, kHeap);
  char* const begin = static_cast<char*>(sbrk(0));
  void* volatile block = std::malloc(1 << 20);  // volatile: or the compiler leaves both out
  std::free(block);
  char* const end = static_cast<char*>(sbrk(0));
  char* const aligned = begin + (-reinterpret_cast<uintptr_t>(begin) & (kLargePage - 1));
  if (aligned < end) madvise(aligned, static_cast<size_t>(end - aligned), MADV_HUGEPAGE);
#endif
}

}  // namespace kvmtest
