#include "training/validation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace myriad::train {

std::vector<std::int64_t> spread_evenly(const std::vector<std::int64_t>& starts, std::int64_t count) {
  const auto n = static_cast<std::int64_t>(starts.size());
  if (count >= n) return starts;
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < count; ++i) chosen.push_back(starts[static_cast<std::size_t>(i * n / count)]);
  return chosen;
}

namespace {

/// Upload [times of one history] as [batch, input_times, channel, lat, lon].
void upload_history(Backend& backend, TensorView history, const StateStore& store,
                    const std::vector<std::int64_t>& newest, std::int64_t input_times) {
  std::vector<float> host;
  for (std::int64_t i : newest) {
    for (std::int64_t t = input_times - 1; t >= 0; --t) {
      const auto state = store.state(i - t);
      host.insert(host.end(), state.begin(), state.end());
    }
  }
  Tensor staged(backend, DType::f32, {static_cast<std::int64_t>(host.size())});
  staged.assign(host);
  backend.copy(TensorView(history.data, history.dtype, {history.size()}), staged);
}

}  // namespace

std::vector<std::vector<double>> rmse_by_lead(Model& model, const StateStore& store,
                                              const std::vector<std::int64_t>& starts,
                                              const std::vector<std::int64_t>& lead_steps, Comm& comm) {
  MYRIAD_EXPECT(!starts.empty() && !lead_steps.empty());
  constexpr std::int64_t k_block = 8;
  Backend& backend = model.backend();
  const ModelDescription& d = model.description();
  const std::int64_t channels = d.channel_count();
  const std::int64_t times = d.input_times;
  const std::int64_t nlat = d.grid.nlat(), nlon = d.grid.nlon();
  const auto values_per_start = static_cast<std::size_t>(channels) * lead_steps.size();

  Tensor row_weights(backend, DType::f64, {nlat});
  row_weights.assign(d.grid.row_weights());
  const auto total = static_cast<std::int64_t>(starts.size());
  const std::int64_t begin = total * comm.rank() / comm.size();
  const std::int64_t end = total * (comm.rank() + 1) / comm.size();
  std::vector<double> mine(static_cast<std::size_t>(end - begin) * values_per_start);

  for (std::int64_t first = begin; first < end; first += k_block) {
    const std::int64_t batch = std::min(k_block, end - first);
    std::vector<std::int64_t> newest(starts.begin() + first, starts.begin() + first + batch);
    Tensor history(backend, model.dtype(), {batch, times, channels, nlat, nlon});
    Tensor shifted(backend, model.dtype(), {batch, times, channels, nlat, nlon});
    Tensor next(backend, model.dtype(), {batch, channels, nlat, nlon});
    Tensor truth(backend, model.dtype(), {batch, channels, nlat, nlon});
    Tensor errors(backend, DType::f64, {batch, channels});
    upload_history(backend, history, store, newest, times);
    std::size_t lead = 0;
    const std::vector<std::uint32_t> members(static_cast<std::size_t>(batch), 0);
    for (std::int64_t step = 1; step <= lead_steps.back(); ++step) {
      std::vector<Instant> now;
      for (std::int64_t i : newest) now.push_back(store.time(i) + (step - 1) * d.time_step);
      const StepContext context{now, members, 0, static_cast<std::uint32_t>(step - 1)};
      model.step(next, history, context, nullptr);
      if (step == lead_steps[lead]) {
        std::vector<std::int64_t> target(newest);
        for (std::int64_t& i : target) i += step;
        upload_history(backend, truth, store, target, 1);
        backend.weighted_squared_error(errors, next, truth, row_weights);
        const std::vector<double> values = errors.to_doubles();
        for (std::int64_t b = 0; b < batch; ++b) {
          std::copy_n(values.begin() + b * channels, channels,
                      mine.begin() + static_cast<std::ptrdiff_t>(
                                         (static_cast<std::size_t>(first - begin + b) * lead_steps.size() + lead) *
                                         static_cast<std::size_t>(channels)));
        }
        ++lead;
      }
      for (std::int64_t t = 0; t < times; ++t) {
        TensorView slot = shifted.view().slice(1, t, 1);
        ConstTensorView source = t + 1 < times ? ConstTensorView(history.view().slice(1, t + 1, 1))
                                               : ConstTensorView(next.view().data, next.dtype(),
                                                                 {batch, 1, channels, nlat, nlon});
        backend.copy(slot, source);
      }
      std::swap(history, shifted);
    }
  }

  std::vector<std::size_t> counts;
  for (int r = 0; r < comm.size(); ++r) {
    const std::int64_t n = total * (r + 1) / comm.size() - total * r / comm.size();
    counts.push_back(static_cast<std::size_t>(n) * values_per_start * sizeof(double));
  }
  std::vector<double> all(static_cast<std::size_t>(total) * values_per_start);
  comm.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)), counts);

  std::vector<std::vector<double>> rmse(lead_steps.size(), std::vector<double>(static_cast<std::size_t>(channels)));
  for (std::size_t l = 0; l < lead_steps.size(); ++l) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      double sum = 0.0;
      for (std::size_t s = 0; s < starts.size(); ++s) {
        sum += all[(s * lead_steps.size() + l) * static_cast<std::size_t>(channels) + c];
      }
      rmse[l][c] = std::sqrt(sum / static_cast<double>(total)) * d.normalisation.stddev[c];
    }
  }
  return rmse;
}

}  // namespace myriad::train
