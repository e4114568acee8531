#include "training/sparse_compressor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_set>

#include "kernels/half.hpp"
#include "kernels/philox.hpp"
#include "src/base/random_streams.hpp"
#include "training/message.hpp"

namespace myriad::train {

using kernels::Update;
using kernels::WireCode;

namespace {

constexpr std::int64_t k_block = 65536;
constexpr std::uint16_t k_coordinates = 0x100, k_bitmap = 0x200, k_seeded = 0x300;  // and the code of the values
constexpr std::uint16_t k_empty = 0xFFFF;

std::uint16_t format_id(std::uint16_t layout, WireCode code) { return static_cast<std::uint16_t>(layout | static_cast<std::uint16_t>(code)); }

void put_value(PayloadWriter& to, float value, WireCode code) {
  if (code == WireCode::f32) {
    to.put(std::bit_cast<std::uint32_t>(value));
  } else if (code == WireCode::f16) {
    to.put(kernels::f16_from_float(std::clamp(value, -65504.0F, 65504.0F)));
  } else {
    constexpr float k_most = kernels::float_from_bf16(0x7f7f);
    to.put(kernels::bf16_from_float(std::clamp(value, -k_most, k_most)));
  }
}

float get_value(PayloadReader& from, WireCode code) {
  if (code == WireCode::f32) return std::bit_cast<float>(from.get<std::uint32_t>());
  const auto half = from.get<std::uint16_t>();
  return code == WireCode::f16 ? kernels::float_from_f16(half) : kernels::float_from_bf16(half);
}

/// False when \p read finds the payload too short or too long.
template <class Read>
bool well_formed(const Read& read) {
  try {
    return read();
  } catch (const Error&) {
    return false;
  }
}

std::int64_t value_bytes(WireCode code) { return code == WireCode::f32 ? 4 : 2; }

/// Words of a counter-based stream.
class Words {
 public:
  explicit Words(const Draw& draw) : draw_(draw) {}
  /// Uniform below \p limit (at most 2^32), without bias: the words in the last, incomplete round of the limit are skipped.
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t whole = (std::uint64_t{1} << 32) / limit * limit;
    std::uint64_t word = next();
    while (word >= whole) word = next();
    return word % limit;
  }

 private:
  std::uint32_t next() {
    if (used_ == 4) {
      const std::uint32_t counter[4] = {block_++, draw_.round, draw_.worker, stream_number(StreamId::compression)};
      std::copy_n(counter, 4, words_);
      kernels::philox(words_, draw_.seed);
      used_ = 0;
    }
    return words_[used_++];
  }
  Draw draw_;
  std::uint32_t block_ = 0, words_[4] = {};
  int used_ = 4;
};

}  // namespace

std::vector<std::uint32_t> random_subset(std::int64_t size, std::int64_t k, const Draw& draw) {
  Words words(draw);
  std::unordered_set<std::uint32_t> chosen;
  chosen.reserve(static_cast<std::size_t>(k));
  for (std::int64_t top = size - k; top < size; ++top) {
    const auto candidate = static_cast<std::uint32_t>(words.below(static_cast<std::uint64_t>(top) + 1));
    if (!chosen.insert(candidate).second) chosen.insert(static_cast<std::uint32_t>(top));
  }
  std::vector<std::uint32_t> indices(chosen.begin(), chosen.end());
  std::sort(indices.begin(), indices.end());
  return indices;
}

Encoded encode_sparse(const SparseVector& v, std::int64_t size, WireCode code) {
  const std::int64_t blocks = (size + k_block - 1) / k_block, count = static_cast<std::int64_t>(v.indices.size());
  std::vector<std::int64_t> in_block(static_cast<std::size_t>(blocks));
  for (std::uint32_t index : v.indices) ++in_block[index / k_block];
  const bool full = std::find(in_block.begin(), in_block.end(), k_block) != in_block.end();
  PayloadWriter payload;
  if (full || 2 * (count + blocks) > (size + 7) / 8) {
    std::vector<std::byte> mask(static_cast<std::size_t>((size + 7) / 8));
    for (std::uint32_t index : v.indices) mask[index / 8] |= std::byte{1} << (index % 8);
    payload.put_bytes(mask);
    for (float value : v.values) put_value(payload, value, code);
    return {format_id(k_bitmap, code), static_cast<std::uint32_t>(size), payload.take()};
  }
  std::size_t next = 0;
  for (std::int64_t b = 0; b < blocks; ++b) {
    const auto here = static_cast<std::size_t>(in_block[static_cast<std::size_t>(b)]);
    payload.put(here == 0 ? k_empty : static_cast<std::uint16_t>(here - 1));
    for (std::size_t j = 0; j < here; ++j) payload.put(static_cast<std::uint16_t>(v.indices[next + j] % k_block));
    for (std::size_t j = 0; j < here; ++j) put_value(payload, v.values[next + j], code);
    next += here;
  }
  return {format_id(k_coordinates, code), static_cast<std::uint32_t>(size), payload.take()};
}

namespace {

bool read_bitmap(SparseVector& v, PayloadReader& from, std::int64_t size, WireCode code) {
  const std::span<const std::byte> mask = from.get_bytes(static_cast<std::size_t>((size + 7) / 8));
  for (std::int64_t bit = 0; bit < 8 * static_cast<std::int64_t>(mask.size()); ++bit) {
    if ((std::to_integer<unsigned>(mask[static_cast<std::size_t>(bit / 8)]) >> (bit % 8) & 1U) == 0) continue;
    if (bit >= size) return false;
    v.indices.push_back(static_cast<std::uint32_t>(bit));
  }
  for (std::size_t j = 0; j < v.indices.size(); ++j) v.values.push_back(get_value(from, code));
  return true;
}

bool read_coordinates(SparseVector& v, PayloadReader& from, std::int64_t size, WireCode code) {
  for (std::int64_t first = 0; first < size; first += k_block) {
    const auto head = from.get<std::uint16_t>();
    if (head == k_empty) continue;
    const std::size_t begin = v.indices.size(), count = static_cast<std::size_t>(head) + 1;
    for (std::size_t j = 0; j < count; ++j) {
      const std::int64_t index = first + from.get<std::uint16_t>();
      // Ascending, so that no element is written twice.
      if (index >= size || (j > 0 && index <= v.indices.back())) return false;
      v.indices.push_back(static_cast<std::uint32_t>(index));
    }
    for (std::size_t j = begin; j < begin + count; ++j) v.values.push_back(get_value(from, code));
  }
  return true;
}

}  // namespace

bool decode_sparse(SparseVector& v, const Encoded& message, std::int64_t size, WireCode code) {
  v = {};
  const bool bitmap = message.format == format_id(k_bitmap, code);
  if (!bitmap && message.format != format_id(k_coordinates, code)) return false;
  return well_formed([&] {
    PayloadReader from(message.payload);
    if (!(bitmap ? read_bitmap(v, from, size, code) : read_coordinates(v, from, size, code))) return false;
    from.finish();
    return true;
  });
}

namespace {

/// k elements, chosen by size or by chance.
class SparseCompressor final : public Compressor {
 public:
  SparseCompressor(Backend& backend, const CompressorConfig& config, WireCode values)
      : Compressor(backend), config_(config), code_(values) {}
  const std::string& name() const override { return config_.name; }

  CompressorTraits traits() const override {
    CompressorTraits t;
    t.unbiased = seeded() && config_.unbiased;
    t.deterministic = config_.name == "topk";
    // Which elements a sample finds depends on its place, not on the scale.
    t.homogeneous = code_ != WireCode::f16 && !t.unbiased;
    return t;
  }
  double alpha(std::int64_t d) const override {
    const double share = static_cast<double>(elements(d)) / static_cast<double>(d);
    if (config_.name == "topk_sampled") return 0.0;  // in expectation about k/d: at least 0.8 k elements only if the sample was good
    return traits().unbiased ? 0.0 : share;
  }
  double omega(std::int64_t d) const override {
    if (!traits().unbiased) return Compressor::omega(d);
    return static_cast<double>(d) / static_cast<double>(elements(d)) - 1.0;
  }
  std::int64_t bound(std::int64_t d) const override {
    const std::int64_t values = elements(d) * value_bytes(code_);
    if (seeded()) return 16 + values;
    const std::int64_t coordinates = 2 * (elements(d) + (d + k_block - 1) / k_block);
    return std::max(coordinates, (d + 7) / 8) + values;
  }

 protected:
  Encoded do_encode(ConstTensorView x, const Draw& draw) const override {
    if (seeded()) return encode_seeded(x, draw);
    const std::int64_t k = elements(x.size());
    Tensor places = memory(k);
    const std::int64_t count = config_.name == "topk" ? select_exactly(places, x, k) : select_by_sample(places, x, k, draw);
    SparseVector v;
    v.indices.resize(static_cast<std::size_t>(count));
    backend_.copy_to_host(v.indices.data(), indices_of(places), 4 * count);
    v.values = values_at(x, places, count);
    return encode_sparse(v, x.size(), code_);
  }

  bool do_decode(TensorView out, const Encoded& message, Update update) const override {
    SparseVector v;
    if (!take_apart(v, message, out.size())) return false;
    if (update == Update::overwrite) backend_.fill(out, 0.0);
    put(out, v, update);
    return true;
  }
  bool do_clear(TensorView out, const Encoded& message) const override {
    SparseVector v;
    if (!take_apart(v, message, out.size())) return false;
    std::fill(v.values.begin(), v.values.end(), 0.0F);
    put(out, v, Update::overwrite);
    return true;
  }

 private:
  bool seeded() const { return config_.name == "randk"; }
  std::int64_t elements(std::int64_t d) const {
    // The small term keeps 0.1 * 50, which is above 5 in fp64, at 5.
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(config_.ratio * static_cast<double>(d) - 1e-9)), 1, d);
  }
  Tensor memory(std::int64_t words) const { return Tensor(backend_, DType::f32, {std::max<std::int64_t>(words, 1)}); }
  static std::uint32_t* indices_of(Tensor& places) { return static_cast<std::uint32_t*>(places.view().data); }

  bool take_apart(SparseVector& v, const Encoded& message, std::int64_t size) const {
    return seeded() ? decode_seeded(v, message, size) : decode_sparse(v, message, size, code_);
  }
  void put(TensorView out, const SparseVector& v, Update update) const {
    const auto count = static_cast<std::int64_t>(v.indices.size());
    if (count == 0) return;
    Tensor places = memory(count), values(backend_, out.dtype, {count});
    backend_.copy_to_device(places.view().data, v.indices.data(), 4 * count);
    values.assign(v.values);
    backend_.scatter(out, values, indices_of(places), update);
  }

  std::vector<float> values_at(ConstTensorView x, Tensor& places, std::int64_t count) const {
    if (count == 0) return {};
    Tensor values(backend_, x.dtype, {count});
    backend_.gather(values, x, indices_of(places));
    return values.to_floats();
  }

  /// Zeros are never sent: a threshold of zero becomes the smallest number above it.
  static double above_zero(double threshold, DType dtype) {
    const double least = dtype == DType::f32 ? static_cast<double>(std::numeric_limits<float>::denorm_min())
                                             : std::numeric_limits<double>::denorm_min();
    return std::max(threshold, least);
  }

  std::int64_t select_exactly(Tensor& places, ConstTensorView x, std::int64_t k) const {
    const double threshold = above_zero(backend_.nth_magnitude(x, k), x.dtype);
    return std::min(k, backend_.select_magnitudes(indices_of(places), x, threshold, k));
  }

  /// Threshold from a strided sample (optimizers.md 2.4; Lin et al. 2018, section 3.4): lowered while too few reach it; where more than
  /// k do, the k largest of those are taken, so that no place in the vector is favoured.
  std::int64_t select_by_sample(Tensor& places, ConstTensorView x, std::int64_t k, const Draw& draw) const {
    const std::int64_t d = x.size();
    const double ratio = static_cast<double>(k) / static_cast<double>(d);
    const auto wanted = static_cast<std::int64_t>(
        std::ceil(std::max(config_.sample * static_cast<double>(d), 20.0 / ratio)));
    if (wanted >= d) return select_exactly(places, x, k);
    std::int64_t stride = 32 * ((d + 32 * wanted - 1) / (32 * wanted)) + 1;  // odd: no row length of a matrix divides it evenly
    while (stride > 8 && d / stride < wanted) stride -= 8;
    const auto start = static_cast<std::int64_t>(Words(draw).below(static_cast<std::uint64_t>(stride)));
    ConstTensorView strided = x.slice(0, start, (d - start + stride - 1) / stride);
    strided.stride[0] = stride;
    Tensor sample(backend_, x.dtype, {strided.size()});
    backend_.copy(sample, strided);
    const auto rank = static_cast<std::int64_t>(std::ceil(ratio * static_cast<double>(sample.size())));
    double threshold = above_zero(backend_.nth_magnitude(sample, std::max<std::int64_t>(1, rank)), x.dtype);
    std::int64_t count = backend_.select_magnitudes(nullptr, x, threshold, 0);
    for (int tries = 0; tries < 10 && 5 * count < 4 * k; ++tries) {
      threshold = above_zero(0.8 * threshold, x.dtype);
      count = backend_.select_magnitudes(nullptr, x, threshold, 0);
    }
    if (count > k) {
      Tensor survivors = memory(count), values(backend_, x.dtype, {count});
      backend_.select_magnitudes(indices_of(survivors), x, threshold, count);
      backend_.gather(values, x, indices_of(survivors));
      threshold = backend_.nth_magnitude(values, k);
    }
    return std::min(k, backend_.select_magnitudes(indices_of(places), x, threshold, k));
  }

  // ---- randk: u64 seed, u32 round, u32 worker of the draw instead of places, then the values ------------------------------

  Encoded encode_seeded(ConstTensorView x, const Draw& draw) const {
    const std::int64_t k = elements(x.size());
    const std::vector<std::uint32_t> chosen = random_subset(x.size(), k, draw);
    Tensor places = memory(k);
    backend_.copy_to_device(places.view().data, chosen.data(), 4 * k);
    const float scale = config_.unbiased ? static_cast<float>(static_cast<double>(x.size()) / static_cast<double>(k)) : 1.0F;
    PayloadWriter payload;
    payload.put(draw.seed).put(draw.round).put(draw.worker);
    for (float value : values_at(x, places, k)) put_value(payload, scale * value, code_);
    return {format_id(k_seeded, code_), 0, payload.take()};
  }

  bool decode_seeded(SparseVector& v, const Encoded& message, std::int64_t size) const {
    if (message.format != format_id(k_seeded, code_)) return false;
    return well_formed([&] {
      PayloadReader from(message.payload);
      Draw draw;
      draw.seed = from.get<std::uint64_t>();
      draw.round = from.get<std::uint32_t>();
      draw.worker = from.get<std::uint32_t>();
      v.values.resize(static_cast<std::size_t>(elements(size)));
      for (float& value : v.values) value = get_value(from, code_);
      from.finish();
      v.indices = random_subset(size, elements(size), draw);
      return true;
    });
  }

  CompressorConfig config_;
  WireCode code_;
};

}  // namespace

std::unique_ptr<Compressor> make_sparse_compressor(Backend& backend, const CompressorConfig& config, WireCode values) {
  return std::make_unique<SparseCompressor>(backend, config, values);
}

}  // namespace myriad::train
