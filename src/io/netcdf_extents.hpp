#pragma once
/// \file
/// Small helpers of the NetCDF wrapper. Internal to src/io.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace myriad::io::detail {

/// Number of elements; the largest integer on overflow or a negative extent, so that any bound
/// refuses it.
inline std::int64_t checked_product(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (std::int64_t extent : extents) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product))
      return std::numeric_limits<std::int64_t>::max();
  }
  return product;
}

inline std::vector<std::size_t> to_sizes(std::span<const std::int64_t> values) {
  std::vector<std::size_t> sizes;
  for (std::int64_t value : values) sizes.push_back(static_cast<std::size_t>(value));
  return sizes;
}

}  // namespace myriad::io::detail
