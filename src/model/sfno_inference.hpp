#pragma once
/// \file
/// The forward pass of an SFNO that keeps nothing for a backward pass. Private to src/model.

#include <optional>
#include <vector>

#include "src/backend/slot.hpp"
#include "src/model/low_degree_noise.hpp"
#include "src/model/precision.hpp"
#include "src/model/sfno_layout.hpp"
#include "src/spectral/sht.hpp"

namespace myriad::detail {

/// Weights as the forward pass reads them: views of the parameters, or copies in other formats.
struct InferenceWeights {
  struct Block {
    ConstTensorView norm0_weight, norm0_bias, norm1_weight, norm1_bias;
    ConstTensorView filter;            ///< [l, in, out, 2]; of block 0 with the encoder's second matrix when folded
    ConstTensorView noise_filter;      ///< as trained
    ConstTensorView skip;              ///< [out, in]
    ConstTensorView spectral_skip;     ///< [out, in]: skip of the coefficients; empty when it acts at grid points
    ConstTensorView mlp0_weight, mlp0_bias, mlp3_weight, mlp3_bias;
  };
  ConstTensorView encoder_weight0, encoder_bias0;
  ConstTensorView encoder_weight2;        ///< empty when folded
  ConstTensorView encoder_weight2_exact;  ///< state format; what a folded first block sees its input before
  ConstTensorView decoder_weight0, decoder_bias0, decoder_weight2, big_skip;
  std::vector<Block> blocks;
};

/// Memory: two states of embed_dim fields, one more for a folded block that changes grids, two spectra, and hidden fields for a range
/// of points; see docs/gpu.md. Everything is done in place where the order of operations allows it.
class SfnoInference {
 public:
  SfnoInference(Backend& backend, const SfnoConfig& config, const SfnoLayout& layout, ParameterSet& parameters, Precision precision,
                Sht& outer, Sht& inner);

  /// Fold (sfno.md 3.10) and convert the present parameters.
  void prepare();
  /// Whether prepare() has copied all it needs: the parameters may then be released.
  bool owns_weights() const { return is_short(precision_) && prepared_; }
  /// \param output_scale [out_channels] or empty
  void forward(TensorView out, ConstTensorView in, ConstTensorView output_scale, const WeightNoise* noise);

 private:
  /// Batch elements and points that are taken together between transforms.
  struct Range {
    std::int64_t first_element, elements, first_point, points;
    ConstTensorView of(ConstTensorView field) const;
    TensorView of(TensorView field) const;
  };
  /// Call body(range) over a field, in ranges whose hidden fields stay small. Which ranges depends on the grid alone.
  template <class Body>
  void for_each_range(std::int64_t batch, const Grid& grid, const Body& body);

  void use_parameters();
  ConstTensorView keep(Tensor tensor);
  ConstTensorView matrix(std::size_t i);
  ConstTensorView filter(ConstTensorView trained);
  ConstTensorView exact(std::size_t i);

  void run(TensorView out, ConstTensorView in, ConstTensorView output_scale, const WeightNoise* noise);
  void encode(TensorView x, ConstTensorView in);
  void block(std::int64_t b, TensorView y, ConstTensorView x, const WeightNoise* noise);
  void decode(TensorView out, ConstTensorView x, ConstTensorView in);
  TensorView hidden(const Range& range, std::int64_t channels);
  TensorView field(Slot& slot, std::int64_t batch, std::int64_t channels, const Grid& grid);
  TensorView spectrum(Slot& slot, std::int64_t batch);
  Sht& sht_on(const Grid& grid) { return grid == layout_.outer ? outer_ : inner_; }
  bool whole(const Grid& grid) const;
  /// How often any buffer has moved.
  std::int64_t moves() const;

  const std::uint64_t number_;  ///< of this object in the process
  Backend& backend_;
  const SfnoConfig& config_;
  const SfnoLayout& layout_;
  ParameterSet& parameters_;
  Precision precision_;
  Sht& outer_;
  Sht& inner_;
  InferenceWeights weights_;
  std::vector<Tensor> owned_;
  bool prepared_ = false;
  std::int64_t preparations_ = 0;
  std::optional<LowDegreeNoise> noise_ops_;  // made when first used
  Slot block_a_, block_b_, residual_, hidden_, coefficients_, mixed_, stats_;
};

}  // namespace myriad::detail
