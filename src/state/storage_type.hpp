#pragma once
/// \file
/// Element types of tensors on disk and their exact conversions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/half.hpp"

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

using kernels::bf16_from_float;
using kernels::f16_from_float;
using kernels::float_from_bf16;
using kernels::float_from_f16;

}  // namespace myriad
