#include "diagnostics/climate_quantiles.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/error.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/diagnostics/climate_fixture.hpp"

namespace myriad::diag {
namespace {

using myriad::test::TemporaryDirectory;
using test::ClimateFile;

const Grid& grid() {
  static const Grid instance(GridType::legendre_gauss, 4, 8);
  return instance;
}

const std::vector<io::Channel>& channels() {
  static const std::vector<io::Channel> list{io::make_channel("t850"), io::make_channel("z500")};
  return list;
}

std::string refusal(const ClimateFile& file, const Grid& wanted = grid()) {
  const TemporaryDirectory folder;
  const auto path = folder / "climate.nc";
  file.write(path, grid());
  const std::vector<Instant> dates{Instant::parse("2003-03-01")};
  try {
    const ClimateQuantiles climate(path.string(), wanted, channels(), dates);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt) << error.what();
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    return error.id();
  }
  return "accepted";
}

TEST(ClimateQuantiles, AreThoseOfTheCalendarMonthInTheUnitAskedFor) {
  const TemporaryDirectory folder;
  ClimateFile file;
  file.units = "m";
  file.write(folder / "c.nc", grid());
  const std::vector<Instant> dates{Instant::parse("2003-03-31T18Z"), Instant::parse("2003-04-01")};
  const ClimateQuantiles climate((folder / "c.nc").string(), grid(), channels(), dates);
  EXPECT_FALSE(climate.has(0));
  EXPECT_TRUE(climate.has(1));
  EXPECT_EQ(climate.title(), "climate of a test");
  const std::size_t k = climate.index_of(0.9);
  EXPECT_EQ(k, 8U);
  EXPECT_DOUBLE_EQ(climate.probabilities()[k], 0.9);
  EXPECT_FLOAT_EQ(climate.month_of(1, dates[0])[k * 32 + 5], static_cast<float>(390 * 9.80665));
  EXPECT_FLOAT_EQ(climate.month_of(1, dates[1])[k * 32 + 5], static_cast<float>(490 * 9.80665));
}

TEST(ClimateQuantiles, RefuseAFileThatCannotServe) {
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal({}, Grid(GridType::legendre_gauss, 6, 12)), "E2520");
  ClimateFile file;
  file.units = "K";
  EXPECT_EQ(refusal(file), "E2521");
  file = {};
  file.months = 11;
  EXPECT_EQ(refusal(file), "E2523");
  file = {};
  file.percent = {0, 10, 5, 90, 100};
  EXPECT_EQ(refusal(file), "E2523");
  file.percent = {0, 10, 110};
  EXPECT_EQ(refusal(file), "E2523");
  file = {};
  file.value = [](int, double p, std::size_t point) {
    return point == 31 && p == 50.0 ? 24.0 : p;  // below the quantile of 25 %
  };
  EXPECT_EQ(refusal(file), "E2523");
  file.value = [](int, double p, std::size_t) { return p == 50.0 ? std::nan("") : p; };
  EXPECT_EQ(refusal(file), "E2522");
  file.value = [](int, double, std::size_t) { return 3.0; };  // all equal is a legal climate
  EXPECT_EQ(refusal(file), "accepted");
}

TEST(ClimateQuantiles, NameTheProbabilityThatIsMissing) {
  const TemporaryDirectory folder;
  ClimateFile file;
  file.percent = {0, 10, 50, 90, 100};
  file.write(folder / "c.nc", grid());
  const std::vector<Instant> dates{Instant::parse("2003-03-31")};
  const ClimateQuantiles climate((folder / "c.nc").string(), grid(), channels(), dates);
  try {
    climate.index_of(0.99);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2524");
    EXPECT_NE(std::string(error.what()).find("0.99"), std::string::npos);
  }
}

}  // namespace
}  // namespace myriad::diag
