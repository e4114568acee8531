#include "diagnostics/inferences/flatness.hpp"

#include <limits>

#include "diagnostics/rank_flatness.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {
namespace {

FamilyOutput output(const char* name, const char* long_name, const char* definition) {
  FamilyOutput out;
  out.name = name;
  out.long_name = long_name;
  out.definition = definition;
  out.min_members = 2;
  return out;
}

class RankTest final : public Inference {
 public:
  std::vector<FamilyOutput> outputs(const VerificationShape& shape, std::size_t) const override {
    if (shape.members < 2 || shape.rank_bins < 3) return {};
    return {
        output("rank_flatness", "departure of the rank histogram from flatness",
               "sum_k d_k^2 / sum_k V_kk, d the mean over starts of the shares less 1/K, V the covariance of that mean between blocks "
               "of starts; 1 is expected of a flat histogram"),
        output("rank_flatness_p", "probability of such a departure if the histogram is flat",
               "tail of F(v, v (C - 1)), v = (sum_k V_kk)^2 / sum_jk V_jk^2 estimated without bias, C blocks of starts (Rao and Scott 1984)"),
        output("rank_slope_t", "slope of the rank histogram in standard errors; positive: the ensemble is too low",
               "linear contrast of d over its standard error between blocks of starts"),
        output("rank_slope_p", "probability of such a slope if the histogram is flat",
               "two-sided tail of Student's t with C - 1 degrees of freedom"),
        output("rank_convexity_t", "convexity of the rank histogram in standard errors; positive: too little spread",
               "quadratic contrast of d over its standard error between blocks of starts"),
        output("rank_convexity_p", "probability of such a convexity if the histogram is flat",
               "two-sided tail of Student's t with C - 1 degrees of freedom"),
        output("rank_effective_cases", "independent cases that would scatter as the rank histogram does",
               "(1 - 1/K) / sum_k V_kk"),
    };
  }

  std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                               std::size_t region) const override {
    const VerificationShape& shape = results.shape();
    const auto histograms = results.rank_groups(channel, lead, region);
    if (histograms.empty()) return std::vector<double>(7, std::numeric_limits<double>::quiet_NaN());
    const ClusteredFlatness test = clustered_flatness(histograms, shape.rank_groups(), shape.block);
    return {test.statistic,         test.p_value,   test.slope,          test.slope_p_value, test.convexity,
            test.convexity_p_value, test.effective_cases};
  }
};

}  // namespace

std::shared_ptr<const Inference> make_rank_test() { return std::make_shared<RankTest>(); }

}  // namespace myriad::diag
