#include "src/model/weight_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/backend/registry.hpp"
#include "src/base/random_streams.hpp"
#include "src/model/sfno.hpp"

namespace myriad::test {
namespace {

SfnoConfig network_config(std::int64_t scale_factor) {
  SfnoConfig c;
  c.grid_type = GridType::equiangular;
  c.nlat = 17;
  c.nlon = 32;
  c.scale_factor = scale_factor;
  c.in_channels = 4;
  c.out_channels = 3;
  c.embed_dim = 6;
  c.layers = 3;
  return c;
}

struct Network {
  std::shared_ptr<Backend> backend;
  SfnoConfig config;
  ParameterSet parameters;
  Sfno network;

  Network(const char* name, std::int64_t scale_factor, DType dtype)
      : backend(make_backend(name)),
        config(network_config(scale_factor)),
        parameters(*backend, dtype, sfno_parameters(config)),
        network(*backend, config, parameters) {
    parameters.initialise(21);
  }

  /// Filters of every block with W (1 + scale xi) below \p degrees, xi straight from the random
  /// stream.
  void perturb(const WeightNoiseElement& element, std::int64_t degrees, std::uint32_t period) {
    const std::int64_t width = config.embed_dim;
    for (std::int64_t block = 0; block < config.layers; ++block) {
      const std::size_t i =
          parameters.index("blocks." + std::to_string(block) + ".filter.filter.weight");
      std::vector<double> weight = to_doubles(*backend, parameters.value(i));
      Tensor xi(*backend, DType::f64, {1, degrees * width * width});
      backend->fill_normal(xi,
                           {element.seed, stream_number(StreamId::weight_noise),
                            period * 1024 + static_cast<std::uint32_t>(block)},
                           std::span(&element.draw, 1));
      const std::vector<double> z = xi.to_doubles();
      for (std::size_t k = 0; k < z.size(); ++k) {
        weight[2 * k] *= 1.0 + element.scale * z[k];
        weight[2 * k + 1] *= 1.0 + element.scale * z[k];
      }
      Tensor changed(*backend, parameters.dtype(), {config.lmax(), width, width, 2});
      changed.assign(weight);
      backend->copy(parameters.value(i), changed);
    }
  }

  Tensor inputs(std::int64_t batch) {
    Tensor in(*backend, parameters.dtype(), {batch, config.in_channels, config.nlat, config.nlon});
    std::vector<double> values;
    for (std::int64_t i = 0; i < in.size(); ++i) {
      values.push_back(std::sin(0.013 * static_cast<double>(i)) +
                       std::cos(0.37 * static_cast<double>(i)));
    }
    in.assign(values);
    return in;
  }
  std::vector<double> forward(ConstTensorView in) {
    Tensor out(*backend, parameters.dtype(),
               {in.dim(0), config.out_channels, config.nlat, config.nlon});
    network.forward(out, in, nullptr);
    return out.to_doubles();
  }
  std::vector<double> forward(ConstTensorView in, const WeightNoise& noise) {
    Tensor out(*backend, parameters.dtype(),
               {in.dim(0), config.out_channels, config.nlat, config.nlon});
    network.forward(out, in, noise);
    return out.to_doubles();
  }
};

double largest_difference(std::span<const double> a, std::span<const double> b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Degree 0 alone would change nothing: the instance norm after each filter removes it.
TEST(WeightNoise, EqualsANetworkWithPerturbedCopiesOfItsWeights) {
  const WeightNoiseElement element{99, 5, -0.25};
  for (const char* name : {"kokkos", "reference"}) {
    for (std::int64_t scale_factor : {1, 2}) {
      Network noisy(name, scale_factor, DType::f64);
      const Tensor in = noisy.inputs(1);
      const std::vector<double> plain = noisy.forward(in);
      for (std::int64_t degrees : {std::int64_t{2}, std::int64_t{5}, noisy.config.lmax()}) {
        Network copies(name, scale_factor, DType::f64);
        copies.perturb(element, degrees, 3);
        const std::vector<double> expected = copies.forward(in);
        const WeightNoise noise{std::span(&element, 1), degrees, 3};
        EXPECT_LT(largest_difference(noisy.forward(in, noise), expected), 1e-12) << name << degrees;
        EXPECT_GT(largest_difference(plain, expected), 1e-4) << name << degrees;
        Network folded(name, scale_factor, DType::f64);
        folded.network.prepare_inference();
        EXPECT_LT(largest_difference(folded.forward(in, noise), expected), 1e-11)
            << name << degrees;
      }
    }
  }
}

TEST(WeightNoise, ElementsWithoutScaleKeepTheirBits) {
  for (const bool fold : {false, true}) {
    Network n("kokkos", 2, DType::f32);
    if (fold) n.network.prepare_inference();
    const Tensor in = n.inputs(3);
    const std::vector<double> plain = n.forward(in);
    const std::vector<WeightNoiseElement> elements{{1, 1, 0.0}, {1, 2, 0.25}, {1, 3, 0.0}};
    const std::vector<double> mixed = n.forward(in, {elements, 6, 0});
    const std::size_t size = plain.size() / 3;
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(mixed[i], plain[i]);
      ASSERT_EQ(mixed[2 * size + i], plain[2 * size + i]);
    }
    EXPECT_GT(largest_difference(std::span(mixed).subspan(size, size),
                                 std::span(plain).subspan(size, size)),
              1e-3);
    EXPECT_EQ(n.forward(in), plain);  // nothing stays behind
  }
}

TEST(WeightNoise, BitsDoNotDependOnThePlaceInTheBatch) {
  Network n("kokkos", 2, DType::f32);
  n.network.prepare_inference();
  Tensor in = n.inputs(3);
  // All elements get the same input.
  for (std::int64_t b = 1; b < 3; ++b)
    n.backend->copy(in.view().slice(0, b, 1), in.view().slice(0, 0, 1));
  const std::vector<WeightNoiseElement> elements{{7, 12, 0.25}, {7, 4, 0.25}, {7, 12, 0.25}};
  const std::vector<double> together = n.forward(in, {elements, 8, 1});
  const WeightNoiseElement one{7, 4, 0.25};
  const std::vector<double> alone = n.forward(in.view().slice(0, 0, 1), {std::span(&one, 1), 8, 1});
  const std::size_t size = alone.size();
  const auto part = [&](std::size_t b) {
    return std::vector<double>(together.begin() + static_cast<std::ptrdiff_t>(b * size),
                               together.begin() + static_cast<std::ptrdiff_t>((b + 1) * size));
  };
  EXPECT_EQ(part(1), alone);
  EXPECT_EQ(part(0), part(2));
  EXPECT_NE(part(0), part(1));
}

TEST(WeightNoise, RealisationDependsOnSeedDrawPeriodAndSign) {
  Network n("kokkos", 1, DType::f32);
  const Tensor in = n.inputs(1);
  const auto run = [&](const WeightNoiseElement& element, std::uint32_t period) {
    return n.forward(in, {std::span(&element, 1), 4, period});
  };
  const std::vector<double> base = run({1, 1, 0.25}, 0);
  EXPECT_EQ(run({1, 1, 0.25}, 0), base);
  EXPECT_NE(run({2, 1, 0.25}, 0), base);
  EXPECT_NE(run({1, 2, 0.25}, 0), base);
  EXPECT_NE(run({1, 1, 0.25}, 1), base);
  EXPECT_NE(run({1, 1, -0.25}, 0), base);
}

TEST(WeightNoise, FewerDegreesMeetTheSameNumbers) {
  // The response to degrees 0..3 together is, for a small scale, that to 0..1 plus what 2..3 add:
  // low ones unchanged.
  Network a("kokkos", 1, DType::f64), b("kokkos", 1, DType::f64);
  const WeightNoiseElement element{3, 3, 0.25};
  a.perturb(element, 2, 0);
  b.perturb(element, 4, 0);
  const std::size_t i = a.parameters.index("blocks.1.filter.filter.weight");
  const std::vector<double> two = to_doubles(*a.backend, a.parameters.value(i)),
                            four = to_doubles(*b.backend, b.parameters.value(i));
  const std::size_t low = 2 * 6 * 6 * 2;
  for (std::size_t k = 0; k < low; ++k) ASSERT_EQ(two[k], four[k]);
  EXPECT_NE(two[low], four[low]);
}

}  // namespace
}  // namespace myriad::test
