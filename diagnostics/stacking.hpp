#pragma once
/// \file
/// Weights of the components of a mixture that make its CRPS smallest (stacking), one set for each
/// lead and region that the caller averages the terms over.

#include <cstdint>
#include <span>
#include <vector>

#include "diagnostics/mixture.hpp"

namespace myriad::diag {

struct StackingOptions {
  /// rho: weight of sum_j (w_j - 1/J)^2, in the unit of the CRPS; keeps weights that the data do
  /// not decide about near equal ones.
  double regularisation = 0.0;
};

struct StackingWeights {
  std::vector<double> weights;  ///< [J], not negative, sum 1
  double crps = 0.0;            ///< of the mixture with them, without the regularisation
  /// Largest violation of the optimality conditions relative to the largest term: a component in
  /// use whose gradient differs from the common one, or one out of use with a smaller gradient.
  double residual = 0.0;
};

/// Minimise sum_j w_j A_j - 1/2 sum_jk w_j w_k B_jk + rho sum_j (w_j - 1/J)^2 over the simplex.
///
/// Distances are of negative type, so with the standard estimator the problem is convex and its
/// optimum global; of equally good weights those next to equal ones are taken. Fair estimates B_jj
/// of few members and dates need not be of negative type: then there is an error unless
/// rho makes up for it.
/// Preconditions: at least one component, rho not negative. Units: those of the terms.
/// Errors: ErrorKind::input_corrupt for a term that is not finite (E2540) and for a problem that is
/// not convex (E2541).
/// Determinism: bitwise. Cost: O(J^4) at most in practice, J of some dozens.
/// Source: active-set method for convex quadratic programs (Nocedal and Wright 2006, algorithm
/// 16.3), started from the best single component; kernel scores as quadratic forms: Gneiting and
/// Raftery 2007, section 5.
StackingWeights stack(const MixtureTerms& terms, const StackingOptions& options = {});

/// The candidate for rho whose weights do best on data that they were not fitted to: each block of
/// dates is left out in turn, the others (their mean terms) are fitted, and the CRPS of the block
/// left out is averaged. The larger one of equals.
///
/// \param blocks mean terms of the dates of each block, for instance of one month; at least 2
/// Preconditions: at least one candidate. Errors: as stack().
double choose_regularisation(std::span<const MixtureTerms> blocks,
                             std::span<const double> candidates);

/// Whole members for weights: w_j N rounded so that they add up to N (largest remainders, the first
/// of equal ones). Physical fields are never averaged with weights; components get more or fewer
/// members instead.
/// Preconditions: members not negative, weights as from stack().
std::vector<std::int64_t> members_of_weights(std::span<const double> weights, std::int64_t members);

}  // namespace myriad::diag
