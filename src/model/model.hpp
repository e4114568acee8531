#pragma once
/// \file
/// What the ensemble driver and the trainer know of a forecast model.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/model/parameters.hpp"
#include "src/model/weight_noise.hpp"

namespace myriad {

/// Per-channel numbers that turn physical units into normalised values and back.
struct Normalisation {
  std::vector<double> mean;             ///< physical units
  std::vector<double> stddev;           ///< physical units, > 0
  std::vector<double> tendency_stddev;  ///< of the change over one model step, physical units, > 0
};

/// What a model predicts, on which grid and at which step.
struct ModelDescription {
  std::vector<std::string> channels;  ///< short names, in order (src/io/channel.hpp)
  std::vector<std::string> units;     ///< one per channel
  Grid grid{GridType::legendre_gauss, 2, 2};
  Duration time_step = Duration::hours(6);
  std::int64_t input_times = 1;  ///< states the model looks at: t, t - step, ...
  Normalisation normalisation;

  std::int64_t channel_count() const { return static_cast<std::int64_t>(channels.size()); }
};

/// What one step knows about the elements of its batch.
struct StepContext {
  /// [batch]: valid time of the newest input state; forcing is evaluated for each element's own clock.
  std::span<const Instant> valid_times;
  /// [batch]: logical member ids, for models that draw noise.
  std::span<const std::uint32_t> members;
  std::uint64_t seed = 0;
  std::uint32_t step = 0;  ///< index of the step in the forecast
  /// Perturbed weights of each element; null: none. Not together with a tape.
  const WeightNoise* weight_noise = nullptr;
};

/// Intermediate results of one step, for its backward pass. Made by the model that uses it.
class ModelTape {
 public:
  virtual ~ModelTape() = default;
};

/// A forecast model: maps a history of normalised states to the next normalised state.
///
/// Shapes: history [batch, input_times, channel, lat, lon], oldest first; next [batch, channel, lat, lon].
/// Batch elements are members x dates and do not influence each other, bit for bit.
/// Deterministic steps exist now; noise-conditioned steps read `members`, `seed` and `step` of the context.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelDescription& description() const = 0;
  virtual Backend& backend() = 0;
  virtual DType dtype() const = 0;
  virtual ParameterSet& parameters() = 0;

  virtual std::unique_ptr<ModelTape> make_tape() const = 0;

  /// One step. With a tape, keeps what backward needs.
  virtual void step(TensorView next, ConstTensorView history, const StepContext& context, ModelTape* tape) = 0;

  /// Accumulates parameter gradients of the step recorded on \p tape. \p grad_history (same shape as history) receives
  /// the gradient of the input states unless it is empty.
  virtual void backward(TensorView grad_history, ConstTensorView grad_next, ModelTape& tape) = 0;
};

/// Subtract the mean and divide by the standard deviation; physical, normalised [batch, channel, lat, lon].
void normalise(Backend& backend, TensorView normalised, ConstTensorView physical, const Normalisation& n);
void denormalise(Backend& backend, TensorView physical, ConstTensorView normalised, const Normalisation& n);

}  // namespace myriad
