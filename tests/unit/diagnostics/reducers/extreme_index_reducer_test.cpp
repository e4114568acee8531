#include "diagnostics/reducers/extreme_index_reducer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "src/base/error.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/diagnostics/climate_fixture.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using myriad::test::TemporaryDirectory;
using test::ClimateFile;
using test::map_of;
using test::reduce_in_tiles;
using test::Slab;

std::vector<double> percentiles(int first, int last) {
  std::vector<double> out;
  for (int p = first; p <= last; ++p) out.push_back(p);
  return out;
}

std::shared_ptr<const ClimateQuantiles> climate_of(const ClimateFile& file,
                                                   const StatisticsAxes& axes) {
  const TemporaryDirectory folder;
  file.write(folder / "c.nc", axes.grid);
  std::vector<Instant> dates;
  for (Duration lead : axes.leads) dates.push_back(axes.start + lead);
  return std::make_shared<ClimateQuantiles>((folder / "c.nc").string(), axes.grid, axes.channels,
                                            dates);
}

/// A climate that is uniform on 0..1, with all percentiles.
ClimateFile uniform_climate(int first = 0, int last = 100) {
  ClimateFile file;
  file.percent = percentiles(first, last);
  file.value = [](int, double p, std::size_t) { return p / 100.0; };
  return file;
}

/// Members with the values \p x everywhere.
Slab everywhere(const std::vector<double>& x, std::size_t points) {
  Slab slab;
  for (double v : x) {
    slab.members.push_back(static_cast<std::uint32_t>(slab.members.size()));
    slab.values.insert(slab.values.end(), points, static_cast<float>(v));
  }
  return slab;
}

/// Values of the three maps where the same members stand at every point.
struct Indices {
  float efi, sot90, sot10;
};
Indices indices_of(const std::vector<double>& members, const ClimateFile& file,
                   const ExtremeIndexOptions& options = {}) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_extreme_index_reducer(axes, climate_of(file, axes), options);
  const auto reduced = reduce_in_tiles(*reducer, axes, everywhere(members, 72), 6);
  return {reduced.maps[0][30], reduced.maps[1][30], reduced.maps[2][30]};
}

/// N members at the mid-probabilities of the uniform distribution on \p shift..1 + \p shift.
std::vector<double> uniform_members(int count, double shift) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(shift + (i + 0.5) / count);
  return out;
}

TEST(ExtremeIndex, IsPlusOrMinusOneWhenAllMembersLieBeyondTheClimate) {
  for (const ClimateFile& climate : {uniform_climate(), uniform_climate(1, 99)}) {
    EXPECT_FLOAT_EQ(indices_of({1.5, 1.7, 2.0}, climate).efi, 1.0F);
    EXPECT_FLOAT_EQ(indices_of({-1.5, -1.7, -2.0}, climate).efi, -1.0F);
    EXPECT_FLOAT_EQ(indices_of({2.0}, climate).efi, 1.0F);
  }
}

TEST(ExtremeIndex, HasTheGoldenLimitOfTheTrapezoidOverPercentiles) {
  ExtremeIndexOptions options;
  options.quadrature = EfiQuadrature::trapezoid_of_ratio;
  for (const ClimateFile& climate : {uniform_climate(), uniform_climate(1, 99)}) {
    EXPECT_NEAR(indices_of({1.5, 1.7}, climate, options).efi, 0.8749733643, 1e-7);
    EXPECT_NEAR(indices_of({-1.5, -1.7}, climate, options).efi, -0.8749733643, 1e-7);
  }
}

TEST(ExtremeIndex, VanishesForTheClimateItself) {
  for (auto quadrature : {EfiQuadrature::arcsine, EfiQuadrature::trapezoid_of_ratio}) {
    ExtremeIndexOptions options;
    options.quadrature = quadrature;
    EXPECT_NEAR(indices_of(uniform_members(1000, 0.0), uniform_climate(), options).efi, 0.0, 1e-6);
    EXPECT_NEAR(indices_of(uniform_members(1000, 0.0), uniform_climate(1, 99), options).efi, 0.0,
                1e-6);
  }
}

TEST(ExtremeIndex, OfAShiftedUniformDistributionHasItsClosedForm) {
  for (double shift : {0.1, 0.3, 0.7}) {
    // F_f(q) = max(q - d, 0): EFI = 4/pi [int_0^a sin^2 u du + d (pi/2 - a)], a = arcsin sqrt d.
    const double a = std::asin(std::sqrt(shift));
    const double wanted =
        4.0 * std::numbers::inv_pi *
        (0.5 * a - 0.25 * std::sin(2.0 * a) + shift * (0.5 * std::numbers::pi - a));
    // Trapezoids of 101 probabilities and 10,000 members.
    EXPECT_NEAR(indices_of(uniform_members(10000, shift), uniform_climate()).efi, wanted, 3e-3);
    EXPECT_NEAR(indices_of(uniform_members(10000, -shift), uniform_climate()).efi, -wanted, 3e-3);
  }
}

TEST(ExtremeIndex, ShiftOfTailsIsTheDistanceBeyondTheClimateInUnitsOfItsTail) {
  // Uniform climate: Q90 0.9, Q99 0.99. Eleven members 0, 0.2, ..., 2: Q90_f = 1.8, Q10_f = 0.2.
  std::vector<double> x;
  for (int i = 0; i <= 10; ++i) x.push_back(0.2 * i);
  const Indices indices = indices_of(x, uniform_climate());
  EXPECT_NEAR(indices.sot90, (1.8 - 0.99) / 0.09, 1e-5);
  EXPECT_NEAR(indices.sot10, (0.2 - 0.01) / (0.01 - 0.10), 1e-5);
  for (double& v : x) v = 1.0 - v;  // mirrored: Q10_f = -0.8
  EXPECT_NEAR(indices_of(x, uniform_climate()).sot10, (1.8 - 0.99) / 0.09, 1e-5);
}

TEST(ExtremeIndex, ShiftOfATailWithoutWidthIsAbsent) {
  ClimateFile dry = uniform_climate();
  dry.value = [](int, double p, std::size_t) { return p <= 95.0 ? 0.0 : p - 95.0; };
  const Indices indices = indices_of({0.0, 3.0, 9.0}, dry);
  EXPECT_TRUE(std::isnan(indices.sot10));
  EXPECT_TRUE(std::isfinite(indices.sot90));
  const auto axes = test::small_axes();
  const auto fields = make_extreme_index_reducer(axes, climate_of(dry, axes))->fields(0);
  EXPECT_FALSE(fields[0].may_be_missing);
  EXPECT_TRUE(fields[1].may_be_missing);
  EXPECT_TRUE(fields[2].may_be_missing);
}

TEST(ExtremeIndex, SpreadTiesGiveADryClimateTheIndexZero) {
  // 60 % of the climate and of the members are dry, the others uniform.
  ClimateFile dry = uniform_climate();
  dry.value = [](int, double p, std::size_t) { return p <= 60.0 ? 0.0 : (p - 60.0) / 40.0; };
  std::vector<double> members(600, 0.0);
  for (int i = 0; i < 400; ++i) members.push_back((i + 0.5) / 400.0);
  ExtremeIndexOptions options;
  EXPECT_LT(indices_of(members, dry, options).efi, -0.3);  // F_f = 0.6 from q = 0 on
  options.ties = ClimateTies::spread;
  EXPECT_NEAR(indices_of(members, dry, options).efi, 0.0, 1e-3);
  EXPECT_FLOAT_EQ(indices_of({1.5, 1.7}, dry, options).efi, 1.0F);
}

TEST(ExtremeIndex, UsesTheMonthOfTheValidTimeAndThePlace) {
  StatisticsAxes axes = test::small_axes();
  axes.start = Instant::parse("2003-01-31T12Z");
  ClimateFile file;
  file.value = [](int month, double p, std::size_t point) {
    return 1000.0 * month + 10.0 * static_cast<double>(point) + p;
  };
  const auto reducer = make_extreme_index_reducer(axes, climate_of(file, axes));
  EXPECT_TRUE(reducer->fields(1).empty());  // no climate of t850
  Slab slab;
  slab.members = {0, 1};
  for (int i = 0; i < 2; ++i) {
    for (int p = 0; p < 72; ++p)
      slab.values.push_back(1000.0F + 10.0F * static_cast<float>(p) + 101.0F);
  }
  for (std::int64_t rows : {1, 6}) {
    slab.lead = 0;  // January: just above every quantile of its own point
    const auto january = reduce_in_tiles(*reducer, axes, slab, rows);
    for (float v : january.maps[0]) EXPECT_FLOAT_EQ(v, 1.0F);
    slab.lead = 1;  // 24 h later, February: far below
    const auto february = reduce_in_tiles(*reducer, axes, slab, rows);
    for (float v : february.maps[0]) EXPECT_FLOAT_EQ(v, -1.0F);
  }
}

TEST(ExtremeIndex, TilesOfRowsGiveTheBitsOfTheWholeGrid) {
  const StatisticsAxes axes = test::small_axes();
  ClimateFile file;
  file.value = [](int, double p, std::size_t point) {
    return 270.0 + 0.1 * static_cast<double>(point) + 0.15 * p;
  };
  const auto reducer = make_extreme_index_reducer(axes, climate_of(file, axes));
  for (std::int64_t members : {1, 2, 37}) {
    const Slab slab = test::gaussian_slab(axes, members, 4, 0.5);
    const auto whole = reduce_in_tiles(*reducer, axes, slab, 6);
    for (std::int64_t rows : {1, 3, 4})
      EXPECT_EQ(reduce_in_tiles(*reducer, axes, slab, rows).maps, whole.maps) << rows;
  }
}

TEST(ExtremeIndex, RefusesAClimateWithoutTailsOrWithoutItsChannels) {
  const StatisticsAxes axes = test::small_axes();
  ClimateFile file;
  file.percent = {0, 10, 50, 90, 100};
  const auto id_of = [&](const ClimateFile& given) {
    try {
      make_extreme_index_reducer(axes, climate_of(given, axes));
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(id_of(file), "E2524");
  file = {};
  file.channel = "u850";
  EXPECT_EQ(id_of(file), "E2525");
}

}  // namespace
}  // namespace myriad::diag
