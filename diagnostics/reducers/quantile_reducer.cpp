#include "diagnostics/reducers/quantile_reducer.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/reducers/field_names.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

class QuantileReducer final : public Reducer {
 public:
  QuantileReducer(const StatisticsAxes& statistics, QuantileOptions options)
      : axes_(statistics), options_(std::move(options)) {}

  std::string name() const override { return "quantiles"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    const io::Channel& c = axes_.channels[channel];
    std::vector<ReducedField> out;
    for (double p : options_.probabilities) {
      const double percent = detail::percent_of(p);
      out.push_back(
          {fmt::format("{}_p{}", c.name, detail::number_in_name(percent)),
           false,
           {{"standard_name", c.standard_name},
            {"long_name", fmt::format("{}, ensemble percentile {:g}", c.long_name, percent)},
            {"units", c.units},
            {"cell_methods", c.cell_methods},
            {"percentile", percent},
            {"MYRIAD_estimator", std::string(describe(options_.definition))}},
           0});
    }
    return out;
  }

  std::size_t record_size(std::int64_t) const override { return 0; }

  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override {
    detail::check_tile(tile, axes_);
    MYRIAD_EXPECT(record.empty());
    std::vector<double> ranks;
    for (double p : options_.probabilities)
      ranks.push_back(detail::quantile_rank(p, columns.members(), options_.definition));
    const auto values = columns.at_ranks(ranks);
    MYRIAD_EXPECT(maps.size() == values.size());
    std::transform(values.begin(), values.end(), maps.begin(),
                   [](double v) { return static_cast<float>(v); });
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}
  std::size_t scratch_bytes(std::size_t, std::size_t) const override { return 0; }
  std::int64_t values_at_once(std::int64_t) const override {
    return static_cast<std::int64_t>(options_.probabilities.size());
  }

 private:
  StatisticsAxes axes_;
  QuantileOptions options_;
};

}  // namespace

const char* describe(QuantileDefinition definition) {
  switch (definition) {
    case QuantileDefinition::hyndman_fan_6:
      return "Hyndman and Fan type 6, rank (N + 1) p";
    case QuantileDefinition::hyndman_fan_7:
      return "Hyndman and Fan type 7, rank (N - 1) p + 1";
    case QuantileDefinition::hyndman_fan_8:
      return "Hyndman and Fan type 8, rank (N + 1/3) p + 1/3";
  }
  return "";
}

namespace detail {

double quantile_rank(double p, std::int64_t members, QuantileDefinition definition) {
  const double n = static_cast<double>(members);
  double rank = (n - 1.0) * p;
  if (definition == QuantileDefinition::hyndman_fan_6) rank = (n + 1.0) * p - 1.0;
  if (definition == QuantileDefinition::hyndman_fan_8) rank = (n + 1.0 / 3.0) * p - 2.0 / 3.0;
  return std::clamp(rank, 0.0, n - 1.0);
}

}  // namespace detail

std::unique_ptr<Reducer> make_quantile_reducer(const StatisticsAxes& axes,
                                               const QuantileOptions& options) {
  std::vector<std::string> seen;
  for (double p : options.probabilities) {
    MYRIAD_VALIDATE(p >= 0.0 && p <= 1.0, ErrorKind::config_invalid, "E2531",
                    "no quantile of probability {} (it must lie in 0..1) give shares, not percent",
                    p);
    const std::string name = detail::number_in_name(detail::percent_of(p));
    MYRIAD_VALIDATE(
        std::find(seen.begin(), seen.end(), name) == seen.end(), ErrorKind::config_invalid, "E2531",
        "quantile {} is asked for twice (its map p{} would exist twice) drop one", p, name);
    seen.push_back(name);
  }
  return std::make_unique<QuantileReducer>(axes, options);
}

}  // namespace myriad::diag
