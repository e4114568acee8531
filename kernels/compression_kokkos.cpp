#include "kernels/compression.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/compat.hpp"
#include "kernels/philox.hpp"
#include "kernels/shapes.hpp"
#include "kernels/wire_codes.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::is_vector;
using kernels::detail::with_real;

namespace {

/// Elements of a piece of the vector that one call scans.
constexpr std::int64_t k_tile = 16384;

/// Sum of term(x) over a block, lane by lane (kernels/wire_codes.hpp).
template <class T, class Term>
double lane_sum(const T* x, std::int64_t count, const Term& term) {
  using kernels::detail::k_lanes;
  double lanes[k_lanes] = {};
  std::int64_t k = 0;
  for (; k + k_lanes <= count; k += k_lanes) {
    for (int j = 0; j < k_lanes; ++j) lanes[j] += term(static_cast<double>(static_cast<float>(x[k + j])));
  }
  for (int j = 0; k + j < count; ++j) lanes[j] += term(static_cast<double>(static_cast<float>(x[k + j])));
  for (int half = k_lanes / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

template <class T>
float block_scale(const WireFormat& f, const T* x, std::int64_t count) {
  double sum = 0.0;
  float largest = 0.0F;
  const auto n = static_cast<double>(count);
  const auto square = [](double v) { return v * v; };  // exact: a product of two fp32 numbers
  switch (f.scale) {
    case BlockScale::none:
      return 1.0F;
    case BlockScale::mean_magnitude:
      sum = lane_sum(x, count, [](double v) { return std::abs(v); }) / n;
      break;
    case BlockScale::root_mean_square:
      sum = std::sqrt(lane_sum(x, count, square) / n);
      break;
    case BlockScale::norm:
      sum = std::sqrt(lane_sum(x, count, square));
      break;
    default:
      for (std::int64_t j = 0; j < count; ++j) largest = std::max(largest, std::abs(static_cast<float>(x[j])));
  }
  return kernels::detail::finish_scale(f, sum, largest);
}

template <WireCode Code, class T>
void encode_block(unsigned char* to, const WireFormat& f, const T* x, std::int64_t first, std::int64_t count,
                  const RandomStream& random, std::uint32_t member) {
  const float scale = block_scale(f, x, count);
  kernels::detail::store_scale(f, scale, to);
  to += scale_bytes(f.scale);
  const int bits = bits_of(f);
  for (std::int64_t k = 0; k < count; k += 8, to += bits) {
    std::uint32_t words[8] = {};
    if (f.stochastic) {
      for (std::uint32_t half = 0; half < 2; ++half) {
        std::uint32_t c[4] = {static_cast<std::uint32_t>((first + k) / 4) + half, random.step, member, random.stream};
        philox(c, random.seed);
        for (int j = 0; j < 4; ++j) words[4 * half + j] = c[j];
      }
    }
    kernels::detail::pack_group(to, static_cast<int>(std::min<std::int64_t>(8, count - k)), bits, [&](int j) {
      return kernels::detail::element_code<Code>(f, static_cast<float>(x[k + j]), scale, words[j]);
    });
  }
}

template <WireCode Code, class T>
void decode_block(T* out, const unsigned char* from, const WireFormat& f, std::int64_t count, bool accumulate) {
  const float scale = kernels::detail::load_scale(f, from);
  from += scale_bytes(f.scale);
  const int bits = bits_of(f);
  for (std::int64_t k = 0; k < count; k += 8, from += bits) {
    kernels::detail::unpack_group(from, static_cast<int>(std::min<std::int64_t>(8, count - k)), bits, [&](int j, std::uint32_t code) {
      const auto value = static_cast<T>(kernels::detail::element_value<Code>(f, code, scale));
      out[k + j] = accumulate ? out[k + j] + value : value;
    });
  }
}

/// |x| as bits, which sort as the numbers do.
template <class T>
auto magnitude_bits(T x) {
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Word>(x) & ~(Word{1} << (8 * sizeof(T) - 1));
}

/// The n-th largest of |x| (n from 1) by its digits, from the most significant on: one histogram per worker and digit.
template <class T>
double nth(Scratch& scratch, const T* x, std::int64_t size, std::int64_t n) {
  using Word = decltype(magnitude_bits(T{}));
  constexpr int k_digit = 11, k_bins = 1 << k_digit, k_bits = 8 * sizeof(T) - 1;
  const std::int64_t tiles = (size + k_tile - 1) / k_tile, workers = detail::worker_count(tiles);
  auto* const histograms = scratch.array<std::int64_t>(workers * k_bins);
  Word found = 0;
  for (int low = k_bits; low > 0;) {
    const int high = low;
    low = std::max(0, high - k_digit);
    const int width = high - low;
    const Word mask = (Word{1} << width) - 1;
    detail::launch_workers("nth_magnitude", workers, size, [=](std::int64_t worker, std::int64_t begin, std::int64_t end) {
      std::int64_t* const bins = histograms + worker * k_bins;
      std::fill_n(bins, k_bins, std::int64_t{0});
      for (std::int64_t k = begin; k < end; ++k) {
        const Word word = magnitude_bits(x[k]);
        if ((word >> high) == (found >> high)) ++bins[(word >> low) & mask];
      }
    });
    int bin = static_cast<int>(mask);
    for (; bin > 0; --bin) {
      std::int64_t count = 0;
      for (std::int64_t w = 0; w < workers; ++w) count += histograms[w * k_bins + bin];
      if (count >= n) break;
      n -= count;
    }
    found |= static_cast<Word>(bin) << low;
  }
  return static_cast<double>(std::bit_cast<T>(found));
}

/// Numbers of elements of a tile, or before it.
struct Counts {
  std::int64_t above, equal;
};

template <class T>
std::int64_t select(Scratch& scratch, std::uint32_t* indices, const T* x, std::int64_t size, T threshold, std::int64_t capacity) {
  const std::int64_t tiles = (size + k_tile - 1) / k_tile;
  auto* const counts = scratch.array<Counts>(tiles);
  detail::launch("count_magnitudes", tiles, [=](std::int64_t t) {
    Counts c{0, 0};
    for (std::int64_t k = t * k_tile; k < std::min(size, (t + 1) * k_tile); ++k) {
      c.above += std::abs(x[k]) > threshold ? 1 : 0;
      c.equal += std::abs(x[k]) == threshold ? 1 : 0;
    }
    counts[t] = c;
  });
  Counts total{0, 0};
  for (std::int64_t t = 0; t < tiles; ++t) {
    const Counts here = counts[t];
    counts[t] = total;
    total = {total.above + here.above, total.equal + here.equal};
  }
  const Counts taken{std::min(total.above, capacity), std::min(total.equal, capacity - std::min(total.above, capacity))};
  detail::launch("select_magnitudes", tiles, [=](std::int64_t t) {
    Counts before = counts[t];
    for (std::int64_t k = t * k_tile; k < std::min(size, (t + 1) * k_tile); ++k) {
      const T a = std::abs(x[k]);
      if (a > threshold) {
        if (before.above < taken.above) {
          indices[before.above + std::min(before.equal, taken.equal)] = static_cast<std::uint32_t>(k);
        }
        ++before.above;
      } else if (a == threshold) {
        if (before.equal < taken.equal) {
          indices[std::min(before.above, taken.above) + before.equal] = static_cast<std::uint32_t>(k);
        }
        ++before.equal;
      }
    }
  });
  return total.above + total.equal;
}

}  // namespace

void encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && kernels::detail::is_valid(format));
  auto* const to = static_cast<unsigned char*>(message);
  const std::int64_t size = in.size(), block = format.block, bytes = block_bytes(format, block);
  with_real(in.dtype, [&]<class T>(T) {
    const T* const x = in.as<T>();
    kernels::detail::dispatch_code(format.code, [&]<WireCode Code>() {
      detail::launch("encode", (size + block - 1) / block, [=](std::int64_t b) {
        encode_block<Code>(to + b * bytes, format, x + b * block, b * block, std::min(block, size - b * block), random, member);
      });
    });
  });
}

void decode(TensorView out, const void* message, const WireFormat& format, Update update) {
  MYRIAD_KERNEL_EXPECT(is_vector(out, out.size()) && kernels::detail::is_valid(format));
  const auto* const from = static_cast<const unsigned char*>(message);
  const std::int64_t size = out.size(), block = format.block, bytes = block_bytes(format, block);
  const bool accumulate = update == Update::accumulate;
  with_real(out.dtype, [&]<class T>(T) {
    T* const y = out.as<T>();
    kernels::detail::dispatch_code(format.code, [&]<WireCode Code>() {
      detail::launch("decode", (size + block - 1) / block, [=](std::int64_t b) {
        decode_block<Code>(y + b * block, from + b * bytes, format, std::min(block, size - b * block), accumulate);
      });
    });
  });
}

double nth_magnitude(Scratch& scratch, ConstTensorView in, std::int64_t n) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && n >= 1 && n <= in.size());
  double result = 0.0;
  with_real(in.dtype, [&]<class T>(T) { result = nth(scratch, in.as<T>(), in.size(), n); });
  return result;
}

std::int64_t select_magnitudes(Scratch& scratch, std::uint32_t* indices, ConstTensorView in, double threshold,
                               std::int64_t capacity) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && capacity >= 0 && in.size() <= (std::int64_t{1} << 32));
  std::int64_t count = 0;
  with_real(in.dtype, [&]<class T>(T) {
    count = select(scratch, indices, in.as<T>(), in.size(), static_cast<T>(threshold), capacity);
  });
  return count;
}

void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) {
  const std::int64_t count = values.size();
  MYRIAD_KERNEL_EXPECT(is_vector(values, count) && is_vector(in, in.size()) && values.dtype == in.dtype);
  with_real(in.dtype, [&]<class T>(T) {
    T* const y = values.as<T>();
    const T* const x = in.as<T>();
    detail::launch("gather", count, [=](std::int64_t k) { y[k] = x[indices[k]]; });
  });
}

void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update) {
  const std::int64_t count = values.size();
  MYRIAD_KERNEL_EXPECT(is_vector(values, count) && is_vector(out, out.size()) && values.dtype == out.dtype);
  const bool accumulate = update == Update::accumulate;
  with_real(out.dtype, [&]<class T>(T) {
    T* const y = out.as<T>();
    const T* const x = values.as<T>();
    detail::launch("scatter", count, [=](std::int64_t k) {
      T& target = y[indices[k]];
      target = accumulate ? target + x[k] : x[k];
    });
  });
}

}  // namespace myriad::kernels::kokkos
