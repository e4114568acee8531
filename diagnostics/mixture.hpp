#pragma once
/// \file
/// Ensembles that are mixtures of components (checkpoints, model versions): how much of their skill
/// is skill of the components, how much is their difference.
///
/// Component j has M_j members and a weight w_j >= 0; the weights add up to 1. Averages over points
/// and dates are taken of the terms below, then the identities hold for the averages too.

#include <span>
#include <vector>

namespace myriad::diag {

/// Divisor of mean distances inside one component: M^2 counts a member's distance to itself and
/// belongs to crps_standard; M (M - 1) does not and belongs to crps_fair.
enum class PairEstimator : unsigned char { standard, fair };

/// What the CRPS of a mixture is made of, for J components.
struct MixtureTerms {
  std::vector<double> absolute;  ///< [J]: A_j = mean |x_j - y|
  std::vector<double> distance;  ///< [J, J]: B_jk = mean |x_j - x_k|, symmetric

  std::size_t components() const { return absolute.size(); }
  double pair(std::size_t j, std::size_t k) const { return distance[j * components() + k]; }
};

/// Terms of one case: the members of each component at one point, and the truth there.
///
/// Preconditions: at least one component, each with a member; the fair estimator needs two in each.
/// Units: those of the values. Cost: O(J N log N) for N members in all.
MixtureTerms mixture_terms(std::span<const std::vector<double>> components, double truth,
                           PairEstimator estimator);

/// Mean of \p terms with \p weights (area, dates); the weights are divided by their sum.
/// Preconditions: as many weights as terms, all terms of the same number of components.
MixtureTerms mean_terms(std::span<const MixtureTerms> terms, std::span<const double> weights);

/// CRPS of a mixture: sum_j w_j A_j - 1/2 sum_jk w_j w_k B_jk.
double mixture_crps(const MixtureTerms& terms, std::span<const double> weights);

/// The same as skill of the components less their diversity.
struct MixtureSkill {
  double component_crps = 0.0;  ///< S = sum_j w_j (A_j - B_jj / 2)
  double diversity = 0.0;       ///< D = 1/2 sum_jk w_j w_k B_jk - 1/2 sum_j w_j B_jj
  double crps = 0.0;            ///< S - D
};

/// Decompose the CRPS of a mixture. D = sum_j w_j integral (F_j - F)^2 does not depend on the
/// truth, so that it can be had when the forecast is made. Source: ambiguity decomposition (Krogh
/// and Vedelsby 1995) for the kernel score |x - y|; with the standard estimator D is not negative.
MixtureSkill decompose_crps(const MixtureTerms& terms, std::span<const double> weights);

/// What component j is worth: CRPS of the mixture without it, the other weights scaled up, less
/// that of the mixture. Negative: the mixture is better without it. Shapes: [J]; NaN for a
/// component that has all the weight.
std::vector<double> component_values(const MixtureTerms& terms, std::span<const double> weights);

/// Squared error of the mean of the component means, and where it comes from:
/// (m - y)^2 = sum_j w_j (m_j - y)^2 - sum_j w_j (m_j - m)^2.
struct MeanError {
  double component_error = 0.0;  ///< sum_j w_j (m_j - y)^2
  double diversity = 0.0;        ///< sum_j w_j (m_j - m)^2
  double error = 0.0;            ///< (m - y)^2
};
MeanError decompose_mean_error(std::span<const double> means, std::span<const double> weights,
                               double truth);

/// Variance of a mixture by the law of total variance.
struct VarianceSplit {
  double within = 0.0;   ///< sum_j w_j v_j: initial states and noise
  double between = 0.0;  ///< sum_j w_j (m_j - m)^2: the model
  /// Estimate of the variance between models of equal weight, without what the finite M_j add to
  /// it: sum_j (m_j - m)^2 / (J - 1) - mean_j s_j^2 / M_j. May be negative; NaN for one component.
  double between_fair = 0.0;
};

/// Split the variance.
/// \param variances [J] of the members of each component with divisor M_j (v_j), so that within and
/// between add up to the variance of the mixture exactly
/// \param members [J] M_j; between_fair needs at least 2 in each and is NaN otherwise
VarianceSplit split_variance(std::span<const double> means, std::span<const double> variances,
                             std::span<const double> weights, std::span<const int> members);

}  // namespace myriad::diag
