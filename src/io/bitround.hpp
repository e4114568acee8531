#pragma once
/// \file
/// BitRound: rounding of single-precision numbers to a number of mantissa bits (Zender 2016;
/// Kloewer et al. 2021).

#include <bit>
#include <cstdint>
#include <span>

namespace myriad::io {

/// Round every value to \p significant_bits explicit mantissa bits (1..23), halves away from zero.
///
/// The same operation as nc_def_var_quantize(NC_QUANTIZE_BITROUND), so that what is read back can
/// be compared bit for bit. Applying it twice changes nothing. *Errors* none; values must be
/// finite. *Determinism* bitwise everywhere.
inline void bitround(std::span<float> values, int significant_bits) {
  const int dropped = 23 - significant_bits;
  if (dropped <= 0) return;
  const std::uint32_t half = std::uint32_t{1} << (dropped - 1);
  const std::uint32_t keep = ~((std::uint32_t{1} << dropped) - 1);
  for (float& value : values)
    value = std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + half) & keep);
}

}  // namespace myriad::io
