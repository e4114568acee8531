// What a network takes of a device's memory, beside what is predicted. The emulated device
// allocates what a real one does, with the library's work areas at their bounds.
#include <gtest/gtest.h>

#include "src/backend/registry.hpp"
#include "src/model/sfno_stages.hpp"
#include "tests/unit/model/sfno_fixture.hpp"

namespace myriad::test {
namespace {

class DeviceMemory : public ::testing::TestWithParam<Precision> {
 protected:
  /// Wide enough for fields to outweigh the weights.
  static SfnoConfig network() {
    SfnoConfig c = golden_config();
    c.nlat = 15;  // 8 northern rows: one tile, however many rows near the pole are left out
    c.nlon = 30;
    c.embed_dim = 10;
    return c;
  }
  static NetworkStages measure(std::int64_t batch) {
    return time_network_stages(make_backend("cuda"), network(), batch, NetworkPass::folded, 0.0,
                               GetParam());
  }
};

TEST_P(DeviceMemory, OfAStepIsThePredictedOne) {
  // Of the library of products, which fp32 does not use.
  constexpr std::int64_t workspace = std::int64_t{32} << 20;
  for (const std::int64_t batch : {1, 3}) {
    const NetworkStages step = measure(batch);
    const std::int64_t unused = step.predicted_device_bytes - step.device_bytes;
    if (is_short(GetParam())) {
      EXPECT_EQ(unused, 0) << batch;
    } else {
      // Room to convert 16-bit rows: fields of at most 10 channels.
      const std::int64_t rows = 10 * 15 * 30 * 4;
      EXPECT_EQ(unused, rows + (GetParam() == Precision::f32 ? workspace : 0)) << batch;
    }
    EXPECT_GT(step.device_bytes, step.bytes_peak);
  }
}

TEST_P(DeviceMemory, IsMeasuredForEachCaseAlone) {
  const std::int64_t first = measure(1).device_bytes;
  EXPECT_GT(measure(4).device_bytes, first);
  EXPECT_EQ(measure(1).device_bytes, first);
}

INSTANTIATE_TEST_SUITE_P(Precisions, DeviceMemory,
                         ::testing::Values(Precision::f32, Precision::tf32, Precision::half,
                                           Precision::mixed),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(HostMemory, IsNotMeasured) {
  const NetworkStages step =
      time_network_stages(make_backend("kokkos"), golden_config(), 1, NetworkPass::folded, 0.0);
  EXPECT_LT(step.device_bytes, 0);
  EXPECT_LT(step.predicted_device_bytes, 0);
}

}  // namespace
}  // namespace myriad::test
