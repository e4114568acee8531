#include "pipelines/bench/bench_stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "pipelines/bench/bench_row.hpp"
#include "src/base/json.hpp"

namespace myriad::test {
namespace {

using namespace myriad::pipelines;
using kernels::DType;
using testing::HasSubstr;

Work work_of(double flop, double bytes) {
  Work work;
  work.calls = 1;
  work.flop = work.least_flop[0] = flop;
  work.bytes = bytes;
  return work;
}

NetworkStages two_stages(double seconds) {
  NetworkStages step;
  step.stages = {{"encoder", work_of(3e9, 1e9), {}, seconds}, {"norm", work_of(0.0, 2e9), {}, 3 * seconds}};
  step.stages[0].ops["conv1x1"] = step.stages[0].work;
  step.total = {"total", work_of(3e9, 3e9), {}, 4 * seconds};
  step.bytes_peak = 7000000000;
  return step;
}

Roofs roofs_of(double flops, double bandwidth) {
  Roofs roofs;
  roofs.name = "a device";
  roofs.flops[0] = flops;
  roofs.bandwidth = bandwidth;
  return roofs;
}

TEST(Roofs, TheFloorIsThatOfProductsOrOfBytesWhicheverTakesLonger) {
  const Roofs roofs = roofs_of(1e12, 1e12);
  EXPECT_DOUBLE_EQ(roofs.floor_seconds(work_of(2e12, 1e12)), 2.0);
  EXPECT_DOUBLE_EQ(roofs.floor_seconds(work_of(1e12, 3e12)), 3.0);
}

TEST(Roofs, ProductsOfSeveralTypesFollowEachOther) {
  Roofs roofs = roofs_of(1e12, 1e12);
  roofs.flops[static_cast<std::size_t>(DType::bf16)] = 4e12;
  Work work = work_of(2e12, 0.0);
  work.least_flop[static_cast<std::size_t>(DType::bf16)] = 4e12;
  EXPECT_DOUBLE_EQ(roofs.floor_seconds(work), 3.0);
}

TEST(Roofs, OfAnH200AreThoseOfTheSpecification) {
  const Roofs roofs = h200_roofs();
  const auto rate = [&](DType dtype) { return roofs.flops[static_cast<std::size_t>(dtype)]; };
  EXPECT_EQ(rate(DType::f32), 67e12);
  EXPECT_EQ(rate(DType::tf32), 395e12);
  EXPECT_EQ(rate(DType::bf16), 790e12);
  EXPECT_EQ(rate(DType::f16), 790e12);
  EXPECT_EQ(roofs.bandwidth, 4.3e12);
}

TEST(StagesCases, AreOnePerBatch) {
  const std::vector<StagesCase> cases = stages_cases("hens", "1,16", "training");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[1].batch, 16);
  EXPECT_EQ(cases[1].what(), "hens training 721x1440 embed 620 layers 8 batch 16 f32");
  EXPECT_EQ(stages_cases({}, {}, {}, "tf32").front().what(), "default forward 32x64 embed 64 layers 4 batch 1 tf32");
  EXPECT_EQ(stages_cases({}, {}, {}).front().what(), "default forward 32x64 embed 64 layers 4 batch 1 f32");
}

TEST(StagesCases, RefuseWhatTheyDoNotKnow) {
  for (const char* batch : {"", "0", "1,", ",1", "1,,2", "two", "4097", "1 2"}) {
    EXPECT_THROW(stages_cases({}, batch, {}), Error) << batch;
  }
  EXPECT_THROW(stages_cases("mens", {}, {}), Error);
  EXPECT_THROW(stages_cases({}, {}, "backward"), Error);
  EXPECT_THROW(stages_cases({}, {}, {}, "f16"), Error);
  EXPECT_THROW(stages_cases({}, {}, "training", "half"), Error);
}

TEST(StagesTable, ShowsRatesAndTheShareOfTheFloor) {
  const std::string text = stages_table(stages_cases({}, {}, {}).front(), two_stages(0.002), {roofs_of(3e12, 1e12)});
  // 3 GFLOP and 1 GB in 2 ms: both floors are 1 ms.
  EXPECT_THAT(text, HasSubstr("encoder           1          3         1          2       1.5       500"));
  std::istringstream lines(text);
  std::vector<std::string> list;
  for (std::string line; std::getline(lines, line);) list.push_back(line);
  ASSERT_EQ(list.size(), 7U);
  EXPECT_THAT(list[2], testing::EndsWith("1   0.50"));   // encoder
  EXPECT_THAT(list[3], testing::EndsWith("2   0.33"));   // norm: 2 ms of 6
  EXPECT_THAT(list[4], testing::EndsWith("3   0.38"));   // total: 3 ms of 8
  EXPECT_EQ(list[6], "tensors at the peak: 7 GB");
}

TEST(StagesTable, ShowsTheMeasuredMemoryBesideThePredictedOne) {
  NetworkStages step = two_stages(0.002);
  const StagesCase c = stages_cases({}, {}, {}).front();
  EXPECT_EQ(memory_text(step), "");
  EXPECT_THAT(stages_table(c, step, {}), testing::Not(HasSubstr("device memory")));
  EXPECT_THAT(stages_json(c, step, {}), HasSubstr("\"peak_device_bytes\":null,\"predicted_device_bytes\":null"));
  step.device_bytes = 7500000000;
  EXPECT_THAT(stages_table(c, step, {}), HasSubstr("\ndevice memory at the peak: 7.5 GB\n"));
  step.predicted_device_bytes = 8000000000;
  EXPECT_EQ(memory_text(step), "device memory at the peak: 7.5 GB, predicted 8 GB");
  EXPECT_THAT(stages_table(c, step, {}), HasSubstr("\n" + memory_text(step) + "\n"));
  EXPECT_THAT(stages_json(c, step, {}), HasSubstr("\"peak_device_bytes\":7500000000,\"predicted_device_bytes\":8000000000"));
}

TEST(StagesTable, OfCountsHasNoTimesButTheOps) {
  NetworkStages step = two_stages(0.0);
  const std::string text = stages_table(stages_cases({}, {}, {}).front(), step, {});
  EXPECT_THAT(text, HasSubstr("counts, not timings"));
  EXPECT_THAT(text, HasSubstr("  conv1x1"));
  EXPECT_THAT(text, testing::Not(HasSubstr("ms")));
}

TEST(StagesJson, HasOneObjectPerStageAndASummary) {
  std::istringstream lines(stages_json(stages_cases({}, {}, {}).front(), two_stages(0.5), {roofs_of(3e12, 1e12)}));
  std::vector<Json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(parse_json(line, "stages"));
  ASSERT_EQ(objects.size(), 4U);
  EXPECT_EQ(objects[1].at("stage").as_string(), "norm");
  EXPECT_DOUBLE_EQ(objects[1].at("seconds").as_double(), 1.5);
  EXPECT_DOUBLE_EQ(objects[1].at("floor_seconds").at("a device").as_double(), 0.002);
  EXPECT_EQ(objects[2].at("stage").as_string(), "total");
  EXPECT_DOUBLE_EQ(objects[3].at("peak_tensor_bytes").as_double(), 7e9);
}

TEST(SweepBatches, SkipsWhatDoesNotFitAndGoesOn) {
  const std::vector<BenchRow> rows = sweep_batches(
      {1, 4, 8},
      [](std::int64_t batch) -> BenchRow {
        if (batch == 4) throw std::bad_alloc();
        return {"hens", std::to_string(batch), 1.0, "s", "", {}, "", {}};
      },
      [](std::int64_t batch) { return BenchRow{"hens", std::to_string(batch), 0.0, "skipped", "", {}, "", {}, "too large"}; });
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].unit, "skipped");
  EXPECT_EQ(rows[2].unit, "s");
  EXPECT_THAT(to_table(rows), HasSubstr("too large"));
  EXPECT_THAT(to_json_lines(rows), HasSubstr("\"note\":\"too large\""));
  EXPECT_THAT(to_json_lines(rows), HasSubstr("\"median\":null"));
}

}  // namespace
}  // namespace myriad::test
