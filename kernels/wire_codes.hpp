#pragma once
/// \file
/// Arithmetic of the element codes (kernels/wire_format.hpp), shared by the host and the device. Everything is written so that no
/// compiler can contract a product and a sum: the bits are the same on every machine and device.

#include <bit>
#include <cstdint>

#include "kernels/half.hpp"
#include "kernels/wire_format.hpp"

namespace myriad::kernels::detail {

/// Sums of blocks: lane j adds elements j, j + k_lanes, ..., then the lanes are halved until one is left.
inline constexpr int k_lanes = 256;

constexpr float magnitude(float x) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7fffffffU); }
constexpr bool is_negative(float x) { return std::bit_cast<std::uint32_t>(x) >> 31 != 0; }
/// 2^e for -126 <= e <= 127.
constexpr float power_of_two(int e) { return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23); }
/// floor(log2 |x|) of a normal number; -127 for subnormal ones and zero, which codes of exponents take for zero.
constexpr int exponent_of(float x) { return static_cast<int>(std::bit_cast<std::uint32_t>(x) >> 23 & 0xffU) - 127; }

/// Scale that brings \p largest to the largest number of a code. At least the smallest normal number, as a subnormal one would lose the
/// digits of its block; elements above 2^127 are cut, as rounding could carry their largest code beyond fp32.
constexpr float share_of(float largest, float top) {
  if (largest == 0.0F) return 0.0F;
  const float share = (largest < 0x1p127F ? largest : 0x1p127F) / top;
  return share < 0x1p-126F ? 0x1p-126F : share;
}

/// The scale that a block keeps, from its statistics. \p largest: of |x|. For BlockScale::exponent the exponent of code 0, exactly.
constexpr float finish_scale(const WireFormat& f, double sum_or_root, float largest) {
  switch (f.scale) {
    case BlockScale::mean_magnitude:
    case BlockScale::root_mean_square:
    case BlockScale::norm:
      return sum_or_root < 0x1.fffffep127 ? static_cast<float>(sum_or_root) : 0x1.fffffep127F;
    case BlockScale::largest:
      return f.code == WireCode::e4m3   ? share_of(largest, 448.0F)
             : f.code == WireCode::e5m2 ? share_of(largest, 57344.0F)
             : f.code == WireCode::int8 ? share_of(largest, 127.0F)
                                        : largest;
    case BlockScale::largest_bf16:
    case BlockScale::power_of_two:
    case BlockScale::exponent:
    case BlockScale::none:
      break;
  }
  const auto bits = std::bit_cast<std::uint32_t>(largest);
  if (f.scale == BlockScale::largest_bf16) return std::bit_cast<float>((bits + 0xffffU) & 0xffff0000U);
  if (f.scale == BlockScale::power_of_two) {
    if (exponent_of(largest) == -127) return 0.0F;
    const int e = exponent_of(largest) + ((bits & 0x7fffffU) != 0 ? 1 : 0);
    return power_of_two(e < 127 ? e : 127);
  }
  // natural: code 127 is the power of two above the largest element.
  return static_cast<float>(exponent_of(largest) + 1 - 127);
}

/// Write the scale's bytes.
constexpr void store_scale(const WireFormat& f, float scale, unsigned char* to) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(scale);
  if (f.scale == BlockScale::power_of_two) bits >>= 23;
  if (f.scale == BlockScale::largest_bf16) bits >>= 16;
  if (f.scale == BlockScale::exponent) bits = static_cast<std::uint32_t>(static_cast<int>(scale));
  for (int i = 0; i < scale_bytes(f.scale); ++i) to[i] = static_cast<unsigned char>(bits >> (8 * i));
}

constexpr float load_scale(const WireFormat& f, const unsigned char* from) {
  std::uint32_t bits = 0;
  for (int i = 0; i < scale_bytes(f.scale); ++i) bits |= static_cast<std::uint32_t>(from[i]) << (8 * i);
  if (f.scale == BlockScale::power_of_two) bits <<= 23;
  if (f.scale == BlockScale::largest_bf16) bits <<= 16;
  if (f.scale == BlockScale::exponent) return static_cast<float>(static_cast<std::int16_t>(bits));
  return std::bit_cast<float>(bits);
}

/// True with probability \p p in [0, 1] for a random \p word.
constexpr bool happens(std::uint32_t word, float p) { return static_cast<float>(word >> 8) * 0x1p-24F < p; }

/// Code of e3m0 for a = |x| / scale.
constexpr std::uint32_t e3m0_code(float a, bool stochastic, std::uint32_t word) {
  if (a >= 1.0F) return 7;
  if (a < 0x1p-6F) {
    if (stochastic) return happens(word, a * 64.0F) ? 1 : 0;
    return a < 0x1p-7F ? 0 : 1;
  }
  const int e = exponent_of(a);
  const float fraction = std::bit_cast<float>((std::bit_cast<std::uint32_t>(a) & 0x7fffffU) | 0x3f800000U) - 1.0F;
  const bool up = stochastic ? happens(word, fraction) : fraction >= 0.5F;
  return static_cast<std::uint32_t>(e + 7 + (up ? 1 : 0));
}

/// Number of \p Mantissa stored bits and exponent bias \p Bias nearest to 0 <= a, ties to even, at most the code \p largest.
template <int Mantissa, int Bias>
constexpr std::uint32_t small_float_code(float a, std::uint32_t largest) {
  const auto bits = std::bit_cast<std::uint32_t>(a);
  std::uint32_t code = 0;
  if (a < power_of_two(1 - Bias)) {  // subnormal here: whole steps of 2^(1 - Bias - Mantissa)
    const float steps = a * power_of_two(Bias - 1 + Mantissa);
    code = static_cast<std::uint32_t>(steps);
    const float rest = steps - static_cast<float>(code);
    if (rest > 0.5F || (rest == 0.5F && (code & 1U) != 0)) ++code;
  } else {
    constexpr int k_dropped = 23 - Mantissa;
    const std::uint32_t rounded = bits + ((1U << (k_dropped - 1)) - 1U) + ((bits >> k_dropped) & 1U);
    code = (rounded - (static_cast<std::uint32_t>(127 - Bias) << 23)) >> k_dropped;
  }
  return code < largest ? code : largest;
}

template <int Mantissa, int Bias>
constexpr float small_float_value(std::uint32_t code) {
  const std::uint32_t exponent = code >> Mantissa, fraction = code & ((1U << Mantissa) - 1U);
  if (exponent == 0) return static_cast<float>(fraction) * power_of_two(1 - Bias - Mantissa);
  return std::bit_cast<float>(((exponent + 127U - static_cast<std::uint32_t>(Bias)) << 23) | (fraction << (23 - Mantissa)));
}

/// Code of element \p x in a block of scale \p scale. \p word: random, used when the format is stochastic.
template <WireCode Code>
constexpr std::uint32_t element_code(const WireFormat& f, float x, float scale, std::uint32_t word) {
  const float a = magnitude(x);
  const std::uint32_t negative = is_negative(x) ? 1U : 0U;
  if constexpr (Code == WireCode::f32) {
    return std::bit_cast<std::uint32_t>(x);
  } else if constexpr (Code == WireCode::f16) {
    const std::uint32_t bits = f16_from_float(a);
    return (bits < 0x7bffU ? bits : 0x7bffU) | negative << 15;
  } else if constexpr (Code == WireCode::bf16) {
    const std::uint32_t bits = bf16_from_float(a);
    return (bits < 0x7f7fU ? bits : 0x7f7fU) | negative << 15;
  } else if constexpr (Code == WireCode::sign) {
    return x >= 0.0F ? 1U : 0U;
  } else if constexpr (Code == WireCode::uniform) {
    if (scale == 0.0F) return 0;
    // In fp64, where the product cannot overflow; the conversion keeps it away from the difference below.
    const auto at = static_cast<float>(static_cast<double>(f.levels) * static_cast<double>(a) / static_cast<double>(scale));
    const auto level = static_cast<std::uint32_t>(at);
    const float rest = at - static_cast<float>(level);
    const bool up = f.stochastic ? happens(word, rest) : rest >= 0.5F;
    const std::uint32_t code = level + (up ? 1U : 0U), most = static_cast<std::uint32_t>(f.levels);
    const std::uint32_t kept = code < most ? code : most;
    return kept == 0 ? 0 : kept | negative << (bits_of(f) - 1);
  } else if constexpr (Code == WireCode::natural) {
    const int e = exponent_of(a);
    if (e == -127) return 0;
    const float fraction = std::bit_cast<float>((std::bit_cast<std::uint32_t>(a) & 0x7fffffU) | 0x3f800000U) - 1.0F;
    const bool up = f.stochastic ? happens(word, fraction) : fraction >= 0.5F;
    const int code = e + (up ? 1 : 0) - static_cast<int>(scale);
    return code <= 0 ? 0 : static_cast<std::uint32_t>(code) | negative << 7;
  } else if constexpr (Code == WireCode::e3m0) {
    const std::uint32_t code = scale == 0.0F ? 0 : e3m0_code(a / scale, f.stochastic, word);
    return code == 0 ? 0 : code | negative << 3;
  } else if constexpr (Code == WireCode::e4m3) {
    return scale == 0.0F ? 0 : small_float_code<3, 7>(a / scale, 0x7eU) | negative << 7;
  } else if constexpr (Code == WireCode::e5m2) {
    return scale == 0.0F ? 0 : small_float_code<2, 15>(a / scale, 0x7bU) | negative << 7;
  } else {
    static_assert(Code == WireCode::int8);
    if (scale == 0.0F) return 0;
    const float q = a / scale + 0.5F;
    const int level = q < 127.0F ? static_cast<int>(q) : 127;
    return static_cast<std::uint32_t>(negative != 0 ? -level : level) & 0xffU;
  }
}

/// The number that \p code stands for.
template <WireCode Code>
constexpr float element_value(const WireFormat& f, std::uint32_t code, float scale) {
  if constexpr (Code == WireCode::f32) {
    return std::bit_cast<float>(code);
  } else if constexpr (Code == WireCode::f16) {
    return float_from_f16(static_cast<std::uint16_t>(code));
  } else if constexpr (Code == WireCode::bf16) {
    return float_from_bf16(static_cast<std::uint16_t>(code));
  } else if constexpr (Code == WireCode::sign) {
    return code != 0 ? scale : -scale;
  } else if constexpr (Code == WireCode::uniform) {
    const std::uint32_t sign = 1U << (bits_of(f) - 1), level = code & (sign - 1U);
    // Exact in fp64 up to the division; the conversion keeps the product away from a sum that follows.
    const auto value = static_cast<float>(static_cast<double>(scale) * level / f.levels);
    return (code & sign) != 0 ? -value : value;
  } else if constexpr (Code == WireCode::natural) {
    const int level = static_cast<int>(code & 0x7fU);
    if (level == 0) return 0.0F;
    const int e = level + static_cast<int>(scale);
    const float value = e < -126 ? 0.0F : power_of_two(e < 127 ? e : 127);
    return (code & 0x80U) != 0 ? -value : value;
  } else if constexpr (Code == WireCode::e3m0) {
    const int level = static_cast<int>(code & 7U);
    if (level == 0) return 0.0F;
    const auto value = static_cast<float>(static_cast<double>(scale) * static_cast<double>(power_of_two(level - 7)));
    return (code & 8U) != 0 ? -value : value;
  } else if constexpr (Code == WireCode::int8) {
    return static_cast<float>(static_cast<double>(scale) * static_cast<double>(static_cast<std::int8_t>(code)));
  } else {
    const float number = Code == WireCode::e4m3 ? small_float_value<3, 7>(code & 0x7fU) : small_float_value<2, 15>(code & 0x7fU);
    const auto value = static_cast<float>(static_cast<double>(scale) * static_cast<double>(number));
    return (code & 0x80U) != 0 ? -value : value;
  }
}

/// Put \p count <= 8 codes of \p bits bits side by side. Whole groups of 8 are \p bits bytes.
template <class CodeOf>
constexpr void pack_group(unsigned char* to, int count, int bits, const CodeOf& code_of) {
  if (bits > 8) {
    for (int j = 0; j < count; ++j) {
      const std::uint32_t code = code_of(j);
      for (int i = 0; i < bits / 8; ++i) to[j * (bits / 8) + i] = static_cast<unsigned char>(code >> (8 * i));
    }
    return;
  }
  std::uint64_t string = 0;
  for (int j = 0; j < count; ++j) string |= static_cast<std::uint64_t>(code_of(j)) << (j * bits);
  for (int i = 0; i < (count * bits + 7) / 8; ++i) to[i] = static_cast<unsigned char>(string >> (8 * i));
}

/// Call take(j, code) for \p count <= 8 codes of \p bits bits.
template <class Take>
constexpr void unpack_group(const unsigned char* from, int count, int bits, const Take& take) {
  if (bits > 8) {
    for (int j = 0; j < count; ++j) {
      std::uint32_t code = 0;
      for (int i = 0; i < bits / 8; ++i) code |= static_cast<std::uint32_t>(from[j * (bits / 8) + i]) << (8 * i);
      take(j, code);
    }
    return;
  }
  std::uint64_t string = 0;
  for (int i = 0; i < (count * bits + 7) / 8; ++i) string |= static_cast<std::uint64_t>(from[i]) << (8 * i);
  for (int j = 0; j < count; ++j) take(j, static_cast<std::uint32_t>(string >> (j * bits)) & ((1U << bits) - 1U));
}

/// Whether \p f is a format that the ops take.
constexpr bool is_valid(const WireFormat& f) {
  if (f.block < 8 || f.block > 65536 || f.block % 8 != 0) return false;
  const bool by_sums = f.scale == BlockScale::mean_magnitude || f.scale == BlockScale::root_mean_square;
  switch (f.code) {
    case WireCode::f32:
    case WireCode::f16:
    case WireCode::bf16:
      return f.scale == BlockScale::none;
    case WireCode::sign:
      return by_sums;
    case WireCode::uniform:
      return (f.scale == BlockScale::norm || f.scale == BlockScale::largest) && f.levels >= 1 && f.levels <= 127;
    case WireCode::natural:
      return f.scale == BlockScale::exponent;
    case WireCode::e3m0:
      return f.scale == BlockScale::largest || f.scale == BlockScale::largest_bf16 || f.scale == BlockScale::power_of_two;
    default:
      return f.scale == BlockScale::largest;
  }
}

/// Call of.template operator()<Code>() for the code of \p f.
template <class Of>
void dispatch_code(WireCode code, const Of& of) {
  switch (code) {
    case WireCode::f32:
      return of.template operator()<WireCode::f32>();
    case WireCode::f16:
      return of.template operator()<WireCode::f16>();
    case WireCode::bf16:
      return of.template operator()<WireCode::bf16>();
    case WireCode::sign:
      return of.template operator()<WireCode::sign>();
    case WireCode::uniform:
      return of.template operator()<WireCode::uniform>();
    case WireCode::natural:
      return of.template operator()<WireCode::natural>();
    case WireCode::e3m0:
      return of.template operator()<WireCode::e3m0>();
    case WireCode::e4m3:
      return of.template operator()<WireCode::e4m3>();
    case WireCode::e5m2:
      return of.template operator()<WireCode::e5m2>();
    case WireCode::int8:
      return of.template operator()<WireCode::int8>();
  }
}

}  // namespace myriad::kernels::detail
