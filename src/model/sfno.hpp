#pragma once
/// \file
/// Spherical Fourier neural operator, HENS form (sfno.md section 3.3), with its exact backward pass.

#include <cstdint>
#include <memory>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/grid/grid.hpp"
#include "src/model/parameters.hpp"
#include "src/model/precision.hpp"
#include "src/model/weight_noise.hpp"

namespace myriad {

/// Size of an SFNO. Defaults are those of HENS where HENS has one.
struct SfnoConfig {
  GridType grid_type = GridType::equiangular;  ///< grid of input and output
  std::int64_t nlat = 0;
  std::int64_t nlon = 0;
  std::int64_t scale_factor = 1;  ///< internal grid: Legendre-Gauss, nlat / scale x nlon / scale (integer division)
  std::int64_t in_channels = 0;   ///< state history + forcing + features
  std::int64_t out_channels = 0;
  std::int64_t embed_dim = 0;
  std::int64_t layers = 0;
  std::int64_t mlp_ratio = 2;
  /// First of the out_channels input channels that are added to the output as they are; -1: none (HENS). With an identity
  /// the big skip starts at zero and the untrained network's output is close to these channels (persistence).
  std::int64_t identity_skip_from = -1;
  /// Multiply the sum of decoder and big skip per output channel (before the identity is added): the network then predicts
  /// in units of the change per step, and one learning rate suits all channels.
  bool output_scale = false;

  std::int64_t internal_nlat() const { return nlat / scale_factor; }
  std::int64_t internal_nlon() const { return nlon / scale_factor; }
  std::int64_t lmax() const { return internal_nlat(); }
  std::int64_t mmax() const { return internal_nlon() / 2 + 1; }
};

/// Errors: ErrorKind::config_invalid naming the first field that makes no sense.
void validate(const SfnoConfig& config);

/// Parameters in the order of sfno.md section 3.11, with the names of section 5.3 and the initialisation of 3.6.
/// Spectral filters are stored [l, in, out, 2] (degree-major: one matrix per degree is contiguous).
std::vector<ParameterInfo> sfno_parameters(const SfnoConfig& config);

/// Number of real scalars, and of them the pairs that form complex numbers.
struct SfnoParameterCount {
  std::int64_t real_valued = 0;
  std::int64_t complex_valued = 0;
};
SfnoParameterCount count_parameters(const SfnoConfig& config);

/// Intermediate results of one forward pass that the backward pass needs.
class SfnoTape {
 public:
  SfnoTape();
  ~SfnoTape();
  SfnoTape(SfnoTape&&) noexcept;
  SfnoTape& operator=(SfnoTape&&) noexcept;

 private:
  friend class Sfno;
  struct Record;
  std::unique_ptr<Record> record_;
};

/// Most scratch that the transforms and products of a forward pass take on \p backend besides its tensors, bytes.
std::int64_t sfno_scratch_bytes(const Backend& backend, const SfnoConfig& config, std::int64_t batch, Precision precision);

/// The network.
///
/// Shapes: in [batch, in_channels, nlat, nlon] -> out [batch, out_channels, nlat, nlon], normalised values.
/// Determinism: bitwise independent of the batch size and of the position in the batch, in any precision.
/// Not thread-safe: owns transforms and scratch.
/// Source: Bonev et al. 2023 (SFNO); order of operations of the HENS configuration.
class Sfno {
 public:
  /// \param parameters made from sfno_parameters(config); must outlive the network. Its dtype is the precision's state format;
  ///                   without a precision, products are computed in it.
  /// Errors: ErrorKind::config_invalid (E2307) for a precision that the backend has not.
  Sfno(Backend& backend, const SfnoConfig& config, ParameterSet& parameters);
  Sfno(Backend& backend, const SfnoConfig& config, ParameterSet& parameters, Precision precision);
  ~Sfno();

  const SfnoConfig& config() const;

  /// Per-channel factor of decoder and big skip; required when config.output_scale is set.
  void set_output_scale(const std::vector<double>& scale);

  /// With a tape (not in 16-bit precisions), keeps what backward needs (about 9 embed_dim x points per block and batch element).
  void forward(TensorView out, ConstTensorView in, SfnoTape* tape);

  /// Without a tape and with perturbed filters of low degrees. Elements of scale 0 keep the bits of forward(). The noise
  /// applies to the filters as trained, also after prepare_inference(). Extra cost per element and block: degrees x embed_dim^2 random
  /// numbers and as many products again for the coefficients of those degrees; memory: that many weights once.
  void forward(TensorView out, ConstTensorView in, const WeightNoise& noise);

  /// From now on forward passes without a tape use the present parameters, with the two exact foldings of sfno.md 3.10: the
  /// encoder's second matrix moves into the first block's filter and skip (one full-grid matrix product less), and the skip matrix
  /// of a block that changes grids is applied to the coefficients (fewer than the grid has points), as passes with a tape do.
  /// Results differ from the unfolded ones by rounding. Memory: one filter and some matrices. Call again after the parameters change.
  /// 16-bit precisions have no backward pass: they need this call before the first pass, once, for the filters are given back.
  void prepare_inference();
  /// Whether forward passes without a tape no longer read the parameters: they may be released.
  bool owns_weights() const;

  /// Accumulates parameter gradients and, unless \p grad_in is empty, writes the gradient of the input.
  /// The tape must come from a forward pass with unchanged parameters; \p in must be that pass's input.
  void backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in, SfnoTape& tape);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad
