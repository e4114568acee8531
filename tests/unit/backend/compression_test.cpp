#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::BlockScale;
using kernels::RandomStream;
using kernels::Update;
using kernels::WireCode;
using kernels::WireFormat;

using Bytes = std::vector<unsigned char>;

/// Memory of the device that is not a tensor.
class DeviceBytes {
 public:
  DeviceBytes(Backend& backend, std::int64_t bytes) : backend_(backend), data_(backend.allocate(bytes)), bytes_(bytes) {}
  ~DeviceBytes() { backend_.deallocate(data_); }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  void* data() const { return data_; }
  std::uint32_t* indices() const { return static_cast<std::uint32_t*>(data_); }
  template <class T>
  std::vector<T> host() const {
    std::vector<T> values(static_cast<std::size_t>(bytes_) / sizeof(T));
    if (bytes_ > 0) backend_.copy_to_host(values.data(), data_, bytes_);
    return values;
  }
  template <class T>
  void assign(const std::vector<T>& values) {
    if (bytes_ > 0) backend_.copy_to_device(data_, values.data(), bytes_);
  }

 private:
  Backend& backend_;
  void* data_;
  std::int64_t bytes_;
};

/// Numbers of very different sizes, zeros of both signs, subnormal ones and exact ties of the codes.
std::vector<double> awkward(std::size_t count, unsigned seed, bool fp64) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> x(count);
  for (std::size_t k = 0; k < count; ++k) {
    switch (engine() % 12) {
      case 0:
        x[k] = engine() % 2 == 0 ? 0.0 : -0.0;
        break;
      case 1:
        x[k] = std::ldexp(engine() % 2 == 0 ? 1.5 : -1.5, static_cast<int>(engine() % 9) - 8);
        break;
      case 2:
        x[k] = normal(engine) * std::exp(3.0 * normal(engine));
        break;
      case 3:
        x[k] = 1e-40 * normal(engine);
        break;
      case 4:
        x[k] = std::round(4.0 * normal(engine)) / 4.0;
        break;
      default:
        x[k] = normal(engine);
    }
    if (!fp64) x[k] = static_cast<double>(static_cast<float>(x[k]));
  }
  return x;
}

struct NamedFormat {
  std::string name;
  WireFormat format;
};

std::vector<NamedFormat> all_formats() {
  std::vector<NamedFormat> all;
  const auto add = [&](std::string name, WireCode code, BlockScale scale, std::int64_t block, int levels = 1, bool stochastic = false) {
    all.push_back({std::move(name), {code, scale, block, levels, stochastic}});
  };
  add("f32", WireCode::f32, BlockScale::none, 65536);
  add("f16", WireCode::f16, BlockScale::none, 64);
  add("bf16", WireCode::bf16, BlockScale::none, 65536);
  add("sign_l1", WireCode::sign, BlockScale::mean_magnitude, 1024);
  add("sign_l2", WireCode::sign, BlockScale::root_mean_square, 65536);
  for (int levels : {1, 2, 3, 7, 15, 100, 127}) {
    add("qsgd" + std::to_string(levels), WireCode::uniform, BlockScale::norm, 512, levels, true);
    add("dithering" + std::to_string(levels), WireCode::uniform, BlockScale::largest, 64, levels, levels % 2 == 1);
  }
  add("natural", WireCode::natural, BlockScale::exponent, 65536, 1, true);
  add("natural_nearest", WireCode::natural, BlockScale::exponent, 8);
  for (bool stochastic : {false, true}) {
    add(stochastic ? "e3m0_stochastic" : "e3m0", WireCode::e3m0, BlockScale::largest, 256, 1, stochastic);
    add(stochastic ? "e3m0_power_stochastic" : "e3m0_power", WireCode::e3m0, BlockScale::power_of_two, 256, 1, stochastic);
    add(stochastic ? "e3m0_bf16_stochastic" : "e3m0_bf16", WireCode::e3m0, BlockScale::largest_bf16, 32, 1, stochastic);
  }
  add("e4m3", WireCode::e4m3, BlockScale::largest, 1024);
  add("e5m2", WireCode::e5m2, BlockScale::largest, 1024);
  add("int8", WireCode::int8, BlockScale::largest, 256);
  return all;
}

class CompressionOps : public testing::TestWithParam<std::string> {
 protected:
  Tensor vector(Backend& backend, const std::vector<double>& host, DType dtype) {
    Tensor t(backend, dtype, {static_cast<std::int64_t>(host.size())});
    t.assign(host);
    return t;
  }
  Bytes encode(Backend& backend, const std::vector<double>& x, DType dtype, const WireFormat& f, std::uint32_t step) {
    const Tensor in = vector(backend, x, dtype);
    const DeviceBytes message(backend, kernels::encoded_bytes(f, in.size()));
    backend.encode(message.data(), in, f, RandomStream{42, 7, step}, 3);
    return message.host<unsigned char>();
  }
  std::vector<double> decode(Backend& backend, const Bytes& bytes, std::size_t size, DType dtype, const WireFormat& f, Update update) {
    Tensor out = vector(backend, std::vector<double>(size, 0.625), dtype);
    DeviceBytes message(backend, static_cast<std::int64_t>(bytes.size()));
    message.assign(bytes);
    backend.decode(out, message.data(), f, update);
    return out.to_doubles();
  }

  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
  std::shared_ptr<Backend> reference_ = make_backend("reference");
};

// T-C4 of optimizers.md 2.2: the bits of messages and of what they stand for do not depend on the backend.
TEST_P(CompressionOps, MessagesHaveTheBitsOfTheReference) {
  unsigned seed = 1;
  for (const NamedFormat& f : all_formats()) {
    for (std::size_t size : {1UL, 7UL, 8UL, 513UL, 4099UL}) {
      for (DType dtype : {DType::f32, DType::f64}) {
        SCOPED_TRACE(f.name + ", " + std::to_string(size) + " elements");
        const std::vector<double> x = awkward(size, ++seed, dtype == DType::f64);
        const Bytes expected = encode(*reference_, x, dtype, f.format, seed);
        ASSERT_EQ(static_cast<std::int64_t>(expected.size()), kernels::encoded_bytes(f.format, static_cast<std::int64_t>(size)));
        ASSERT_EQ(encode(*backend_, x, dtype, f.format, seed), expected);
        for (Update update : {Update::overwrite, Update::accumulate}) {
          const std::vector<double> value = decode(*reference_, expected, size, dtype, f.format, update);
          const std::vector<double> got = decode(*backend_, expected, size, dtype, f.format, update);
          for (std::size_t k = 0; k < size; ++k) {
            ASSERT_EQ(std::bit_cast<std::uint64_t>(got[k]), std::bit_cast<std::uint64_t>(value[k])) << "element " << k << " of " << x[k];
          }
        }
      }
    }
  }
}

TEST_P(CompressionOps, ScalesAtTheEndsOfTheRange) {
  const double most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  for (const NamedFormat& f : all_formats()) {
    SCOPED_TRACE(f.name);
    for (const std::vector<double>& x : {std::vector<double>(9, 0.0), std::vector<double>(300, most), std::vector<double>{least, -least, 0.0},
                                         std::vector<double>{most, -most, least, 1.0}}) {
      const Bytes bytes = encode(*reference_, x, DType::f32, f.format, 1);
      ASSERT_EQ(encode(*backend_, x, DType::f32, f.format, 1), bytes);
      const std::vector<double> value = decode(*backend_, bytes, x.size(), DType::f32, f.format, Update::overwrite);
      ASSERT_EQ(value, decode(*reference_, bytes, x.size(), DType::f32, f.format, Update::overwrite));
      for (std::size_t k = 0; k < x.size(); ++k) {
        EXPECT_TRUE(std::isfinite(value[k])) << x[k];
        if (x.size() == 9) {  // T-C3: zeros stay zeros
          EXPECT_EQ(value[k], 0.0);
        }
      }
    }
  }
}

TEST_P(CompressionOps, SelectionIsThatOfTheReference) {
  for (DType dtype : {DType::f32, DType::f64}) {
    for (std::size_t size : {1UL, 100UL, 5000UL, 40000UL}) {
      // Many equal magnitudes, so that ties decide.
      std::mt19937 engine(static_cast<unsigned>(size));
      std::vector<double> x(size);
      for (double& v : x) v = (static_cast<int>(engine() % 41) - 20) * 0.125;
      if (size > 5000) x = awkward(size, 5, dtype == DType::f64);
      const Tensor in = vector(*backend_, x, dtype), same = vector(*reference_, x, dtype);
      for (std::size_t part : {1UL, 3UL, 10UL, 100UL}) {
        const auto n = static_cast<std::int64_t>(std::max<std::size_t>(1, size / part));
        SCOPED_TRACE(std::to_string(n) + " of " + std::to_string(size));
        const double threshold = reference_->nth_magnitude(same, n);
        ASSERT_EQ(backend_->nth_magnitude(in, n), threshold);
        const DeviceBytes indices(*backend_, 4 * n), expected(*reference_, 4 * n);
        ASSERT_EQ(backend_->select_magnitudes(indices.indices(), in, threshold, n),
                  reference_->select_magnitudes(expected.indices(), same, threshold, n));
        ASSERT_EQ(indices.host<std::uint32_t>(), expected.host<std::uint32_t>());
        // A threshold that too many reach, and the count alone.
        const std::int64_t all = backend_->select_magnitudes(indices.indices(), in, 0.5 * threshold, n);
        ASSERT_EQ(all, reference_->select_magnitudes(expected.indices(), same, 0.5 * threshold, n));
        if (all >= n) {
          ASSERT_EQ(indices.host<std::uint32_t>(), expected.host<std::uint32_t>());
        }
        ASSERT_EQ(backend_->select_magnitudes(nullptr, in, threshold, 0), reference_->select_magnitudes(nullptr, same, threshold, 0));

        const Tensor values(*backend_, dtype, {n});
        DeviceBytes places(*backend_, 4 * n);
        std::vector<std::uint32_t> chosen(static_cast<std::size_t>(n));
        std::iota(chosen.begin(), chosen.end(), static_cast<std::uint32_t>(size - static_cast<std::size_t>(n)));
        places.assign(chosen);
        Tensor picked(*backend_, dtype, {n});
        backend_->gather(picked, in, places.indices());
        std::vector<double> sum = in.to_doubles();
        EXPECT_EQ(picked.to_doubles(), std::vector<double>(sum.end() - n, sum.end()));
        Tensor out = vector(*backend_, x, dtype);
        backend_->scatter(out, picked, places.indices(), Update::accumulate);
        for (std::size_t k = size - static_cast<std::size_t>(n); k < size; ++k) {
          sum[k] = dtype == DType::f32 ? static_cast<double>(static_cast<float>(sum[k]) + static_cast<float>(sum[k])) : 2.0 * sum[k];
        }
        EXPECT_EQ(out.to_doubles(), sum);
        backend_->fill(picked, 0.0);
        backend_->scatter(out, picked, places.indices(), Update::overwrite);
        std::fill(sum.end() - n, sum.end(), 0.0);
        EXPECT_EQ(out.to_doubles(), sum);
      }
    }
  }
}

// The codes by hand: blocks and bit order of optimizers.md 2.3.
TEST_P(CompressionOps, LayoutOfTheBytes) {
  const std::vector<double> x{1.0, -0.5, 0.25, 0.0, -1.0, 0.75, 0.01, -0.02, 0.5};
  // F2: sum |x| = 4.03 of the first eight... the whole block of nine: mean 4.03 / 9; bits 1 0 1 1 0 1 1 0 | 1.
  const Bytes sign = encode(*backend_, x, DType::f32, {WireCode::sign, BlockScale::mean_magnitude, 65536}, 0);
  ASSERT_EQ(sign.size(), 6U);
  EXPECT_EQ(sign[4], 0x6dU);
  EXPECT_EQ(sign[5], 0x01U);
  // F5: scale 1 = 2^(127 - 127); codes 7, 8|6, 5, 0, 8|7, 7 (0.75 is as near to 1 as to 0.5: up), 2^-7 <= 0.01 -> 1, 0.02 -> 1, 6.
  const Bytes e3m0 = encode(*backend_, x, DType::f32, {WireCode::e3m0, BlockScale::power_of_two, 256}, 0);
  EXPECT_EQ(e3m0, (Bytes{127, 0xe7, 0x05, 0x7f, 0x91, 0x06}));
  // F6: scale 1/448, so 1 is the largest code 0x7e and -0.5 half of it.
  const Bytes e4m3 = encode(*backend_, x, DType::f32, {WireCode::e4m3, BlockScale::largest, 1024}, 0);
  EXPECT_EQ(e4m3[4], 0x7eU);
  EXPECT_EQ(e4m3[5], 0x80U | 0x76U);
}

INSTANTIATE_TEST_SUITE_P(Backends, CompressionOps, testing::ValuesIn(backend_names()),
                         [](const testing::TestParamInfo<std::string>& backend) { return backend.param; });

}  // namespace
}  // namespace myriad
