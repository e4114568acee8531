#include "pipelines/common/run_cost.hpp"

#include <gtest/gtest.h>

namespace myriad::pipelines {
namespace {

TEST(RunCost, ReservedCoresCountWhetherBusyOrNot) {
  const RunCost cost = cost_of(4, 2, 1800.0, 100.0, 12.5);
  EXPECT_EQ(cost.cores, 8);
  EXPECT_DOUBLE_EQ(cost.core_hours(), 4.0);
  EXPECT_DOUBLE_EQ(cost.kwh(), 0.05);
}

TEST(RunCost, ThreadsThatNobodyConfiguredShowInTheProcessorTime) {
  EXPECT_EQ(cost_of(1, 1, 100.0, 795.0, 10.0).cores, 8);
  EXPECT_EQ(cost_of(2, 1, 0.0, 0.0, 10.0).cores, 2);
}

TEST(RunCost, IsWrittenWithItsBasis) {
  const Json json = to_json(cost_of(2, 1, 3600.0, 3600.0, 10.0));
  EXPECT_DOUBLE_EQ(json.at("core_hours").as_double(), 2.0);
  EXPECT_DOUBLE_EQ(json.at("kwh_estimate").as_double(), 0.02);
  EXPECT_DOUBLE_EQ(json.at("watts_per_core").as_double(), 10.0);
  EXPECT_EQ(json.at("ranks").as_int(), 2);
}

}  // namespace
}  // namespace myriad::pipelines
