#pragma once
/// \file
/// Compressors of the vectors that training exchanges (optimizers.md 2).

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad::train {

/// A vector as it is sent. All numbers are little endian; the layouts are those of optimizers.md 2.3.
struct Encoded {
  std::uint16_t format = 0;    ///< layout and element code, for the receiver to check
  std::uint32_t elements = 0;  ///< of the vector
  std::vector<std::byte> payload;
};

/// Address of the random numbers of a message: they depend on nothing else, least of all on the rank that computes them.
struct Draw {
  std::uint64_t seed = 0;
  std::uint32_t round = 0;
  std::uint32_t worker = 0;
};

struct CompressorTraits {
  bool linear = false;         ///< sums of messages are messages of sums: all-reduce is possible
  bool unbiased = false;       ///< E C(x) = x
  bool deterministic = false;  ///< no random numbers
  bool homogeneous = false;    ///< C(2^j x) = 2^j C(x), bit for bit, away from the ends of the range
};

/// C: a vector of d elements -> a message of at most bound(d) bytes -> a vector. Stateless.
class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual const std::string& name() const = 0;
  virtual CompressorTraits traits() const = 0;
  /// Largest proven alpha in E|C(x) - x|^2 <= (1 - alpha) |x|^2; 0 when there is none.
  virtual double alpha(std::int64_t d) const = 0;
  /// Smallest proven omega in E|C(x) - x|^2 <= omega |x|^2 of an unbiased C; infinite of others.
  virtual double omega(std::int64_t d) const {
    static_cast<void>(d);
    return std::numeric_limits<double>::infinity();
  }
  /// Bytes that a message of d elements can have at most.
  virtual std::int64_t bound(std::int64_t d) const = 0;

  /// \param x dense vector, f32 or f64; fp64 values are rounded to what the message holds
  /// Errors: ErrorKind::quality (E2420) when x has NaN or infinite elements; nothing has been made then.
  Encoded encode(ConstTensorView x, const Draw& draw) const;
  /// out (+)= what the message stands for, the same bits on every backend.
  /// Errors: ErrorKind::input_corrupt (E2421) when the message is none of this compressor and out's size; out is then untouched.
  void decode(TensorView out, const Encoded& message, kernels::Update update) const;
  /// v = 0 where the message says something: everywhere, unless it holds some of the elements.
  /// Errors: as decode().
  void clear(TensorView v, const Encoded& message) const;

 protected:
  explicit Compressor(Backend& backend) : backend_(backend) {}
  virtual Encoded do_encode(ConstTensorView x, const Draw& draw) const = 0;
  /// False when the message is malformed.
  virtual bool do_decode(TensorView out, const Encoded& message, kernels::Update update) const = 0;
  /// False when the message is malformed.
  virtual bool do_clear(TensorView v, const Encoded& message) const {
    static_cast<void>(message);
    backend_.fill(v, 0.0);
    return true;
  }
  Backend& backend_;

 private:
  void check(bool well_formed, const Encoded& message, std::int64_t size) const;
};

/// Section `compressor` of a training configuration; ranges of optimizers.md 17.5.
struct CompressorConfig {
  /// identity, topk, topk_sampled, randk, qsgd, dithering, natural, sign, e3m0, e4m3, e5m2, int8
  std::string name = "identity";
  /// identity, topk, topk_sampled, randk: number format of values: fp32, fp16, bf16
  std::string values = "fp32";
  double ratio = 0.01;    ///< topk, topk_sampled, randk: share of the elements sent, 1e-5 to 0.5
  double sample = 0.01;   ///< topk_sampled: share of the elements that the threshold is found from, at least; 0.001 to 1
  bool unbiased = false;  ///< randk: values times d/k
  std::int64_t levels = 7;  ///< qsgd, dithering: 1 to 127
  std::int64_t block = 0;   ///< elements with one scale; 0: 512 qsgd, dithering; 256 e3m0, int8; 1024 e4m3, e5m2; 65536 sign, natural
  /// sign: l1 (mean magnitude), l2 (root mean square, not contractive); e3m0: power_of_two, largest (bf16)
  std::string scale;
  bool stochastic = false;  ///< e3m0: unbiased rounding between neighbours
  bool operator==(const CompressorConfig&) const = default;
};

/// Errors: ErrorKind::config_invalid (E2422) for an unknown name or a value out of range.
std::unique_ptr<Compressor> make_compressor(Backend& backend, const CompressorConfig& config);

/// k distinct numbers below \p size, ascending, every set as likely as any other (Floyd's algorithm); a function of \p draw.
std::vector<std::uint32_t> random_subset(std::int64_t size, std::int64_t k, const Draw& draw);

}  // namespace myriad::train
