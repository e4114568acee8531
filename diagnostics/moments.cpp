#include "diagnostics/moments.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Mean and, for more than one member, variance of the members along one row.
void row_statistics(const CaseFields& fields, std::int64_t row, std::vector<double>& mean,
                    std::vector<double>& variance) {
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  const double n = static_cast<double>(fields.members);
  mean.assign(nlon, 0.0);
  variance.assign(nlon, 0.0);
  const auto row_of = [&](std::int64_t member) {
    return fields.ensemble.data() + member * fields.points() + row * fields.nlon;
  };
  for (std::int64_t i = 0; i < fields.members; ++i) {
    const float* x = row_of(i);
    for (std::size_t j = 0; j < nlon; ++j) mean[j] += static_cast<double>(x[j]);
  }
  for (double& m : mean) m /= n;
  if (fields.members < 2) return;
  for (std::int64_t i = 0; i < fields.members; ++i) {
    const float* x = row_of(i);
    for (std::size_t j = 0; j < nlon; ++j) {
      const double d = static_cast<double>(x[j]) - mean[j];
      variance[j] += d * d;
    }
  }
  for (double& v : variance) v /= n - 1.0;
}

/// Zonal means of the moments of one single-valued forecast; anomalies only with a climate.
template <class Value>
void add_forecast(Moments& out, Forecast forecast, std::span<const float> truth,
                  std::span<const float> climate, Value&& value) {
  double bias = 0.0, absolute = 0.0, squared = 0.0, covariance = 0.0, power = 0.0;
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const double f = value(j);
    const double y = static_cast<double>(truth[j]);
    const double e = f - y;
    bias += e;
    absolute += std::abs(e);
    squared += e * e;
    if (climate.empty()) continue;
    const double c = static_cast<double>(climate[j]);
    covariance += (f - c) * (y - c);
    power += (f - c) * (f - c);
  }
  const double n = static_cast<double>(truth.size());
  out(forecast, ErrorMoment::bias) = bias / n;
  out(forecast, ErrorMoment::absolute) = absolute / n;
  out(forecast, ErrorMoment::squared) = squared / n;
  out(forecast, ErrorMoment::covariance) = climate.empty() ? k_absent : covariance / n;
  out(forecast, ErrorMoment::power) = climate.empty() ? k_absent : power / n;
}

void add_climate(Moments& out, std::span<const float> truth, std::span<const float> mean,
                 std::span<const float> std) {
  double truth_power = 0.0, variance = 0.0, crps = 0.0;
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const double a = static_cast<double>(truth[j]) - static_cast<double>(mean[j]);
    truth_power += a * a;
    if (std.empty()) continue;
    const double s = static_cast<double>(std[j]);
    variance += s * s;
    crps += gaussian_crps(static_cast<double>(mean[j]), s, static_cast<double>(truth[j]));
  }
  const double n = static_cast<double>(truth.size());
  out(CaseMoment::truth_power) = truth_power / n;
  if (std.empty()) return;
  out(CaseMoment::climate_variance) = variance / n;
  out(CaseMoment::climate_crps) = crps / n;
}

/// Zonal-mean CRPS of every row: each row is one group of the loss kernel, with a single row weight
/// of 1.
std::vector<double> crps_of_rows(kernels::Backend& backend, const Tensor& members,
                                 const Tensor& truth, double alpha) {
  const std::int64_t nlat = truth.dim(0);
  Tensor weight(backend, DType::f64, {1});
  Tensor out(backend, DType::f64, {nlat, 1});
  backend.fill(weight, 1.0);
  backend.crps(out, members, truth, weight, alpha);
  backend.fence();
  return out.to_doubles();
}

void add_crps(kernels::Backend& backend, const CaseFields& fields, std::span<Moments> rows) {
  Tensor members(backend, DType::f32, {fields.members, fields.nlat, 1, 1, fields.nlon});
  Tensor truth(backend, DType::f32, {fields.nlat, 1, 1, fields.nlon});
  backend.copy_to_device(members.view().data, fields.ensemble.data(), members.bytes());
  backend.copy_to_device(truth.view().data, fields.truth.data(), truth.bytes());
  const std::vector<double> standard = crps_of_rows(backend, members, truth, 0.0);
  const std::vector<double> fair = crps_of_rows(backend, members, truth, 1.0);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    rows[k](CaseMoment::crps_standard) = standard[k];
    rows[k](CaseMoment::crps_fair) = fair[k];
  }
}

void check_shapes(const CaseFields& f) {
  const auto points = static_cast<std::size_t>(f.points());
  const auto absent_or = [&](std::span<const float> field) {
    return field.empty() || field.size() == points;
  };
  MYRIAD_EXPECT(f.nlat > 0 && f.nlon > 0 && f.members > 0);
  MYRIAD_EXPECT(f.ensemble.size() == points * static_cast<std::size_t>(f.members));
  MYRIAD_EXPECT(absent_or(f.truth) && absent_or(f.control) && absent_or(f.persistence));
  MYRIAD_EXPECT(absent_or(f.climate_mean) && absent_or(f.climate_std));
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

void mean_and_spread(const CaseFields& fields, std::span<float> mean, std::span<float> spread) {
  check_shapes(fields);
  const auto points = static_cast<std::size_t>(fields.points());
  MYRIAD_EXPECT(mean.size() == points && (spread.empty() || spread.size() == points));
  std::vector<double> row_mean, row_variance;
  for (std::int64_t k = 0; k < fields.nlat; ++k) {
    row_statistics(fields, k, row_mean, row_variance);
    for (std::size_t j = 0; j < row_mean.size(); ++j) {
      const std::size_t p = static_cast<std::size_t>(k * fields.nlon) + j;
      mean[p] = static_cast<float>(row_mean[j]);
      if (!spread.empty()) spread[p] = static_cast<float>(std::sqrt(row_variance[j]));
    }
  }
}

void row_moments(kernels::Backend& backend, const CaseFields& fields, std::span<Moments> rows) {
  check_shapes(fields);
  MYRIAD_EXPECT(rows.size() == static_cast<std::size_t>(fields.nlat) && !fields.truth.empty());
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  std::vector<double> mean, variance;
  for (std::int64_t k = 0; k < fields.nlat; ++k) {
    const auto row_of = [&](std::span<const float> field) {
      return field.empty() ? field : field.subspan(static_cast<std::size_t>(k) * nlon, nlon);
    };
    const auto truth = row_of(fields.truth);
    const auto climate = row_of(fields.climate_mean);
    Moments& out = rows[static_cast<std::size_t>(k)];
    out = Moments();
    const auto add = [&](Forecast forecast, std::span<const float> field) {
      if (field.empty()) return;
      add_forecast(out, forecast, truth, climate,
                   [&](std::size_t j) { return static_cast<double>(field[j]); });
    };
    row_statistics(fields, k, mean, variance);
    add_forecast(out, Forecast::ensemble_mean, truth, climate,
                 [&](std::size_t j) { return mean[j]; });
    add(Forecast::control, row_of(fields.control));
    add(Forecast::persistence, row_of(fields.persistence));
    add(Forecast::climatology, climate);
    if (!climate.empty()) add_climate(out, truth, climate, row_of(fields.climate_std));
    if (fields.members > 1) {
      double sum = 0.0;
      for (double v : variance) sum += v;
      out(CaseMoment::variance) = sum / static_cast<double>(nlon);
    }
  }
  add_crps(backend, fields, rows);
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
