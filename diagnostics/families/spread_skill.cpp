#include "diagnostics/families/spread_skill.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

enum SpreadSkillScore : std::size_t {
  share,
  spread,
  error,
  ratio,
  reliability,
  k_spread_skill_scores
};

struct Bins {
  std::vector<double> edges;
  bool relative = true;
};

void check(const std::vector<double>& edges, const std::string& of) {
  bool good = !edges.empty();
  for (std::size_t k = 0; k < edges.size(); ++k)
    good = good && std::isfinite(edges[k]) && edges[k] > (k == 0 ? 0.0 : edges[k - 1]);
  MYRIAD_VALIDATE(
      good, ErrorKind::config_invalid, "E2557",
      "the bins of spread {} cannot be used (their edges are positive and increase, and "
      "there is one at least) correct them",
      of);
}

/// [channel]
std::vector<Bins> bins_of_channels(const SpreadSkillOptions& options) {
  check(options.relative_edges, "over the climate's");
  std::vector<Bins> bins(options.channels.size(), Bins{options.relative_edges, true});
  for (const SpreadEdges& absolute : options.absolute_edges) {
    const auto found =
        std::find_if(options.channels.begin(), options.channels.end(),
                     [&](const VerifiedChannel& c) { return c.name == absolute.channel; });
    MYRIAD_VALIDATE(found != options.channels.end(), ErrorKind::config_invalid, "E2557",
                    "no bins of spread for {} (it is not among the channels) correct the name",
                    absolute.channel);
    check(absolute.edges, "of " + absolute.channel);
    Bins& own = bins[static_cast<std::size_t>(found - options.channels.begin())];
    MYRIAD_VALIDATE(own.relative, ErrorKind::config_invalid, "E2557",
                    "the bins of spread of {} are given twice (only one list can be used) drop one",
                    absolute.channel);
    own = {absolute.edges, false};
  }
  return bins;
}

class SpreadSkillFamily final : public ScoreFamily {
 public:
  explicit SpreadSkillFamily(const SpreadSkillOptions& options)
      : channels_(options.channels), bins_(bins_of_channels(options)) {
    for (const Bins& bins : bins_) most_ = std::max(most_, bins.edges.size() + 1);
  }

  std::string name() const override { return "spread_skill"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  /// Share, variance and squared error of each bin; those that a channel does not have stay NaN.
  std::size_t record_size() const override { return 3 * most_; }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const Bins& bins = bins_[rows.channel];
    const auto& climate = rows.fields.climate_std;
    const auto nlon = static_cast<std::size_t>(rows.fields.nlon);
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    if (rows.members.members() < 2 || (bins.relative && climate.empty())) return;
    const auto mean = rows.members.mean(), variance = rows.members.variance();
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto out =
          record.subspan(row * record_size(), record_size()).first(3 * (bins.edges.size() + 1));
      std::fill(out.begin(), out.end(), 0.0);
      for (std::size_t p = row * nlon; p < (row + 1) * nlon; ++p) {
        const double weight =
            rows.fields.weights.empty() ? 1.0 : static_cast<double>(rows.fields.weights[p]);
        if (weight == 0.0) continue;
        // edge * climate, not s / climate, so that a climate without variance does no harm
        const double unit = bins.relative ? static_cast<double>(climate[p]) : 1.0;
        const double s = std::sqrt(variance[p]);
        const auto bin = std::upper_bound(bins.edges.begin(), bins.edges.end(), s,
                                          [&](double v, double edge) { return v < edge * unit; }) -
                         bins.edges.begin();
        const auto numbers = out.subspan(3 * static_cast<std::size_t>(bin), 3);
        const double e = mean[p] - static_cast<double>(rows.fields.truth[p]);
        numbers[0] += weight;
        numbers[1] += weight * variance[p];
        numbers[2] += weight * e * e;
      }
      for (double& v : out) v /= static_cast<double>(nlon);
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t channel) const override {
    const Bins& bins = bins_[channel];
    std::array<FamilyOutput, k_spread_skill_scores> out;
    const auto set = [&](SpreadSkillScore which, const char* name, const char* long_name,
                         const char* definition, ScoreUnit unit) {
      FamilyOutput& o = out[which];
      o.name = name;
      o.long_name = long_name;
      o.definition = fmt::format("{}; bins of s{}", definition,
                                 bins.relative ? " over the climate's standard deviation" : "");
      o.unit = unit;
      o.min_members = 2;
      if (which == reliability) return;
      o.axis = "spread_bin_lower_edge";
      o.axis_values = {0.0};
      o.axis_values.insert(o.axis_values.end(), bins.edges.begin(), bins.edges.end());
      o.axis_units = bins.relative ? "1" : channels_[channel].units;
    };
    set(share, "binned_share", "share of the points in the bin of spread", "mean [point in bin]",
        ScoreUnit::one);
    set(spread, "binned_spread", "spread in the bin of spread", "sqrt(mean s^2)",
        ScoreUnit::channel);
    set(error, "binned_error", "root-mean-square error of the ensemble mean in the bin of spread",
        "sqrt(mean (m - y)^2)", ScoreUnit::channel);
    set(ratio, "binned_spread_skill_ratio", "spread-skill ratio in the bin of spread",
        "sqrt((N+1)/N) sqrt(mean s^2) / sqrt(mean (m - y)^2)", ScoreUnit::one);
    set(reliability, "spread_reliability", "mean difference of error and spread over the bins",
        "sum_b w_b |error_b - sqrt((N+1)/N) spread_b|", ScoreUnit::channel);
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t channel, std::size_t output, std::span<const double> mean, int members,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size());
    const double inflation = std::sqrt((members + 1.0) / members);
    double sum = 0.0;
    for (std::size_t b = 0; b <= bins_[channel].edges.size(); ++b) {
      const auto numbers = mean.subspan(3 * b, 3);
      const double w = numbers[0];
      const double s = w > 0.0 ? std::sqrt(numbers[1] / w) : detail::k_absent;
      const double e = w > 0.0 ? std::sqrt(numbers[2] / w) : detail::k_absent;
      if (w != 0.0) sum += w * std::abs(e - inflation * s);
      if (output == reliability) continue;
      const std::array<double, 4> results{w, s, e, e > 0.0 ? inflation * s / e : detail::k_absent};
      values[b] = results[output];
    }
    if (output == reliability) values[0] = sum;
  }

 private:
  std::vector<VerifiedChannel> channels_;
  std::vector<Bins> bins_;  ///< [channel]
  std::size_t most_ = 0;    ///< bins of the channel that has most
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_spread_skill_family(const SpreadSkillOptions& options) {
  return std::make_shared<SpreadSkillFamily>(options);
}

}  // namespace myriad::diag
