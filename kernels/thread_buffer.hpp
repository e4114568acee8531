#pragma once
/// \file
/// Work memory of a transform tile. Private to kernels/.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace myriad::kernels::detail {

/// 64-byte aligned memory that grows on demand and is kept, so that a warm transform does not
/// allocate.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() { std::free(memory_); }

  /// Throws std::bad_alloc when exhausted, as a std::vector would; the buffer is empty then.
  template <class T>
  T* get(std::int64_t count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    if (bytes > bytes_) {
      std::free(memory_);
      bytes_ = 0;
      memory_ = std::aligned_alloc(64, bytes);
      if (memory_ == nullptr) throw std::bad_alloc();
      bytes_ = bytes;
    }
    return static_cast<T*>(memory_);
  }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace myriad::kernels::detail
