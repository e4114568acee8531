#include "src/state/storage_type.hpp"

#include <gtest/gtest.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace myriad {
namespace {

/// The value of a binary16 pattern from its definition, in double.
double f16_value(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0x1f) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(StorageType, NamesAreThoseOfTheFileFormatAndReadBack) {
  for (const auto type : {StorageType::f64, StorageType::i64, StorageType::f32, StorageType::i32,
                          StorageType::f16, StorageType::bf16, StorageType::u8}) {
    EXPECT_EQ(storage_type_from_string(to_string(type)), type);
  }
  EXPECT_EQ(to_string(StorageType::bf16), "BF16");
  EXPECT_EQ(size_of(StorageType::bf16), 2U);
  EXPECT_EQ(storage_type_from_string("f32"), std::nullopt);
  EXPECT_EQ(storage_type_from_string(""), std::nullopt);
}

TEST(StorageType, EveryHalfPatternReadsAsItsDefinitionAndReturnsUnchanged) {
  for (std::uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float value = float_from_f16(bits);
    if (std::isnan(f16_value(bits))) {
      ASSERT_TRUE(std::isnan(value)) << i;
      ASSERT_TRUE(std::isnan(float_from_f16(f16_from_float(value)))) << i;
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), f16_value(bits)) << i;
    ASSERT_EQ(f16_from_float(value), bits) << i;
  }
}

TEST(StorageType, HalfRoundingIsToNearestWithTiesToEven) {
  // Between each pair of neighbours: the midpoint goes to the even one, a hair beside it to the
  // nearer one.
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const double low = f16_value(bits);
    const double high = f16_value(static_cast<std::uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    ASSERT_EQ(static_cast<double>(middle), (low + high) / 2) << "exact in binary32";
    const std::uint16_t even = bits % 2 == 0 ? bits : static_cast<std::uint16_t>(bits + 1);
    ASSERT_EQ(f16_from_float(middle), even) << bits;
    ASSERT_EQ(f16_from_float(-middle), even | 0x8000) << bits;
    ASSERT_EQ(f16_from_float(std::nextafter(middle, 0.F)), bits);
    ASSERT_EQ(f16_from_float(std::nextafter(middle, 1e9F)), bits + 1);
  }
  EXPECT_EQ(f16_from_float(std::nextafter(65520.F, 0.F)), 0x7bff);
  EXPECT_EQ(f16_from_float(65520.F), 0x7c00);
  EXPECT_EQ(f16_from_float(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_EQ(f16_from_float(-0.F), 0x8000);
  EXPECT_EQ(f16_from_float(std::numeric_limits<float>::denorm_min()), 0);
}

#if defined(__F16C__)
TEST(StorageType, HalfRoundingAgreesWithTheProcessorOnRandomBits) {
  std::mt19937 random(20240229);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const auto expected = static_cast<std::uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT));
    ASSERT_EQ(f16_from_float(value), expected) << std::bit_cast<std::uint32_t>(value);
  }
}
#endif

TEST(StorageType, HalfRoundingDoesNotDependOnTheRoundingMode) {
  const int before = std::fegetround();
  std::fesetround(FE_UPWARD);
  const std::uint16_t normal = f16_from_float(0.1F);
  const std::uint16_t subnormal = f16_from_float(3.3e-7F);
  std::fesetround(before);
  EXPECT_EQ(normal, f16_from_float(0.1F));
  EXPECT_EQ(subnormal, f16_from_float(3.3e-7F));
}

TEST(StorageType, BfloatRoundingIsToNearestWithTiesToEven) {
  for (std::uint32_t i = 0; i < 0x7f7f; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const auto middle = std::bit_cast<float>((i << 16) | 0x8000U);
    const std::uint16_t even = bits % 2 == 0 ? bits : static_cast<std::uint16_t>(bits + 1);
    ASSERT_EQ(bf16_from_float(float_from_bf16(bits)), bits);
    ASSERT_EQ(bf16_from_float(middle), even) << i;
    ASSERT_EQ(bf16_from_float(std::bit_cast<float>((i << 16) | 0x7fffU)), bits);
    ASSERT_EQ(bf16_from_float(std::bit_cast<float>((i << 16) | 0x8001U)), bits + 1);
  }
  EXPECT_TRUE(std::isinf(float_from_bf16(bf16_from_float(std::numeric_limits<float>::max()))));
  // A NaN whose upper half alone would read as infinity.
  EXPECT_TRUE(std::isnan(float_from_bf16(bf16_from_float(std::bit_cast<float>(0x7f800001U)))));
}

}  // namespace
}  // namespace myriad
