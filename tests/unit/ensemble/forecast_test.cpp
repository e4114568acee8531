#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "src/backend/registry.hpp"
#include "src/ensemble/forecast_block.hpp"
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

struct Forecaster {
  std::shared_ptr<Backend> backend = make_backend("kokkos");
  SfnoModel model{*backend, model_config(), DType::f32, 5};
  std::unique_ptr<InitialPerturbation> perturbation;

  explicit Forecaster(double amplitude_z = 4.0) {
    GaussianPerturbationConfig g;
    g.seed = 12;
    g.amplitude = {0.001, amplitude_z};
    perturbation = make_gaussian_perturbation(model, g);
  }

  /// states[member][lead step] -> [channel, lat, lon]
  std::map<std::uint32_t, std::map<std::int64_t, std::vector<float>>> run(std::vector<std::uint32_t> members,
                                                                          std::int64_t steps, std::int64_t every) {
    std::map<std::uint32_t, std::map<std::int64_t, std::vector<float>>> result;
    forecast_block(model, start_state(), *perturbation, members, 1, steps, every,
                   [&](std::int64_t lead, std::span<const std::uint32_t> ids, std::span<const float> states) {
                     for (std::size_t b = 0; b < ids.size(); ++b) {
                       const auto s = states.subspan(b * 256, 256);
                       result[ids[b]][lead] = std::vector<float>(s.begin(), s.end());
                     }
                   },
                   [] { return false; });
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

TEST(ForecastBlock, UnstableMemberIsNamedAndNeverHandedOut) {
  Forecaster f;
  // An infinite weight makes the first step blow up.
  TensorView weight = f.model.parameters().value(f.model.parameters().index("decoder.fwd.2.weight"));
  f.backend->fill(weight, std::numeric_limits<double>::infinity());
  std::int64_t handed_out = 0;
  try {
    const std::vector<std::uint32_t> members{4, 6};
    forecast_block(f.model, start_state(), *f.perturbation, members, 1, 3, 1,
                   [&](std::int64_t, std::span<const std::uint32_t>, std::span<const float>) { ++handed_out; },
                   [] { return false; });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::quality);
    EXPECT_NE(std::string(error.what()).find("member 4 lead 6h"), std::string::npos) << error.what();
  }
  EXPECT_EQ(handed_out, 1);  // the analysis only
}

TEST(EnsemblePlan, KeepsMembersWithTheirCheckpointWhenTheEnsembleGrows) {
  std::vector<std::int64_t> small{0, 1, 2, 3}, large;
  for (std::int64_t i = 0; i < 10; ++i) large.push_back(i);
  const auto checkpoint_of = [](const EnsemblePlan& plan) {
    std::map<std::uint32_t, std::int64_t> map;
    for (const Block& block : plan.blocks) {
      for (std::uint32_t member : block.members) map[member] = block.checkpoint;
    }
    return map;
  };
  const auto before = checkpoint_of(make_plan(small, 3, 2)), after = checkpoint_of(make_plan(large, 3, 4));
  for (const auto& [member, checkpoint] : before) EXPECT_EQ(after.at(member), checkpoint);
  EXPECT_EQ(after.size(), 10U);
}

TEST(EnsemblePlan, RanksShareAllBlocksWithoutOverlap) {
  std::vector<std::int64_t> members;
  for (std::int64_t i = 0; i < 37; ++i) members.push_back(i);
  const EnsemblePlan plan = make_plan(members, 2, 5);
  std::map<std::uint32_t, int> seen;
  for (int rank = 0; rank < 3; ++rank) {
    for (const Block& block : plan.of_rank(rank, 3)) {
      EXPECT_LE(block.members.size(), 5U);
      for (std::uint32_t member : block.members) ++seen[member];
    }
  }
  EXPECT_EQ(seen.size(), 37U);
  for (const auto& [member, count] : seen) EXPECT_EQ(count, 1) << member;
}

}  // namespace
}  // namespace myriad::test
