#pragma once
/// \file
/// The deterministic SFNO forecast model: input assembly around the network.

#include <memory>
#include <vector>

#include "src/model/forcing.hpp"
#include "src/model/model.hpp"
#include "src/model/sfno.hpp"

namespace myriad {

/// Everything that defines an SFNO forecast model except its weights; stored in checkpoints.
struct SfnoModelConfig {
  ModelDescription description;
  std::int64_t scale_factor = 1;
  std::int64_t embed_dim = 64;
  std::int64_t layers = 4;
  std::int64_t mlp_ratio = 2;
  /// Start as a persistence forecast whose correction is measured in units of the change per step.
  bool tendency_parametrisation = true;
  /// Show earlier states as their difference from the newest one in units of the change per step, instead of as states:
  /// the network then need not find a difference of two nearly equal inputs. Without effect for one input time.
  bool difference_inputs = true;
  std::vector<ForcingKind> forcing;
  GridFeatures features;
  std::vector<StaticMap> static_maps;

  /// State history (oldest first), forcing, grid features, static maps: the order of sfno.md 4.2.
  std::int64_t in_channels() const;
  SfnoConfig network() const;
};

/// Makes the model with initial weights of \p seed (\p backend must outlive it).
class SfnoModel final : public Model {
 public:
  SfnoModel(Backend& backend, SfnoModelConfig config, Precision precision, std::uint64_t seed);
  ~SfnoModel() override;

  const SfnoModelConfig& config() const { return config_; }
  const ModelDescription& description() const override { return config_.description; }
  Backend& backend() override { return *backend_; }
  DType dtype() const override { return dtype_; }
  Precision precision() const { return precision_; }
  ParameterSet& parameters() override { return *parameters_; }
  std::unique_ptr<ModelTape> make_tape() const override;

  /// Prepare the present weights for steps without a tape (Sfno::prepare_inference); results differ by rounding. In 16-bit
  /// precisions the parameters are released afterwards.
  void prepare_inference();
  void step(TensorView next, ConstTensorView history, const StepContext& context, ModelTape* tape) override;
  void backward(TensorView grad_history, ConstTensorView grad_next, ModelTape& tape) override;

 private:
  class Tape;
  void assemble(TensorView inputs, ConstTensorView history, const StepContext& context);

  Backend* backend_;
  SfnoModelConfig config_;
  Precision precision_;
  DType dtype_;  ///< of states
  std::unique_ptr<ParameterSet> parameters_;
  std::unique_ptr<Sfno> network_;
  Tensor per_change_, minus_per_change_;  ///< [channel]: +- std / tendency std, for difference inputs
  Tensor constants_;  ///< [1, features + static, lat, lon]
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace myriad
