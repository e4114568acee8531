#include "pipelines/common/error_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "src/base/error.hpp"
#include "src/io/product_writer.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::pipelines::test {
namespace {

using myriad::test::TemporaryDirectory;

/// A score file of regions globe and tropics, leads 24 and 48 h: value = base * (1 + region) * (1 +
/// lead index).
std::filesystem::path score_file(const std::filesystem::path& folder, double t850_at_48h = 8.0) {
  const std::filesystem::path path = folder / "scores.nc";
  io::ProductWriter writer(path, {{"title", std::string("scores")}}, Existing::replace);
  writer.define_labels("region", {"global", "tropics"}, {{"long_name", std::string("region")}});
  writer.define_lead_times({Duration::hours(24), Duration::hours(48)});
  const auto define = [&](const std::string& name, const std::string& units) {
    writer.define_variable({name,
                            io::NcType::f64,
                            {"region", "lead_time"},
                            {{"long_name", name}, {"units", units}},
                            io::MissingValues::allow,
                            0});
  };
  define("z500_rmse", "m2 s-2");
  define("t850_rmse", "K");
  define("t850_rmse_control", "K");
  define("u250_rmse", "kg");
  const auto write = [&](const std::string& name, std::vector<double> values) {
    writer.write(name, std::span<const double>(values));
  };
  write("z500_rmse", {98.0665, 196.133, 1.0, 2.0});
  write("t850_rmse", {1.0, t850_at_48h, 3.0, 4.0});
  write("t850_rmse_control", {10.0, 20.0, 30.0, 40.0});
  write("u250_rmse", {1.0, 1.0, 1.0, 1.0});
  writer.finish();
  return path;
}

ErrorTableRequest request(const std::filesystem::path& file) {
  ErrorTableRequest r;
  r.file = file;
  r.channels = {"t850"};
  r.units = {"K"};
  return r;
}

std::string failure(const ErrorTableRequest& r, ErrorKind kind) {
  try {
    read_error_table(r);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(ErrorTable, HoldsTheScoreOfEachChannelInTheUnitsOfTheModel) {
  const TemporaryDirectory folder;
  ErrorTableRequest r = request(score_file(folder.path()));
  r.channels = {"t850", "z500"};
  r.units = {"K", "m"};
  const std::vector<double> errors = read_error_table(r);
  EXPECT_DOUBLE_EQ(errors[0], 8.0);
  EXPECT_NEAR(errors[1], 20.0, 1e-12);  // 196.133 m2 s-2 / g0
  r = request(r.file);
  r.lead = Duration::hours(24);
  r.region = "tropics";
  EXPECT_DOUBLE_EQ(read_error_table(r)[0], 3.0);
  r.score = "rmse_control";
  EXPECT_DOUBLE_EQ(read_error_table(r)[0], 30.0);
}

TEST(ErrorTable, GeopotentialHeightUnderItsOwnNameIsFound) {
  // The member files of a model with z500 in metres call it gh500, and so do their scores.
  const TemporaryDirectory folder;
  io::ProductWriter writer(folder / "scores.nc", {{"title", std::string("scores")}},
                           Existing::replace);
  writer.define_labels("region", {"global"}, {{"long_name", std::string("region")}});
  writer.define_lead_times({Duration::hours(48)});
  writer.define_variable({"gh500_rmse",
                          io::NcType::f64,
                          {"region", "lead_time"},
                          {{"long_name", std::string("z")}, {"units", std::string("m")}},
                          io::MissingValues::refuse,
                          0});
  const std::vector<double> value{17.5};
  writer.write("gh500_rmse", std::span<const double>(value));
  writer.finish();
  ErrorTableRequest r = request(folder / "scores.nc");
  r.channels = {"z500"};
  r.units = {"m"};
  EXPECT_DOUBLE_EQ(read_error_table(r)[0], 17.5);
  r.units = {"m2 s-2"};
  EXPECT_DOUBLE_EQ(read_error_table(r)[0], 17.5 * 9.80665);
}

TEST(ErrorTable, NamesWhatIsMissing) {
  const TemporaryDirectory folder;
  const std::filesystem::path file = score_file(folder.path());
  ErrorTableRequest r = request(file);
  r.channels = {"q850"};
  r.units = {"kg kg-1"};
  EXPECT_NE(failure(r, ErrorKind::input_missing).find("has no q850_rmse"), std::string::npos);
  r = request(file);
  r.lead = Duration::hours(72);
  EXPECT_NE(failure(r, ErrorKind::input_missing).find("24, 48"), std::string::npos);
  r = request(file);
  r.region = "europe";
  EXPECT_NE(failure(r, ErrorKind::input_missing).find("global, tropics"), std::string::npos);
  r = request(folder.path() / "absent.nc");
  failure(r, ErrorKind::input_missing);
}

TEST(ErrorTable, RefusesNumbersThatAreNoError) {
  const TemporaryDirectory folder;
  const std::filesystem::path file = score_file(folder.path(), std::nan(""));
  EXPECT_NE(failure(request(file), ErrorKind::input_corrupt).find("missing"), std::string::npos);
  ErrorTableRequest r = request(file);
  r.channels = {"u250"};
  r.units = {"m s-1"};
  EXPECT_NE(failure(r, ErrorKind::input_corrupt).find("'kg'"), std::string::npos);
}

}  // namespace
}  // namespace myriad::pipelines::test
