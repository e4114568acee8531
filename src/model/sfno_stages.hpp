#pragma once
/// \file
/// Measuring core of `myriad bench stages`: one step of a network, stage by stage.

#include <memory>
#include <vector>

#include "src/backend/counting_backend.hpp"
#include "src/model/sfno.hpp"

namespace myriad {

/// What a step is.
enum class NetworkPass : std::uint8_t {
  forward,  ///< one application
  folded,   ///< one application with folded weights (Sfno::prepare_inference), as forecasts do
  training  ///< squared error after one application, gradients, AdamW
};

/// One step.
struct NetworkStages {
  std::vector<StageWork> stages;
  StageWork total;
  /// Median of a step that waits for nothing before its end; 0 when only counted.
  double whole_seconds = 0.0;
  /// Tensors of parameters, transforms, inputs and scratch together; the backend's own scratch and plans are not in it.
  std::int64_t bytes_peak = 0;
  /// Device memory at the peak, everything that the backend allocates, and what was predicted for it; negative where unknown.
  std::int64_t device_bytes = -1, predicted_device_bytes = -1;
};

/// Count a step without doing it: needs no memory for tensors, so that any network can be counted anywhere.
/// 16-bit precisions fold; they have no training.
NetworkStages count_network_stages(const SfnoConfig& config, std::int64_t batch, NetworkPass pass,
                                   Precision precision = Precision::f32);

/// Device memory of forward passes on \p backend, found by walking through one on a backend that does nothing.
std::int64_t predict_device_bytes(const std::shared_ptr<kernels::Backend>& backend, const SfnoConfig& config, std::int64_t batch,
                                  NetworkPass pass, Precision precision);

/// Do steps for at least \p seconds and return that of the median time; random inputs and weights. With a backend that counts
/// its memory, what other objects of the process hold on the device counts too; scratch of earlier steps does unless \p backend is new.
/// Errors: std::bad_alloc (OutOfMemory) when the device cannot hold it.
NetworkStages time_network_stages(std::shared_ptr<kernels::Backend> backend, const SfnoConfig& config, std::int64_t batch,
                                  NetworkPass pass, double seconds, Precision precision = Precision::f32);

}  // namespace myriad
