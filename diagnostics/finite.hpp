#pragma once
/// \file
/// A test for NaN and infinity that costs one read.

#include <bit>
#include <cstdint>
#include <span>

namespace myriad::diag::detail {

/// True when every value is finite. Without branches, so that the loop is vectorised: ensembles of
/// gigabytes are looked at before every use.
inline bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t k_exponent = 0x7f800000U;
  std::uint32_t bad = 0;
  for (float v : values)
    bad |= (std::bit_cast<std::uint32_t>(v) & k_exponent) == k_exponent ? 1U : 0U;
  return bad == 0;
}

}  // namespace myriad::diag::detail
