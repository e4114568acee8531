#include "pipelines/verify/scored_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"
#include "src/base/error.hpp"
#include "src/io/member_writer.hpp"
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

}  // namespace
}  // namespace myriad::pipelines
