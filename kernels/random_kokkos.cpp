#include <Random123/philox.h>

#include <algorithm>
#include <cmath>

#include "kernels/compat.hpp"
#include "kernels/random.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::kokkos {
namespace {

constexpr std::int64_t k_tile = 1024;  // a multiple of 4: a tile owns whole Philox blocks

template <class T>
struct FillNormal {
  T* out;
  std::int64_t stride;
  std::int64_t count;
  std::int64_t tiles;
  const std::uint32_t* members;
  RandomStream stream;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t batch = item / tiles;
    const std::int64_t begin = item % tiles * k_tile;
    const std::int64_t end = std::min(count, begin + k_tile);
    T* row = out + batch * stride;
    const philox4x32_key_t key{
        {static_cast<std::uint32_t>(stream.seed), static_cast<std::uint32_t>(stream.seed >> 32)}};
    for (std::int64_t k = begin; k < end; k += 4) {
      const philox4x32_ctr_t counter{
          {static_cast<std::uint32_t>(k / 4), stream.step, members[batch], stream.stream}};
      const philox4x32_ctr_t w = philox4x32(counter, key);
      double normal[4];
      for (int pair = 0; pair < 2; ++pair) {
        const double u0 = (w.v[2 * pair] + 0.5) * 0x1p-32;
        const double u1 = (w.v[2 * pair + 1] + 0.5) * 0x1p-32;
        const double radius = std::sqrt(-2.0 * std::log(u0));
        const double angle = 6.283185307179586476925 * u1;
        normal[2 * pair] = radius * std::cos(angle);
        normal[2 * pair + 1] = radius * std::sin(angle);
      }
      const std::int64_t valid = std::min<std::int64_t>(4, end - k);
      for (std::int64_t j = 0; j < valid; ++j) row[k + j] = static_cast<T>(normal[j]);
    }
  }
};

template <class T>
void run(TensorView out, const RandomStream& stream, const std::uint32_t* members) {
  const std::int64_t count = kernels::detail::size_from(out, 1);
  const std::int64_t tiles = (count + k_tile - 1) / k_tile;
  detail::launch("fill_normal", out.dim(0) * tiles,
                 FillNormal<T>{out.as<T>(), out.step(0), count, tiles, members, stream});
}

}  // namespace

void fill_normal(TensorView out, const RandomStream& stream,
                 std::span<const std::uint32_t> members) {
  MYRIAD_KERNEL_EXPECT(out.rank >= 1 && out.dense_from(1));
  MYRIAD_KERNEL_EXPECT(static_cast<std::int64_t>(members.size()) == out.dim(0));
  MYRIAD_KERNEL_EXPECT(kernels::detail::size_from(out, 1) <= (std::int64_t{1} << 34));
  out.dtype == DType::f32 ? run<float>(out, stream, members.data())
                          : run<double>(out, stream, members.data());
}

}  // namespace myriad::kernels::kokkos
