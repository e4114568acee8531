#include "pipelines/forecast/perturbations.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "src/io/product_writer.hpp"
#include "tests/unit/base/temporary_directory.hpp"
#include "tests/unit/ensemble/toy_model.hpp"

namespace myriad::pipelines::test {
namespace {

using myriad::test::TemporaryDirectory;
using myriad::test::ToyModel;

const Instant k_start = Instant::parse("2003-01-15T12Z");

Config configured(const std::string& yaml, const std::vector<std::string>& sets = {}) {
  Schema schema("forecast", "only what perturbs");
  add_perturbation_keys(schema);
  std::vector<ConfigOverride> overrides;
  for (const std::string& set : sets) overrides.push_back(parse_set(set));
  return Config::from_text(std::make_shared<const Schema>(std::move(schema)), yaml, "run.yaml",
                           overrides);
}

/// Perturbation of member 3 on a state of zeros, [channel, lat, lon], normalised.
std::vector<double> perturbation_of(const Config& config, std::uint64_t seed = 1) {
  ToyModel model;
  std::vector<EnsembleStart> earlier;
  for (const Instant& time : perturbation_times(config, k_start, Duration::hours(6))) {
    earlier.push_back(model.analysis(time));
  }
  const auto perturbation = make_configured_perturbation(config, model, seed, k_start, earlier);
  Tensor history(model.backend(), DType::f64, {1, 1, 3, ToyModel::k_nlat, ToyModel::k_nlon});
  model.backend().fill(history, 0.0);
  const Member member{3, 0, 3, 1, 0};
  perturbation->apply(history, std::span(&member, 1));
  return history.to_doubles();
}

constexpr std::size_t k_plane = ToyModel::k_nlat * ToyModel::k_nlon;

/// RMS of one channel in normalised units.
double rms(const std::vector<double>& state, std::size_t channel) {
  double sum = 0.0;
  for (std::size_t i = 0; i < k_plane; ++i)
    sum += state[channel * k_plane + i] * state[channel * k_plane + i];
  return std::sqrt(sum / static_cast<double>(k_plane));
}

std::string complaint(const std::string& yaml) {
  try {
    check_perturbations(configured(yaml), ToyModel().description(), 16);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    return error.what();
  }
  ADD_FAILURE() << "no error for " << yaml;
  return {};
}

TEST(ConfiguredPerturbations, AbsentKeyMeansNoiseOnEveryChannel) {
  const Config config = configured("{}");
  EXPECT_EQ(describe_perturbations(config), "spherical_gaussian");
  EXPECT_FALSE(pairs_are_centred(config));
  const std::vector<double> state = perturbation_of(config);
  // 0.3 of the change per step: 0.3 * 15 / 200 for z500.
  EXPECT_NEAR(rms(state, 0) / (0.3 * 15.0 / 200.0), 1.0, 0.35);
  EXPECT_NEAR(rms(state, 2) / (0.3 * 1.0 / 15.0), 1.0, 0.35);
}

TEST(ConfiguredPerturbations, OneSectionIsAListOfOne) {
  const Config alone = configured("perturbation: {amplitude: 0.7, channels: [z500]}");
  const Config list = configured("perturbation: [{amplitude: 0.7, channels: [z500]}]");
  EXPECT_EQ(alone.sha256(), list.sha256());
  EXPECT_EQ(perturbation_of(alone), perturbation_of(list));
  const Config set = configured("perturbation: {amplitude: 0.7}", {"perturbation.kind=none"});
  EXPECT_EQ(describe_perturbations(set), "none");
  EXPECT_EQ(perturbation_of(set), std::vector<double>(3 * k_plane, 0.0));
}

TEST(ConfiguredPerturbations, ListIsTheSumOfItsPartsWithIndependentDraws) {
  const std::string z = "{scale: variability, amplitude: 0.2, channels: [z500]}";
  const std::vector<double> one = perturbation_of(configured("perturbation: [" + z + "]"));
  const std::vector<double> second =
      perturbation_of(configured("perturbation: [{kind: none}, " + z + "]"));
  const std::vector<double> both =
      perturbation_of(configured("perturbation: [" + z + ", " + z + "]"));
  EXPECT_NE(one, second);
  for (std::size_t i = 0; i < k_plane; ++i) ASSERT_NEAR(both[i], one[i] + second[i], 1e-14);
  EXPECT_EQ(rms(both, 1), 0.0);
  EXPECT_NE(perturbation_of(configured("perturbation: [" + z + "]"), 2), one);  // the seed
}

TEST(ConfiguredPerturbations, BredVectorsAskForTheAnalysesTheyGrowFrom) {
  const Duration step = Duration::hours(6);
  EXPECT_TRUE(perturbation_times(configured("{}"), k_start, step).empty());
  const auto times =
      perturbation_times(configured("perturbation: {kind: bred_vectors}"), k_start, step);
  ASSERT_EQ(times.size(), 3U);
  EXPECT_EQ(times.front(), k_start - Duration::hours(18));
  // A second one with more cycles and the published timing: the union, each once.
  const auto both = perturbation_times(
      configured(
          "perturbation: [{kind: bred_vectors}, {kind: bred_vectors, cycles: 2, compat: hens}]"),
      k_start, step);
  ASSERT_EQ(both.size(), 4U);
  EXPECT_EQ(both.back(), k_start);
}

TEST(ConfiguredPerturbations, BredVectorsHaveTheFractionOfTheListedErrors) {
  const Config config = configured(
      "perturbation: {kind: bred_vectors, amplitude: 0.35, scale: errors,\n"
      "  errors: {z500: {rmse: 80}, q850: {rmse: 0.001}, t850: {rmse: 2}}, channels: [z500, "
      "t850]}");
  EXPECT_EQ(check_perturbations(config, ToyModel().description(), 16),
            (std::vector<double>{28.0, 0.0, 0.7}));
  const std::vector<double> state = perturbation_of(config);
  EXPECT_NEAR(rms(state, 0) / (28.0 / 200.0), 1.0,
              0.35);  // all rows, unweighted: near the extratropics' value
  EXPECT_EQ(rms(state, 1), 0.0);
  EXPECT_NEAR(rms(state, 2) / (0.7 / 15.0), 1.0, 0.35);
}

TEST(ConfiguredPerturbations, ErrorsAreReadFromAScoreFile) {
  const TemporaryDirectory folder;
  io::ProductWriter writer(folder / "scores.nc", {{"title", std::string("scores")}},
                           Existing::replace);
  writer.define_labels("region", {"global"}, {{"long_name", std::string("region")}});
  writer.define_lead_times({Duration::hours(48)});
  writer.define_variable({"z500_rmse_control",
                          io::NcType::f64,
                          {"region", "lead_time"},
                          {{"long_name", std::string("z")}, {"units", std::string("m")}},
                          io::MissingValues::refuse,
                          0});
  const std::vector<double> value{40.0};
  writer.write("z500_rmse_control", std::span<const double>(value));
  writer.finish();
  const Config config =
      configured("perturbation: {amplitude: 0.5, scale: errors, channels: [z500], error_file: " +
                 (folder / "scores.nc").string() + ", error_score: rmse_control}");
  EXPECT_EQ(check_perturbations(config, ToyModel().description(), 16),
            (std::vector<double>{20.0, 0.0, 0.0}));
}

TEST(ConfiguredPerturbations, WhatDoesNotFitTheModelIsRefusedBeforeTheRun) {
  EXPECT_NE(complaint("perturbation: {channels: [z501]}").find("nearest: 'z500'"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: {kind: bred_vectors, seed_channels: [z850]}")
                .find("no channel 'z850'"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: {scale: errors}").find("nowhere"), std::string::npos);
  EXPECT_NE(complaint("perturbation: {scale: errors, error_file: a.nc, errors: {z500: {rmse: 1}}}")
                .find("twice"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: {scale: errors, errors: {z500: {rmse: 1}}}")
                .find("q850 is perturbed"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: {spectrum: flat, compat: hens}").find("gaussian spectrum"),
            std::string::npos);
}

TEST(ConfiguredPerturbations, WeightsArePerturbedBesideTheAnalysis) {
  const auto seeds = [](std::size_t start) { return 100 + start; };
  const Duration step = Duration::hours(6);
  EXPECT_FALSE(make_weight_perturbation(configured("{}"), step, seeds).has_value());
  const Config config = configured(
      "perturbation: [{amplitude: 0.1}, {kind: spectral_weights, amplitude: 0.25, degrees: 8, "
      "refresh: 12h}]");
  const auto weights = make_weight_perturbation(config, step, seeds);
  ASSERT_TRUE(weights.has_value());
  EXPECT_EQ(weights->stddev, 0.25);
  EXPECT_EQ(weights->degrees, 8);
  EXPECT_EQ(weights->refresh_steps, 2);
  EXPECT_NE(weights->seed_of(0), weights->seed_of(1));
  EXPECT_EQ(perturbation_of(config),
            perturbation_of(configured("perturbation: [{amplitude: 0.1}]")));
  EXPECT_NE(complaint("perturbation: {kind: spectral_weights, degrees: 17}").find("have 16"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: {kind: spectral_weights, refresh: 7h}").find("step 6h"),
            std::string::npos);
  EXPECT_NE(complaint("perturbation: [{kind: spectral_weights}, {kind: spectral_weights}]")
                .find("second"),
            std::string::npos);
}

TEST(ConfiguredPerturbations, CostOfBreedingIsOneAndAHalfStepsPerMemberOfPairs) {
  const ModelDescription d = ToyModel().description();
  const auto steps = [&](const std::string& yaml) {
    return perturbation_cost(configured(yaml), d, DType::f32, 8, 1, 600.0).steps_per_member;
  };
  EXPECT_EQ(steps("{}"), 0.0);
  EXPECT_NEAR(steps("perturbation: {kind: bred_vectors}"), 3.0, 0.01);
  EXPECT_NEAR(steps("{centred_pairs: true, perturbation: {kind: bred_vectors}}"), 1.5, 0.01);
  const auto bytes = [&](std::int64_t block, std::int64_t starts) {
    return perturbation_cost(configured("perturbation: {kind: bred_vectors}"), d, DType::f32, block,
                             starts, 600.0)
        .bytes;
  };
  const std::uint64_t state = 3 * k_plane * 4;
  EXPECT_EQ(bytes(2, 1) - bytes(1, 1),
            4 * state);  // differences and perturbed histories, results, noise
  EXPECT_EQ(bytes(1, 2) - bytes(1, 1), 3 * 3 * state);  // analysis twice and its step, three cycles
}

TEST(ConfiguredPerturbations, OptionsOfAnotherKindCountAsUnused) {
  const Config config = configured("perturbation: [{cycles: 5, amplitude: 0.1}]");
  perturbation_of(config);
  check_perturbations(config, ToyModel().description(), 16);
  EXPECT_EQ(config.unused_given_keys(), (std::vector<std::string>{"perturbation[0].cycles"}));
}

}  // namespace
}  // namespace myriad::pipelines::test
