#include "src/spectral/sht_bench.hpp"

#include <gtest/gtest.h>

namespace myriad {
namespace {

TEST(ShtBench, ReadsTheReportOfEctrans) {
  const std::string report =
      "Inverse transforms\n------------------\navg  (s):   3.5252\nmin  (s):   3.3827\nmax  (s):   "
      "3.6677\n"
      "med  (s):   3.5000\n \nDirect transforms\n-----------------\navg  (s):   4.2276\nmin  (s):  "
      " 4.0824\n"
      "max  (s):   4.3729\nmed  (s):   4.1000\n \nInverse-direct "
      "transforms\n-------------------------\n"
      "avg  (s):   7.7528\nmin  (s):   7.7501\nmed  (s):   7.7501\n";
  const auto timings = detail::parse_ectrans_report(report, 50, 3, " case");
  ASSERT_EQ(timings.size(), 2u);
  EXPECT_EQ(timings[0].what, "inverse case");
  EXPECT_DOUBLE_EQ(timings[0].median_seconds, 0.07);
  EXPECT_DOUBLE_EQ(timings[0].min_seconds, 3.3827 / 50);
  EXPECT_EQ(timings[1].what, "forward case");
  EXPECT_DOUBLE_EQ(timings[1].median_seconds, 0.082);
}

TEST(ShtBench, AnUnknownReportGivesNoTiming) {
  EXPECT_TRUE(
      detail::parse_ectrans_report("sh: 1: ectrans-benchmark-sp: not found\n", 64, 5, "").empty());
  EXPECT_TRUE(detail::parse_ectrans_report("", 64, 5, "").empty());
}

}  // namespace
}  // namespace myriad
