#include "src/ensemble/block_forecast.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
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
  lower_ = lower_bounds(model);
  physical_ = Tensor(backend, DType::f32, {batch, d.channel_count(), d.grid.nlat(), d.grid.nlon()});
  outside_ = Tensor(backend, DType::f64, {batch, d.channel_count()});
  // Kept: making them anew for each state would stop the device.
  for (Tensor* affine : {&scale_, &shift_}) *affine = Tensor(backend, model.dtype(), {d.channel_count()});
  scale_.assign(d.normalisation.stddev);
  shift_.assign(d.normalisation.mean);
  for (Tensor* bound : {&low_, &high_}) *bound = Tensor(backend, DType::f32, {d.channel_count()});
  backend.fill(low_, std::numeric_limits<float>::lowest());
  backend.fill(high_, std::numeric_limits<float>::max());
}

void BlockForecast::set_bounds(const StateBounds& bounds) {
  bounds_ = bounds;
  low_.assign(bounds.low);
  high_.assign(bounds.high);
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

void BlockForecast::begin_states(std::span<const StateSelection> wanted) {
  MYRIAD_EXPECT(!outside_host_.pending());
  Backend& backend = model_.backend();
  const ModelDescription& d = model_.description();
  const auto batch = static_cast<std::int64_t>(elements_.size());
  const std::int64_t channels = d.channel_count(), points = d.grid.points();
  const TensorView newest = state_at(history_.view(), d.input_times - 1);
  if (model_.dtype() == DType::f32) {
    backend.channel_affine(physical_, newest, scale_, shift_, kernels::Update::overwrite);
  } else {
    backend.channel_affine(next_, newest, scale_, shift_, kernels::Update::overwrite);
    backend.copy(physical_, next_);
  }
  backend.first_outside(outside_, physical_, low_, high_);
  outside_host_.begin(backend, outside_);
  while (outgoing_.size() < wanted.size()) outgoing_.push_back(std::make_unique<Outgoing>());
  for (selections_ = 0; selections_ < wanted.size(); ++selections_) {
    const StateSelection& selection = wanted[selections_];
    Outgoing& out = *outgoing_[selections_];
    const auto count = static_cast<std::int64_t>(selection.channels.size());
    if (count == 0) continue;
    if (count == channels && selection.significant_bits.empty() &&
        std::is_sorted(selection.channels.begin(), selection.channels.end(), std::less_equal<>())) {
      out.host.begin(backend, physical_);
      continue;
    }
    const TensorView fields = out.fields.get(backend, DType::f32, {batch, count, points});
    TensorView bits;
    if (!selection.significant_bits.empty()) {
      MYRIAD_EXPECT(selection.significant_bits.size() == selection.channels.size());
      bits = out.bits.get(backend, DType::f32, {count});
      const std::vector<float> host(selection.significant_bits.begin(), selection.significant_bits.end());
      backend.copy_to_device(bits.data, host.data(), count * kernels::size_of(DType::f32));
    }
    select(fields, bits, selection.channels);
    out.host.begin(backend, fields);
  }
  states_step_ = step_;
}

void BlockForecast::select(TensorView fields, ConstTensorView bits, std::span<const std::size_t> channels) {
  const ModelDescription& d = model_.description();
  const TensorView physical = physical_.view().reshape({fields.dim(0), d.channel_count(), fields.dim(2)});
  for (std::size_t first = 0, end = 0; first < channels.size(); first = end) {
    // Neighbours in the model that stay neighbours go together.
    for (end = first + 1; end < channels.size() && channels[end] == channels[end - 1] + 1;) ++end;
    const auto to = static_cast<std::int64_t>(first), from = static_cast<std::int64_t>(channels[first]);
    const auto count = static_cast<std::int64_t>(end - first);
    const TensorView out = fields.slice(1, to, count), in = physical.slice(1, from, count);
    bits.empty() ? model_.backend().copy(out, in) : model_.backend().bitround(out, in, bits.slice(0, to, count));
  }
}

std::vector<std::span<const float>> BlockForecast::finish_states() {
  const std::span<const double> outside = outside_host_.finish<double>();
  std::vector<std::span<const float>> fields;
  for (std::size_t i = 0; i < selections_; ++i) {
    HostCopy& host = outgoing_[i]->host;
    fields.push_back(host.pending() ? host.finish<float>() : std::span<const float>());
  }
  const std::size_t channels = model_.description().channels.size();
  for (std::size_t e = 0; e < elements_.size(); ++e) {
    const auto first = outside.subspan(e * channels, channels);
    if (failures_[e].empty() && std::any_of(first.begin(), first.end(), [](double point) { return point >= 0.0; })) {
      failures_[e] = describe_failure(e, first);
    }
  }
  return fields;
}

std::span<const float> BlockForecast::states() {
  StateSelection all;
  all.channels.resize(model_.description().channels.size());
  std::iota(all.channels.begin(), all.channels.end(), std::size_t{0});
  begin_states({&all, 1});
  return finish_states().front();
}

std::string BlockForecast::describe_failure(std::size_t e, std::span<const double> outside) {
  const ModelDescription& d = model_.description();
  Backend& backend = model_.backend();
  const std::int64_t channels = d.channel_count();
  const TensorView state = physical_.view().slice(0, static_cast<std::int64_t>(e), 1);
  Tensor low(backend, DType::f32, {channels}), high(backend, DType::f32, {channels}), first(backend, DType::f64, {1, channels});
  backend.fill(low, std::numeric_limits<float>::lowest());
  backend.fill(high, std::numeric_limits<float>::max());
  backend.first_outside(first, state, low, high);
  const std::vector<double> nonfinite = first.to_doubles();
  const auto is_there = [](double point) { return point >= 0.0; };
  // A NaN or an infinity in any channel tells more than a value outside its bounds.
  auto found = std::find_if(nonfinite.begin(), nonfinite.end(), is_there);
  const bool is_finite = found == nonfinite.end();
  const auto c = static_cast<std::size_t>(is_finite ? std::find_if(outside.begin(), outside.end(), is_there) - outside.begin()
                                                    : found - nonfinite.begin());
  const auto point = static_cast<std::size_t>(is_finite ? outside[c] : nonfinite[c]);
  float value = 0.0F;
  backend.copy_to_host(&value, state.as<float>() + c * static_cast<std::size_t>(d.grid.points()) + point, sizeof(value));
  const auto nlon = static_cast<std::size_t>(d.grid.nlon());
  const std::string what = is_finite ? fmt::format("{:g} {}", value, bounds_.units[c]) : fmt::format("{}", value);
  std::string text = fmt::format("member {} lead {}: {} is {} at latitude {:.2f} longitude {:.2f}", numbers_[e],
                                 to_string((states_step_ - bounds_.first_step) * d.time_step), d.channels[c], what,
                                 d.grid.latitudes_deg()[point / nlon], d.grid.longitudes_deg()[point % nlon]);
  if (is_finite) text += fmt::format(", outside {:g} to {:g}", bounds_.low[c], bounds_.high[c]);
  return text;
}

}  // namespace myriad
