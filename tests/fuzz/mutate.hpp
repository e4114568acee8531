#pragma once
/// \file
/// Seeded mutations of inputs, for the replay driver.

#include <cstdint>
#include <random>
#include <vector>

namespace myriad::fuzz {

using Input = std::vector<std::uint8_t>;

/// A variant of \p base: one to four random edits (bits, bytes, numbers, cuts, repetitions, pieces
/// of \p other). The same generator state gives the same result on every machine.
Input mutate(const Input& base, const Input& other, std::mt19937_64& random);

}  // namespace myriad::fuzz
