#include "pipelines/inspect/inspect_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "tests/unit/state/checkpoint_fixtures.hpp"

namespace myriad::pipelines {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CheckpointSummary summary_of(const CheckpointWriter& writer) {
  const test::TemporaryFolder folder("inspect");
  const auto path = folder.path() / "c.safetensors";
  writer.publish(path);
  return verify_checkpoint(path);
}

TEST(InspectReport, TextNamesKindHashesSectionsAndEveryTensor) {
  const CheckpointSummary summary = summary_of(test::small_writer());
  const std::string text = inspect_text(summary, "m.safetensors");
  EXPECT_THAT(text, HasSubstr("kind: model"));
  EXPECT_THAT(text, HasSubstr(summary.header.weights_sha256));
  EXPECT_THAT(text, HasSubstr(summary.header.header_hash));
  EXPECT_THAT(text, HasSubstr("  nlat: 48\n"));
  for (const auto& tensor : summary.header.tensors) {
    EXPECT_THAT(text, HasSubstr("\n" + tensor.name + " "));
    EXPECT_THAT(text, HasSubstr(tensor.hash));
  }
  EXPECT_THAT(text, HasSubstr("[3,4]"));
  EXPECT_THAT(text, HasSubstr("verified: header, 10 tensors, weights"));
  EXPECT_THAT(text, Not(HasSubstr("NaN")));
}

TEST(InspectReport, JsonHoldsTheSameFactsAndReadsBack) {
  const CheckpointSummary summary = summary_of(test::small_writer());
  const Json json = parse_json(to_json_text(inspect_json(summary, "m.safetensors")), "output");
  EXPECT_EQ(json.at("kind").as_string(), "model");
  EXPECT_EQ(json.at("verified").as_bool(), true);
  EXPECT_EQ(json.at("file_bytes").as_uint(), summary.file_bytes);
  EXPECT_EQ(json.at("weights_sha256").as_string(), summary.header.weights_sha256);
  EXPECT_EQ(json.at("metadata").at("myriad.grid").at("nlon").as_int(), 96);
  EXPECT_EQ(json.at("metadata").at("title").as_string(), "a \"small\" one: \xc3\xa9");
  ASSERT_EQ(json.at("tensors").as_array().size(), 10U);
  const Json& first = json.at("tensors").as_array()[0];
  EXPECT_EQ(first.at("name").as_string(), "block0/bias.bf16");
  EXPECT_EQ(first.at("dtype").as_string(), "BF16");
  EXPECT_EQ(json.at("parameters").as_uint(), 12U + 5 + 3 + 2 + 4 + 1)
      << "integers are no parameters";
}

TEST(InspectReport, ChannelsTakeOneLineEachAndLongListsAreCut) {
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("x", {1}, std::vector<float>{1.F});
  Json channels;
  channels.push_back(Json(Json::Object{{"name", Json("z500")}, {"units", Json("m")}}));
  channels.push_back(Json(Json::Object{{"name", Json("t850")}, {"units", Json("K")}}));
  writer.set_section(section::k_channels, channels);
  Json::Array many;
  for (int i = 0; i < 500; ++i) many.emplace_back(i);
  writer.set_section(section::k_training, Json(Json::Object{{"losses", Json(std::move(many))}}));
  const std::string text = inspect_text(summary_of(writer), "m");
  EXPECT_THAT(text, HasSubstr("  - name=z500 units=m\n  - name=t850 units=K\n"));
  EXPECT_THAT(text, HasSubstr(" more]"));
  EXPECT_LT(text.size(), 2000U);
}

TEST(InspectReport, NonFiniteNumbersAreCountedAndThenRefused) {
  CheckpointWriter writer(CheckpointKind::model);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  writer.add("good", {1}, std::vector<float>{1.F});
  writer.add("bad", {3}, std::vector<float>{nan, 1.F, nan});
  const CheckpointSummary summary = summary_of(writer);
  EXPECT_THAT(inspect_text(summary, "m"), HasSubstr("2 NaN or infinite"));
  EXPECT_EQ(inspect_json(summary, "m").at("non_finite").as_uint(), 2U);
  EXPECT_THROW(check_finite(summary, "m"), Error);
  EXPECT_NO_THROW(check_finite(summary_of(test::small_writer()), "m"));
}

TEST(InspectReport, TextOfAFileCannotSteerTheTerminal) {
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("x", {1}, std::vector<float>{1.F});
  writer.set_metadata("title",
                      "\x1b[2Jgone\x7f \xc2\x9b"
                      "2J \xc3\xa9\n");
  writer.set_section(section::k_model, Json(Json::Object{{"k\x1b]0;t\x07", Json("v\r")}}));
  const std::string text = inspect_text(summary_of(writer), "m\x1b");
  EXPECT_THAT(text, HasSubstr("\\u001b[2Jgone\\u007f \\u009b2J \xc3\xa9\\u000a"));
  for (const char c : {'\x1b', '\x07', '\r', '\x7f'}) EXPECT_EQ(text.find(c), std::string::npos);
}

}  // namespace
}  // namespace myriad::pipelines
