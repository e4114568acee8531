#pragma once
/// \file
/// Numbers of 16 bits and rounding to fewer digits, by integer arithmetic, so that every machine and device gets the same bits.

#include <bit>
#include <cstdint>

namespace myriad::kernels {

/// IEEE binary16 nearest to \p value, ties to even; subnormal results are kept, magnitudes from
/// 65520 on become infinite, NaN stays NaN (quiet). Independent of the rounding mode and of
/// processor support.
constexpr std::uint16_t f16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t result = 0;
  if (magnitude > 0x7f800000U) {
    result = 0x7e00U | ((magnitude >> 13) & 0x3ffU);
  } else if (magnitude >= 0x477ff000U) {  // 65520, halfway between 65504 and the next step
    result = 0x7c00U;
  } else if (magnitude >= 0x38800000U) {  // 2^-14, the smallest normal number
    // Adding just under half a unit, plus one when the kept part is odd, makes the shift round to
    // even.
    const std::uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13) & 1U);
    result = (rounded - 0x38000000U) >> 13;  // exponent bias 127 -> 15
  } else if (magnitude >= 0x33000000U) {     // 2^-25, half of the smallest subnormal number
    const std::uint32_t shift = 126U - (magnitude >> 23);
    const std::uint32_t significand = (magnitude & 0x7fffffU) | 0x800000U;
    const std::uint32_t remainder = significand & ((1U << shift) - 1U);
    const std::uint32_t half = 1U << (shift - 1U);
    result = significand >> shift;
    if (remainder > half || (remainder == half && (result & 1U) != 0)) ++result;
  }
  return static_cast<std::uint16_t>(sign | result);
}

/// Exact.
constexpr float float_from_f16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t fraction = bits & 0x3ffU;
  if (exponent == 0) {
    // Subnormal: fraction units of 2^-24, exact in binary32.
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1fU ? 0x7f800000U : (exponent + 112U) << 23;
  return std::bit_cast<float>(sign | wide | (fraction << 13));
}

/// bfloat16 nearest to \p value, ties to even; magnitudes beyond the largest finite one become
/// infinite, NaN stays NaN.
constexpr std::uint16_t bf16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

/// Exact.
constexpr float float_from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Rounded to the 10 stored bits of a TF32 significand, ties away from zero (as cvt.rna.tf32.f32 of PTX); in fp32.
constexpr float tf32_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7f800000U) == 0x7f800000U) return value;
  return std::bit_cast<float>((bits + 0x1000U) & 0xffffe000U);
}

/// Elements of a tensor in these formats.
struct Bf16 {
  std::uint16_t bits;
};
struct F16 {
  std::uint16_t bits;
};

}  // namespace myriad::kernels
