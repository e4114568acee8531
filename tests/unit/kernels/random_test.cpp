#include "kernels/random.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"
#include "tests/support/match.hpp"

namespace myriad {
namespace {

using kernels::RandomStream;
using testing::ElementsAre;

TEST(Philox, GivesTheKnownAnswersOfItsAuthors) {
  // Known-answer vectors that come with the Random123 distribution (philox4x32, 10 rounds).
  using kernels::reference::philox_block;
  EXPECT_THAT(philox_block({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  EXPECT_THAT(philox_block({0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu},
                           {0xffffffffu, 0xffffffffu}),
              ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(philox_block({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
                           {0xa4093822u, 0x299f31d0u}),
              ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

class FillNormal : public testing::TestWithParam<std::string> {
 protected:
  std::vector<double> draw(const RandomStream& stream, const std::vector<std::uint32_t>& members,
                           std::int64_t count, DType dtype = DType::f64) {
    Tensor out(*backend_, dtype, {static_cast<std::int64_t>(members.size()), count});
    backend_->fill_normal(out, stream, members);
    return out.to_doubles();
  }
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(FillNormal, GivesTheGoldenFirstNumbersOfAStream) {
  const std::vector<double> x = draw({.seed = 42, .stream = 1, .step = 2}, {3}, 6);
  const std::array<double, 6> golden = {-0.387948257162504057, -0.690452336263787739,
                                        0.16431532210597667,   -0.129403725600565731,
                                        -0.534302692367897256, -1.29844325322145999};
  for (std::size_t k = 0; k < golden.size(); ++k) EXPECT_NEAR(x[k], golden[k], 4e-15) << k;
}

TEST_P(FillNormal, DependsOnTheMemberAndNotOnItsPlaceInTheBatch) {
  const RandomStream stream{.seed = 7, .stream = 0, .step = 5};
  constexpr std::size_t count = 1030;
  const std::vector<double> together = draw(stream, {9, 4, 1000000, 4}, count);
  const std::array<std::uint32_t, 4> members{9, 4, 1000000, 4};
  for (std::size_t b = 0; b < members.size(); ++b) {
    const std::vector<double> alone = draw(stream, {members[b]}, count);
    EXPECT_TRUE(test::same_bits(alone, std::span(together).subspan(b * count, count)))
        << "member " << members[b];
  }
}

TEST_P(FillNormal, DependsOnEveryPartOfTheAddress) {
  const auto first = [&](RandomStream stream, std::uint32_t member) {
    return draw(stream, {member}, 1)[0];
  };
  const RandomStream base{.seed = 1, .stream = 2, .step = 3};
  const std::vector<double> values = {
      first(base, 4),
      first({.seed = 2, .stream = 2, .step = 3}, 4),
      first({.seed = 1 + (std::uint64_t{1} << 32), .stream = 2, .step = 3}, 4),
      first({.seed = 1, .stream = 3, .step = 3}, 4),
      first({.seed = 1, .stream = 2, .step = 4}, 4),
      first(base, 5),
  };
  for (std::size_t a = 0; a < values.size(); ++a) {
    for (std::size_t b = a + 1; b < values.size(); ++b)
      EXPECT_NE(values[a], values[b]) << a << ", " << b;
  }
}

TEST_P(FillNormal, BeginningOfAStreamDoesNotDependOnItsLength) {
  const RandomStream stream{.seed = 11};
  const std::vector<double> all = draw(stream, {0}, 4100);
  for (std::int64_t count : {1, 2, 3, 5, 1023, 1025}) {
    EXPECT_TRUE(test::same_bits(draw(stream, {0}, count),
                                std::span(all).first(static_cast<std::size_t>(count))));
  }
}

TEST_P(FillNormal, RoundsTheSameNumbersToSinglePrecision) {
  const std::vector<double> wide = draw({.seed = 5}, {2}, 1001),
                            narrow = draw({.seed = 5}, {2}, 1001, DType::f32);
  for (std::size_t k = 0; k < wide.size(); ++k)
    ASSERT_EQ(narrow[k], static_cast<double>(static_cast<float>(wide[k])));
}

TEST_P(FillNormal, HasTheMomentsAndTailsOfTheUnitNormal) {
  constexpr std::int64_t count = 200000;
  const std::vector<double> x = draw({.seed = 3}, {1}, count);
  double moment[5] = {};
  std::int64_t beyond_two = 0;
  for (double v : x) {
    for (int p = 1; p <= 4; ++p) moment[p] += std::pow(v, p) / count;
    beyond_two += std::abs(v) > 2.0 ? 1 : 0;
  }
  // Five standard errors: sqrt(1, 2, 15, 96) / sqrt(count) for the moments, sqrt(p (1-p) / count)
  // for the tail.
  EXPECT_NEAR(moment[1], 0.0, 5 * std::sqrt(1.0 / count));
  EXPECT_NEAR(moment[2], 1.0, 5 * std::sqrt(2.0 / count));
  EXPECT_NEAR(moment[3], 0.0, 5 * std::sqrt(15.0 / count));
  EXPECT_NEAR(moment[4], 3.0, 5 * std::sqrt(96.0 / count));
  EXPECT_NEAR(static_cast<double>(beyond_two) / count, 0.04550026,
              5 * std::sqrt(0.0455 * 0.9545 / count));
}

INSTANTIATE_TEST_SUITE_P(Backends, FillNormal, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
