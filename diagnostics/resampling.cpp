#include "diagnostics/resampling.hpp"

#include <algorithm>

#include "kernels/random.hpp"
#include "src/base/random_streams.hpp"

namespace myriad::diag {

void draw_dates(std::uint64_t seed, int replicate, int block, std::span<std::size_t> sample) {
  const std::size_t n = sample.size();
  for (std::size_t i = 0; i < n;) {
    const auto words = kernels::reference::philox_block(
        {static_cast<std::uint32_t>(i), 0, static_cast<std::uint32_t>(replicate),
         stream_number(StreamId::bootstrap)},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    const auto begin = static_cast<std::size_t>((std::uint64_t{words[0]} * n) >> 32);
    for (int b = 0; b < block && i < n; ++b, ++i)
      sample[i] = (begin + static_cast<std::size_t>(b)) % n;
  }
}

double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (position - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace myriad::diag
