#include "src/backend/host_memory.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "src/base/error.hpp"

namespace myriad::detail {

void* allocate_host(std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  // Large tensors start on a huge page and ask for more of them: fewer page faults at first touch,
  // fewer misses of the address translation in ops that walk over many rows at once (5 to 8 % on a
  // 1x1 convolution of 16 MB).
  constexpr std::int64_t huge_page = std::int64_t{1} << 21;
  const bool is_large = bytes >= 2 * huge_page;
  const std::size_t alignment = is_large ? static_cast<std::size_t>(huge_page) : 64;
  const std::size_t rounded =
      (static_cast<std::size_t>(bytes) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw OutOfMemory(bytes);
#ifdef __linux__
  // A refusal costs speed only.
  if (is_large) static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));
#endif
  return memory;
}

void deallocate_host(void* memory) {
  std::free(memory);
}

void* GrowingScratch::get(std::int64_t bytes) {
  if (bytes > capacity_) {
    const std::int64_t wanted = std::max(bytes, 2 * std::exchange(capacity_, 0));
    deallocate_host(std::exchange(memory_, nullptr));  // first: both may not fit
    memory_ = allocate_host(wanted);
    capacity_ = wanted;
  }
  return memory_;
}

}  // namespace myriad::detail
