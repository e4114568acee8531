#pragma once
/// \file
/// Multiplicative noise on spectral weights, one realisation per batch element.

#include <cstdint>
#include <span>

namespace myriad {

/// Whose noise an element of the batch gets.
struct WeightNoiseElement {
  std::uint64_t seed = 0;
  std::uint32_t draw = 0;
  double scale = 0.0;  ///< standard deviation, with the sign of the member; 0: unperturbed
};

/// The weight from input i to output o of degree l in block b is W (1 + scale xi(b, l, i, o)) for l
/// < degrees.
///
/// xi ~ N(0, 1) is one real number per complex weight, a function of (seed, draw, period, b, l, i,
/// o): StreamId::weight_noise. It is made anew in each step and never kept, so that an ensemble
/// needs no copies of the weights. A change of `period` changes all numbers. Source: stochastic
/// weight perturbation of spectral filters (generative.md 6.9).
struct WeightNoise {
  std::span<const WeightNoiseElement> elements;  ///< [batch]
  std::int64_t degrees = 0;  ///< at least 1, at most those of the network's filters
  std::uint32_t period = 0;  ///< below 2^22
};

}  // namespace myriad
