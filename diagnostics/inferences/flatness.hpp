#pragma once
/// \file
/// Are the rank histograms flat? The test of clustered_flatness() as results of a verification.

#include <memory>

#include "diagnostics/inference.hpp"

namespace myriad::diag {

/// `rank_flatness` with its p-value, `rank_slope_t` and `rank_convexity_t` with theirs, `rank_effective_cases`.
///
/// On the histograms of each start, in k_rank_groups groups of ranks or as many as there are bins; starts of one block
/// (VerificationShape::block) are one unit. Absent for single forecasts, fewer than 3 bins, and fewer than k_least_clusters blocks.
std::shared_ptr<const Inference> make_rank_test();

}  // namespace myriad::diag
