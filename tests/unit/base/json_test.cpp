#include "src/base/json.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <locale>
#include <random>

#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using test::expect_error;

TEST(Json, WrittenTextReadsBackAsTheSameValue) {
  Json value;
  value.set("name", "a \"quoted\" \\ line\nbreak \t and \x01 control, umlaut \xC3\xBC");
  value.set("integers", Json::Array{0, -1, INT64_MAX, INT64_MIN, UINT64_MAX});
  value.set("doubles", Json::Array{0.1, 1.0, -2.5e-300, 1.7976931348623157e308, 5e-324, 3.0e22});
  value.set("nothing", Json());
  value.set("truth", Json::Array{true, false});
  value.set("empty", Json::Array{Json(Json::Object{}), Json(Json::Array{})});
  for (const JsonStyle style : {JsonStyle::compact, JsonStyle::indented}) {
    EXPECT_EQ(parse_json(to_json_text(value, style), "test"), value);
  }
}

TEST(Json, DoublesOfRandomBitsSurviveTheTripThroughText) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const double x = std::bit_cast<double>(random());
    if (!std::isfinite(x)) continue;
    const Json back = parse_json(to_json_text(Json(x)), "test");
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.as_double()), std::bit_cast<std::uint64_t>(x));
  }
}

TEST(Json, ObjectsKeepInsertionOrderUnlessSortedOnDemand) {
  Json value;
  value.set("b", 1);
  value.set("a", 2);
  EXPECT_EQ(to_json_text(value), R"({"b":1,"a":2})");
  EXPECT_EQ(to_json_text(value, JsonStyle::compact, JsonOrder::sorted), R"({"a":2,"b":1})");
}

TEST(Json, DoublesAreNeverWrittenLikeIntegers) {
  EXPECT_EQ(to_json_text(Json(1.0)), "1.0");
  EXPECT_EQ(to_json_text(Json(1e300)), "1e+300");
  EXPECT_EQ(to_json_text(Json(0.1)), "0.1");
  EXPECT_EQ(to_json_text(Json(1)), "1");
}

TEST(Json, NumbersThatJsonCannotHoldAreNotWritten) {
  expect_error([] { to_json_text(Json(std::nan(""))); }, ErrorKind::internal, "E1027");
  expect_error([] { to_json_text(Json(std::numeric_limits<double>::infinity())); },
               ErrorKind::internal, "E1027");
}

TEST(Json, BytesThatAreNoUtf8AreReplacedWhenWritten) {
  EXPECT_EQ(to_json_text(Json("a\xFFz")), "\"a\\ufffdz\"");
  EXPECT_EQ(to_json_text(Json("\xC0\xAF")), "\"\\ufffd\\ufffd\"");  // overlong '/'
}

TEST(Json, DuplicateKeysAreRefused) {
  expect_error([] { parse_json(R"({"a":1,"b":{"a":2},"a":3})", "x.json"); },
               ErrorKind::input_corrupt, "E1022", {"x.json", "\"a\""});
  EXPECT_NO_THROW(parse_json(R"({"a":1,"b":{"a":2}})", "x.json"));
}

TEST(Json, NestingBeyondTheLimitIsRefusedBeforeItCosts) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), "x"));
  expect_error([&] { parse_json(nested(65), "x"); }, ErrorKind::input_corrupt, "E1024");
  expect_error([&] { parse_json(std::string(1000000, '['), "x"); }, ErrorKind::input_corrupt,
               "E1024");
}

TEST(Json, NumbersThatFitNoTypeAreRefused) {
  for (const char* text : {"18446744073709551616", "-9223372036854775809", "1e400",
                           "123456789012345678901234567890"}) {
    expect_error([&] { parse_json(text, "x"); }, ErrorKind::input_corrupt, "E1023");
  }
  EXPECT_EQ(parse_json("18446744073709551615", "x").as_uint(), UINT64_MAX);
  EXPECT_EQ(parse_json("-9223372036854775808", "x").as_int(), INT64_MIN);
}

TEST(Json, TextThatIsNoJsonIsRefusedWithItsPosition) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "nul", "[1] 2", "{'a':1}", "01", "\"\x01\"",
                           "\"\xC0\xAF\"", "// c\n1", "NaN", "\"\\ud800\"", "[1 2]"}) {
    expect_error([&] { parse_json(text, "x.json"); }, ErrorKind::input_corrupt, "E1021",
                 {"x.json", "byte"});
  }
}

TEST(Json, SizeAndCountLimitsHold) {
  JsonLimits limits;
  limits.max_bytes = 10;
  expect_error([&] { parse_json("[1,2,3,4,5,6]", "x", limits); }, ErrorKind::input_corrupt,
               "E1020");
  limits = {};
  limits.max_values = 3;
  expect_error([&] { parse_json("[1,2,3]", "x", limits); }, ErrorKind::input_corrupt, "E1024");
  EXPECT_NO_THROW(parse_json("[1,2]", "x", limits));
}

TEST(Json, AccessToTheWrongTypeNamesBoth) {
  const Json value = parse_json(R"({"a":"text","n":-1})", "x");
  expect_error([&] { value.at("a").as_int(); }, ErrorKind::input_corrupt, "E1025",
               {"a string", "integer"});
  expect_error([&] { value.at("n").as_uint(); }, ErrorKind::input_corrupt, "E1025");
  expect_error([&] { value.at("b"); }, ErrorKind::input_corrupt, "E1026", {"\"b\""});
  EXPECT_EQ(value.find("b"), nullptr);
  EXPECT_DOUBLE_EQ(value.at("n").as_double(), -1.0);
}

/// A decimal comma in every C++ stream.
struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Json, DecimalCommaOfTheLocaleChangesNothing) {
  const std::locale before = std::locale::global(std::locale(std::locale(), new DecimalComma));
  // The C library's locale as well where a German one is installed; the C++ part is always tested.
  const std::string old = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(to_json_text(Json(1234567.25)), "1234567.25");
  EXPECT_EQ(to_json_text(Json(1234567)), "1234567");
  EXPECT_EQ(parse_json("1234.5", "x").as_double(), 1234.5);
  expect_error([] { parse_json("1,5", "x"); }, ErrorKind::input_corrupt, "E1021");
  std::setlocale(LC_ALL, old.c_str());
  std::locale::global(before);
}

TEST(Utf8, EveryTwoByteSequenceIsJudgedByTheStandard) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      const bool ascii = a < 0x80 && b < 0x80;
      const bool pair = a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF;
      ASSERT_EQ(is_valid_utf8(text), ascii || pair) << a << " " << b;
    }
  }
  EXPECT_TRUE(is_valid_utf8("\xF0\x9F\x8C\x8D"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));          // cut off
}

}  // namespace
}  // namespace myriad
