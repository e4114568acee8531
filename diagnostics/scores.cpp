#include "diagnostics/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "diagnostics/resampling.hpp"
#include "src/base/config.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();
constexpr double k_almost_fair_alpha = 0.95;

template <Forecast F>
double bias(const Moments& m, int) {
  return m(F, ErrorMoment::bias);
}
template <Forecast F>
double mae(const Moments& m, int) {
  return m(F, ErrorMoment::absolute);
}
template <Forecast F>
double rmse(const Moments& m, int) {
  return std::sqrt(m(F, ErrorMoment::squared));
}
template <Forecast F>
double acc(const Moments& m, int) {
  return m(F, ErrorMoment::covariance) /
         std::sqrt(m(F, ErrorMoment::power) * m(CaseMoment::truth_power));
}

template <Forecast F>
double activity(const Moments& m, int) {
  return std::sqrt(m(F, ErrorMoment::power));
}
/// The mean square of a member's anomaly is that of the mean's plus the variance with divisor N.
double activity_members(const Moments& m, int members) {
  const double n = members;
  const double variance = members > 1 ? m(CaseMoment::variance) * (n - 1.0) / n : 0.0;
  return std::sqrt(m(Forecast::ensemble_mean, ErrorMoment::power) + variance);
}
double activity_truth(const Moments& m, int) {
  return std::sqrt(m(CaseMoment::truth_power));
}

/// Error of a mean over infinitely many members: the sampling variance of m is taken out.
double rmse_fair(const Moments& m, int members) {
  const double mse =
      m(Forecast::ensemble_mean, ErrorMoment::squared) - m(CaseMoment::variance) / members;
  return std::sqrt(std::max(mse, 0.0));  // in this order NaN stays NaN
}
double crps_standard(const Moments& m, int) {
  return m(CaseMoment::crps_standard);
}
double crps_fair(const Moments& m, int) {
  return m(CaseMoment::crps_fair);
}
double crps_almost_fair(const Moments& m, int) {
  return k_almost_fair_alpha * m(CaseMoment::crps_fair) +
         (1.0 - k_almost_fair_alpha) * m(CaseMoment::crps_standard);
}
double outlier_rate(const Moments& m, int) {
  return m(CaseMoment::outlier);
}
double best_member_error(const Moments& m, int) {
  return m(CaseMoment::best_absolute);
}
double crps_climatology(const Moments& m, int) {
  return m(CaseMoment::climate_crps);
}
double crpss_fair(const Moments& m, int) {
  return 1.0 - m(CaseMoment::crps_fair) / m(CaseMoment::climate_crps);
}
double spread(const Moments& m, int) {
  return std::sqrt(m(CaseMoment::variance));
}
double spread_climatology(const Moments& m, int) {
  return std::sqrt(m(CaseMoment::climate_variance));
}
double spread_skill_ratio(const Moments& m, int members) {
  const double n = members;
  return std::sqrt((n + 1.0) / n * m(CaseMoment::variance) /
                   m(Forecast::ensemble_mean, ErrorMoment::squared));
}
/// The floor keeps a date on which the mean happens to be nearly perfect from dividing by zero or
/// less.
double spread_skill_ratio_makani(const Moments& m, int members) {
  const double variance = m(CaseMoment::variance);
  const double mse = m(Forecast::ensemble_mean, ErrorMoment::squared) - variance / members;
  return std::sqrt(variance / std::max(1e-6 * variance, mse));
}

/// The five error scores of one single-valued forecast.
template <Forecast F>
void add_error_scores(std::vector<Score>& list, const std::string& suffix, const std::string& of) {
  const auto add = [&](const char* name, const std::string& title, const char* definition,
                       ScoreUnit unit, Pooling pooling, double (*value)(const Moments&, int)) {
    list.push_back({name + suffix, title + " of " + of, definition, unit, pooling, 1, value});
  };
  add("bias", "mean error", "mean(f - y)", ScoreUnit::channel, Pooling::moments, bias<F>);
  add("mae", "mean absolute error", "mean |f - y|", ScoreUnit::channel, Pooling::moments, mae<F>);
  add("rmse", "root-mean-square error", "sqrt(mean over dates and area of (f - y)^2)",
      ScoreUnit::channel, Pooling::moments, rmse<F>);
  if constexpr (F == Forecast::climatology)
    return;  // its anomaly is zero, so no correlation exists
  add("rmse_per_date", "mean over dates of the root-mean-square error",
      "mean over dates of sqrt(area mean of (f - y)^2)", ScoreUnit::channel, Pooling::per_date,
      rmse<F>);
  add("acc", "anomaly correlation, pooled (micro)",
      "mean((f - c)(y - c)) / sqrt(mean((f - c)^2) mean((y - c)^2)), means over dates and area, "
      "not centred",
      ScoreUnit::one, Pooling::moments, acc<F>);
  add("acc_per_date", "anomaly correlation, mean over dates (macro)",
      "mean over dates of mean((f - c)(y - c)) / sqrt(mean((f - c)^2) mean((y - c)^2)), not "
      "centred",
      ScoreUnit::one, Pooling::per_date, acc<F>);
  add("activity", "root-mean-square anomaly", "sqrt(mean (f - c)^2), not centred",
      ScoreUnit::channel, Pooling::moments, activity<F>);
}

std::vector<Score> make_scores() {
  std::vector<Score> list;
  add_error_scores<Forecast::ensemble_mean>(list, "", "the ensemble mean");
  const auto add = [&](const char* name, const char* title, const char* definition, ScoreUnit unit,
                       int min_members, double (*value)(const Moments&, int),
                       Pooling pooling = Pooling::moments) {
    list.push_back({name, title, definition, unit, pooling, min_members, value});
  };
  add("activity_members", "root-mean-square anomaly of the members",
      "sqrt(mean 1/N sum (x_i - c)^2), not centred", ScoreUnit::channel, 1, activity_members);
  add("activity_truth", "root-mean-square anomaly of the truth",
      "sqrt(mean (y - c)^2), not centred", ScoreUnit::channel, 1, activity_truth);
  add("rmse_fair", "root-mean-square error of the ensemble mean without its sampling error",
      "sqrt(mean((m - y)^2 - s^2/N))", ScoreUnit::channel, 2, rmse_fair);
  add("spread", "ensemble spread", "sqrt(mean s^2), s^2 with divisor N - 1", ScoreUnit::channel, 2,
      spread);
  add("spread_skill_ratio", "spread-skill ratio, ratio of means",
      "sqrt((N+1)/N) sqrt(mean s^2) / sqrt(mean (m - y)^2), means over dates and area",
      ScoreUnit::one, 2, spread_skill_ratio);
  add("spread_skill_ratio_makani", "spread-skill ratio, mean over dates of ratios",
      "mean over dates of sqrt(s^2 / max(1e-6 s^2, mse - s^2/N)), area means inside",
      ScoreUnit::one, 2, spread_skill_ratio_makani, Pooling::per_date);
  add("crps_fair", "continuous ranked probability score, fair",
      "mean(1/N sum|x_i - y| - 1/(2N(N-1)) sum_ij |x_i - x_j|)", ScoreUnit::channel, 2, crps_fair);
  add("crps_standard", "continuous ranked probability score of the empirical distribution",
      "mean(1/N sum|x_i - y| - 1/(2N^2) sum_ij |x_i - x_j|)", ScoreUnit::channel, 1, crps_standard);
  add("crps_almost_fair", "continuous ranked probability score, almost fair, alpha 0.95",
      "0.95 crps_fair + 0.05 crps_standard", ScoreUnit::channel, 2, crps_almost_fair);
  add("crpss_fair", "skill of the fair CRPS against climatology",
      "1 - crps_fair / crps_climatology", ScoreUnit::one, 2, crpss_fair);
  add("outlier_rate", "share of cases in which the truth lies outside the ensemble",
      "mean of [rank of y is 0 or N], ties split at random; 2/(N+1) is calibrated", ScoreUnit::one,
      2, outlier_rate);
  add("best_member_error", "error of the member that is nearest at each point",
      "mean min_i |x_i - y|", ScoreUnit::channel, 1, best_member_error);
  add_error_scores<Forecast::control>(list, "_control", "the control forecast");
  add_error_scores<Forecast::persistence>(list, "_persistence",
                                          "persistence of the initial analysis");
  add_error_scores<Forecast::climatology>(list, "_climatology", "the climatological mean");
  add("crps_persistence", "continuous ranked probability score of persistence", "mean |f - y|",
      ScoreUnit::channel, 1, mae<Forecast::persistence>);
  add("crps_climatology", "continuous ranked probability score of the climatological Gaussian",
      "mean of the CRPS of N(c, climate variance)", ScoreUnit::channel, 1, crps_climatology);
  add("spread_climatology", "climatological standard deviation", "sqrt(mean climate variance)",
      ScoreUnit::channel, 1, spread_climatology);
  return list;
}

Moments sample_mean(std::span<const Moments> dates, std::span<const std::size_t> sample) {
  std::array<double, k_moment_count> sum{};
  for (std::size_t d : sample) {
    for (std::size_t i = 0; i < k_moment_count; ++i) sum[i] += dates[d].values()[i];
  }
  Moments mean;
  for (std::size_t i = 0; i < k_moment_count; ++i)
    mean.values()[i] = sum[i] / static_cast<double>(sample.size());
  return mean;
}

}  // namespace

std::span<const Score> scores() {
  static const std::vector<Score> list = make_scores();
  return list;
}

const Score& find_score(std::string_view name) {
  std::vector<std::string> known;
  for (const Score& score : scores()) {
    if (score.name == name) return score;
    known.push_back(score.name);
  }
  const std::string nearest = nearest_name(name, known);
  throw Error(ErrorKind::config_invalid, "E2502",
              fmt::format("unknown score '{}' (not in the list of scores) {}", name,
                          nearest.empty() ? std::string("see docs/verification.md for the list")
                                          : fmt::format("did you mean '{}'?", nearest)));
}

double evaluate(const Score& score, std::span<const Moments> dates, int members) {
  if (dates.empty() || members < score.min_members) return k_absent;
  if (score.pooling == Pooling::moments) return score.value(date_mean(dates), members);
  double sum = 0.0;
  for (const Moments& date : dates) sum += score.value(date, members);
  return sum / static_cast<double>(dates.size());
}

std::vector<Interval> bootstrap_intervals(
    std::size_t dates, std::size_t count, const BootstrapOptions& options,
    const std::function<std::vector<double>(std::span<const std::size_t>)>& values) {
  MYRIAD_EXPECT(options.replicates > 1 && options.block > 0 && options.level > 0.0 &&
                options.level < 1.0);
  std::vector<Interval> intervals(count, {k_absent, k_absent});
  if (dates < 3) return intervals;
  std::vector<std::vector<double>> found(count);
  std::vector<std::size_t> sample(dates);
  for (int r = 0; r < options.replicates; ++r) {
    draw_dates(options.seed, r, options.block, sample);
    const std::vector<double> drawn = values(sample);
    for (std::size_t i = 0; i < count; ++i) {
      if (std::isfinite(drawn[i])) found[i].push_back(drawn[i]);
    }
  }
  const double tail = 0.5 * (1.0 - options.level);
  for (std::size_t i = 0; i < count; ++i) {
    if (found[i].size() < 2) continue;
    std::sort(found[i].begin(), found[i].end());
    intervals[i] = {quantile_of_sorted(found[i], tail), quantile_of_sorted(found[i], 1.0 - tail)};
  }
  return intervals;
}

std::vector<Interval> bootstrap_intervals(std::span<const Score* const> which,
                                          std::span<const Moments> dates, int members,
                                          const BootstrapOptions& options) {
  return bootstrap_intervals(
      dates.size(), which.size(), options, [&](std::span<const std::size_t> sample) {
        const Moments mean = sample_mean(dates, sample);
        std::vector<double> values(which.size(), k_absent);
        for (std::size_t i = 0; i < which.size(); ++i) {
          if (members < which[i]->min_members) continue;
          if (which[i]->pooling == Pooling::moments) {
            values[i] = which[i]->value(mean, members);
            continue;
          }
          values[i] = 0.0;
          for (std::size_t d : sample)
            values[i] += which[i]->value(dates[d], members) / static_cast<double>(dates.size());
        }
        return values;
      });
}

}  // namespace myriad::diag
