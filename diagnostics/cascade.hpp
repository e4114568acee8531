#pragma once
/// \file
/// Ensembles in rounds: decide early where the first members leave no doubt, run more only while
/// enough of the map is undecided.
///
/// The decision at a point is whether the probability of an event reaches a threshold, which for a
/// user with cost C of protection and loss L is C/L. "Right" means: what the full ensemble would
/// have decided; errors of the model are not part of it.
///
/// Stopping early biases the plain share of members (it stopped because the share was extreme):
/// publish the decision, or the posterior (count + prior) / (members + strength), not
/// count/members.

#include <cstdint>
#include <span>
#include <vector>

namespace myriad::diag {

enum class EarlyDecision : unsigned char { no, open, yes };

/// What the counts of one round decide.
struct CascadeRound {
  std::int64_t members = 0;       ///< all that have run by then
  std::int64_t no_at_most = -1;   ///< counts up to this decide "no"; -1: none does
  std::int64_t yes_at_least = 0;  ///< counts from this on decide "yes"; members + 1: none does
};

struct CascadePlan {
  std::vector<CascadeRound>
      rounds;               ///< the last one is the full ensemble, which leaves nothing open
  std::int64_t needed = 0;  ///< least count with which the full ensemble decides "yes"
  double threshold = 0.0;
  double error = 0.0;  ///< bound that the plan was made for

  std::int64_t full() const { return rounds.back().members; }
};

/// What is drawn into a round as one.
enum class CascadeUnit : unsigned char {
  member,  ///< exchangeable members
  pair,    ///< centred pairs: pairs are exchangeable, the two members of one are not independent
};

/// Make the limits of every round.
///
/// Whatever the full ensemble holds, a point is decided early and wrongly with probability at most
/// \p error over the order in which members run. A round stops at "yes" when that many of its
/// members or more would be drawn with probability at most error/(rounds - 1) from a full ensemble
/// that just misses the threshold, and likewise for "no": tails of the hypergeometric distribution,
/// which is monotone in what the full ensemble holds, and the union bound over rounds. The tails of
/// pairs are bounded whatever events share a pair: exp(-n/2 KL(k/n, K/N)) for k or more (or fewer)
/// of n members where N hold K.
///
/// \param sizes members that have run after each round, rising
/// \param threshold probability from which on the decision is "yes", in (0, 1]
/// Preconditions: at least one size, positive, even for pairs; members are exchangeable (no order
/// by checkpoint) and pairs whole in every round; error in (0, 1). Errors:
/// ErrorKind::config_invalid for sizes that do not rise or a threshold or error out of range
/// (E2544). Source: curtailed sampling with exact tails; cascades: arXiv 2303.08010; pairs:
/// Hoeffding (1963), equation 2.1 and theorem 4 (draws without replacement), doi
/// 10.1080/01621459.1963.10500830.
CascadePlan plan_cascade(std::span<const std::int64_t> sizes, double threshold, double error,
                         CascadeUnit unit = CascadeUnit::member);

/// The round after which all members have run, \p members of them sound: nothing is open.
/// Preconditions: at least one member.
CascadeRound full_round(double threshold, std::int64_t members);

/// The state of a point by its count in \p round.
/// \param lost members of the round whose state is not known (they became unstable): a decision
///     must hold whether or not they would have shown the event
EarlyDecision decide(const CascadeRound& round, std::int64_t count, std::int64_t lost = 0);

/// Where a round leaves the map open.
struct CascadeDemand {
  std::vector<EarlyDecision> decisions;  ///< [point]
  double open_share = 0.0;               ///< share of the weight that is open
};

/// Decide every point of a map.
///
/// Shapes: counts [point] of members of this round that show the event; weights [point], area times
/// what a decision is worth there, not negative with a positive sum.
/// A global model cannot run members for one place only: run the next round while open_share is
/// above what the user accepts.
/// \param before [point] decisions of the round before, which stand (the bound of the plan is that
///     of the first decision); empty in the first round and in the full one
/// \param lost as in decide()
CascadeDemand cascade_demand(const CascadeRound& round, std::span<const std::int64_t> counts,
                             std::span<const double> weights,
                             std::span<const EarlyDecision> before = {}, std::int64_t lost = 0);

/// Prior of the probability of the event: Beta(mean strength, (1 - mean) strength), mean the
/// climatological frequency.
struct EventPrior {
  double mean = 0.5;
  double strength = 2.0;
};

/// Probability that the full ensemble decides otherwise than count/members of \p round, for each
/// count 0..members: what it costs to stop although points are open.
///
/// Members to come are beta-binomial given the count. Preconditions: prior mean in (0, 1), positive
/// strength. Cost: O(members (full - members)).
std::vector<double> flip_probabilities(const CascadePlan& plan, std::size_t round,
                                       const EventPrior& prior = {});

/// What to expect where the event has probability p.
struct CascadeOutlook {
  std::vector<double> open;       ///< [round]: probability of being open after the round; last 0
  double expected_members = 0.0;  ///< if members could be run for this point alone
  double wrong = 0.0;             ///< probability of an early decision other than the full one
};

/// Exact, by the distribution of counts of the points still open from round to round.
/// Preconditions: probability in 0..1. Cost: O(sum over rounds of members times added members).
CascadeOutlook cascade_outlook(const CascadePlan& plan, double probability);

/// Sampling plan of a map.
struct CascadeSaving {
  std::vector<double> open_share;        ///< [round] expected share of the weight that is open
  std::vector<double> expected_members;  ///< [point] if members could be run for a point alone
  std::int64_t members = 0;  ///< of the first round after which at most `accept` is open
  double saving = 0.0;       ///< 1 - members / full
  double wrong_share = 0.0;  ///< expected share of the weight that is decided wrongly early
};

/// Outlook of a map of probabilities (of an earlier cycle, of the first round).
/// Shapes: probabilities, weights [point]. \param accept share of the weight that may stay open
/// Cost: one outlook for each distinct probability.
CascadeSaving cascade_saving(const CascadePlan& plan, std::span<const double> probabilities,
                             std::span<const double> weights, double accept);

}  // namespace myriad::diag
