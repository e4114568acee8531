#include <bit>
#include <cmath>

#include "kernels/device_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/philox.hpp"
#include "kernels/shapes.hpp"
#include "kernels/wire_codes.hpp"

namespace myriad::kernels::cuda {

using detail::is_vector;
using detail::with_real;
using detail::k_lanes;

namespace {

/// Where the messages of the blocks begin.
struct Message {
  unsigned char* data;
  std::int64_t size, block, block_bytes;
  __device__ unsigned char* at(std::int64_t b) const { return data + b * block_bytes; }
  __device__ std::int64_t count(std::int64_t b) const { return size - b * block < block ? size - b * block : block; }
};

/// One block of threads per block of the message: its scale, written in front of its codes. The sums have the lanes of every backend,
/// whatever the number of threads.
template <class T>
__global__ void __launch_bounds__(k_threads) scales_kernel(Message message, WireFormat f, const T* in) {
  __shared__ double lanes[k_lanes];
  __shared__ float largest[k_threads];
  const std::int64_t b = blockIdx.x, count = message.count(b);
  const int thread = static_cast<int>(threadIdx.x);
  const T* const x = in + b * message.block;
  const bool squares = f.scale == BlockScale::root_mean_square || f.scale == BlockScale::norm;
  float most = 0.0F;
  for (int lane = thread; lane < k_lanes; lane += k_threads) {
    double sum = 0.0;
    for (std::int64_t k = lane; k < count; k += k_lanes) {
      const float a = detail::magnitude(static_cast<float>(x[k]));
      most = a > most ? a : most;
      const double wide = static_cast<double>(a);
      sum += squares ? wide * wide : wide;  // the square of an fp32 number is exact
    }
    lanes[lane] = sum;
  }
  largest[thread] = most;
  __syncthreads();
  for (int half = k_lanes / 2; half > 0; half /= 2) {
    for (int lane = thread; lane < half; lane += k_threads) lanes[lane] += lanes[lane + half];
    __syncthreads();
  }
  if (thread != 0) return;
  for (int t = 1; t < k_threads; ++t) most = largest[t] > most ? largest[t] : most;
  double value = lanes[0];
  if (f.scale != BlockScale::norm) value /= static_cast<double>(count);
  if (squares) value = sqrt(value);
  detail::store_scale(f, detail::finish_scale(f, value, most), message.at(b));
}

template <WireCode Code, class T>
void encode_groups(Device& device, const Message& message, const WireFormat& f, const T* in, const RandomStream& random,
                   std::uint32_t member) {
  const std::int64_t groups_of_block = message.block / 8;
  const int bits = bits_of(f), head = scale_bytes(f.scale);
  for_each(device, (message.size + 7) / 8, [=] __device__(std::int64_t group) {
    const std::int64_t b = group / groups_of_block, k = group * 8, rest = message.size - k;
    const float scale = head > 0 ? detail::load_scale(f, message.at(b)) : 1.0F;
    std::uint32_t words[8] = {};
    if (f.stochastic) {
      MYRIAD_UNROLL
      for (int half = 0; half < 2; ++half) {
        std::uint32_t c[4] = {static_cast<std::uint32_t>(2 * group + half), random.step, member, random.stream};
        philox(c, random.seed);
        MYRIAD_UNROLL
        for (int j = 0; j < 4; ++j) words[4 * half + j] = c[j];
      }
    }
    const int count = rest < 8 ? static_cast<int>(rest) : 8;
    detail::pack_group(message.at(b) + head + group % groups_of_block * bits, count, bits, [&](int j) {
      return detail::element_code<Code>(f, static_cast<float>(in[k + j]), scale, words[j]);
    });
  });
}

template <WireCode Code, class T>
void decode_groups(Device& device, T* out, const Message& message, const WireFormat& f, bool accumulate) {
  const std::int64_t groups_of_block = message.block / 8;
  const int bits = bits_of(f), head = scale_bytes(f.scale);
  for_each(device, (message.size + 7) / 8, [=] __device__(std::int64_t group) {
    const std::int64_t b = group / groups_of_block, k = group * 8, rest = message.size - k;
    const float scale = head > 0 ? detail::load_scale(f, message.at(b)) : 1.0F;
    const int count = rest < 8 ? static_cast<int>(rest) : 8;
    detail::unpack_group(message.at(b) + head + group % groups_of_block * bits, count, bits, [&](int j, std::uint32_t code) {
      const auto value = static_cast<T>(detail::element_value<Code>(f, code, scale));
      out[k + j] = accumulate ? out[k + j] + value : value;
    });
  });
}

// ---- selection --------------------------------------------------------------------------------------------------------

/// Elements of a tile, whose numbers one block of threads makes: a run of k_run for each thread.
constexpr int k_run = 16;
constexpr std::int64_t k_tile = std::int64_t{k_threads} * k_run;

template <class T>
using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// |x| as bits, which sort as the numbers do.
template <class T>
__device__ Word<T> magnitude_bits(T x) {
  return std::bit_cast<Word<T>>(x) & ~(Word<T>{1} << (8 * sizeof(T) - 1));
}

// Digits of 4 bits: the bins of a thread are registers' worth of shared memory, and no atomic decides an order.
constexpr int k_digit = 4, k_bins = 1 << k_digit;

/// counts [bin] of the elements of every tile whose digits above `high` are those of \p found: [tile, bin].
template <class T>
__global__ void __launch_bounds__(k_threads)
    digit_kernel(std::int64_t size, const T* in, Word<T> found, int high, int low, std::uint32_t* counts) {
  __shared__ std::uint32_t bins[k_bins][k_threads];
  const int thread = static_cast<int>(threadIdx.x);
  for (int bin = 0; bin < k_bins; ++bin) bins[bin][thread] = 0;
  for (int j = 0; j < k_run; ++j) {
    const std::int64_t k = blockIdx.x * k_tile + j * k_threads + thread;
    if (k >= size) break;
    const Word<T> word = magnitude_bits(in[k]);
    if ((word >> high) == (found >> high)) ++bins[(word >> low) & ((Word<T>{1} << (high - low)) - 1)][thread];
  }
  __syncthreads();
  for (int bin = thread; bin < k_bins; bin += k_threads) {
    std::uint32_t sum = 0;
    for (int t = 0; t < k_threads; ++t) sum += bins[bin][t];
    counts[blockIdx.x * k_bins + bin] = sum;
  }
}

/// totals [column] = sum over rows of counts [row, column].
template <class Count>
__global__ void __launch_bounds__(k_threads)
    column_sums_kernel(std::int64_t rows, int columns, const Count* counts, std::int64_t* totals) {
  __shared__ std::int64_t sums[k_threads];
  const int thread = static_cast<int>(threadIdx.x), column = static_cast<int>(blockIdx.x);
  std::int64_t sum = 0;
  for (std::int64_t row = thread; row < rows; row += k_threads) sum += counts[row * columns + column];
  sums[thread] = sum;
  __syncthreads();
  if (thread != 0) return;
  for (int t = 1; t < k_threads; ++t) sum += sums[t];
  totals[column] = sum;
}

template <class T>
double nth(Device& device, const T* x, std::int64_t size, std::int64_t n) {
  const std::int64_t tiles = (size + k_tile - 1) / k_tile;
  auto* const counts = device.array<std::uint32_t>(Device::k_first, tiles * k_bins);
  auto* const totals = device.array<std::int64_t>(Device::k_second, k_bins);
  Word<T> found = 0;
  for (int low = static_cast<int>(8 * sizeof(T)) - 1; low > 0;) {
    const int high = low;
    low = high > k_digit ? high - k_digit : 0;
    launch(device, {tiles}, &digit_kernel<T>, size, x, found, high, low, counts);
    launch(device, {k_bins}, &column_sums_kernel<std::uint32_t>, tiles, k_bins, static_cast<const std::uint32_t*>(counts), totals);
    std::int64_t host[k_bins];
    device.copy_out(host, totals, sizeof host);
    int bin = k_bins - 1;
    for (; bin > 0 && host[bin] < n; --bin) n -= host[bin];
    found |= static_cast<Word<T>>(bin) << low;
  }
  return static_cast<double>(std::bit_cast<T>(found));
}

/// Numbers of elements above the threshold and equal to it.
struct Counts {
  std::int64_t above, equal;
};

template <class T>
__device__ void count_element(T x, T threshold, Counts& c) {
  const T a = x < T(0) ? -x : x;
  if (a > threshold) ++c.above;
  if (a == threshold) ++c.equal;
}

/// counts [tile]: of the tile; in tiles of k_run elements per thread, so that the threads' runs are in the order of the elements.
template <class T>
__global__ void __launch_bounds__(k_threads) count_kernel(std::int64_t size, const T* in, T threshold, Counts* counts) {
  __shared__ Counts runs[k_threads];
  const int thread = static_cast<int>(threadIdx.x);
  Counts mine{0, 0};
  for (int j = 0; j < k_run; ++j) {
    const std::int64_t k = blockIdx.x * k_tile + j * k_threads + thread;
    if (k < size) count_element(in[k], threshold, mine);
  }
  runs[thread] = mine;
  __syncthreads();
  if (thread != 0) return;
  for (int t = 1; t < k_threads; ++t) mine = {mine.above + runs[t].above, mine.equal + runs[t].equal};
  counts[blockIdx.x] = mine;
}

/// counts [tile] -> those before the tile; total. One block: each thread takes a run of tiles.
__global__ void __launch_bounds__(k_threads) scan_kernel(std::int64_t tiles, Counts* counts, Counts* total) {
  __shared__ Counts runs[k_threads];
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t begin = tiles * thread / k_threads, end = tiles * (thread + 1) / k_threads;
  Counts sum{0, 0};
  for (std::int64_t t = begin; t < end; ++t) sum = {sum.above + counts[t].above, sum.equal + counts[t].equal};
  runs[thread] = sum;
  __syncthreads();
  Counts before{0, 0};
  for (int t = 0; t < thread; ++t) before = {before.above + runs[t].above, before.equal + runs[t].equal};
  for (std::int64_t t = begin; t < end; ++t) {
    const Counts here = counts[t];
    counts[t] = before;
    before = {before.above + here.above, before.equal + here.equal};
  }
  if (thread == k_threads - 1) *total = before;
}

template <class T>
__global__ void __launch_bounds__(k_threads) select_kernel(std::int64_t size, const T* in, T threshold, const Counts* counts,
                                                           const Counts* total, std::int64_t capacity, std::uint32_t* indices) {
  __shared__ Counts runs[k_threads];
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t begin = blockIdx.x * k_tile + thread * k_run, end = begin + k_run < size ? begin + k_run : size;
  Counts mine{0, 0};
  for (std::int64_t k = begin; k < end; ++k) count_element(in[k], threshold, mine);
  runs[thread] = mine;
  __syncthreads();
  Counts before = counts[blockIdx.x];
  for (int t = 0; t < thread; ++t) before = {before.above + runs[t].above, before.equal + runs[t].equal};
  const std::int64_t above = total->above < capacity ? total->above : capacity;
  const std::int64_t equal = total->equal < capacity - above ? total->equal : capacity - above;
  for (std::int64_t k = begin; k < end; ++k) {
    Counts here{0, 0};
    count_element(in[k], threshold, here);
    if (here.above != 0 && before.above < above) {
      indices[before.above + (before.equal < equal ? before.equal : equal)] = static_cast<std::uint32_t>(k);
    }
    if (here.equal != 0 && before.equal < equal) {
      indices[(before.above < above ? before.above : above) + before.equal] = static_cast<std::uint32_t>(k);
    }
    before = {before.above + here.above, before.equal + here.equal};
  }
}

template <class T>
std::int64_t select(Device& device, std::uint32_t* indices, const T* x, std::int64_t size, T threshold, std::int64_t capacity) {
  const std::int64_t tiles = (size + k_tile - 1) / k_tile;
  auto* const counts = device.array<Counts>(Device::k_first, tiles);
  auto* const total = device.array<Counts>(Device::k_second, 1);
  launch(device, {tiles}, &count_kernel<T>, size, x, threshold, counts);
  launch(device, {1}, &scan_kernel, tiles, counts, total);
  if (capacity > 0) {
    launch(device, {tiles}, &select_kernel<T>, size, x, threshold, static_cast<const Counts*>(counts),
           static_cast<const Counts*>(total), capacity, indices);
  }
  Counts host{0, 0};
  device.copy_out(&host, total, sizeof host);
  return host.above + host.equal;
}

template <class T>
void gather_all(Device& device, T* values, const T* in, const std::uint32_t* indices, std::int64_t count) {
  for_each(device, count, [=] __device__(std::int64_t k) { values[k] = in[indices[k]]; });
}

template <class T>
void scatter_all(Device& device, T* out, const T* values, const std::uint32_t* indices, std::int64_t count, bool accumulate) {
  for_each(device, count, [=] __device__(std::int64_t k) {
    T& target = out[indices[k]];
    target = accumulate ? target + values[k] : values[k];
  });
}

}  // namespace

void encode(Device& device, void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random,
            std::uint32_t member) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && detail::is_valid(format));
  const Message m{static_cast<unsigned char*>(message), in.size(), format.block, block_bytes(format, format.block)};
  with_real(in.dtype, [&]<class T>(T) {
    const T* const x = in.as<T>();
    if (format.scale != BlockScale::none) {
      launch(device, {(m.size + m.block - 1) / m.block}, &scales_kernel<T>, m, format, x);
    }
    detail::dispatch_code(format.code,
                          [&]<WireCode Code>() { encode_groups<Code, T>(device, m, format, x, random, member); });
  });
}

void decode(Device& device, TensorView out, const void* message, const WireFormat& format, Update update) {
  MYRIAD_KERNEL_EXPECT(is_vector(out, out.size()) && detail::is_valid(format));
  auto* const bytes = const_cast<unsigned char*>(static_cast<const unsigned char*>(message));  // read only
  const Message m{bytes, out.size(), format.block, block_bytes(format, format.block)};
  const bool accumulate = update == Update::accumulate;
  with_real(out.dtype, [&]<class T>(T) {
    T* const y = out.as<T>();
    detail::dispatch_code(format.code, [&]<WireCode Code>() { decode_groups<Code, T>(device, y, m, format, accumulate); });
  });
}

double nth_magnitude(Device& device, ConstTensorView in, std::int64_t n) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && n >= 1 && n <= in.size());
  double result = 0.0;
  with_real(in.dtype, [&]<class T>(T) { result = nth(device, in.as<T>(), in.size(), n); });
  return result;
}

std::int64_t select_magnitudes(Device& device, std::uint32_t* indices, ConstTensorView in, double threshold,
                               std::int64_t capacity) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()) && capacity >= 0 && in.size() <= (std::int64_t{1} << 32));
  std::int64_t count = 0;
  with_real(in.dtype, [&]<class T>(T) {
    count = select(device, indices, in.as<T>(), in.size(), static_cast<T>(threshold), capacity);
  });
  return count;
}

void gather(Device& device, TensorView values, ConstTensorView in, const std::uint32_t* indices) {
  MYRIAD_KERNEL_EXPECT(is_vector(values, values.size()) && is_vector(in, in.size()) && values.dtype == in.dtype);
  with_real(in.dtype, [&]<class T>(T) { gather_all(device, values.as<T>(), in.as<T>(), indices, values.size()); });
}

void scatter(Device& device, TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update) {
  MYRIAD_KERNEL_EXPECT(is_vector(values, values.size()) && is_vector(out, out.size()) && values.dtype == out.dtype);
  const bool accumulate = update == Update::accumulate;
  with_real(out.dtype, [&]<class T>(T) { scatter_all(device, out.as<T>(), values.as<T>(), indices, values.size(), accumulate); });
}

}  // namespace myriad::kernels::cuda
