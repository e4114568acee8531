#include "kernels/compression.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

// Written from the definitions (tables of values, searches, frexp), not from kernels/wire_codes.hpp, to the same bits.
namespace myriad::kernels::reference {

using detail::add;
using detail::get;
using detail::put;
using kernels::detail::is_vector;

namespace {

double fp32(double x) { return static_cast<double>(static_cast<float>(x)); }

/// Largest power of two that is not above \p a > 0.
double floor_power(double a) {
  int e = 0;
  std::frexp(a, &e);
  return std::ldexp(1.0, e - 1);
}
bool is_tiny(double a) { return a < static_cast<double>(std::numeric_limits<float>::min()); }

/// Values of the codes of a format of 8-bit floating point without its sign, in ascending order.
std::vector<double> table_of(WireCode code) {
  const int mantissa = code == WireCode::e4m3 ? 3 : 2, bias = code == WireCode::e4m3 ? 7 : 15;
  std::vector<double> values;
  for (int c = 0; c <= (code == WireCode::e4m3 ? 0x7e : 0x7b); ++c) {
    const int e = c >> mantissa, fraction = c & ((1 << mantissa) - 1);
    const double significand = fraction / std::ldexp(1.0, mantissa);
    values.push_back(e == 0 ? std::ldexp(significand, 1 - bias) : std::ldexp(1.0 + significand, e - bias));
  }
  return values;
}

/// Number of the value nearest to \p a; ties to the even number.
std::uint32_t nearest(const std::vector<double>& values, double a) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < values.size(); ++c) {
    const double now = std::abs(values[c] - a), before = std::abs(values[best] - a);
    if (now < before || (now == before && c % 2 == 0)) best = c;
  }
  return static_cast<std::uint32_t>(best);
}

/// Sum over the block in the order that the contract fixes: 256 interleaved partial sums, halved until one is left.
double lane_sum(const std::vector<double>& terms) {
  std::array<double, 256> lanes{};
  for (std::size_t k = 0; k < terms.size(); ++k) lanes[k % 256] += terms[k];
  for (std::size_t half = 128; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

struct Block {
  double scale = 1.0;
  std::vector<unsigned char> bytes;  ///< of the scale
};

void put_bytes(std::vector<unsigned char>& to, std::uint32_t bits, int count) {
  for (int i = 0; i < count; ++i) to.push_back(static_cast<unsigned char>(bits >> (8 * i)));
}
std::uint32_t word_of(double x) { return std::bit_cast<std::uint32_t>(static_cast<float>(x)); }

Block scale_of(const WireFormat& f, const std::vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  double largest = 0.0;
  std::vector<double> magnitudes, squares;
  for (double v : x) {
    largest = std::max(largest, std::abs(v));
    magnitudes.push_back(std::abs(v));
    squares.push_back(v * v);
  }
  const auto bounded = [](double s) { return fp32(std::min(s, static_cast<double>(std::numeric_limits<float>::max()))); };
  Block b;
  switch (f.scale) {
    case BlockScale::none:
      return b;
    case BlockScale::mean_magnitude:
      b.scale = bounded(lane_sum(magnitudes) / n);
      break;
    case BlockScale::root_mean_square:
      b.scale = bounded(std::sqrt(lane_sum(squares) / n));
      break;
    case BlockScale::norm:
      b.scale = bounded(std::sqrt(lane_sum(squares)));
      break;
    case BlockScale::largest: {
      const double top = f.code == WireCode::e4m3 ? 448.0 : f.code == WireCode::e5m2 ? 57344.0 : f.code == WireCode::int8 ? 127.0 : 1.0;
      b.scale = top > 1.0 ? fp32(std::min(largest, 0x1p127) / top) : largest;
      if (largest > 0 && top > 1.0) b.scale = std::max(b.scale, static_cast<double>(std::numeric_limits<float>::min()));
      break;
    }
    case BlockScale::largest_bf16: {
      b.scale = largest;
      while ((word_of(b.scale) & 0xffffU) != 0) b.scale = std::bit_cast<float>(word_of(b.scale) + 1U);
      put_bytes(b.bytes, word_of(b.scale) >> 16, 2);
      return b;
    }
    case BlockScale::power_of_two: {
      if (is_tiny(largest)) {
        b.scale = 0.0;
      } else {
        b.scale = std::min(0x1p127, floor_power(largest) == largest ? largest : 2.0 * floor_power(largest));
      }
      put_bytes(b.bytes, word_of(b.scale) >> 23, 1);
      return b;
    }
    case BlockScale::exponent: {
      int e = -127;
      if (!is_tiny(largest)) e = std::ilogb(largest);
      b.scale = e + 1 - 127;
      put_bytes(b.bytes, static_cast<std::uint32_t>(static_cast<int>(b.scale)), 2);
      return b;
    }
  }
  put_bytes(b.bytes, word_of(b.scale), 4);
  return b;
}

/// Whether the value between two neighbours goes up; \p fraction is its place between them.
bool goes_up(const WireFormat& f, double fraction, std::uint32_t word) {
  if (!f.stochastic) return fraction >= 0.5;
  return static_cast<double>(word >> 8) / 16777216.0 < fraction;
}

std::uint32_t code_of(const WireFormat& f, double x, double scale, std::uint32_t word) {
  const double a = std::abs(x);
  const bool negative = std::signbit(x);
  switch (f.code) {
    case WireCode::f32:
      return word_of(x);
    case WireCode::f16:
      return f16_from_float(static_cast<float>(std::clamp(x, -65504.0, 65504.0)));
    case WireCode::bf16: {
      const auto most = static_cast<double>(float_from_bf16(0x7f7f));
      return bf16_from_float(static_cast<float>(std::clamp(x, -most, most)));
    }
    case WireCode::sign:
      return x >= 0 ? 1 : 0;
    case WireCode::uniform: {
      if (scale == 0.0) return 0;
      const double at = fp32(f.levels * a / scale), level = std::floor(at);
      const double kept = std::min<double>(f.levels, level + (goes_up(f, at - level, word) ? 1.0 : 0.0));
      return static_cast<std::uint32_t>(kept) + (negative && kept > 0 ? 1U << (bits_of(f) - 1) : 0U);
    }
    case WireCode::natural: {
      if (is_tiny(a)) return 0;
      const double down = floor_power(a);
      const int e = std::ilogb(a) + (goes_up(f, a / down - 1.0, word) ? 1 : 0) - static_cast<int>(scale);
      return e <= 0 ? 0 : static_cast<std::uint32_t>(e) + (negative ? 128U : 0U);
    }
    case WireCode::e3m0: {
      if (scale == 0.0) return 0;
      const double at = fp32(a / scale);
      std::array<double, 8> values{0.0};
      for (int c = 1; c < 8; ++c) values[static_cast<std::size_t>(c)] = std::ldexp(1.0, c - 7);
      std::size_t c = 7;
      while (c > 0 && values[c] > at) --c;
      if (c < 7 && goes_up(f, (at - values[c]) / (values[c + 1] - values[c]), word)) ++c;
      return static_cast<std::uint32_t>(c) + (negative && c > 0 ? 8U : 0U);
    }
    case WireCode::e4m3:
    case WireCode::e5m2:
      return scale == 0.0 ? 0 : nearest(table_of(f.code), fp32(a / scale)) + (negative ? 128U : 0U);
    case WireCode::int8: {
      if (scale == 0.0) return 0;
      const double level = std::min(127.0, std::floor(fp32(fp32(a / scale) + 0.5)));
      return static_cast<std::uint32_t>(static_cast<int>(negative ? -level : level)) & 0xffU;
    }
  }
  return 0;
}

double value_of(const WireFormat& f, std::uint32_t code, double scale) {
  const auto signed_by = [&](std::uint32_t bit, double value) { return (code & bit) != 0 ? -value : value; };
  switch (f.code) {
    case WireCode::f32:
      return static_cast<double>(std::bit_cast<float>(code));
    case WireCode::f16:
      return static_cast<double>(float_from_f16(static_cast<std::uint16_t>(code)));
    case WireCode::bf16:
      return static_cast<double>(float_from_bf16(static_cast<std::uint16_t>(code)));
    case WireCode::sign:
      return code == 1 ? scale : -scale;
    case WireCode::uniform: {
      const std::uint32_t bit = 1U << (bits_of(f) - 1);
      return signed_by(bit, fp32(scale * (code % bit) / f.levels));
    }
    case WireCode::natural: {
      const int e = static_cast<int>(code % 128) + static_cast<int>(scale);
      return code % 128 == 0 || e < -126 ? 0.0 : signed_by(128, std::ldexp(1.0, std::min(e, 127)));
    }
    case WireCode::e3m0:
      return code % 8 == 0 ? 0.0 : signed_by(8, fp32(scale * std::ldexp(1.0, static_cast<int>(code % 8) - 7)));
    case WireCode::e4m3:
    case WireCode::e5m2:
      return signed_by(128, fp32(scale * table_of(f.code).at(code % 128)));
    case WireCode::int8:
      return fp32(scale * static_cast<std::int8_t>(code));
  }
  return 0.0;
}

}  // namespace

void encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member) {
  MYRIAD_KERNEL_EXPECT(is_vector(in, in.size()));
  auto* to = static_cast<unsigned char*>(message);
  const int bits = bits_of(format);
  for (std::int64_t first = 0; first < in.size(); first += format.block) {
    std::vector<double> x;
    for (std::int64_t k = first; k < std::min(in.size(), first + format.block); ++k) x.push_back(fp32(get(in, k)));
    const Block block = scale_of(format, x);
    to = std::copy(block.bytes.begin(), block.bytes.end(), to);
    std::vector<bool> string;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const auto k = static_cast<std::uint64_t>(first) + j;
      const auto words = philox_block({static_cast<std::uint32_t>(k / 4), random.step, member, random.stream},
                                      {static_cast<std::uint32_t>(random.seed), static_cast<std::uint32_t>(random.seed >> 32)});
      const std::uint32_t code = code_of(format, x[j], block.scale, words[k % 4]);
      for (int i = 0; i < bits; ++i) string.push_back((code >> i & 1U) != 0);
    }
    for (std::size_t i = 0; i < string.size(); i += 8) {
      unsigned byte = 0;
      for (std::size_t j = 0; j < 8 && i + j < string.size(); ++j) byte |= (string[i + j] ? 1U : 0U) << j;
      *to++ = static_cast<unsigned char>(byte);
    }
  }
}

void decode(TensorView out, const void* message, const WireFormat& format, Update update) {
  MYRIAD_KERNEL_EXPECT(is_vector(out, out.size()));
  const auto* from = static_cast<const unsigned char*>(message);
  const int bits = bits_of(format);
  for (std::int64_t first = 0; first < out.size(); first += format.block) {
    const std::int64_t count = std::min(format.block, out.size() - first);
    std::uint32_t word = 0;
    for (int i = 0; i < scale_bytes(format.scale); ++i) word += static_cast<std::uint32_t>(*from++) << (8 * i);
    double scale = static_cast<double>(std::bit_cast<float>(word));
    if (format.scale == BlockScale::largest_bf16) scale = static_cast<double>(float_from_bf16(static_cast<std::uint16_t>(word)));
    if (format.scale == BlockScale::power_of_two) scale = word == 0 ? 0.0 : std::ldexp(1.0, static_cast<int>(word) - 127);
    if (format.scale == BlockScale::exponent) scale = static_cast<std::int16_t>(word);
    for (std::int64_t k = 0; k < count; ++k) {
      std::uint32_t code = 0;
      for (int i = 0; i < bits; ++i) {
        const std::int64_t bit = k * bits + i;
        code |= static_cast<std::uint32_t>(from[bit / 8] >> (bit % 8) & 1) << i;
      }
      const double value = value_of(format, code, scale);
      update == Update::accumulate ? add(out, first + k, value) : put(out, first + k, value);
    }
    from += (count * bits + 7) / 8;
  }
}

double nth_magnitude(ConstTensorView in, std::int64_t n) {
  std::vector<double> magnitudes;
  for (std::int64_t k = 0; k < in.size(); ++k) magnitudes.push_back(std::abs(get(in, k)));
  std::sort(magnitudes.rbegin(), magnitudes.rend());
  return magnitudes.at(static_cast<std::size_t>(n - 1));
}

std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity) {
  std::vector<std::uint32_t> above, equal;
  for (std::int64_t k = 0; k < in.size(); ++k) {
    const double a = std::abs(get(in, k));
    if (a > threshold) above.push_back(static_cast<std::uint32_t>(k));
    if (a == threshold) equal.push_back(static_cast<std::uint32_t>(k));
  }
  std::vector<std::uint32_t> all = above;
  all.insert(all.end(), equal.begin(), equal.end());
  const auto taken = std::min(static_cast<std::int64_t>(all.size()), capacity);
  std::sort(all.begin(), all.begin() + taken);
  std::copy_n(all.begin(), taken, indices);
  return static_cast<std::int64_t>(all.size());
}

void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) {
  for (std::int64_t k = 0; k < values.size(); ++k) put(values, k, get(in, indices[k]));
}

void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update) {
  for (std::int64_t k = 0; k < values.size(); ++k) {
    update == Update::accumulate ? add(out, indices[k], get(values, k)) : put(out, indices[k], get(values, k));
  }
}

}  // namespace myriad::kernels::reference
