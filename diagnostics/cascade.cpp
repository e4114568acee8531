#include "diagnostics/cascade.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Least count k with k / members >= threshold, as the comparison rounds.
std::int64_t needed_count(double threshold, std::int64_t members) {
  const double n = static_cast<double>(members);
  auto count = static_cast<std::int64_t>(std::ceil(threshold * n));
  while (count > 0 && static_cast<double>(count - 1) / n >= threshold) --count;
  while (static_cast<double>(count) / n < threshold) ++count;
  return count;
}

/// Probabilities of 0..n events in n draws.
std::vector<double> binomial_masses(std::int64_t n, double p) {
  std::vector<double> masses(static_cast<std::size_t>(n) + 1, 0.0);
  if (p == 0.0 || p == 1.0) {
    masses[p == 0.0 ? 0 : static_cast<std::size_t>(n)] = 1.0;
    return masses;
  }
  const double all = static_cast<double>(n);
  for (std::size_t k = 0; k < masses.size(); ++k) {
    const double count = static_cast<double>(k);
    masses[k] = std::exp(std::lgamma(all + 1.0) - std::lgamma(count + 1.0) -
                         std::lgamma(all - count + 1.0) + count * std::log(p) +
                         (all - count) * std::log1p(-p));
  }
  return masses;
}

/// Kullback-Leibler divergence of Bernoulli distributions, x and p in 0..1, finite for p in (0, 1).
double bernoulli_divergence(double x, double p) {
  const double yes = x > 0.0 ? x * std::log(x / p) : 0.0;
  return yes + (x < 1.0 ? (1.0 - x) * std::log((1.0 - x) / (1.0 - p)) : 0.0);
}

/// Tails of the events among the members of a round, drawn from a full ensemble.
class RoundTails {
 public:
  RoundTails(std::int64_t members, std::int64_t full, CascadeUnit unit)
      : members_(members), full_(full), unit_(unit) {}

  /// Probability of \p count or more, at most, when the full ensemble holds \p held.
  double at_least(std::int64_t count, std::int64_t held) const {
    if (unit_ == CascadeUnit::member) return hypergeometric_at_least(count, members_, held, full_);
    return count > held ? 0.0 : bound(count, held, share(count, members_) > share(held, full_));
  }
  /// Of \p count or fewer.
  double at_most(std::int64_t count, std::int64_t held) const {
    if (unit_ == CascadeUnit::member) return hypergeometric_at_most(count, members_, held, full_);
    // The others cannot hold the rest.
    if (held - count > full_ - members_) return 0.0;
    return bound(count, held, share(count, members_) < share(held, full_));
  }

 private:
  static double share(std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }
  /// Hoeffding (1963), equation 2.1, for the shares of members_ / 2 pairs.
  double bound(std::int64_t count, std::int64_t held, bool beyond) const {
    if (!beyond) return 1.0;
    const double pairs = static_cast<double>(members_) / 2.0;
    return std::exp(-pairs * bernoulli_divergence(share(count, members_), share(held, full_)));
  }

  std::int64_t members_, full_;
  CascadeUnit unit_;
};

CascadeRound limits_of(std::int64_t members, std::int64_t needed, std::int64_t full, double tail,
                       CascadeUnit unit) {
  CascadeRound round{members, -1, members + 1};
  const RoundTails tails(members, full, unit);
  // Bisection: both tails are monotone in the count.
  std::int64_t low = 0, high = members + 1;  // P(X >= members + 1) = 0
  while (low < high) {
    const std::int64_t k = low + (high - low) / 2;
    if (tails.at_least(k, needed - 1) <= tail)
      high = k;
    else
      low = k + 1;
  }
  round.yes_at_least = low;
  low = -1, high = members;
  while (low < high) {
    const std::int64_t k = low + (high - low + 1) / 2;
    if (tails.at_most(k, needed) <= tail)
      low = k;
    else
      high = k - 1;
  }
  round.no_at_most = low;
  return round;
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

CascadePlan plan_cascade(std::span<const std::int64_t> sizes, double threshold, double error,
                         CascadeUnit unit) {
  MYRIAD_EXPECT(!sizes.empty() && sizes.front() >= 1);
  MYRIAD_EXPECT(unit == CascadeUnit::member ||
                std::all_of(sizes.begin(), sizes.end(), [](auto n) { return n % 2 == 0; }));
  MYRIAD_VALIDATE(
      std::adjacent_find(sizes.begin(), sizes.end(), std::greater_equal<>()) == sizes.end(),
      ErrorKind::config_invalid, "E2544",
      "no plan of rounds (the numbers of members {} do not rise); give what has run "
      "after each round",
      fmt::join(sizes, ", "));
  MYRIAD_VALIDATE(threshold > 0.0 && threshold <= 1.0 && error > 0.0 && error < 1.0,
                  ErrorKind::config_invalid, "E2544",
                  "no plan of rounds (threshold {} or error {} is no probability above 0); correct "
                  "the cost-loss ratio or the error",
                  threshold, error);
  CascadePlan plan;
  plan.threshold = threshold;
  plan.error = error;
  const std::int64_t full = sizes.back();
  plan.needed = needed_count(threshold, full);
  const double tail = error / static_cast<double>(std::max<std::size_t>(sizes.size() - 1, 1));
  for (std::int64_t members : sizes) {
    if (members < full)
      plan.rounds.push_back(limits_of(members, plan.needed, full, tail, unit));
    else
      plan.rounds.push_back(full_round(threshold, full));
  }
  return plan;
}

CascadeRound full_round(double threshold, std::int64_t members) {
  MYRIAD_EXPECT(members >= 1);
  const std::int64_t needed = needed_count(threshold, members);
  return {members, needed - 1, needed};
}

EarlyDecision decide(const CascadeRound& round, std::int64_t count, std::int64_t lost) {
  if (count >= round.yes_at_least) return EarlyDecision::yes;
  return count + lost <= round.no_at_most ? EarlyDecision::no : EarlyDecision::open;
}

CascadeDemand cascade_demand(const CascadeRound& round, std::span<const std::int64_t> counts,
                             std::span<const double> weights, std::span<const EarlyDecision> before,
                             std::int64_t lost) {
  MYRIAD_EXPECT(counts.size() == weights.size());
  MYRIAD_EXPECT(before.empty() || before.size() == counts.size());
  CascadeDemand demand;
  double open = 0.0;
  for (std::size_t p = 0; p < counts.size(); ++p) {
    const bool stands = !before.empty() && before[p] != EarlyDecision::open;
    demand.decisions.push_back(stands ? before[p] : decide(round, counts[p], lost));
    if (demand.decisions.back() == EarlyDecision::open) open += weights[p];
  }
  demand.open_share = open / sum_of(weights);
  return demand;
}

std::vector<double> flip_probabilities(const CascadePlan& plan, std::size_t round,
                                       const EventPrior& prior) {
  MYRIAD_EXPECT(round < plan.rounds.size());
  MYRIAD_EXPECT(prior.mean > 0.0 && prior.mean < 1.0 && prior.strength > 0.0);
  const std::int64_t members = plan.rounds[round].members;
  const std::int64_t to_come = plan.full() - members;
  const double left = static_cast<double>(to_come);
  std::vector<double> flips;
  for (std::int64_t k = 0; k <= members; ++k) {
    const double a = static_cast<double>(k) + prior.mean * prior.strength;
    const double b = static_cast<double>(members - k) + (1.0 - prior.mean) * prior.strength;
    double yes = 0.0;
    for (std::int64_t j = std::max<std::int64_t>(plan.needed - k, 0); j <= to_come; ++j) {
      const double more = static_cast<double>(j);
      yes += std::exp(std::lgamma(left + 1.0) - std::lgamma(more + 1.0) -
                      std::lgamma(left - more + 1.0) + std::lgamma(a + more) +
                      std::lgamma(b + left - more) - std::lgamma(a + b + left) - std::lgamma(a) -
                      std::lgamma(b) + std::lgamma(a + b));
    }
    const bool now = static_cast<double>(k) / static_cast<double>(members) >= plan.threshold;
    flips.push_back(std::clamp(now ? 1.0 - yes : yes, 0.0, 1.0));
  }
  return flips;
}

CascadeOutlook cascade_outlook(const CascadePlan& plan, double probability) {
  MYRIAD_EXPECT(probability >= 0.0 && probability <= 1.0);
  CascadeOutlook outlook;
  std::vector<double> open{1.0};  // probability of each count and of being open
  std::int64_t before = 0;
  double still_open = 1.0;
  for (const CascadeRound& round : plan.rounds) {
    outlook.expected_members += still_open * static_cast<double>(round.members - before);
    if (round.members == plan.full()) {
      outlook.open.push_back(0.0);
      break;
    }
    const auto added = binomial_masses(round.members - before, probability);
    std::vector<double> counts(static_cast<std::size_t>(round.members) + 1, 0.0);
    for (std::size_t k = 0; k < open.size(); ++k) {
      if (open[k] == 0.0) continue;
      for (std::size_t j = 0; j < added.size(); ++j) counts[k + j] += open[k] * added[j];
    }
    still_open = 0.0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const auto count = static_cast<std::int64_t>(k);
      const EarlyDecision decision = decide(round, count);
      if (decision == EarlyDecision::open) {
        still_open += counts[k];
        continue;
      }
      // The full ensemble says "no" when the members to come are fewer than still needed.
      const double no =
          binomial_at_most(plan.needed - 1 - count, plan.full() - round.members, probability);
      outlook.wrong += counts[k] * (decision == EarlyDecision::yes ? no : 1.0 - no);
      counts[k] = 0.0;
    }
    outlook.open.push_back(still_open);
    open = std::move(counts);
    before = round.members;
  }
  return outlook;
}

CascadeSaving cascade_saving(const CascadePlan& plan, std::span<const double> probabilities,
                             std::span<const double> weights, double accept) {
  MYRIAD_EXPECT(probabilities.size() == weights.size() && !weights.empty());
  std::map<double, CascadeOutlook> outlooks;
  CascadeSaving saving;
  saving.open_share.assign(plan.rounds.size(), 0.0);
  const double total = sum_of(weights);
  for (std::size_t p = 0; p < probabilities.size(); ++p) {
    auto found = outlooks.find(probabilities[p]);
    if (found == outlooks.end())
      found = outlooks.emplace(probabilities[p], cascade_outlook(plan, probabilities[p])).first;
    const CascadeOutlook& outlook = found->second;
    for (std::size_t r = 0; r < plan.rounds.size(); ++r)
      saving.open_share[r] += weights[p] / total * outlook.open[r];
    saving.expected_members.push_back(outlook.expected_members);
    saving.wrong_share += weights[p] / total * outlook.wrong;
  }
  std::size_t last = 0;
  while (last + 1 < plan.rounds.size() && saving.open_share[last] > accept) ++last;
  saving.members = plan.rounds[last].members;
  saving.saving = 1.0 - static_cast<double>(saving.members) / static_cast<double>(plan.full());
  return saving;
}

}  // namespace myriad::diag
