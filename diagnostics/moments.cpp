#include "diagnostics/moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "diagnostics/member_crps.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Adds the value at a point of a row to a sum: all points alike.
struct AddAll {
  void operator()(double& sum, std::size_t, double value) const { sum += value; }
};
/// By their weights.
struct AddWeighted {
  std::span<const float> weights;  ///< of the row
  void operator()(double& sum, std::size_t point, double value) const {
    if (weights[point] != 0.0F) sum += static_cast<double>(weights[point]) * value;
  }
};

/// Zonal means of the moments of one single-valued forecast; anomalies only with a climate.
template <class Value, class Add>
void add_forecast(Moments& out, Forecast forecast, std::span<const float> truth,
                  std::span<const float> climate, Value&& value, const Add& add) {
  double bias = 0.0, absolute = 0.0, squared = 0.0, covariance = 0.0, power = 0.0;
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const double f = value(j);
    const double y = static_cast<double>(truth[j]);
    const double e = f - y;
    add(bias, j, e);
    add(absolute, j, std::abs(e));
    add(squared, j, e * e);
    if (climate.empty()) continue;
    const double c = static_cast<double>(climate[j]);
    add(covariance, j, (f - c) * (y - c));
    add(power, j, (f - c) * (f - c));
  }
  const double n = static_cast<double>(truth.size());
  out(forecast, ErrorMoment::bias) = bias / n;
  out(forecast, ErrorMoment::absolute) = absolute / n;
  out(forecast, ErrorMoment::squared) = squared / n;
  out(forecast, ErrorMoment::covariance) = climate.empty() ? k_absent : covariance / n;
  out(forecast, ErrorMoment::power) = climate.empty() ? k_absent : power / n;
}

template <class Add>
void add_climate(Moments& out, std::span<const float> truth, std::span<const float> mean,
                 std::span<const float> std, const Add& add) {
  double truth_power = 0.0, variance = 0.0, crps = 0.0;
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const double a = static_cast<double>(truth[j]) - static_cast<double>(mean[j]);
    add(truth_power, j, a * a);
    if (std.empty()) continue;
    const double s = static_cast<double>(std[j]);
    add(variance, j, s * s);
    add(crps, j, gaussian_crps(static_cast<double>(mean[j]), s, static_cast<double>(truth[j])));
  }
  const double n = static_cast<double>(truth.size());
  out(CaseMoment::truth_power) = truth_power / n;
  if (std.empty()) return;
  out(CaseMoment::climate_variance) = variance / n;
  out(CaseMoment::climate_crps) = crps / n;
}

/// Mean along a row, eastwards.
template <class Add>
double zonal_mean(std::span<const double> values, const Add& add) {
  double sum = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) add(sum, j, values[j]);
  return sum / static_cast<double>(values.size());
}

void check_shapes(const CaseFields& f) {
  const auto points = static_cast<std::size_t>(f.points());
  const auto absent_or = [&](std::span<const float> field) {
    return field.empty() || field.size() == points;
  };
  MYRIAD_EXPECT(f.nlat > 0 && f.nlon > 0);
  MYRIAD_EXPECT(absent_or(f.truth) && absent_or(f.control) && absent_or(f.persistence));
  MYRIAD_EXPECT(absent_or(f.climate_mean) && absent_or(f.climate_std) && absent_or(f.weights));
  MYRIAD_EXPECT(f.climate_std.empty() || !f.climate_mean.empty());
}

}  // namespace

Moments::Moments() {
  value_.fill(k_absent);
}

double gaussian_crps(double mean, double std, double truth) {
  if (std <= 0.0) return std::abs(mean - truth);
  const double z = (truth - mean) / std;
  const double cdf_term = std::erf(z / std::numbers::sqrt2);  // 2 Phi(z) - 1
  const double pdf = std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  return std * (z * cdf_term + 2.0 * pdf - std::numbers::inv_sqrtpi);
}

void row_moments(MemberColumns& columns, const MemberErrors& errors, const CaseFields& fields,
                 std::span<Moments> rows) {
  check_shapes(fields);
  MYRIAD_EXPECT(rows.size() == static_cast<std::size_t>(fields.nlat) && !fields.truth.empty());
  MYRIAD_EXPECT(columns.points() == fields.points());
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  const double n = static_cast<double>(columns.members());
  const auto mean = columns.mean(), variance = columns.variance();
  const auto pairs = columns.combine_sorted(pair_weights(columns.members()));
  const auto fill = [&](Moments& out, std::size_t k, const auto& adder) {
    const auto row_of = [&](auto field) {
      return field.empty() ? field : field.subspan(k * nlon, nlon);
    };
    const auto truth = row_of(fields.truth);
    const auto climate = row_of(fields.climate_mean);
    out = Moments();
    const auto add = [&](Forecast forecast, auto field) {
      if (field.empty()) return;
      add_forecast(
          out, forecast, truth, climate,
          [&](std::size_t j) { return static_cast<double>(field[j]); }, adder);
    };
    add(Forecast::ensemble_mean, row_of(mean));
    add(Forecast::control, row_of(fields.control));
    add(Forecast::persistence, row_of(fields.persistence));
    add(Forecast::climatology, climate);
    if (!climate.empty()) add_climate(out, truth, climate, row_of(fields.climate_std), adder);
    out(CaseMoment::best_absolute) = zonal_mean(row_of(errors.best), adder);
    const CrpsEstimates crps =
        crps_of(zonal_mean(row_of(errors.sum), adder) / n, zonal_mean(row_of(pairs), adder), n);
    out(CaseMoment::crps_standard) = crps.standard;
    out(CaseMoment::crps_fair) = crps.fair;
    if (columns.members() < 2) return;
    out(CaseMoment::variance) = zonal_mean(row_of(variance), adder);
  };
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (fields.weights.empty()) {
      fill(rows[k], k, AddAll{});
    } else {
      fill(rows[k], k, AddWeighted{fields.weights.subspan(k * nlon, nlon)});
    }
  }
}

Moments area_mean(std::span<const Moments> rows, std::span<const double> weights) {
  MYRIAD_EXPECT(rows.size() == weights.size());
  Moments mean;
  for (double& v : mean.values()) v = 0.0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (weights[k] == 0.0) continue;
    for (std::size_t i = 0; i < k_moment_count; ++i)
      mean.values()[i] += weights[k] * rows[k].values()[i];
  }
  return mean;
}

Moments date_mean(std::span<const Moments> dates) {
  MYRIAD_EXPECT(!dates.empty());
  Moments mean;
  for (std::size_t i = 0; i < k_moment_count; ++i) {
    double sum = 0.0;
    for (const Moments& date : dates) sum += date.values()[i];
    mean.values()[i] = sum / static_cast<double>(dates.size());
  }
  return mean;
}

}  // namespace myriad::diag
