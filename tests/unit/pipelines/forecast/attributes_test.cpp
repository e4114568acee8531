#include "pipelines/forecast/attributes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <variant>

#include "pipelines/common/file_attributes.hpp"
#include "pipelines/forecast/forecast_schema.hpp"
#include "src/base/build_info.hpp"
#include "src/io/cf_check.hpp"
#include "src/io/product_writer.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/io/outputs.hpp"

namespace myriad::pipelines {
namespace {

using testing::HasSubstr;


/// The section `output` of a forecast's configuration with nothing but what is required.
Config output_section(const std::string& output = "{}") {
  const std::string yaml =
      "out: here\nstart: 2001-01-15T00Z\ncheckpoints: [a]\ninitial: {files: [b]}\noutput: " +
      output + "\n";
  return Config::from_text(std::make_shared<const Schema>(forecast_schema()), yaml, "test")
      .section("output");
}

ForecastFacts facts() {
  return {.id = "0123456789abcdef",
          .config_sha256 = "c0",
          .start = Instant::parse("2001-01-15T00Z"),
          .lead = Duration::hours(12),
          .seed = 7,
          .perturbation = "spherical_gaussian",
          .precision = "f32",
          .backend = "kokkos",
          .checkpoints = {"one.safetensors", "two.safetensors"},
          .weights_sha256 = {std::string(64, '1'), std::string(64, '2')}};
}

std::string text(const io::NcAttributes& attributes, const std::string& name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& a) { return a.first == name; });
  return found == attributes.end() ? "(absent)" : std::get<std::string>(found->second);
}

TEST(ForecastAttributes, AMemberOfTheDefaultConfigurationConformsToCfAndAcdd) {
  const test::TemporaryDirectory dir;
  const std::vector<io::Channel> channels = {io::make_channel("t850", "K"),
                                             io::make_channel("sp", "Pa")};
  io::MemberMetadata metadata = io::test::member_metadata(3);
  metadata.attributes = member_attributes(output_section(), facts(), 3, 1);
  io::MemberWriter writer(dir / "m.nc", io::test::small_grid(), channels, metadata);
  for (std::int64_t t = 0; t < 3; ++t)
    writer.append(t, io::test::member_fields(channels, io::test::small_grid(), 3, t));
  writer.finish();
  EXPECT_EQ(describe(check_cf((dir / "m.nc").string(), io::CfProfile::member)), "");
  EXPECT_EQ(text(metadata.attributes, "MYRIAD_weights_sha256"), std::string(64, '2'));
  EXPECT_EQ(text(metadata.attributes, "creator_name"), "(absent)");
  EXPECT_THAT(text(metadata.attributes, "summary"), HasSubstr("Member 3"));
  EXPECT_THAT(text(member_attributes(output_section(), facts(), 0, 0), "summary"),
              HasSubstr("(control)"));
}

TEST(ForecastAttributes, AProductOfTheDefaultConfigurationConformsToCfAndAcdd) {
  const test::TemporaryDirectory dir;
  const auto attributes =
      product_attributes(output_section(), facts(), 16, "mean", "sum over members / N");
  io::ProductWriter writer(dir / "p.nc", attributes);
  writer.define_grid(io::test::small_grid());
  writer.define_forecast_times(facts().start, {Duration::hours(0), Duration::hours(12)});
  writer.define_variable({"t850_mean",
                          io::NcType::f32,
                          {"time", "latitude", "longitude"},
                          {{"standard_name", "air_temperature"},
                           {"units", "K"},
                           {"cell_methods", "realization: mean"}}});
  writer.write("t850_mean", std::span<const float>(std::vector<float>(2 * 16 * 32, 280.0F)));
  writer.finish();
  EXPECT_EQ(describe(check_cf((dir / "p.nc").string(), io::CfProfile::product)), "");
  EXPECT_THAT(text(attributes, "summary"), HasSubstr("mean of 16 members"));
  EXPECT_EQ(text(attributes, "MYRIAD_estimator"), "sum over members / N");
}

TEST(ForecastAttributes, AttributionComesFromTheConfiguration) {
  const auto attributes =
      member_attributes(output_section("{title: A, institution: B, license: C, creator_name: D, "
                                       "creator_email: E, creator_url: F, references: G}"),
                        facts(), 1, 0);
  EXPECT_EQ(text(attributes, "title") + text(attributes, "institution") +
                text(attributes, "license") + text(attributes, "creator_name") +
                text(attributes, "creator_email") + text(attributes, "creator_url") +
                text(attributes, "references"),
            "ABCDEFG");
}

TEST(CreationDate, IsTheLaterOfSourceAndInputAndNeverTheClock) {
  ASSERT_GT(build_info().source_epoch, 0) << "the build knows no source date";
  const Instant source = Instant::from_seconds_since_1970(build_info().source_epoch);
  EXPECT_EQ(creation_date(output_section(), Instant::parse("2001-01-15")), source);
  EXPECT_EQ(creation_date(output_section(), source + Duration::days(3)),
            source + Duration::days(3));
  const Instant noleap(CivilTime{2500, 3, 1, 6, 0, 0}, Calendar::noleap);
  EXPECT_EQ(creation_date(output_section(), noleap).iso(), "2500-03-01T06:00:00Z");
}

TEST(CreationDate, IsTheOneOfTheConfigurationWhenGiven) {
  const Config output = output_section("{date_created: 2026-02-03T04Z}");
  EXPECT_EQ(creation_date(output, Instant::parse("2030-01-01")).iso(), "2026-02-03T04:00:00Z");
  const auto attributes = member_attributes(output, facts(), 1, 0);
  EXPECT_EQ(text(attributes, "date_created"), "2026-02-03T04:00:00Z");
  EXPECT_THAT(text(attributes, "history"), testing::StartsWith("2026-02-03T04:00:00Z myriad "));
}

}  // namespace
}  // namespace myriad::pipelines
