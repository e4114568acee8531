#pragma once
/// \file
/// Counter-based normal numbers.
///
/// Philox4x32-10 (Salmon et al. 2011) with key {low, high word of seed} and counter {index / 4,
/// step, member, stream} gives four words w0..w3; (w0, w1) make the numbers at indices 4k, 4k+1 and
/// (w2, w3) those at 4k+2, 4k+3:
///   u = (w + 1/2) 2^-32,  radius = sqrt(-2 ln u0),  angle = 2 pi u1,  (radius cos angle, radius
///   sin angle)
/// all in fp64 and rounded to the dtype at the end. The largest magnitude is sqrt(66 ln 2) = 6.76.
/// A sample may hold up to 2^34 numbers (32-bit block index).

#include <array>
#include <cstdint>
#include <span>

#include "kernels/backend.hpp"

namespace myriad::kernels {

namespace kokkos {
void fill_normal(TensorView out, const RandomStream& stream,
                 std::span<const std::uint32_t> members);
}  // namespace kokkos

namespace reference {
void fill_normal(TensorView out, const RandomStream& stream,
                 std::span<const std::uint32_t> members);
/// One Philox4x32-10 block, written out (independent of the library that the other backends use).
std::array<std::uint32_t, 4> philox_block(std::array<std::uint32_t, 4> counter,
                                          std::array<std::uint32_t, 2> key);
}  // namespace reference

}  // namespace myriad::kernels
