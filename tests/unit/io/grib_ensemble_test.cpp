/// \file
/// Ensembles in GRIB: several starts, steps and members in any order over any files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/io/ensemble_series.hpp"
#include "tests/unit/io/grib_fixture.hpp"
#include "tests/unit/io/synthetic.hpp"

namespace myriad::io {
namespace {

using namespace test;
using testing::HasSubstr;

class GribEnsemble : public ::testing::Test {
 protected:
  static GribSpec message(int edition, long date, const std::string& step, long number) {
    GribSpec spec;
    spec.edition = edition;
    spec.date = date;
    spec.step = step;
    spec.number = number;
    const double offset =
        static_cast<double>(date % 100) + std::stod(step) + 0.5 * static_cast<double>(number);
    spec.field = [offset](double latitude, double longitude) {
      return 250.0 + offset + 0.1 * latitude + std::cos(longitude * 0.0174533);
    };
    return spec;
  }
  std::unique_ptr<EnsembleSeries> open() {
    options.files = {(dir.path() / "*.grib").string()};
    return open_ensemble_series(options);
  }
  TemporaryDirectory dir;
  EnsembleOptions options;
};

TEST_F(GribEnsemble, IsSortedByStartStepAndNumberWhateverTheOrderOfTheMessages) {
  for (const int edition : {1, 2}) {
    const TemporaryDirectory own;
    std::vector<GribSpec> messages;
    for (const long number : {2, 0, 1}) {
      for (const char* step : {"12", "0", "6"}) {
        for (const long date : {20030116, 20030115})
          messages.push_back(message(edition, date, step, number));
      }
    }
    append_grib(own / "a.grib", {messages.begin(), messages.begin() + 7});
    append_grib(own / "b.grib", {messages.begin() + 7, messages.end()});
    options.files = {(own.path() / "*.grib").string()};
    const auto ensemble = open_ensemble_series(options);
    ASSERT_EQ(ensemble->channels().size(), 1U);
    EXPECT_EQ(ensemble->channels()[0].name, "t850");
    EXPECT_EQ(ensemble->starts(),
              (std::vector<Instant>{Instant::parse("2003-01-15"), Instant::parse("2003-01-16")}));
    EXPECT_EQ(ensemble->leads(),
              (std::vector<Duration>{{0}, Duration::hours(6), Duration::hours(12)}));
    EXPECT_EQ(ensemble->members(), (std::vector<std::int64_t>{0, 1, 2}));
    std::vector<float> field(static_cast<std::size_t>(ensemble->grid().points()));
    for (std::size_t s = 0; s < 2; ++s) {
      for (std::size_t t = 0; t < 3; ++t) {
        for (std::size_t m = 0; m < 3; ++m) {
          ASSERT_TRUE(ensemble->has(s, t, m, 0));
          ensemble->read(s, t, m, 0, field);
          const auto wanted = on_our_grid(message(edition, 20030115 + static_cast<long>(s),
                                                  std::to_string(6 * t), static_cast<long>(m)));
          for (std::size_t i = 0; i < field.size(); ++i)
            ASSERT_NEAR(field[i], wanted[i], 1e-3) << s << t << m;
        }
      }
    }
  }
}

TEST_F(GribEnsemble, TellsWhichFieldIsMissingAndRefusesOneTwice) {
  append_grib(dir / "a.grib", {message(2, 20030115, "0", 0), message(2, 20030115, "6", 0),
                               message(2, 20030115, "0", 1)});
  const auto ensemble = open();
  EXPECT_TRUE(ensemble->has(0, 1, 0, 0));
  EXPECT_FALSE(ensemble->has(0, 1, 1, 0));
  append_grib(dir / "b.grib", {message(2, 20030115, "0", 1)});
  const Error twice = error_of([&] { open(); });
  EXPECT_EQ(twice.id(), "E2032");
  EXPECT_THAT(twice.what(), HasSubstr("member 1 of 't850' from 2003-01-15T00:00:00Z at lead 0h"));
}

TEST_F(GribEnsemble, RefusesOptionsThatMeanNothing) {
  append_grib(dir / "a.grib", {message(2, 20030115, "0", 0)});
  options.dim_names = DimNames::cfgrib;
  EXPECT_NO_THROW(open());
  options.dim_names = DimNames::wb2;
  EXPECT_EQ(error_of([&] { open(); }).id(), "E2055");
  options.dim_names = DimNames::automatic;
  options.lead_if_absent = Duration::hours(6);
  EXPECT_EQ(error_of([&] { open(); }).id(), "E2055");
  options.lead_if_absent.reset();
  options.channels = {{"nonsense", ""}};
  options.variable_names = {{"nonsense", "t"}};
  EXPECT_EQ(error_of([&] { open(); }).id(), "E2055");
  options.channels = {{"z500", ""}};
  options.variable_names.clear();
  EXPECT_EQ(error_of([&] { open(); }).id(), "E2037");
}

}  // namespace
}  // namespace myriad::io
