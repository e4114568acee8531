#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"
#include "tests/support/match.hpp"

namespace myriad {
namespace {

using kernels::DType;
using kernels::Update;

constexpr std::int64_t k_channels = 2, k_nlat = 2, k_nlon = 3;

/// One ensemble on one backend.
struct Scored {
  Tensor members, truth, row_weight, coefficient, score, gradient;

  Scored(Backend& backend, DType dtype, std::int64_t count, const std::vector<double>& member_values,
         const std::vector<double>& truth_values)
      : members(backend, dtype, {count, 1, k_channels, k_nlat, k_nlon}),
        truth(backend, dtype, {1, k_channels, k_nlat, k_nlon}),
        row_weight(backend, DType::f64, {k_nlat}),
        coefficient(backend, DType::f64, {1, k_channels}),
        score(backend, DType::f64, {1, k_channels}),
        gradient(backend, dtype, {count, 1, k_channels, k_nlat, k_nlon}) {
    members.assign(member_values);
    truth.assign(truth_values);
    row_weight.assign(std::vector<double>{0.25, 0.75});
    coefficient.assign(std::vector<double>{1.5, -2.0});
    backend.crps(score, members, truth, row_weight, 0.95);
    backend.crps_adjoint(gradient, members, truth, row_weight, 0.95, coefficient, Update::overwrite);
  }
};

/// Backends but the reference.
class CrpsOf : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
  std::shared_ptr<Backend> reference_ = make_backend("reference");
};

std::vector<std::string> tested() {
  std::vector<std::string> names;
  for (const std::string& name : backend_names()) {
    if (name != "reference") names.push_back(name);
  }
  return names;
}

std::vector<double> values(std::int64_t size, std::uint32_t seed, double step) {
  Operand operand{"", {size}, DType::f64, Content::normal, -1, false};
  std::vector<double> list = operand_values(operand, seed);
  // 300: as temperatures, whose differences are small beside them.
  for (double& v : list) v = step > 0.0 ? std::round(v / step) * step : 300.0 + v;
  return list;
}

TEST_P(CrpsOf, EveryNumberOfMembersAgreesWithPlainLoops) {
  const std::int64_t points = k_channels * k_nlat * k_nlon;
  for (const DType dtype : {DType::f32, DType::f64}) {
    const bool single = dtype == DType::f32;
    const double unit = single ? 0x1p-24 : 0x1p-53;
    for (std::int64_t count = 1; count <= 140; count += count < 70 ? 1 : 23) {
      for (const double step : {0.0, 0.5}) {  // 0.5: many ties, also with the truth
        const auto member_values = values(count * points, 3, step);
        const auto truth_values = values(points, 4, step);
        const Scored expected(*reference_, dtype, count, member_values, truth_values);
        const Scored actual(*backend_, dtype, count, member_values, truth_values);
        // In fp64 the plain sum over the pairs itself carries about sqrt(pairs) roundings.
        const double units = single ? 16.0 : 16.0 + 0.5 * static_cast<double>(count);
        EXPECT_TRUE(test::all_close(actual.score.to_doubles(), expected.score.to_doubles(), {.relative = units * unit}, {k_channels}))
            << count << " members, step " << step;
        EXPECT_TRUE(test::all_close(actual.gradient.to_doubles(), expected.gradient.to_doubles(), {.relative = 8.0 * unit},
                                    {count, points}))
            << count << " members, step " << step;
      }
    }
  }
}

TEST_P(CrpsOf, ANanSpoilsTheScoreOfItsChannelOnly) {
  const std::int64_t points = k_channels * k_nlat * k_nlon;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const std::int64_t count : {1, 5, 50, 64, 65}) {
      std::vector<double> member_values = values(count * points, 3, 0.0), truth_values = values(points, 4, 0.0);
      const std::vector<double> clean = Scored(*backend_, dtype, count, member_values, truth_values).score.to_doubles();
      member_values[static_cast<std::size_t>((count - 1) * points + 1)] = nan;
      const std::vector<double> one = Scored(*backend_, dtype, count, member_values, truth_values).score.to_doubles();
      EXPECT_TRUE(std::isnan(one[0])) << count;
      EXPECT_EQ(one[1], clean[1]) << count;
      truth_values.back() = nan;
      const std::vector<double> both = Scored(*backend_, dtype, count, member_values, truth_values).score.to_doubles();
      EXPECT_TRUE(std::isnan(both[1])) << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, CrpsOf, testing::ValuesIn(tested()), [](const auto& chosen) { return chosen.param; });

}  // namespace
}  // namespace myriad
