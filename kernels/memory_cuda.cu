#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "kernels/device_cuda.hpp"

namespace myriad::kernels::cuda {

namespace {

/// What this process, which drives one device, has allocated there.
class Ledger {
 public:
  void add(void* memory, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    blocks_.emplace(memory, bytes);
    used_ += bytes;
    peak_ = std::max(peak_, used_);
  }
  void remove(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto block = blocks_.find(memory);
    if (block == blocks_.end()) return;
    used_ -= block->second;
    blocks_.erase(block);
  }
#ifdef MYRIAD_CUDA_EMULATION  // a real device is asked itself
  std::int64_t used() {
    const std::lock_guard lock(mutex_);
    return used_;
  }
#endif
  std::int64_t take_peak() {
    const std::lock_guard lock(mutex_);
    return std::exchange(peak_, used_);
  }

 private:
  std::mutex mutex_;
  std::map<void*, std::int64_t> blocks_;
  std::int64_t used_ = 0, peak_ = 0;
};

Ledger& ledger() {
  static auto* const made = new Ledger;  // outlives every static tensor
  return *made;
}

#ifdef MYRIAD_CUDA_EMULATION

/// Size of the emulated device's memory; negative: that of the host.
std::int64_t limit() {
  static const char* const text = std::getenv("MYRIAD_EMULATED_DEVICE_BYTES");
  return text == nullptr ? -1 : std::atoll(text);
}

void* host_block(std::int64_t bytes) {
  void* const memory = std::aligned_alloc(256, (static_cast<std::size_t>(bytes) + 255) / 256 * 256);
  if (memory == nullptr && bytes > 0) throw std::bad_alloc();
  return memory;
}

void* take(std::int64_t bytes) {
  MYRIAD_KERNEL_EXPECT(!emulation::recording());
  if (limit() >= 0 && ledger().used() + bytes > limit()) throw std::bad_alloc();
  void* const memory = host_block(bytes);
  std::memset(memory, 0xff,
              static_cast<std::size_t>(bytes));  // NaN: nobody may rely on fresh memory
  return memory;
}

void give_back(void* memory) {
  emulation::settle();
  std::free(memory);
}

#else

void* take(std::int64_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // or the next launch would report it
    std::size_t free_bytes = 0, total = 0;
    cudaMemGetInfo(&free_bytes, &total);
    std::fprintf(stderr,
                 "out of GPU memory: %lld bytes requested, %zu of %zu free; use a smaller block\n",
                 static_cast<long long>(bytes), free_bytes, total);
    throw std::bad_alloc();
  }
  check(status, "cudaMalloc");
  return memory;
}

void give_back(void* memory) {
  check(cudaFree(memory), "cudaFree");
}

#endif

}  // namespace

void* Device::allocate(std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  void* const memory = take(bytes);
  ledger().add(memory, bytes);
  return memory;
}

void Device::deallocate(void* memory) {
  ledger().remove(memory);
  give_back(memory);
}

std::int64_t Device::take_memory_peak() {
  return ledger().take_peak();
}

#ifdef MYRIAD_CUDA_EMULATION

std::int64_t Device::memory_available() const {
  return limit() < 0 ? -1 : limit() - ledger().used();
}
void* Device::allocate_host(std::int64_t bytes) {
  return host_block(bytes);
}
void Device::deallocate_host(void* memory) {
  std::free(memory);
}

#else

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "CUDA: %s failed: %s (%s)\n", what, cudaGetErrorName(status),
               cudaGetErrorString(status));
  std::abort();
}

std::int64_t Device::memory_available() const {
  std::size_t free_bytes = 0, total = 0;
  check(cudaMemGetInfo(&free_bytes, &total), "cudaMemGetInfo");
  return static_cast<std::int64_t>(free_bytes);
}
void* Device::allocate_host(std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t status = cudaMallocHost(&memory, static_cast<std::size_t>(bytes));
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // or the next launch would report it
    std::fprintf(stderr, "out of page-locked host memory: %lld bytes requested\n",
                 static_cast<long long>(bytes));
    throw std::bad_alloc();
  }
  check(status, "cudaMallocHost");
  return memory;
}
void Device::deallocate_host(void* memory) {
  check(cudaFreeHost(memory), "cudaFreeHost");
}

#endif

}  // namespace myriad::kernels::cuda
