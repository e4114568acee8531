#include "training/compressor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "src/backend/registry.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "training/sparse_compressor.hpp"

namespace myriad::train {
namespace {

using kernels::Update;

std::vector<CompressorConfig> all_compressors() {
  std::vector<CompressorConfig> all;
  const auto add = [&](const std::string& name, const std::function<void(CompressorConfig&)>& change = {}) {
    CompressorConfig c;
    c.name = name;
    if (change) change(c);
    all.push_back(c);
  };
  add("identity");
  add("identity", [](auto& c) { c.values = "bf16"; });
  add("identity", [](auto& c) { c.values = "fp16"; });
  for (const char* name : {"topk", "topk_sampled", "randk"}) {
    for (double ratio : {0.01, 0.1, 0.4}) add(name, [&](auto& c) { c.ratio = ratio; });
    add(name, [](auto& c) { c.values = "bf16"; });
  }
  add("randk", [](auto& c) { c.ratio = 0.1, c.unbiased = true; });
  for (std::int64_t levels : {1, 7, 15, 127}) {
    add("qsgd", [&](auto& c) { c.levels = levels; });
    add("dithering", [&](auto& c) { c.levels = levels; });
  }
  add("natural");
  add("sign");
  add("sign", [](auto& c) { c.scale = "l2"; });
  add("e3m0");
  add("e3m0", [](auto& c) { c.scale = "largest"; });
  add("e3m0", [](auto& c) { c.stochastic = true; });
  for (const char* name : {"e4m3", "e5m2", "int8"}) add(name);
  return all;
}

std::string text_of(const CompressorConfig& c) {
  return c.name + " values " + c.values + " ratio " + std::to_string(c.ratio) + " levels " + std::to_string(c.levels) + " scale " +
         c.scale + (c.unbiased ? " unbiased" : "") + (c.stochastic ? " stochastic" : "");
}

enum class Family { gaussian, log_normal, spikes };

/// The families of optimizers.md 2.1.
std::vector<double> draw_vector(std::size_t d, Family family, std::mt19937& engine) {
  std::normal_distribution<double> normal;
  std::vector<double> x(d);
  for (double& v : x) {
    v = normal(engine);
    if (family == Family::log_normal) v = (engine() % 2 == 0 ? 1.0 : -1.0) * std::exp(2.0 * v);
    if (family == Family::spikes) v *= engine() % 100 == 0 ? 100.0 : 1.0;
    v = static_cast<double>(static_cast<float>(v));
  }
  return x;
}

double norm2(const std::vector<double>& x) {
  double sum = 0.0;
  for (double v : x) sum += v * v;
  return sum;
}

class CompressorTest : public testing::Test {
 protected:
  Tensor tensor(const std::vector<double>& x, DType dtype = DType::f32) {
    Tensor t(*backend_, dtype, {static_cast<std::int64_t>(x.size())});
    t.assign(x);
    return t;
  }
  std::vector<double> round_trip(const Compressor& c, const std::vector<double>& x, const Draw& draw) {
    const Encoded message = c.encode(tensor(x), draw);
    Tensor out = tensor(std::vector<double>(x.size(), 3.0));
    c.decode(out, message, Update::overwrite);
    return out.to_doubles();
  }
  double relative_error(const Compressor& c, const std::vector<double>& x, const Draw& draw) {
    std::vector<double> difference = round_trip(c, x, draw);
    for (std::size_t k = 0; k < x.size(); ++k) difference[k] -= x[k];
    return norm2(difference) / norm2(x);
  }

  std::shared_ptr<Backend> backend_ = make_backend("kokkos");
};

// T-C1
TEST_F(CompressorTest, ContractsAsItSays) {
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    SCOPED_TRACE(text_of(config));
    constexpr std::size_t k_d = 1000;
    const double omega = c->omega(k_d);
    double limit = std::isfinite(omega) ? omega : 1.0 - c->alpha(k_d);
    if (config.name == "topk_sampled") limit = 1.0 - 0.8 * config.ratio;
    if (config.scale == "l2") limit = 2.0;  // not contractive: 2 (1 - 1/sqrt(d)) at most
    std::mt19937 engine(1);
    double sum = 0.0;
    int count = 0;
    for (Family family : {Family::gaussian, Family::log_normal, Family::spikes}) {
      for (std::uint32_t n = 0; n < 67; ++n, ++count) {
        sum += relative_error(*c, draw_vector(k_d, family, engine), {9, n, static_cast<std::uint32_t>(family)});
      }
    }
    EXPECT_LE(sum / count, limit * 1.05 + 1e-12);
  }
}

// T-C2
TEST_F(CompressorTest, UnbiasedOnesAreRightInTheMean) {
  std::mt19937 engine(2);
  const std::vector<double> x = draw_vector(64, Family::gaussian, engine);
  const Tensor in = tensor(x);
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    if (!c->traits().unbiased || c->traits().deterministic) continue;
    SCOPED_TRACE(text_of(config));
    constexpr int k_draws = 10000;
    std::vector<double> sum(x.size()), squares(x.size());
    Tensor out = tensor(x);
    for (std::uint32_t n = 0; n < k_draws; ++n) {
      c->decode(out, c->encode(in, {77, n, 5}), Update::overwrite);
      const std::vector<double> value = out.to_doubles();
      for (std::size_t k = 0; k < x.size(); ++k) {
        sum[k] += value[k];
        squares[k] += value[k] * value[k];
      }
    }
    int beyond = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double mean = sum[k] / k_draws, variance = squares[k] / k_draws - mean * mean;
      // fp32 words of 24 bits add a little to the standard error.
      if (std::abs(mean - x[k]) > 4.0 * std::sqrt(std::max(0.0, variance) / k_draws) + 1e-6 * std::abs(x[k])) ++beyond;
    }
    EXPECT_EQ(beyond, 0);
  }
}

// T-C3 and T-C6
TEST_F(CompressorTest, ZerosStayZerosAndNoMessageExceedsItsBound) {
  std::mt19937 engine(3);
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    SCOPED_TRACE(text_of(config));
    for (std::size_t d : {1UL, 2UL, 9UL, 1000UL, 65537UL}) {
      for (const std::vector<double>& x : {std::vector<double>(d, 0.0), draw_vector(d, Family::log_normal, engine), std::vector<double>(d, 1.0)}) {
        const Encoded message = c->encode(tensor(x), {1, 2, 3});
        EXPECT_LE(static_cast<std::int64_t>(message.payload.size()), c->bound(static_cast<std::int64_t>(d)));
        if (x[0] == 0.0) {
          EXPECT_EQ(round_trip(*c, x, {1, 2, 3}), x);
        }
      }
    }
  }
}

// T-C5
TEST_F(CompressorTest, NothingIsSentOfNumbersThatAreNone) {
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    for (double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      std::vector<double> x(100, 1.0);
      x[37] = bad;
      test::expect_error([&] { static_cast<void>(c->encode(tensor(x), {1, 2, 3})); }, ErrorKind::quality, "E2420",
                         {"1 of 100 elements to be sent by worker 3 in round 2"});
    }
  }
}

// T-C7
TEST_F(CompressorTest, PowersOfTwoPassThrough) {
  std::mt19937 engine(4);
  const std::vector<double> x = draw_vector(700, Family::gaussian, engine);
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    if (!c->traits().homogeneous) continue;
    SCOPED_TRACE(text_of(config));
    for (int j : {-20, -1, 7, 30}) {
      std::vector<double> scaled = x, expected = round_trip(*c, x, {6, 1, 1});
      for (double& v : scaled) v = std::ldexp(v, j);
      for (double& v : expected) v = std::ldexp(v, j);
      EXPECT_EQ(round_trip(*c, scaled, {6, 1, 1}), expected) << "factor 2^" << j;
    }
  }
}

TEST_F(CompressorTest, DecodingAddsToWhatIsThere) {
  std::mt19937 engine(5);
  const std::vector<double> x = draw_vector(1000, Family::gaussian, engine), base = draw_vector(1000, Family::gaussian, engine);
  for (const CompressorConfig& config : all_compressors()) {
    const auto c = make_compressor(*backend_, config);
    SCOPED_TRACE(text_of(config));
    const std::vector<double> value = round_trip(*c, x, {1, 1, 1});
    Tensor out = tensor(base);
    c->decode(out, c->encode(tensor(x), {1, 1, 1}), Update::accumulate);
    const std::vector<double> sum = out.to_doubles();
    for (std::size_t k = 0; k < x.size(); ++k) {
      EXPECT_EQ(sum[k], static_cast<double>(static_cast<float>(base[k]) + static_cast<float>(value[k])));
    }
  }
}

// The measured table of optimizers.md 2.1: mean relative squared error at d = 1000, within 10 %.
TEST_F(CompressorTest, ErrorsAreThoseOfTheTable) {
  std::mt19937 engine(6);
  const auto mean_error = [&](const CompressorConfig& config, Family family) {
    const auto c = make_compressor(*backend_, config);
    double sum = 0.0;
    constexpr std::uint32_t k_draws = 200;
    for (std::uint32_t n = 0; n < k_draws; ++n) sum += relative_error(*c, draw_vector(1000, family, engine), {5, n, 0});
    return sum / k_draws;
  };
  CompressorConfig c;
  const auto expect = [&](double gaussian) { EXPECT_NEAR(mean_error(c, Family::gaussian) / gaussian, 1.0, 0.1) << text_of(c); };
  c.name = "topk";
  c.ratio = 0.01;
  expect(0.917);
  c.ratio = 0.1;
  expect(0.561);
  EXPECT_NEAR(mean_error(c, Family::log_normal), 0.012, 0.006);
  c.name = "randk";
  expect(0.901);
  c.unbiased = true;
  expect(9.00);
  c.unbiased = false;
  c.name = "sign";
  expect(0.363);
  // Decision 4 of the specification: the L2 scale makes heavy tails worse than sending nothing.
  EXPECT_LT(mean_error(c, Family::log_normal), 1.0);
  c.scale = "l2";
  expect(0.403);
  EXPECT_GT(mean_error(c, Family::log_normal), 1.3);
  EXPECT_GT(mean_error(c, Family::spikes), 1.3);
  c.scale.clear();
  c.name = "qsgd";
  c.block = 1000;
  c.levels = 15;
  expect(0.736);
  c.levels = 127;
  expect(0.0103);
  c.block = 0;
  c.name = "natural";
  expect(0.082);
  // One or two elements carry such a vector, so that 0.088 of the table is a sample; for a significand 1 + f that is uniform in its
  // logarithm the mean of f (1 - f) / (1 + f)^2 is (3/4 - ln 2) / ln 2 = 0.0820.
  EXPECT_NEAR(mean_error(c, Family::log_normal), 0.0820, 0.0082);
  c.name = "e3m0";
  c.scale = "largest";
  c.block = 1000;
  expect(0.038);
  EXPECT_NEAR(mean_error(c, Family::log_normal), 0.025, 0.0025);
  c.block = 128;
  expect(0.037);
  EXPECT_NEAR(mean_error(c, Family::log_normal), 0.011, 0.0011);
}

TEST_F(CompressorTest, TopkKeepsTheLargestAndOfEqualOnesTheFirst) {
  CompressorConfig config;
  config.name = "topk";
  config.ratio = 0.375;
  const auto c = make_compressor(*backend_, config);
  EXPECT_EQ(round_trip(*c, {1.0, -2.0, 2.0, 0.5, -2.0, 2.0, 0.0, 3.0}, {}), (std::vector<double>{0, -2, 2, 0, 0, 0, 0, 3}));
  // Zeros are not sent: 2 bytes of places and 4 of the value, and a head for the block.
  EXPECT_EQ(c->encode(tensor({0, 0, 0, 0, 7, 0, 0, 0}), {}).payload.size(), 1U + 4U);
}

// dgc_count of optimizers.md 7: at most k elements, and no less than 0.8 k.
TEST_F(CompressorTest, SampledTopkSendsAboutAsMany) {
  std::mt19937 engine(7);
  for (double ratio : {0.01, 0.001}) {
    CompressorConfig config;
    config.name = "topk_sampled";
    config.ratio = ratio;
    const auto c = make_compressor(*backend_, config);
    for (Family family : {Family::gaussian, Family::log_normal, Family::spikes}) {
      const std::vector<double> x = draw_vector(200000, family, engine);
      for (std::uint32_t n = 0; n < 5; ++n) {
        const std::vector<double> y = round_trip(*c, x, {3, n, 0});
        const double k = ratio * 200000, count = static_cast<double>(y.size()) - static_cast<double>(std::count(y.begin(), y.end(), 0.0));
        EXPECT_LE(count, k);
        EXPECT_GE(count, 0.8 * k);
        // What was sent is what topk would send, or nearly: its error is at most that of the 0.8 k largest.
        config.name = "topk";
        config.ratio = 0.8 * ratio;
        const auto exact = make_compressor(*backend_, config);
        EXPECT_LE(relative_error(*c, x, {3, n, 0}), relative_error(*exact, x, {}) + 1e-12);
        config.name = "topk_sampled";
        config.ratio = ratio;
      }
    }
  }
}

TEST(RandomSubset, EverySetIsAsLikelyAsAnyOther) {
  // 6 pairs of 4: chi-squared with 5 degrees of freedom, 20.5 at 0.001.
  std::map<std::vector<std::uint32_t>, int> counts;
  constexpr int k_draws = 6000;
  for (std::uint32_t n = 0; n < k_draws; ++n) ++counts[random_subset(4, 2, {11, n, 4})];
  ASSERT_EQ(counts.size(), 6U);
  double chi_squared = 0.0;
  for (const auto& [set, count] : counts) {
    EXPECT_LT(set[0], set[1]);
    chi_squared += (count - k_draws / 6.0) * (count - k_draws / 6.0) / (k_draws / 6.0);
  }
  EXPECT_LT(chi_squared, 20.5);
  EXPECT_EQ(random_subset(5, 5, {}), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
}

TEST(SparseLayout, IsTheOneOfTheSpecification) {
  // Two blocks, the first empty; 2 + 2 bytes of heads, 2 of a place, 4 of a value.
  const Encoded message = encode_sparse({{65536 + 258}, {1.0F}}, 131072, kernels::WireCode::f32);
  const unsigned char expected[] = {0xff, 0xff, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x80, 0x3f};
  ASSERT_EQ(message.payload.size(), sizeof expected);
  for (std::size_t k = 0; k < sizeof expected; ++k) EXPECT_EQ(std::to_integer<int>(message.payload[k]), expected[k]) << k;
}

TEST(SparseLayout, FullBlocksAndDamageAreTold) {
  using kernels::WireCode;
  // A full block in a sparse vector: its count does not fit into the head.
  SparseVector v;
  constexpr std::int64_t k_size = 40 * 65536;
  for (std::uint32_t k = 0; k < 65536; ++k) {
    v.indices.push_back(65536 + k);
    v.values.push_back(static_cast<float>(k));
  }
  SparseVector back;
  ASSERT_TRUE(decode_sparse(back, encode_sparse(v, k_size, WireCode::f32), k_size, WireCode::f32));
  EXPECT_EQ(back.indices, v.indices);
  EXPECT_EQ(back.values, v.values);

  for (const SparseVector& some : {SparseVector{{3, 500, 70000}, {1.0F, 2.0F, 3.0F}}, SparseVector{{1, 2, 3}, {1.0F, 2.0F, 3.0F}}}) {
    const std::int64_t size = some.indices.back() > 100 ? 70001 : 4;
    const Encoded good = encode_sparse(some, size, WireCode::bf16);
    ASSERT_TRUE(decode_sparse(back, good, size, WireCode::bf16));
    EXPECT_EQ(back.indices, some.indices);
    EXPECT_FALSE(decode_sparse(back, good, size, WireCode::f32));
    EXPECT_FALSE(decode_sparse(back, good, size - 1, WireCode::bf16)) << "an index beyond the end";
    Encoded cut = good;
    cut.payload.pop_back();
    EXPECT_FALSE(decode_sparse(back, cut, size, WireCode::bf16));
    cut = good;
    cut.payload.push_back(std::byte{0});
    EXPECT_FALSE(decode_sparse(back, cut, size, WireCode::bf16));
  }
  Encoded twice = encode_sparse({{3, 5}, {1.0F, 2.0F}}, 1000, WireCode::f32);
  twice.payload[4] = twice.payload[2];  // the same place twice would be added by threads at once
  EXPECT_FALSE(decode_sparse(back, twice, 1000, WireCode::f32));
}

TEST_F(CompressorTest, MessagesOfOthersAreRefused) {
  CompressorConfig config;
  config.name = "e3m0";
  const auto c = make_compressor(*backend_, config);
  config.name = "int8";
  const auto other = make_compressor(*backend_, config);
  const Encoded message = other->encode(tensor(std::vector<double>(100, 1.0)), {});
  Tensor out = tensor(std::vector<double>(100, 2.0));
  test::expect_error([&] { c->decode(out, message, Update::overwrite); }, ErrorKind::input_corrupt, "E2421",
                     {"none of compressor e3m0 for 100 elements"});
  EXPECT_EQ(out.to_doubles(), std::vector<double>(100, 2.0));
}

TEST_F(CompressorTest, ConfigurationsOutOfRangeAreRefused) {
  const auto refused = [&](const std::function<void(CompressorConfig&)>& change, const std::string& text) {
    CompressorConfig c;
    change(c);
    test::expect_error([&] { make_compressor(*backend_, c); }, ErrorKind::config_invalid, "E2422", {text});
  };
  refused([](auto& c) { c.name = "zip"; }, "compressor.name is 'zip'");
  refused([](auto& c) { c.name = "topk", c.ratio = 0.6; }, "compressor.ratio of topk is 0.6");
  refused([](auto& c) { c.name = "topk_sampled", c.sample = 0.0; }, "compressor.sample of topk_sampled is 0");
  refused([](auto& c) { c.name = "qsgd", c.levels = 128; }, "compressor.levels of qsgd is 128");
  refused([](auto& c) { c.name = "qsgd", c.block = 100; }, "compressor.block of qsgd is 100");
  refused([](auto& c) { c.name = "sign", c.scale = "l3"; }, "compressor.scale is 'l3'");
  refused([](auto& c) { c.name = "int8", c.scale = "l1"; }, "compressor.scale is 'l1'");
  refused([](auto& c) { c.values = "fp8"; }, "compressor.values is 'fp8'");
  refused([](auto& c) { c.name = "sign", c.stochastic = true; }, "compressor.stochastic with compressor sign");
}

}  // namespace
}  // namespace myriad::train
