#include "pipelines/bench/bench_row.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "src/base/json.hpp"
#include "src/model/network_presets.hpp"
#include "src/model/sfno_bench.hpp"

namespace myriad::test {
namespace {

using namespace myriad::pipelines;

TEST(BenchRow, RatiosAreTimesOfTheOthersOverOurs) {
  const BenchRow row{"sht", "case", 2.0, "s", "peer", 3.0, "roof", 0.5};
  EXPECT_DOUBLE_EQ(*row.ratio_to_peer(), 1.5);
  EXPECT_DOUBLE_EQ(*row.fraction_of_roof(), 0.25);
  EXPECT_FALSE((BenchRow{"sht", "case", 2.0, "s", "", {}, "", {}}).ratio_to_peer());
}

TEST(BenchRow, JsonHasOneObjectPerLineAndEndsWithTheWorstRatio) {
  const std::vector<BenchRow> rows{{"sht", "a", 1.0, "s", "p", 3.0, "", {}}, {"sht", "b", 1.0, "s", "p", 0.5, "", {}}};
  std::istringstream lines(to_json_lines(rows));
  std::vector<Json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(parse_json(line, "bench"));
  ASSERT_EQ(objects.size(), 3U);
  for (const char* key : {"name", "case", "median", "unit", "peer", "ratio_to_peer", "roof", "fraction_of_roof"}) {
    EXPECT_NE(objects[0].find(key), nullptr) << key;
  }
  EXPECT_EQ(objects[2].at("case").as_string(), "summary");
  EXPECT_DOUBLE_EQ(objects[2].at("ratio_to_peer").as_double(), 0.5);
}

TEST(ForwardFlops, OfTheHensNetworkAreThePublishedOnesUpToParity) {
  // sfno.md 3.10, triangular: 15.74 TFLOP in all, of which the Legendre stage 1.219; parity halves that stage.
  // The two residual transforms of the regridding blocks are not in our count: 2 of 18 transforms.
  EXPECT_NEAR(forward_flops(hens_network()) * 1e-12, 15.74 - 1.219 / 2.0, 0.15);
}

}  // namespace
}  // namespace myriad::test
