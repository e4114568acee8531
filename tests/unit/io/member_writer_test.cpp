#include "src/io/member_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "src/io/bitround.hpp"
#include "src/io/cf_check.hpp"
#include "src/io/field_series.hpp"
#include "tests/unit/io/hdf5_fixture.hpp"
#include "tests/unit/io/outputs.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;
using testing::HasSubstr;

std::vector<Channel> mixed_channels() {
  std::vector<Channel> channels;
  for (const char* name : {"u850", "t2m", "z500", "u250", "t850", "sp", "u10m", "q850"}) {
    channels.push_back(make_channel(name));
  }
  channels.push_back(make_channel("tp06", "kg m-2"));
  return channels;
}

std::vector<std::string> entries(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Runs \p action in a child process; returns its wait status.
int in_child(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(MemberWriter, OurReaderGetsEveryFieldBackAsRounded) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels = mixed_channels();
  const Grid grid = small_grid();
  for (const Grouping grouping : {Grouping::by_quantity, Grouping::by_channel}) {
    for (const Rounding rounding : {Rounding::bitround, Rounding::none}) {
      MemberWriterOptions options;
      options.grouping = grouping;
      options.rounding = rounding;
      options.read_back = ReadBack::all;
      options.existing = Existing::replace;
      write_member(dir / "m.nc", channels, 3, options);
      SeriesOptions input;
      input.files = {(dir / "m.nc").string()};
      input.channels = requests_for(channels);
      const auto series = open_field_series(input);
      EXPECT_EQ(series->grid(), grid);
      EXPECT_EQ(series->realization(), 3);
      EXPECT_EQ(series->forecast_reference_time()->iso(), "2001-01-15T00:00:00Z");
      EXPECT_EQ(series->times().back().iso(), "2001-01-15T12:00:00Z");
      EXPECT_TRUE(series->notes().empty());
      const std::size_t points = static_cast<std::size_t>(grid.points());
      for (std::int64_t t = 0; t < 3; ++t) {
        const std::vector<float> fields = member_fields(channels, grid, 3, t);
        for (std::size_t c = 0; c < channels.size(); ++c) {
          const std::vector<float> got = read_one(*series, t, channels[c].name);
          std::vector<float> want(fields.begin() + static_cast<std::ptrdiff_t>(c * points),
                                  fields.begin() + static_cast<std::ptrdiff_t>((c + 1) * points));
          // Levels of one variable share the largest number of bits.
          int bits = significant_bits(channels[c]);
          if (grouping == Grouping::by_quantity && channels[c].variable == "u") {
            bits = std::max(significant_bits(make_channel("u850")),
                            significant_bits(make_channel("u250")));
          }
          if (rounding == Rounding::bitround) bitround(want, bits);
          EXPECT_EQ(got, want) << channels[c].name << " lead " << t;
        }
      }
    }
  }
}

TEST(MemberWriter, FilesKeepTheHeaderContract) {
  const TemporaryDirectory dir;
  for (const Grouping grouping : {Grouping::by_quantity, Grouping::by_channel}) {
    MemberWriterOptions options;
    options.grouping = grouping;
    options.existing = Existing::replace;
    write_member(dir / "m.nc", mixed_channels(), 1, options);
    EXPECT_EQ(describe(check_cf((dir / "m.nc").string(), CfProfile::member, CfValues::scan)), "");
  }
}

TEST(MemberWriter, TheHensStateFitsOnePressureAxis) {
  const TemporaryDirectory dir;
  write_member(dir / "m.nc", channel_set("hens74"), 0);
  const NetcdfFile file = NetcdfFile::open((dir / "m.nc").string());
  EXPECT_EQ(file.shape(file.require("z")), (std::vector<std::int64_t>{3, 13, 16, 32}));
  EXPECT_EQ(file.read_all(file.require("plev")).front(), 1e5);
  EXPECT_EQ(file.find("plev_2"), nullptr);
  EXPECT_EQ(file.read_all(file.require("height_100m")).front(), 100.0);
  EXPECT_EQ(describe(check_cf((dir / "m.nc").string(), CfProfile::member)), "");
}

TEST(MemberWriter, EqualContentGivesEqualBytes) {
  const TemporaryDirectory dir;
  const PublishedFile first = write_member(dir / "a.nc", mixed_channels(), 5);
  const PublishedFile second = write_member(dir / "b.nc", mixed_channels(), 5);
  EXPECT_EQ(first.sha256, second.sha256);
  EXPECT_EQ(first.bytes, std::filesystem::file_size(first.path));
  EXPECT_EQ(bytes_of_file(first.path), bytes_of_file(second.path));
  EXPECT_NE(first.sha256, write_member(dir / "c.nc", mixed_channels(), 6).sha256);
  // No object carries the time of its creation; otherwise equal bytes were luck within one second.
  EXPECT_EQ(count_timestamps((dir / "a.nc").string()), 0);
}

TEST(MemberWriter, TheSidecarIsInCoreutilsFormat) {
  const TemporaryDirectory dir;
  const PublishedFile file = write_member(dir / "m.nc", mixed_channels(), 0);
  EXPECT_NO_THROW(verify_sha256_sidecar(file.path));
  EXPECT_EQ(bytes_of_file(dir / "m.nc.sha256"), file.sha256 + "  m.nc\n");
}

TEST(MemberWriter, RoundingShrinksTheFileAndStaysWithinTheTolerance) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels{make_channel("t850")};
  MemberWriterOptions plain;
  plain.rounding = Rounding::none;
  MemberWriterOptions coarse;
  coarse.tolerances["t850"] = 0.5;
  const PublishedFile exact = write_member(dir / "exact.nc", channels, 0, plain);
  const PublishedFile rounded = write_member(dir / "rounded.nc", channels, 0, coarse);
  EXPECT_LT(rounded.bytes, exact.bytes);
  const NetcdfFile file = NetcdfFile::open(rounded.path.string());
  const std::vector<double> values = file.read_all(file.require("t"));
  const Grid grid = small_grid();
  const std::vector<float> fields = member_fields(channels, grid, 0, 0);
  double worst = 0.0;
  for (std::size_t i = 0; i < fields.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - static_cast<double>(fields[i])));
  EXPECT_LE(worst, 0.5);
  EXPECT_GT(worst, 0.1);
}

TEST(MemberWriter, NaNStopsTheMemberBeforeAnythingIsPublished) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels = mixed_channels();
  const Grid grid = small_grid();
  {
    MemberWriter writer(dir / "m.nc", grid, channels, member_metadata(7));
    writer.append(0, member_fields(channels, grid, 7, 0));
    std::vector<float> fields = member_fields(channels, grid, 7, 1);
    const std::size_t points = static_cast<std::size_t>(grid.points());
    fields[2 * points + 3 * 32 + 4] = std::nanf("");
    const Error nan = error_of([&] { writer.append(1, fields); });
    EXPECT_EQ(nan.kind(), ErrorKind::quality);
    EXPECT_EQ(exit_code(nan.kind()), 76);
    EXPECT_EQ(nan.id(), "E2060");
    for (const char* part : {"member 7", "z500 (level 500 hPa)", "lead 6h", "longitude 45.0"}) {
      EXPECT_THAT(nan.what(), HasSubstr(part));
    }
    fields[2 * points + 3 * 32 + 4] = 5500.0F;
    EXPECT_EQ(error_of([&] { writer.append(1, fields); }).id(), "E2063");
  }
  EXPECT_TRUE(entries(dir.path()).empty());
}

TEST(MemberWriter, TakesFieldsThatWereRoundedAlreadyUpToTheRoundedEndOfTheRange) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels = mixed_channels();
  const Grid grid = small_grid();
  MemberWriterOptions options;
  options.significant_bits = {{"t850", 3}};
  MemberWriter writer(dir / "m.nc", grid, channels, member_metadata(7), options);
  std::vector<float> fields = member_fields(channels, grid, 7, 0);
  float& value = fields[4 * static_cast<std::size_t>(grid.points())];
  ASSERT_EQ(channels[4].name, "t850");
  value = static_cast<float>(channels[4].maximum);
  bitround(std::span(&value, 1), 3);
  ASSERT_GT(static_cast<double>(value), channels[4].maximum);
  writer.append(0, fields);
  value = std::nextafter(value, 2.0F * value);
  EXPECT_EQ(error_of([&] { writer.append(1, fields); }).id(), "E2063");
}

TEST(MemberWriter, AKilledWriterLeavesNoFinalNameAndARerunGivesTheSameBytes) {
  const TemporaryDirectory dir;
  std::filesystem::create_directory(dir / "straight");
  std::filesystem::create_directory(dir / "killed");
  const PublishedFile straight = write_member(dir / "straight" / "m.nc", mixed_channels(), 2);
  const int status = in_child([&] {
    const Grid grid = small_grid();
    MemberWriter writer(dir / "killed" / "m.nc", grid, mixed_channels(), member_metadata(2));
    writer.append(0, member_fields(mixed_channels(), grid, 2, 0));
    writer.append(1, member_fields(mixed_channels(), grid, 2, 1));
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  const std::vector<std::string> left = entries(dir / "killed");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_THAT(left[0], testing::StartsWith(".tmp."));
  EXPECT_EQ(remove_stale_temporaries(dir / "killed"), 1U);
  EXPECT_EQ(write_member(dir / "killed" / "m.nc", mixed_channels(), 2).sha256, straight.sha256);
}

TEST(MemberWriter, AFullDiskIsAnIoErrorAndLeavesNothing) {
  // A limit on the file size makes writes fail as a full disk does, at every place in turn.
  const TemporaryDirectory dir;
  const std::uint64_t whole = write_member(dir / "whole.nc", mixed_channels(), 0).bytes;
  for (const int percent : {1, 10, 30, 50, 70, 90, 99}) {
    const int status = in_child([&] {
      ::signal(SIGXFSZ, SIG_IGN);
      rlimit limit{};
      limit.rlim_cur = limit.rlim_max = whole * static_cast<std::uint64_t>(percent) / 100;
      ::setrlimit(RLIMIT_FSIZE, &limit);
      int outcome = 10;  // published although it cannot fit
      try {
        write_member(dir / "m.nc", mixed_channels(), 0);
      } catch (const Error& error) {
        outcome = error.kind() == ErrorKind::io ? 0 : 11;
      }
      ::_exit(outcome);
    });
    ASSERT_TRUE(WIFEXITED(status)) << percent;
    EXPECT_EQ(WEXITSTATUS(status), 0) << percent << " % of the space";
    EXPECT_THAT(entries(dir.path()), testing::ElementsAre("whole.nc", "whole.nc.sha256"))
        << percent;
  }
}

TEST(MemberWriter, DamageBetweenWritingAndPublishingIsSeen) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels{make_channel("t850")};
  const Grid grid = small_grid();
  MemberWriterOptions options;
  options.rounding = Rounding::none;
  options.deflate_level = 0;
  const MemberMetadata metadata = member_metadata(0);
  MemberWriter writer(dir / "m.nc", grid, channels, metadata, options);
  std::vector<float> fields = member_fields(channels, grid, 0, 0);
  const float marker[2] = {271.828183F, 314.159265F};
  fields[100] = marker[0];
  fields[101] = marker[1];
  for (std::int64_t t = 0; t < 3; ++t) writer.append(t, fields);
  std::string name;
  for (const std::string& entry : entries(dir.path())) name = entry;
  const std::string content = bytes_of_file(dir / name);
  const std::size_t position =
      content.find(std::string(reinterpret_cast<const char*>(marker), sizeof marker));
  ASSERT_NE(position, std::string::npos) << "the first field should be on disk already";
  {
    std::fstream file(dir / name, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(position));
    file.put(static_cast<char>(content[position] ^ 1));
  }
  const Error error = error_of([&] { writer.finish(); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.id(), "E2061");
  EXPECT_FALSE(std::filesystem::exists(dir / "m.nc"));
}

TEST(MemberWriter, ExistingOutputIsKeptUnlessReplacementIsAsked) {
  const TemporaryDirectory dir;
  const PublishedFile first = write_member(dir / "m.nc", mixed_channels(), 0);
  EXPECT_EQ(error_of([&] { write_member(dir / "m.nc", mixed_channels(), 1); }).kind(),
            ErrorKind::cannot_create);
  EXPECT_EQ(sha256_file(dir / "m.nc"), first.sha256);
  MemberWriterOptions options;
  options.existing = Existing::replace;
  EXPECT_NE(write_member(dir / "m.nc", mixed_channels(), 1, options).sha256, first.sha256);
}

TEST(MemberWriter, MistakesInTheRequestAreConfigurationErrors) {
  const TemporaryDirectory dir;
  const Grid grid = small_grid();
  const auto attempt = [&](const std::vector<Channel>& channels, const MemberMetadata& metadata,
                           const MemberWriterOptions& options) {
    return error_of([&] { MemberWriter writer(dir / "m.nc", grid, channels, metadata, options); });
  };
  MemberMetadata metadata = member_metadata(0);
  metadata.leads = {Duration::hours(6), Duration::hours(6)};
  EXPECT_EQ(attempt(mixed_channels(), metadata, {}).id(), "E2062");
  metadata.leads = {Duration{1800}};
  EXPECT_EQ(attempt(mixed_channels(), metadata, {}).id(), "E2062");
  metadata = member_metadata(0);
  MemberWriterOptions options;
  options.tolerances["q500"] = 1e-4;
  EXPECT_EQ(attempt(mixed_channels(), metadata, options).id(), "E2064");
  EXPECT_EQ(attempt({make_channel("tp06"), make_channel("tp24")}, metadata, {}).id(), "E2064");
  EXPECT_EQ(attempt({make_channel("t850"), make_channel("t850")}, metadata, {}).id(), "E2023");
  EXPECT_TRUE(entries(dir.path()).empty());
}

TEST(MemberWriter, NoleapForecastsSayNoleap) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels{make_channel("t850")};
  const Grid grid = small_grid();
  MemberMetadata metadata = member_metadata(0);
  metadata.start = Instant::parse("2004-02-28T18Z", Calendar::noleap);
  MemberWriter writer(dir / "m.nc", grid, channels, metadata);
  for (std::int64_t t = 0; t < 3; ++t) writer.append(t, member_fields(channels, grid, 0, t));
  writer.finish();
  SeriesOptions input;
  input.files = {(dir / "m.nc").string()};
  const auto series = open_field_series(input);
  EXPECT_EQ(series->calendar(), Calendar::noleap);
  EXPECT_EQ(series->times()[1].iso(), "2004-03-01T00:00:00Z");
}

TEST(MemberWriter, MembersMayBeWrittenAndReadFromSeveralThreads) {
  const TemporaryDirectory dir;
  const std::vector<Channel> channels = mixed_channels();
  const PublishedFile reference = write_member(dir / "reference.nc", channels, 0);
  std::vector<std::string> digests(3);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto path = dir / fmt::format("m{}.nc", i);
      digests[i] = write_member(path, channels, 0).sha256;
      SeriesOptions input;
      input.files = {path.string()};
      const auto series = open_field_series(input);
      std::vector<float> all(series->channels().size() *
                             static_cast<std::size_t>(series->grid().points()));
      for (std::int64_t t = 0; t < 3; ++t) series->read(t, all);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& digest : digests) EXPECT_EQ(digest, reference.sha256);
}

}  // namespace
}  // namespace myriad::io
