#include "src/io/product_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/io/cf_check.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/io/outputs.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

NcAttributes product_attributes() {
  return member_metadata(0).attributes;
}

/// Ensemble mean and spread of t850 at two lead times, one point of the spread missing.
PublishedFile write_product(const std::filesystem::path& path,
                            MissingValues missing = MissingValues::allow) {
  const Grid grid = small_grid();
  ProductWriter writer(path, product_attributes());
  writer.define_forecast_times(Instant::parse("2001-01-15"),
                               {Duration::hours(24), Duration::hours(48)});
  writer.define_grid(grid);
  const NcAttributes common{{"standard_name", "air_temperature"},
                            {"units", "K"},
                            {"coordinates", "forecast_reference_time forecast_period"}};
  NcAttributes mean(common);
  mean.emplace_back("long_name", "ensemble mean of air temperature at 850 hPa");
  mean.emplace_back("cell_methods", "realization: mean");
  NcAttributes spread(common);
  spread.emplace_back("long_name", "ensemble standard deviation of air temperature at 850 hPa");
  spread.emplace_back("cell_methods", "realization: standard_deviation");
  writer.define_variable({"t850_mean",
                          NcType::f32,
                          {"time", "latitude", "longitude"},
                          mean,
                          MissingValues::refuse,
                          12});
  writer.define_variable(
      {"t850_spread", NcType::f32, {"time", "latitude", "longitude"}, spread, missing, 0});
  const std::vector<Channel> channels{make_channel("t850")};
  for (std::int64_t t = 0; t < 2; ++t) {
    std::vector<float> field = member_fields(channels, grid, 0, t);
    writer.write_slab("t850_mean", t, std::span<const float>(field));
    for (float& value : field) value = std::abs(value) * 0.01F;
    if (t == 1) field[7] = std::nanf("");
    writer.write_slab("t850_spread", t, std::span<const float>(field));
  }
  return writer.finish();
}

TEST(ProductWriter, ZonalMeansKeepTheHeaderContract) {
  const TemporaryDirectory dir;
  const Grid grid = small_grid();
  const auto write = [&](const std::string& name, const char* methods) {
    ProductWriter writer(dir / name, product_attributes());
    writer.define_lead_times({Duration::hours(24), Duration::hours(48)});
    writer.define_latitudes(grid);
    writer.define_variable({"t850_zonal_truth",
                            NcType::f64,
                            {"lead_time", "latitude"},
                            {{"long_name", "zonal mean"}, {"units", "K"}, {"cell_methods", methods}},
                            MissingValues::refuse,
                            0});
    std::vector<double> values(static_cast<std::size_t>(2 * grid.nlat()), 280.0);
    writer.write("t850_zonal_truth", std::span<const double>(values));
    return writer.finish().path.string();
  };
  const std::string path = write("zonal.nc", "longitude: mean");
  EXPECT_EQ(describe(check_cf(path, CfProfile::product, CfValues::scan)), "");
  const NetcdfFile file = NetcdfFile::open(path);
  const auto bounds = file.read_values(file.require("latitude_bnds"));
  ASSERT_EQ(bounds.size(), static_cast<std::size_t>(2 * grid.nlat()));
  EXPECT_NEAR(bounds.front(), 90.0, 1e-12);
  EXPECT_NEAR(bounds.back(), -90.0, 1e-12);
  EXPECT_EQ(file.read_values(file.require("latitude")), grid.latitudes_deg());
  EXPECT_THAT(describe(check_cf(write("cut.nc", "latitude: mean"), CfProfile::product)),
              testing::HasSubstr("must be the last dimensions"));
}

TEST(ProductWriter, StatisticsFilesKeepTheHeaderContract) {
  const TemporaryDirectory dir;
  const PublishedFile file = write_product(dir / "p.nc");
  EXPECT_EQ(describe(check_cf(file.path.string(), CfProfile::product, CfValues::scan)), "");
  EXPECT_NO_THROW(verify_sha256_sidecar(file.path));
}

TEST(ProductWriter, MissingValuesBecomeTheFillValueOrAnError) {
  const TemporaryDirectory dir;
  write_product(dir / "p.nc");
  const NetcdfFile file = NetcdfFile::open((dir / "p.nc").string());
  const NcVariable& spread = file.require("t850_spread");
  EXPECT_EQ(file.read_all(spread)[512 + 7], static_cast<double>(k_missing_value));
  EXPECT_TRUE(std::isnan(file.read_values(spread)[512 + 7]));
  const Error error = error_of([&] { write_product(dir / "q.nc", MissingValues::refuse); });
  EXPECT_EQ(error.kind(), ErrorKind::quality);
  EXPECT_EQ(error.id(), "E2070");
  EXPECT_FALSE(std::filesystem::exists(dir / "q.nc"));
}

TEST(ProductWriter, EqualCallsGiveEqualBytes) {
  const TemporaryDirectory dir;
  EXPECT_EQ(write_product(dir / "a.nc").sha256, write_product(dir / "b.nc").sha256);
}

TEST(ProductWriter, ScoreTablesHaveLabelsLeadTimesAndDoubles) {
  const TemporaryDirectory dir;
  ProductWriter writer(dir / "scores.nc", product_attributes());
  writer.define_labels("channel", {"z500", "t850", "u10m"}, {{"long_name", "channel"}});
  writer.define_lead_times({Duration::hours(24), Duration::hours(72)});
  writer.define_axis("rank", std::vector<std::int32_t>{0, 1, 2, 3},
                     {{"long_name", "rank of the truth"}, {"units", "1"}});
  writer.define_axis("probability", std::vector<double>{0.1, 0.9},
                     {{"long_name", "probability"}, {"units", "1"}});
  writer.define_scalar("member_count", std::int32_t{3}, {{"long_name", "members"}, {"units", "1"}});
  writer.define_variable({"crps_fair",
                          NcType::f64,
                          {"channel", "lead_time"},
                          {{"long_name", "fair CRPS"}, {"units", "1"}},
                          MissingValues::allow,
                          0});
  writer.define_variable({"rank_count",
                          NcType::int32,
                          {"channel", "rank"},
                          {{"long_name", "counts"}, {"units", "1"}},
                          MissingValues::refuse,
                          0});
  const std::vector<double> crps{1.0, 2.0, 0.1, 0.2, std::nan(""), 0.4};
  std::vector<std::int32_t> counts(12);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = static_cast<std::int32_t>(i);
  writer.write("crps_fair", std::span<const double>(crps));
  writer.write("rank_count", std::span<const std::int32_t>(counts));
  const PublishedFile published = writer.finish();
  EXPECT_EQ(describe(check_cf(published.path.string(), CfProfile::product, CfValues::scan)), "");
  const NetcdfFile file = NetcdfFile::open(published.path.string());
  EXPECT_THAT(file.read_texts(file.require("channel")),
              testing::ElementsAre("z500", "t850", "u10m"));
  EXPECT_THAT(file.read_all(file.require("lead_time")), testing::ElementsAre(24.0, 72.0));
  EXPECT_EQ(file.text_attribute(&file.require("lead_time"), "dtype"), "timedelta64[ns]");
  EXPECT_EQ(file.read_values(file.require("crps_fair"))[3], 0.2);
  EXPECT_TRUE(std::isnan(file.read_values(file.require("crps_fair"))[4]));
  EXPECT_EQ(file.read_all(file.require("rank_count"))[11], 11.0);
  EXPECT_EQ(file.read_all(file.require("member_count"))[0], 3.0);
}

TEST(ProductWriter, DoublesGivenForAFloatVariableAreRoundedOnce) {
  const TemporaryDirectory dir;
  ProductWriter writer(dir / "p.nc", product_attributes());
  writer.define_axis("x", std::vector<double>{0.0, 1.0}, {{"long_name", "x"}, {"units", "1"}});
  writer.define_variable(
      {"y", NcType::f32, {"x"}, {{"long_name", "y"}, {"units", "1"}}, MissingValues::refuse, 8});
  const std::vector<double> values{1.0 / 3.0, 1e-3};
  writer.write("y", std::span<const double>(values));
  EXPECT_NO_THROW(writer.finish());
}

TEST(RowEdges, CellsOfGaussianGridsHaveExactlyTheirQuadratureArea) {
  const Grid grid(GridType::legendre_gauss, 32, 64);
  const std::vector<double> edges = detail::row_edges_deg(grid);
  const std::vector<double> weights = grid.row_weights();
  const std::vector<double> latitudes = grid.latitudes_deg();
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double area =
        0.5 * (std::sin(edges[k] * M_PI / 180.0) - std::sin(edges[k + 1] * M_PI / 180.0));
    EXPECT_NEAR(area, weights[k], 1e-14);
    EXPECT_LT(latitudes[k], edges[k]);
    EXPECT_GT(latitudes[k], edges[k + 1]);
  }
  EXPECT_EQ(edges[16], 0.0);
  const std::vector<double> poles = detail::row_edges_deg(Grid(GridType::equiangular, 181, 360));
  EXPECT_EQ(poles[0], 90.0);
  EXPECT_NEAR(poles[1], 89.5, 1e-12);
  EXPECT_EQ(poles[181], -90.0);
}

}  // namespace
}  // namespace myriad::io
