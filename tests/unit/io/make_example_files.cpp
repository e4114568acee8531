/// Writes the files that tools_test.py opens with other people's programs: argument = folder.

#include <cmath>
#include <filesystem>
#include <iostream>

#include "src/io/product_writer.hpp"
#include "tests/unit/io/outputs.hpp"

namespace {

using namespace myriad;
using namespace myriad::io;

void write_on_grid(const std::filesystem::path& path, const Grid& grid) {
  const std::vector<Channel> channels{make_channel("t2m"), make_channel("z500")};
  const MemberMetadata metadata = test::member_metadata(0);
  MemberWriter writer(path, grid, channels, metadata);
  for (std::int64_t t = 0; t < 3; ++t) writer.append(t, test::member_fields(channels, grid, 0, t));
  writer.finish();
}

void write_scores(const std::filesystem::path& path) {
  const Grid grid = test::small_grid();
  ProductWriter writer(path, test::member_metadata(0).attributes);
  writer.define_forecast_times(Instant::parse("2001-01-15"),
                               {Duration::hours(24), Duration::hours(48)});
  writer.define_grid(grid);
  writer.define_labels("channel", {"z500", "t850"}, {{"long_name", "channel"}});
  writer.define_lead_times({Duration::hours(24), Duration::hours(48), Duration::hours(72)});
  writer.define_variable({"t850_mean",
                          NcType::f32,
                          {"time", "latitude", "longitude"},
                          {{"standard_name", "air_temperature"},
                           {"long_name", "ensemble mean"},
                           {"units", "K"},
                           {"cell_methods", "realization: mean"},
                           {"coordinates", "forecast_reference_time forecast_period"}},
                          MissingValues::allow,
                          12});
  writer.define_variable(
      {"rmse", NcType::f64, {"channel", "lead_time"}, {{"long_name", "rmse"}, {"units", "1"}}});
  const std::vector<Channel> channels{make_channel("t850")};
  for (std::int64_t t = 0; t < 2; ++t) {
    std::vector<float> field = test::member_fields(channels, grid, 0, t);
    field[3] = std::nanf("");
    writer.write_slab("t850_mean", t, std::span<const float>(field));
  }
  const std::vector<double> rmse{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  writer.write("rmse", std::span<const double>(rmse));
  writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_example_files FOLDER\n";
    return 64;
  }
  const std::filesystem::path folder(argv[1]);
  std::filesystem::create_directories(folder);
  for (std::int64_t member = 0; member < 3; ++member) {
    test::write_member(folder / fmt::format("member_{:03d}.nc", member), channel_set("speedy12"),
                       member);
  }
  MemberWriterOptions options;
  options.grouping = Grouping::by_channel;
  test::write_member(folder / "by_channel.nc", channel_set("speedy12"), 0, options);
  test::write_member(folder / "hens.nc", channel_set("hens74"), 0);
  write_on_grid(folder / "regular.nc", Grid(GridType::equiangular, 19, 36));
  write_scores(folder / "product.nc");
  return 0;
}
