#pragma once
/// \file
/// Scores per total degree, made of the mean spectra of a verification.

#include <span>
#include <string_view>
#include <vector>

#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// One score per degree; all have no unit.
struct SpectralScore {
  std::string_view name;        ///< as in files, without the channel
  std::string_view long_name;   ///< for people
  std::string_view definition;  ///< the estimator as an equation in plain text
  /// Values [lmax], NaN where a degree has no power; empty when a spectrum is absent.
  std::vector<double> (*value)(const ScoreResults&, std::size_t channel, std::size_t lead);
};

/// With P the power of degree l (SpectrumConvention::power) averaged over dates, x_i members, t
/// truth, m ensemble mean, S the ensemble variance per degree (SpectrumOf::spread), N members:
///
/// - power_ratio: P_x / P_t; 1 where members have the truth's variability, below 1 blurred
/// - spread_skill_ratio_by_degree: sqrt((N+1)/N S / P_(m-t)); 1 is reliable at every scale
/// - coherence_of_mean: Re<m, t> / sqrt(P_m P_t), Re<m, t> = (P_m + P_t - P_(m-t)) / 2
/// - coherence_with_truth: Re<x, t> / sqrt(P_x P_t), where Re<x, t> averaged over members is
///   Re<m, t>
/// - coherence_of_members: Re<x_i, x_j> / P_x for different members, (P_x - S) / P_x; where the
///   ensemble is reliable it equals coherence_with_truth
/// - isotropy_of_members, isotropy_of_truth: mean |m| of the degree over l (l+1) / (2l+1), its value
///   for isotropic fields; below 1 zonal structures prevail. Absent at l = 0.
///
/// Source: generative.md 9.2, 9.3; HENS I, section 4.3 (spectra); makani's coherence is that of the
/// mean.
std::span<const SpectralScore> spectral_scores();

}  // namespace myriad::diag
