#include "pipelines/verify/scored_regions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "pipelines/verify/verify_run.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad::pipelines {
namespace {

using test::VerifyWorld;
using testing::HasSubstr;

/// Share of land at a point of the world.
double land(std::size_t point) {
  return point % 3 == 0 ? 0.0 : static_cast<double>(point % 5) / 4.0;
}

enum class Rows { southwards, northwards };

/// A mask as other programs write it: `lsm` and `extra`, or `lsm` alone.
struct MaskFile {
  Rows rows = Rows::southwards;
  bool extra = false;
  double shift = 0.0;  ///< of the longitudes
  double first = 0.0;  ///< weight of the first point

  std::string write(const std::filesystem::path& path, const Grid& grid) const {
    auto file = io::NetcdfFile::create(path.string());
    const int time = file.define_dimension("time", 1);
    const int lat = file.define_dimension("latitude", grid.nlat());
    const int lon = file.define_dimension("longitude", grid.nlon());
    const int lat_id = file.define_variable("latitude", io::NcType::f64, {lat});
    const int lon_id = file.define_variable("longitude", io::NcType::f64, {lon});
    const int data = file.define_variable("lsm", io::NcType::f32, {time, lat, lon});
    if (extra) file.define_variable("orography", io::NcType::f32, {lat, lon});
    file.end_definitions();
    std::vector<double> latitudes = grid.latitudes_deg(), longitudes = grid.longitudes_deg();
    for (double& x : longitudes) x += shift;
    std::vector<double> values;
    for (std::size_t p = 0; p < static_cast<std::size_t>(grid.points()); ++p) {
      const auto nlon = static_cast<std::size_t>(grid.nlon());
      const std::size_t row = rows == Rows::southwards
                                  ? p / nlon
                                  : static_cast<std::size_t>(grid.nlat()) - 1 - p / nlon;
      const std::size_t point = row * nlon + p % nlon;
      values.push_back(point == 0 ? first : land(point));
    }
    if (rows == Rows::northwards) std::reverse(latitudes.begin(), latitudes.end());
    const std::vector<std::int64_t> origin(3, 0);
    file.write(lat_id, std::span(origin).first(1), std::vector<std::int64_t>{grid.nlat()},
               std::span<const double>(latitudes));
    file.write(lon_id, std::span(origin).first(1), std::vector<std::int64_t>{grid.nlon()},
               std::span<const double>(longitudes));
    file.write(data, origin, std::vector<std::int64_t>{1, grid.nlat(), grid.nlon()},
               std::span<const double>(values));
    file.close();
    return path.string();
  }
};

std::string problem_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.id() + " " + error.what();
  }
  return "none";
}

/// Root-mean-square error of the mean of t850 at 48 h with weight(row's latitude, longitude,
/// point).
double plain_rmse(const VerifyWorld& world,
                  const std::function<double(double, double, std::size_t)>& weight) {
  const auto latitudes = world.grid().latitudes_deg(), longitudes = world.grid().longitudes_deg();
  const auto areas = world.grid().row_weights();
  const Duration lead = Duration::hours(48);
  double sum = 0.0, total = 0.0;
  for (int s = 0; s < 3; ++s) {
    const auto truth = world.truth(world.start(s) + lead);
    for (std::size_t p = 0; p < truth.size(); ++p) {
      const std::size_t row = p / VerifyWorld::k_nlon, column = p % VerifyWorld::k_nlon;
      const double w = areas[row] * weight(latitudes[row], longitudes[column], p);
      double mean = 0.0;
      for (int m = 1; m < 5; ++m) mean += static_cast<double>(world.member(s, m, lead)[p]) / 4.0;
      const double e = mean - static_cast<double>(truth[p]);
      sum += w * e * e;
      total += w;
    }
  }
  return std::sqrt(sum / total);
}

TEST(ScoredRegions, BandsBoxesAndMasksAreScoredBesideTheStandardRegions) {
  const VerifyWorld world;
  const std::string mask = MaskFile{}.write(world.path() / "mask.nc", world.grid());
  VerifyRun run(world.config(fmt::format(
      "regions:\n  - {{name: north, title: North of 30, south: 30}}\n"
      "  - {{name: box, south: -10, north: 60, west: 300, east: 382.5}}\n"
      "  - {{name: land, mask: {0}}}\n"
      "  - {{name: land_in_the_box, mask: {0}, variable: lsm, south: -10, north: 60, west: -60, "
      "east: 22.5}}\n",
      mask)));
  diag::Verification results(run.shape());
  for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
  ASSERT_EQ(run.shape().regions.size(), 8U);
  EXPECT_EQ(run.shape().regions[4].title, "North of 30");
  EXPECT_EQ(run.shape().regions[5].title, "box");
  const auto rmse = [&](std::size_t region) {
    return results.score(diag::find_score("rmse"), 0, 2, region);
  };
  const auto in_box = [](double lat, double lon) {
    return lat >= -10.0 && lat <= 60.0 && (lon >= 300.0 || lon <= 22.5) ? 1.0 : 0.0;
  };
  EXPECT_NEAR(
      rmse(4),
      plain_rmse(world, [](double lat, double, std::size_t) { return lat >= 30.0 ? 1.0 : 0.0; }),
      1e-9);
  EXPECT_NEAR(
      rmse(5),
      plain_rmse(world, [&](double lat, double lon, std::size_t) { return in_box(lat, lon); }),
      1e-9);
  EXPECT_NEAR(rmse(6), plain_rmse(world, [](double, double, std::size_t p) { return land(p); }),
              1e-9);
  EXPECT_NEAR(rmse(7),
              plain_rmse(world, [&](double lat, double lon,
                                    std::size_t p) { return in_box(lat, lon) * land(p); }),
              1e-9);
}

TEST(ScoredRegions, MasksMayRunNorthwards) {
  const VerifyWorld world(1, 2);
  const std::string south = MaskFile{}.write(world.path() / "south.nc", world.grid());
  const std::string north =
      MaskFile{Rows::northwards, true}.write(world.path() / "north.nc", world.grid());
  const Config config = world.config(
      fmt::format("regions:\n  - {{name: a, mask: {}}}\n  - {{name: b, mask: {}, variable: lsm}}\n",
                  south, north));
  const auto regions = read_regions(config.sections("regions"), world.grid());
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(regions[0].weights, regions[1].weights);
  EXPECT_EQ(regions[0].weights[7], static_cast<float>(land(7)));
}

TEST(ScoredRegions, RefusesWhatIsNoRegion) {
  const VerifyWorld world(1, 2);
  const Grid grid = world.grid();
  const auto problem = [&](const std::string& region, const Grid& on) {
    const Config config = world.config("regions: [" + region + "]\n");
    return problem_of([&] { static_cast<void>(read_regions(config.sections("regions"), on)); });
  };
  for (const char* region :
       {"{name: Box}", "{name: tropics}", "{name: domain}", "{name: a}, {name: a}",
        "{name: a, south: 30, north: 20}", "{name: a, west: 10}", "{name: a, west: 20, east: 10}",
        "{name: a, west: 0, east: 400}", "{name: a, variable: lsm}"}) {
    EXPECT_THAT(problem(region, grid), HasSubstr("E2735")) << region;
  }
  EXPECT_THAT(problem("{name: a}", Grid::points({0, 1}, {0, 1, 2})), HasSubstr("E2735"));
  const auto mask = [&](const MaskFile& file, const std::string& more = {}) {
    const std::string path = file.write(world.path() / "bad.nc", grid);
    return problem("{name: a, mask: " + path + more + "}", grid);
  };
  EXPECT_THAT(mask({Rows::southwards, true}), HasSubstr("2 fields: lsm, orography; name one"));
  EXPECT_THAT(mask({}, ", variable: sea"), HasSubstr("no field 'sea'"));
  EXPECT_THAT(mask({Rows::southwards, false, 5.0}), HasSubstr("another grid"));
  EXPECT_THAT(mask({Rows::southwards, false, 0.0, 1.5}), HasSubstr("1.5 at row 0, column 0"));
  EXPECT_THAT(mask({Rows::southwards, false, 0.0, std::nan("")}), HasSubstr("E2736"));
  EXPECT_EQ(problem_of([&] {
              VerifyRun run(world.config("regions: [{name: a, south: 1, north: 2}]\n"));
            }).substr(0, 5),
            "E2501")
      << "no row of the grid is in it";
}

}  // namespace
}  // namespace myriad::pipelines
