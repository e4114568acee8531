#include "src/model/sfno.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/backend/registry.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/model/sfno_fixture.hpp"

namespace myriad::test {
namespace {

struct Case {
  std::string backend;
  DType dtype;
  double tolerance;
};

class GoldenSfno : public ::testing::TestWithParam<Case> {};

TEST_P(GoldenSfno, OutputEqualsThePublishedNumbers) {
  // T10; numbers of sfno.md 3.11, from the original network class and an independent numpy implementation.
  const auto [name, dtype, tolerance] = GetParam();
  auto backend = make_backend(name);
  const SfnoConfig config = golden_config();
  ParameterSet parameters(*backend, dtype, sfno_parameters(config));
  fill_golden(parameters, config);
  Sfno network(*backend, config, parameters);
  Tensor in(*backend, dtype, {1, 5, 17, 32});
  in.assign(golden_input(config));
  Tensor out(*backend, dtype, {1, 3, 17, 32});
  network.forward(out, in, nullptr);
  const std::vector<double> y = out.to_doubles();

  double sum = 0.0, squares = 0.0;
  for (double value : y) {
    sum += value;
    squares += value * value;
  }
  // The sums add 1632 values: their error is at most that many times the pointwise one.
  EXPECT_NEAR(sum, 24.1339359051, 1e-9 + 300 * tolerance);
  EXPECT_NEAR(squares, 51.3137907509, 1e-9 + 300 * tolerance);
  const auto at = [&](std::size_t c, std::size_t row, std::size_t column) { return y[(c * 17 + row) * 32 + column]; };
  const double expected[3][3] = {{0.16386837493456344, -0.2083740581675267, -0.07289902960434028},
                                 {-0.1789078743642924, 0.24452752428949873, 0.09913257659142741},
                                 {-0.120041086732052, 0.13992554821815464, 0.016065070819585185}};
  const std::size_t places[3][2] = {{0, 0}, {8, 5}, {16, 31}};
  for (std::size_t p = 0; p < 3; ++p) {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(at(c, places[p][0], places[p][1]), expected[p][c], tolerance * (1.0 + std::abs(expected[p][c])));
    }
  }
}

TEST_P(GoldenSfno, RecordingATapeDoesNotChangeTheOutput) {
  const auto [name, dtype, tolerance] = GetParam();
  auto backend = make_backend(name);
  const SfnoConfig config = golden_config();
  ParameterSet parameters(*backend, dtype, sfno_parameters(config));
  fill_golden(parameters, config);
  Sfno network(*backend, config, parameters);
  Tensor in(*backend, dtype, {1, 5, 17, 32});
  in.assign(golden_input(config));
  Tensor plain(*backend, dtype, {1, 3, 17, 32}), taped(*backend, dtype, {1, 3, 17, 32});
  network.forward(plain, in, nullptr);
  SfnoTape tape;
  network.forward(taped, in, &tape);
  const auto a = plain.to_doubles(), b = taped.to_doubles();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

/// Root mean square.
double rms(const std::vector<double>& values) {
  double sum = 0.0;
  for (double v : values) sum += v * v;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::vector<double> difference(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

class ReducedSfno : public ::testing::TestWithParam<Precision> {
 protected:
  static std::vector<double> output(Backend& backend, Precision precision) {
    const SfnoConfig config = golden_config();
    ParameterSet parameters(backend, state_format(precision), sfno_parameters(config));
    fill_golden(parameters, config);
    Sfno network(backend, config, parameters, precision);
    network.prepare_inference();
    if (network.owns_weights()) parameters.release();
    Tensor in(backend, state_format(precision), {1, 5, 17, 32});
    in.assign(golden_input(config));
    Tensor out(backend, state_format(precision), {1, 3, 17, 32});
    network.forward(out, in, nullptr);
    return out.to_doubles();
  }
};

// sfno.md 3.10: TF32 keeps 11 bits of the operands of a product, bf16 8 bits of every field, fp16 11.
TEST_P(ReducedSfno, DiffersFromTheExactNetworkByItsRoundings) {
  for (const std::string& name : backend_names()) {
    auto backend = make_backend(name);
    if (!backend->supports(matrix_format(GetParam()))) continue;
    const std::vector<double> exact = output(*make_backend("reference"), Precision::f64), reduced = output(*backend, GetParam());
    const double error = rms(difference(reduced, exact)) / rms(exact);
    const Precision precision = GetParam();
    EXPECT_LT(error, precision == Precision::mixed ? 4e-2 : 6e-3) << name;
    // The reference backend rounds what it stores and no operands.
    if (name == "reference" && precision == Precision::tf32) continue;
    EXPECT_GT(error, precision == Precision::mixed ? 2e-4 : 2e-5) << name << ": nothing was rounded";
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, ReducedSfno, ::testing::Values(Precision::tf32, Precision::mixed, Precision::half),
                         [](const auto& test) { return std::string(to_string(test.param)) + "_reference_and_cuda"; });

TEST(SfnoPrecision, IsRefusedByABackendWithoutTheFormats) {
  auto backend = make_backend("kokkos");
  const SfnoConfig config = golden_config();
  ParameterSet parameters(*backend, DType::f32, sfno_parameters(config));
  expect_error([&] { Sfno(*backend, config, parameters, Precision::mixed); }, ErrorKind::config_invalid, "E2307",
               {"mixed", "kokkos", "--device cuda"});
}

/// A network too wide for its hidden fields to be held at once at every point.
SfnoConfig wide_config() {
  SfnoConfig c = golden_config();
  c.nlat = 61;
  c.nlon = 120;
  c.embed_dim = 6;
  c.mlp_ratio = 400;
  return c;
}

TEST(SfnoRanges, OfPointsGiveTheResultOfWholeFields) {
  const SfnoConfig config = wide_config();
  auto backend = make_backend("kokkos");
  ParameterSet parameters(*backend, DType::f64, sfno_parameters(config));
  parameters.initialise(3);
  Sfno network(*backend, config, parameters);
  Tensor in(*backend, DType::f64, {2, config.in_channels, config.nlat, config.nlon});
  const std::uint32_t members[] = {1, 2};
  backend->fill_normal(in, {1, 2, 3}, members);
  std::vector<std::vector<double>> results;
  SfnoTape tape;
  for (SfnoTape* t : {static_cast<SfnoTape*>(nullptr), &tape}) {  // a pass with a tape takes every field as a whole
    Tensor out(*backend, DType::f64, {2, config.out_channels, config.nlat, config.nlon});
    network.forward(out, in, t);
    results.push_back(out.to_doubles());
  }
  EXPECT_LT(rms(difference(results[0], results[1])), 1e-12 * rms(results[1]));
}

class RepeatedSfno : public ::testing::TestWithParam<std::string> {};

// A device records the ops of a step and repeats the record: it must notice whatever the record does not hold.
TEST_P(RepeatedSfno, NoticesOtherWeightsTensorsAndBatches) {
  auto backend = make_backend(GetParam());
  const SfnoConfig config = golden_config();
  const auto expected = [&](ParameterSet& parameters, ConstTensorView in) {
    Sfno fresh(*backend, config, parameters);
    fresh.prepare_inference();
    Tensor out(*backend, DType::f32, {in.dim(0), 3, 17, 32});
    fresh.forward(out, in, nullptr);
    return out.to_doubles();
  };
  Tensor in(*backend, DType::f32, {4, 5, 17, 32}), out(*backend, DType::f32, {4, 3, 17, 32});
  const std::uint32_t members[] = {1, 2, 3, 4};
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {  // the second network is likely to lie where the first one lay
    ParameterSet parameters(*backend, DType::f32, sfno_parameters(config));
    parameters.initialise(seed);
    auto network = std::make_unique<Sfno>(*backend, config, parameters);
    network->prepare_inference();
    for (const std::int64_t batch : {1, 4, 1, 4}) {
      for (std::uint32_t step = 0; step < 4; ++step) {
        backend->fill_normal(in, {seed, 7, step}, members);
        if (step == 3) {
          parameters.initialise(seed + 10 * static_cast<std::uint64_t>(batch));
          network->prepare_inference();
        }
        network->forward(out.view().slice(0, 0, batch), in.view().slice(0, 0, batch), nullptr);
        ASSERT_EQ(to_doubles(*backend, out.view().slice(0, 0, batch)), expected(parameters, in.view().slice(0, 0, batch)))
            << "network " << seed << ", batch " << batch << ", step " << step;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, RepeatedSfno, ::testing::ValuesIn(backend_names()), [](const auto& test) { return test.param; });

std::vector<Case> golden_cases() {
  std::vector<Case> cases = {{"reference", DType::f64, 1e-10}};
  for (const std::string& name : backend_names()) {
    if (name == "reference") continue;
    cases.push_back({name, DType::f64, 1e-10});
    cases.push_back({name, DType::f32, 5e-6});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Backends, GoldenSfno, ::testing::ValuesIn(golden_cases()),
                         [](const auto& test) {
                           return test.param.backend + (test.param.dtype == DType::f32 ? "F32" : "F64");
                         });

void check_folding(const SfnoConfig& config) {
  auto backend = make_backend("reference");
  ParameterSet parameters(*backend, DType::f64, sfno_parameters(config));
  fill_golden(parameters, config);
  Sfno network(*backend, config, parameters);
  Tensor in(*backend, DType::f64, {1, config.in_channels, config.nlat, config.nlon});
  in.assign(golden_input(config));
  Tensor plain(*backend, DType::f64, {1, config.out_channels, config.nlat, config.nlon});
  Tensor folded(*backend, DType::f64, {1, config.out_channels, config.nlat, config.nlon});
  network.forward(plain, in, nullptr);
  network.prepare_inference();
  network.forward(folded, in, nullptr);
  const auto a = plain.to_doubles(), b = folded.to_doubles();
  bool identical = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], 1e-13 * (1.0 + std::abs(a[i]))) << i;
    identical = identical && a[i] == b[i];
  }
  EXPECT_FALSE(identical) << "the folded weights were not used";
}

// T11.
TEST(SfnoFolding, EqualsTheUnfoldedNetworkAcrossGrids) { check_folding(golden_config()); }

TEST(SfnoFolding, EqualsTheUnfoldedNetworkOnOneGrid) {
  SfnoConfig config = golden_config();
  config.grid_type = GridType::legendre_gauss;
  config.nlat = 8;
  config.nlon = 16;
  config.scale_factor = 1;
  check_folding(config);
}

TEST(Sfno, HensParameterCountIsThePublishedOne) {
  // T12.
  SfnoConfig config;
  config.grid_type = GridType::equiangular;
  config.nlat = 721;
  config.nlon = 1440;
  config.scale_factor = 2;
  config.in_channels = 110;
  config.out_channels = 74;
  config.embed_dim = 620;
  config.layers = 8;
  const SfnoParameterCount count = count_parameters(config);
  EXPECT_EQ(count.real_valued, 16'302'980);
  EXPECT_EQ(count.complex_valued, 1'107'072'000);
}

TEST(Sfno, OutputOfAnElementIsTheSameBitsInAnyBatch) {
  // T25 in the form of ADR 0002.
  auto backend = make_backend("kokkos");
  SfnoConfig config = golden_config();
  config.embed_dim = 12;
  ParameterSet parameters(*backend, DType::f32, sfno_parameters(config));
  parameters.initialise(7);
  Sfno network(*backend, config, parameters);
  constexpr std::int64_t k_batch = 5;
  const std::int64_t n = 5 * 17 * 32, m = 3 * 17 * 32;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<std::size_t>(k_batch * n));
  for (float& value : x) value = normal(random);
  Tensor in(*backend, DType::f32, {k_batch, 5, 17, 32}), out(*backend, DType::f32, {k_batch, 3, 17, 32});
  in.assign(x);
  network.forward(out, in, nullptr);
  const std::vector<float> together = out.to_floats();
  for (std::int64_t b = 0; b < k_batch; ++b) {
    Tensor alone(*backend, DType::f32, {1, 3, 17, 32});
    Tensor one(*backend, DType::f32, {1, 5, 17, 32});
    one.assign(std::vector<float>(x.begin() + b * n, x.begin() + (b + 1) * n));
    network.forward(alone, one, nullptr);
    const std::vector<float> y = alone.to_floats();
    for (std::int64_t i = 0; i < m; ++i) {
      ASSERT_EQ(y[static_cast<std::size_t>(i)], together[static_cast<std::size_t>(b * m + i)]) << b << " " << i;
    }
  }
}

/// Scalar function of the output with a known gradient: sum_i a_i y_i.
struct GradientProblem {
  Backend& backend;
  SfnoConfig config;
  ParameterSet parameters;
  Sfno network;
  Tensor in, out, weights;
  std::vector<double> x, a;

  GradientProblem(Backend& b, const SfnoConfig& c, std::int64_t batch)
      : backend(b),
        config(c),
        parameters(b, DType::f64, sfno_parameters(c)),
        network(b, c, parameters),
        in(b, DType::f64, {batch, c.in_channels, c.nlat, c.nlon}),
        out(b, DType::f64, {batch, c.out_channels, c.nlat, c.nlon}),
        weights(b, DType::f64, {batch, c.out_channels, c.nlat, c.nlon}) {
    parameters.initialise(11);
    if (config.output_scale) {
      std::vector<double> scale;
      for (std::int64_t o = 0; o < config.out_channels; ++o) scale.push_back(0.3 + 0.1 * static_cast<double>(o));
      network.set_output_scale(scale);
    }
    // Biases and norms start at their neutral values; move them so that their gradients are tested away from there.
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i < parameters.count(); ++i) {
      if (parameters.info(i).shape.size() != 1) continue;
      Tensor moved(b, DType::f64, {parameters.value(i).size()});
      std::vector<double> values = to_doubles(b, std::as_const(parameters).value(i));
      for (double& v : values) v += 0.2 * normal(random);
      moved.assign(values);
      b.copy(parameters.value(i), moved);
    }
    x.resize(static_cast<std::size_t>(in.size()));
    a.resize(static_cast<std::size_t>(out.size()));
    for (double& v : x) v = normal(random);
    for (double& v : a) v = normal(random);
    in.assign(x);
    weights.assign(a);
  }

  double value() {
    network.forward(out, in, nullptr);
    const std::vector<double> y = out.to_doubles();
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += a[i] * y[i];
    return sum;
  }
};

void check_gradients(const char* backend_name, SfnoConfig config) {
  auto backend = make_backend(backend_name);
  GradientProblem problem(*backend, config, 2);
  SfnoTape tape;
  problem.network.forward(problem.out, problem.in, &tape);
  Tensor grad_in(*backend, DType::f64, {2, config.in_channels, config.nlat, config.nlon});
  problem.network.backward(grad_in, problem.weights, problem.in, tape);

  // Directional derivatives along random directions of each parameter, central differences in fp64: the truncation
  // error h^2 f'''/6 and the rounding error eps f / h balance near h = 1e-5 at about 1e-9 relative.
  const double h = 1e-5;
  std::mt19937 random(17);
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i <= problem.parameters.count(); ++i) {
    const bool input = i == problem.parameters.count();
    TensorView target = input ? problem.in.view() : problem.parameters.value(i);
    const std::vector<double> gradient = to_doubles(
        *backend, input ? std::as_const(grad_in).view() : ConstTensorView(problem.parameters.gradient(i)));
    const std::vector<double> start = to_doubles(*backend, target);
    std::vector<double> direction(start.size());
    double norm = 0.0;
    for (double& d : direction) {
      d = normal(random);
      norm += d * d;
    }
    double analytic = 0.0;
    for (std::size_t k = 0; k < start.size(); ++k) analytic += gradient[k] * (direction[k] /= std::sqrt(norm));
    const auto value_at = [&](double step) {
      std::vector<double> moved = start;
      for (std::size_t k = 0; k < moved.size(); ++k) moved[k] += step * direction[k];
      Tensor staged(*backend, DType::f64, {target.size()});
      staged.assign(moved);
      backend->copy(TensorView(target.data, DType::f64, {target.size()}), staged);
      return problem.value();
    };
    const double numeric = (value_at(h) - value_at(-h)) / (2.0 * h);
    value_at(0.0);
    const std::string name = input ? "input" : problem.parameters.info(i).name;
    EXPECT_NEAR(numeric, analytic, 1e-6 * std::max(1.0, std::abs(analytic))) << name;
  }
}

TEST(SfnoBackward, MatchesFiniteDifferencesWithRegriddingBlocks) { check_gradients("reference", golden_config()); }

TEST(SfnoBackward, MatchesFiniteDifferencesOnOneGridWithScaledOutput) {
  SfnoConfig config = golden_config();
  config.grid_type = GridType::legendre_gauss;
  config.nlat = 8;
  config.nlon = 16;
  config.scale_factor = 1;
  config.layers = 2;
  config.output_scale = true;
  config.identity_skip_from = 1;
  check_gradients("kokkos", config);
}

TEST(SfnoBackward, MatchesFiniteDifferencesOfASingleBlock) {
  SfnoConfig config = golden_config();
  config.layers = 1;  // first and last at once: stays on the outer grid
  check_gradients("kokkos", config);
}

TEST(SfnoBackward, PortableBackendMatchesFiniteDifferences) { check_gradients("kokkos", golden_config()); }

TEST(SfnoConfigCheck, NamesTheFieldThatMakesNoSense) {
  SfnoConfig config = golden_config();
  config.embed_dim = 0;
  try {
    validate(config);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    EXPECT_NE(std::string(error.what()).find("embed_dim"), std::string::npos);
  }
}

}  // namespace
}  // namespace myriad::test
