#include "src/ensemble/forecast_block.hpp"

#include <cmath>
#include <utility>

namespace myriad {

namespace {

void check_finite(const ModelDescription& d, std::span<const std::uint32_t> members, std::int64_t lead_step,
                  std::span<const float> states) {
  const auto points = static_cast<std::size_t>(d.grid.points());
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (std::isfinite(states[i])) continue;
    const std::size_t point = i % points;
    const std::size_t channel = i / points % d.channels.size();
    const std::size_t element = i / points / d.channels.size();
    const auto nlon = static_cast<std::size_t>(d.grid.nlon());
    throw Error(ErrorKind::quality, "E2330",
                fmt::format("member {} lead {}: {} is {} at latitude {:.2f} longitude {:.2f} (the model became unstable) "
                            "nothing of this member is published; check the initial state and the checkpoint",
                            members[element], to_string(lead_step * d.time_step), d.channels[channel], states[i],
                            d.grid.latitudes_deg()[point / nlon], d.grid.longitudes_deg()[point % nlon]));
  }
}

}  // namespace

bool forecast_block(Model& model, const EnsembleStart& start, InitialPerturbation& perturbation,
                    std::span<const std::uint32_t> members, std::uint64_t seed, std::int64_t steps,
                    std::int64_t output_every, const StateSink& sink, const BlockStop& stop) {
  Backend& backend = model.backend();
  const ModelDescription& d = model.description();
  const auto batch = static_cast<std::int64_t>(members.size());
  const std::int64_t times = d.input_times, channels = d.channel_count();
  const std::int64_t nlat = d.grid.nlat(), nlon = d.grid.nlon();
  MYRIAD_EXPECT(static_cast<std::int64_t>(start.history.size()) == times * channels * nlat * nlon);

  Tensor analysis(backend, DType::f32, {times, channels, nlat, nlon});
  analysis.assign(start.history);
  Tensor normalised(backend, model.dtype(), {times, channels, nlat, nlon});
  Tensor converted(backend, model.dtype(), {times, channels, nlat, nlon});
  backend.copy(converted, analysis);
  normalise(backend, normalised, converted, d.normalisation);

  Tensor history(backend, model.dtype(), {batch, times, channels, nlat, nlon});
  Tensor shifted(backend, model.dtype(), {batch, times, channels, nlat, nlon});
  for (std::int64_t b = 0; b < batch; ++b) {
    const TensorView element = history.view().slice(0, b, 1);
    backend.copy(TensorView(element.data, element.dtype, {times, channels, nlat, nlon}), normalised);
  }
  perturbation.apply(history, members);

  Tensor next(backend, model.dtype(), {batch, channels, nlat, nlon});
  Tensor physical(backend, model.dtype(), {batch, channels, nlat, nlon});
  const auto hand_out = [&](std::int64_t lead_step) {
    denormalise(backend, physical, next, d.normalisation);
    const std::vector<float> states = physical.to_floats();
    check_finite(d, members, lead_step, states);
    sink(lead_step, members, states);
  };

  const TensorView newest = history.view().slice(1, times - 1, 1);
  TensorView newest_state = next.view();  // extents of [batch, channel, lat, lon]
  newest_state.data = newest.data;
  newest_state.stride = {newest.step(0), newest.step(2), newest.step(3), newest.step(4)};
  backend.copy(next, newest_state);
  hand_out(0);

  const Tensor lower = lower_bounds(model);
  for (std::int64_t step = 1; step <= steps; ++step) {
    if (stop()) return false;
    const std::vector<Instant> now(members.size(), start.time + (step - 1) * d.time_step);
    const StepContext context{now, members, seed, static_cast<std::uint32_t>(step - 1)};
    model.step(next, history, context, nullptr);
    backend.clamp_below(next, next, lower);
    if (step % output_every == 0) hand_out(step);
    for (std::int64_t t = 0; t < times; ++t) {
      const ConstTensorView source = t + 1 < times ? ConstTensorView(history.view().slice(1, t + 1, 1))
                                                   : ConstTensorView(next.view().data, next.dtype(),
                                                                     {batch, 1, channels, nlat, nlon});
      backend.copy(shifted.view().slice(1, t, 1), source);
    }
    std::swap(history, shifted);
  }
  return true;
}

}  // namespace myriad
