#pragma once
/// \file
/// Writes small climates of quantiles.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "src/grid/grid.hpp"

namespace myriad::diag::test {

/// A climate of z500 and its faults.
struct ClimateFile {
  std::vector<double> percent{0, 1, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99, 100};
  int months = 12;
  std::string units = "m2 s-2";
  std::string channel = "z500";
  /// Quantile of (month 1..12, percent, point).
  std::function<double(int, double, std::size_t)> value = [](int month, double p, std::size_t) {
    return 100.0 * month + p;
  };

  void write(const std::filesystem::path& path, const Grid& grid) const;
};

}  // namespace myriad::diag::test
