#pragma once
/// \file
/// Open a series and read all it offers, for the targets of the field readers.

#include <algorithm>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "src/io/field_series.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

inline void walk_series(const io::SeriesOptions& options) {
  try {
    const auto series = io::open_field_series(options);
    const std::int64_t points = series->grid().points();
    require(!series->channels().empty() && !series->times().empty(), "a series is not empty");
    require(std::is_sorted(series->times().begin(), series->times().end()), "times increase");
    std::vector<float> field(static_cast<std::size_t>(points));
    const auto times = std::min<std::int64_t>(static_cast<std::int64_t>(series->times().size()), 4);
    for (std::int64_t t = 0; t < times; ++t) {
      for (std::int64_t c = 0; c < static_cast<std::int64_t>(series->channels().size()); ++c) {
        try {
          series->read(t, std::span(&c, 1), field);
          for (const float value : field) require(value == value, "an accepted field holds no NaN");
        } catch (const Error&) {
        }
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace myriad::fuzz
