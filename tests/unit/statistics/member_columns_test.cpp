#include "src/statistics/member_columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "src/backend/counting_backend.hpp"
#include "src/backend/null_backend.hpp"
#include "src/backend/registry.hpp"

namespace myriad {
namespace {

std::vector<float> drawn(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& v : values) v = 0.5F * static_cast<float>(static_cast<int>(engine() % 41) - 20);
  return values;
}

std::vector<double> copy_of(std::span<const double> values) {
  return {values.begin(), values.end()};
}

class MemberColumnsOn : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(MemberColumnsOn, LeaveOutTheFirstMember) {
  const std::int64_t members = 7, step = 33, points = 30;
  const auto values = drawn(members * step, 1), truth = drawn(points, 2);
  MemberColumns all(*backend_), rest(*backend_), alone(*backend_);
  all.load(values, members, step, points);
  rest.load_without_first(all);
  alone.load(std::span(values).subspan(step), members - 1, step, points);
  ASSERT_EQ(rest.members(), members - 1);
  EXPECT_EQ(copy_of(rest.mean()), copy_of(alone.mean()));
  EXPECT_EQ(copy_of(rest.at_ranks(std::vector{1.5})), copy_of(alone.at_ranks(std::vector{1.5})));
  EXPECT_EQ(copy_of(rest.errors(truth).best_at), copy_of(alone.errors(truth).best_at));
  EXPECT_NE(copy_of(rest.mean()), copy_of(all.mean()));
}

TEST_P(MemberColumnsOn, ForgetTheirAnswersWhenOtherPointsAreLoaded) {
  const auto first = drawn(20 * 6, 3), second = drawn(20 * 6, 4);
  MemberColumns columns(*backend_), fresh(*backend_);
  columns.load(first, 20, 6, 6);
  columns.mean();
  columns.extremes();
  columns.sorted();
  columns.load(second, 20, 6, 6);
  fresh.load(second, 20, 6, 6);
  EXPECT_EQ(copy_of(columns.mean()), copy_of(fresh.mean()));
  EXPECT_EQ(copy_of(columns.extremes().high_at), copy_of(fresh.extremes().high_at));
  const auto a = columns.sorted(), b = fresh.sorted();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST_P(MemberColumnsOn, ClampTheirTails) {
  const std::int64_t members = 9, points = 12;
  const auto values = drawn(members * points, 5);
  for (const auto tail : {MemberColumns::Tail::upper, MemberColumns::Tail::lower}) {
    std::vector<float> clamped = values;
    for (float& v : clamped)
      v = tail == MemberColumns::Tail::upper ? std::max(v, 1.5F) : std::min(v, 1.5F);
    MemberColumns all(*backend_), some(*backend_), wanted(*backend_);
    all.load(values, members, points, points);
    some.load_tail(all, tail, 1.5);
    wanted.load(clamped, members, points, points);
    EXPECT_EQ(copy_of(some.variance()), copy_of(wanted.variance()));
    const auto a = some.sorted(), b = wanted.sorted();
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, MemberColumnsOn, testing::Values("kokkos", "reference"),
                         [](const testing::TestParamInfo<std::string>& backend) {
                           return backend.param;
                         });

TEST(MemberColumns, TakeTheDeviceMemoryThatWasForeseen) {
  for (const auto& [members, points] :
       {std::pair<std::int64_t, std::int64_t>{50, 1440}, {3, 7}, {1000, 64}}) {
    CountingBackend counting(make_null_backend(nullptr));
    MemberColumns columns(counting);
    const std::vector<float> values(static_cast<std::size_t>(members * points)),
        truth(static_cast<std::size_t>(points));
    columns.load(values, members, points, points);
    columns.mean();
    columns.extremes();
    columns.errors(truth);
    const std::int64_t sums = 2, ranks = 3, thresholds = 4;
    columns.combine_sorted(std::vector<double>(static_cast<std::size_t>(sums * members)));
    columns.combine_sorted_errors(truth,
                                  std::vector<double>(static_cast<std::size_t>(sums * members)));
    columns.at_ranks(std::vector<double>(static_cast<std::size_t>(ranks), 0.0));
    columns.count(std::vector<double>(static_cast<std::size_t>(thresholds * points)), thresholds);
    const auto foreseen = static_cast<std::int64_t>(
        MemberColumns::buffer_bytes(members, points, sums + ranks + 3 * thresholds));
    EXPECT_LE(counting.bytes_peak(), foreseen) << members;
    EXPECT_GT(counting.bytes_peak(), foreseen - 8 * (sums + ranks + 3 * thresholds) * members - 64)
        << members;
  }
}

}  // namespace
}  // namespace myriad
