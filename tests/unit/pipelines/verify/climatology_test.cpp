#include "diagnostics/climatology.hpp"

#include <gtest/gtest.h>

#include "src/base/error.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad::diag {
namespace {

using test::VerifyWorld;

TEST(Climatology, FollowsTheAnnualHarmonicsInTheUnitOfTheChannel) {
  const VerifyWorld world(1, 1);
  const Climatology climate((world.path() / "climatology.nc").string(), world.grid(),
                            {io::make_channel("t850"), io::make_channel("u850")});
  ASSERT_TRUE(climate.has(0));
  EXPECT_FALSE(climate.has(1));
  EXPECT_EQ(climate.title(), "climate of the small world");
  std::vector<float> field(VerifyWorld::k_points);
  for (const char* date : {"2003-01-01", "2003-04-02T06:00", "2003-12-31T18:00", "2004-02-29"}) {
    climate.mean(0, Instant::parse(date), field);
    EXPECT_NEAR(field[17], world.climate(Instant::parse(date))[17], 1e-4) << date;
  }
  climate.mean(0, Instant::parse("2003-01-01"), field);
  EXPECT_NEAR(field[0], 284.0, 1e-4);
  EXPECT_EQ(climate.deviation(0)[5], 3.0F);
}

TEST(Climatology, OnAnotherGridIsRefused) {
  const VerifyWorld world(1, 1);
  try {
    const Climatology climate((world.path() / "climatology.nc").string(),
                              Grid(GridType::equiangular, 8, 16), {io::make_channel("t850")});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2520");
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
  }
}

}  // namespace
}  // namespace myriad::diag
