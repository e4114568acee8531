#include "diagnostics/stacking.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Directions along which the terms decide nothing get this curvature, relative to the largest
/// distance, so that equally good weights become equal ones.
constexpr double k_tie_curvature = 1e-11;
/// Optimality is reached when gradients agree to this, relative to the largest term.
constexpr double k_tolerance = 1e-13;

/// The quadratic program 1/2 w' H w + c' w on the simplex.
class Program {
 public:
  Program(const MixtureTerms& terms, double regularisation) : size_(terms.components()) {
    double largest = regularisation;
    for (double value : terms.absolute) largest = std::max(largest, std::abs(value));
    for (double value : terms.distance) largest = std::max(largest, std::abs(value));
    scale_ = largest > 0.0 ? largest : 1.0;
    const double ridge = 2.0 * regularisation + k_tie_curvature * scale_;
    hessian_.resize(size_ * size_);
    for (std::size_t i = 0; i < hessian_.size(); ++i) hessian_[i] = -terms.distance[i];
    for (std::size_t j = 0; j < size_; ++j) {
      hessian_[j * size_ + j] += ridge;
      linear_.push_back(terms.absolute[j] - ridge / static_cast<double>(size_));
    }
  }

  std::size_t size() const { return size_; }
  double scale() const { return scale_; }
  double hessian(std::size_t j, std::size_t k) const { return hessian_[j * size_ + k]; }
  double linear(std::size_t j) const { return linear_[j]; }

  std::vector<double> gradient(std::span<const double> weights) const {
    std::vector<double> out = linear_;
    for (std::size_t j = 0; j < size_; ++j) {
      for (std::size_t k = 0; k < size_; ++k) out[j] += hessian(j, k) * weights[k];
    }
    return out;
  }

  /// Optimum over weights of \p used components that add up to 1, of either sign.
  ///
  /// The last component is eliminated (w_last = 1 - others), which leaves a positive definite
  /// system for Cholesky.
  std::vector<double> solve(const std::vector<std::size_t>& used) const {
    const std::size_t n = used.size() - 1;
    const std::size_t last = used.back();
    std::vector<double> matrix(n * n), right(n);
    for (std::size_t a = 0; a < n; ++a) {
      const std::size_t j = used[a];
      right[a] = -(linear(j) - linear(last) + hessian(j, last) - hessian(last, last));
      for (std::size_t b = 0; b < n; ++b) {
        const std::size_t k = used[b];
        matrix[a * n + b] =
            hessian(j, k) - hessian(j, last) - hessian(last, k) + hessian(last, last);
      }
    }
    factorise(matrix, n);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < a; ++b) right[a] -= matrix[a * n + b] * right[b];
      right[a] /= matrix[a * n + a];
    }
    for (std::size_t a = n; a-- > 0;) {
      for (std::size_t b = a + 1; b < n; ++b) right[a] -= matrix[b * n + a] * right[b];
      right[a] /= matrix[a * n + a];
    }
    std::vector<double> weights(size_, 0.0);
    double others = 0.0;
    for (std::size_t a = 0; a < n; ++a) {
      weights[used[a]] = right[a];
      others += right[a];
    }
    weights[last] = 1.0 - others;
    return weights;
  }

 private:
  /// Cholesky factor in the lower triangle.
  void factorise(std::vector<double>& matrix, std::size_t n) const {
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        double sum = matrix[a * n + b];
        for (std::size_t k = 0; k < b; ++k) sum -= matrix[a * n + k] * matrix[b * n + k];
        if (a != b) {
          matrix[a * n + b] = sum / matrix[b * n + b];
          continue;
        }
        MYRIAD_VALIDATE(sum > 0.0, ErrorKind::input_corrupt, "E2541",
                        "no best weights of the components (their mean distances are not of "
                        "negative type: curvature {:.3g}); use the standard estimator of "
                        "distances, average over more dates, or raise the regularisation",
                        sum);
        matrix[a * n + a] = std::sqrt(sum);
      }
    }
  }

  std::size_t size_;
  double scale_ = 1.0;
  std::vector<double> hessian_, linear_;
};

/// Move from \p weights towards \p wanted until a weight of \p used vanishes; that component
/// leaves. True when the whole way was possible.
bool advance(std::vector<double>& weights, const std::vector<double>& wanted,
             std::vector<std::size_t>& used) {
  double step = 1.0;
  std::size_t blocking = used.size();
  for (std::size_t a = 0; a < used.size(); ++a) {
    const std::size_t j = used[a];
    if (wanted[j] > 0.0) continue;
    // A component that has just come in and would leave again: no way at all.
    const double until_zero = weights[j] > 0.0 ? weights[j] / (weights[j] - wanted[j]) : 0.0;
    if (blocking == used.size() || until_zero < step) {
      step = std::min(until_zero, 1.0);
      blocking = a;
    }
  }
  if (blocking == used.size()) {
    weights = wanted;
    return true;
  }
  for (std::size_t j : used) weights[j] += step * (wanted[j] - weights[j]);
  weights[used[blocking]] = 0.0;
  used.erase(used.begin() + static_cast<std::ptrdiff_t>(blocking));
  return false;
}

/// Component out of use with the smallest gradient, or size() when none would improve the mixture.
std::size_t component_to_add(const Program& program, std::span<const double> weights) {
  const auto gradient = program.gradient(weights);
  double common = 0.0;
  for (std::size_t j = 0; j < program.size(); ++j) common += weights[j] * gradient[j];
  std::size_t best = program.size();
  double least = common - k_tolerance * program.scale();
  for (std::size_t j = 0; j < program.size(); ++j) {
    if (weights[j] == 0.0 && gradient[j] < least) {
      least = gradient[j];
      best = j;
    }
  }
  return best;
}

double residual_of(const Program& program, std::span<const double> weights) {
  const auto gradient = program.gradient(weights);
  double common = 0.0, worst = 0.0;
  for (std::size_t j = 0; j < program.size(); ++j) common += weights[j] * gradient[j];
  for (std::size_t j = 0; j < program.size(); ++j) {
    const double difference = common - gradient[j];
    worst = std::max(worst, weights[j] > 0.0 ? std::abs(difference) : difference);
  }
  return worst / program.scale();
}

void check_terms(const MixtureTerms& terms) {
  const std::size_t count = terms.components();
  MYRIAD_EXPECT(count >= 1 && terms.distance.size() == count * count);
  const auto finite = [](double value) { return std::isfinite(value); };
  MYRIAD_VALIDATE(std::all_of(terms.absolute.begin(), terms.absolute.end(), finite) &&
                      std::all_of(terms.distance.begin(), terms.distance.end(), finite),
                  ErrorKind::input_corrupt, "E2540",
                  "no weights of the {} components (a mean error or distance is not finite); leave "
                  "out the dates on which a component is missing",
                  count);
}

}  // namespace

StackingWeights stack(const MixtureTerms& terms, const StackingOptions& options) {
  MYRIAD_EXPECT(options.regularisation >= 0.0);
  check_terms(terms);
  const std::size_t count = terms.components();
  const Program program(terms, options.regularisation);
  // All together: whether the problem is convex must not depend on which components are used.
  std::vector<std::size_t> used(count);
  std::iota(used.begin(), used.end(), std::size_t{0});
  program.solve(used);

  std::size_t first = 0;
  const auto alone = [&](std::size_t j) { return program.linear(j) + 0.5 * program.hessian(j, j); };
  for (std::size_t j = 1; j < count; ++j) {
    if (alone(j) < alone(first)) first = j;
  }
  StackingWeights result;
  result.weights.assign(count, 0.0);
  result.weights[first] = 1.0;
  used = {first};
  // Each round lowers the score, so that no set of components comes twice; the limit is for
  // rounding.
  for (std::size_t round = 0; round < 100 * count; ++round) {
    const std::size_t next = component_to_add(program, result.weights);
    if (next == count) break;
    used.insert(std::upper_bound(used.begin(), used.end(), next), next);
    while (!advance(result.weights, program.solve(used), used)) {
    }
  }
  result.crps = mixture_crps(terms, result.weights);
  result.residual = residual_of(program, result.weights);
  return result;
}

double choose_regularisation(std::span<const MixtureTerms> blocks,
                             std::span<const double> candidates) {
  MYRIAD_EXPECT(blocks.size() >= 2 && !candidates.empty());
  double best = 0.0, least = 0.0;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    double score = 0.0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      std::vector<double> others(blocks.size(), 1.0);
      others[b] = 0.0;
      const auto fitted = stack(mean_terms(blocks, others), {candidates[c]});
      score += mixture_crps(blocks[b], fitted.weights);
    }
    if (c == 0 || score < least || (score == least && candidates[c] > best)) {
      least = score;
      best = candidates[c];
    }
  }
  return best;
}

std::vector<std::int64_t> members_of_weights(std::span<const double> weights,
                                             std::int64_t members) {
  MYRIAD_EXPECT(members >= 0 && !weights.empty());
  std::vector<std::int64_t> counts;
  std::vector<double> remainders;
  for (double weight : weights) {
    const double share = weight * static_cast<double>(members);
    counts.push_back(static_cast<std::int64_t>(std::floor(share)));
    remainders.push_back(share - std::floor(share));
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  const std::int64_t left =
      members - std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max<std::int64_t>(left, 0)); ++i)
    ++counts[order[i % order.size()]];
  return counts;
}

}  // namespace myriad::diag
