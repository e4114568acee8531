#include "kernels/conv1x1.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/gemm.hpp"
#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "tests/support/match.hpp"
#include "tests/unit/backend/operands.hpp"

namespace myriad {
namespace {

using kernels::DType;
using kernels::kokkos::GemmProvider;
using test::Operands;

/// Cases of the 1x1 convolution.
std::vector<OpCase> conv_cases(DType dtype, const OpShape& shape) {
  std::vector<OpCase> cases = op_cases(dtype, shape);
  std::erase_if(cases, [](const OpCase& c) { return !c.op.starts_with("conv1x1"); });
  return cases;
}

/// Runs with OpenBLAS as long as it lives.
class OpenblasProvider : public testing::Test {
 protected:
  void SetUp() override {
    if (!kernels::kokkos::openblas_available()) GTEST_SKIP() << "built without OpenBLAS";
    kernels::kokkos::set_gemm_provider(GemmProvider::openblas);
  }
  void TearDown() override { kernels::kokkos::set_gemm_provider(GemmProvider::blocked); }

  std::shared_ptr<Backend> backend_ = make_backend("kokkos");
};

TEST_F(OpenblasProvider, AgreesWithPlainLoopsInDoublePrecision) {
  const auto reference = make_backend("reference");
  for (DType dtype : {DType::f32, DType::f64}) {
    for (const OpShape& shape : test_shapes()) {
      for (const OpCase& c : conv_cases(dtype, shape)) {
        const Operands expected(*reference, c.operands, 1), actual(*backend_, c.operands, 1);
        c.run(*reference, expected.views());
        c.run(*backend_, actual.views());
        for (std::size_t k = 0; k < c.operands.size(); ++k) {
          const test::Tolerance tolerance{.relative = c.operands[k].is_output ? c.tolerance : 0.0};
          EXPECT_TRUE(test::all_close(actual.values(k), expected.values(k), tolerance,
                                      c.operands[k].extents))
              << c.name() << ", operand " << c.operands[k].name;
        }
      }
    }
  }
}

TEST_F(OpenblasProvider, GivesTheSameBitsWhateverTheAlignmentOfItsOperands) {
  for (DType dtype : {DType::f32, DType::f64}) {
    for (const OpShape& shape : test_shapes()) {
      for (const OpCase& c : conv_cases(dtype, shape)) {
        const Operands aligned(*backend_, c.operands, 1), shifted(*backend_, c.operands, 1, 3);
        c.run(*backend_, aligned.views());
        c.run(*backend_, shifted.views());
        for (std::size_t k = 0; k < c.operands.size(); ++k) {
          ASSERT_TRUE(test::same_bits(shifted.values(k), aligned.values(k), c.operands[k].extents))
              << c.name();
        }
      }
    }
  }
}

TEST_F(OpenblasProvider, GivesASampleTheSameBitsAloneAndInABatch) {
  for (const OpCase& c : conv_cases(DType::f32, test_shapes()[1])) {
    if (c.operands[0].batch_dim < 0) continue;
    const Operands whole(*backend_, c.operands, 1), part(*backend_, c.operands, 1);
    c.run(*backend_, whole.views());
    for (std::int64_t b = 0; b < test_shapes()[1].batch; ++b) {
      std::vector<TensorView> views = part.views();
      for (std::size_t k = 0; k < views.size(); ++k) {
        if (c.operands[k].batch_dim == 0) views[k] = views[k].slice(0, b, 1);
      }
      c.run(*backend_, views);
      ASSERT_TRUE(test::same_bits(to_doubles(*backend_, views[0]),
                                  to_doubles(*backend_, whole[0].slice(0, b, 1))))
          << c.name() << ", sample " << b;
    }
  }
}

TEST(BlockedProvider, IsTheDefault) {
  EXPECT_STREQ(kernels::kokkos::default_gemm_provider(), "blocked");
}

TEST(BlockedProvider, SumsAPointsChannelsInTheSameOrderWhereverThePointLies) {
  // All points hold the same column, so that every point must get the same bits: in whole panels,
  // in rests, in any row.
  const auto backend = make_backend("kokkos");
  for (std::int64_t points : {1, 31, 32, 33, 255, 256, 257, 700}) {
    constexpr std::int64_t inputs = 23, outputs = 19;
    Tensor in(*backend, DType::f32, {1, inputs, points}),
        out(*backend, DType::f32, {1, outputs, points});
    Tensor weight(*backend, DType::f32, {outputs, inputs});
    std::vector<double> row(static_cast<std::size_t>(inputs)), values;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = 0.1 * static_cast<double>(i) - 1.0;
      values.insert(values.end(), static_cast<std::size_t>(points), row[i] * row[i] - 0.3);
    }
    in.assign(values);
    std::vector<double> matrix;
    for (std::int64_t o = 0; o < outputs; ++o) matrix.insert(matrix.end(), row.begin(), row.end());
    weight.assign(matrix);
    backend->conv1x1(out, in, weight, {}, kernels::Activation::none, kernels::Update::overwrite);
    const std::vector<double> result = out.to_doubles();
    EXPECT_TRUE(
        test::same_bits(result, std::vector<double>(result.size(), result[0]), {outputs, points}))
        << points;
  }
}

}  // namespace
}  // namespace myriad
