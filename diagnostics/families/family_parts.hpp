#pragma once
/// \file
/// What the families of scores share.

#include <cstddef>
#include <limits>

#include "diagnostics/moments.hpp"

namespace myriad::diag::detail {

inline constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Mean of weight times value(point) over the points of row \p row, eastwards in fp64; without
/// weights of \p fields of the values.
template <class Value>
double row_mean(const CaseFields& fields, std::size_t row, Value&& value) {
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  double sum = 0.0;
  for (std::size_t point = row * nlon; point < (row + 1) * nlon; ++point) {
    if (fields.weights.empty()) {
      sum += value(point);
    } else if (fields.weights[point] != 0.0F) {
      sum += static_cast<double>(fields.weights[point]) * value(point);
    }
  }
  return sum / static_cast<double>(nlon);
}

}  // namespace myriad::diag::detail
