#include "src/base/hash.hpp"

#include <gtest/gtest.h>

#include "src/base/files.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

TEST(Hash, Sha256AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, Crc32cAgreesWithTheExamplesOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Hash, Crc32cOfPiecesEqualsThatOfTheWhole) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7 % 251);
  const std::uint32_t whole = crc32c(text);
  for (const std::size_t cut : {0U, 1U, 7U, 8U, 9U, 500U, 999U, 1000U}) {
    EXPECT_EQ(
        crc32c(std::string_view(text).substr(cut), crc32c(std::string_view(text).substr(0, cut))),
        whole);
  }
}

TEST(Hash, Xxh3AgreesWithThePublishedEmptyHashAndWithItself) {
  EXPECT_EQ(xxh3_128({}).hex(), "99aa06d3014798d86001c324468d497f");
  const std::string text(100000, 'x');
  Xxh3 pieces;
  for (std::size_t at = 0; at < text.size(); at += 777)
    pieces.update(bytes_of(std::string_view(text).substr(at, 777)));
  EXPECT_EQ(pieces.finish(), xxh3_128(bytes_of(text)));
}

TEST(Hash, FilesHashLikeTheirContent) {
  const test::TemporaryDirectory dir;
  const std::string content(3000000, 'q');
  publish_text(dir / "f", content);
  EXPECT_EQ(sha256_file(dir / "f"), sha256_hex(content));
  EXPECT_EQ(xxh3_128_file(dir / "f"), xxh3_128(bytes_of(content)));
  test::expect_error([&] { sha256_file(dir / "none"); }, ErrorKind::input_missing, "E1054",
                     {"none"});
  test::expect_error([&] { sha256_file(dir.path()); }, ErrorKind::input_corrupt, "E1055");
}

TEST(Hash, HexadecimalTextRoundTripsAndRefusesOtherText) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x7F, 0xAB, 0xFF};
  EXPECT_EQ(to_hex(bytes), "007fabff");
  EXPECT_EQ(from_hex("007FabfF"), bytes);
  EXPECT_TRUE(from_hex("").empty());
  for (const char* text : {"0", "0g", "xx", "00 1"}) {
    test::expect_error([&] { from_hex(text); }, ErrorKind::input_corrupt, "E1030");
  }
}

}  // namespace
}  // namespace myriad
