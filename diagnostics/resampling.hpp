#pragma once
/// \file
/// Drawing dates with replacement, in blocks.

#include <cstdint>
#include <span>
#include <vector>

namespace myriad::diag {

/// Fill \p sample with the numbers of the dates of one resample of as many dates.
///
/// \param block consecutive dates drawn together, circular
/// Determinism: bitwise; draws depend on (seed, replicate, size, block) only.
/// Source: Künsch 1989 (block bootstrap); Politis and Romano 1992 (circular).
void draw_dates(std::uint64_t seed, int replicate, int block, std::span<std::size_t> sample);

/// Quantile by linear interpolation between order statistics. Preconditions: at least one value.
double quantile_of_sorted(std::span<const double> sorted, double q);

}  // namespace myriad::diag
