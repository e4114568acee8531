#include "diagnostics/cascade.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "diagnostics/distributions.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

const std::vector<std::int64_t> k_sizes{32, 64, 128, 256};

/// A full ensemble in random order, of which the events of the first members are counted.
struct SimulatedPoint {
  std::vector<std::int64_t> counts;  ///< after each round
};

template <class Draw>
SimulatedPoint simulate(const CascadePlan& plan, Draw&& event) {
  SimulatedPoint point;
  std::int64_t count = 0, member = 0;
  for (const CascadeRound& round : plan.rounds) {
    for (; member < round.members; ++member) count += event() ? 1 : 0;
    point.counts.push_back(count);
  }
  return point;
}

/// First round that decides, and whether it decides as the full ensemble does.
std::pair<std::size_t, bool> outcome(const CascadePlan& plan, const SimulatedPoint& point) {
  for (std::size_t r = 0; r < plan.rounds.size(); ++r) {
    const EarlyDecision decision = decide(plan.rounds[r], point.counts[r]);
    if (decision == EarlyDecision::open) continue;
    const bool right = (decision == EarlyDecision::yes) == (point.counts.back() >= plan.needed);
    return {r, right};
  }
  ADD_FAILURE() << "the full ensemble left a point open";
  return {0, false};
}

TEST(Cascade, LimitsAreTailsOfTheDrawFromAFullEnsemble) {
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, 0.03);
  EXPECT_EQ(plan.needed, 52);  // 51.2 of 256
  ASSERT_EQ(plan.rounds.size(), 4U);
  for (std::size_t r = 0; r < 3; ++r) {
    const CascadeRound& round = plan.rounds[r];
    EXPECT_LE(hypergeometric_at_least(round.yes_at_least, round.members, 51, 256), 0.01);
    EXPECT_GT(hypergeometric_at_least(round.yes_at_least - 1, round.members, 51, 256), 0.01);
    EXPECT_LE(hypergeometric_at_most(round.no_at_most, round.members, 52, 256), 0.01);
    EXPECT_GT(hypergeometric_at_most(round.no_at_most + 1, round.members, 52, 256), 0.01);
  }
  EXPECT_EQ(plan.rounds[3].yes_at_least, 52);
  EXPECT_EQ(plan.rounds[3].no_at_most, 51);
}

TEST(Cascade, ThresholdsMeanWhatTheSharesMean) {
  EXPECT_EQ(plan_cascade(std::vector<std::int64_t>{10}, 0.3, 0.05).needed,
            3);  // 0.3 * 10 > 3 rounded
  EXPECT_EQ(plan_cascade(std::vector<std::int64_t>{10}, 1.0, 0.05).needed, 10);
  EXPECT_EQ(plan_cascade(std::vector<std::int64_t>{10}, 1e-9, 0.05).needed, 1);
  // A first round so small that it can decide nothing for certain.
  const auto plan = plan_cascade(std::vector<std::int64_t>{2, 100}, 0.5, 0.01);
  EXPECT_EQ(plan.rounds[0].yes_at_least, 3);
  EXPECT_EQ(plan.rounds[0].no_at_most, -1);
}

TEST(Cascade, EarlyDecisionsAreWrongNoMoreOftenThanStatedWhateverTheFullEnsembleHolds) {
  const double error = 0.05;
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, error);
  std::mt19937_64 engine(3);
  const int trials = 20000;
  double worst = 0.0;
  // Full ensembles at and beside the threshold are the hardest.
  for (std::int64_t held : {20, 45, 50, 51, 52, 53, 58, 90}) {
    std::vector<char> members(256, 0);
    std::fill(members.begin(), members.begin() + held, char{1});
    int wrong = 0;
    for (int t = 0; t < trials; ++t) {
      std::shuffle(members.begin(), members.end(), engine);
      auto next = members.begin();
      wrong += outcome(plan, simulate(plan, [&] { return *next++ == 1; })).second ? 0 : 1;
    }
    worst = std::max(worst, static_cast<double>(wrong) / trials);
    EXPECT_LE(wrong, error * trials + 4.0 * std::sqrt(error * trials)) << held;
  }
  EXPECT_GT(worst, 0.2 * error) << "the bound is so loose that members are wasted";
}

TEST(Cascade, OutlookIsWhatSimulationGives) {
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, 0.05);
  std::mt19937_64 engine(4);
  const int trials = 40000;
  for (double p : {0.0, 0.05, 0.18, 0.2, 0.3, 1.0}) {
    std::bernoulli_distribution event(p);
    std::vector<double> open(4, 0.0);
    double members = 0.0, wrong = 0.0;
    for (int t = 0; t < trials; ++t) {
      const auto [round, right] = outcome(plan, simulate(plan, [&] { return event(engine); }));
      for (std::size_t r = 0; r < round; ++r) open[r] += 1.0 / trials;
      members += static_cast<double>(plan.rounds[round].members) / trials;
      wrong += right ? 0.0 : 1.0 / trials;
    }
    const CascadeOutlook outlook = cascade_outlook(plan, p);
    for (std::size_t r = 0; r < 4; ++r)
      EXPECT_NEAR(outlook.open[r], open[r], 5.0 * std::sqrt(0.25 / trials)) << p << ' ' << r;
    EXPECT_NEAR(outlook.expected_members, members, 5.0 * 112.0 / std::sqrt(trials)) << p;
    EXPECT_NEAR(outlook.wrong, wrong, 5.0 * std::sqrt(0.05 / trials)) << p;
  }
  EXPECT_EQ(cascade_outlook(plan, 0.0).expected_members, 32.0);
}

TEST(Cascade, ProbabilitiesOfAFlipAreThoseOfTheMembersToCome) {
  const CascadePlan plan = plan_cascade(std::vector<std::int64_t>{20, 100}, 0.3, 0.05);
  const EventPrior prior{0.3, 2.0};
  const auto flips = flip_probabilities(plan, 0, prior);
  ASSERT_EQ(flips.size(), 21U);
  // Given the count, p has a Beta distribution; simulate it and the members to come.
  std::mt19937_64 engine(6);
  for (std::size_t k : {0U, 4U, 6U, 9U, 20U}) {
    std::gamma_distribution<double> yes(static_cast<double>(k) + 0.6),
        no(20.0 - static_cast<double>(k) + 1.4);
    const int trials = 20000;
    int flipped = 0;
    for (int t = 0; t < trials; ++t) {
      const double a = yes(engine), p = a / (a + no(engine));
      std::bernoulli_distribution event(p);
      auto full = static_cast<std::int64_t>(k);
      for (int i = 0; i < 80; ++i) full += event(engine) ? 1 : 0;
      flipped += (k >= 6) != (full >= 30) ? 1 : 0;
    }
    EXPECT_NEAR(flips[k], static_cast<double>(flipped) / trials, 5.0 * std::sqrt(0.25 / trials))
        << k;
  }
  for (double f : flip_probabilities(plan, 1)) EXPECT_NEAR(f, 0.0, 1e-11);
}

TEST(Cascade, DemandIsTheWeightOfWhatIsOpen) {
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, 0.05);
  const CascadeRound& round = plan.rounds[0];
  const std::vector<std::int64_t> counts{0, 6, 32};
  const auto demand = cascade_demand(round, counts, std::vector<double>{5.0, 2.0, 1.0});
  EXPECT_EQ(demand.decisions, (std::vector<EarlyDecision>{EarlyDecision::no, EarlyDecision::open,
                                                          EarlyDecision::yes}));
  EXPECT_DOUBLE_EQ(demand.open_share, 0.25);
}

TEST(Cascade, WhatIsDecidedStands) {
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, 0.05);
  const CascadeRound& round = plan.rounds[1];
  const std::int64_t between = (round.no_at_most + round.yes_at_least) / 2;
  const std::vector<std::int64_t> counts{between, between, between, 64};
  const std::vector<EarlyDecision> before{EarlyDecision::no, EarlyDecision::yes,
                                          EarlyDecision::open, EarlyDecision::open};
  const auto demand = cascade_demand(round, counts, std::vector<double>{1, 2, 3, 4}, before);
  EXPECT_EQ(demand.decisions,
            (std::vector<EarlyDecision>{EarlyDecision::no, EarlyDecision::yes, EarlyDecision::open,
                                        EarlyDecision::yes}));
  EXPECT_DOUBLE_EQ(demand.open_share, 0.3);
}

TEST(Cascade, DecisionsHoldWhateverLostMembersWouldHaveShown) {
  const CascadeRound round{32, 3, 12};
  for (std::int64_t lost : {0, 1, 3}) {
    for (std::int64_t count = 0; count + lost <= 32; ++count) {
      EarlyDecision all = decide(round, count);
      for (std::int64_t shown = 0; shown <= lost; ++shown) {
        if (decide(round, count + shown) != all) all = EarlyDecision::open;
      }
      EXPECT_EQ(decide(round, count, lost), all) << count << ' ' << lost;
    }
  }
  const CascadeRound full = full_round(0.2, 250);  // of 256
  EXPECT_EQ(full.members, 250);
  EXPECT_EQ(full.yes_at_least, 50);
  EXPECT_EQ(full.no_at_most, 49);
}

TEST(Cascade, PairsAreDecidedWithinTheBoundHoweverTheirMembersDepend) {
  const double error = 0.05;
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, error, CascadeUnit::pair);
  const CascadePlan single = plan_cascade(k_sizes, 0.2, error);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_LE(plan.rounds[r].no_at_most, single.rounds[r].no_at_most);
    EXPECT_GE(plan.rounds[r].yes_at_least, single.rounds[r].yes_at_least);
    EXPECT_LT(plan.rounds[r].no_at_most + 1, plan.rounds[r].yes_at_least);
  }
  EXPECT_GT(plan.rounds[1].no_at_most, 0) << "so wide that pairs never decide early";
  // Both members of a pair show the event, or one of them does: exact tails and simulation.
  const std::int64_t pairs_needed = plan.needed / 2;
  for (std::size_t r = 0; r < 3; ++r) {
    const CascadeRound& round = plan.rounds[r];
    const double tail = error / 3.0;
    EXPECT_LE(hypergeometric_at_least((round.yes_at_least + 1) / 2, round.members / 2,
                                      pairs_needed - 1, 128),
              tail);
    if (round.no_at_most < 0) continue;
    EXPECT_LE(hypergeometric_at_most(round.no_at_most / 2, round.members / 2, pairs_needed, 128),
              tail);
  }
  std::mt19937_64 engine(5);
  const int trials = 5000;
  for (std::int64_t held : {51, 52}) {
    for (std::int64_t both : {0, 13, 25}) {
      std::vector<int> pairs(128, 0);
      for (std::int64_t p = 0; p < held - both; ++p)
        pairs[static_cast<std::size_t>(p)] = p < both ? 2 : 1;
      int wrong = 0;
      for (int t = 0; t < trials; ++t) {
        std::shuffle(pairs.begin(), pairs.end(), engine);
        SimulatedPoint point;
        std::int64_t count = 0;
        auto next = pairs.begin();
        for (const CascadeRound& round : plan.rounds) {
          for (; next - pairs.begin() < round.members / 2; ++next) count += *next;
          point.counts.push_back(count);
        }
        EXPECT_EQ(count, held);
        wrong += outcome(plan, point).second ? 0 : 1;
      }
      EXPECT_LE(wrong, error * trials) << held << ' ' << both;
    }
  }
}

TEST(Cascade, SavingIsThatOfTheFirstRoundThatLeavesLittleOpen) {
  const CascadePlan plan = plan_cascade(k_sizes, 0.2, 0.05);
  const std::vector<double> clear{0.0, 0.01, 0.9}, doubtful{0.0, 0.2, 0.9}, equal(3, 1.0);
  const auto easy = cascade_saving(plan, clear, equal, 0.02);
  EXPECT_EQ(easy.members, 32);
  EXPECT_DOUBLE_EQ(easy.saving, 0.875);
  const auto hard = cascade_saving(plan, doubtful, equal, 0.02);
  EXPECT_EQ(hard.members, 256);
  EXPECT_EQ(hard.saving, 0.0);
  EXPECT_GT(hard.expected_members[1], 200.0);
  EXPECT_EQ(hard.expected_members[0], 32.0);
  EXPECT_NEAR(hard.open_share[0], cascade_outlook(plan, 0.2).open[0] / 3.0, 1e-6);
  EXPECT_EQ(cascade_saving(plan, doubtful, std::vector<double>{1.0, 0.0, 1.0}, 0.02).members, 32);
  EXPECT_LE(hard.wrong_share, 0.05);
}

TEST(Cascade, RefusesPlansThatMakeNoSense) {
  const auto id_of = [](std::vector<std::int64_t> sizes, double threshold,
                        double error) -> std::string {
    try {
      plan_cascade(sizes, threshold, error);
    } catch (const Error& caught) {
      return caught.id();
    }
    return "none";
  };
  EXPECT_EQ(id_of({64, 64}, 0.2, 0.05), "E2544");
  EXPECT_EQ(id_of({64, 32}, 0.2, 0.05), "E2544");
  EXPECT_EQ(id_of({32, 64}, 0.0, 0.05), "E2544");
  EXPECT_EQ(id_of({32, 64}, 1.5, 0.05), "E2544");
  EXPECT_EQ(id_of({32, 64}, 0.2, 0.0), "E2544");
  EXPECT_EQ(id_of({32, 64}, 0.2, 0.05), "none");
}

}  // namespace
}  // namespace myriad::diag
