#include "diagnostics/families/regional_mean.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "diagnostics/families/regional_values.hpp"
#include "diagnostics/member_crps.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

enum RegionalScore : std::size_t { crps_fair, crps_standard, spread, error, error_expected };

class RegionalMeanFamily final : public ScoreFamily {
 public:
  explicit RegionalMeanFamily(std::int64_t at_most) : at_most_(at_most) {}

  std::string name() const override { return "regional_mean"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  /// The truth, then the members; those that a case does not have stay NaN.
  std::size_t record_size() const override { return 1 + static_cast<std::size_t>(at_most_); }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    detail::regional_values(rows, at_most_, record);
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::array<FamilyOutput, 5> out;
    const auto set = [&](RegionalScore which, const char* name, const char* long_name,
                         const char* definition) {
      FamilyOutput& o = out[which];
      o.name = name;
      o.long_name = long_name;
      o.definition =
          fmt::format("mean over dates of {}; X_i, Y area means, the first {} members at most",
                      definition, at_most_);
      o.unit = ScoreUnit::channel;
      o.pooling = Pooling::per_date;
      o.min_members = which == crps_standard || which == error ? 1 : 2;
    };
    set(crps_fair, "regional_crps_fair",
        "continuous ranked probability score of the regional mean, fair",
        "1/N sum|X_i - Y| - 1/(2N(N-1)) sum_ij |X_i - X_j|");
    set(crps_standard, "regional_crps_standard",
        "continuous ranked probability score of the regional mean",
        "1/N sum|X_i - Y| - 1/(2N^2) sum_ij |X_i - X_j|");
    set(spread, "regional_spread", "ensemble spread of the regional mean",
        "sqrt(sum (X_i - M)^2 / (N-1))");
    set(error, "regional_error", "absolute error of the ensemble mean of the regional mean",
        "|M - Y|");
    set(error_expected, "regional_error_expected",
        "absolute error of the regional mean that the spread lets expect",
        "sqrt((N+1)/(N-1)) 1/N sum|X_i - M|");
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int members,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == 1);
    const auto count = static_cast<std::size_t>(std::min(at_most_, std::int64_t{members}));
    const double truth = mean[0];
    std::vector<double> x(mean.begin() + 1, mean.begin() + 1 + static_cast<std::ptrdiff_t>(count));
    values[0] = detail::k_absent;
    // NaN has no place in an order.
    if (std::isnan(truth) ||
        std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); }))
      return;
    std::sort(x.begin(), x.end());
    const auto n = static_cast<double>(count);
    const auto weights = pair_weights(static_cast<std::int64_t>(count));
    double sum = 0.0, errors = 0.0, pairs = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += x[i];
      errors += std::abs(x[i] - truth);
      pairs += weights[i] * x[i];
    }
    double squared = 0.0, absolute = 0.0;
    for (double v : x) {
      squared += (v - sum / n) * (v - sum / n);
      absolute += std::abs(v - sum / n);
    }
    const auto crps = crps_of(errors / n, pairs, n);
    const std::array<double, 5> results{crps.fair, crps.standard, std::sqrt(squared / (n - 1.0)),
                                        std::abs(sum / n - truth),
                                        std::sqrt((n + 1.0) / (n - 1.0)) * absolute / n};
    values[0] = results[output];
  }

 private:
  std::int64_t at_most_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_regional_mean_family(const RegionalMeanOptions& options) {
  MYRIAD_VALIDATE(
      options.members_at_most >= 2, ErrorKind::config_invalid, "E2554",
      "no scores of regional means of {} members (an ensemble has at least 2) raise the "
      "number",
      options.members_at_most);
  return std::make_shared<RegionalMeanFamily>(options.members_at_most);
}

}  // namespace myriad::diag
