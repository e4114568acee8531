#include "diagnostics/families/tails.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "diagnostics/member_crps.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

enum TailNumber : std::size_t {
  standard,
  fair,
  mean_error,
  control_error,
  outcome_weighted,  ///< times the indicator of the outcome
  outcome_share,
  k_tail_numbers
};

struct TailScore {
  const char* name;
  const char* long_name;
  const char* definition;
  ScoreUnit unit;
  int min_members;
};

/// In the order of TailNumber.
constexpr std::array<TailScore, k_tail_numbers> k_scores{
    TailScore{
        "twcrps_standard", "threshold-weighted continuous ranked probability score",
        "mean(1/N sum|v_i - v_y| - 1/(2N^2) sum_ij |v_i - v_j|), v = value cut at the threshold",
        ScoreUnit::channel, 1},
    TailScore{"twcrps_fair", "threshold-weighted continuous ranked probability score, fair",
              "mean(1/N sum|v_i - v_y| - 1/(2N(N-1)) sum_ij |v_i - v_j|), v = value cut at the "
              "threshold",
              ScoreUnit::channel, 2},
    TailScore{"twmae", "threshold-weighted error of the ensemble mean", "mean |v(m) - v(y)|",
              ScoreUnit::channel, 1},
    TailScore{"twmae_control", "threshold-weighted error of the control",
              "mean |v(control) - v(y)|", ScoreUnit::channel, 1},
    TailScore{"owcrps", "outcome-weighted continuous ranked probability score",
              "mean over points with y beyond the threshold of the CRPS (standard) of the members "
              "beyond it; distance to the nearest member where there is none",
              ScoreUnit::channel, 1},
    TailScore{"owcrps_share", "share of points that the outcome-weighted score sees",
              "mean [y beyond the threshold]", ScoreUnit::one, 1},
};

float cut(const Event& tail, float x) {
  const auto t = static_cast<float>(tail.value);
  return tail.relation == Relation::above ? std::max(x, t) : std::min(x, t);
}

/// The CRPS of those members that lie beyond the tail's value, at one point whose truth does.
/// \param sorted [rank, point]
double beyond_crps(const Event& tail, std::span<const float> sorted, std::size_t points,
                   std::size_t point, double truth) {
  const std::size_t n = sorted.size() / points;
  const auto member = [&](std::size_t rank) {
    return static_cast<double>(sorted[rank * points + point]);
  };
  std::size_t first = 0, last = n;
  if (tail.relation == Relation::above) {
    while (first < n && !tail.holds(member(first))) ++first;
  } else {
    while (last > 0 && !tail.holds(member(last - 1))) --last;
  }
  if (first == last) return std::abs(truth - member(tail.relation == Relation::above ? n - 1 : 0));
  const auto k = static_cast<double>(last - first);
  double errors = 0.0, pairs = 0.0;
  for (std::size_t r = first; r < last; ++r) {
    errors += std::abs(member(r) - truth);
    pairs += (2.0 * static_cast<double>(r - first) - k + 1.0) * member(r);
  }
  return crps_of(errors / k, pairs, k).standard;
}

class TailFamily final : public ScoreFamily {
 public:
  explicit TailFamily(const TailOptions& options)
      : tails_(resolve_thresholds(units_of(options.channels), options.tails)) {
    for (const auto& tails : tails_) most_ = std::max(most_, tails.size());
  }

  std::string name() const override { return "tails"; }
  /// Clamped members are columns of their own.
  std::int64_t values_at_once(std::int64_t members) const override {
    constexpr std::size_t k_value = sizeof(double);
    return static_cast<std::int64_t>((MemberColumns::buffer_bytes(members, 1, 1) + k_value - 1) /
                                     k_value);
  }
  std::size_t record_size() const override { return most_ * k_tail_numbers; }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto count = static_cast<std::size_t>(rows.fields.nlat);
    MYRIAD_EXPECT(record.size() == count * record_size() && !rows.fields.truth.empty());
    MemberColumns clamped(rows.members.backend());
    for (std::size_t e = 0; e < tails_[rows.channel].size(); ++e) {
      const Event& tail = tails_[rows.channel][e];
      clamped.load_tail(rows.members,
                        tail.relation == Relation::above ? MemberColumns::Tail::upper
                                                         : MemberColumns::Tail::lower,
                        tail.value);
      score_tail(rows, tail, clamped, [&](std::size_t row) {
        return record.subspan(row * record_size() + e * k_tail_numbers, k_tail_numbers);
      });
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t channel) const override {
    std::vector<FamilyOutput> out;
    for (const Event& tail : tails_[channel]) {
      for (const TailScore& score : k_scores) {
        FamilyOutput o;
        o.name = fmt::format("{}_{}", score.name, tail.name);
        o.long_name = fmt::format("{}, {}", score.long_name, tail.text);
        o.definition = score.definition;
        o.unit = score.unit;
        o.min_members = score.min_members;
        out.push_back(std::move(o));
      }
    }
    return out;
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == 1);
    values[0] = mean[output];
    if (output % k_tail_numbers != outcome_weighted) return;
    const double share = mean[output - outcome_weighted + outcome_share];
    values[0] = share > 0.0 ? mean[output] / share : detail::k_absent;
  }

 private:
  /// Numbers of one tail into numbers_of(row).
  template <class Numbers>
  void score_tail(const CaseRows& rows, const Event& tail, MemberColumns& clamped,
                  const Numbers& numbers_of) const {
    const auto& truth = rows.fields.truth;
    const auto n = static_cast<double>(clamped.members());
    std::vector<float> limited(truth.begin(), truth.end());
    for (float& y : limited) y = cut(tail, y);
    const auto errors = clamped.errors(limited).sum;
    const auto pairs = clamped.combine_sorted(pair_weights(clamped.members()));
    const auto mean = rows.members.mean();
    const auto beyond = [&](std::size_t p) { return tail.holds(static_cast<double>(truth[p])); };
    const auto distance = [&](double x, std::size_t p) {
      return std::abs(static_cast<double>(cut(tail, static_cast<float>(x))) -
                      static_cast<double>(limited[p]));
    };
    std::vector<double> outcome(truth.size(), 0.0);
    std::span<const float> sorted;
    for (std::size_t p = 0; p < truth.size(); ++p) {
      if (!beyond(p)) continue;
      if (sorted.empty()) sorted = rows.members.sorted();
      outcome[p] = beyond_crps(tail, sorted, truth.size(), p, static_cast<double>(truth[p]));
    }
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto out = numbers_of(row);
      const auto average = [&](auto&& value) { return detail::row_mean(rows.fields, row, value); };
      const auto crps = crps_of(average([&](std::size_t p) { return errors[p]; }) / n,
                                average([&](std::size_t p) { return pairs[p]; }), n);
      out[standard] = crps.standard;
      out[fair] = crps.fair;
      out[mean_error] = average([&](std::size_t p) { return distance(mean[p], p); });
      if (!rows.fields.control.empty()) {
        out[control_error] = average([&](std::size_t p) {
          return distance(static_cast<double>(rows.fields.control[p]), p);
        });
      }
      out[outcome_weighted] = average([&](std::size_t p) { return outcome[p]; });
      out[outcome_share] = average([&](std::size_t p) { return beyond(p) ? 1.0 : 0.0; });
    }
  }

  std::vector<std::vector<Event>> tails_;  ///< [channel]
  std::size_t most_ = 0;                   ///< tails of the channel that has most
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_tail_family(const TailOptions& options) {
  return std::make_shared<TailFamily>(options);
}

}  // namespace myriad::diag
