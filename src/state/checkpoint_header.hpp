#pragma once
/// \file
/// Header of the checkpoint container: bytes <-> CheckpointHeader. Internal to src/state.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/hash.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad::detail {

inline constexpr std::uint64_t k_prefix_bytes = 8;
/// Length prefix and JSON together.
inline constexpr std::uint64_t k_max_header_bytes = std::uint64_t{16} << 20;
inline constexpr std::uint64_t k_data_alignment = 64;
inline constexpr std::size_t k_max_tensors = 16384;
inline constexpr std::size_t k_max_name_bytes = 256;
inline constexpr std::size_t k_max_rank = 8;
/// Entries of the program in the metadata.
inline constexpr std::size_t k_max_entries = 8192;
/// Bound on the number of JSON values, so that the parsed header stays below 64 MiB whatever the
/// text is. Enough for k_max_tensors (at most 15 values each, with the hash) and k_max_entries.
inline constexpr std::size_t k_max_json_values = std::size_t{1} << 18;
static_assert(k_max_json_values > k_max_tensors * 15 + k_max_entries);
inline constexpr std::string_view k_format_version = "1";

/// Letters, digits and `_ . - /`, 1 to 256 bytes.
bool is_valid_name(std::string_view name);
/// Whether the container itself makes this metadata entry.
bool is_reserved_key(std::string_view key);

/// Number of bytes of a tensor; absent when an extent is negative or the product exceeds 2^62.
std::optional<std::uint64_t> tensor_bytes(StorageType dtype, const Shape& shape);

/// "[3, 4]" for messages.
std::string describe(const Shape& shape);

/// Length of the whole header from the 8-byte prefix.
/// Errors: input_corrupt (E2103) when it is impossible for a file of \p file_bytes.
std::uint64_t header_length(std::span<const std::byte> prefix, std::uint64_t file_bytes,
                            std::string_view source);

/// Check and decode prefix and JSON. \p head is exactly header_length() bytes. Errors:
/// input_corrupt E2104-E2108, E2111.
CheckpointHeader decode_header(std::string_view head, std::uint64_t file_bytes,
                               std::string_view source);

/// Prefix and padded JSON of \p header; sets header_bytes and header_hash.
/// Errors: internal (E2114) when it exceeds the limits of the format.
std::string encode_header(CheckpointHeader& header);

/// SHA-256 over one line per tensor, sorted by name: `name dtype [extents] sha256-of-the-data`.
class WeightsDigest {
 public:
  void add(std::string_view name, StorageType dtype, const Shape& shape,
           std::string_view data_sha256);
  std::string finish() const;

 private:
  std::map<std::string, std::string, std::less<>> lines_;
};

}  // namespace myriad::detail
