#pragma once
/// \file
/// What one verification case contributes to the scores: area means of products of errors and
/// anomalies.
///
/// Everything a score needs is additive over area and dates, so a case (one channel at one lead of
/// one start) is reduced to some thirty numbers per region at once; scores are functions of their
/// averages (diagnostics/scores.hpp).

#include <array>
#include <cstdint>
#include <span>

#include "src/statistics/member_columns.hpp"

namespace myriad::diag {

/// Single-valued forecasts that are scored side by side.
enum class Forecast : std::uint8_t { ensemble_mean, control, persistence, climatology };
inline constexpr int k_forecast_count = 4;

/// Means of a single-valued forecast f against truth y, with climate mean c.
enum class ErrorMoment : std::uint8_t {
  bias,        ///< f - y
  absolute,    ///< |f - y|
  squared,     ///< (f - y)^2
  covariance,  ///< (f - c)(y - c)
  power,       ///< (f - c)^2
};
inline constexpr int k_error_moment_count = 5;

/// Means that belong to the truth, the ensemble or the climate.
enum class CaseMoment : std::uint8_t {
  truth_power,       ///< (y - c)^2
  variance,          ///< ensemble variance, divisor N - 1
  crps_standard,     ///< CRPS of the empirical distribution of the members
  crps_fair,         ///< fair CRPS
  climate_variance,  ///< squared standard deviation of the climate
  climate_crps,      ///< CRPS of the Gaussian with climate mean and standard deviation
  best_absolute,     ///< min_i |x_i - y|
  outlier,           ///< share of points whose rank is 0 or N; set by the rank counts (ranks.hpp)
};
inline constexpr int k_case_moment_count = 8;

inline constexpr int k_moment_count = k_forecast_count * k_error_moment_count + k_case_moment_count;

/// Values of all moments; NaN where the inputs for one were not given.
/// Units: powers of the channel's unit.
class Moments {
 public:
  Moments();  ///< all NaN
  double& operator()(Forecast forecast, ErrorMoment moment) {
    return value_[index(forecast, moment)];
  }
  double operator()(Forecast forecast, ErrorMoment moment) const {
    return value_[index(forecast, moment)];
  }
  double& operator()(CaseMoment moment) { return value_[index(moment)]; }
  double operator()(CaseMoment moment) const { return value_[index(moment)]; }
  std::span<double, k_moment_count> values() { return value_; }
  std::span<const double, k_moment_count> values() const { return value_; }

 private:
  static std::size_t index(Forecast forecast, ErrorMoment moment) {
    return static_cast<std::size_t>(forecast) * k_error_moment_count +
           static_cast<std::size_t>(moment);
  }
  static std::size_t index(CaseMoment moment) {
    return static_cast<std::size_t>(k_forecast_count) * k_error_moment_count +
           static_cast<std::size_t>(moment);
  }
  std::array<double, k_moment_count> value_;
};

/// The fields of one case on a full grid or on a band of its rows. Row-major; all in the unit of
/// the channel.
struct CaseFields {
  std::int64_t nlat = 0;
  std::int64_t nlon = 0;
  std::int64_t members = 0;
  std::span<const float> ensemble;      ///< [member, lat, lon]
  std::span<const float> truth;         ///< [lat, lon]
  std::span<const float> control;       ///< [lat, lon] or empty
  std::span<const float> persistence;   ///< [lat, lon] or empty: the analysis at the start
  std::span<const float> climate_mean;  ///< [lat, lon] or empty
  std::span<const float> climate_std;   ///< [lat, lon] or empty; needs climate_mean
  /// [lat, lon] or empty (all 1): every mean along a row is that of weight times value; a point of
  /// weight 0 is not looked at.
  std::span<const float> weights = {};

  std::int64_t points() const { return nlat * nlon; }
};

/// Zonal means of every moment of \p fields but `outlier`, row by row, weighted by fields.weights.
///
/// \param columns the members of the rows of \p fields, loaded; `fields.ensemble` is not used
/// \param errors of \p columns against fields.truth
/// Shapes: rows [lat]. Moments whose inputs are empty are NaN; ensemble moments with N = 1 too,
/// except that both CRPS are then the absolute error.
/// Determinism: bitwise; sums run eastwards in fp64; a row does not depend on the others.
/// Cost: O(N points) and sorting the members, O(N log^2 N points).
/// Source: sfno.md 9.1-9.4; Gaussian CRPS: Gneiting et al. 2005, eq. 5.
void row_moments(MemberColumns& columns, const MemberErrors& errors, const CaseFields& fields,
                 std::span<Moments> rows);

/// Area mean of row moments: sum_k weights[k] rows[k], southwards in fp64. Rows of weight 0 are
/// left out.
Moments area_mean(std::span<const Moments> rows, std::span<const double> weights);

/// Mean over dates in their order. An absent moment (NaN) of one date makes the mean absent.
Moments date_mean(std::span<const Moments> dates);

/// CRPS of the Gaussian N(mean, std^2) against \p truth: std (z (2 Phi(z) - 1) + 2 phi(z) -
/// 1/sqrt(pi)); |mean - truth| for std = 0.
/// Source: Gneiting et al. 2005, eq. 5.
double gaussian_crps(double mean, double std, double truth);

}  // namespace myriad::diag
