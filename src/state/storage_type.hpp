#pragma once
/// \file
/// Element types of tensors on disk and their exact conversions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace myriad {

/// Element type of a stored tensor, little-endian. Complex numbers are f32 or f64 with a trailing
/// extent of 2.
enum class StorageType : std::uint8_t { f64, i64, f32, i32, f16, bf16, u8 };

/// The name used in files: "F64", "I64", "F32", "I32", "F16", "BF16", "U8".
std::string_view to_string(StorageType type);
/// Absent for any other text.
std::optional<StorageType> storage_type_from_string(std::string_view name);
std::size_t size_of(StorageType type);
bool is_floating(StorageType type);

/// IEEE binary16 nearest to \p value, ties to even; subnormal results are kept, magnitudes from
/// 65520 on become infinite, NaN stays NaN (quiet). Independent of the rounding mode and of
/// processor support.
std::uint16_t f16_from_float(float value);
/// Exact.
float float_from_f16(std::uint16_t bits);

/// bfloat16 nearest to \p value, ties to even; magnitudes beyond the largest finite one become
/// infinite, NaN stays NaN.
std::uint16_t bf16_from_float(float value);
/// Exact.
float float_from_bf16(std::uint16_t bits);

}  // namespace myriad
