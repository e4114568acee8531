#pragma once
/// \file
/// A small chaotic map in the place of a forecast model, computed by plain loops, that counts its
/// forwards.

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/model/model.hpp"

namespace myriad::test {

/// Channels z500, q850, t850 on a Gauss grid of 16 x 32 points. \p dead does not respond to its
/// input.
class ToyModel final : public Model {
 public:
  static constexpr std::int64_t k_nlat = 16, k_nlon = 32, k_channels = 3;
  static constexpr std::size_t k_state = k_nlat * k_nlon * k_channels;

  explicit ToyModel(std::int64_t input_times = 1, DType dtype = DType::f64) : dtype_(dtype) {
    description_.channels = {"z500", "q850", "t850"};
    description_.units = {"m", "kg kg-1", "K"};
    description_.grid = Grid(GridType::legendre_gauss, k_nlat, k_nlon);
    description_.input_times = input_times;
    description_.normalisation = {
        {5600.0, 0.005, 280.0}, {200.0, 0.004, 15.0}, {15.0, 0.0004, 1.0}};
    parameters_ = std::make_unique<ParameterSet>(*backend_, dtype, std::vector<ParameterInfo>{});
  }

  const ModelDescription& description() const override { return description_; }
  Backend& backend() override { return *backend_; }
  DType dtype() const override { return dtype_; }
  ParameterSet& parameters() override { return *parameters_; }
  std::unique_ptr<ModelTape> make_tape() const override { return nullptr; }
  void backward(TensorView, ConstTensorView, ModelTape&) override { FAIL() << "not trained"; }

  /// next from history [input_times][channel][lat][lon], normalised.
  std::vector<double> forward(const double* history, const Instant& time) const {
    const auto times = static_cast<std::size_t>(description_.input_times);
    const double* newest = history + (times - 1) * k_state;
    const double* oldest = history;
    const double sun = 0.1 * std::sin(time.seconds_of_day() / 86400.0 * 6.283185307179586);
    std::vector<double> next(k_state);
    constexpr std::size_t plane = k_nlat * k_nlon;
    for (std::size_t i = 0; i < k_state; ++i) {
      const std::size_t c = i / plane, row = i % plane / k_nlon, column = i % k_nlon;
      if (static_cast<std::int64_t>(c) == dead) {
        next[i] = 0.25;
        continue;
      }
      const double other = newest[(c + 1) % 3 * plane + row * k_nlon + (column + 1) % k_nlon];
      next[i] = (1.2 + sun) * newest[i] + 0.4 * other - 0.1 * newest[i] * newest[i] * newest[i] +
                0.2 * (newest[i] - oldest[i]);
    }
    if (unstable) next[5] = std::numeric_limits<double>::infinity();
    return next;
  }

  void step(TensorView next, ConstTensorView history, const StepContext& context,
            ModelTape*) override {
    const std::vector<double> all = to_doubles(*backend_, history);
    const std::size_t size = all.size() / context.valid_times.size();
    std::vector<double> out;
    for (std::size_t b = 0; b < context.valid_times.size(); ++b) {
      const std::vector<double> one = forward(all.data() + b * size, context.valid_times[b]);
      out.insert(out.end(), one.begin(), one.end());
      clocks.push_back(context.valid_times[b]);
      ++forwards;
    }
    Tensor result(*backend_, dtype_, {next.dim(0), next.dim(1), next.dim(2), next.dim(3)});
    result.assign(out);
    backend_->copy(next, result);
  }

  /// Analysis at \p time with its history, physical units.
  EnsembleStart analysis(const Instant& time) const {
    EnsembleStart start{time, {}};
    for (std::int64_t t = 0; t < description_.input_times; ++t) {
      const Instant when = time - (description_.input_times - 1 - t) * description_.time_step;
      const double phase = static_cast<double>(when.seconds_since_1970() % 864000) / 43200.0;
      for (std::size_t i = 0; i < k_state; ++i) {
        const std::size_t c = i / (k_nlat * k_nlon);
        const double z = std::sin(0.07 * static_cast<double>(i) + phase) +
                         0.3 * std::cos(0.9 * static_cast<double>(i));
        start.history.push_back(static_cast<float>(description_.normalisation.mean[c] +
                                                   0.5 * z * description_.normalisation.stddev[c]));
      }
    }
    return start;
  }

  std::int64_t forwards = 0;    ///< batch elements stepped
  std::vector<Instant> clocks;  ///< of each
  std::int64_t dead = -1;
  bool unstable = false;

 private:
  std::shared_ptr<Backend> backend_ = make_backend("kokkos");
  DType dtype_;
  ModelDescription description_;
  std::unique_ptr<ParameterSet> parameters_;
};

}  // namespace myriad::test
