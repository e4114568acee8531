#include "training/compressor.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/random_streams.hpp"
#include "training/sparse_compressor.hpp"

namespace myriad::train {

using kernels::BlockScale;
using kernels::Update;
using kernels::WireCode;
using kernels::WireFormat;

Encoded Compressor::encode(ConstTensorView x, const Draw& draw) const {
  const std::int64_t bad = backend_.count_nonfinite(x);
  MYRIAD_VALIDATE(bad == 0, ErrorKind::quality, "E2420",
                  "{} of {} elements to be sent by worker {} in round {} are NaN or infinite (compressor {}) lower the learning rate or "
                  "clip the gradient", bad, x.size(), draw.worker, draw.round, name());
  Encoded message = do_encode(x, draw);
  message.elements = static_cast<std::uint32_t>(x.size());
  return message;
}

void Compressor::decode(TensorView out, const Encoded& message, Update update) const {
  check(message.elements == out.size() && do_decode(out, message, update), message, out.size());
}

void Compressor::clear(TensorView v, const Encoded& message) const {
  check(message.elements == v.size() && do_clear(v, message), message, v.size());
}

void Compressor::check(bool well_formed, const Encoded& message, std::int64_t size) const {
  MYRIAD_VALIDATE(well_formed, ErrorKind::input_corrupt, "E2421",
                  "a message of format {:#x} with {} bytes for {} elements is none of compressor {} for {} elements (damaged, or of another "
                  "configuration) compare the configurations of the workers", message.format, message.payload.size(), message.elements, name(),
                  size);
}

namespace {

/// Every element in a code of its own, block by block: Backend::encode.
class BlockCompressor final : public Compressor {
 public:
  BlockCompressor(Backend& backend, std::string name, const WireFormat& format)
      : Compressor(backend), name_(std::move(name)), format_(format) {}
  const std::string& name() const override { return name_; }

  CompressorTraits traits() const override {
    CompressorTraits t;
    t.linear = format_.code == WireCode::f32;
    t.unbiased = format_.code == WireCode::f32 || format_.stochastic;
    t.deterministic = !format_.stochastic;
    t.homogeneous = format_.code != WireCode::f16;
    return t;
  }

  double alpha(std::int64_t d) const override {
    if (format_.stochastic) return 1.0 / (1.0 + omega(d));
    const auto n = static_cast<double>(std::min(d, format_.block));
    const auto half_step = [](double step) { return step * step / 4.0; };
    switch (format_.code) {
      case WireCode::f32:
        return 1.0;
      case WireCode::f16:  // of normal numbers
        return 1.0 - 0x1p-22;
      case WireCode::bf16:
        return 1.0 - 0x1p-16;
      case WireCode::sign:
        // Cauchy and Schwarz: |x|_1^2 >= |x|_2^2.
        return format_.scale == BlockScale::mean_magnitude ? 1.0 / n : 0.0;
      case WireCode::uniform:
        return std::max(0.0, 1.0 - n * half_step(1.0 / format_.levels));
      case WireCode::natural:
        return 1.0 - 1.0 / 9.0;
      case WireCode::e3m0: {
        // A third of the element at most, and below the smallest code half of that one; a power of two is up to twice the largest element.
        const double smallest = format_.scale == BlockScale::power_of_two ? 0x1p-5 : 0x1p-6 * (1.0 + 0x1p-7);
        return std::max(0.0, 1.0 - 1.0 / 9.0 - n * half_step(smallest));
      }
      case WireCode::e4m3:
        return 1.0 - 0x1p-8 - n * half_step(0x1p-9 / 448.0);
      case WireCode::e5m2:
        return 1.0 - 0x1p-6 - n * half_step(0x1p-16 / 57344.0);
      case WireCode::int8:
        return std::max(0.0, 1.0 - n * half_step(1.0 / 127.0));
    }
    return 0.0;
  }

  double omega(std::int64_t d) const override {
    const auto n = static_cast<double>(std::min(d, format_.block)), s = static_cast<double>(format_.levels);
    if (!traits().unbiased) return std::numeric_limits<double>::infinity();
    if (format_.code == WireCode::uniform) {
      return format_.scale == BlockScale::norm ? std::min(n / (s * s), std::sqrt(n) / s) : n / (4.0 * s * s);
    }
    if (format_.code == WireCode::natural) return 1.0 / 8.0;
    if (format_.code == WireCode::e3m0) {
      // 1/8 between powers of two; below the smallest code c the variance is at most c |x|.
      const double smallest = format_.scale == BlockScale::power_of_two ? 0x1p-5 : 0x1p-6 * (1.0 + 0x1p-7);
      return 1.0 / 8.0 + n * smallest * smallest / 4.0;
    }
    return 0.0;
  }

  std::int64_t bound(std::int64_t d) const override { return kernels::encoded_bytes(format_, d); }

 protected:
  Encoded do_encode(ConstTensorView x, const Draw& draw) const override {
    const std::int64_t bytes = bound(x.size());
    Encoded message{format_id(), 0, std::vector<std::byte>(static_cast<std::size_t>(bytes))};
    Tensor device = memory(bytes);
    backend_.encode(device.view().data, x, format_, {draw.seed, stream_number(StreamId::compression), draw.round}, draw.worker);
    backend_.copy_to_host(message.payload.data(), device.view().data, bytes);
    return message;
  }

  bool do_decode(TensorView out, const Encoded& message, Update update) const override {
    const std::int64_t bytes = bound(out.size());
    if (message.format != format_id() || static_cast<std::int64_t>(message.payload.size()) != bytes) return false;
    Tensor device = memory(bytes);
    backend_.copy_to_device(device.view().data, message.payload.data(), bytes);
    backend_.decode(out, device.view().data, format_, update);
    return true;
  }

 private:
  std::uint16_t format_id() const { return static_cast<std::uint16_t>(format_.code); }
  Tensor memory(std::int64_t bytes) const { return Tensor(backend_, DType::f32, {(bytes + 3) / 4}); }

  std::string name_;
  WireFormat format_;
};

void check_range(const char* key, const std::string& compressor, double value, double low, double high) {
  MYRIAD_VALIDATE(value >= low && value <= high, ErrorKind::config_invalid, "E2422",
                  "compressor.{} of {} is {} ({} to {} is possible) change it", key, compressor, value, low, high);
}

WireCode value_code(const CompressorConfig& c) {
  if (c.values == "fp32") return WireCode::f32;
  if (c.values == "fp16") return WireCode::f16;
  MYRIAD_VALIDATE(c.values == "bf16", ErrorKind::config_invalid, "E2422",
                  "compressor.values is '{}' (fp32, fp16 and bf16 are known) change it", c.values);
  return WireCode::bf16;
}

BlockScale scale_of(const CompressorConfig& c) {
  if (c.name == "sign") {
    if (c.scale.empty() || c.scale == "l1") return BlockScale::mean_magnitude;
    if (c.scale == "l2") return BlockScale::root_mean_square;
  } else if (c.name == "e3m0") {
    if (c.scale.empty() || c.scale == "power_of_two") return BlockScale::power_of_two;
    if (c.scale == "largest") return BlockScale::largest_bf16;
  }
  MYRIAD_VALIDATE(c.scale.empty(), ErrorKind::config_invalid, "E2422",
                  "compressor.scale is '{}' with compressor {} (sign knows l1 and l2, e3m0 knows power_of_two and largest, others have "
                  "none) change it", c.scale, c.name);
  return BlockScale::largest;
}

}  // namespace

std::unique_ptr<Compressor> make_compressor(Backend& backend, const CompressorConfig& c) {
  const auto block = [&](std::int64_t usual, std::int64_t low, std::int64_t high) {
    const std::int64_t b = c.block == 0 ? usual : c.block;
    check_range("block", c.name, static_cast<double>(b), static_cast<double>(low), static_cast<double>(high));
    MYRIAD_VALIDATE(b % 8 == 0, ErrorKind::config_invalid, "E2422",
                    "compressor.block of {} is {} (a multiple of 8, so that blocks are whole bytes) change it", c.name, b);
    return b;
  };
  const BlockScale scale = scale_of(c);
  const auto coded = [&](WireCode code, BlockScale of, std::int64_t elements, bool stochastic) {
    return std::make_unique<BlockCompressor>(backend, c.name,
                                             WireFormat{code, of, elements, static_cast<int>(c.levels), stochastic});
  };
  MYRIAD_VALIDATE(!c.stochastic || c.name == "e3m0", ErrorKind::config_invalid, "E2422",
                  "compressor.stochastic with compressor {} (a choice of e3m0 only: the rounding of others is fixed) leave it out", c.name);
  if (c.name == "topk" || c.name == "topk_sampled" || c.name == "randk") {
    check_range("ratio", c.name, c.ratio, 1e-5, 0.5);
    if (c.name == "topk_sampled") check_range("sample", c.name, c.sample, 0.001, 1.0);
    return make_sparse_compressor(backend, c, value_code(c));
  }
  if (c.name == "identity") return coded(value_code(c), BlockScale::none, 65536, false);
  if (c.name == "qsgd" || c.name == "dithering") {
    check_range("levels", c.name, static_cast<double>(c.levels), 1, 127);
    return coded(WireCode::uniform, c.name == "qsgd" ? BlockScale::norm : BlockScale::largest, block(512, 64, 8192), true);
  }
  if (c.name == "natural") return coded(WireCode::natural, BlockScale::exponent, block(65536, 8, 65536), true);
  if (c.name == "sign") return coded(WireCode::sign, scale, block(65536, 8, 65536), false);
  if (c.name == "e3m0") return coded(WireCode::e3m0, scale, block(256, 32, 4096), c.stochastic);
  if (c.name == "e4m3") return coded(WireCode::e4m3, scale, block(1024, 8, 65536), false);
  if (c.name == "e5m2") return coded(WireCode::e5m2, scale, block(1024, 8, 65536), false);
  MYRIAD_VALIDATE(c.name == "int8", ErrorKind::config_invalid, "E2422",
                  "compressor.name is '{}' (identity, topk, topk_sampled, randk, qsgd, dithering, natural, sign, e3m0, e4m3, e5m2 and "
                  "int8 are known) change it", c.name);
  return coded(WireCode::int8, scale, block(256, 8, 65536), false);
}

}  // namespace myriad::train
