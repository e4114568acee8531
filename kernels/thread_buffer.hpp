#pragma once
/// \file
/// Work memory of a transform tile. Private to kernels/.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kernels/contract.hpp"

namespace myriad::kernels::detail {

/// 64-byte aligned memory that grows on demand and is kept, so that a warm transform does not
/// allocate.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() { std::free(memory_); }

  template <class T>
  T* get(std::int64_t count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    if (bytes > bytes_) {
      std::free(memory_);
      memory_ = std::aligned_alloc(64, bytes);
      MYRIAD_KERNEL_EXPECT(memory_ != nullptr);
      bytes_ = bytes;
    }
    return static_cast<T*>(memory_);
  }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace myriad::kernels::detail
