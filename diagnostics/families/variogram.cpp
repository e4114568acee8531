#include "diagnostics/families/variogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

double spacing_of(const VariogramOptions& o) {
  return o.spacing_degrees.value_or(360.0 / static_cast<double>(o.nlon));
}

/// Whether the columns go once round the globe.
bool goes_round(const VariogramOptions& o) {
  return std::abs(spacing_of(o) * static_cast<double>(o.nlon) - 360.0) < 1e-6;
}

/// Lags in columns.
std::vector<std::size_t> columns_of(const VariogramOptions& o) {
  MYRIAD_EXPECT(o.nlon > 0);
  MYRIAD_VALIDATE(o.order > 0.0 && o.order <= 2.0, ErrorKind::config_invalid, "E2556",
                  "no variogram of order {} (0 < order <= 2 is) take 0.5", o.order);
  MYRIAD_VALIDATE(!o.lags_degrees.empty(), ErrorKind::config_invalid, "E2556",
                  "no variogram without a lag (the list is empty) name some or leave the family "
                  "out");
  const double spacing = spacing_of(o);
  MYRIAD_VALIDATE(std::isfinite(spacing) && spacing > 0.0, ErrorKind::config_invalid, "E2556",
                  "no variogram on this grid (distances eastwards need columns of longitudes) leave "
                  "the family out");
  std::set<std::size_t> seen;
  std::vector<std::size_t> columns;
  for (double lag : o.lags_degrees) {
    const double steps = std::round(lag / spacing);
    const bool whole = lag > 0.0 && lag <= 180.0 && std::abs(lag / spacing - steps) < 1e-6 &&
                       (goes_round(o) || steps < static_cast<double>(o.nlon));
    MYRIAD_VALIDATE(
        whole && seen.insert(static_cast<std::size_t>(steps)).second, ErrorKind::config_invalid,
        "E2556",
        "no variogram at a lag of {} degrees (lags are multiples of the spacing of {:g} "
        "degrees up to 180 that the grid holds, each once) correct the list",
        lag, spacing);
    columns.push_back(static_cast<std::size_t>(steps));
  }
  return columns;
}

/// Mean and sum of squared deviations of values that come one by one, point by point.
struct RunningMoments {
  std::vector<double> mean, squares;
  explicit RunningMoments(std::size_t points) : mean(points, 0.0), squares(points, 0.0) {}
  void add(std::size_t point, double value, double count) {
    const double d = value - mean[point];
    mean[point] += d / count;
    squares[point] += d * (value - mean[point]);
  }
};

class VariogramFamily final : public ScoreFamily {
 public:
  explicit VariogramFamily(const VariogramOptions& options)
      : options_(options), columns_(columns_of(options)), round_(goes_round(options)) {}

  std::string name() const override { return "variogram"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  /// Per lag: squared error of the mean and its sampling variance, both times the weight of the
  /// pair, and that weight.
  std::size_t record_size() const override { return 3 * columns_.size(); }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto& truth = rows.fields.truth;
    const auto nlon = static_cast<std::size_t>(rows.fields.nlon);
    MYRIAD_EXPECT(rows.fields.nlon == options_.nlon);
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    const std::int64_t members = rows.members.members();
    std::vector<RunningMoments> lags(columns_.size(), RunningMoments(truth.size()));
    std::vector<float> member(truth.size());
    for (std::int64_t i = 0; i < members; ++i) {
      rows.members.copy_members(i, 1, member);
      for (std::size_t k = 0; k < lags.size(); ++k) {
        for (std::size_t p = 0; p < truth.size(); ++p)
          lags[k].add(p, difference(member, p, k, nlon), static_cast<double>(i + 1));
      }
    }
    const auto n = static_cast<double>(members);
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto out = record.subspan(row * record_size(), record_size());
      for (std::size_t k = 0; k < lags.size(); ++k) {
        double error = 0.0, variance = 0.0, total = 0.0;
        for (std::size_t p = row * nlon; p < (row + 1) * nlon; ++p) {
          const double weight = pair_weight(rows.fields.weights, p, k, nlon);
          if (weight == 0.0) continue;
          const double d = difference(truth, p, k, nlon) - lags[k].mean[p];
          error += weight * d * d;
          variance += weight * lags[k].squares[p] / (n * (n - 1.0));
          total += weight;
        }
        out[3 * k] = error / static_cast<double>(nlon);
        if (members > 1) out[3 * k + 1] = variance / static_cast<double>(nlon);
        out[3 * k + 2] = total / static_cast<double>(nlon);
      }
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::array<FamilyOutput, 2> out;
    out[0].name = "variogram_score";
    out[0].long_name = fmt::format("variogram score of order {:g}", options_.order);
    out[0].definition =
        "(mean (v_y - 1/N sum v_i)^2)^(1/(2p)), v = |x(a) - x(b)|^p, b a lag east of a, mean over "
        "pairs of which both points are in the region, by the product of their weights";
    out[1].name = "variogram_score_fair";
    out[1].long_name = fmt::format("variogram score of order {:g}, fair", options_.order);
    out[1].definition =
        "(mean((v_y - 1/N sum v_i)^2 - s_v^2/N))^(1/(2p)), v = |x(a) - x(b)|^p, b a lag east of a, "
        "mean over pairs of which both points are in the region, by the product of their weights";
    out[1].min_members = 2;
    for (FamilyOutput& o : out) {
      o.unit = ScoreUnit::channel;
      o.axis = "lag";
      o.axis_values = options_.lags_degrees;
      o.axis_units = "degree";
    }
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size());
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double score =
          (mean[3 * k] - (output == 1 ? mean[3 * k + 1] : 0.0)) / mean[3 * k + 2];
      values[k] = std::copysign(std::pow(std::abs(score), 0.5 / options_.order), score);
    }
  }

 private:
  /// How much the pair of the point \p p at lag \p k counts; 0 when it leaves the grid.
  double pair_weight(std::span<const float> weights, std::size_t p, std::size_t k,
                     std::size_t nlon) const {
    const std::size_t begin = p / nlon * nlon;
    if (!round_ && p - begin + columns_[k] >= nlon) return 0.0;
    if (weights.empty()) return 1.0;
    const std::size_t other = begin + (p - begin + columns_[k]) % nlon;
    return static_cast<double>(weights[p]) * static_cast<double>(weights[other]);
  }

  /// v of the point \p p at lag \p k.
  double difference(std::span<const float> field, std::size_t p, std::size_t k,
                    std::size_t nlon) const {
    const std::size_t begin = p / nlon * nlon;
    const std::size_t other = begin + (p - begin + columns_[k]) % nlon;
    const double d = std::abs(static_cast<double>(field[p]) - static_cast<double>(field[other]));
    return options_.order == 0.5 ? std::sqrt(d) : std::pow(d, options_.order);
  }

  VariogramOptions options_;
  std::vector<std::size_t> columns_;  ///< of each lag
  bool round_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_variogram_family(const VariogramOptions& options) {
  return std::make_shared<VariogramFamily>(options);
}

}  // namespace myriad::diag
