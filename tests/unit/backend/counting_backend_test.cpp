#include "src/backend/counting_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "src/backend/null_backend.hpp"
#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "src/grid/grid.hpp"
#include "src/spectral/sht.hpp"
#include "tests/support/match.hpp"
#include "tests/unit/backend/operands.hpp"

namespace myriad {
namespace {

using kernels::Activation;
using kernels::Stage;
using kernels::Update;
using test::Operands;

std::size_t index_of(DType dtype) { return static_cast<std::size_t>(dtype); }

TEST(CountingBackend, CountsEveryOpAsItsCaseDoesAndChangesNoBit) {
  const OpShape shape = test_shapes()[1];
  for (const DType dtype : {DType::f32, DType::f64}) {
    const auto plain = make_backend("kokkos");
    CountingBackend counting(make_backend("kokkos"));
    for (const OpCase& c : op_cases(dtype, shape)) {
      const Operands expected(*plain, c.operands, 1), actual(counting, c.operands, 1);
      counting.reset();
      c.run(*plain, expected.views());
      c.run(counting, actual.views());
      const StageWork total = counting.total();
      ASSERT_EQ(total.ops.count(c.op), 1U) << c.name();
      const Work& work = total.ops.at(c.op);
      EXPECT_EQ(work.calls, 1) << c.name();
      EXPECT_EQ(work.flop, c.flops) << c.name();
      EXPECT_EQ(work.least_flop[index_of(dtype)], c.flops) << c.name();
      for (std::size_t k = 0; k < c.operands.size(); ++k) {
        EXPECT_TRUE(test::same_bits(actual.values(k), expected.values(k))) << c.name() << ", " << c.operands[k].name;
      }
    }
  }
}

TEST(CountingBackend, CountsEachOperandOnceAndAnAccumulatedOneTwice) {
  CountingBackend counting(make_null_backend());
  Tensor out(counting, DType::f64, {2, 3, 5, 7}), in(counting, DType::f64, {2, 4, 5, 7}), weight(counting, DType::f64, {3, 4}),
      bias(counting, DType::f64, {3});
  const double field = 2 * 3 * 35 * 8.0, input = 2 * 4 * 35 * 8.0, matrix = 12 * 8.0;
  counting.conv1x1(out, in, weight, bias, Activation::none, Update::overwrite);
  EXPECT_EQ(counting.total().work.bytes, field + input + matrix + 3 * 8.0);
  EXPECT_EQ(counting.total().work.flop, 2.0 * 12 * 70);
  counting.reset();
  counting.conv1x1(out, in, weight, ConstTensorView(), Activation::none, Update::accumulate);
  EXPECT_EQ(counting.total().work.bytes, 2 * field + input + matrix);
  counting.reset();
  counting.conv1x1_adjoint_weight(weight, TensorView(), out, in, Update::accumulate);
  EXPECT_EQ(counting.total().work.bytes, 2 * matrix + field + input);
  counting.reset();
  Tensor from(counting, DType::f64, {2, 10, 4, 2}), to(counting, DType::f64, {2, 10, 3, 2});
  counting.spectral_conv1x1(to, from, weight);
  EXPECT_EQ(counting.total().work.bytes, 2 * 10 * (4 + 3) * 16.0 + matrix);
  counting.reset();
  counting.spectral_conv1x1_adjoint_input(from, to, weight, Update::accumulate);
  EXPECT_EQ(counting.total().work.bytes, 2 * 10 * (2 * 4 + 3) * 16.0 + matrix);
  counting.reset();
  counting.spectral_conv1x1_adjoint_weight(weight, to, from, Update::overwrite);
  EXPECT_EQ(counting.total().work.bytes, 2 * 10 * (4 + 3) * 16.0 + matrix);
  counting.reset();
  counting.axpby(out, 2.0, out, 0.0, ConstTensorView());
  EXPECT_EQ(counting.total().work.bytes, 2 * field);
  EXPECT_EQ(counting.total().work.flop, 0.0);
  counting.reset();
  Tensor half(counting, DType::f32, {2, 3, 5, 7});
  counting.copy(half, out);
  EXPECT_EQ(counting.total().work.bytes, 1.5 * field);
}

TEST(CountingBackend, CountsATransformAsTheSumOfItsParts) {
  // 8 x 16 Gauss grid, degrees below 4: 10 coefficients; 2 batch elements of 3 channels.
  CountingBackend counting(make_null_backend());
  const Grid grid(GridType::legendre_gauss, 8, 16);
  Sht sht(counting, grid, 4, 4, DType::f32);
  Tensor field(counting, DType::f32, {2, 3, 8, 16}), coefficients(counting, DType::f32, {2, 10, 3, 2});
  counting.reset();
  sht.analysis(coefficients, field);
  sht.synthesis(field, coefficients);
  const StageWork total = counting.total();
  const double fft = 6 * 8 * 2.5 * 16 * 4, legendre = 6 * 4.0 * 10 * 8;
  const double grid_bytes = 6 * 128 * 4.0, fourier = 6 * 4 * 8 * 2 * 4.0, spectrum = 60 * 2 * 4.0, table = 10 * 4 * 4.0;
  for (const char* op : {"fft_forward", "fft_inverse"}) {
    EXPECT_EQ(total.ops.at(op).flop, fft);
    EXPECT_EQ(total.ops.at(op).least_flop[index_of(DType::f32)], fft);
    EXPECT_EQ(total.ops.at(op).bytes, grid_bytes + fourier);
  }
  for (const char* op : {"legendre_analysis", "legendre_synthesis"}) {
    EXPECT_EQ(total.ops.at(op).flop, legendre);
    EXPECT_EQ(total.ops.at(op).least_flop[index_of(DType::f32)], 0.5 * legendre);
    EXPECT_EQ(total.ops.at(op).bytes, fourier + spectrum + table);
  }
  EXPECT_EQ(total.work.calls, 4);
  EXPECT_EQ(total.work.flop, 2 * (fft + legendre));
}

TEST(CountingBackend, GivesWorkToTheInnermostStage) {
  CountingBackend counting(make_null_backend());
  Tensor one(counting, DType::f32, {10}), two(counting, DType::f32, {20});
  counting.reset();
  {
    const Stage outer(counting, "outer");
    counting.fill(one, 0.0);
    {
      const Stage inner(counting, "inner");
      counting.fill(two, 0.0);
      counting.fill(two, 0.0);
    }
    counting.fill(one, 0.0);
  }
  counting.fill(one, 0.0);
  ASSERT_EQ(counting.stages().size(), 3U);
  EXPECT_EQ(counting.stages()[0].name, "outer");
  EXPECT_EQ(counting.stages()[0].work.bytes, 80.0);
  EXPECT_EQ(counting.stages()[1].name, "inner");
  EXPECT_EQ(counting.stages()[1].work.bytes, 160.0);
  EXPECT_EQ(counting.stages()[2].name, "other");
  EXPECT_EQ(counting.stages()[2].ops.at("fill").calls, 1);
  EXPECT_EQ(counting.total().work.bytes, 280.0);
  EXPECT_EQ(counting.total().seconds, 0.0);
}

TEST(CountingBackend, TimesStagesWhenAsked) {
  CountingBackend counting(make_backend("kokkos"), CountingBackend::Timing::on);
  Tensor field(counting, DType::f32, {1 << 20});
  counting.fill(field, 1.0);
  counting.reset();
  {
    const Stage stage(counting, "squares");
    counting.sum_of_squares(field);
  }
  counting.fill(field, 1.0);
  counting.fence();
  ASSERT_EQ(counting.stages().size(), 2U);
  EXPECT_GT(counting.stages()[0].seconds, 0.0);
  EXPECT_GT(counting.stages()[1].seconds, 0.0);
  EXPECT_EQ(counting.total().seconds, counting.stages()[0].seconds + counting.stages()[1].seconds);
}

TEST(CountingBackend, KnowsThePresentAndTheLargestAllocation) {
  CountingBackend counting(make_null_backend());
  {
    const Tensor a(counting, DType::f32, {100});
    const Tensor b(counting, DType::f64, {100});
    EXPECT_EQ(counting.bytes_now(), 1200);
  }
  const Tensor c(counting, DType::f32, {10});
  EXPECT_EQ(counting.bytes_now(), 40);
  EXPECT_EQ(counting.bytes_peak(), 1200);
  counting.reset();
  EXPECT_EQ(counting.bytes_peak(), 40);
}

TEST(NullBackend, GivesMoreMemoryThanAMachineHas) {
  const auto null = make_null_backend();
  const Tensor huge(*null, DType::f32, {std::int64_t{1} << 38});  // 1 TiB
  EXPECT_EQ(null->sum_of_squares(huge), 0.0);
  double host = 1.0;
  null->copy_to_host(&host, huge.view().data, sizeof(host));
  EXPECT_EQ(host, 0.0);
}

}  // namespace
}  // namespace myriad
