#include "src/ensemble/block_forecast.hpp"

#include <cmath>
#include <cstring>
#include <utility>

namespace myriad {

namespace {

/// [batch, channel, lat, lon] at input time \p t of a history.
TensorView state_at(const TensorView& history, std::int64_t t) {
  TensorView slice = history.slice(1, t, 1);
  TensorView state(slice.data, slice.dtype, {slice.dim(0), slice.dim(2), slice.dim(3), slice.dim(4)});
  state.stride = {slice.step(0), slice.step(2), slice.step(3), slice.step(4)};
  return state;
}

}  // namespace

BlockForecast::BlockForecast(Model& model, std::span<const EnsembleStart> starts, std::vector<BlockElement> elements,
                             std::uint64_t seed)
    : model_(model), starts_(starts), elements_(std::move(elements)), seed_(seed), failures_(elements_.size()) {
  MYRIAD_EXPECT(!elements_.empty());
  const ModelDescription& d = model.description();
  const auto batch = static_cast<std::int64_t>(elements_.size());
  for (const BlockElement& element : elements_) numbers_.push_back(element.member.number);
  Backend& backend = model.backend();
  history_ = Tensor(backend, model.dtype(), {batch, d.input_times, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
  shifted_ = Tensor(backend, model.dtype(), {batch, d.input_times, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
  next_ = Tensor(backend, model.dtype(), {batch, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
  physical_ = Tensor(backend, model.dtype(), {batch, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
  lower_ = lower_bounds(model);
}

void BlockForecast::perturb_weights(const WeightPerturbation& perturbation) {
  weight_noise_ = BlockWeightNoise(perturbation, elements_);
}

void BlockForecast::begin(const PerturbationOf& perturbation_of) {
  Backend& backend = model_.backend();
  const ModelDescription& d = model_.description();
  const std::int64_t times = d.input_times, channels = d.channel_count(), nlat = d.grid.nlat(), nlon = d.grid.nlon();
  Tensor analysis(backend, DType::f32, {times, channels, nlat, nlon});
  Tensor converted(backend, model_.dtype(), {times, channels, nlat, nlon});
  Tensor normalised(backend, model_.dtype(), {times, channels, nlat, nlon});
  // Neighbours that share an analysis are perturbed together.
  for (std::size_t first = 0; first < elements_.size();) {
    const auto start = static_cast<std::size_t>(elements_[first].start);
    std::vector<Member> members;
    while (first + members.size() < elements_.size() &&
           static_cast<std::size_t>(elements_[first + members.size()].start) == start) {
      members.push_back(elements_[first + members.size()].member);
    }
    MYRIAD_EXPECT(static_cast<std::int64_t>(starts_[start].history.size()) == analysis.size());
    analysis.assign(starts_[start].history);
    backend.copy(converted, analysis);
    normalise(backend, normalised, converted, d.normalisation);
    const TensorView group = history_.view().slice(0, static_cast<std::int64_t>(first),
                                                   static_cast<std::int64_t>(members.size()));
    for (std::int64_t b = 0; b < group.dim(0); ++b) {
      const TensorView element = group.slice(0, b, 1);
      backend.copy(TensorView(element.data, element.dtype, {times, channels, nlat, nlon}), normalised);
    }
    perturbation_of(start).apply(group, members);
    first += members.size();
  }
  step_ = 0;
}

std::size_t BlockForecast::saved_bytes(const ModelDescription& d, DType dtype) {
  return static_cast<std::size_t>(d.input_times * d.channel_count() * d.grid.points() * kernels::size_of(dtype));
}

std::vector<std::byte> BlockForecast::save(std::size_t element) const {
  const ConstTensorView view = history_.view().slice(0, static_cast<std::int64_t>(element), 1);
  const std::vector<double> values = to_doubles(model_.backend(), view);
  std::vector<std::byte> bytes(saved_bytes(model_.description(), model_.dtype()));
  if (model_.dtype() == DType::f64) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  } else {
    const std::vector<float> narrow(values.begin(), values.end());
    std::memcpy(bytes.data(), narrow.data(), bytes.size());
  }
  return bytes;
}

void BlockForecast::restore(std::int64_t step, std::span<const std::vector<std::byte>> saved) {
  MYRIAD_EXPECT(saved.size() == elements_.size());
  const std::size_t bytes = saved_bytes(model_.description(), model_.dtype());
  const std::size_t size = bytes / static_cast<std::size_t>(kernels::size_of(model_.dtype()));
  std::vector<double> values;
  for (const std::vector<std::byte>& element : saved) {
    MYRIAD_EXPECT(element.size() == bytes);
    if (model_.dtype() == DType::f64) {
      std::vector<double> part(size);
      std::memcpy(part.data(), element.data(), bytes);
      values.insert(values.end(), part.begin(), part.end());
    } else {
      std::vector<float> part(size);
      std::memcpy(part.data(), element.data(), bytes);
      values.insert(values.end(), part.begin(), part.end());
    }
  }
  history_.assign(values);
  step_ = step;
}

void BlockForecast::advance() {
  Backend& backend = model_.backend();
  const ModelDescription& d = model_.description();
  std::vector<Instant> now;
  for (const BlockElement& element : elements_) {
    now.push_back(starts_[static_cast<std::size_t>(element.start)].time + step_ * d.time_step);
  }
  const StepContext context{now, numbers_, seed_, static_cast<std::uint32_t>(step_), weight_noise_.at(step_)};
  model_.step(next_, history_, context, nullptr);
  backend.clamp_below(next_, next_, lower_);
  for (std::int64_t t = 0; t + 1 < d.input_times; ++t) {
    backend.copy(state_at(shifted_.view(), t), state_at(history_.view(), t + 1));
  }
  backend.copy(state_at(shifted_.view(), d.input_times - 1), next_);
  std::swap(history_, shifted_);
  ++step_;
}

std::span<const float> BlockForecast::states() {
  Backend& backend = model_.backend();
  const ModelDescription& d = model_.description();
  backend.copy(next_, state_at(history_.view(), d.input_times - 1));
  denormalise(backend, physical_, next_, d.normalisation);
  states_ = physical_.to_floats();
  check_finite();
  return states_;
}

void BlockForecast::check_finite() {
  const ModelDescription& d = model_.description();
  const auto points = static_cast<std::size_t>(d.grid.points());
  const auto nlon = static_cast<std::size_t>(d.grid.nlon());
  const std::size_t size = points * d.channels.size();
  for (std::size_t e = 0; e < elements_.size(); ++e) {
    if (!failures_[e].empty()) continue;
    const float* state = states_.data() + e * size;
    for (std::size_t i = 0; i < size; ++i) {
      if (std::isfinite(state[i])) continue;
      const std::size_t point = i % points;
      failures_[e] = fmt::format("member {} lead {}: {} is {} at latitude {:.2f} longitude {:.2f}", numbers_[e],
                                 to_string(step_ * d.time_step), d.channels[i / points], state[i],
                                 d.grid.latitudes_deg()[point / nlon], d.grid.longitudes_deg()[point % nlon]);
      break;
    }
  }
}

}  // namespace myriad
