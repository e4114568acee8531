#include "kernels/pointwise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"

namespace myriad {
namespace {

using kernels::Update;
using testing::ElementsAre;

class Pointwise : public testing::TestWithParam<std::string> {
 protected:
  Tensor tensor(std::initializer_list<std::int64_t> extents, const std::vector<double>& values,
                DType dtype = DType::f32) {
    Tensor t(*backend_, dtype, extents);
    t.assign(values);
    return t;
  }
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(Pointwise, AxpbyWorksOnSlicesAndInPlace) {
  Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), y = tensor({2, 3}, {10, 20, 30, 40, 50, 60});
  // The last two columns of x receive 2 x + y, in place.
  backend_->axpby(x.view().slice(1, 1, 2), 2.0, x.view().slice(1, 1, 2), 1.0,
                  y.view().slice(1, 1, 2));
  EXPECT_THAT(x.to_doubles(), ElementsAre(1, 24, 36, 4, 60, 72));
}

TEST_P(Pointwise, AxpbyWithAZeroFactorDoesNotReadTheSecondOperand) {
  Tensor x = tensor({3}, {1, 2, 3}), y = tensor({3}, {NAN, NAN, NAN}), out = tensor({3}, {0, 0, 0});
  backend_->axpby(out, 3.0, x, 0.0, y);
  EXPECT_THAT(out.to_doubles(), ElementsAre(3, 6, 9));
  backend_->axpby(out, -1.0, x, 0.0, {});
  EXPECT_THAT(out.to_doubles(), ElementsAre(-1, -2, -3));
}

TEST_P(Pointwise, AffineTakesMissingScaleAsOneAndMissingShiftAsZero) {
  Tensor in = tensor({1, 2, 2}, {1, 2, 3, 4}), out = tensor({1, 2, 2}, {100, 100, 100, 100});
  Tensor scale = tensor({2}, {10, -1}), shift = tensor({2}, {0.5, 7});
  backend_->channel_affine(out, in, scale, {}, Update::overwrite);
  EXPECT_THAT(out.to_doubles(), ElementsAre(10, 20, -3, -4));
  backend_->channel_affine(out, in, {}, shift, Update::accumulate);
  EXPECT_THAT(out.to_doubles(), ElementsAre(11.5, 22.5, 7, 7));
  backend_->channel_affine(in, in, scale, shift, Update::overwrite);
  EXPECT_THAT(in.to_doubles(), ElementsAre(10.5, 20.5, 4, 3));
}

TEST_P(Pointwise, ClampRaisesWhatIsBelowAndKeepsNaN) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double none = -std::numeric_limits<double>::infinity();
  Tensor in = tensor({1, 2, 3}, {-1, 0.5, nan, -1, 0.5, nan}), lower = tensor({2}, {0, none});
  backend_->clamp_below(in, in, lower);
  const std::vector<double> y = in.to_doubles();
  EXPECT_EQ(y[0], 0.0);
  EXPECT_EQ(y[1], 0.5);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], -1.0);
  EXPECT_EQ(y[4], 0.5);
  EXPECT_TRUE(std::isnan(y[5]));
}

TEST_P(Pointwise, CopyBroadcastsExtentsOfOne) {
  Tensor row = tensor({1, 3}, {1, 2, 3}), column = tensor({2, 1}, {7, 8}),
         out = tensor({2, 3}, {0, 0, 0, 0, 0, 0});
  backend_->copy(out, row);
  EXPECT_THAT(out.to_doubles(), ElementsAre(1, 2, 3, 1, 2, 3));
  backend_->copy(out, column);
  EXPECT_THAT(out.to_doubles(), ElementsAre(7, 7, 7, 8, 8, 8));
}

TEST_P(Pointwise, CopyConvertsBetweenPrecisions) {
  Tensor wide = tensor({3}, {0.1, -1e-300, 1e30}, DType::f64), narrow = tensor({3}, {0, 0, 0});
  backend_->copy(narrow, wide);
  EXPECT_THAT(narrow.to_floats(), ElementsAre(0.1f, -0.0f, 1e30f));
  backend_->copy(wide, narrow);
  EXPECT_THAT(wide.to_doubles(),
              ElementsAre(static_cast<double>(0.1f), 0.0, static_cast<double>(1e30f)));
}

TEST_P(Pointwise, CopyFollowsStridesOfSixDimensions) {
  std::vector<double> values(2 * 3 * 2 * 2 * 1 * 3);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k);
  Tensor in = tensor({2, 3, 2, 2, 1, 3}, values), out = tensor({2, 3, 2, 2, 1, 3}, values);
  backend_->fill(out, -1.0);
  // Reverse the order of the dimensions of the target: out[f, e, d, c, b, a] = in[a, b, c, d, e,
  // f].
  TensorView target(out.view().data, DType::f32, {3, 1, 2, 2, 3, 2});
  TensorView turned = target;
  for (int d = 0; d < 6; ++d) {
    turned.extent[static_cast<std::size_t>(d)] = target.dim(5 - d);
    turned.stride[static_cast<std::size_t>(d)] = target.step(5 - d);
  }
  backend_->copy(turned, in);
  EXPECT_EQ(to_doubles(*backend_, turned), values);
  EXPECT_NE(out.to_doubles(), values);
}

TEST_P(Pointwise, FillOfASliceLeavesTheRest) {
  Tensor t = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  backend_->fill(t.view().slice(1, 0, 2), 0.5);
  EXPECT_THAT(t.to_doubles(), ElementsAre(0.5, 0.5, 3, 0.5, 0.5, 6));
}

INSTANTIATE_TEST_SUITE_P(Backends, Pointwise, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
