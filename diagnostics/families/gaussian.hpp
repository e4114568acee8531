#pragma once
/// \file
/// Scores of the Gaussian fitted to the members.

#include <string>
#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// Smallest standard deviation believed of a channel.
struct MinimumSpread {
  std::string channel;
  double value = 0.0;  ///< unit of the channel
};

struct GaussianOptions {
  std::vector<VerifiedChannel> channels;  ///< those of the verification
  double climate_share = 1e-3;            ///< smallest standard deviation over the climate's
  std::vector<MinimumSpread> minimum;     ///< channels that are not named: 0
};

/// Family "gaussian", of every channel. With m the mean and s^2 the variance (N - 1) of the
/// members:
///
/// log_score_gaussian: mean of ln(2 pi s^2)/2 + (y - m)^2/(2 s^2), in nats, the density taken per
/// unit of the channel; dawid_sebastiani: mean of ln s^2 + (y - m)^2/s^2; gaussian_floor_share:
/// share of points whose s was raised. s is raised to the largest of the channel's minimum,
/// climate_share times the climate's standard deviation (where the case has one) and 2^-23 |m|, the
/// resolution of the fields. Where that is 0 and s too (no member differs from 0), no density
/// exists and the scores are absent: give the channel a minimum. Neither score is fair: a small
/// ensemble is penalised for not knowing its variance. *Errors* ErrorKind::config_invalid E2552
/// (unknown channel, negative or not finite minimum or share). *Source* Dawid and Sebastiani 1999,
/// Annals of Statistics 27, 65; Gneiting and Raftery 2007, 4.1.
std::shared_ptr<const ScoreFamily> make_gaussian_family(const GaussianOptions& options);

}  // namespace myriad::diag
