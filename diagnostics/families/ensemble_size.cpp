#include "diagnostics/families/ensemble_size.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/ensemble_size.hpp"
#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

class EnsembleSizeFamily final : public ScoreFamily {
 public:
  explicit EnsembleSizeFamily(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  std::string name() const override { return "ensemble_size"; }
  std::int64_t values_at_once(std::int64_t) const override { return 2 * static_cast<std::int64_t>(sizes_.size()); }
  /// Gains of the sizes, share of the points that have one, errors of the sizes, error of one member.
  std::size_t record_size() const override { return 2 * sizes_.size() + 2; }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    const auto& truth = rows.fields.truth;
    const std::size_t sizes = sizes_.size(), points = truth.size();
    const SizeWeights weights = weights_of_sizes(rows.members.members(), sizes_);
    if (rows.members.members() >= 2) {
      const auto mean = rows.members.mean(), variance = rows.members.variance();
      const auto extremes = rows.members.combine_sorted(weights.both);
      for_each_row(rows, record, [&](std::size_t row, std::span<double> out) {
        for (std::size_t k = 0; k < sizes; ++k) {
          out[k] = detail::row_mean(rows.fields, row, [&](std::size_t p) {
            if (variance[p] == 0.0) return 0.0;
            const double low = extremes[2 * k * points + p], high = extremes[(2 * k + 1) * points + p];
            return std::max(high - mean[p], mean[p] - low) / std::sqrt(variance[p]);
          });
        }
        out[sizes] = detail::row_mean(rows.fields, row, [&](std::size_t p) { return variance[p] == 0.0 ? 0.0 : 1.0; });
      });
    }
    const auto store = [&](std::span<const double> errors, std::size_t first, std::size_t count) {
      for_each_row(rows, record, [&](std::size_t row, std::span<double> out) {
        for (std::size_t k = 0; k < count; ++k)
          out[first + k] = detail::row_mean(rows.fields, row, [&](std::size_t p) { return errors[k * points + p]; });
      });
    };
    store(rows.members.combine_sorted_errors(truth, weights.smallest), sizes + 1, sizes);
    store(rows.members.combine_sorted_errors(truth, largest_of_draws(rows.members.members(), 1)), 2 * sizes + 1, 1);
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::vector<FamilyOutput> out;
    const auto add = [&](const char* name, const char* long_name, const char* definition, ScoreUnit unit, int min_members) {
      FamilyOutput o;
      o.name = name;
      o.long_name = long_name;
      o.definition = fmt::format("{}; n members drawn with replacement, closed form", definition);
      o.unit = unit;
      o.min_members = min_members;
      o.axis = "ensemble_size";
      o.axis_values.assign(sizes_.begin(), sizes_.end());
      out.push_back(std::move(o));
    };
    add("information_gain", "standard deviations from the mean to the extreme of n members",
        "mean max(E[max] - m, m - E[min]) / s over the points with s > 0", ScoreUnit::one, 2);
    add("best_member_error_by_size", "error of the member nearest to the truth among n", "mean E[min_i |x_i - y|]",
        ScoreUnit::channel, 1);
    add("best_member_gain", "share of the error of one member that the nearest of n takes off",
        "1 - mean E[min_i |x_i - y|] / mean |x_i - y|", ScoreUnit::one, 1);
    return out;
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int, std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == sizes_.size());
    const std::size_t sizes = sizes_.size();
    const double varying = mean[sizes], of_one = mean[2 * sizes + 1];
    for (std::size_t k = 0; k < sizes; ++k) {
      const double best = mean[sizes + 1 + k];
      if (output == 0) values[k] = varying != 0.0 ? mean[k] / varying : detail::k_absent;
      if (output == 1) values[k] = best;
      if (output == 2) values[k] = of_one != 0.0 ? 1.0 - best / of_one : detail::k_absent;
    }
  }

 private:
  template <class Each>
  void for_each_row(const CaseRows& rows, std::span<double> record, Each&& each) const {
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row)
      each(row, record.subspan(row * record_size(), record_size()));
  }

  std::vector<std::int64_t> sizes_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_ensemble_size_family(std::vector<std::int64_t> sizes) {
  MYRIAD_VALIDATE(!sizes.empty(), ErrorKind::config_invalid, "E2533",
                  "no ensemble size is to be scored (the list is empty) name some or leave the family out");
  check_sizes(sizes);
  return std::make_shared<EnsembleSizeFamily>(std::move(sizes));
}

std::vector<std::int64_t> doubling_sizes(std::int64_t members) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t n = 1; n < members; n *= 2) sizes.push_back(n);
  sizes.push_back(members);
  return sizes;
}

}  // namespace myriad::diag
