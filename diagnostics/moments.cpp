#include "diagnostics/moments.hpp"

#include <algorithm>
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

/// The members of so many bytes go through the CRPS at once, so that it needs no second copy of a
/// large ensemble.
constexpr std::int64_t k_crps_bytes = 16 << 20;

std::int64_t crps_rows(std::int64_t members, std::int64_t rows, std::int64_t nlon) {
  const std::int64_t row_bytes = members * nlon * static_cast<std::int64_t>(sizeof(float));
  return std::clamp(k_crps_bytes / row_bytes, std::int64_t{1}, rows);
}

/// Zonal-mean fair CRPS of some rows: each row is one group of the loss kernel, with a single row
/// weight of 1.
std::vector<double> fair_crps_of_rows(kernels::Backend& backend, std::span<const float> ensemble,
                                      std::span<const float> truth, std::int64_t members,
                                      std::int64_t rows, std::int64_t nlon) {
  Tensor device_members(backend, DType::f32, {members, rows, 1, 1, nlon});
  Tensor device_truth(backend, DType::f32, {rows, 1, 1, nlon});
  Tensor weight(backend, DType::f64, {1});
  Tensor out(backend, DType::f64, {rows, 1});
  backend.copy_to_device(device_members.view().data, ensemble.data(), device_members.bytes());
  backend.copy_to_device(device_truth.view().data, truth.data(), device_truth.bytes());
  backend.fill(weight, 1.0);
  backend.crps(out, device_members, device_truth, weight, 1.0);
  backend.fence();
  return out.to_doubles();
}

/// Both CRPS. With A = mean |x_i - y| the standard one is fair + (A - fair) / N, which saves
/// sorting the members a second time; \p absolute holds A of each row.
void add_crps(kernels::Backend& backend, const CaseFields& fields, std::span<const double> absolute,
              std::span<Moments> rows) {
  const std::int64_t step = crps_rows(fields.members, fields.nlat, fields.nlon);
  std::vector<float> some;
  for (std::int64_t first = 0; first < fields.nlat; first += step) {
    const std::int64_t count = std::min(step, fields.nlat - first);
    const auto begin = static_cast<std::size_t>(first * fields.nlon);
    const auto size = static_cast<std::size_t>(count * fields.nlon);
    std::span<const float> ensemble = fields.ensemble;
    if (count < fields.nlat) {
      some.resize(static_cast<std::size_t>(fields.members) * size);
      for (std::int64_t i = 0; i < fields.members; ++i) {
        std::copy_n(fields.ensemble.data() + i * fields.points() + first * fields.nlon, size,
                    some.data() + static_cast<std::size_t>(i) * size);
      }
      ensemble = some;
    }
    const auto fair = fair_crps_of_rows(backend, ensemble, fields.truth.subspan(begin, size),
                                        fields.members, count, fields.nlon);
    for (std::int64_t k = 0; k < count; ++k) {
      const auto row = static_cast<std::size_t>(first + k);
      const double value = fair[static_cast<std::size_t>(k)];
      rows[row](CaseMoment::crps_fair) = value;
      rows[row](CaseMoment::crps_standard) =
          value + (absolute[row] - value) / static_cast<double>(fields.members);
    }
  }
}

/// Errors of the members along one row: zonal mean of all, smallest at each point and who has it.
struct MemberErrors {
  std::vector<double> sum;
  std::vector<float> best;
  std::vector<float> index;

  void of_row(const CaseFields& fields, std::int64_t row) {
    const auto nlon = static_cast<std::size_t>(fields.nlon);
    sum.assign(nlon, 0.0);
    best.assign(nlon, std::numeric_limits<float>::max());
    index.assign(nlon, 0.0F);
    const float* y = fields.truth.data() + row * fields.nlon;
    for (std::int64_t i = 0; i < fields.members; ++i) {
      const float* x = fields.ensemble.data() + i * fields.points() + row * fields.nlon;
      const float number = static_cast<float>(i);
      for (std::size_t j = 0; j < nlon; ++j) {
        const float error = std::abs(x[j] - y[j]);
        const bool better = error < best[j];
        sum[j] += static_cast<double>(error);
        best[j] = better ? error : best[j];
        index[j] = better ? number : index[j];
      }
    }
  }
};

/// Mean along a row, eastwards.
template <class T>
double zonal_mean(const std::vector<T>& values) {
  double sum = 0.0;
  for (T v : values) sum += static_cast<double>(v);
  return sum / static_cast<double>(values.size());
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

void best_member(const CaseFields& fields, std::span<float> error, std::span<float> index) {
  check_shapes(fields);
  const auto points = static_cast<std::size_t>(fields.points());
  MYRIAD_EXPECT(error.size() == points && index.size() == points && !fields.truth.empty());
  MemberErrors errors;
  for (std::int64_t k = 0; k < fields.nlat; ++k) {
    errors.of_row(fields, k);
    std::copy(errors.best.begin(), errors.best.end(), error.begin() + k * fields.nlon);
    std::copy(errors.index.begin(), errors.index.end(), index.begin() + k * fields.nlon);
  }
}

void row_moments(kernels::Backend& backend, const CaseFields& fields, std::span<Moments> rows) {
  check_shapes(fields);
  MYRIAD_EXPECT(rows.size() == static_cast<std::size_t>(fields.nlat) && !fields.truth.empty());
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  std::vector<double> mean, variance;
  std::vector<double> absolute;
  MemberErrors errors;
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
    if (fields.members > 1) out(CaseMoment::variance) = zonal_mean(variance);
    errors.of_row(fields, k);
    absolute.push_back(zonal_mean(errors.sum) / static_cast<double>(fields.members));
    out(CaseMoment::best_absolute) = zonal_mean(errors.best);
  }
  add_crps(backend, fields, absolute, rows);
}

std::size_t row_moments_bytes(std::int64_t members, std::int64_t rows, std::int64_t nlon) {
  const std::int64_t some = crps_rows(members, rows, nlon);
  // Staged on the host and once more where the backend computes, which sorts 64 points at a time.
  const std::int64_t values = 2 * members * some * nlon + members * 64;
  return static_cast<std::size_t>(values) * sizeof(float);
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
