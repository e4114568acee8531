#include "src/backend/host_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace myriad::detail {

void* allocate_host(std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  constexpr std::size_t alignment = 64;
  const std::size_t rounded =
      (static_cast<std::size_t>(bytes) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) {
    std::fprintf(stderr,
                 "out of memory: %lld bytes of tensor storage requested (the plan does not fit "
                 "this machine)\n",
                 static_cast<long long>(bytes));
    std::abort();
  }
  return memory;
}

void deallocate_host(void* memory) {
  std::free(memory);
}

void* GrowingScratch::get(std::int64_t bytes) {
  if (bytes > capacity_) {
    deallocate_host(memory_);
    capacity_ = std::max(bytes, 2 * capacity_);
    memory_ = allocate_host(capacity_);
  }
  return memory_;
}

}  // namespace myriad::detail
