#include "src/ensemble/bred_vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "src/ensemble/hemispheric_norm.hpp"
#include "src/model/sfno_model.hpp"
#include "tests/unit/ensemble/toy_model.hpp"

namespace myriad::test {
namespace {

const Instant k_start = Instant::parse("2003-01-15T12Z");

BredVectorConfig breeding(BreedingTiming timing = BreedingTiming::consistent) {
  BredVectorConfig config;
  config.seed = 77;
  config.noise.length_scale_km = 1500.0;
  config.seed_amplitude = {20.0, 0.0, 0.0};
  config.amplitude = {20.0, 0.0005, 1.5};
  config.timing = timing;
  return config;
}

std::unique_ptr<InitialPerturbation> bred(Model& model, const ToyModel& analyst,
                                          const BredVectorConfig& config) {
  std::vector<EnsembleStart> analyses;
  for (const Instant& time :
       breeding_times(k_start, model.description().time_step, config.cycles, config.timing)) {
    analyses.push_back(analyst.analysis(time));
  }
  return make_bred_vectors(model, config, k_start, analyses);
}

std::unique_ptr<InitialPerturbation> bred(ToyModel& model, const BredVectorConfig& config) {
  return bred(model, model, config);
}

/// What apply() adds: [member][input_times * channel * lat * lon], normalised, on states of \p
/// background.
std::vector<std::vector<double>> perturbations(Model& model, InitialPerturbation& perturbation,
                                               const std::vector<Member>& members,
                                               double background = 0.0) {
  const ModelDescription& d = model.description();
  Tensor history(model.backend(), model.dtype(),
                 {static_cast<std::int64_t>(members.size()), d.input_times, d.channel_count(),
                  d.grid.nlat(), d.grid.nlon()});
  history.assign(std::vector<double>(static_cast<std::size_t>(history.size()), background));
  perturbation.apply(history, members);
  const std::vector<double> all = history.to_doubles();
  const std::size_t size = all.size() / members.size();
  std::vector<std::vector<double>> result;
  for (std::size_t b = 0; b < members.size(); ++b) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(b * size);
    result.emplace_back(from, from + static_cast<std::ptrdiff_t>(size));
  }
  return result;
}

Member member(std::uint32_t number, std::uint32_t draw, int sign) {
  return {number, 0, draw, sign, 0};
}

/// The algorithm of sfno.md 7.3 by plain loops in fp64.
std::vector<double> reference(ToyModel& model, const BredVectorConfig& config, std::uint32_t draw) {
  const ModelDescription& d = model.description();
  const auto times = static_cast<std::size_t>(d.input_times);
  constexpr std::size_t plane = ToyModel::k_nlat * ToyModel::k_nlon, state = ToyModel::k_state;
  SphericalNoise noise(model.backend(), d.grid, config.noise, DType::f64);
  Tensor field(model.backend(), DType::f64, {1, 3, ToyModel::k_nlat, ToyModel::k_nlon});
  noise.draw(field, config.seed, StreamId::breeding, std::span(&draw, 1));
  const std::vector<double> unit = field.to_doubles();
  const bool hens = config.timing == BreedingTiming::hens;

  std::vector<double> dx(times * state);
  for (std::size_t t = 0; t < times; ++t) {
    for (std::size_t i = 0; i < state; ++i) {
      dx[t * state + i] =
          config.seed_amplitude[i / plane] / d.normalisation.stddev[i / plane] * unit[i];
    }
  }
  for (std::int64_t cycle = 0; cycle < config.cycles; ++cycle) {
    const Instant when = k_start - (config.cycles - cycle - (hens ? 1 : 0)) * d.time_step;
    const EnsembleStart analysis = model.analysis(when);
    std::vector<double> base(times * state), perturbed(times * state);
    for (std::size_t i = 0; i < base.size(); ++i) {
      const std::size_t c = i % state / plane;
      base[i] = (static_cast<double>(analysis.history[i]) - d.normalisation.mean[c]) /
                d.normalisation.stddev[c];
      perturbed[i] = base[i] + dx[i];
    }
    const std::vector<double> y = model.forward(base.data(), hens ? k_start : when);
    const std::vector<double> z = model.forward(perturbed.data(), hens ? k_start : when);
    for (std::size_t i = 0; i + state < dx.size(); ++i) dx[i] = dx[i + state];
    for (std::size_t i = 0; i < state; ++i) dx[(times - 1) * state + i] = z[i] - y[i];

    const std::vector<double> latitude = d.grid.latitudes_deg(), area = d.grid.row_weights();
    for (std::size_t c = 0; c < 3; ++c) {
      double north = 0.0, south = 0.0, total = 0.0, mean_sine = 0.0, rows = 0.0;
      for (std::size_t k = 0; k < 16; ++k)
        mean_sine += std::sin(d.grid.quadrature().theta[k]) / 16.0;
      for (std::size_t k = 0; k < 16; ++k) {
        if (std::abs(latitude[k]) < 20.25) continue;
        const double w = hens ? std::sin(d.grid.quadrature().theta[k]) / mean_sine : area[k];
        double row = 0.0;
        for (std::size_t j = 0; j < 32; ++j)
          row += std::pow(dx[(times - 1) * state + c * plane + k * 32 + j], 2) / 32.0;
        (latitude[k] > 0.0 ? north : south) += w * row;
        if (latitude[k] > 0.0) {
          total += w;
          rows += 1.0;
        }
      }
      north = std::sqrt(north / (hens ? rows : total));
      south = std::sqrt(south / (hens ? rows : total));
      if (north == 0.0)
        continue;  // q850 responds to t850, which the first noise does not touch: zero after one
                   // cycle
      double top = 0.0;
      for (double l : latitude) {
        if (l < 20.25) top = std::max(top, l);
      }
      for (std::size_t t = 0; t < times; ++t) {
        for (std::size_t i = 0; i < plane; ++i) {
          const double share = std::min(1.0, std::max(0.0, (latitude[i / 32] + top) / (2.0 * top)));
          dx[t * state + c * plane + i] *= config.amplitude[c] / d.normalisation.stddev[c] /
                                           (share * north + (1.0 - share) * south);
        }
      }
    }
  }
  return dx;
}

TEST(BredVectors, AreThoseOfThePlainAlgorithm) {
  for (BreedingTiming timing : {BreedingTiming::consistent, BreedingTiming::hens}) {
    for (std::int64_t input_times : {1, 2}) {
      ToyModel model(input_times);
      const BredVectorConfig config = breeding(timing);
      const auto perturbation = bred(model, config);
      const auto dx = perturbations(model, *perturbation, {member(4, 4, 1), member(9, 9, 1)});
      const std::vector<double> expected = reference(model, config, 9);
      double largest = 0.0;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(dx[1][i], expected[i], 1e-9) << i;
        largest = std::max(largest, std::abs(expected[i]));
      }
      EXPECT_GT(largest, 0.1);
    }
  }
}

/// Area-weighted RMS of channel \p c over one extratropical hemisphere at the newest time, physical
/// units.
double hemispheric_rms(const ToyModel& model, const std::vector<double>& dx, std::size_t c,
                       int hemisphere) {
  const Grid& grid = model.description().grid;
  constexpr std::size_t plane = ToyModel::k_nlat * ToyModel::k_nlon;
  const double* field = dx.data() + dx.size() - ToyModel::k_state + c * plane;
  double sum = 0.0, total = 0.0;
  for (std::size_t k = 0; k < 16; ++k) {
    if (grid.latitudes_deg()[k] * hemisphere < 20.25) continue;
    for (std::size_t j = 0; j < 32; ++j)
      sum += grid.row_weights()[k] * std::pow(field[k * 32 + j], 2) / 32.0;
    total += grid.row_weights()[k];
  }
  return std::sqrt(sum / total) * model.description().normalisation.stddev[c];
}

TEST(BredVectors, HaveTheAmplitudeAsHemisphericRms) {
  ToyModel model(2);
  const BredVectorConfig config = breeding();
  const auto dx = perturbations(model, *bred(model, config), {member(1, 1, 1)})[0];
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(hemispheric_rms(model, dx, c, 1) / config.amplitude[c], 1.0, 1e-12);
    EXPECT_NEAR(hemispheric_rms(model, dx, c, -1) / config.amplitude[c], 1.0, 1e-12);
  }
}

TEST(BredVectors, PublishedFormIsLargerByTheMeanOfItsWeights) {
  ToyModel model;
  const BredVectorConfig config = breeding(BreedingTiming::hens);
  const auto dx = perturbations(model, *bred(model, config), {member(1, 1, 1)})[0];
  // On any grid about 1.09; exactly 1 / 0.919 with 721 rows. Rows are sine-weighted, nearly the
  // quadrature's area weights.
  EXPECT_NEAR(hemispheric_rms(model, dx, 0, 1) / config.amplitude[0], 1.088, 0.01);
}

TEST(BredVectors, PairIsSymmetricAboutTheAnalysis) {
  // T18, also in fp32, where both sums round.
  for (DType dtype : {DType::f64, DType::f32}) {
    ToyModel model(2, dtype);
    const auto perturbation = bred(model, breeding());
    const double x = 0.75;
    const auto states = perturbations(model, *perturbation, {member(6, 6, 1), member(7, 6, -1)}, x);
    const double rounding = dtype == DType::f64 ? 1e-15 : 2.4e-7;
    for (std::size_t i = 0; i < states[0].size(); ++i) {
      ASSERT_NEAR(states[0][i] + states[1][i], 2.0 * x, rounding * 4.0) << i;
    }
    EXPECT_NE(states[0], states[1]);
  }
}

TEST(BredVectors, CostOneAndAHalfForwardsPerMemberAndThreeControlsOnce) {
  ToyModel model;
  const auto perturbation = bred(model, breeding());
  std::vector<Member> pairs;
  for (std::uint32_t k = 1; k <= 4; ++k) {
    pairs.push_back(member(2 * k, 2 * k, 1));
    pairs.push_back(member(2 * k + 1, 2 * k, -1));
  }
  perturbations(model, *perturbation, pairs);
  EXPECT_EQ(model.forwards, 3 + 3 * 4);  // 8 members
  perturbations(model, *perturbation, pairs);
  EXPECT_EQ(model.forwards, 3 + 2 * 3 * 4);
  model.forwards = 0;
  perturbations(model, *perturbation, {member(0, 0, 0)});
  EXPECT_EQ(model.forwards, 0);  // the control needs nothing
}

TEST(BredVectors, BitsDependOnDrawAndSignOnly) {
  ToyModel model(2, DType::f32);
  const auto perturbation = bred(model, breeding());
  const auto many = perturbations(
      model, *perturbation,
      {member(0, 0, 0), member(8, 8, 1), member(3, 3, 1), member(9, 8, -1), member(11, 11, 1)},
      0.5);
  const auto alone = perturbations(model, *bred(model, breeding()), {member(8, 8, 1)}, 0.5);
  const auto half = perturbations(model, *perturbation, {member(9, 8, -1)}, 0.5);
  EXPECT_EQ(alone[0], many[1]);
  EXPECT_EQ(half[0], many[3]);
  EXPECT_EQ(many[0], std::vector<double>(many[0].size(), 0.5));
  EXPECT_NE(many[1], many[2]);
  BredVectorConfig other = breeding();
  other.seed = 78;
  EXPECT_NE(perturbations(model, *bred(model, other), {member(8, 8, 1)}, 0.5)[0], alone[0]);
}

TEST(BredVectors, BitsOfTheNetworkDoNotDependOnTheBatchEither) {
  ToyModel analyst(2);
  SfnoModelConfig config;
  config.description = analyst.description();
  config.embed_dim = 6;
  config.layers = 2;
  config.forcing = {ForcingKind::zenith};
  SfnoModel model(analyst.backend(), config, Precision::f32, 3);
  const auto perturbation = bred(model, analyst, breeding());
  const auto many = perturbations(
      model, *perturbation, {member(5, 5, 1), member(7, 7, 1), member(8, 7, -1), member(2, 2, 1)});
  const auto alone = perturbations(model, *bred(model, analyst, breeding()), {member(7, 7, 1)});
  EXPECT_EQ(alone[0], many[1]);
  for (std::size_t i = 0; i < many[1].size(); ++i) ASSERT_EQ(many[1][i], -many[2][i]);
}

TEST(BredVectors, ChannelWithoutAmplitudeOrResponseStaysUntouched) {
  ToyModel model(2);
  model.dead = 2;
  BredVectorConfig config = breeding();
  config.amplitude[1] = 0.0;
  const auto dx = perturbations(model, *bred(model, config), {member(1, 1, 1)})[0];
  constexpr std::size_t plane = ToyModel::k_nlat * ToyModel::k_nlon;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    ASSERT_TRUE(std::isfinite(dx[i])) << i;
    const std::size_t c = i % ToyModel::k_state / plane;
    if (c != 0) {
      ASSERT_EQ(dx[i], 0.0) << i;
    }
  }
  EXPECT_NEAR(hemispheric_rms(model, dx, 0, 1), 20.0, 1e-9);
}

TEST(BredVectors, OverflowIsReportedAndFailsItsOwnMembersOnly) {
  ToyModel model(2);
  model.unstable = true;
  const auto perturbation = bred(model, breeding());
  ::testing::internal::CaptureStderr();
  const auto states = perturbations(model, *perturbation, {member(4, 4, 1), member(0, 0, 0)});
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("draw 4 is not finite in z500 after cycle 1 of 3"), std::string::npos) << log;
  const auto finite = [](const std::vector<double>& state) {
    return std::all_of(state.begin(), state.end(), [](double v) { return std::isfinite(v); });
  };
  EXPECT_FALSE(finite(states[0]));
  EXPECT_TRUE(finite(states[1]));  // the control
}

TEST(BredVectors, AnalysesAndForcingFollowTheChosenTiming) {
  const auto times = [](BreedingTiming timing) {
    std::vector<std::string> iso;
    for (const Instant& t : breeding_times(k_start, Duration::hours(6), 3, timing))
      iso.push_back(t.iso().substr(0, 13));
    return iso;
  };
  EXPECT_EQ(times(BreedingTiming::consistent),
            (std::vector<std::string>{"2003-01-14T18", "2003-01-15T00", "2003-01-15T06"}));
  EXPECT_EQ(times(BreedingTiming::hens),
            (std::vector<std::string>{"2003-01-15T00", "2003-01-15T06", "2003-01-15T12"}));
  ToyModel model;
  perturbations(model, *bred(model, breeding()), {member(4, 4, 1)});
  EXPECT_EQ(model.clocks[0], k_start - Duration::hours(18));
  EXPECT_EQ(model.clocks[5], k_start - Duration::hours(6));
  model.clocks.clear();
  perturbations(model, *bred(model, breeding(BreedingTiming::hens)), {member(4, 4, 1)});
  for (const Instant& clock : model.clocks)
    EXPECT_EQ(clock, k_start);  // the published clock stands still
}

TEST(BredVectors, GrowAlongTheModelsOwnErrors) {
  // Cycles turn noise on one channel into a structure that grows faster per step than that noise
  // does.
  ToyModel model;
  const auto growth = [&](std::int64_t cycles) {
    BredVectorConfig config = breeding();
    config.cycles = cycles;
    const auto dx = perturbations(model, *bred(model, config), {member(3, 3, 1)})[0];
    const std::vector<double> zero(ToyModel::k_state, 0.1);
    std::vector<double> moved = zero;
    double before = 0.0, after = 0.0;
    for (std::size_t i = 0; i < dx.size(); ++i) moved[i] += 1e-4 * dx[i];
    const auto y = model.forward(zero.data(), k_start), z = model.forward(moved.data(), k_start);
    for (std::size_t i = 0; i < dx.size(); ++i) {
      before += std::pow(1e-4 * dx[i], 2);
      after += std::pow(z[i] - y[i], 2);
    }
    return std::sqrt(after / before);
  };
  EXPECT_GT(growth(6), growth(1));
}

}  // namespace
}  // namespace myriad::test
