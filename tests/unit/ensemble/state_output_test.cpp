// What BlockForecast hands out while it goes on, on every backend (the emulated device copies as late as it may).
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/io/bitround.hpp"
#include "src/model/sfno_model.hpp"

namespace myriad::test {
namespace {

constexpr std::int64_t k_points = 4 * 8, k_channels = 4;

SfnoModelConfig model_config() {
  SfnoModelConfig c;
  c.description.channels = {"q850", "z500", "t850", "u850"};
  c.description.units = {"kg kg-1", "m", "K", "m s-1"};
  c.description.grid = Grid(GridType::legendre_gauss, 4, 8);
  c.description.input_times = 2;
  c.description.normalisation = {{0.005, 5600.0, 280.0, 2.0}, {0.004, 200.0, 15.0, 8.0}, {0.0004, 15.0, 1.0, 2.0}};
  c.embed_dim = 4;
  c.layers = 1;
  c.forcing = {ForcingKind::season};
  return c;
}

struct Setting {
  std::string backend;
  Precision precision;
};

class StateOutput : public testing::TestWithParam<Setting> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam().backend);
  SfnoModel model_{*backend_, model_config(), GetParam().precision, 5};
  std::unique_ptr<InitialPerturbation> none_ = make_perturbation_chain(model_, {});

  /// Analyses that differ by one number in the newest state of the second.
  static std::vector<EnsembleStart> starts(std::int64_t channel = 0, std::int64_t point = 0, float value = 0.001F) {
    EnsembleStart start;
    start.time = Instant::parse("2003-01-15T00Z");
    for (int t = 0; t < 2; ++t) {
      for (int c = 0; c < k_channels; ++c) {
        const double mean = model_config().description.normalisation.mean[static_cast<std::size_t>(c)];
        const double spread = model_config().description.normalisation.stddev[static_cast<std::size_t>(c)];
        for (int p = 0; p < k_points; ++p) start.history.push_back(static_cast<float>(mean + spread * ((7 * p + t + c) % 11 - 5) / 20.0));
      }
    }
    std::vector<EnsembleStart> both{start, start};
    both[1].history[static_cast<std::size_t>((k_channels + channel) * k_points + point)] = value;
    return both;
  }
  std::unique_ptr<BlockForecast> block(const std::vector<EnsembleStart>& starts) {
    std::vector<BlockElement> elements{{make_member(3, MemberRules{})}, {make_member(4, MemberRules{})}};
    elements[1].start = 1;
    auto block = std::make_unique<BlockForecast>(model_, starts, elements, 1);
    block->begin([&](std::size_t) -> InitialPerturbation& { return *none_; });
    return block;
  }
};

std::vector<float> copy_of(std::span<const float> values) { return {values.begin(), values.end()}; }

/// Channels of states [2, channel, point], rounded where bits are given.
std::vector<float> selected(const std::vector<float>& states, const StateSelection& selection) {
  std::vector<float> fields;
  for (std::size_t e = 0; e < 2; ++e) {
    for (std::size_t k = 0; k < selection.channels.size(); ++k) {
      const auto from = states.begin() + static_cast<std::ptrdiff_t>((e * k_channels + selection.channels[k]) * k_points);
      std::vector<float> field(from, from + k_points);
      if (!selection.significant_bits.empty()) io::bitround(field, selection.significant_bits[k]);
      fields.insert(fields.end(), field.begin(), field.end());
    }
  }
  return fields;
}

TEST_P(StateOutput, IsThatOfItsStepHoweverFarTheBlockHasGoneOn) {
  const std::vector<EnsembleStart> from = starts();
  const auto patient = block(from), eager = block(from);
  const std::vector<StateSelection> wanted{{{1, 2}, {7, 23}}, {{3, 0, 1}, {}}, {{0, 1, 2, 3}, {}}, {{}, {}}, {{0, 1, 2, 3}, {4, 5, 6, 7}}};
  std::vector<float> previous;
  for (int step = 0; step < 3; ++step) {
    const std::vector<float> states = copy_of(patient->states());
    EXPECT_NE(states, previous);
    previous = states;
    patient->advance();
    eager->begin_states(wanted);
    eager->advance();
    const auto fields = eager->finish_states();
    ASSERT_EQ(fields.size(), wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_EQ(copy_of(fields[k]), selected(states, wanted[k])) << step << " " << k;
  }
  EXPECT_EQ(eager->step(), 3);
  EXPECT_EQ(eager->failure(0) + eager->failure(1), "");
}

TEST_P(StateOutput, ThatIsNotWaitedForEndsWithTheBlock) {
  const std::vector<EnsembleStart> from = starts();
  const auto dropped = block(from);
  const StateSelection all{{0, 1, 2, 3}, {3, 3, 3, 3}};
  dropped->begin_states({&all, 1});
  dropped->advance();
}

TEST_P(StateOutput, FailsForTheMemberThatIsOutsideItsBoundsAndSaysWhere) {
  const StateBounds bounds{{0.0, 4000.0, 150.0, -100.0}, {0.05, 6500.0, 350.0, 100.0}, model_config().description.units, 2};
  const std::vector<EnsembleStart> from = starts(2, 11, 350.5F);
  const auto bounded = block(from);
  bounded->set_bounds(bounds);
  bounded->begin_states({});
  bounded->advance();
  EXPECT_TRUE(bounded->finish_states().empty());
  EXPECT_EQ(bounded->failure(0), "");
  const Grid& grid = model_.description().grid;
  EXPECT_EQ(bounded->failure(1),
            fmt::format("member 4 lead {}: t850 is 350.5 K at latitude {:.2f} longitude 135.00, outside 150 to 350",
                        to_string(-2 * Duration::hours(6)), grid.latitudes_deg()[1]));
  const auto free = block(from);
  free->states();
  EXPECT_EQ(free->failure(1), "");

  // A NaN or infinity is told first, also when another channel comes before it.
  std::vector<EnsembleStart> worse = from;
  worse[1].history[static_cast<std::size_t>((k_channels + 3) * k_points + 8)] = -std::numeric_limits<float>::infinity();
  const auto broken = block(worse);
  broken->set_bounds(bounds);
  broken->states();
  EXPECT_EQ(broken->failure(1), fmt::format("member 4 lead {}: u850 is -inf at latitude {:.2f} longitude 0.00",
                                            to_string(-2 * Duration::hours(6)), grid.latitudes_deg()[1]));
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const std::string& name : backend_names()) {
    for (Precision precision : {Precision::f32, Precision::f64}) all.push_back({name, precision});
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Setting>& setting) {
  return setting.param.backend + (setting.param.precision == Precision::f32 ? "_f32" : "_f64");
}

INSTANTIATE_TEST_SUITE_P(Backends, StateOutput, testing::ValuesIn(settings()), name_of);

}  // namespace
}  // namespace myriad::test
