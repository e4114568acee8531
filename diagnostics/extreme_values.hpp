#pragma once
/// \file
/// The distribution of largest values (of a season, of an ensemble) and how rare its values are.

#include <cstdint>
#include <span>

#include "diagnostics/scores.hpp"

namespace myriad::diag {

/// Generalised extreme value distribution F(x) = exp(-(1 + shape (x - location)/scale)^(-1/shape));
/// shape 0 is the Gumbel distribution, positive has a heavy tail, negative a bound above. Hydrology
/// writes k = -shape.
struct ExtremeDistribution {
  double location = 0.0;
  double scale = 1.0;
  double shape = 0.0;

  double cdf(double x) const;
  /// Preconditions: p in (0, 1).
  double quantile(double p) const;
};

enum class ExtremeFamily : unsigned char { generalised, gumbel };

/// Fit to \p ascending largest values by L-moments; for smallest values fit their negatives.
///
/// The shape solves L-skewness = 2 (1 - 3^shape)/(1 - 2^shape) - 3, which has one solution, to
/// rounding (the published approximation of it is good to 9e-4).
/// Preconditions: sorted. Errors: ErrorKind::input_corrupt for fewer than 3 values or when all, or
/// all but one, are equal (E2542). Source: Hosking, Wallis and Wood 1985, eqs. 12-15; Gumbel:
/// Hosking 1990, table 2.
ExtremeDistribution fit_extremes(std::span<const double> ascending,
                                 ExtremeFamily family = ExtremeFamily::generalised);

/// Value that is exceeded once in \p period draws on average. Preconditions: period above 1.
double return_level(const ExtremeDistribution& distribution, double period);

/// How often \p value is exceeded: the mean number of draws between; infinite beyond a bound.
double return_period(const ExtremeDistribution& distribution, double value);

struct ReturnLevel {
  double value = 0.0;
  Interval interval;
};

/// Return level of the fit to \p ascending and its interval by parametric bootstrap: samples of the
/// same size are drawn from the fit and fitted again; percentiles of their return levels.
///
/// \param options replicates, level and seed; blocks have no meaning here
/// Errors: as fit_extremes(). Determinism: bitwise; sample r draws from stream bootstrap, member r.
/// Cost: replicates times sorting and fitting. Source: Davison and Hinkley 1997, section 2.2.
ReturnLevel estimate_return_level(std::span<const double> ascending, double period,
                                  ExtremeFamily family = ExtremeFamily::generalised,
                                  const BootstrapOptions& options = {});

}  // namespace myriad::diag
