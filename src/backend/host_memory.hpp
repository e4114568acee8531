#pragma once
/// \file
/// Memory of the backends that compute on the host.

#include <cstdint>

#include "kernels/scratch.hpp"

namespace myriad::detail {

/// Uninitialised memory aligned to 64 bytes; null for 0 bytes. Throws OutOfMemory with the size when
/// exhausted.
void* allocate_host(std::int64_t bytes);
void deallocate_host(void* memory);

/// Scratch that at least doubles when it has to grow.
class GrowingScratch final : public kernels::Scratch {
 public:
  GrowingScratch() = default;
  GrowingScratch(const GrowingScratch&) = delete;
  GrowingScratch& operator=(const GrowingScratch&) = delete;
  ~GrowingScratch() override { deallocate_host(memory_); }
  void* get(std::int64_t bytes) override;

 private:
  void* memory_ = nullptr;
  std::int64_t capacity_ = 0;
};

}  // namespace myriad::detail
