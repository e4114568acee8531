/// Old files stay readable: one fixture per released format version.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "src/state/checkpoint.hpp"
#include "tests/unit/state/checkpoint_fixtures.hpp"

namespace myriad {
namespace {

using ::testing::ElementsAre;

std::filesystem::path fixture(const std::string& name) {
  const char* root = std::getenv("MYRIAD_SOURCE_DIR");
  return std::filesystem::path(root == nullptr ? "." : root) / "tests/unit/state/data" / name;
}

TEST(CheckpointFormat, VersionOneIsReadWithEveryElementType) {
  const Checkpoint checkpoint = Checkpoint::load(fixture("format_v1.safetensors"));
  EXPECT_EQ(checkpoint.kind(), CheckpointKind::model);
  EXPECT_EQ(checkpoint.weights_sha256(),
            Checkpoint::parse(test::small_writer().encode(), "now").weights_sha256());
  EXPECT_THAT(checkpoint.doubles("normalisation.mean", {2}), ElementsAre(273.15, 5.4e4));
  EXPECT_THAT(checkpoint.integers("lead.hours", {3}), ElementsAre(6, -12, std::int64_t{1} << 40));
  EXPECT_THAT(checkpoint.floats("filter", {2, 2}), ElementsAre(1.F, -1.F, 0.5F, 2.F));
  EXPECT_THAT(checkpoint.floats("block0/bias.f16", {5}),
              ElementsAre(1.F, -2.5F, float_from_f16(0x2e66), 65504.F, 0x1p-24F));
  EXPECT_THAT(checkpoint.floats("block0/bias.bf16", {3}),
              ElementsAre(1.F, -2.5F, float_from_bf16(0x3dcd)));
  EXPECT_EQ(checkpoint.section(section::k_grid).at("type").as_string(), "legendre-gauss");
}

TEST(CheckpointFormat, SavingAnOldFileAgainKeepsItsWeights) {
  const Checkpoint old = Checkpoint::load(fixture("format_v1.safetensors"));
  CheckpointWriter writer(old.kind());
  writer.add("block0/weight", {3, 4}, old.floats("block0/weight", {3, 4}));
  const Checkpoint again = Checkpoint::parse(writer.encode(), "again");
  EXPECT_EQ(again.at("block0/weight").hash, old.at("block0/weight").hash);
}

}  // namespace
}  // namespace myriad
