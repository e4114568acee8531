#pragma once
/// \file
/// The spectral filter with noise on its weights of low degrees.

#include <cstdint>

#include "src/backend/slot.hpp"
#include "src/backend/tensor.hpp"
#include "src/model/weight_noise.hpp"

namespace myriad {

/// Recomputes the low degrees of a filtered spectrum with perturbed weights, element by element.
class LowDegreeNoise {
 public:
  /// \param layout of the spectrum; \p degrees at most its lmax; \p width channels before and after
  /// the filter
  LowDegreeNoise(Backend& backend, const kernels::SpectralLayout& layout, std::int64_t degrees,
                 std::int64_t width, DType dtype);

  std::int64_t degrees() const { return low_.lmax; }

  /// Overwrite the coefficients of mixed [batch, lm, width, 2] below degrees() with
  /// sum_i (before in)[i] W[l, i, o] (1 + scale xi) for every element with a scale.
  ///
  /// \param in [batch, lm, width, 2]
  /// \param filter [l, in, out, 2]
  /// \param before [out, in]: a matrix applied to the channels of \p in first; may be empty
  /// Determinism: an element's result depends on its own coefficients and noise only, bit for bit.
  void replace(TensorView mixed, ConstTensorView in, ConstTensorView filter, ConstTensorView before,
               std::int64_t block, const WeightNoise& noise);

 private:
  void gather(TensorView low, ConstTensorView all) const;
  void scatter(TensorView all, ConstTensorView low) const;
  /// change_ = W xi for the weights \p trained [1, l in out, 2].
  void draw(ConstTensorView trained, std::int64_t block, const WeightNoiseElement& element,
            std::uint32_t period);

  Backend& backend_;
  kernels::SpectralLayout all_, low_;
  std::int64_t width_;
  DType dtype_;
  Slot in_, before_, out_, normals_, change_, weights_, trained_;
};

}  // namespace myriad
