#include <gtest/gtest.h>

#include "src/base/files.hpp"
#include "src/io/grib_series.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

TEST(GribAbsent, AGribFileIsRefusedWithTheReason) {
  const TemporaryDirectory dir;
  publish_text(dir / "a.grib", "GRIB and more");
  SeriesOptions options;
  options.files = {(dir / "a.grib").string()};
  EXPECT_FALSE(grib_is_built_in());
  EXPECT_EQ(error_of([&] { open_field_series(options); }).id(), "E2056");
}

}  // namespace
}  // namespace myriad::io
