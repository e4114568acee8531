#pragma once
/// \file
/// How the elements of a vector are written in the messages of training (optimizers.md 2.1, 2.3): the contract of Backend::encode.

#include <cstdint>

namespace myriad::kernels {

/// Code of one element. What is written is rounded from fp32 (an fp64 element is rounded to fp32 first) and little endian.
enum class WireCode : std::uint8_t {
  f32,
  f16,      ///< saturates at the largest finite number
  bf16,
  sign,     ///< one bit, 1 for value >= 0: +scale or -scale
  uniform,  ///< QSGD and dithering: sign bit above a level 0 .. levels of |x| levels / scale (Alistarh et al. 2017)
  natural,  ///< sign bit above 7 bits: 0, or the exponent counted from the block's; a power of two, stochastically (Horvath et al. 2019)
  e3m0,     ///< sign bit above 3 bits: 0, or c for scale 2^(c - 7), nearest in value
  e4m3,     ///< 8-bit floating point of OCP, largest 448, of x / scale
  e5m2,     ///< 8-bit floating point of OCP, largest 57344, of x / scale
  int8,     ///< two's complement, nearest to x / scale, halves away from zero
};

/// What a block's scale is made of. Sums run in fp64 in an order that depends on the block's length alone (lane_sum()).
enum class BlockScale : std::uint8_t {
  none,            ///< dense codes
  mean_magnitude,  ///< sum |x| / n, fp32
  root_mean_square,  ///< sqrt(sum x^2 / n), fp32
  norm,            ///< sqrt(sum x^2), fp32
  largest,         ///< max |x|, fp32; of codes with a largest number (e4m3, e5m2, int8): divided by that
  largest_bf16,    ///< max |x| rounded up to bf16
  power_of_two,    ///< smallest power of two >= max |x| as its biased fp32 exponent, u8; 0 for a block of zeros
  exponent,        ///< of natural: exponent that code 0 stands for, i16
};

/// Format of a message: blocks of `block` elements (the last one may be shorter), each its scale and then the codes of its elements
/// as one bit string, least significant bits first, filled up to whole bytes.
struct WireFormat {
  WireCode code = WireCode::f32;
  BlockScale scale = BlockScale::none;
  std::int64_t block = 65536;  ///< elements; a multiple of 8, at most 65536
  int levels = 1;              ///< of uniform: 1 .. 127
  bool stochastic = false;     ///< uniform, natural, e3m0: round up with the probability that makes the mean exact
};

constexpr int bits_of(const WireFormat& f) {
  switch (f.code) {
    case WireCode::f32:
      return 32;
    case WireCode::f16:
    case WireCode::bf16:
      return 16;
    case WireCode::sign:
      return 1;
    case WireCode::uniform: {
      int bits = 1;
      while ((1 << (bits - 1)) < f.levels + 1) ++bits;
      return bits;
    }
    case WireCode::e3m0:
      return 4;
    default:
      return 8;
  }
}

constexpr int scale_bytes(BlockScale scale) {
  switch (scale) {
    case BlockScale::none:
      return 0;
    case BlockScale::power_of_two:
      return 1;
    case BlockScale::largest_bf16:
    case BlockScale::exponent:
      return 2;
    default:
      return 4;
  }
}

/// Bytes of a block of \p count elements.
constexpr std::int64_t block_bytes(const WireFormat& f, std::int64_t count) {
  return scale_bytes(f.scale) + (count * bits_of(f) + 7) / 8;
}

/// Bytes of a vector of \p size elements.
constexpr std::int64_t encoded_bytes(const WireFormat& f, std::int64_t size) {
  const std::int64_t rest = size % f.block;
  return size / f.block * block_bytes(f, f.block) + (rest > 0 ? block_bytes(f, rest) : 0);
}

}  // namespace myriad::kernels
