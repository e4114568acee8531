#include "src/state/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/state/checkpoint_writer.hpp"
#include "tests/unit/state/checkpoint_fixtures.hpp"

namespace myriad {
namespace {

using test::Bytes;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The id of the error that \p action throws; "" when it throws none.
template <class Action>
std::string error_id(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.id();
  }
  return {};
}

TEST(Checkpoint, EveryValueReadsBackAsItWasStored) {
  const Bytes file = test::small_writer().encode();
  const Checkpoint checkpoint = Checkpoint::parse(file, "memory");
  EXPECT_EQ(checkpoint.kind(), CheckpointKind::model);
  EXPECT_EQ(checkpoint.tensors().size(), 10U);
  EXPECT_THAT(checkpoint.floats("block0/weight", {3, 4}), ::testing::Contains(-0.7F));
  EXPECT_EQ(checkpoint.floats("block0/weight", {3, 4})[11], 0.125F * 11 - 0.7F);
  EXPECT_THAT(checkpoint.doubles("normalisation.mean", {2}), ElementsAre(273.15, 5.4e4));
  EXPECT_THAT(checkpoint.integers("lead.hours", {3}), ElementsAre(6, -12, std::int64_t{1} << 40));
  EXPECT_THAT(checkpoint.integers("index", {2}), ElementsAre(7, -8));
  EXPECT_THAT(checkpoint.floats("filter", {2, 2}), ElementsAre(1.F, -1.F, 0.5F, 2.F));
  EXPECT_THAT(checkpoint.floats("scale", {}), ElementsAre(0.25F));
  EXPECT_TRUE(checkpoint.floats("statics", {0, 4}).empty());
  EXPECT_EQ(checkpoint.at("mask").bytes[6], std::byte{255});
  EXPECT_EQ(checkpoint.section(section::k_grid).at("nlat").as_int(), 48);
  EXPECT_EQ(checkpoint.metadata("title"), "a \"small\" one: \xc3\xa9");
  EXPECT_EQ(checkpoint.metadata("absent"), std::nullopt);
}

TEST(Checkpoint, ReducedStorageReadsBackAsTheNearestSixteenBitNumber) {
  const Checkpoint checkpoint = Checkpoint::parse(test::small_writer().encode(), "memory");
  const float tenth = float_from_f16(f16_from_float(0.1F));
  EXPECT_NEAR(tenth, 0.1, 0.1 / 2048);
  EXPECT_THAT(checkpoint.floats("block0/bias.f16", {5}),
              ElementsAre(1.F, -2.5F, tenth, 65504.F, 0x1p-24F));
  EXPECT_THAT(checkpoint.floats("block0/bias.bf16", {3}),
              ElementsAre(1.F, -2.5F, float_from_bf16(bf16_from_float(0.1F))));
  EXPECT_EQ(checkpoint.doubles("block0/bias.f16", {5})[2], static_cast<double>(tenth));
}

TEST(Checkpoint, TensorMemoryIsAlignedToItsElements) {
  const Checkpoint checkpoint = Checkpoint::parse(test::small_writer().encode(), "memory");
  EXPECT_EQ(checkpoint.header().header_bytes % 64, 0U);
  for (const HostTensor& tensor : checkpoint.tensors()) {
    const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data());
    EXPECT_EQ(address % size_of(tensor.dtype), 0U) << tensor.name;
  }
}

TEST(Checkpoint, TheFileDoesNotDependOnTheOrderOfTheCalls) {
  CheckpointWriter a(CheckpointKind::training_state);
  CheckpointWriter b(CheckpointKind::training_state);
  a.add("x", {1}, std::vector<float>{1.F});
  a.add("y", {1}, std::vector<double>{2.});
  a.set_metadata("k", "v");
  b.set_metadata("k", "other");
  b.set_metadata("k", "v");
  b.add("y", {1}, std::vector<double>{2.});
  b.add("x", {1}, std::vector<float>{1.F});
  EXPECT_EQ(a.encode(), b.encode());
  EXPECT_EQ(Checkpoint::parse(a.encode(), "a").kind(), CheckpointKind::training_state);
}

TEST(Checkpoint, ViewsAreStoredLikeCopies) {
  const std::vector<float> values = {1.F, 2.F, 3.F};
  CheckpointWriter a(CheckpointKind::model);
  CheckpointWriter b(CheckpointKind::model);
  a.add("x", {3}, values);
  b.add_view("x", {3}, values);
  EXPECT_EQ(a.encode(), b.encode());
}

TEST(Checkpoint, WeightsHashIsTheDocumentedDigestAndIgnoresMetadata) {
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("b", {2}, std::vector<float>{1.F, 2.F});
  writer.add("a", {}, std::vector<double>{3.});
  const std::vector<float> b = {1.F, 2.F};
  const std::vector<double> a = {3.};
  const std::string lines = "a F64 [] " + sha256_hex(std::as_bytes(std::span(a))) + "\nb F32 [2] " +
                            sha256_hex(std::as_bytes(std::span(b))) + "\n";
  const std::string hash = Checkpoint::parse(writer.encode(), "m").weights_sha256();
  EXPECT_EQ(hash, sha256_hex(lines));
  writer.set_metadata("note", "n");
  EXPECT_EQ(Checkpoint::parse(writer.encode(), "m").weights_sha256(), hash);
}

TEST(Checkpoint, WrongNameShapeOrTypeIsRefusedWithBothSidesNamed) {
  const Checkpoint checkpoint = Checkpoint::parse(test::small_writer().encode(), "memory");
  EXPECT_EQ(checkpoint.find("nowhere"), nullptr);
  EXPECT_EQ(error_id([&] { checkpoint.at("nowhere"); }), "E2112");
  EXPECT_EQ(error_id([&] { checkpoint.floats("mask", {7}); }), "E2112");
  EXPECT_EQ(error_id([&] { checkpoint.floats("normalisation.mean", {2}); }), "E2112")
      << "double to float would lose digits";
  EXPECT_EQ(error_id([&] { checkpoint.integers("scale", {}); }), "E2112");
  try {
    checkpoint.at("block0/weight", {4, 3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[3, 4]"));
    EXPECT_THAT(error.what(), HasSubstr("[4, 3]"));
    EXPECT_EQ(exit_code(error.kind()), 65);
  }
  EXPECT_EQ(error_id([&] { checkpoint.section(section::k_model); }), "E2111");
  EXPECT_EQ(error_id([&] { checkpoint.section("title"); }), "E2111") << "not JSON";
}

TEST(Checkpoint, NaNAndInfinityAreFoundInEveryFloatingType) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("good", {2}, std::vector<float>{1.F, std::numeric_limits<float>::max()});
  writer.add("i64", {1}, std::vector<std::int64_t>{-1});
  writer.add("f32", {3}, std::vector<float>{0.F, 1.F, nan});
  writer.add("f64", {2}, std::vector<double>{0., -std::numeric_limits<double>::infinity()});
  writer.add("f16", {2}, std::vector<float>{0.F, infinity}, FloatStorage::f16);
  writer.add("bf16", {2}, std::vector<float>{nan, 0.F}, FloatStorage::bf16);
  const Checkpoint checkpoint = Checkpoint::parse(writer.encode(), "memory");
  EXPECT_NO_THROW(checkpoint.check_finite("good"));
  EXPECT_NO_THROW(checkpoint.check_finite("i64"));
  for (const char* name : {"f32", "f64", "f16", "bf16"}) {
    EXPECT_EQ(error_id([&] { checkpoint.check_finite(name); }), "E2113") << name;
  }
  try {
    checkpoint.check_finite("f32");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("element 2 of 3"));
  }
  EXPECT_EQ(error_id([&] { checkpoint.check_finite(); }), "E2113");
}

TEST(CheckpointWriter, RefusesWhatCannotBeStored) {
  CheckpointWriter writer(CheckpointKind::model);
  const std::vector<float> one = {1.F};
  writer.add("x", {1}, one);
  EXPECT_EQ(error_id([&] { writer.add("x", {1}, one); }), "E2114") << "twice";
  EXPECT_EQ(error_id([&] { writer.add("", {1}, one); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.add("a b", {1}, one); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.add(std::string(257, 'n'), {1}, one); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.add("y", {2}, one); }), "E2114") << "shape";
  EXPECT_EQ(error_id([&] { writer.add("y", {-1}, one); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.add("y", {1, 1, 1, 1, 1, 1, 1, 1, 1}, one); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.set_metadata("myriad.format", "2"); }), "E2114");
  EXPECT_EQ(error_id([&] { writer.set_metadata("xxh3:x", "0"); }), "E2114");
  EXPECT_EQ(
      error_id([&] { writer.add("large", {1}, std::vector<float>{65520.F}, FloatStorage::f16); }),
      "E2115");
  EXPECT_EQ(Checkpoint::parse(writer.encode(), "m").tensors().size(), 1U)
      << "a refused call leaves nothing behind";
}

TEST(CheckpointWriter, PublishedFileIsWhatEncodeGivesAndIsNotReplacedUnasked) {
  const TemporaryFolder folder("publish");
  const auto path = folder.path() / "model.safetensors";
  const CheckpointWriter writer = test::small_writer();
  const CheckpointHeader header = writer.publish(path);
  EXPECT_EQ(test::read_bytes(path), writer.encode());
  EXPECT_EQ(Checkpoint::load(path).header().header_hash, header.header_hash);
  try {
    writer.publish(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(exit_code(error.kind()), 73);
  }
  EXPECT_NO_THROW(writer.publish(path, Existing::replace));
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++count;
  EXPECT_EQ(count, 1U) << "no temporary file stays";
}

TEST(Checkpoint, MissingFilesAndOddFilesAreToldApart) {
  const TemporaryFolder folder("odd");
  try {
    Checkpoint::load(folder.path() / "absent");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2101");
    EXPECT_EQ(exit_code(error.kind()), 66);
  }
  EXPECT_EQ(error_id([&] { Checkpoint::load(folder.path()); }), "E2103") << "a folder";
  EXPECT_EQ(error_id([&] { Checkpoint::load("/dev/null"); }), "E2103") << "a device";
}

TEST(Checkpoint, VerifyingInPiecesAgreesWithLoading) {
  const TemporaryFolder folder("verify");
  const auto path = folder.path() / "large.safetensors";
  // Larger than one piece of 4 MiB and no multiple of it.
  std::vector<float> values(std::size_t{3} << 20, 0.5F);
  values.back() = std::numeric_limits<float>::quiet_NaN();
  values[5] = std::numeric_limits<float>::infinity();
  CheckpointWriter writer(CheckpointKind::model);
  writer.add_view("big", {static_cast<std::int64_t>(values.size())}, values);
  writer.add("small", {1}, std::vector<std::uint8_t>{3});
  writer.publish(path);
  const CheckpointSummary summary = verify_checkpoint(path);
  EXPECT_EQ(summary.non_finite.at("big"), 2U);
  EXPECT_EQ(summary.file_bytes, std::filesystem::file_size(path));
  EXPECT_EQ(summary.header.weights_sha256, Checkpoint::load(path).weights_sha256());

  Bytes bytes = test::read_bytes(path);
  bytes[bytes.size() - 10] ^= std::byte{4};
  test::write_bytes(path, bytes);
  EXPECT_EQ(error_id([&] { verify_checkpoint(path); }), "E2109");
  EXPECT_EQ(error_id([&] { Checkpoint::load(path); }), "E2109");
}

}  // namespace
}  // namespace myriad
