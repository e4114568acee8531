#pragma once
/// \file
/// Comparison of arrays that shows where they differ (link myriad_test_support).

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

namespace myriad::test {

/// |actual - expected| <= absolute + relative max|expected| for every element.
struct Tolerance {
  double relative = 0.0;  ///< of the largest magnitude of the expected values
  double absolute = 0.0;
};

/// Success when the arrays agree within \p tolerance; two NaNs at one place agree, NaN against a
/// number never does. A failure lists the number of mismatches and the \p shown worst ones, with
/// their indices in \p extents (row-major; empty: one index).
testing::AssertionResult all_close(std::span<const double> actual, std::span<const double> expected,
                                   Tolerance tolerance,
                                   const std::vector<std::int64_t>& extents = {}, int shown = 5);

/// Success when every element has the same bits (-0 differs from 0, equal NaNs agree).
testing::AssertionResult same_bits(std::span<const double> actual, std::span<const double> expected,
                                   const std::vector<std::int64_t>& extents = {}, int shown = 5);

}  // namespace myriad::test
