#include "training/state_store.hpp"

#include <cmath>
#include <utility>

namespace myriad::train {

StateStore::StateStore(std::vector<Instant> times, std::int64_t channels, const Grid& grid, const StateLoader& load)
    : times_(std::move(times)), channels_(channels), grid_(grid) {
  const auto state_size = static_cast<std::size_t>(channels * grid.points());
  values_.resize(times_.size() * state_size);
  for (std::size_t i = 0; i < times_.size(); ++i) {
    load(static_cast<std::int64_t>(i), std::span(values_).subspan(i * state_size, state_size));
  }
}

std::span<const float> StateStore::state(std::int64_t i) const {
  const auto state_size = static_cast<std::size_t>(channels_ * grid_.points());
  return std::span(values_).subspan(static_cast<std::size_t>(i) * state_size, state_size);
}

void StateStore::normalise(const Normalisation& n) {
  const auto points = static_cast<std::size_t>(grid_.points());
  std::size_t at = 0;
  for (std::size_t i = 0; i < times_.size(); ++i) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c) {
      const double mean = n.mean[c];
      const double inverse = 1.0 / n.stddev[c];
      for (std::size_t p = 0; p < points; ++p, ++at) {
        values_[at] = static_cast<float>((static_cast<double>(values_[at]) - mean) * inverse);
      }
    }
  }
}

std::vector<std::int64_t> StateStore::starts(std::int64_t input_times, std::int64_t steps, Duration dt) const {
  std::vector<std::int64_t> result;
  std::int64_t run_begin = 0;  // first index of the current gap-free run
  for (std::int64_t i = 0; i < size(); ++i) {
    if (i > 0 && time(i) - time(i - 1) != dt) run_begin = i;
    // i is the last target of a sample whose newest history state is i - steps.
    if (i - steps - (input_times - 1) >= run_begin) result.push_back(i - steps);
  }
  return result;
}

namespace {

/// Area-weighted mean over the grid of f(value).
template <class F>
double area_mean(std::span<const double> row_weights, std::size_t nlon, F&& value) {
  double sum = 0.0;
  for (std::size_t k = 0; k < row_weights.size(); ++k) {
    double row = 0.0;
    for (std::size_t j = 0; j < nlon; ++j) row += value(k * nlon + j);
    sum += row_weights[k] * row / static_cast<double>(nlon);
  }
  return sum;
}

}  // namespace

Normalisation compute_normalisation(const StateStore& store, Duration dt) {
  MYRIAD_VALIDATE(store.size() >= 2, ErrorKind::input_corrupt, "E2405",
                  "{} time(s) in the training data (statistics need at least 2) give a longer archive", store.size());
  const std::vector<double> weights = store.grid().row_weights();
  const auto nlon = static_cast<std::size_t>(store.grid().nlon());
  const auto points = static_cast<std::size_t>(store.grid().points());
  Normalisation n;
  for (std::int64_t c = 0; c < store.channels(); ++c) {
    const auto field = [&](std::int64_t i) {
      return store.state(i).subspan(static_cast<std::size_t>(c) * points, points);
    };
    double mean = 0.0;
    for (std::int64_t i = 0; i < store.size(); ++i) {
      const auto x = field(i);
      mean += area_mean(weights, nlon, [&](std::size_t p) { return static_cast<double>(x[p]); });
    }
    mean /= static_cast<double>(store.size());
    double variance = 0.0;
    double change = 0.0;
    std::int64_t changes = 0;
    for (std::int64_t i = 0; i < store.size(); ++i) {
      const auto x = field(i);
      variance += area_mean(weights, nlon, [&](std::size_t p) {
        const double d = static_cast<double>(x[p]) - mean;
        return d * d;
      });
      if (i == 0 || store.time(i) - store.time(i - 1) != dt) continue;
      const auto before = field(i - 1);
      change += area_mean(weights, nlon, [&](std::size_t p) {
        const double d = static_cast<double>(x[p]) - static_cast<double>(before[p]);
        return d * d;
      });
      ++changes;
    }
    MYRIAD_VALIDATE(changes > 0, ErrorKind::input_corrupt, "E2406",
                    "no two training states are {} apart (the change per step has no scale) check model.time_step",
                    to_string(dt));
    n.mean.push_back(mean);
    n.stddev.push_back(std::sqrt(variance / static_cast<double>(store.size())));
    n.tendency_stddev.push_back(std::sqrt(change / static_cast<double>(changes)));
    MYRIAD_VALIDATE(n.stddev.back() > 0.0 && n.tendency_stddev.back() > 0.0, ErrorKind::input_corrupt, "E2407",
                    "channel {} is constant in the training data (it cannot be normalised) leave it out", c);
  }
  return n;
}

std::vector<std::vector<float>> time_mean_maps(const StateStore& store) {
  const auto points = static_cast<std::size_t>(store.grid().points());
  std::vector<std::vector<float>> maps;
  for (std::int64_t c = 0; c < store.channels(); ++c) {
    std::vector<double> sum(points, 0.0);
    for (std::int64_t i = 0; i < store.size(); ++i) {
      const auto x = store.state(i).subspan(static_cast<std::size_t>(c) * points, points);
      for (std::size_t p = 0; p < points; ++p) sum[p] += static_cast<double>(x[p]);
    }
    double mean = 0.0;
    for (double& s : sum) mean += (s /= static_cast<double>(store.size()));
    mean /= static_cast<double>(points);
    double variance = 0.0;
    for (double s : sum) variance += (s - mean) * (s - mean);
    const double inverse = 1.0 / std::sqrt(variance / static_cast<double>(points) + 1e-12);
    std::vector<float> map(points);
    for (std::size_t p = 0; p < points; ++p) map[p] = static_cast<float>((sum[p] - mean) * inverse);
    maps.push_back(std::move(map));
  }
  return maps;
}

}  // namespace myriad::train
