#include "src/model/sfno_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/backend/registry.hpp"
#include "src/model/model_checkpoint.hpp"

namespace myriad::test {
namespace {

SfnoModelConfig small_model(std::int64_t input_times, bool differences) {
  SfnoModelConfig c;
  c.description.channels = {"t850", "z500"};
  c.description.units = {"K", "m"};
  c.description.grid = Grid(GridType::legendre_gauss, 8, 16);
  c.description.input_times = input_times;
  c.description.normalisation = {{280.0, 5600.0}, {10.0, 200.0}, {1.0, 15.0}};
  c.embed_dim = 6;
  c.layers = 2;
  c.difference_inputs = differences;
  c.forcing = {ForcingKind::season, ForcingKind::zenith};
  c.features = {2, true};
  c.static_maps = {{"hill", std::vector<float>(128, 0.5F)}};
  return c;
}

std::vector<double> noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> x(n);
  for (double& v : x) v = normal(random);
  return x;
}

TEST(SfnoModel, UntrainedModelWithoutDecoderIsAPersistenceForecast) {
  auto backend = make_backend("kokkos");
  SfnoModel model(*backend, small_model(2, true), Precision::f64, 1);
  backend->fill(model.parameters().value(model.parameters().index("decoder.fwd.2.weight")), 0.0);
  Tensor history(*backend, DType::f64, {1, 2, 2, 8, 16}), next(*backend, DType::f64, {1, 2, 8, 16});
  const std::vector<double> x = noise(512, 3);
  history.assign(x);
  const Instant time = Instant::parse("2003-01-15T00Z");
  const std::uint32_t member[] = {0};
  model.step(next, history, {std::span(&time, 1), member, 0, 0}, nullptr);
  const std::vector<double> y = next.to_doubles();
  for (std::size_t i = 0; i < y.size(); ++i) ASSERT_DOUBLE_EQ(y[i], x[256 + i]);  // the newest state
}

TEST(SfnoModel, EachBatchElementFollowsItsOwnClock) {
  auto backend = make_backend("kokkos");
  SfnoModel model(*backend, small_model(1, true), Precision::f32, 5);
  const std::vector<double> x = noise(256, 4);
  const Instant january = Instant::parse("2003-01-15T00Z"), july = Instant::parse("2003-07-15T12Z");
  const auto run = [&](std::vector<Instant> times) {
    const auto batch = static_cast<std::int64_t>(times.size());
    Tensor history(*backend, DType::f32, {batch, 1, 2, 8, 16}), next(*backend, DType::f32, {batch, 2, 8, 16});
    std::vector<double> all;
    for (std::size_t b = 0; b < times.size(); ++b) all.insert(all.end(), x.begin(), x.end());
    history.assign(all);
    const std::vector<std::uint32_t> members(times.size(), 0);
    model.step(next, history, {times, members, 0, 0}, nullptr);
    return next.to_floats();
  };
  const std::vector<float> both = run({january, july});
  const std::vector<float> first = run({january}), second = run({july});
  EXPECT_TRUE(std::equal(first.begin(), first.end(), both.begin()));
  EXPECT_TRUE(std::equal(second.begin(), second.end(), both.begin() + 256));
  EXPECT_NE(first, second);
}

TEST(SfnoModel, GradientOfTheHistoryMatchesFiniteDifferences) {
  for (bool differences : {false, true}) {
    auto backend = make_backend("kokkos");
    SfnoModel model(*backend, small_model(2, differences), Precision::f64, 9);
    const Instant time = Instant::parse("2003-05-01T06Z");
    const std::uint32_t member[] = {0};
    const StepContext context{std::span(&time, 1), member, 0, 0};
    const std::vector<double> x = noise(512, 8), direction = noise(512, 9), a = noise(256, 10);
    Tensor history(*backend, DType::f64, {1, 2, 2, 8, 16}), next(*backend, DType::f64, {1, 2, 8, 16});
    Tensor weights(*backend, DType::f64, {1, 2, 8, 16}), gradient(*backend, DType::f64, {1, 2, 2, 8, 16});
    weights.assign(a);
    const auto value = [&](double step) {
      std::vector<double> moved = x;
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += step * direction[i];
      history.assign(moved);
      model.step(next, history, context, nullptr);
      double sum = 0.0;
      const std::vector<double> y = next.to_doubles();
      for (std::size_t i = 0; i < y.size(); ++i) sum += a[i] * y[i];
      return sum;
    };
    const double h = 1e-6;
    const double numeric = (value(h) - value(-h)) / (2.0 * h);
    history.assign(x);
    const auto tape = model.make_tape();
    model.step(next, history, context, tape.get());
    model.backward(gradient, weights, *tape);
    const std::vector<double> g = gradient.to_doubles();
    double analytic = 0.0;
    for (std::size_t i = 0; i < g.size(); ++i) analytic += g[i] * direction[i];
    EXPECT_NEAR(numeric, analytic, 1e-6 * std::max(1.0, std::abs(analytic))) << differences;
  }
}

TEST(SfnoModel, SeedDecidesTheWeights) {
  auto backend = make_backend("kokkos");
  SfnoModel one(*backend, small_model(1, true), Precision::f32, 1), again(*backend, small_model(1, true), Precision::f32, 1);
  SfnoModel two(*backend, small_model(1, true), Precision::f32, 2);
  const auto weights = [&](SfnoModel& m) { return to_doubles(*backend, std::as_const(m.parameters()).values()); };
  EXPECT_EQ(weights(one), weights(again));
  EXPECT_NE(weights(one), weights(two));
}

TEST(ModelCheckpoint, ForecastOfTheReloadedModelHasTheSameBits) {
  auto backend = make_backend("kokkos");
  SfnoModel model(*backend, small_model(2, true), Precision::f32, 21);
  CheckpointWriter writer(CheckpointKind::model);
  add_model(writer, model, std::as_const(model.parameters()).values());
  const auto bytes = writer.encode();
  const auto loaded = load_model(*backend, Checkpoint::parse(bytes, "memory"), Precision::f32);
  Tensor history(*backend, DType::f32, {1, 2, 2, 8, 16});
  Tensor a(*backend, DType::f32, {1, 2, 8, 16}), b(*backend, DType::f32, {1, 2, 8, 16});
  history.assign(noise(512, 2));
  const Instant time = Instant::parse("2003-10-01T18Z");
  const std::uint32_t member[] = {0};
  const StepContext context{std::span(&time, 1), member, 0, 0};
  model.step(a, history, context, nullptr);
  loaded->step(b, history, context, nullptr);
  EXPECT_EQ(a.to_floats(), b.to_floats());
  EXPECT_EQ(loaded->description().channels, model.description().channels);
  EXPECT_EQ(loaded->config().static_maps[0].name, "hill");
}

TEST(ModelCheckpoint, RefusesWeightsThatDoNotFit) {
  auto backend = make_backend("kokkos");
  SfnoModel model(*backend, small_model(1, true), Precision::f32, 21);
  CheckpointWriter writer(CheckpointKind::model);
  add_model(writer, model, std::as_const(model.parameters()).values());
  const float extra[] = {1.0F};
  writer.add("weights.unknown", {1}, extra);
  const auto bytes = writer.encode();
  EXPECT_THROW(load_model(*backend, Checkpoint::parse(bytes, "memory"), Precision::f32), Error);
}

TEST(Normalise, IsUndoneByDenormalise) {
  auto backend = make_backend("kokkos");
  const Normalisation n{{280.0, 5600.0}, {10.0, 200.0}, {1.0, 15.0}};
  Tensor x(*backend, DType::f64, {1, 2, 1, 2}), y(*backend, DType::f64, {1, 2, 1, 2}), z(*backend, DType::f64, {1, 2, 1, 2});
  x.assign(std::vector<double>{290.0, 270.0, 5800.0, 5600.0});
  normalise(*backend, y, x, n);
  const std::vector<double> expected{1.0, -1.0, 1.0, 0.0};
  denormalise(*backend, z, y, n);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(y.to_doubles()[i], expected[i], 1e-14);
    EXPECT_NEAR(z.to_doubles()[i], x.to_doubles()[i], 1e-11);
  }
}

}  // namespace
}  // namespace myriad::test
