#include "src/io/makani_series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "src/io/field_series.hpp"
#include "tests/unit/io/hdf5_fixture.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;
using testing::HasSubstr;

/// Archive of u10m, t2m, z500, t500 on the equiangular 7x12 grid; value = believed range x a share
/// that tells points apart.
MakaniArchive archive_of(std::int64_t times, bool south_first = false) {
  MakaniArchive archive;
  archive.channels = {"u10m", "t2m", "z500", "t500"};
  archive.shape = {times, 4, 7, 12};
  const Grid grid(GridType::equiangular, 7, 12);
  archive.latitudes = grid.latitudes_deg();
  if (south_first) std::reverse(archive.latitudes.begin(), archive.latitudes.end());
  archive.longitudes = grid.longitudes_deg();
  for (std::int64_t t = 0; t < times; ++t) {
    for (const std::string& name : archive.channels) {
      const Channel channel = make_channel(name);
      const Field field = distinct(channel.minimum, channel.maximum);
      for (const double latitude : archive.latitudes) {
        for (const double longitude : archive.longitudes) {
          archive.fields.push_back(
              static_cast<float>(field(6.0 * static_cast<double>(t), 0.0, latitude, longitude)));
        }
      }
    }
  }
  return archive;
}

std::vector<float> field_of(const MakaniArchive& archive, std::int64_t time,
                            const std::string& name) {
  SyntheticFile shape;
  shape.grid = GridType::equiangular;
  shape.nlat = archive.shape[2];
  shape.nlon = archive.shape[3];
  const Channel channel = make_channel(name);
  return expected(shape, distinct(channel.minimum, channel.maximum),
                  6.0 * static_cast<double>(time), 0.0);
}

void write_metadata(const std::filesystem::path& path, const MakaniArchive& archive,
                    const std::string& more = "") {
  std::ofstream json(path);
  json << "{\"dhours\": 6, \"h5_path\": \"fields\", " << more
       << "\"coords\": {\"grid_type\": \"equiangular\", \"lat\": [";
  for (std::size_t i = 0; i < archive.latitudes.size(); ++i)
    json << (i ? "," : "") << archive.latitudes[i];
  json << "], \"lon\": [";
  for (std::size_t i = 0; i < archive.longitudes.size(); ++i)
    json << (i ? "," : "") << archive.longitudes[i];
  json << "], \"channel\": [";
  for (std::size_t i = 0; i < archive.channels.size(); ++i)
    json << (i ? "," : "") << '"' << archive.channels[i] << '"';
  json << "]}}";
}

SeriesOptions options_for(const std::filesystem::path& path,
                          std::vector<ChannelRequest> channels = {}) {
  SeriesOptions options;
  options.files = {path.string()};
  options.channels = std::move(channels);
  return options;
}

TEST(MakaniSeries, AnnotatedArchivesNeedNoSidecar) {
  const TemporaryDirectory dir;
  for (const TextKind kind : {TextKind::fixed, TextKind::variable}) {
    for (const bool south_first : {false, true}) {
      MakaniArchive archive = archive_of(3, south_first);
      archive.text_kind = kind;
      archive.timestamps = {1514764800.0, 1514786400.0, 1514808000.0};  // 2018-01-01 00, 06, 12 UTC
      write_makani((dir / "a.h5").string(), archive);
      const auto series =
          open_field_series(options_for(dir / "a.h5", {{"t500", ""}, {"u10m", ""}}));
      EXPECT_EQ(series->grid(), Grid(GridType::equiangular, 7, 12));
      EXPECT_EQ(series->times()[2].iso(), "2018-01-01T12:00:00Z");
      for (std::int64_t t = 0; t < 3; ++t) {
        EXPECT_EQ(read_one(*series, t, "t500"), field_of(archive, t, "t500"));
        EXPECT_EQ(read_one(*series, t, "u10m"), field_of(archive, t, "u10m"));
      }
    }
  }
}

TEST(MakaniSeries, PlainArchivesTakeYearsFromTheirNamesAndTheRestFromDataJson) {
  const TemporaryDirectory dir;
  std::filesystem::create_directory(dir / "train");
  MakaniArchive archive = archive_of(1460);
  write_metadata(dir / "data.json", archive);
  MakaniArchive bare = archive;
  bare.channels.clear();
  bare.latitudes.clear();
  bare.longitudes.clear();
  write_makani((dir / "train" / "2017.h5").string(), bare);
  write_makani((dir / "train" / "2018.h5").string(), bare);
  const auto series = open_field_series(options_for(dir / "train" / "*.h5"));
  EXPECT_EQ(series->channels().size(), 4U);
  ASSERT_EQ(series->times().size(), 2920U);
  EXPECT_EQ(series->times()[1459].iso(), "2017-12-31T18:00:00Z");
  EXPECT_EQ(series->times()[1460].iso(), "2018-01-01T00:00:00Z");
  EXPECT_EQ(read_one(*series, 1461, "z500"), field_of(archive, 1, "z500"));
}

TEST(MakaniSeries, AskingForHeightsConvertsTheGeopotentialOfTheArchive) {
  const TemporaryDirectory dir;
  MakaniArchive archive = archive_of(1);
  archive.timestamps = {0.0};
  write_makani((dir / "a.h5").string(), archive);
  const auto series = open_field_series(options_for(dir / "a.h5", {{"z500", "m"}}));
  const std::vector<float> height = read_one(*series, 0, "z500");
  const std::vector<float> geopotential = field_of(archive, 0, "z500");
  for (std::size_t i = 0; i < height.size(); ++i)
    EXPECT_FLOAT_EQ(height[i], geopotential[i] / 9.80665F);
  EXPECT_THAT(series->notes().at(0), HasSubstr("g0"));
}

TEST(MakaniSeries, PoisonedValuesAreNamed) {
  const TemporaryDirectory dir;
  MakaniArchive archive = archive_of(2);
  archive.timestamps = {0.0, 21600.0};
  archive.fields[static_cast<std::size_t>((4 + 1) * 84 + 2 * 12 + 3)] =
      std::nanf("");  // t2m at time 1
  write_makani((dir / "a.h5").string(), archive);
  const auto series = open_field_series(options_for(dir / "a.h5", {{"t2m", ""}}));
  EXPECT_NO_THROW(read_one(*series, 0, "t2m"));
  const Error error = error_of([&] { read_one(*series, 1, "t2m"); });
  EXPECT_EQ(error.id(), "E2044");
  for (const char* part :
       {"t2m (level 2 m)", "1970-01-01T06:00:00Z", "latitude 30.0", "longitude 90.0"}) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(MakaniSeries, InconsistentArchivesAreRefusedBeforeAnythingIsRead) {
  const TemporaryDirectory dir;
  const auto attempt = [&](const std::function<void(MakaniArchive&)>& change) {
    MakaniArchive archive = archive_of(2);
    archive.timestamps = {0.0, 21600.0};
    change(archive);
    write_makani((dir / "a.h5").string(), archive);
    return error_of([&] { open_field_series(options_for(dir / "a.h5", {{"t2m", ""}})); });
  };
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.channels.pop_back(); }).id(), "E2051");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.channels.clear(); }).id(), "E2051");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.latitudes.pop_back(); }).id(), "E2050");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.timestamps.pop_back(); }).id(), "E2052");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.timestamps.clear(); }).id(), "E2052");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.shape = {2, 4, 84}; }).id(), "E2050");
  EXPECT_EQ(attempt([](MakaniArchive& a) { a.channels[1] = "d2m"; }).id(), "E2037");
}

TEST(MakaniSeries, AnArchiveCannotMakeUsReadOtherFiles) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "secret") << std::string(4 * 2 * 4 * 7 * 12, 'x');
  write_external((dir / "a.h5").string(), {2, 4, 7, 12}, (dir / "secret").string());
  const MakaniArchive archive = archive_of(2);
  write_metadata(dir / "data.json", archive);
  EXPECT_EQ(error_of([&] { open_field_series(options_for(dir / "a.h5")); }).id(), "E2005");
  std::filesystem::rename(dir / "a.h5", dir / "b.h5");
  write_makani((dir / "2018.h5").string(), archive);
  std::ofstream(dir / "data.json") << R"({"dhours": 6, "h5_path": "link/fields"})";
  EXPECT_EQ(error_of([&] { open_field_series(options_for(dir / "2018.h5")); }).id(), "E2050");
}

TEST(MakaniSeries, AFileThatIsNoHdf5IsRefused) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "a.h5") << "this is not HDF5";
  const Error error = error_of([&] { open_field_series(options_for(dir / "a.h5")); });
  EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
  EXPECT_THAT(error.what(), HasSubstr("H5Fopen"));
}

}  // namespace
}  // namespace myriad::io
