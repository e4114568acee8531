#include "src/io/cf_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/io/outputs.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

bool finds(const std::vector<CfFinding>& findings, const std::string& variable,
           const std::string& rule) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const CfFinding& f) { return f.variable == variable && f.rule == rule; });
}

/// A small map file in which one thing after the other is done wrongly.
struct Draft {
  GridType grid = GridType::equiangular;
  std::string conventions = "CF-1.12 ACDD-1.3";
  std::string time_units = k_time_units;
  std::string units = "K";
  std::string standard_name = "air_temperature";
  std::string cell_methods = "realization: mean";
  std::string grid_mapping = "crs";
  std::vector<std::string> dimensions{"time", "latitude", "longitude"};
  NcAttributes extra = {};
  std::vector<double> times{24.0, 48.0};
  double latitude_shift = 0.0;
  bool south_first = false;
  float value = 280.0F;
};

std::vector<CfFinding> check(const Draft& draft, CfValues values = CfValues::skip) {
  const TemporaryDirectory dir;
  const std::string path = (dir / "d.nc").string();
  const Grid grid(draft.grid, 16, 32);
  NetcdfFile file = NetcdfFile::create(path);
  NcAttributes attributes = member_metadata(0).attributes;
  attributes.emplace_back("Conventions", draft.conventions);
  detail::put_attributes(file, -1, attributes);
  const int time = file.define_dimension("time", 2);
  const detail::HorizontalIds horizontal = detail::define_horizontal(file, grid);
  const int time_variable = file.define_variable("time", NcType::f64, {time});
  detail::put_attributes(file, time_variable,
                         {{"standard_name", "time"},
                          {"units", draft.time_units},
                          {"calendar", "standard"},
                          {"axis", "T"}});
  std::vector<int> dimensions;
  std::vector<std::int64_t> count;
  for (const std::string& name : draft.dimensions) {
    dimensions.push_back(name == "time"       ? time
                         : name == "latitude" ? horizontal.latitude
                                              : horizontal.longitude);
    count.push_back(file.dimensions()[static_cast<std::size_t>(dimensions.back())].length);
  }
  const int id = file.define_variable("t850", NcType::f32, dimensions);
  NcAttributes own;
  if (!draft.units.empty()) own.emplace_back("units", draft.units);
  if (!draft.standard_name.empty()) own.emplace_back("standard_name", draft.standard_name);
  if (!draft.cell_methods.empty()) own.emplace_back("cell_methods", draft.cell_methods);
  if (!draft.grid_mapping.empty()) own.emplace_back("grid_mapping", draft.grid_mapping);
  detail::put_attributes(file, id, own);
  detail::put_attributes(file, id, draft.extra);
  file.end_definitions();
  detail::write_horizontal(file, horizontal, grid);
  std::vector<double> latitudes = grid.latitudes_deg();
  for (double& latitude : latitudes) latitude += draft.latitude_shift;
  if (draft.south_first) std::reverse(latitudes.begin(), latitudes.end());
  const std::int64_t origin[3] = {0, 0, 0};
  const std::int64_t rows = grid.nlat();
  const std::int64_t two = 2;
  file.write(horizontal.latitude_variable, std::span(origin).first(1), {&rows, 1},
             std::span<const double>(latitudes));
  file.write(time_variable, std::span(origin).first(1), {&two, 1},
             std::span<const double>(draft.times));
  std::vector<float> field(static_cast<std::size_t>(2 * grid.points()), 280.0F);
  field[5] = draft.value;
  file.write(id, origin, count, std::span<const float>(field));
  file.close();
  return check_cf(path, CfProfile::product, values);
}

TEST(CfCheck, AConformingDraftHasNoFindings) {
  EXPECT_EQ(describe(check({}, CfValues::scan)), "");
}

TEST(CfCheck, EachBrokenRuleIsFoundAndNamed) {
  const auto with = [](const std::function<void(Draft&)>& change) {
    Draft draft;
    change(draft);
    return check(draft, CfValues::scan);
  };
  EXPECT_TRUE(finds(with([](Draft& d) { d.conventions = "CF-1.8"; }), "", "Conventions"));
  EXPECT_TRUE(
      finds(with([](Draft& d) { d.time_units = "hours since 1900-01-01"; }), "time", "time.epoch"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.units = ""; }), "t850", "units"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.units = "Kelvins"; }), "t850", "units"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.standard_name = "temperature_of_air"; }), "t850",
                    "standard_name"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.standard_name = ""; }), "t850", "name"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.cell_methods = ""; }), "t850", "cell_methods"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.cell_methods = "time: sum (interval: 6 hours)"; }),
                    "t850", "cell_methods"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.grid_mapping = ""; }), "t850", "grid_mapping"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.grid_mapping = "projection"; }), "t850", "grid_mapping"));
  EXPECT_TRUE(finds(with([](Draft& d) {
                      d.dimensions = {"latitude", "longitude", "time"};
                    }),
                    "t850", "dimensions"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.times = {48.0, 48.0}; }), "time", "coordinate"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.south_first = true; }), "latitude", "latitude"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.latitude_shift = -8.0; }), "latitude", "bounds"));
  EXPECT_TRUE(finds(with([](Draft& d) { d.value = std::numeric_limits<float>::quiet_NaN(); }),
                    "t850", "values"));
  EXPECT_TRUE(finds(with([](Draft& d) {
                      d.extra = {{"_FillValue", -999.0F}};
                    }),
                    "t850", "missing"));
  EXPECT_TRUE(finds(with([](Draft& d) {
                      d.extra = {{"coordinates", "height_2m"}};
                    }),
                    "t850", "coordinates"));
  EXPECT_TRUE(finds(with([](Draft& d) {
                      d.extra = {{"quantization", "crs"}};
                    }),
                    "t850", "quantization"));
}

TEST(CfCheck, GaussianGridsHaveNoGridMappingBecauseCdoWouldMisreadIt) {
  Draft gaussian;
  gaussian.grid = GridType::legendre_gauss;
  gaussian.grid_mapping = "";
  EXPECT_EQ(describe(check(gaussian)), "");
  gaussian.grid_mapping = "latitude";
  EXPECT_TRUE(finds(check(gaussian), "t850", "grid_mapping"));
}

TEST(CfCheck, AMemberWithoutProvenanceIsFound) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels{make_channel("t850")};
  MemberMetadata metadata = member_metadata(0);
  std::erase_if(metadata.attributes,
                [](const auto& a) { return a.first == "MYRIAD_seed" || a.first == "title"; });
  MemberWriter writer(dir / "m.nc", small_grid(), channels, metadata);
  for (std::int64_t t = 0; t < 3; ++t)
    writer.append(t, member_fields(channels, small_grid(), 0, t));
  writer.finish();
  const std::vector<CfFinding> findings = check_cf((dir / "m.nc").string(), CfProfile::member);
  EXPECT_EQ(findings.size(), 2U) << describe(findings);
  EXPECT_TRUE(finds(findings, "", "provenance"));
  EXPECT_TRUE(finds(findings, "", "acdd"));
}

TEST(CfCheck, AProductIsNoMember) {
  const TemporaryDirectory dir;
  SyntheticFile file = two_channels();
  write_synthetic(dir / "x.nc", file);
  const std::vector<CfFinding> findings = check_cf((dir / "x.nc").string(), CfProfile::member);
  EXPECT_TRUE(finds(findings, "", "layout")) << describe(findings);
}

}  // namespace
}  // namespace myriad::io
