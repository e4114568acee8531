#include <cmath>

#include "kernels/random.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::put;

std::array<std::uint32_t, 4> philox_block(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  // Multipliers and Weyl increments: Salmon et al. 2011, table 2 and section 3.3.
  constexpr std::uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = multiplier0 * counter[0];
    const std::uint64_t p1 = multiplier1 * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + weyl0, key[1] + weyl1};
  }
  return counter;
}

void fill_normal(TensorView out, const RandomStream& stream,
                 std::span<const std::uint32_t> members) {
  const std::int64_t count = kernels::detail::size_from(out, 1);
  MYRIAD_KERNEL_EXPECT(out.rank >= 1 && out.dense_from(1));
  MYRIAD_KERNEL_EXPECT(static_cast<std::int64_t>(members.size()) == out.dim(0));
  MYRIAD_KERNEL_EXPECT(count <= (std::int64_t{1} << 34));
  const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(stream.seed),
                                         static_cast<std::uint32_t>(stream.seed >> 32)};
  constexpr double two_pi = 6.283185307179586476925;
  for (std::int64_t b = 0; b < out.dim(0); ++b) {
    const std::uint32_t member = members[static_cast<std::size_t>(b)];
    for (std::int64_t k = 0; k < count; k += 4) {
      const auto w =
          philox_block({static_cast<std::uint32_t>(k / 4), stream.step, member, stream.stream}, key);
      for (std::int64_t j = 0; j < 4 && k + j < count; ++j) {
        const std::size_t pair = j < 2 ? 0 : 2;
        const double u0 = (w[pair] + 0.5) * 0x1p-32;
        const double u1 = (w[pair + 1] + 0.5) * 0x1p-32;
        const double radius = std::sqrt(-2.0 * std::log(u0));
        const double angle = two_pi * u1;
        put(out, b * out.step(0) + k + j,
            radius * (j % 2 == 0 ? std::cos(angle) : std::sin(angle)));
      }
    }
  }
}

}  // namespace myriad::kernels::reference
