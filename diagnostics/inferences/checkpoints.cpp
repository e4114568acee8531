#include "diagnostics/inferences/checkpoints.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "diagnostics/consistency.hpp"
#include "diagnostics/paired_comparison.hpp"
#include "diagnostics/rank_flatness.hpp"
#include "diagnostics/stacking.hpp"
#include "diagnostics/verification.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

FamilyOutput single(const char* name, const char* long_name, const char* definition, ScoreUnit unit = ScoreUnit::one) {
  FamilyOutput out;
  out.name = name;
  out.long_name = long_name;
  out.definition = definition;
  out.unit = unit;
  return out;
}

FamilyOutput by_checkpoint(FamilyOutput out, std::size_t checkpoints) {
  out.axis = "checkpoint";
  for (std::size_t j = 0; j < checkpoints; ++j) out.axis_values.push_back(static_cast<double>(j));
  return out;
}

/// Records of every start; empty when one is absent.
std::vector<std::span<const double>> records_of(const Verification& results, const ScoreFamily& family, std::size_t channel,
                                                std::size_t lead, std::size_t region) {
  const ScoreFamilies& families = results.shape().families;
  const auto found = std::find_if(families.begin(), families.end(), [&](const auto& one) { return one.get() == &family; });
  MYRIAD_EXPECT(found != families.end());
  auto records = results.family_records(static_cast<std::size_t>(found - families.begin()), channel, lead, region);
  for (const auto& record : records) {
    if (!std::all_of(record.begin(), record.end(), [](double v) { return std::isfinite(v); })) return {};
  }
  return records;
}

class Agreement final : public Inference {
 public:
  explicit Agreement(std::shared_ptr<const CheckpointFamily> family) : family_(std::move(family)) {}

  std::vector<FamilyOutput> outputs(const VerificationShape&, std::size_t) const override {
    if (family_->checkpoints() < 3) return {};
    return {by_checkpoint(single("checkpoint_agreement", "share of a checkpoint in the agreement of all",
                                 "w_j of min(|m_j - median| / (3 scale), 1) and of the spread, m_j means over area and members at each "
                                 "start, scale their mean distance from the median; clipped to 1/(2J)..2/J"),
                          family_->checkpoints()),
            single("checkpoints_inconsistent", "checkpoints whose share in the agreement is at its lower bound",
                   "count of w_j = 1/(2J)")};
  }

  std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                               std::size_t region) const override {
    const std::size_t count = family_->checkpoints();
    const auto records = records_of(results, *family_, channel, lead, region);
    std::vector<double> values(count + 1, k_absent);
    if (count < 3) return {};
    if (records.size() < k_least_clusters) return values;
    const std::size_t starts = records.size();
    std::vector<double> means(count * starts), ratio(count, 0.0);
    double scale = 0.0;
    for (std::size_t s = 0; s < starts; ++s) {
      const auto own = family_->means(records[s]), variances = family_->variances(records[s]);
      std::vector<double> sorted = own;
      std::sort(sorted.begin(), sorted.end());
      const double median = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
      double variance = 0.0;
      for (double v : variances) variance += v / static_cast<double>(count);
      for (std::size_t j = 0; j < count; ++j) {
        means[j * starts + s] = own[j];
        scale += std::abs(own[j] - median) / static_cast<double>(starts * count);
        // Logarithms of the ratio of standard deviations; a checkpoint of one member says nothing of its spread.
        if (variances[j] > 0.0) ratio[j] += 0.5 * std::log(variances[j] / variance) / static_cast<double>(starts);
      }
    }
    if (!(scale > 0.0)) return values;
    for (double& r : ratio) r = std::exp(r);
    const std::vector<double> scales(starts, scale), area(starts, 1.0 / static_cast<double>(starts));
    const Consistency found = checkpoint_consistency(means, scales, area, ratio);
    std::copy(found.weights.begin(), found.weights.end(), values.begin());
    values[count] = static_cast<double>(found.inconsistent.size());
    return values;
  }

 private:
  std::shared_ptr<const CheckpointFamily> family_;
};

class Weights final : public Inference {
 public:
  Weights(std::shared_ptr<const CheckpointFamily> family, const WeightOptions& options)
      : family_(std::move(family)), options_(options) {
    const double all = std::accumulate(family_->members().begin(), family_->members().end(), 0.0);
    for (int m : family_->members()) pooled_.push_back(m / all);
  }

  std::vector<FamilyOutput> outputs(const VerificationShape&, std::size_t) const override {
    const std::size_t count = pooled_.size();
    const auto unit = ScoreUnit::channel;
    return {
        by_checkpoint(single("crps_weights", "weights of the checkpoints that make the CRPS smallest",
                             "argmin over the simplex of sum w_j A_j - 1/2 sum w_j w_k B_jk + rho sum (w_j - 1/J)^2, A_j = mean |x_j - y|, "
                             "B_jk = mean |x_j - x_k|"),
                      count),
        single("crps_weighted", "CRPS of the members with these weights", "sum w_j A_j - 1/2 sum w_j w_k B_jk, on the dates of the fit",
               unit),
        single("crps_pooled", "CRPS of the members as they are", "the same with w_j = M_j / N", unit),
        single("crps_weighted_left_out", "CRPS with weights fitted to the other blocks of starts",
               "mean over blocks of starts left out in turn", unit),
        single("crps_weights_gain", "gain of the weights on starts that they were not fitted to",
               "1 - crps_weighted_left_out / crps_pooled"),
        single("crps_weights_gain_p", "probability of such a gain or loss if there is none",
               "two-sided, bootstrap over blocks of starts of the difference"),
        single("crps_components", "mean CRPS of the checkpoints by themselves", "sum w_j (A_j - B_jj / 2), w_j = M_j / N", unit),
        single("crps_diversity", "what the difference of the checkpoints takes off the CRPS",
               "1/2 sum w_j w_k B_jk - 1/2 sum w_j B_jj, w_j = M_j / N", unit),
        by_checkpoint(single("checkpoint_value", "CRPS without a checkpoint less that with it",
                             "members of the others as they are; negative: better without it", unit),
                      count),
    };
  }

  std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                               std::size_t region) const override {
    const std::size_t count = pooled_.size();
    std::vector<double> values(2 * count + 7, k_absent);
    const auto records = records_of(results, *family_, channel, lead, region);
    if (records.empty()) return values;
    std::vector<MixtureTerms> terms;
    for (const auto& record : records) terms.push_back(family_->terms(record, options_.estimator));
    const MixtureTerms all = mean_terms(terms, std::vector<double>(terms.size(), 1.0));
    const MixtureSkill skill = decompose_crps(all, pooled_);
    values[count + 1] = skill.crps;
    values[count + 5] = skill.component_crps;
    values[count + 6] = skill.diversity;
    const auto worth = component_values(all, pooled_);
    std::copy(worth.begin(), worth.end(), values.end() - static_cast<std::ptrdiff_t>(count));
    try {
      const StackingWeights fitted = fit(all);
      std::copy(fitted.weights.begin(), fitted.weights.end(), values.begin());
      values[count] = fitted.crps;
      leave_out(terms, results.shape().block, std::span(values).subspan(count + 2, 3));
    } catch (const Error& error) {
      if (error.id() != "E2541") throw;  // fair estimates that no weights are best for stay absent
    }
    return values;
  }

 private:
  StackingWeights fit(const MixtureTerms& terms) const {
    return stack(terms, {options_.regularisation * mixture_crps(terms, pooled_)});
  }

  /// CRPS left out, gain and its p-value into \p out.
  void leave_out(std::span<const MixtureTerms> terms, int block, std::span<double> out) const {
    const auto size = static_cast<std::size_t>(block);
    const std::size_t blocks = terms.size() / size;
    if (blocks < k_least_clusters) return;
    std::vector<double> weighted, pooled;
    double left_out = 0.0, as_they_are = 0.0;
    for (std::size_t b = 0; b < blocks; ++b) {
      const auto inside = [&](std::size_t s) { return std::min(s / size, blocks - 1) == b; };
      std::vector<double> own, others;
      for (std::size_t s = 0; s < terms.size(); ++s) {
        own.push_back(inside(s) ? 1.0 : 0.0);
        others.push_back(inside(s) ? 0.0 : 1.0);
      }
      const std::vector<double> weights = fit(mean_terms(terms, others)).weights;
      const MixtureTerms mean = mean_terms(terms, own);
      weighted.push_back(mixture_crps(mean, weights));
      pooled.push_back(mixture_crps(mean, pooled_));
      const double share = std::accumulate(own.begin(), own.end(), 0.0) / static_cast<double>(terms.size());
      left_out += share * weighted.back();
      as_they_are += share * pooled.back();
    }
    out[0] = left_out;
    if (as_they_are > 0.0) out[1] = 1.0 - left_out / as_they_are;
    out[2] = compare_means(weighted, pooled).p_value;
  }

  std::shared_ptr<const CheckpointFamily> family_;
  WeightOptions options_;
  std::vector<double> pooled_;  ///< M_j / N
};

}  // namespace

std::shared_ptr<const Inference> make_agreement(std::shared_ptr<const CheckpointFamily> family) {
  return std::make_shared<Agreement>(std::move(family));
}

std::shared_ptr<const Inference> make_weights(std::shared_ptr<const CheckpointFamily> family, const WeightOptions& options) {
  return std::make_shared<Weights>(std::move(family), options);
}

}  // namespace myriad::diag
