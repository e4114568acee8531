#include "diagnostics/reducers/extreme_index_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Quantile of the members of one column.
double member_quantile(const SortedColumns& columns, std::int64_t column, double probability,
                       QuantileDefinition definition) {
  const double rank = detail::quantile_rank(probability, columns.members(), definition);
  const auto below = static_cast<std::int64_t>(rank);
  const double low = static_cast<double>(columns.row(below)[column]);
  const double high =
      static_cast<double>(columns.row(std::min(below + 1, columns.members() - 1))[column]);
  return low + (rank - static_cast<double>(below)) * (high - low);
}

/// Shift of the tail beyond \p outer, in units of the distance of the climate's tail.
double shift_of_tail(double forecast, double outer, double inner) {
  if (outer == inner) return std::numeric_limits<double>::quiet_NaN();
  return (forecast - outer) / (outer - inner);
}

class ExtremeIndexReducer final : public SortedReducer {
 public:
  ExtremeIndexReducer(const StatisticsAxes& statistics,
                      std::shared_ptr<const ClimateQuantiles> climate,
                      const ExtremeIndexOptions& options)
      : SortedReducer(statistics),
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
    const io::Channel& c = axes().channels[channel];
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

  void reduce_columns(const SortedColumns& columns, std::size_t tile_points,
                      std::span<float> maps) override {
    if (!climate_->has(columns.channel)) return;
    const auto climate =
        climate_->month_of(columns.channel, axes().start + axes().leads[columns.lead]);
    const auto grid_points = static_cast<std::size_t>(axes().grid.points());
    for (std::int64_t j = 0; j < columns.points; ++j) {
      const float* c = climate.data() + static_cast<std::size_t>(columns.first_on_grid + j);
      const auto quantile = [&](std::size_t k) { return static_cast<double>(c[k * grid_points]); };
      float* out = maps.data() + static_cast<std::size_t>(columns.first_point + j);
      out[0] = static_cast<float>(index_of_point(columns, j, quantile));
      const double high = member_quantile(columns, j, 0.9, options_.quantiles);
      const double low = member_quantile(columns, j, 0.1, options_.quantiles);
      out[tile_points] = static_cast<float>(shift_of_tail(high, quantile(p99_), quantile(p90_)));
      out[2 * tile_points] = static_cast<float>(shift_of_tail(low, quantile(p01_), quantile(p10_)));
    }
  }

 private:
  template <class Quantile>
  double index_of_point(const SortedColumns& columns, std::int64_t column,
                        Quantile&& quantile) const {
    const auto& probability = climate_->probabilities();
    const double n = static_cast<double>(columns.members());
    double index = rule_.constant;
    for (std::size_t k = 0; k < rule_.weights.size();) {
      const double value = quantile(k);
      std::size_t last = k;  // of the quantiles with this value
      while (last + 1 < rule_.weights.size() && quantile(last + 1) == value) ++last;
      const auto up_to = static_cast<double>(columns.at_or_below(column, value));
      if (last > k && options_.ties == ClimateTies::spread) {
        const auto below = static_cast<double>(columns.below(column, value));
        const double width = probability[last] - probability[k];
        for (std::size_t i = k; i <= last; ++i) {
          const double share = (probability[i] - probability[k]) / width;
          index -= rule_.weights[i] * (below + share * (up_to - below)) / n;
        }
      } else {
        for (std::size_t i = k; i <= last; ++i) index -= rule_.weights[i] * up_to / n;
      }
      k = last + 1;
    }
    return index;
  }

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

std::unique_ptr<SortedReducer> make_extreme_index_reducer(
    const StatisticsAxes& axes, std::shared_ptr<const ClimateQuantiles> climate,
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
