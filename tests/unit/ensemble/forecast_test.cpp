#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "src/backend/registry.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/plan.hpp"
#include "src/model/sfno_model.hpp"

namespace myriad::test {
namespace {

SfnoModelConfig model_config() {
  SfnoModelConfig c;
  c.description.channels = {"q850", "z500"};
  c.description.units = {"kg kg-1", "m"};
  c.description.grid = Grid(GridType::legendre_gauss, 8, 16);
  c.description.input_times = 2;
  c.description.normalisation = {{0.005, 5600.0}, {0.004, 200.0}, {0.0004, 15.0}};
  c.embed_dim = 6;
  c.layers = 2;
  c.forcing = {ForcingKind::season};
  return c;
}

EnsembleStart start_state() {
  EnsembleStart start;
  start.time = Instant::parse("2003-01-15T00Z");
  for (int t = 0; t < 2; ++t) {
    for (int i = 0; i < 128; ++i) start.history.push_back(0.0004F * static_cast<float>(i % 7));
    for (int i = 0; i < 128; ++i) start.history.push_back(5500.0F + static_cast<float>(i % 11) + 3.0F * static_cast<float>(t));
  }
  return start;
}

std::vector<BlockElement> elements_of(const std::vector<std::uint32_t>& members) {
  std::vector<BlockElement> elements;
  for (std::uint32_t member : members) elements.push_back({make_member(member, MemberRules{})});
  return elements;
}

struct Forecaster {
  std::shared_ptr<Backend> backend = make_backend("kokkos");
  SfnoModel model{*backend, model_config(), Precision::f32, 5};
  std::unique_ptr<InitialPerturbation> perturbation;

  explicit Forecaster(double amplitude_z = 4.0) {
    GaussianPerturbationConfig g;
    g.seed = 12;
    g.amplitude = {0.001, amplitude_z};
    std::vector<std::unique_ptr<InitialPerturbation>> links;
    links.push_back(make_gaussian_perturbation(model, g));
    perturbation = make_perturbation_chain(model, std::move(links));
  }

  /// states[member][lead step] -> [channel, lat, lon]
  std::map<std::uint32_t, std::map<std::int64_t, std::vector<float>>> run(std::vector<std::uint32_t> members,
                                                                          std::int64_t steps, std::int64_t every) {
    std::map<std::uint32_t, std::map<std::int64_t, std::vector<float>>> result;
    const EnsembleStart start = start_state();
    BlockForecast block(model, std::span(&start, 1), elements_of(members), 1);
    block.begin([&](std::size_t) -> InitialPerturbation& { return *perturbation; });
    while (true) {
      if (block.step() % every == 0) {
        const auto states = block.states();
        for (std::size_t b = 0; b < members.size(); ++b) {
          const auto s = states.subspan(b * 256, 256);
          result[members[b]][block.step()] = std::vector<float>(s.begin(), s.end());
        }
      }
      if (block.step() == steps) break;
      block.advance();
    }
    return result;
  }
};

TEST(ForecastBlock, MemberAloneEqualsTheMemberInTheEnsemble) {
  Forecaster f;
  const auto together = f.run({0, 3, 7, 11, 12}, 4, 1);
  for (std::uint32_t member : {0U, 7U, 12U}) {
    const auto alone = f.run({member}, 4, 1);
    EXPECT_EQ(alone.at(member), together.at(member)) << member;
  }
}

TEST(ForecastBlock, ControlStartsFromTheAnalysisAndOthersDoNot) {
  Forecaster f;
  const auto states = f.run({0, 1}, 1, 1);
  const EnsembleStart start = start_state();
  for (std::size_t i = 0; i < 256; ++i) {
    const float analysed = start.history[256 + i];
    EXPECT_NEAR(states.at(0).at(0)[i], analysed, 1e-6F * (1.0F + std::abs(analysed))) << i;
  }
  EXPECT_NE(states.at(0).at(0), states.at(1).at(0));
}

TEST(ForecastBlock, PerturbedHumidityStaysNonNegative) {
  Forecaster f;
  const auto states = f.run({1, 2, 3, 4}, 1, 1);
  float lowest = 1.0F;
  bool at_zero = false;
  for (const auto& [member, leads] : states) {
    for (std::size_t i = 0; i < 128; ++i) {
      lowest = std::min(lowest, leads.at(0)[i]);
      at_zero = at_zero || std::abs(leads.at(0)[i]) < 1e-9F;
    }
  }
  EXPECT_GE(lowest, -1e-9F);  // rounding of the normalisation
  EXPECT_TRUE(at_zero);       // the noise did push some below zero
}

TEST(ForecastBlock, ZeroAmplitudeLeavesAChannelUntouched) {
  Forecaster f(0.0);
  const auto states = f.run({0, 1}, 1, 1);
  for (std::size_t i = 128; i < 256; ++i) EXPECT_EQ(states.at(0).at(0)[i], states.at(1).at(0)[i]);
}

TEST(ForecastBlock, HandsOutOnlyTheLeadsAskedFor) {
  Forecaster f;
  const auto states = f.run({1}, 6, 3);
  std::vector<std::int64_t> leads;
  for (const auto& [lead, state] : states.at(1)) leads.push_back(lead);
  EXPECT_EQ(leads, (std::vector<std::int64_t>{0, 3, 6}));
}

TEST(ForecastBlock, UnstableMemberIsNamedAndTheOthersGoOn) {
  Forecaster f;
  EnsembleStart starts[2] = {start_state(), start_state()};
  starts[1].history[300] = std::numeric_limits<float>::infinity();
  std::vector<BlockElement> elements = elements_of({4, 6});
  elements[1].start = 1;
  BlockForecast both(f.model, starts, elements, 1), alone(f.model, starts, elements_of({4}), 1);
  const auto perturbation = [&](std::size_t) -> InitialPerturbation& { return *f.perturbation; };
  both.begin(perturbation);
  alone.begin(perturbation);
  for (int step = 0; step < 2; ++step) {
    both.advance();
    alone.advance();
  }
  const auto states = both.states();
  EXPECT_EQ(both.failure(0), "");
  EXPECT_NE(both.failure(1).find("member 6 lead 12h: "), std::string::npos) << both.failure(1);
  const auto sound = alone.states();
  EXPECT_TRUE(std::equal(sound.begin(), sound.end(), states.begin()));
}

TEST(ForecastBlock, RestoredBlockGoesOnWithTheSameBits) {
  for (Precision precision : {Precision::f32, Precision::f64}) {
    Forecaster f;
    SfnoModel model(*f.backend, model_config(), precision, 5);
    const EnsembleStart start = start_state();
    const auto none = make_perturbation_chain(f.model, {});
    const auto perturbation = [&](std::size_t) -> InitialPerturbation& { return *none; };
    BlockForecast straight(model, std::span(&start, 1), elements_of({1, 2}), 1);
    straight.begin(perturbation);
    straight.advance();
    std::vector<std::vector<std::byte>> saved{straight.save(0), straight.save(1)};
    straight.advance();
    BlockForecast resumed(model, std::span(&start, 1), elements_of({1, 2}), 1);
    resumed.restore(1, saved);
    resumed.advance();
    EXPECT_EQ(resumed.step(), 2);
    const auto expected = straight.states();
    const auto states = resumed.states();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), states.begin()));
  }
}

TEST(Member, CentredPairsShareADrawAndLagsAreDealtToPairs) {
  const MemberRules rules{3, true, 2};
  const Member plus = make_member(7, rules), minus = make_member(10, rules), control = make_member(0, rules);
  EXPECT_EQ(plus.checkpoint, 1);
  EXPECT_EQ(minus.checkpoint, 1);
  EXPECT_EQ(plus.draw, minus.draw);
  EXPECT_EQ(plus.sign, 1);
  EXPECT_EQ(minus.sign, -1);
  EXPECT_EQ(plus.lag, minus.lag);
  EXPECT_NE(plus.lag, make_member(1, rules).lag);
  EXPECT_TRUE(control.control());
  EXPECT_NE(make_member(1, rules).draw, make_member(2, rules).draw);
}

TEST(EnsemblePlan, KeepsMembersWithTheirCheckpointWhenTheEnsembleGrows) {
  std::vector<std::int64_t> small{0, 1, 2, 3}, large;
  for (std::int64_t i = 0; i < 10; ++i) large.push_back(i);
  const auto checkpoint_of = [](const EnsemblePlan& plan) {
    std::map<std::uint32_t, std::int64_t> map;
    for (const Block& block : plan.blocks) {
      for (const BlockElement& element : block.elements) map[element.member.number] = block.checkpoint;
    }
    return map;
  };
  const auto before = checkpoint_of(make_plan(small, {3, false, 1}, 1, 2)), after = checkpoint_of(make_plan(large, {3, false, 1}, 1, 4));
  for (const auto& [member, checkpoint] : before) EXPECT_EQ(after.at(member), checkpoint);
  EXPECT_EQ(after.size(), 10U);
}

TEST(EnsemblePlan, RanksShareAllBlocksWithoutOverlap) {
  std::vector<std::int64_t> members;
  for (std::int64_t i = 0; i < 37; ++i) members.push_back(i);
  const EnsemblePlan plan = make_plan(members, {2, true, 3}, 1, 5);
  std::map<std::uint32_t, int> seen;
  for (std::size_t round = 0; round < plan.rounds(3); ++round) {
    for (int rank = 0; rank < 3; ++rank) {
      const Block* block = plan.block(round, rank, 3);
      if (block == nullptr) continue;
      EXPECT_LE(block->elements.size(), 5U);
      for (const BlockElement& element : block->elements) {
        ++seen[element.member.number];
        EXPECT_EQ(element.member.checkpoint, block->checkpoint);
        EXPECT_EQ(element.member.lag, block->lag);
      }
    }
  }
  EXPECT_EQ(seen.size(), 37U);
  for (const auto& [member, count] : seen) EXPECT_EQ(count, 1) << member;
}

}  // namespace
}  // namespace myriad::test
