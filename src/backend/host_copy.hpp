#pragma once
/// \file
/// Device values on the host without waiting for the device.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "src/backend/tensor.hpp"

namespace myriad {

/// Copies a tensor to page-locked host memory of its own while later ops run. Where the host can read the backend's memory
/// nothing is copied.
class HostCopy {
 public:
  HostCopy() = default;
  HostCopy(const HostCopy&) = delete;
  HostCopy& operator=(const HostCopy&) = delete;
  ~HostCopy() {
    copy_.reset();  // waits
    if (memory_ != nullptr) backend_->deallocate_host(memory_);
  }

  /// Start after every op issued so far. Until the values of finish() are done with, no op may change or free \p source (dense),
  /// except that on a device of its own memory it may after finish(). Throws std::bad_alloc.
  void begin(Backend& backend, ConstTensorView source) {
    MYRIAD_EXPECT(!pending_ && source.dense_from(0) && (memory_ == nullptr || backend_ == &backend));
    backend_ = &backend;
    source_ = source;
    if (!backend.memory_is_on_host()) {
      const std::int64_t bytes = source.size() * kernels::size_of(source.dtype);
      if (bytes > capacity_) {
        backend.deallocate_host(std::exchange(memory_, nullptr));
        capacity_ = 0;
        memory_ = backend.allocate_host(bytes);
        capacity_ = bytes;
      }
      copy_ = backend.begin_copy_to_host(memory_, source.data, bytes);
    }
    pending_ = true;
  }
  bool pending() const { return pending_; }

  /// Wait for the values; they stay until the next begin().
  template <class T>
  std::span<const T> finish() {
    MYRIAD_EXPECT(pending_ && source_.dtype == kernels::dtype_of<T>());
    copy_ ? copy_->wait() : backend_->fence();
    copy_.reset();
    pending_ = false;
    const void* const values = memory_ != nullptr ? memory_ : source_.data;
    return {static_cast<const T*>(values), static_cast<std::size_t>(source_.size())};
  }

 private:
  Backend* backend_ = nullptr;
  ConstTensorView source_;
  void* memory_ = nullptr;
  std::int64_t capacity_ = 0;
  std::unique_ptr<kernels::PendingCopy> copy_;
  bool pending_ = false;
};

}  // namespace myriad
