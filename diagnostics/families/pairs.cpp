#include "diagnostics/families/pairs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "diagnostics/families/family_parts.hpp"
#include "diagnostics/member_crps.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

void check(const PairOptions& options) {
  MYRIAD_VALIDATE(options.alpha >= 0.0 && options.alpha <= 1.0, ErrorKind::config_invalid, "E2553",
                  "no almost fair score with alpha {} (it must lie in 0..1) take 0.95",
                  options.alpha);
  std::set<std::int64_t> seen;
  for (const MemberPair& pair : options.pairs) {
    for (std::int64_t member : {pair.first, pair.second}) {
      MYRIAD_VALIDATE(member >= 0 && seen.insert(member).second, ErrorKind::config_invalid, "E2553",
                      "members {} and {} are no pair (each member has one partner at most, and "
                      "another one than itself) correct the pairs",
                      pair.first, pair.second);
    }
  }
}

class PairFamily final : public ScoreFamily {
 public:
  explicit PairFamily(const PairOptions& options) : options_(options) {
    for (const MemberPair& pair : options.pairs)
      needed_ = std::max({needed_, pair.first + 1, pair.second + 1});
  }

  std::string name() const override { return "pairs"; }
  std::int64_t values_at_once(std::int64_t) const override { return 1; }
  std::size_t record_size() const override { return 2; }  // pair fair, standard

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    const std::int64_t members = rows.members.members();
    const auto couples =
        members * (members - 1) - 2 * static_cast<std::int64_t>(options_.pairs.size());
    if (members < needed_ || couples <= 0) return;
    const auto n = static_cast<double>(members);
    const auto partners = partner_distances(rows.members);
    const auto errors = rows.members.errors(rows.fields.truth).sum;
    const auto all = rows.members.combine_sorted(pair_weights(members));
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto average = [&](auto&& value) { return detail::row_mean(rows.fields, row, value); };
      const double absolute = average([&](std::size_t p) { return errors[p]; }) / n;
      const double apart = average([&](std::size_t p) { return all[p] - partners[p]; });
      const double distance = average([&](std::size_t p) { return all[p]; });
      record[2 * row] = absolute - apart / static_cast<double>(couples);
      record[2 * row + 1] = absolute - distance / (n * n);
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::array<FamilyOutput, 2> out;
    out[0].name = "crps_pair_fair";
    out[0].long_name = "continuous ranked probability score, fair for paired members";
    out[0].definition =
        "mean(1/N sum|x_i - y| - D/(N(N-1) - 2P)), D sum of |x_i - x_j| over the couples i < j "
        "that "
        "are none of the P pairs";
    out[1].name = "crps_pair_almost_fair";
    out[1].long_name = fmt::format(
        "continuous ranked probability score, almost fair for paired members, alpha {:g}",
        options_.alpha);
    out[1].definition = fmt::format("{:g} crps_pair_fair + {:g} crps_standard", options_.alpha,
                                    1.0 - options_.alpha);
    for (FamilyOutput& o : out) {
      o.unit = ScoreUnit::channel;
      o.min_members = 2;
    }
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == 1);
    values[0] = output == 0 ? mean[0] : options_.alpha * mean[0] + (1.0 - options_.alpha) * mean[1];
  }

 private:
  /// [point]: sum over pairs of the distance of the two.
  std::vector<double> partner_distances(const MemberColumns& members) const {
    const auto points = static_cast<std::size_t>(members.points());
    std::vector<double> sum(points, 0.0);
    std::vector<float> a(points), b(points);
    for (const MemberPair& pair : options_.pairs) {
      members.copy_members(pair.first, 1, a);
      members.copy_members(pair.second, 1, b);
      for (std::size_t p = 0; p < points; ++p)
        sum[p] += std::abs(static_cast<double>(a[p]) - static_cast<double>(b[p]));
    }
    return sum;
  }

  PairOptions options_;
  std::int64_t needed_ = 1;  ///< members that the pairs name
};

}  // namespace

std::vector<MemberPair> neighbour_pairs(std::int64_t members) {
  std::vector<MemberPair> pairs;
  for (std::int64_t i = 0; i + 1 < members; i += 2) pairs.push_back({i, i + 1});
  return pairs;
}

std::vector<MemberPair> centred_pairs(std::span<const std::uint32_t> numbers,
                                      std::int64_t checkpoints) {
  MYRIAD_EXPECT(checkpoints > 0);
  std::vector<MemberPair> pairs;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::int64_t number = numbers[i];
    if (number == 0 || number / checkpoints % 2 != 0) continue;
    const auto partner =
        std::find(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(number + checkpoints));
    if (partner != numbers.end())
      pairs.push_back({static_cast<std::int64_t>(i), partner - numbers.begin()});
  }
  return pairs;
}

std::shared_ptr<const ScoreFamily> make_pair_family(const PairOptions& options) {
  check(options);
  return std::make_shared<PairFamily>(options);
}

}  // namespace myriad::diag
