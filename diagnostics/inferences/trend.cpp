#include "diagnostics/inferences/trend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "diagnostics/ensemble_health.hpp"
#include "diagnostics/rank_flatness.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {
namespace {

class DriftTest final : public Inference {
 public:
  std::vector<FamilyOutput> outputs(const VerificationShape&, std::size_t) const override {
    std::vector<FamilyOutput> out(2);
    out[0].name = "drift";
    out[0].long_name = "trend of the bias from the first lead on, per day";
    out[0].definition = "mean over starts of the least-squares trend along the lead of the area mean of m - y, first lead to this one";
    out[0].unit = ScoreUnit::channel;
    out[1].name = "drift_p";
    out[1].long_name = "probability of such a trend if there is none";
    out[1].definition = "two-sided tail of Student's t of the mean trend over its standard error between blocks of starts";
    return out;
  }

  std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                               std::size_t region) const override {
    const VerificationShape& shape = results.shape();
    const double absent = std::numeric_limits<double>::quiet_NaN();
    const auto block = static_cast<std::size_t>(shape.block);
    const std::size_t clusters = results.starts() / block, leads = lead + 1;
    if (leads < 2 || clusters < k_least_clusters) return {absent, absent};
    std::vector<double> days, values(clusters * leads, 0.0), sizes(clusters, 0.0);
    for (std::size_t s = 0; s < results.starts(); ++s) sizes[std::min(s / block, clusters - 1)] += 1.0;
    for (std::size_t t = 0; t < leads; ++t) {
      days.push_back(shape.lead_hours[t] / 24.0);
      const auto bias = results.by_start("bias", channel, t, region);
      for (std::size_t s = 0; s < bias.size(); ++s) {
        if (!std::isfinite(bias[s])) return {absent, absent};
        const std::size_t cluster = std::min(s / block, clusters - 1);
        values[cluster * leads + t] += bias[s] / sizes[cluster];
      }
    }
    const Drift found = drift(values, days);
    return {found.slope, found.p_value};
  }
};

}  // namespace

std::shared_ptr<const Inference> make_drift_test() { return std::make_shared<DriftTest>(); }

}  // namespace myriad::diag
