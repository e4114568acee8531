#include "src/ensemble/weight_perturbation.hpp"

#include <gtest/gtest.h>

#include <map>

#include "src/model/sfno_model.hpp"
#include "tests/unit/ensemble/toy_model.hpp"

namespace myriad::test {
namespace {

/// A network of two input times; every member starts from the same analysis, so that only weights
/// differ.
struct Ensemble {
  ToyModel analyst{2};
  SfnoModel model{analyst.backend(), configuration(), Precision::f32, 3};
  std::vector<EnsembleStart> starts{analyst.analysis(Instant::parse("2003-01-15T00Z")),
                                    analyst.analysis(Instant::parse("2003-01-15T00Z"))};
  std::unique_ptr<InitialPerturbation> none = make_perturbation_chain(model, {});

  SfnoModelConfig configuration() const {
    SfnoModelConfig config;
    config.description = analyst.description();
    config.embed_dim = 6;
    config.layers = 2;
    config.tendency_parametrisation = true;
    return config;
  }
  WeightPerturbation perturbation(std::int64_t refresh_steps = 0) const {
    return {0.25, 5, refresh_steps, [](std::size_t start) { return 40 + start; }};
  }
  using States = std::map<std::uint32_t, std::vector<float>>;
  States run(std::vector<BlockElement> elements, const WeightPerturbation* weights,
             std::int64_t steps, std::int64_t resume_at = -1) {
    BlockForecast block(model, starts, elements, 1);
    if (weights != nullptr) block.perturb_weights(*weights);
    block.begin([&](std::size_t) -> InitialPerturbation& { return *none; });
    for (std::int64_t k = 0; k < steps; ++k) {
      if (k == resume_at) {
        std::vector<std::vector<std::byte>> saved;
        for (std::size_t e = 0; e < elements.size(); ++e) saved.push_back(block.save(e));
        BlockForecast again(model, starts, elements, 1);
        if (weights != nullptr) again.perturb_weights(*weights);
        again.restore(k, saved);
        for (std::int64_t rest = k; rest < steps; ++rest) again.advance();
        return states_of(again, elements);
      }
      block.advance();
    }
    return states_of(block, elements);
  }
  static States states_of(BlockForecast& block, const std::vector<BlockElement>& elements) {
    const auto all = block.states();
    const std::size_t size = all.size() / elements.size();
    States states;
    for (std::size_t e = 0; e < elements.size(); ++e) {
      const auto one = all.subspan(e * size, size);
      states[elements[e].member.number] = {one.begin(), one.end()};
    }
    return states;
  }
};

const MemberRules k_pairs{1, true, 1};

std::vector<BlockElement> members(std::initializer_list<std::int64_t> numbers,
                                  std::int64_t start = 0) {
  std::vector<BlockElement> elements;
  for (std::int64_t n : numbers) elements.push_back({make_member(n, k_pairs), start, start});
  return elements;
}

TEST(WeightPerturbation, GivesEveryMemberAModelOfItsOwnAndTheControlTheTrainedOne) {
  Ensemble e;
  const WeightPerturbation weights = e.perturbation();
  const auto states = e.run(members({0, 2, 3, 4}), &weights, 2);
  const auto plain = e.run(members({0, 2, 3, 4}), nullptr, 2);
  EXPECT_EQ(states.at(0), plain.at(0));
  EXPECT_EQ(plain.at(0), plain.at(2));
  EXPECT_NE(states.at(2), plain.at(2));
  EXPECT_NE(states.at(2), states.at(4));
  // Halves of a pair depart to opposite sides: to first order their mean is the control.
  double apart = 0.0, offset = 0.0;
  for (std::size_t i = 0; i < plain.at(0).size(); ++i) {
    apart += std::abs(static_cast<double>(states.at(2)[i] - states.at(3)[i]));
    offset +=
        std::abs(static_cast<double>(states.at(2)[i] + states.at(3)[i] - 2.0F * plain.at(0)[i]));
  }
  EXPECT_LT(offset, 0.6 * apart);
}

TEST(WeightPerturbation, MemberAloneOrResumedHasTheSameBits) {
  Ensemble e;
  const WeightPerturbation weights = e.perturbation(2);
  const auto together = e.run(members({0, 2, 3, 5, 6}), &weights, 5);
  EXPECT_EQ(e.run(members({3}), &weights, 5).at(3), together.at(3));
  EXPECT_EQ(e.run(members({6, 5}), &weights, 5).at(5), together.at(5));
  EXPECT_EQ(e.run(members({5, 6}), &weights, 5, 3).at(6), together.at(6));
}

TEST(WeightPerturbation, NumbersAreFrozenOrRefreshedAndDifferBetweenDates) {
  Ensemble e;
  const WeightPerturbation frozen = e.perturbation(), refreshed = e.perturbation(2);
  EXPECT_EQ(e.run(members({4}), &frozen, 2), e.run(members({4}), &refreshed, 2));
  EXPECT_NE(e.run(members({4}), &frozen, 3), e.run(members({4}), &refreshed, 3));
  EXPECT_NE(e.run(members({4}, 1), &frozen, 1),
            e.run(members({4}, 0), &frozen, 1));  // same analysis, other date
  WeightPerturbation zero = e.perturbation();
  zero.stddev = 0.0;
  EXPECT_EQ(e.run(members({4}), &zero, 2), e.run(members({4}), nullptr, 2));
}

}  // namespace
}  // namespace myriad::test
