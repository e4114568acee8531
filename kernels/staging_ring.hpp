#pragma once
/// \file
/// Host memory through which inputs go to a device whose copies are still under way when a call returns.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "kernels/contract.hpp"

namespace myriad::kernels::detail {

/// Hands out the bytes of a buffer in turn. A place is used again only when the copy from it is complete.
///
/// \tparam Copy a queued copy; `wait()` returns when it is complete. Copies complete in the order of commit().
template <class Copy>
class StagingRing {
 public:
  /// \param memory of \p bytes, which outlives the ring
  StagingRing(char* memory, std::int64_t bytes) : memory_(memory), bytes_(bytes) {}

  /// A place, aligned to 256 bytes, for at most all bytes of the buffer. Waits for the copies that lie there.
  char* reserve(std::int64_t bytes) {
    MYRIAD_KERNEL_EXPECT(bytes > 0 && bytes <= bytes_);
    begin_ = (end_ + 255) / 256 * 256;
    if (begin_ + bytes > bytes_) begin_ = 0;
    end_ = begin_ + bytes;
    while (under_way_.size() >= k_most || occupied()) {
      under_way_.front().copy.wait();
      under_way_.pop_front();
    }
    return memory_ + begin_;
  }
  /// \p copy reads the place that was reserved last.
  void commit(Copy copy) { under_way_.push_back({begin_, end_, std::move(copy)}); }

 private:
  static constexpr std::size_t k_most = 1024;  ///< bounds what a crowd of small copies costs
  struct Place {
    std::int64_t begin, end;
    Copy copy;
  };
  bool occupied() const {
    for (const Place& place : under_way_) {
      if (place.begin < end_ && begin_ < place.end) return true;
    }
    return false;
  }

  char* memory_;
  std::int64_t bytes_, begin_ = 0, end_ = 0;
  std::deque<Place> under_way_;
};

}  // namespace myriad::kernels::detail
