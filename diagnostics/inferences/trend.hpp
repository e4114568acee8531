#pragma once
/// \file
/// Does the forecast drift away from the truth? The trend of the bias as results of a verification.

#include <memory>

#include "diagnostics/inference.hpp"

namespace myriad::diag {

/// `drift`, the trend of the mean error of the ensemble mean from the first lead to this one, per day, and `drift_p`, of no trend.
///
/// The trend is that of drift() with blocks of starts (VerificationShape::block) in the role of the members: leads of one start depend
/// on each other, blocks do not. Absent for fewer than k_least_clusters blocks, at the first lead and where a lead is not scored.
std::shared_ptr<const Inference> make_drift_test();

}  // namespace myriad::diag
