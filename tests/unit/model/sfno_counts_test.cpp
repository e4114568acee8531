#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "src/backend/registry.hpp"
#include "src/model/network_presets.hpp"
#include "src/model/sfno_stages.hpp"

namespace myriad {
namespace {

const NetworkStages& hens_forward() {
  static const NetworkStages step = count_network_stages(hens_network(), 1, NetworkPass::forward);
  return step;
}

TEST(SfnoCounts, OfTheHensNetworkAreThePublishedOnes) {
  // sfno.md 3.10 gives one decimal of GFLOP and of GB.
  const NetworkStages& step = hens_forward();
  const auto gflop = [&](const char* op) { return step.total.ops.at(op).flop * 1e-9; };
  const auto gbytes = [&](const char* op) { return step.total.ops.at(op).bytes * 1e-9; };
  EXPECT_NEAR(gflop("legendre_analysis") + gflop("legendre_synthesis"), 1218.8, 0.1);
  EXPECT_NEAR(gflop("fft_forward") + gflop("fft_inverse"), 107.9, 0.1);
  EXPECT_NEAR(gflop("spectral_mix"), 1598.6, 0.1);
  EXPECT_NEAR(gflop("conv1x1"), 939.8 + 5579.6 + 3192.8 + 1394.9 + 798.2 + 893.5 + 16.9, 0.4);
  EXPECT_NEAR(step.total.work.flop * 1e-12, 15.74, 0.005);
  EXPECT_NEAR(gbytes("fft_forward") + gbytes("fft_inverse"), 11.6 + 19.3, 0.1);
  EXPECT_NEAR(gbytes("legendre_analysis") + gbytes("legendre_synthesis"), 5.1 + 15.2, 0.1);
  EXPECT_NEAR(gbytes("spectral_mix"), 14.0, 0.1);
  EXPECT_GT(step.bytes_peak, 8921787920);  // the weights alone (sfno.md 3.9)
}

TEST(SfnoCounts, OfTheStagesOfTheHensNetworkAreThePublishedOnes) {
  const NetworkStages& step = hens_forward();
  const auto stage = [&](const char* name) -> const Work& {
    const auto found = std::find_if(step.stages.begin(), step.stages.end(), [&](const StageWork& s) { return s.name == name; });
    if (found == step.stages.end()) throw std::runtime_error(name);
    return found->work;
  };
  EXPECT_NEAR(stage("encoder").flop * 1e-9, 939.8, 0.1);
  // 8 analyses (one of 721 rows) and 10 synthesis (two of them), of 116.2 and 58.0 GFLOP in Legendre sums, 16.9 and 3.8 in FFTs.
  EXPECT_NEAR((stage("analysis").flop + stage("synthesis").flop) * 1e-9, 1218.8 + 107.9, 0.2);
  EXPECT_NEAR(stage("analysis").flop * 1e-9, 116.2 + 7 * 58.0 + 16.9 + 7 * 3.8, 0.5);
  EXPECT_NEAR(stage("filter").flop * 1e-9, 1598.6, 0.1);
  EXPECT_NEAR(stage("mlp").flop * 1e-9, 5579.6 + 3192.8, 0.2);
  EXPECT_NEAR(stage("skip").flop * 1e-9, 1394.9 + 798.2, 0.2);
  EXPECT_NEAR(stage("decoder").flop * 1e-9, 893.5 + 16.9, 0.2);
  EXPECT_EQ(stage("norm").flop, 0.0);
  EXPECT_EQ(step.stages.size(), 8U);
}

TEST(SfnoCounts, FoldingSavesWhatItShould) {
  // sfno.md 3.10, exact savings 1 and 2: 14.15 TFLOP are left, of which 0.1 for each of the two skip matrices of coefficients.
  const NetworkStages step = count_network_stages(hens_network(), 1, NetworkPass::folded);
  EXPECT_NEAR(step.total.work.flop * 1e-12, 14.15, 0.005);
  EXPECT_NEAR(step.total.ops.at("spectral_conv1x1").flop * 1e-9, 2 * 100.0, 0.3);
  EXPECT_NEAR(step.total.ops.at("spectral_mix").flop * 1e-9, 1598.6, 0.1);
}

TEST(SfnoCounts, OfATrainingStepHaveTheSkipsThatChangeGridsInTheSpectrum) {
  // 64,980 coefficients, of which re and im meet two matrices of 620 x 620, each way.
  const NetworkStages step = count_network_stages(hens_network(), 1, NetworkPass::training);
  const NetworkStages& forward = hens_forward();
  const auto flop = [&](const char* op) { return step.total.ops.at(op).flop; };
  for (const char* op : {"spectral_conv1x1", "spectral_conv1x1_adjoint_input", "spectral_conv1x1_adjoint_weight"}) {
    EXPECT_EQ(flop(op), 2 * 4.0 * 64980 * 620 * 620) << op;
  }
  // The published skips of block 0 (360 x 720 points) and of block 7 (721 x 1440) are no longer among the others.
  const double skips = 2.0 * (360 * 720 + 721 * 1440) * 620 * 620;
  EXPECT_EQ(flop("conv1x1"), forward.total.ops.at("conv1x1").flop - skips);
  EXPECT_EQ(flop("conv1x1_adjoint_weight"), flop("conv1x1"));
}

TEST(SfnoCounts, KnowInWhichFormatProductsAre) {
  const auto least = [](const NetworkStages& step, DType dtype) {
    return step.total.work.least_flop[static_cast<std::size_t>(dtype)];
  };
  const NetworkStages f32 = count_network_stages(regridding_network(), 1, NetworkPass::folded);
  const NetworkStages tf32 = count_network_stages(regridding_network(), 1, NetworkPass::folded, Precision::tf32);
  const NetworkStages mixed = count_network_stages(regridding_network(), 1, NetworkPass::folded, Precision::mixed);
  EXPECT_EQ(tf32.total.work.flop, f32.total.work.flop);
  EXPECT_EQ(mixed.total.work.flop, f32.total.work.flop);
  EXPECT_GT(least(tf32, DType::tf32), 0.9 * least(f32, DType::f32));
  EXPECT_GT(least(mixed, DType::bf16), 0.7 * least(f32, DType::f32));
  EXPECT_EQ(least(mixed, DType::f16), mixed.total.ops.at("spectral_mix").flop + mixed.total.ops.at("spectral_conv1x1").flop);
  EXPECT_EQ(tf32.total.work.bytes, f32.total.work.bytes);
  EXPECT_LT(mixed.total.work.bytes, 0.7 * f32.total.work.bytes);
  EXPECT_LT(mixed.bytes_peak, f32.bytes_peak);
}

/// 4 x 8 Gauss grid, 3 degrees and orders kept, all small enough for counts by hand.
SfnoConfig tiny_network() {
  SfnoConfig c;
  c.grid_type = GridType::legendre_gauss;
  c.nlat = 4;
  c.nlon = 8;
  c.in_channels = 3;
  c.out_channels = 2;
  c.embed_dim = 5;
  c.layers = 2;
  return c;
}

TEST(SfnoCounts, OfASmallNetworkAreThoseByHand) {
  const NetworkStages step = count_network_stages(tiny_network(), 7, NetworkPass::forward);
  // 4 degrees, 5 orders of which 4 hold coefficients: 10 of them. 32 points.
  const double convolutions = 3 * 5 + 5 * 5 + 2 * (5 * 10 + 10 * 5 + 5 * 5) + 5 * 5 + 5 * 2 + 3 * 2;
  EXPECT_EQ(step.total.ops.at("conv1x1").flop, 7 * 32 * 2.0 * convolutions);
  EXPECT_EQ(step.total.ops.at("spectral_mix").flop, 7 * 2 * 8.0 * 10 * 25);
  EXPECT_EQ(step.total.ops.at("legendre_analysis").flop, 7 * 2 * 5 * 4.0 * 10 * 4);
  EXPECT_EQ(step.total.ops.at("fft_inverse").flop, 7 * 2 * 5 * 4 * 2.5 * 8 * 3);
}

TEST(SfnoCounts, OfATrainingStepHaveTwiceTheForwardProductsAgain) {
  const Work forward = count_network_stages(tiny_network(), 2, NetworkPass::forward).total.work;
  const NetworkStages training = count_network_stages(tiny_network(), 2, NetworkPass::training);
  const auto flop = [&](const char* op) { return training.total.ops.at(op).flop; };
  EXPECT_EQ(flop("conv1x1_adjoint_weight"), flop("conv1x1"));
  EXPECT_EQ(flop("spectral_mix_adjoint_input"), flop("spectral_mix"));
  EXPECT_EQ(flop("spectral_mix_adjoint_weight"), flop("spectral_mix"));
  EXPECT_GT(training.total.work.flop, 2.5 * forward.flop);
  EXPECT_EQ(training.total.ops.at("adamw").calls, 1);
}

TEST(SfnoCounts, ABatchDoesAsManyTimesTheWorkAndReadsTheWeightsOnce) {
  const Work one = count_network_stages(default_network(), 1, NetworkPass::forward).total.work;
  const Work four = count_network_stages(default_network(), 4, NetworkPass::forward).total.work;
  EXPECT_EQ(four.flop, 4.0 * one.flop);
  const double filters = 4.0 * 4 * 32 * 64 * 64 * 2;  // bytes, of 4 blocks
  EXPECT_GT(4.0 * one.bytes - four.bytes, 3.0 * filters);
}

TEST(SfnoCounts, ARealStepIsCountedAsAPlannedOne) {
  for (const NetworkPass pass : {NetworkPass::forward, NetworkPass::folded, NetworkPass::training}) {
    const NetworkStages planned = count_network_stages(tiny_network(), 3, pass);
    const NetworkStages done = time_network_stages(make_backend("kokkos"), tiny_network(), 3, pass, 0.0);
    ASSERT_EQ(done.stages.size(), planned.stages.size());
    double seconds = 0.0;
    for (std::size_t s = 0; s < done.stages.size(); ++s) {
      EXPECT_EQ(done.stages[s].name, planned.stages[s].name);
      EXPECT_EQ(done.stages[s].work.flop, planned.stages[s].work.flop);
      EXPECT_EQ(done.stages[s].work.bytes, planned.stages[s].work.bytes);
      EXPECT_GT(done.stages[s].seconds, 0.0) << done.stages[s].name;
      seconds += done.stages[s].seconds;
    }
    EXPECT_DOUBLE_EQ(done.total.seconds, seconds);
    EXPECT_GT(done.whole_seconds, 0.0);
    EXPECT_EQ(done.bytes_peak, planned.bytes_peak);
  }
}

}  // namespace
}  // namespace myriad
