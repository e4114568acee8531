#include "diagnostics/reducers/ensemble_size_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "diagnostics/ensemble_size.hpp"
#include "diagnostics/finite.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr float k_absent = std::numeric_limits<float>::quiet_NaN();

class EnsembleSizeReducer final : public SortedReducer {
 public:
  EnsembleSizeReducer(const StatisticsAxes& statistics, EnsembleSizeOptions options)
      : SortedReducer(statistics), options_(std::move(options)) {}

  std::string name() const override { return "ensemble_size"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    const io::Channel& c = axes().channels[channel];
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

  void reduce_columns(const SortedColumns& columns, std::size_t tile_points,
                      std::span<float> maps) override {
    const std::size_t per_size = options_.truth ? 4 : 2;
    const auto map = [&](std::size_t size, std::size_t which) {
      return maps.data() + (size * per_size + which) * tile_points +
             static_cast<std::size_t>(columns.first_point);
    };
    for (std::size_t s = 0; s < options_.sizes.size(); ++s) {
      const auto& weights = weights_of(columns.members(), options_.sizes[s]);
      add_extremes(columns, weights, map(s, 0), map(s, 1));
    }
    if (!options_.truth) return;
    const auto& truth = truth_of(columns.channel, columns.lead);
    for (std::int64_t j = 0; j < columns.points; ++j) {
      if (truth.empty()) {
        for (std::size_t s = 0; s < options_.sizes.size(); ++s)
          map(s, 2)[j] = map(s, 3)[j] = k_absent;
        continue;
      }
      const double y =
          static_cast<double>(truth[static_cast<std::size_t>(columns.first_on_grid + j)]);
      const std::int64_t below = columns.below(j, y), up_to = columns.at_or_below(j, y);
      sort_errors(columns, j, y, below);
      const double n = static_cast<double>(columns.members());
      for (std::size_t s = 0; s < options_.sizes.size(); ++s) {
        map(s, 2)[j] = static_cast<float>(
            inside_envelope(static_cast<double>(below) / n,
                            static_cast<double>(columns.members() - up_to) / n, options_.sizes[s]));
        const auto& weights = weights_of(columns.members(), options_.sizes[s]);
        double error = 0.0;
        for (std::size_t i = 0; i < errors_.size(); ++i)
          error += weights[errors_.size() - 1 - i] * errors_[i];
        map(s, 3)[j] = static_cast<float>(error);
      }
    }
  }

 private:
  const std::vector<double>& weights_of(std::int64_t members, std::int64_t size) {
    auto& weights = weights_[{members, size}];
    if (weights.empty()) weights = largest_of_draws(members, size);
    return weights;
  }

  static void add_extremes(const SortedColumns& columns, const std::vector<double>& weights,
                           float* least, float* largest) {
    double low[kernels::k_sort_columns] = {}, high[kernels::k_sort_columns] = {};
    for (std::int64_t i = 0; i < columns.members(); ++i) {
      const float* x = columns.row(i);
      const double up = weights[static_cast<std::size_t>(i)];
      const double down = weights[static_cast<std::size_t>(columns.members() - 1 - i)];
      for (int j = 0; j < kernels::k_sort_columns; ++j) {
        low[j] += down * static_cast<double>(x[j]);
        high[j] += up * static_cast<double>(x[j]);
      }
    }
    for (std::int64_t j = 0; j < columns.points; ++j) {
      least[j] = static_cast<float>(low[j]);
      largest[j] = static_cast<float>(high[j]);
    }
  }

  /// Errors of one column in ascending order: the members below y and those above it are each in
  /// order already and are merged.
  void sort_errors(const SortedColumns& columns, std::int64_t column, double y,
                   std::int64_t below) {
    errors_.clear();
    std::int64_t down = below - 1, up = below;
    const auto error = [&](std::int64_t rank) {
      return std::abs(static_cast<double>(columns.row(rank)[column]) - y);
    };
    while (down >= 0 || up < columns.members()) {
      const bool take_up = down < 0 || (up < columns.members() && error(up) < error(down));
      errors_.push_back(error(take_up ? up++ : down--));
    }
  }

  /// The verifying field of a case, empty when there is none; the last one is kept.
  const std::vector<float>& truth_of(std::size_t channel, std::size_t lead) {
    if (truth_case_ == std::pair(channel, lead)) return truth_;
    truth_.resize(static_cast<std::size_t>(axes().grid.points()));
    if (!options_.truth(channel, lead, truth_)) truth_.clear();
    MYRIAD_VALIDATE(
        detail::all_finite(truth_), ErrorKind::input_corrupt, "E2510",
        "the verifying field of {} at lead {} h cannot be scored (it has missing values) "
        "check that file or leave the lead out",
        axes().channels[channel].name, axes().leads[lead].in_hours());
    truth_case_ = {channel, lead};
    return truth_;
  }

  EnsembleSizeOptions options_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<double>> weights_;  ///< members, size
  std::pair<std::size_t, std::size_t> truth_case_{std::numeric_limits<std::size_t>::max(), 0};
  std::vector<float> truth_;
  std::vector<double> errors_;
};

}  // namespace

std::unique_ptr<SortedReducer> make_ensemble_size_reducer(const StatisticsAxes& axes,
                                                          const EnsembleSizeOptions& options) {
  for (std::size_t i = 0; i < options.sizes.size(); ++i) {
    const std::int64_t n = options.sizes[i];
    const bool once =
        std::find(options.sizes.begin(), options.sizes.begin() + static_cast<std::ptrdiff_t>(i),
                  n) == options.sizes.begin() + static_cast<std::ptrdiff_t>(i);
    MYRIAD_VALIDATE(n >= 1 && n <= std::numeric_limits<std::int32_t>::max() && once,
                    ErrorKind::config_invalid, "E2533",
                    "no statistics of {} members (a size is at least 1 and given once) correct the "
                    "list",
                    n);
  }
  return std::make_unique<EnsembleSizeReducer>(axes, options);
}

}  // namespace myriad::diag
