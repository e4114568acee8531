#include "diagnostics/reducers/extreme_index_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Climate quantiles whose members are counted together.
constexpr std::size_t k_levels_at_once = 8;

/// Shift of the tail beyond \p outer, in units of the distance of the climate's tail.
double shift_of_tail(double forecast, double outer, double inner) {
  if (outer == inner) return std::numeric_limits<double>::quiet_NaN();
  return (forecast - outer) / (outer - inner);
}

class ExtremeIndexReducer final : public Reducer {
 public:
  ExtremeIndexReducer(const StatisticsAxes& statistics,
                      std::shared_ptr<const ClimateQuantiles> climate,
                      const ExtremeIndexOptions& options)
      : axes_(statistics),
        climate_(std::move(climate)),
        options_(options),
        rule_(detail::efi_rule(climate_->probabilities(), options.quadrature)),
        p01_(climate_->index_of(0.01)),
        p10_(climate_->index_of(0.10)),
        p90_(climate_->index_of(0.90)),
        p99_(climate_->index_of(0.99)) {}

  std::string name() const override { return "extreme_index"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    if (!climate_->has(channel)) return {};
    const io::Channel& c = axes_.channels[channel];
    const auto attributes = [&](const char* what, const std::string& estimator) {
      return io::NcAttributes{{"long_name", fmt::format("{}, {}", c.long_name, what)},
                              {"units", std::string("1")},
                              {"MYRIAD_climate", climate_->title()},
                              {"MYRIAD_estimator", estimator}};
    };
    const std::string efi = fmt::format(
        "(2/pi) integral of (q - F(q)) / sqrt(q (1 - q)) by trapezoids in {}, F share of members "
        "{}",
        options_.quadrature == EfiQuadrature::arcsine ? "arcsin(sqrt(q))" : "q",
        options_.ties == ClimateTies::at_or_below
            ? "at or below climate quantile q"
            : "below climate quantile q, ties spread over their probabilities");
    return {{c.name + "_efi", false, attributes("extreme forecast index", efi), 0},
            {c.name + "_sot90", false,
             attributes("shift of the upper tail", "(Q90_f - Q99_c) / (Q99_c - Q90_c)"), 0, true},
            {c.name + "_sot10", false,
             attributes("shift of the lower tail", "(Q10_f - Q01_c) / (Q01_c - Q10_c)"), 0, true}};
  }

  std::size_t record_size(std::int64_t) const override { return 0; }

  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override {
    detail::check_tile(tile, axes_);
    MYRIAD_EXPECT(record.empty());
    if (!climate_->has(tile.channel)) return;
    const auto climate = climate_->month_of(tile.channel, axes_.start + axes_.leads[tile.lead]);
    const auto grid_points = static_cast<std::size_t>(axes_.grid.points());
    const auto points = static_cast<std::size_t>(tile.points());
    const std::size_t levels = rule_.weights.size();
    const auto first = static_cast<std::size_t>(tile.first_row * tile.nlon);
    std::vector<double> quantiles;  // [level, point]
    for (std::size_t k = 0; k < levels; ++k) {
      const float* from = climate.data() + k * grid_points + first;
      quantiles.insert(quantiles.end(), from, from + points);
    }
    // A few levels at a time, which stay in the cache.
    std::vector<double> below(levels * points), up_to(levels * points);
    for (std::size_t k = 0; k < levels; k += k_levels_at_once) {
      const std::size_t count = std::min(k_levels_at_once, levels - k);
      const auto some = std::span<const double>(quantiles).subspan(k * points, count * points);
      const MemberCounts counts = columns.count(some, static_cast<std::int64_t>(count));
      std::copy(counts.below.begin(), counts.below.end(),
                below.begin() + static_cast<std::ptrdiff_t>(k * points));
      std::copy(counts.up_to.begin(), counts.up_to.end(),
                up_to.begin() + static_cast<std::ptrdiff_t>(k * points));
    }
    const auto rank = [&](double p) {
      return detail::quantile_rank(p, columns.members(), options_.quantiles);
    };
    const auto tails = columns.at_ranks(std::vector<double>{rank(0.9), rank(0.1)});
    const double n = static_cast<double>(columns.members());
    for (std::size_t j = 0; j < points; ++j) {
      const auto quantile = [&](std::size_t k) { return quantiles[k * points + j]; };
      maps[j] = static_cast<float>(index_of_point(
          n, quantile, [&](std::size_t k) { return below[k * points + j]; },
          [&](std::size_t k) { return up_to[k * points + j]; }));
      maps[points + j] =
          static_cast<float>(shift_of_tail(tails[j], quantile(p99_), quantile(p90_)));
      maps[2 * points + j] =
          static_cast<float>(shift_of_tail(tails[points + j], quantile(p01_), quantile(p10_)));
    }
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}
  std::size_t scratch_bytes(std::size_t, std::size_t points) const override {
    return 3 * rule_.weights.size() * points * sizeof(double);
  }
  std::int64_t values_at_once(std::int64_t) const override {
    return 3 * static_cast<std::int64_t>(k_levels_at_once) + 2;
  }

 private:
  /// \param below, up_to number of members below, and at or below, climate quantile k
  template <class Quantile, class Below, class UpTo>
  double index_of_point(double n, Quantile&& quantile, Below&& below, UpTo&& up_to) const {
    const auto& probability = climate_->probabilities();
    double index = rule_.constant;
    for (std::size_t k = 0; k < rule_.weights.size();) {
      const double value = quantile(k);
      std::size_t last = k;  // of the quantiles with this value
      while (last + 1 < rule_.weights.size() && quantile(last + 1) == value) ++last;
      if (last > k && options_.ties == ClimateTies::spread) {
        const double width = probability[last] - probability[k];
        for (std::size_t i = k; i <= last; ++i) {
          const double share = (probability[i] - probability[k]) / width;
          index -= rule_.weights[i] * (below(k) + share * (up_to(k) - below(k))) / n;
        }
      } else {
        for (std::size_t i = k; i <= last; ++i) index -= rule_.weights[i] * up_to(k) / n;
      }
      k = last + 1;
    }
    return index;
  }

  StatisticsAxes axes_;
  std::shared_ptr<const ClimateQuantiles> climate_;
  ExtremeIndexOptions options_;
  detail::EfiRule rule_;
  std::size_t p01_, p10_, p90_, p99_;
};

}  // namespace

namespace detail {

EfiRule efi_rule(std::span<const double> probabilities, EfiQuadrature quadrature) {
  const std::size_t count = probabilities.size();
  EfiRule rule{0.0, std::vector<double>(count, 0.0)};
  if (quadrature == EfiQuadrature::arcsine) {
    // Each probability stands for the part of 0..pi/2 that is nearest to it; int sin^2 is pi/4.
    std::vector<double> edges{0.0};
    for (std::size_t k = 0; k + 1 < count; ++k) {
      edges.push_back(0.5 * (std::asin(std::sqrt(probabilities[k])) +
                             std::asin(std::sqrt(probabilities[k + 1]))));
    }
    edges.push_back(0.5 * std::numbers::pi);
    rule.constant = 1.0;
    for (std::size_t k = 0; k < count; ++k)
      rule.weights[k] = 4.0 * std::numbers::inv_pi * (edges[k + 1] - edges[k]);
    return rule;
  }
  const auto inside = [&](std::size_t k) {
    return k < count && probabilities[k] > 0.0 && probabilities[k] < 1.0;
  };
  for (std::size_t k = 0; k < count; ++k) {
    if (!inside(k)) continue;
    const double q = probabilities[k];
    double width = 0.0;
    if (k > 0 && inside(k - 1)) width += 0.5 * (q - probabilities[k - 1]);
    if (inside(k + 1)) width += 0.5 * (probabilities[k + 1] - q);
    rule.weights[k] = 2.0 * std::numbers::inv_pi * width / std::sqrt(q * (1.0 - q));
    rule.constant += rule.weights[k] * q;
  }
  return rule;
}

}  // namespace detail

std::unique_ptr<Reducer> make_extreme_index_reducer(const StatisticsAxes& axes,
                                                    std::shared_ptr<const ClimateQuantiles> climate,
                                                    const ExtremeIndexOptions& options) {
  bool any = false;
  for (std::size_t c = 0; c < axes.channels.size(); ++c) any = any || climate->has(c);
  MYRIAD_VALIDATE(
      any, ErrorKind::input_corrupt, "E2525",
      "{}: climate of none of the channels of the statistics (no index can be formed) give "
      "another file or drop the indices",
      climate->title());
  return std::make_unique<ExtremeIndexReducer>(axes, std::move(climate), options);
}

}  // namespace myriad::diag
