#include "diagnostics/families/quantiles.hpp"

#include <algorithm>
#include <array>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

void check(const std::vector<double>& list, const char* what) {
  for (double v : list) {
    MYRIAD_VALIDATE(v > 0.0 && v < 1.0, ErrorKind::config_invalid, "E2551",
                    "the {} {} cannot be scored (it must lie between 0 and 1) give shares, not "
                    "percent",
                    what, v);
    MYRIAD_VALIDATE(std::count(list.begin(), list.end(), v) == 1, ErrorKind::config_invalid,
                    "E2551", "the {} {} is given twice (its score would exist twice) drop one",
                    what, v);
  }
}

double pinball(double p, double quantile, double truth) {
  return (truth - quantile) * (p - (truth < quantile ? 1.0 : 0.0));
}

class QuantileFamily final : public ScoreFamily {
 public:
  explicit QuantileFamily(QuantileScoreOptions options) : options_(std::move(options)) {}

  std::string name() const override { return "quantiles"; }
  std::int64_t values_at_once(std::int64_t) const override {
    return static_cast<std::int64_t>(asked_for().size());
  }
  /// Quantile scores, then coverage, width and score of each interval.
  std::size_t record_size() const override {
    return options_.probabilities.size() + 3 * options_.levels.size();
  }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const std::size_t quantiles = options_.probabilities.size();
    const auto& truth = rows.fields.truth;
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    std::vector<double> ranks;
    for (double p : asked_for())
      ranks.push_back(detail::quantile_rank(p, rows.members.members(), options_.definition));
    const auto values = rows.members.at_ranks(ranks);
    const auto value = [&](std::size_t q, std::size_t point) {
      return values[q * truth.size() + point];
    };
    const auto y = [&](std::size_t point) { return static_cast<double>(truth[point]); };
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto out = record.subspan(row * record_size(), record_size());
      const auto average = [&](auto&& number) {
        return detail::row_mean(rows.fields, row, number);
      };
      for (std::size_t q = 0; q < quantiles; ++q) {
        out[q] = average(
            [&](std::size_t p) { return pinball(options_.probabilities[q], value(q, p), y(p)); });
      }
      for (std::size_t k = 0; k < options_.levels.size(); ++k) {
        const auto low = [&](std::size_t p) { return value(quantiles + 2 * k, p); };
        const auto high = [&](std::size_t p) { return value(quantiles + 2 * k + 1, p); };
        const auto interval = out.subspan(quantiles + 3 * k, 3);
        const double penalty = 2.0 / (1.0 - options_.levels[k]);
        interval[0] =
            average([&](std::size_t p) { return low(p) <= y(p) && y(p) <= high(p) ? 1.0 : 0.0; });
        interval[1] = average([&](std::size_t p) { return high(p) - low(p); });
        interval[2] = average([&](std::size_t p) {
          const double outside = std::max(low(p) - y(p), 0.0) + std::max(y(p) - high(p), 0.0);
          return high(p) - low(p) + penalty * outside;
        });
      }
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::vector<FamilyOutput> out;
    const auto add = [&](const char* name, const char* long_name, const char* definition,
                         ScoreUnit unit, const char* axis, const std::vector<double>& values) {
      if (values.empty()) return;
      FamilyOutput o;
      o.name = name;
      o.long_name = long_name;
      o.definition = fmt::format("{}; {}", definition, describe(options_.definition));
      o.unit = unit;
      o.axis = axis;
      o.axis_values = values;
      out.push_back(std::move(o));
    };
    add("quantile_score", "quantile score (pinball loss)", "mean (y - q_p)(p - [y < q_p])",
        ScoreUnit::channel, "probability", options_.probabilities);
    add("interval_coverage", "coverage of the central interval", "mean [l <= y <= u]",
        ScoreUnit::one, "interval_level", options_.levels);
    add("interval_width", "width of the central interval", "mean (u - l)", ScoreUnit::channel,
        "interval_level", options_.levels);
    add("interval_score", "interval score (Winkler)",
        "mean((u - l) + 2/(1 - c) (max(l - y, 0) + max(y - u, 0)))", ScoreUnit::channel,
        "interval_level", options_.levels);
    return out;
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size());
    const std::size_t quantiles = options_.probabilities.size();
    const std::size_t which =
        quantiles == 0 ? output + 1 : output;  // results that have no values are not listed
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = which == 0 ? mean[i] : mean[quantiles + 3 * i + which - 1];
  }

 private:
  /// Probabilities of all quantiles: those that are scored, then the bounds of each interval.
  std::vector<double> asked_for() const {
    std::vector<double> all = options_.probabilities;
    for (double level : options_.levels) {
      all.push_back(0.5 * (1.0 - level));
      all.push_back(0.5 * (1.0 + level));
    }
    return all;
  }

  QuantileScoreOptions options_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_quantile_family(const QuantileScoreOptions& options) {
  check(options.probabilities, "probability");
  check(options.levels, "level");
  MYRIAD_VALIDATE(!options.probabilities.empty() || !options.levels.empty(),
                  ErrorKind::config_invalid, "E2551",
                  "no quantile is to be scored (neither probabilities nor levels are given) name "
                  "some or leave the family out");
  return std::make_shared<QuantileFamily>(options);
}

}  // namespace myriad::diag
