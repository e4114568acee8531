/// Damaged and lying files: never a crash, never silence where the sidecar is consulted
/// (reliability.md R6, R10).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "src/io/field_series.hpp"
#include "src/io/isolate.hpp"
#include "tests/unit/io/outputs.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;

std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void put_bytes(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// Reads everything in a child; "" when it worked, else the error's id. A crash of the file library
/// is E2006.
std::string outcome_of_reading(const std::filesystem::path& path) {
  IsolationLimits limits;
  limits.cpu_seconds = 1;  // one of the damaged files below keeps HDF5 1.10.8 busy for ever
  const auto read_everything = [&] {
    SeriesOptions options;
    options.files = {path.string()};
    options.sidecar_check = SidecarCheck::ignore;
    const auto series = open_field_series(options);
    std::vector<float> all(series->channels().size() *
                           static_cast<std::size_t>(series->grid().points()));
    for (std::size_t t = 0; t < series->times().size(); ++t)
      series->read(static_cast<std::int64_t>(t), all);
  };
  try {
    run_isolated(path.string(), read_everything, limits);
    return "";
  } catch (const Error& error) {
    EXPECT_THAT(error.kind(), testing::AnyOf(ErrorKind::input_corrupt, ErrorKind::input_missing))
        << error.what();
    return error.id();
  }
}

std::vector<Channel> channels() {
  return {make_channel("t850"), make_channel("u850"), make_channel("t500")};
}

TEST(HostileFile, EveryTruncationIsRefused) {
  const TemporaryDirectory dir;
  write_member(dir / "m.nc", channels(), 0);
  const std::string content = bytes_of_file(dir / "m.nc");
  ASSERT_EQ(outcome_of_reading(dir / "m.nc"), "");
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t length = i < 50 ? i * content.size() / 50 : content.size() - 1 - (i - 50);
    put_bytes(dir / "t.nc", content.substr(0, length));
    EXPECT_NE(outcome_of_reading(dir / "t.nc"), "")
        << length << " of " << content.size() << " bytes";
  }
}

TEST(HostileFile, SingleBitFlipsNeverCrashAndAlwaysFailTheSidecar) {
  const TemporaryDirectory dir;
  // Large enough that most bytes are field data, as in any real file.
  const Grid grid(GridType::legendre_gauss, 96, 192);
  MemberWriterOptions options;
  options.rounding = Rounding::none;
  options.deflate_level = 0;
  const std::vector<Channel> channel{make_channel("t850")};
  const MemberMetadata metadata = member_metadata(0);
  MemberWriter writer(dir / "m.nc", grid, channel, metadata, options);
  for (std::int64_t t = 0; t < 3; ++t) writer.append(t, member_fields(channel, grid, 0, t));
  writer.finish();
  const std::string content = bytes_of_file(dir / "m.nc");
  std::mt19937_64 random(20010115);
  int silent = 0;
  constexpr int k_trials = 60;
  for (int trial = 0; trial < k_trials; ++trial) {
    std::string damaged = content;
    const std::size_t position = random() % damaged.size();
    damaged[position] = static_cast<char>(damaged[position] ^ (1 << (random() % 8)));
    put_bytes(dir / "m.nc", damaged);
    SeriesOptions checked;
    checked.files = {(dir / "m.nc").string()};
    EXPECT_EQ(error_of([&] { open_field_series(checked); }).id(), "E1057");
    silent += outcome_of_reading(dir / "m.nc").empty() ? 1 : 0;
  }
  // Without the sidecar fletcher32 sees what hits the fields, not what hits attributes and padding.
  EXPECT_LT(silent, k_trials / 3);
  RecordProperty("silent_without_sidecar", silent);
}

TEST(HostileFile, RandomBytesInTheHeaderNeverCrash) {
  const TemporaryDirectory dir;
  write_synthetic(dir / "s.nc", two_channels());
  const std::string content = bytes_of_file(dir / "s.nc");
  std::mt19937_64 random(19590102);
  for (int trial = 0; trial < 40; ++trial) {
    std::string damaged = content;
    for (int b = 0; b < 4; ++b)
      damaged[random() % std::min<std::size_t>(damaged.size(), 8192)] = static_cast<char>(random());
    put_bytes(dir / "d.nc", damaged);
    static_cast<void>(outcome_of_reading(dir / "d.nc"));
  }
}

TEST(HostileFile, AHeaderThatClaimsHugeExtentsIsRefusedBeforeAllocation) {
  const TemporaryDirectory dir;
  {
    NetcdfFile file = NetcdfFile::create((dir / "huge.nc").string());
    const int time = file.define_dimension("time", 2000000000);
    const int lat = file.define_dimension("lat", 2000000000);
    const int lon = file.define_dimension("lon", 2000000000);
    NcStorage storage;
    storage.chunk = {1024};
    const int t = file.define_variable("time", NcType::f64, {time}, storage);
    file.put_attribute(t, "units", std::string("hours since 2001-01-01"));
    for (const auto& [name, id] : {std::pair{"lat", lat}, std::pair{"lon", lon}}) {
      const int v = file.define_variable(name, NcType::f64, {id}, storage);
      file.put_attribute(
          v, "units", std::string(name == std::string("lat") ? "degrees_north" : "degrees_east"));
    }
    storage.chunk = {1, 64, 64};
    const int field = file.define_variable("t850", NcType::f32, {time, lat, lon}, storage);
    file.put_attribute(field, "units", std::string("K"));
    file.close();
  }
  EXPECT_EQ(outcome_of_reading(dir / "huge.nc"), "E2005");
  SyntheticFile many = two_channels();
  many.nlat = 12000;
  many.nlon = 2;
  many.grid = GridType::equiangular;
  many.hours = {0.0};
  write_synthetic(dir / "rows.nc", many);
  EXPECT_EQ(outcome_of_reading(dir / "rows.nc"), "E2035");
}

TEST(Isolation, ErrorsCrashesAndLimitsOfTheChildBecomeErrorsHere) {
  EXPECT_NO_THROW(run_isolated("x.nc", [] {}));
  const Error thrown = error_of([] {
    run_isolated("x.nc",
                 [] { throw Error(ErrorKind::input_missing, "E2037", "line one\nline two"); });
  });
  EXPECT_EQ(thrown.kind(), ErrorKind::input_missing);
  EXPECT_EQ(thrown.id(), "E2037");
  EXPECT_STREQ(thrown.what(), "line one\nline two");
  const Error crash = error_of([] { run_isolated("x.nc", [] { std::abort(); }); });
  EXPECT_EQ(crash.kind(), ErrorKind::input_corrupt);
  EXPECT_EQ(crash.id(), "E2006");
  EXPECT_THAT(crash.what(), testing::HasSubstr("'x.nc'"));
  IsolationLimits limits;
  limits.cpu_seconds = 1;
  const Error hang = error_of([&] {
    run_isolated(
        "x.nc",
        [] {
          volatile std::uint64_t n = 0;
          while (n < UINT64_MAX) n = n + 1;
        },
        limits);
  });
  EXPECT_EQ(hang.id(), "E2006");
}

TEST(HostileFile, TextAndDirectoriesAndUrlsAreNoNetcdf) {
  const TemporaryDirectory dir;
  put_bytes(dir / "text.nc", "CDF but not really");
  EXPECT_EQ(outcome_of_reading(dir / "text.nc"), "E2002");
  EXPECT_EQ(outcome_of_reading(dir.path()), "E2002");
  EXPECT_EQ(outcome_of_reading("http://localhost:1/x.nc"), "E2001");
}

}  // namespace
}  // namespace myriad::io
