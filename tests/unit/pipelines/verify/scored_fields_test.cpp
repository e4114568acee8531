#include "pipelines/verify/scored_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "diagnostics/score_file.hpp"
#include "diagnostics/stored_scores.hpp"
#include "diagnostics/wind_spectra.hpp"
#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"
#include "src/backend/registry.hpp"
#include "src/base/error.hpp"
#include "src/io/member_writer.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::pipelines {
namespace {

using testing::HasSubstr;

constexpr std::int64_t k_nlat = 8, k_nlon = 16;
constexpr std::size_t k_points = k_nlat * k_nlon;
constexpr int k_members = 4;  ///< files; the first is the control

/// Forecasts from the 15th of November 2002 to March 2003, a month apart, leads 0 and 24 h, of the
/// wind at 850 hPa and the heights (m) of two surfaces.
class WindWorld {
 public:
  WindWorld() {
    for (std::size_t s = 0; s < starts().size(); ++s) {
      for (int m = 0; m < k_members; ++m) {
        write(path() / "forecasts" / starts()[s].file_stamp() / fmt::format("mem{:05}.nc", m),
              starts()[s], m, {Duration{}, Duration::hours(24)},
              [&](std::size_t c, Duration lead) { return member(s, m, c, lead); });
      }
    }
    std::vector<Duration> valid;
    for (const Instant& start : starts()) {
      valid.push_back(start - starts()[0]);
      valid.push_back(valid.back() + Duration::hours(24));
    }
    write(path() / "analysis.nc", starts()[0], 0, valid,
          [&](std::size_t c, Duration lead) { return truth(starts()[0] + lead, c); });
  }

  const std::filesystem::path& path() const { return directory_.path(); }
  static std::vector<Instant> starts() {
    std::vector<Instant> out;
    for (const char* day : {"2002-11-15", "2002-12-15", "2003-01-15", "2003-02-15", "2003-03-15"})
      out.push_back(Instant::parse(day));
    return out;
  }
  static std::vector<io::Channel> channels() {
    return {io::make_channel("u850"), io::make_channel("z1000", "m"), io::make_channel("v850"),
            io::make_channel("z500", "m")};
  }

  std::vector<float> truth(const Instant& valid, std::size_t channel) const {
    return draw(valid.seconds_since_1970(), channel, 0, 0.0F);
  }
  std::vector<float> member(std::size_t start, int member, std::size_t channel,
                            Duration lead) const {
    const Instant valid = starts()[start] + lead;
    auto field = truth(valid, channel);
    const auto noise = draw(valid.seconds_since_1970(), channel, member + 1, 1.0F);
    for (std::size_t p = 0; p < k_points; ++p) field[p] += 0.3F * noise[p];
    return field;
  }

  Config config(const std::string& more) const {
    const std::string p = path().string();
    return Config::from_text(
        std::make_shared<const Schema>(verify_schema()),
        fmt::format("out: {0}/out\nforecasts: [{0}/forecasts]\nanalysis: [{0}/analysis.nc]\n{1}", p,
                    more),
        "test.yaml");
  }

 private:
  static std::vector<float> draw(std::int64_t time, std::size_t channel, int salt, float centred) {
    std::mt19937_64 engine(static_cast<std::uint64_t>(time) * 31 + channel * 7 +
                           static_cast<std::uint64_t>(salt) * 101);
    std::normal_distribution<float> normal(0.0F, 4.0F);
    const float mean = channel == 3 ? 5500.0F : channel == 1 ? 100.0F : 2.0F;
    std::vector<float> out(k_points);
    for (float& v : out) v = normal(engine) + (centred > 0.0F ? 0.0F : mean);
    return out;
  }

  template <class Field>
  void write(const std::filesystem::path& file, const Instant& start, int member,
             const std::vector<Duration>& leads, const Field& field) const {
    std::filesystem::create_directories(file.parent_path());
    io::MemberMetadata metadata;
    metadata.member = member;
    metadata.start = start;
    metadata.leads = leads;
    metadata.attributes = {{"source", std::string("a random number generator")},
                           {"title", std::string("winds and heights")}};
    io::MemberWriterOptions options;
    options.rounding = io::Rounding::none;
    options.deflate_level = 0;
    io::MemberWriter writer(file, Grid(GridType::legendre_gauss, k_nlat, k_nlon), channels(),
                            metadata, options);
    for (std::size_t t = 0; t < leads.size(); ++t) {
      std::vector<float> all;
      for (std::size_t c = 0; c < channels().size(); ++c) {
        const auto values = field(c, leads[t]);
        all.insert(all.end(), values.begin(), values.end());
      }
      writer.append(static_cast<std::int64_t>(t), all);
    }
    writer.finish();
  }

  test::TemporaryDirectory directory_;
};

diag::Verification verify(VerifyRun& run) {
  diag::Verification results(run.shape());
  for (std::size_t s = 0; s < run.starts(); ++s) results.add(run.score_start(s, [] {}));
  return results;
}

/// Root-mean-square errors at 24 h of the mean of the members of value(u, z1000, v, z500), of the
/// control and of persistence, over the starts numbered \p starts.
struct Errors {
  double mean = 0.0, control = 0.0, persistence = 0.0;
};
template <class Value>
Errors plain_errors(const WindWorld& world, const std::vector<std::size_t>& starts,
                    const Value& value) {
  const auto weights = Grid(GridType::legendre_gauss, k_nlat, k_nlon).row_weights();
  const Duration lead = Duration::hours(24);
  Errors errors;
  for (std::size_t s : starts) {
    const auto of = [&](const auto& field, std::size_t p) {
      std::vector<double> x;
      for (std::size_t c = 0; c < 4; ++c) x.push_back(static_cast<double>(field(c)[p]));
      return value(x[0], x[1], x[2], x[3]);
    };
    for (std::size_t p = 0; p < k_points; ++p) {
      const double w =
          weights[p / k_nlon] / static_cast<double>(k_nlon) / static_cast<double>(starts.size());
      const Instant start = WindWorld::starts()[s];
      const double y = of([&](std::size_t c) { return world.truth(start + lead, c); }, p);
      const double before = of([&](std::size_t c) { return world.truth(start, c); }, p);
      double sum = 0.0, control = 0.0;
      for (int m = 0; m < k_members; ++m) {
        const double x = of([&](std::size_t c) { return world.member(s, m, c, lead); }, p);
        if (m == 0) control = x;
        if (m > 0) sum += x / (k_members - 1);
      }
      errors.mean += w * (sum - y) * (sum - y);
      errors.control += w * (control - y) * (control - y);
      errors.persistence += w * (before - y) * (before - y);
    }
  }
  for (double* e : {&errors.mean, &errors.control, &errors.persistence}) *e = std::sqrt(*e);
  return errors;
}

std::string message_of(const std::function<void()>& work, std::string& id) {
  try {
    work();
  } catch (const Error& error) {
    id = error.id();
    return error.what();
  }
  id = "none";
  return {};
}

TEST(ScoredFields, DerivedVariablesAreComputedFromEveryMemberAndTheTruth) {
  const WindWorld world;
  VerifyRun run(world.config(
      "channels: [v850]\nderived: [wind850, thickness_1000_500]\nspectra: {members: 0}\n"));
  ASSERT_EQ(run.shape().channels.size(), 3U);
  EXPECT_EQ(run.shape().channels[0].name, "v850");
  EXPECT_EQ(run.shape().channels[1].name, "wind850");
  EXPECT_EQ(run.shape().channels[1].units, "m s-1");
  EXPECT_EQ(run.shape().channels[1].standard_name, "wind_speed");
  EXPECT_EQ(run.shape().channels[2].units, "m");
  const diag::Verification results = verify(run);
  const std::vector<std::size_t> all{0, 1, 2, 3, 4};
  const std::vector<Errors> wanted{
      plain_errors(world, all, [](double, double, double v, double) { return v; }),
      plain_errors(world, all, [](double u, double, double v, double) { return std::hypot(u, v); }),
      plain_errors(world, all, [](double, double low, double, double high) { return high - low; })};
  for (std::size_t c = 0; c < 3; ++c) {
    const auto score = [&](const char* name) {
      return results.score(diag::find_score(name), c, 1, 0);
    };
    const double tolerance = c == 2 ? 2e-3 : 1e-6;  // heights of 5500 m as geopotential in fp32
    EXPECT_NEAR(score("rmse"), wanted[c].mean, tolerance) << c;
    EXPECT_NEAR(score("rmse_control"), wanted[c].control, tolerance) << c;
    EXPECT_NEAR(score("rmse_persistence"), wanted[c].persistence, tolerance) << c;
    EXPECT_TRUE(std::isnan(score("acc"))) << "no climatology";
  }
  EXPECT_THAT(run.provenance(),
              testing::Contains(testing::Pair("Definition of wind850", "sqrt(u^2 + v^2)")));
}

TEST(ScoredFields, DerivedVariablesAloneOrBesideEverythingThereIs) {
  const WindWorld world;
  const VerifyRun alone(world.config("channels: []\nderived: [wind850]\n"));
  ASSERT_EQ(alone.shape().channels.size(), 1U);
  EXPECT_EQ(alone.shape().channels[0].name, "wind850");
  const VerifyRun beside(world.config("derived: [wind850]\n"));
  EXPECT_EQ(beside.shape().channels.size(), 5U);
  EXPECT_EQ(beside.shape().channels[4].name, "wind850");
}

TEST(ScoredFields, ChannelsWhoseInputsAreThereMayBeAskedForEventsToo) {
  const WindWorld world;
  VerifyRun run(world.config(
      "channels: []\nderived: [wind850]\nscores: {events: [{channel: wind850, value: 5}]}\n"
      "report: {map_leads: [24h], contours: [{channel: wind850, value: 5}]}\n"));
  const diag::Verification results = verify(run);
  diag::Report report = run.report();
  run.add_curves(results, report);
  EXPECT_EQ(report.reliability.size(), 1U);
  EXPECT_EQ(report.maps.size(), 1U);
  EXPECT_EQ(report.spaghetti.size(), 1U);
}

TEST(ScoredFields, ErrorsNameTheInputThatIsMissing) {
  const WindWorld world;
  std::string id;
  for (const char* channels : {"", "channels: [u850]\n"}) {
    const std::string text = message_of(
        [&] { VerifyRun run(world.config(std::string(channels) + "derived: [wind500]\n")); }, id);
    EXPECT_EQ(id, "E2731") << text;
    EXPECT_THAT(text, HasSubstr("wind500 needs the channel u500")) << channels;
    EXPECT_THAT(text, HasSubstr("drop wind500 from derived")) << channels;
  }
  message_of([&] { VerifyRun run(world.config("derived: [wind850, wind850]\n")); }, id);
  EXPECT_EQ(id, "E2730");
  message_of([&] { VerifyRun run(world.config("channels: []\n")); }, id);
  EXPECT_EQ(id, "E2730");
  message_of([&] { VerifyRun run(world.config("derived: [vorticity850]\n")); }, id);
  EXPECT_EQ(id, "E2558");
  message_of([&] { VerifyRun run(world.config("channels: [q850]\nderived: [wind850]\n")); }, id);
  EXPECT_EQ(id, "E2037") << "q850 was asked for by itself";
}

TEST(ScoredFields, OnlyStartsOfTheMonthsAreScored) {
  const WindWorld world;
  const auto v_of_u850 = [](double u, double, double, double) { return u; };
  struct Choice {
    const char* yaml;
    std::vector<std::size_t> starts;
  };
  for (const Choice& choice :
       {Choice{"months: [11, 3]", {0, 4}}, Choice{"season: DJF", {1, 2, 3}}}) {
    VerifyRun run(world.config(
        fmt::format("channels: [u850]\nselect: {{{}}}\nspectra: {{members: 0}}\n", choice.yaml)));
    ASSERT_EQ(run.starts(), choice.starts.size());
    EXPECT_EQ(run.forecasts().starts()[0], WindWorld::starts()[choice.starts[0]]);
    const diag::Verification results = verify(run);
    const Errors wanted = plain_errors(world, choice.starts, v_of_u850);
    EXPECT_NEAR(results.score(diag::find_score("rmse"), 0, 1, 0), wanted.mean, 1e-6);
    EXPECT_NEAR(results.score(diag::find_score("rmse_persistence"), 0, 1, 0), wanted.persistence,
                1e-6);
  }
  std::string id;
  const std::string text =
      message_of([&] { VerifyRun run(world.config("select: {season: JJA}\n")); }, id);
  EXPECT_EQ(id, "E2734");
  EXPECT_THAT(text, HasSubstr("6, 7, 8"));
  message_of([&] { VerifyRun run(world.config("select: {season: JJA, months: [6]}\n")); }, id);
  EXPECT_EQ(id, "E2733");
  message_of(
      [&] { VerifyRun run(world.config("select: {season: DJF}\nreport: {start: 2002-11-15}\n")); },
      id);
  EXPECT_EQ(id, "E2668") << "a start that is not scored cannot be shown";
}

/// Kinetic energy at 24 h over the starts: of the truth, the members' mean, and of the three
/// members.
diag::WindSpectra plain_energy(const WindWorld& world, diag::WindOf of) {
  const auto backend = make_backend("reference");
  diag::WindAnalyser analyser(*backend, Grid(GridType::legendre_gauss, k_nlat, k_nlon));
  const Duration lead = Duration::hours(24);
  diag::WindSpectra sum{std::vector<double>(k_nlat, 0.0), std::vector<double>(k_nlat, 0.0)};
  const auto add = [&](const std::vector<float>& u, const std::vector<float>& v, double weight) {
    const auto one = analyser.analyse(u, v);
    for (std::size_t l = 0; l < sum.rotational.size(); ++l) {
      sum.rotational[l] += weight * one.rotational[l];
      sum.divergent[l] += weight * one.divergent[l];
    }
  };
  for (std::size_t s = 0; s < 5; ++s) {
    const Instant valid = WindWorld::starts()[s] + lead;
    if (of == diag::WindOf::truth) add(world.truth(valid, 0), world.truth(valid, 2), 0.2);
    std::vector<float> mean[2] = {std::vector<float>(k_points), std::vector<float>(k_points)};
    for (int m = 1; m < k_members; ++m) {
      const auto u = world.member(s, m, 0, lead), v = world.member(s, m, 2, lead);
      if (of == diag::WindOf::members) add(u, v, 0.2 / 3.0);
      for (std::size_t p = 0; p < k_points; ++p) {
        mean[0][p] += u[p] / 3.0F;
        mean[1][p] += v[p] / 3.0F;
      }
    }
    if (of == diag::WindOf::ensemble_mean) add(mean[0], mean[1], 0.2);
  }
  return sum;
}

TEST(ScoredFields, TheWindHasSpectraOfKineticEnergyInAnyOrderOfItsComponents) {
  const WindWorld world;
  for (const char* more :
       {"channels: [u850, z1000, v850]\n", "channels: [v850, z500, u850]\n",
        "memory_mb: 0.001\n", "derived: [wind850]\n"}) {
    VerifyRun run(world.config(more));
    const diag::Verification results = verify(run);
    ASSERT_EQ(run.shape().winds.size(), 1U) << more;
    EXPECT_EQ(run.shape().winds[0].name, "wind850");
    for (const auto of : {diag::WindOf::truth, diag::WindOf::members, diag::WindOf::ensemble_mean}) {
      const auto wanted = plain_energy(world, of);
      const auto rotational = results.wind_spectrum(0, 1, diag::WindPart::rotational, of);
      const auto divergent = results.wind_spectrum(0, 1, diag::WindPart::divergent, of);
      ASSERT_EQ(rotational.size(), wanted.rotational.size());
      for (std::size_t l = 0; l < rotational.size(); ++l) {
        EXPECT_NEAR(rotational[l], wanted.rotational[l], 2e-6 * wanted.rotational[l] + 1e-12) << l;
        EXPECT_NEAR(divergent[l], wanted.divergent[l], 2e-6 * wanted.divergent[l] + 1e-12) << l;
      }
    }
  }
  EXPECT_TRUE(VerifyRun(world.config("spectra: {winds: false}\n")).shape().winds.empty());
  EXPECT_TRUE(VerifyRun(world.config("spectra: {members: 0}\n")).shape().winds.empty());
  EXPECT_TRUE(VerifyRun(world.config("channels: [u850]\n")).shape().winds.empty());
}

TEST(ScoredFields, SpectraOfTheWindAndZonalMeansAreWrittenAndReadBack) {
  const WindWorld world;
  VerifyRun run(world.config("channels: [u850, z1000, v850]\n"));
  const diag::Verification results = verify(run);
  const auto path = world.path() / "scores.nc";
  diag::write_score_file(results, path, {{"title", std::string("winds")}}, Existing::refuse,
                         WindWorld::starts());
  const io::NetcdfFile file = io::NetcdfFile::open(path.string());
  const auto& energy = file.require("wind850_kinetic_energy_rotational_members");
  EXPECT_EQ(file.dimension_names(energy), (std::vector<std::string>{"lead_time", "degree"}));
  EXPECT_EQ(file.text_attribute(&energy, "units").value(), "m2 s-2");
  EXPECT_THAT(file.text_attribute(&energy, "MYRIAD_estimator").value(), HasSubstr("vorticity"));
  EXPECT_EQ(file.text_attribute(&file.require("wind850_enstrophy_truth"), "units").value(), "s-2");
  EXPECT_EQ(file.dimension_names(file.require("u850_zonal_error")),
            (std::vector<std::string>{"lead_time", "latitude"}));
  EXPECT_EQ(file.text_attribute(&file.require("u850_zonal_spread"), "units").value(), "m s-1");
  EXPECT_EQ(file.read_values(file.require("latitude")),
            Grid(GridType::legendre_gauss, k_nlat, k_nlon).latitudes_deg());
  const auto members = results.wind_spectrum(0, 1, diag::WindPart::divergent, diag::WindOf::members);
  const auto truth = results.wind_spectrum(0, 1, diag::WindPart::divergent, diag::WindOf::truth);
  const auto ratio = file.read_values(file.require("wind850_kinetic_energy_ratio_divergent_members"));
  EXPECT_TRUE(std::isnan(ratio[k_nlat]));  // degree 0
  EXPECT_DOUBLE_EQ(ratio[k_nlat + 3], members[3] / truth[3]);
  const auto squared = file.read_values(file.require("wind850_enstrophy_truth"));
  const auto rotational =
      results.wind_spectrum(0, 1, diag::WindPart::rotational, diag::WindOf::truth);
  EXPECT_DOUBLE_EQ(squared[k_nlat + 3], rotational[3] * 12.0 / (6371229.0 * 6371229.0));

  const diag::StoredScores stored(path.string());
  EXPECT_EQ(stored.wind_spectrum(0, 1, diag::WindPart::divergent, diag::WindOf::members), members);
  for (int of = 0; of < diag::k_zonal_mean_count; ++of) {
    const auto kind = static_cast<diag::ZonalMeanOf>(of);
    EXPECT_EQ(stored.zonal_mean(2, 1, kind), results.zonal_mean(2, 1, kind));
    EXPECT_FALSE(results.zonal_mean(2, 1, kind).empty());
  }
  diag::Report report = run.report();
  report.results = &stored;
  const std::string page = diag::render_report(report);
  EXPECT_THAT(page, HasSubstr("Kinetic energy of the wind, u850 and v850"));
  EXPECT_THAT(page, HasSubstr("Zonal mean error"));
  report.results = &results;
  EXPECT_EQ(diag::render_report(report), page);
}

}  // namespace
}  // namespace myriad::pipelines
