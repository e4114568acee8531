#include <Random123/philox.h>

#include <algorithm>
#include <cmath>

#include "kernels/compat.hpp"
#include "kernels/random.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::k_wide;
using kernels::detail::Wide;
using kernels::detail::wide_each;
using kernels::detail::wide_interleave_high;
using kernels::detail::wide_interleave_low;
using kernels::detail::wide_load;
using kernels::detail::wide_log;
using kernels::detail::wide_sincos_turns;
using kernels::detail::wide_store;

namespace {

/// Numbers made together: two vectors of pairs.
constexpr int k_pairs = 2 * k_wide<double>;
constexpr std::int64_t k_tile = 32 * 2 * k_pairs;  // a tile owns whole Philox blocks

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
    for (std::int64_t k = begin; k < end; k += 2 * k_pairs) {
      double normal[2 * k_pairs];
      make(members[batch], k / 4, normal);
      const std::int64_t valid = std::min<std::int64_t>(2 * k_pairs, end - k);
      for (std::int64_t j = 0; j < valid; ++j) row[k + j] = static_cast<T>(normal[j]);
    }
  }

  /// The numbers of k_pairs / 2 Philox blocks from \p block on.
  MYRIAD_INLINE void make(std::uint32_t member, std::int64_t block, double* normal) const {
    const philox4x32_key_t key{
        {static_cast<std::uint32_t>(stream.seed), static_cast<std::uint32_t>(stream.seed >> 32)}};
    alignas(64) double first[k_pairs], second[k_pairs];
    for (int j = 0; j < k_pairs / 2; ++j) {
      const philox4x32_ctr_t counter{
          {static_cast<std::uint32_t>(block + j), stream.step, member, stream.stream}};
      const philox4x32_ctr_t w = philox4x32(counter, key);
      for (int pair = 0; pair < 2; ++pair) {
        first[2 * j + pair] = (w.v[2 * pair] + 0.5) * 0x1p-32;
        second[2 * j + pair] = (w.v[2 * pair + 1] + 0.5) * 0x1p-32;
      }
    }
    for (int j = 0; j < k_pairs; j += k_wide<double>) {
      Wide<double> sine, cosine;
      wide_sincos_turns(wide_load(second + j), sine, cosine);
      const Wide<double> square = -2.0 * wide_log(wide_load(first + j));
      const Wide<double> radius =
          wide_each<double>([](double x) { return std::sqrt(x); }, square);
      const Wide<double> x = radius * cosine, y = radius * sine;
      wide_store<double>(normal + 2 * j, wide_interleave_low(x, y));
      wide_store<double>(normal + 2 * j + k_wide<double>, wide_interleave_high(x, y));
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
