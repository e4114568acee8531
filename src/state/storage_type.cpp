#include "src/state/storage_type.hpp"

#include <array>
#include <utility>

#include "src/base/error.hpp"

namespace myriad {
namespace {

struct TypeRow {
  StorageType type;
  std::string_view name;
  std::size_t bytes;
  bool floating;
};

constexpr std::array k_types = {
    TypeRow{StorageType::f64, "F64", 8, true}, TypeRow{StorageType::i64, "I64", 8, false},
    TypeRow{StorageType::f32, "F32", 4, true}, TypeRow{StorageType::i32, "I32", 4, false},
    TypeRow{StorageType::f16, "F16", 2, true}, TypeRow{StorageType::bf16, "BF16", 2, true},
    TypeRow{StorageType::u8, "U8", 1, false},
};

const TypeRow& row_of(StorageType type) {
  const auto index = static_cast<std::size_t>(type);
  MYRIAD_EXPECT(index < k_types.size());
  return k_types[index];
}

}  // namespace

std::string_view to_string(StorageType type) {
  return row_of(type).name;
}
std::size_t size_of(StorageType type) {
  return row_of(type).bytes;
}
bool is_floating(StorageType type) {
  return row_of(type).floating;
}

std::optional<StorageType> storage_type_from_string(std::string_view name) {
  for (const TypeRow& row : k_types) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

}  // namespace myriad
