#pragma once
/// \file
/// What the families of scores share.

#include <cstddef>
#include <limits>

namespace myriad::diag::detail {

inline constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Mean of value(point) over the points of row \p row, eastwards in fp64.
template <class Value>
double row_mean(std::size_t row, std::size_t nlon, Value&& value) {
  double sum = 0.0;
  for (std::size_t point = row * nlon; point < (row + 1) * nlon; ++point) sum += value(point);
  return sum / static_cast<double>(nlon);
}

}  // namespace myriad::diag::detail
