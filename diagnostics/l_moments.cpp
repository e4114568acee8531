#include "diagnostics/l_moments.hpp"

#include <cmath>
#include <limits>

#include "src/base/error.hpp"

namespace myriad::diag {

std::vector<double> l_moment_weights(std::int64_t sample, int moments) {
  MYRIAD_EXPECT(moments >= 1 && moments <= sample && moments <= 16);
  const auto n = static_cast<std::size_t>(sample);
  std::vector<double> weights(static_cast<std::size_t>(moments) * n, 0.0);
  for (int r = 0; r < moments; ++r) {
    double* row = weights.data() + static_cast<std::size_t>(r) * n;
    // Coefficient of b_k in l_(r+1): (-1)^(r-k) (r over k) (r+k over k).
    double coefficient = r % 2 == 0 ? 1.0 : -1.0;
    for (int k = 0; k <= r; ++k) {
      for (std::size_t i = 0; i < n; ++i) {
        // (i over k) / (n-1 over k): how often x_(i+1) is the largest of k + 1 draws.
        double share = coefficient / static_cast<double>(n);
        for (int j = 0; j < k; ++j)
          share *= (static_cast<double>(i) - j) / (static_cast<double>(n) - 1.0 - j);
        row[i] += share;
      }
      coefficient *= -static_cast<double>((r - k) * (r + k + 1)) / ((k + 1.0) * (k + 1.0));
    }
  }
  return weights;
}

LMoments l_moments(std::span<const double> ascending) {
  MYRIAD_EXPECT(ascending.size() >= 2);
  const int count = ascending.size() < 4 ? static_cast<int>(ascending.size()) : 4;
  const auto weights = l_moment_weights(static_cast<std::int64_t>(ascending.size()), count);
  double l[4] = {0.0, 0.0, 0.0, 0.0};
  for (std::size_t r = 0; r < static_cast<std::size_t>(count); ++r) {
    for (std::size_t i = 0; i < ascending.size(); ++i)
      l[r] += weights[r * ascending.size() + i] * ascending[i];
  }
  const double absent = std::numeric_limits<double>::quiet_NaN();
  // Equal values leave rounding for l_2.
  const bool flat = ascending.front() == ascending.back();
  return {l[0], flat ? 0.0 : l[1], flat || count < 3 ? absent : l[2] / l[1],
          flat || count < 4 ? absent : l[3] / l[1]};
}

}  // namespace myriad::diag
