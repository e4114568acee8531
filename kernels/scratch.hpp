#pragma once
/// \file
/// Temporary memory of ops, owned by the backend.

#include <cstdint>

namespace myriad::kernels {

/// Grows on demand and is kept between calls, so that hot ops do not allocate.
class Scratch {
 public:
  virtual ~Scratch() = default;
  /// Memory of at least \p bytes, aligned to 64 bytes, valid until the next call of get(). Content
  /// is undefined.
  virtual void* get(std::int64_t bytes) = 0;

  template <class T>
  T* array(std::int64_t count) {
    return static_cast<T*>(get(count * static_cast<std::int64_t>(sizeof(T))));
  }
};

}  // namespace myriad::kernels
