/// Damage and attack: no changed byte goes unnoticed, no crafted file is accepted.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/state/checkpoint.hpp"
#include "src/state/checkpoint_header.hpp"
#include "tests/unit/state/checkpoint_fixtures.hpp"

namespace myriad {
namespace {

using test::Bytes;

/// The error that parsing gives; fails the test when there is none.
std::string refusal(const Bytes& file) {
  try {
    Checkpoint::parse(file, "file");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt) << error.what();
    return error.id();
  }
  return "accepted";
}

TEST(CheckpointDamage, TruncationAtEveryByteIsRefused) {
  const Bytes file = test::small_writer().encode();
  ASSERT_LT(file.size(), 8192U);
  for (std::size_t length = 0; length < file.size(); ++length) {
    ASSERT_NE(refusal(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length))),
              "accepted")
        << "cut to " << length << " of " << file.size();
  }
}

TEST(CheckpointDamage, AppendedBytesAreRefused) {
  Bytes file = test::small_writer().encode();
  for (int i = 0; i < 70; ++i) {
    file.push_back(std::byte{0});
    ASSERT_NE(refusal(file), "accepted") << i + 1 << " bytes more";
  }
}

TEST(CheckpointDamage, FiveThousandSingleBitFlipsAreAllRefused) {
  Bytes file = test::small_writer().encode();
  std::mt19937_64 random(20260101);
  for (int trial = 0; trial < 5000; ++trial) {
    const std::size_t position = random() % file.size();
    const auto mask = static_cast<std::byte>(1U << (random() % 8));
    file[position] ^= mask;
    ASSERT_NE(refusal(file), "accepted")
        << "bit " << static_cast<int>(mask) << " of byte " << position;
    file[position] ^= mask;
  }
  EXPECT_NO_THROW(Checkpoint::parse(file, "the undamaged file"));
}

TEST(CheckpointDamage, EveryBitOfTheHeaderAndItsPaddingCounts) {
  Bytes file = test::small_writer().encode();
  const auto header_bytes = Checkpoint::parse(file, "file").header().header_bytes;
  for (std::size_t position = 0; position < header_bytes; ++position) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      file[position] ^= static_cast<std::byte>(1U << bit);
      ASSERT_NE(refusal(file), "accepted") << "bit " << bit << " of byte " << position;
      file[position] ^= static_cast<std::byte>(1U << bit);
    }
  }
}

TEST(CheckpointDamage, SwappedTensorsAreRefused) {
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("a", {4}, std::vector<float>{1.F, 2.F, 3.F, 4.F});
  writer.add("b", {4}, std::vector<float>{5.F, 6.F, 7.F, 8.F});
  Bytes file = writer.encode();
  const std::size_t begin = Checkpoint::parse(file, "file").header().header_bytes;
  std::swap_ranges(file.begin() + static_cast<std::ptrdiff_t>(begin),
                   file.begin() + static_cast<std::ptrdiff_t>(begin + 16),
                   file.begin() + static_cast<std::ptrdiff_t>(begin + 16));
  EXPECT_EQ(refusal(file), "E2109");
}

/// A file with one valid tensor "t" whose entry and metadata can be replaced, sealed with a correct
/// header hash.
class Forgery {
 public:
  std::string entry = R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})";
  std::string name = "t";
  std::string more_tensors = {};   ///< begins with a comma
  std::string more_metadata = {};  ///< begins with a comma
  Bytes data = Bytes(16, std::byte{1});

  std::string metadata() const {
    detail::WeightsDigest weights;
    weights.add("t", StorageType::f32, {4}, sha256_hex(data));
    return test::minimal_metadata(data.size(), weights.finish()) +
           fmt::format(R"(,"xxh3:t":"{}")", xxh3_128(data).hex()) + more_metadata;
  }
  Bytes file() const {
    return test::sealed_file(fmt::format(R"({{"__metadata__":{{{}}},"{}":{}{}}})", metadata(), name,
                                         entry, more_tensors),
                             data);
  }
  std::string refusal() const { return myriad::refusal(file()); }
};

TEST(CheckpointAttack, TheForgeryItselfIsAcceptedWhenNothingIsForged) {
  EXPECT_NO_THROW(Checkpoint::parse(Forgery{}.file(), "file"));
}

TEST(CheckpointAttack, OffsetsThatOverlapLeaveGapsOrReachOutsideAreRefused) {
  const std::string other = R"(,"u":{"dtype":"F32","shape":[4],"data_offsets":)";
  const std::string hash = fmt::format(R"(,"xxh3:u":"{}")", std::string(32, 'a'));
  EXPECT_EQ((Forgery{.more_tensors = other + "[0,16]}", .more_metadata = hash}.refusal()), "E2108")
      << "same bytes";
  EXPECT_EQ((Forgery{.more_tensors = other + "[8,24]}", .more_metadata = hash}.refusal()), "E2108")
      << "overlap";
  EXPECT_EQ((Forgery{.more_tensors = other + "[16,32]}", .more_metadata = hash}.refusal()), "E2108")
      << "outside";
  EXPECT_EQ((Forgery{.more_tensors = other + "[20,36]}", .more_metadata = hash}.refusal()), "E2108")
      << "gap";
  EXPECT_EQ((Forgery{.entry = R"({"dtype":"F32","shape":[3],"data_offsets":[4,16]})"}.refusal()),
            "E2108")
      << "gap at the start";
  EXPECT_EQ((Forgery{.entry = R"({"dtype":"F32","shape":[3],"data_offsets":[0,12]})"}.refusal()),
            "E2108")
      << "bytes that belong to no tensor";
  EXPECT_EQ((Forgery{.entry = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})"}.refusal()),
            "E2108");
  EXPECT_EQ(
      (Forgery{
          .entry =
              R"({"dtype":"F32","shape":[4],"data_offsets":[9223372036854775800,9223372036854775816]})"}
           .refusal()),
      "E2108")
      << "begins beyond what a signed number holds";
}

TEST(CheckpointAttack, ImpossibleNumbersAreRefused) {
  for (const char* entry : {
           R"({"dtype":"F32","shape":[-4],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[-16,0]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[16,0]})",
           R"({"dtype":"F32","shape":[4.0],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4e0],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":["4"],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4,4611686018427387905],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4611686018427387908],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[0,18446744073709551615,3],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[0,18446744073709551615]})",
           R"({"dtype":"F32","shape":[5],"data_offsets":[0,16]})",
           R"({"dtype":"F64","shape":[4],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16]})",
       }) {
    EXPECT_EQ(Forgery{.entry = entry}.refusal(), "E2107") << entry;
  }
  for (const char* entry : {
           R"({"dtype":"F32","shape":[1e999],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[NaN],"data_offsets":[0,16]})",
       }) {
    EXPECT_THAT(Forgery{.entry = entry}.refusal(), ::testing::AnyOf("E2104", "E2107")) << entry;
  }
}

TEST(CheckpointAttack, MalformedTensorEntriesAreRefused) {
  for (const char* entry : {
           "7",
           "null",
           "[]",
           "{}",
           R"("F32")",
           R"({"dtype":"F32","shape":[4]})",
           R"({"dtype":"F31","shape":[4],"data_offsets":[0,16]})",
           R"({"dtype":"f32","shape":[4],"data_offsets":[0,16]})",
           R"({"dtype":7,"shape":[4],"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":4,"data_offsets":[0,16]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[0]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[0,16,16]})",
           R"({"dtype":"F32","shape":[4],"data_offsets":{"0":16}})",
           R"({"dtype":"F32","shape":[4],"data_offsets":[0,16],"more":1})",
       }) {
    EXPECT_EQ(Forgery{.entry = entry}.refusal(), "E2107") << entry;
  }
}

TEST(CheckpointAttack, DuplicateNamesDeepNestingAndBrokenTextAreRefused) {
  const std::string entry = Forgery{}.entry;
  EXPECT_EQ((Forgery{.more_tensors = R"(,"t":)" + entry}.refusal()), "E2104") << "tensor twice";
  EXPECT_EQ((Forgery{.more_tensors = R"(,"\u0074":)" + entry}.refusal()), "E2104")
      << "twice, escaped";
  EXPECT_EQ((Forgery{.more_metadata = R"(,"myriad.format":"1")"}.refusal()), "E2104");
  EXPECT_EQ((Forgery{.more_metadata = R"(,"k":"v","k":"w")"}.refusal()), "E2104");
  EXPECT_EQ((Forgery{.entry = std::string(100'000, '[')}.refusal()), "E2104") << "deep, unclosed";
  EXPECT_EQ((Forgery{.entry = std::string(1000, '[') + std::string(1000, ']')}.refusal()), "E2104");
  EXPECT_EQ((Forgery{.more_metadata = ",\"k\":\"\xff\xfe\""}.refusal()), "E2104") << "no UTF-8";
  EXPECT_EQ((Forgery{.more_metadata = ",\"k\":\"\xc0\xaf\""}.refusal()), "E2104")
      << "overlong UTF-8";
  EXPECT_EQ((Forgery{.more_metadata = ",\"k\":\"\xed\xa0\x80\""}.refusal()), "E2104")
      << "surrogate";
  EXPECT_EQ((Forgery{.more_tensors = ", "}.refusal()), "E2104") << "trailing comma";
  EXPECT_EQ((Forgery{.more_tensors = "}{"}.refusal()), "E2104") << "two documents";
}

TEST(CheckpointAttack, MoreValuesThanTheFormatAllowsAreRefusedBeforeTheyAreStored) {
  std::string many = "[0";
  for (std::size_t i = 0; i < detail::k_max_json_values; ++i) many += ",0";
  EXPECT_EQ((Forgery{.entry = many + "]"}.refusal()), "E2104");
}

TEST(CheckpointAttack, NamesThatCouldMisleadAreRefused) {
  for (const char* name : {"", "a b", "t\\n", "../t\\u0000", "t\\u001b[2J", "t|", "\xc3\xa9"}) {
    EXPECT_EQ(Forgery{.name = name}.refusal(), "E2107") << name;
  }
  EXPECT_EQ(Forgery{.name = std::string(257, 'n')}.refusal(), "E2107");
  EXPECT_EQ((Forgery{.more_metadata = R"(,"k\u001b":"v")"}.refusal()), "E2111");
}

TEST(CheckpointAttack, MetadataMustBeCompleteStringsAndNothingElse) {
  EXPECT_EQ((Forgery{.more_metadata = R"(,"k":1)"}.refusal()), "E2111");
  EXPECT_EQ((Forgery{.more_metadata = R"(,"k":{"a":"b"})"}.refusal()), "E2111");
  EXPECT_EQ((Forgery{.more_metadata = R"(,"xxh3:other":"00")"}.refusal()), "E2111")
      << "hash of nothing";
  EXPECT_EQ(Forgery{.name = "u"}.refusal(), "E2111") << "tensor without a hash";
  const auto with = [](const std::string& from, const std::string& to) {
    Forgery forgery;
    std::string json =
        fmt::format(R"({{"__metadata__":{{{}}},"t":{}}})", forgery.metadata(), forgery.entry);
    const auto at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
    return refusal(test::sealed_file(json, forgery.data));
  };
  EXPECT_EQ(with(R"("myriad.format":"1")", R"("myriad.format":"2")"), "E2105") << "newer version";
  EXPECT_EQ(with(R"("myriad.format":"1",)", ""), "E2111");
  EXPECT_EQ(with(R"("myriad.kind":"model")", R"("myriad.kind":"pickle")"), "E2111");
  EXPECT_EQ(with(R"("myriad.data_bytes":"16")", R"("myriad.data_bytes":"17")"), "E2108");
  EXPECT_EQ(with(R"("myriad.weights_sha256":")", R"("myriad.weights_sha256":"X)"), "E2111");
  EXPECT_EQ(with("__metadata__", "__metadatA__"), "E2105");
  EXPECT_EQ(with("myriad.header_xxh3", "myriad.header_xxh4"), "E2105");
  EXPECT_EQ(with(R"({"__metadata__")", R"( {"__metadata__")"), "E2104")
      << "must begin with the object";
}

TEST(CheckpointAttack, ExchangedHashesAreRefused) {
  Forgery forgery;
  Bytes other(16, std::byte{2});
  std::string json =
      fmt::format(R"({{"__metadata__":{{{}}},"t":{}}})", forgery.metadata(), forgery.entry);
  EXPECT_EQ(refusal(test::sealed_file(json, other)), "E2109") << "other data";
  const std::string from = xxh3_128(forgery.data).hex();
  json.replace(json.find(from), from.size(), xxh3_128(other).hex());
  EXPECT_EQ(refusal(test::sealed_file(json, other)), "E2110")
      << "data and its hash exchanged, but not the identity of the weights";
  json.replace(json.find(std::string(32, '#')), 32, std::string(32, '0'));
  EXPECT_EQ(refusal(test::sealed_file(json, other)), "E2106") << "header hash not made again";
}

TEST(CheckpointAttack, HeaderLengthsThatCannotBeAreRefusedBeforeAllocating) {
  Bytes file = test::small_writer().encode();
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{file.size()}, std::uint64_t{1} << 24,
        std::uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 7, std::uint64_t{1} << 63}) {
    std::memcpy(file.data(), &length, sizeof length);
    EXPECT_EQ(refusal(file), "E2103") << length;
  }
}

TEST(CheckpointAttack, OtherFormatsAreNamedAsSuch) {
  EXPECT_EQ(refusal({}), "E2103");
  const auto plain =
      test::sealed_file(R"({"t":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", Bytes(16));
  EXPECT_EQ(refusal(plain), "E2105") << "a safetensors file of another program";
  using std::literals::operator""sv;
  const auto bytes = bytes_of(
      "\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94"sv);
  EXPECT_EQ(refusal(Bytes(bytes.begin(), bytes.end())), "E2103");
}

}  // namespace
}  // namespace myriad
