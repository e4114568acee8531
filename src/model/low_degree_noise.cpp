#include "src/model/low_degree_noise.hpp"

#include <algorithm>
#include <vector>

#include "src/base/random_streams.hpp"

namespace myriad {

LowDegreeNoise::LowDegreeNoise(Backend& backend, const kernels::SpectralLayout& layout,
                               std::int64_t degrees, std::int64_t width, DType dtype)
    : backend_(backend),
      all_(layout),
      low_{degrees, std::min(degrees, layout.mmax)},
      width_(width),
      dtype_(dtype) {
  MYRIAD_EXPECT(degrees > 0 && degrees <= layout.lmax);
}

// The coefficients of an order lie one degree after the other: the low ones are the first of each
// order.

void LowDegreeNoise::gather(TensorView low, ConstTensorView all) const {
  for (std::int64_t m = 0; m < low_.orders(); ++m) {
    const std::int64_t rows = low_.lmax - m;
    backend_.copy(low.slice(1, low_.offset(m), rows), all.slice(1, all_.offset(m), rows));
  }
}

void LowDegreeNoise::scatter(TensorView all, ConstTensorView low) const {
  for (std::int64_t m = 0; m < low_.orders(); ++m) {
    const std::int64_t rows = low_.lmax - m;
    backend_.copy(all.slice(1, all_.offset(m), rows), low.slice(1, low_.offset(m), rows));
  }
}

void LowDegreeNoise::draw(ConstTensorView trained, std::int64_t block,
                          const WeightNoiseElement& element, std::uint32_t period) {
  constexpr std::uint32_t k_blocks = 1024;
  MYRIAD_EXPECT(block < k_blocks);
  const std::int64_t count = trained.dim(1);
  const TensorView normals = normals_.get(backend_, dtype_, {1, count});
  const kernels::RandomStream stream{element.seed, stream_number(StreamId::weight_noise),
                                     period * k_blocks + static_cast<std::uint32_t>(block)};
  backend_.fill_normal(normals, stream, std::span(&element.draw, 1));
  backend_.channel_affine(change_.get(backend_, dtype_, {1, count, 2}), trained,
                          normals.reshape({count}), ConstTensorView(), kernels::Update::overwrite);
}

void LowDegreeNoise::replace(TensorView mixed, ConstTensorView in, ConstTensorView filter,
                             ConstTensorView before, std::int64_t block, const WeightNoise& noise) {
  const std::int64_t count = low_.lmax * width_ * width_;
  ConstTensorView trained(filter.data, filter.dtype, {1, count, 2});
  if (kernels::size_of(filter.dtype) != kernels::size_of(dtype_)) {
    const TensorView converted = trained_.get(backend_, dtype_, {1, count, 2});
    backend_.copy(converted, trained);
    trained = converted;
  }
  trained.dtype = dtype_;  // few degrees: their products need no other format
  const WeightNoiseElement* drawn = nullptr;
  for (std::size_t e = 0; e < noise.elements.size(); ++e) {
    const WeightNoiseElement& element = noise.elements[e];
    if (element.scale == 0.0) continue;
    const auto at = static_cast<std::int64_t>(e);
    const TensorView low = in_.get(backend_, dtype_, {1, low_.size(), width_, 2});
    gather(low, in.slice(0, at, 1));
    ConstTensorView source = low;
    if (!before.empty()) {
      const TensorView encoded = before_.get(backend_, dtype_, {1, low_.size(), width_, 2});
      backend_.spectral_conv1x1(encoded, low, before);
      source = encoded;
    }
    // The halves of a centred pair, neighbours as a rule, differ by the sign of the scale only.
    if (drawn == nullptr || drawn->seed != element.seed || drawn->draw != element.draw) {
      draw(trained, block, element, noise.period);
      drawn = &element;
    }
    const TensorView weights = weights_.get(backend_, dtype_, {1, count, 2});
    const TensorView change = change_.get(backend_, dtype_, {1, count, 2});
    backend_.axpby(weights, 1.0, trained, element.scale, change);
    const TensorView out = out_.get(backend_, dtype_, {1, low_.size(), width_, 2});
    backend_.spectral_mix(low_, out, source, weights.reshape({low_.lmax, width_, width_, 2}));
    scatter(mixed.slice(0, at, 1), out);
  }
}

}  // namespace myriad
