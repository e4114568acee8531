#pragma once
/// \file
/// The CRPS of an ensemble from sums over its members and its pairs.

#include <cstdint>
#include <vector>

namespace myriad::diag {

/// Weights [member] with sum_{i<j} |x_i - x_j| = sum_i w[i] x_(i), x ascending.
inline std::vector<double> pair_weights(std::int64_t members) {
  std::vector<double> weights;
  for (std::int64_t r = 0; r < members; ++r)
    weights.push_back(static_cast<double>(2 * r - members + 1));
  return weights;
}

/// Both estimators; the fair one of a single member is its absolute error.
struct CrpsEstimates {
  double standard = 0.0;
  double fair = 0.0;
};

/// With A = \p absolute = 1/N sum |x_i - y| and B = \p between = sum_{i<j} |x_i - x_j|: A - B/N^2 and
/// A - B/(N(N - 1)). Linear, so that means over points go in as well.
inline CrpsEstimates crps_of(double absolute, double between, double members) {
  return {absolute - between / (members * members),
          members > 1.0 ? absolute - between / (members * (members - 1.0)) : absolute};
}

}  // namespace myriad::diag
