#include "tests/unit/training/small_problem.hpp"

#include <cmath>
#include <numbers>

namespace myriad::test {

train::StateStore drifting_waves(std::int64_t times) {
  const Grid grid(GridType::legendre_gauss, 8, 16);
  std::vector<Instant> instants;
  const Instant start = Instant::parse("2001-01-01T00Z");
  for (std::int64_t i = 0; i < times; ++i) instants.push_back(start + i * Duration::hours(6));
  return train::StateStore(instants, 2, grid, [&](std::int64_t time, std::span<float> state) {
    const double t = static_cast<double>(time);
    for (std::size_t k = 0; k < 8; ++k) {
      const double x = grid.quadrature().cos_theta[k];
      const double s = std::sqrt(1.0 - x * x);
      for (std::size_t j = 0; j < 16; ++j) {
        const double lon = 2.0 * std::numbers::pi * static_cast<double>(j) / 16.0;
        const double wave = s * std::cos(lon - 0.3 * t) + 0.5 * s * s * std::sin(2.0 * lon - 0.5 * t) + 0.3 * x;
        state[k * 16 + j] = static_cast<float>(280.0 + 10.0 * wave);
        state[128 + k * 16 + j] = static_cast<float>(5500.0 + 100.0 * (wave + 0.2 * std::cos(0.05 * t)));
      }
    }
  });
}

SfnoModelConfig small_config(const train::StateStore& physical, std::int64_t input_times) {
  SfnoModelConfig c;
  c.description.channels = {"t850", "z500"};
  c.description.units = {"K", "m"};
  c.description.grid = physical.grid();
  c.description.input_times = input_times;
  c.description.normalisation = train::compute_normalisation(physical, Duration::hours(6));
  c.embed_dim = 8;
  c.layers = 2;
  c.forcing = {ForcingKind::season};
  c.features = {1, true};
  return c;
}

train::TrainerConfig short_training(const Normalisation& normalisation) {
  train::TrainerConfig t;
  train::Stage one;
  one.name = "one";
  one.steps = 12;
  one.batch = 4;
  one.learning_rate = 2e-3;
  one.warmup_steps = 2;
  train::Stage two = one;
  two.name = "two";
  two.steps = 6;
  two.rollout = 2;
  two.learning_rate = 5e-4;
  t.stages = {one, two};
  t.loss.channel_weights = train::temporal_difference_weights(normalisation, {1.0, 1.0}, 2.0);
  t.clip_norm = 1.0;
  t.weight_decay = 0.01;
  t.ema_decay = 0.9;
  t.seed = 3;
  t.log_every = 4;
  t.checkpoint_every = 1000;
  t.validation_leads = {1, 4};
  t.validation_starts = 5;
  return t;
}

}  // namespace myriad::test
