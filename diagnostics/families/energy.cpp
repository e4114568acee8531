#include "diagnostics/families/energy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "diagnostics/member_crps.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

enum EnergyScore : std::size_t {
  standard,
  fair,
  skill,
  diversity,
  diversity_share,
  nearest_pair_ratio,
  k_energy_scores
};

/// Place of the couple i < j among the couples of all members, grouped by j, so that those of the
/// first members come first.
std::size_t place(std::size_t i, std::size_t j) {
  return j * (j - 1) / 2 + i;
}

class EnergyFamily final : public ScoreFamily {
 public:
  explicit EnergyFamily(std::int64_t at_most) : at_most_(at_most) {}

  std::string name() const override { return "energy"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  /// Squared distances of the members from the truth, then between couples.
  std::size_t record_size() const override {
    const auto m = static_cast<std::size_t>(at_most_);
    return m + m * (m - 1) / 2;
  }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto& truth = rows.fields.truth;
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    const std::int64_t count = std::min(at_most_, rows.members.members());
    std::vector<float> members(static_cast<std::size_t>(count) * truth.size());
    rows.members.copy_members(0, count, members);
    const auto member = [&](std::size_t i) {
      return std::span<const float>(members).subspan(i * truth.size(), truth.size());
    };
    const auto distance = [&](std::size_t row, std::span<const float> a, std::span<const float> b) {
      return detail::row_mean(rows.fields, row, [&](std::size_t p) {
        const double d = static_cast<double>(a[p]) - static_cast<double>(b[p]);
        return d * d;
      });
    };
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto out = record.subspan(row * record_size(), record_size());
      const auto couples = out.subspan(static_cast<std::size_t>(at_most_));
      for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
        out[j] = distance(row, member(j), truth);
        for (std::size_t i = 0; i < j; ++i)
          couples[place(i, j)] = distance(row, member(i), member(j));
      }
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::array<FamilyOutput, k_energy_scores> out;
    const auto set = [&](EnergyScore which, const char* name, const char* long_name,
                         const char* definition) {
      FamilyOutput& o = out[which];
      o.name = name;
      o.long_name = long_name;
      o.definition = fmt::format(
          "mean over dates of {}; d(a, b) = sqrt(area mean (a - b)^2), the first {} members at "
          "most",
          definition, at_most_);
      o.unit = which < diversity_share ? ScoreUnit::channel : ScoreUnit::one;
      o.pooling = Pooling::per_date;
      o.min_members = which == standard || which == skill ? 1 : 2;
    };
    set(standard, "energy_score", "energy score",
        "1/N sum d(x_i, y) - 1/(2N^2) sum_ij d(x_i, x_j)");
    set(fair, "energy_score_fair", "energy score, fair",
        "1/N sum d(x_i, y) - 1/(2N(N-1)) sum_ij d(x_i, x_j)");
    set(skill, "energy_skill", "mean distance of the members from the truth", "1/N sum d(x_i, y)");
    set(diversity, "energy_diversity", "half the mean distance between members",
        "1/(2N(N-1)) sum_ij d(x_i, x_j)");
    set(diversity_share, "diversity_share",
        "share of the members' mean squared error that their mean removes",
        "1/(2N^2) sum_ij d(x_i, x_j)^2 / (1/N sum d(x_i, y)^2)");
    set(nearest_pair_ratio, "nearest_pair_ratio",
        "smallest distance between members over the mean one",
        "min_{i<j} d(x_i, x_j) / mean_{i<j} d(x_i, x_j)");
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int members,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == 1);
    const auto count = static_cast<std::size_t>(std::min(at_most_, std::int64_t{members}));
    const auto couples =
        mean.subspan(static_cast<std::size_t>(at_most_)).first(count * (count - 1) / 2);
    double errors = 0.0, squared_errors = 0.0, distances = 0.0, squares = 0.0;
    for (double d2 : mean.first(count)) {
      errors += std::sqrt(d2);
      squared_errors += d2;
    }
    double nearest = std::numeric_limits<double>::infinity();
    for (double d2 : couples) {
      distances += std::sqrt(d2);
      squares += d2;
      nearest = std::min(nearest, std::sqrt(d2));
    }
    const auto n = static_cast<double>(count);
    const auto score = crps_of(errors / n, distances, n);  // the same sums over other distances
    const double pairs = n * (n - 1.0);
    const std::array<double, k_energy_scores> results{score.standard,
                                                      score.fair,
                                                      errors / n,
                                                      distances / pairs,
                                                      squares / (n * squared_errors),
                                                      0.5 * pairs * nearest / distances};
    values[0] = results[output];
  }

 private:
  std::int64_t at_most_;
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_energy_family(const EnergyOptions& options) {
  MYRIAD_VALIDATE(options.members_at_most >= 2, ErrorKind::config_invalid, "E2555",
                  "no energy score of {} members (an ensemble has at least 2) raise the number",
                  options.members_at_most);
  return std::make_shared<EnergyFamily>(options.members_at_most);
}

}  // namespace myriad::diag
