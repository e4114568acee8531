#include "diagnostics/reducers/ensemble_size_reducer.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "diagnostics/ensemble_size.hpp"
#include "diagnostics/finite.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr float k_absent = std::numeric_limits<float>::quiet_NaN();

class EnsembleSizeReducer final : public Reducer {
 public:
  EnsembleSizeReducer(const StatisticsAxes& statistics, EnsembleSizeOptions options)
      : axes_(statistics), options_(std::move(options)) {}

  std::string name() const override { return "ensemble_size"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    const io::Channel& c = axes_.channels[channel];
    std::vector<ReducedField> out;
    for (std::int64_t n : options_.sizes) {
      const auto add = [&](const char* name, const std::string& what, const std::string& units,
                           bool missing) {
        out.push_back({fmt::format("{}_{}_{}", c.name, name, n),
                       false,
                       {{"long_name", fmt::format("{}, {}", c.long_name, what)},
                        {"units", units},
                        {"MYRIAD_draws", static_cast<std::int32_t>(n)},
                        {"MYRIAD_estimator",
                         fmt::format("closed form over {} members drawn with replacement", n)}},
                       0,
                       missing});
      };
      add("expected_min", fmt::format("expected minimum of {} members", n), c.units, false);
      add("expected_max", fmt::format("expected maximum of {} members", n), c.units, false);
      if (!options_.truth) continue;
      add("inside", fmt::format("probability that the analysis lies inside {} members", n), "1",
          true);
      add("best_error",
          fmt::format("expected error of the member nearest to the analysis among {}", n), c.units,
          true);
    }
    return out;
  }

  std::size_t record_size(std::int64_t) const override { return 0; }

  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override {
    detail::check_tile(tile, axes_);
    MYRIAD_EXPECT(record.empty());
    const auto points = static_cast<std::size_t>(tile.points());
    const std::size_t sizes = options_.sizes.size(), per_size = options_.truth ? 4 : 2;
    const auto map = [&](std::size_t size, std::size_t which) {
      return maps.subspan((size * per_size + which) * points, points);
    };
    const auto set = [&](std::size_t which, std::span<const double> values, std::size_t stride) {
      for (std::size_t s = 0; s < sizes; ++s) {
        const auto from = values.subspan(stride * s * points, points);
        std::transform(from.begin(), from.end(), map(s, which).begin(),
                       [](double v) { return static_cast<float>(v); });
      }
    };
    const auto& [down, both] = weights_of(columns.members());
    const auto extremes = columns.combine_sorted(both);
    set(0, extremes, 2);
    set(1, extremes.subspan(points), 2);
    if (!options_.truth) return;
    const auto& truth = truth_of(tile.channel, tile.lead);
    if (truth.empty()) {
      for (std::size_t s = 0; s < sizes; ++s) {
        std::fill_n(map(s, 2).begin(), points, k_absent);
        std::fill_n(map(s, 3).begin(), points, k_absent);
      }
      return;
    }
    const auto y = std::span<const float>(truth).subspan(
        static_cast<std::size_t>(tile.first_row * tile.nlon), points);
    const MemberErrors errors = columns.errors(y);
    const double n = static_cast<double>(columns.members());
    for (std::size_t s = 0; s < sizes; ++s) {
      for (std::size_t j = 0; j < points; ++j) {
        const double below = errors.below[j] / n,
                     above = (n - errors.below[j] - errors.equal[j]) / n;
        map(s, 2)[j] = static_cast<float>(inside_envelope(below, above, options_.sizes[s]));
      }
    }
    set(3, columns.combine_sorted_errors(y, down), 1);
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}
  std::size_t scratch_bytes(std::size_t members, std::size_t) const override {
    return 3 * options_.sizes.size() * members * sizeof(double);
  }
  std::int64_t values_at_once(std::int64_t) const override {
    return 2 * static_cast<std::int64_t>(options_.sizes.size());
  }

 private:
  const SizeWeights& weights_of(std::int64_t members) {
    SizeWeights& weights = weights_[members];
    if (weights.both.empty()) weights = weights_of_sizes(members, options_.sizes);
    return weights;
  }

  /// The verifying field of a case, empty when there is none; the last one is kept.
  const std::vector<float>& truth_of(std::size_t channel, std::size_t lead) {
    if (truth_case_ == std::pair(channel, lead)) return truth_;
    truth_.resize(static_cast<std::size_t>(axes_.grid.points()));
    if (!options_.truth(channel, lead, truth_)) truth_.clear();
    MYRIAD_VALIDATE(
        detail::all_finite(truth_), ErrorKind::input_corrupt, "E2510",
        "the verifying field of {} at lead {} h cannot be scored (it has missing values) "
        "check that file or leave the lead out",
        axes_.channels[channel].name, axes_.leads[lead].in_hours());
    truth_case_ = {channel, lead};
    return truth_;
  }

  StatisticsAxes axes_;
  EnsembleSizeOptions options_;
  std::map<std::int64_t, SizeWeights> weights_;  ///< by number of members
  std::pair<std::size_t, std::size_t> truth_case_{std::numeric_limits<std::size_t>::max(), 0};
  std::vector<float> truth_;
};

}  // namespace

std::unique_ptr<Reducer> make_ensemble_size_reducer(const StatisticsAxes& axes,
                                                    const EnsembleSizeOptions& options) {
  check_sizes(options.sizes);
  return std::make_unique<EnsembleSizeReducer>(axes, options);
}

}  // namespace myriad::diag
