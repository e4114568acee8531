/// GRIB as a centre writes it: ten members of ERA5's ensemble of data assimilations, beside the
/// same data in NetCDF.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "src/io/field_series.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

std::string data(const std::string& name) {
  const char* shared = std::getenv("MYRIAD_SHARED");
  const std::string root =
      shared != nullptr ? shared : std::string(std::getenv("MYRIAD_SOURCE_DIR")) + "/../shared";
  return root + "/data/real/ensemble/" + name;
}

TEST(Era5Ensemble, EveryMemberInGribIsTheOneInNetcdf) {
  SeriesOptions grib, netcdf;
  grib.files = {data("era5_eda_members_20170101.grib")};
  netcdf.files = {data("era5_eda_members_20170101.nc")};
  for (std::int64_t member = 0; member < 10; ++member) {
    grib.fixed_indices = {{"number", member}};
    netcdf.fixed_indices = {{"realization", member}};
    const auto a = open_field_series(grib);
    const auto b = open_field_series(netcdf);
    ASSERT_EQ(a->grid(), b->grid());
    EXPECT_EQ(a->times(), b->times());
    EXPECT_EQ(a->times().size(), 4U);
    ASSERT_EQ(a->channels().size(), 4U);
    for (const Channel& channel : a->channels()) {
      for (std::int64_t t = 0; t < 4; ++t) {
        const std::vector<float> x = read_one(*a, t, channel.name);
        const std::vector<float> y = read_one(*b, t, channel.name);
        const float tolerance = channel.variable == "z" ? 1.0F : 6e-3F;  // packing of the copy
        for (std::size_t i = 0; i < x.size(); ++i)
          ASSERT_NEAR(x[i], y[i], tolerance) << channel.name << " point " << i;
      }
    }
  }
}

TEST(Era5Ensemble, WithoutAChoiceOfTheMemberItIsRefused) {
  SeriesOptions options;
  options.files = {data("era5_eda_members_20170101.grib")};
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2043");
}

}  // namespace
}  // namespace myriad::io
