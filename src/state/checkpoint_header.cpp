#include "src/state/checkpoint_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/json.hpp"

namespace myriad::detail {
namespace {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian and mapped as they are");

constexpr std::string_view k_metadata_key = "__metadata__";
constexpr std::string_view k_format_key = "myriad.format";
constexpr std::string_view k_kind_key = "myriad.kind";
constexpr std::string_view k_data_bytes_key = "myriad.data_bytes";
constexpr std::string_view k_weights_key = "myriad.weights_sha256";
constexpr std::string_view k_header_hash_key = "myriad.header_xxh3";
/// Prefix of the entries that hold the hash of each tensor; ':' cannot occur in names.
constexpr std::string_view k_tensor_hash_prefix = "xxh3:";
constexpr std::string_view k_header_hash_marker = "\"myriad.header_xxh3\":\"";
constexpr std::size_t k_hash_digits = 32;

bool is_lower_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string hash_with_blank(std::string_view head, std::size_t hash_position) {
  static constexpr std::string_view k_blank = "00000000000000000000000000000000";
  Xxh3 hash;
  hash.update(bytes_of(head.substr(0, hash_position)));
  hash.update(bytes_of(k_blank));
  hash.update(bytes_of(head.substr(hash_position + k_hash_digits)));
  return hash.finish().hex();
}

/// Position of the 32 digits of the header hash. The quotes of the marker cannot occur unescaped
/// inside a JSON string, so a single match is the key itself.
std::optional<std::size_t> find_header_hash(std::string_view head) {
  const auto found = head.find(k_header_hash_marker);
  if (found == std::string_view::npos) return std::nullopt;
  if (head.find(k_header_hash_marker, found + 1) != std::string_view::npos) return std::nullopt;
  const auto position = found + k_header_hash_marker.size();
  if (position + k_hash_digits >= head.size() || head[position + k_hash_digits] != '"') {
    return std::nullopt;
  }
  return position;
}

std::string check_header_hash(std::string_view head, std::string_view source) {
  const auto position = find_header_hash(head);
  MYRIAD_VALIDATE(
      position.has_value(), ErrorKind::input_corrupt, "E2105",
      "{} is no checkpoint of Myriad (its header carries no single {}); another program wrote "
      "it, or the header is damaged",
      source, k_header_hash_key);
  const std::string stored(head.substr(*position, k_hash_digits));
  const std::string actual = hash_with_blank(head, *position);
  MYRIAD_VALIDATE(stored == actual, ErrorKind::input_corrupt, "E2106",
                  "header of {} is damaged (hash {} instead of {}); fetch the file again", source,
                  actual, stored);
  return stored;
}

Json parse_header_json(std::string_view head, std::string_view source) {
  const std::string_view text = head.substr(k_prefix_bytes);
  MYRIAD_VALIDATE(
      text.starts_with('{'), ErrorKind::input_corrupt, "E2104",
      "header of {} is malformed (it does not begin with an object); fetch the file again", source);
  try {
    return parse_json(
        text, source,
        {.max_bytes = k_max_header_bytes, .max_depth = 8, .max_values = k_max_json_values});
  } catch (const Error& error) {
    throw Error(ErrorKind::input_corrupt, "E2104",
                fmt::format("header of {} is malformed ({}); the file was not made by Myriad",
                            source, error.what()));
  }
}

std::map<std::string, std::string> decode_metadata(const Json& root, std::string_view source) {
  const Json* object = root.find(k_metadata_key);
  MYRIAD_VALIDATE(object != nullptr && object->is_object(), ErrorKind::input_corrupt, "E2105",
                  "{} is no checkpoint of Myriad (it has no object {})", source, k_metadata_key);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : object->as_object()) {
    MYRIAD_VALIDATE(value.is_string(), ErrorKind::input_corrupt, "E2111",
                    "metadata of {} is malformed (entry '{}' is not a string)", source, key);
    metadata.emplace(key, value.as_string());
  }
  return metadata;
}

/// Remove and return an entry that the container makes itself.
std::string take(std::map<std::string, std::string>& metadata, const std::string& key,
                 std::string_view source) {
  const auto found = metadata.find(key);
  MYRIAD_VALIDATE(found != metadata.end(), ErrorKind::input_corrupt, "E2111",
                  "metadata of {} is incomplete (no entry '{}')", source, key);
  std::string value = std::move(found->second);
  metadata.erase(found);
  return value;
}

std::uint64_t as_offset(const Json& value, std::string_view name, std::string_view source) {
  MYRIAD_VALIDATE(value.is_integer() && (value == Json(std::uint64_t{0}) || value.as_double() > 0),
                  ErrorKind::input_corrupt, "E2107",
                  "tensor '{}' of {} is malformed (an extent or offset is no natural number)", name,
                  source);
  return value.as_uint();
}

CheckpointHeader::Tensor decode_tensor(const std::string& name, const Json& entry,
                                       std::string_view source) {
  const auto malformed = [&](bool good, std::string_view reason) {
    MYRIAD_VALIDATE(good, ErrorKind::input_corrupt, "E2107", "tensor '{}' of {} is malformed ({})",
                    name, source, reason);
  };
  malformed(entry.is_object() && entry.as_object().size() == 3, "not an object of three members");
  const Json* dtype = entry.find("dtype");
  const Json* shape = entry.find("shape");
  const Json* offsets = entry.find("data_offsets");
  malformed(dtype != nullptr && dtype->is_string(), "no dtype");
  malformed(shape != nullptr && shape->is_array(), "no shape");
  malformed(offsets != nullptr && offsets->is_array() && offsets->as_array().size() == 2,
            "data_offsets is not a pair");

  CheckpointHeader::Tensor tensor;
  tensor.name = name;
  const auto type = storage_type_from_string(dtype->as_string());
  malformed(type.has_value(), "unknown dtype");
  tensor.dtype = *type;
  malformed(shape->as_array().size() <= k_max_rank, "more than 8 dimensions");
  for (const Json& extent : shape->as_array()) {
    const std::uint64_t value = as_offset(extent, name, source);
    malformed(value <= (std::uint64_t{1} << 62), "extent too large");
    tensor.shape.push_back(static_cast<std::int64_t>(value));
  }
  const auto bytes = tensor_bytes(tensor.dtype, tensor.shape);
  malformed(bytes.has_value(), "product of the extents too large");
  tensor.begin = as_offset(offsets->as_array()[0], name, source);
  const std::uint64_t end = as_offset(offsets->as_array()[1], name, source);
  malformed(end >= tensor.begin, "it ends before it begins");
  tensor.bytes = end - tensor.begin;
  malformed(tensor.bytes == *bytes, "extents and offsets disagree");
  malformed(tensor.begin % size_of(tensor.dtype) == 0, "not aligned to its element size");
  return tensor;
}

/// The tensors must follow each other without overlap or gap and end with the file.
void check_layout(std::vector<CheckpointHeader::Tensor>& tensors, std::uint64_t data_bytes,
                  std::string_view source) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.bytes, a.name) < std::tie(b.begin, b.bytes, b.name);
  });
  std::uint64_t expected = 0;
  for (const auto& tensor : tensors) {
    MYRIAD_VALIDATE(
        tensor.begin == expected, ErrorKind::input_corrupt, "E2108",
        "data of {} is malformed (tensor '{}' begins at {}, {} byte {})", source, tensor.name,
        tensor.begin,
        tensor.begin < expected ? "overlapping; the one before ends at" : "leaving a gap after",
        expected);
    // The sum stays below data_bytes, so it cannot wrap.
    MYRIAD_VALIDATE(tensor.bytes <= data_bytes - expected, ErrorKind::input_corrupt, "E2108",
                    "data of {} is malformed (tensor '{}' needs {} bytes, {} are left)", source,
                    tensor.name, tensor.bytes, data_bytes - expected);
    expected += tensor.bytes;
  }
  MYRIAD_VALIDATE(expected == data_bytes, ErrorKind::input_corrupt, "E2108",
                  "data of {} is malformed ({} bytes, but the tensors fill {})", source, data_bytes,
                  expected);
}

Json::Object tensor_json(const CheckpointHeader::Tensor& tensor) {
  Json::Array shape;
  for (std::int64_t extent : tensor.shape) shape.emplace_back(extent);
  Json::Object object;
  object.emplace_back("dtype", Json(to_string(tensor.dtype)));
  object.emplace_back("shape", Json(std::move(shape)));
  object.emplace_back("data_offsets",
                      Json(Json::Array{Json(tensor.begin), Json(tensor.begin + tensor.bytes)}));
  return object;
}

}  // namespace

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= k_max_name_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-' || c == '/';
         });
}

bool is_reserved_key(std::string_view key) {
  return key == k_format_key || key == k_kind_key || key == k_data_bytes_key ||
         key == k_weights_key || key == k_header_hash_key || key.starts_with(k_tensor_hash_prefix);
}

std::optional<std::uint64_t> tensor_bytes(StorageType dtype, const Shape& shape) {
  std::uint64_t bytes = size_of(dtype);
  bool too_large = false;
  for (std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    // A zero extent must not hide an overflow of the others.
    if (extent == 0) continue;
    too_large =
        __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes) || too_large;
  }
  if (too_large || bytes > (std::uint64_t{1} << 62)) return std::nullopt;
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  return empty ? 0 : bytes;
}

std::string describe(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::uint64_t header_length(std::span<const std::byte> prefix, std::uint64_t file_bytes,
                            std::string_view source) {
  MYRIAD_VALIDATE(prefix.size() == k_prefix_bytes && file_bytes >= k_prefix_bytes,
                  ErrorKind::input_corrupt, "E2103",
                  "{} is no checkpoint (only {} bytes long); fetch the file again", source,
                  file_bytes);
  std::uint64_t json_bytes = 0;
  std::memcpy(&json_bytes, prefix.data(), sizeof json_bytes);
  const bool possible = json_bytes >= 2 && json_bytes <= k_max_header_bytes - k_prefix_bytes &&
                        json_bytes <= file_bytes - k_prefix_bytes;
  MYRIAD_VALIDATE(
      possible, ErrorKind::input_corrupt, "E2103",
      "{} is no checkpoint or is damaged (it announces a header of {} bytes, the file has {}, the "
      "limit is {}); fetch the file again",
      source, json_bytes, file_bytes, k_max_header_bytes - k_prefix_bytes);
  const std::uint64_t length = k_prefix_bytes + json_bytes;
  MYRIAD_VALIDATE(
      length % k_data_alignment == 0, ErrorKind::input_corrupt, "E2103",
      "{} is no checkpoint of Myriad or is damaged (its data begins at byte {}, no multiple of {})",
      source, length, k_data_alignment);
  return length;
}

CheckpointHeader decode_header(std::string_view head, std::uint64_t file_bytes,
                               std::string_view source) {
  CheckpointHeader header;
  header.header_bytes = head.size();
  header.header_hash = check_header_hash(head, source);
  const Json root = parse_header_json(head, source);
  header.metadata = decode_metadata(root, source);

  const std::string version = take(header.metadata, std::string(k_format_key), source);
  MYRIAD_VALIDATE(version == k_format_version, ErrorKind::input_corrupt, "E2105",
                  "{} has checkpoint format '{}' (this program reads '{}'); use a newer program",
                  source, version, k_format_version);
  const std::string kind = take(header.metadata, std::string(k_kind_key), source);
  MYRIAD_VALIDATE(
      kind == to_string(CheckpointKind::model) || kind == to_string(CheckpointKind::training_state),
      ErrorKind::input_corrupt, "E2111", "metadata of {} is malformed (kind '{}' is unknown)",
      source, kind);
  header.kind = kind == to_string(CheckpointKind::model) ? CheckpointKind::model
                                                         : CheckpointKind::training_state;
  const std::string hash = take(header.metadata, std::string(k_header_hash_key), source);
  MYRIAD_VALIDATE(hash == header.header_hash, ErrorKind::input_corrupt, "E2106",
                  "header of {} is damaged (its hash is not where it should be)", source);
  header.weights_sha256 = take(header.metadata, std::string(k_weights_key), source);
  MYRIAD_VALIDATE(is_lower_hex(header.weights_sha256, 64), ErrorKind::input_corrupt, "E2111",
                  "metadata of {} is malformed ({} is no SHA-256)", source, k_weights_key);
  header.data_bytes = file_bytes - header.header_bytes;
  const std::string data_bytes = take(header.metadata, std::string(k_data_bytes_key), source);
  MYRIAD_VALIDATE(
      data_bytes == std::to_string(header.data_bytes), ErrorKind::input_corrupt, "E2108",
      "{} is incomplete ({} bytes of data, its header announces {}); fetch the file again", source,
      header.data_bytes, data_bytes);

  const auto& members = root.as_object();
  MYRIAD_VALIDATE(members.size() <= k_max_tensors + 1, ErrorKind::input_corrupt, "E2104",
                  "header of {} is malformed ({} tensors, the limit is {})", source,
                  members.size() - 1, k_max_tensors);
  for (const auto& [name, entry] : members) {
    if (name == k_metadata_key) continue;
    MYRIAD_VALIDATE(is_valid_name(name), ErrorKind::input_corrupt, "E2107",
                    "header of {} is malformed (a tensor name of {} bytes holds characters outside "
                    "[A-Za-z0-9_.-/] "
                    "or is too long)",
                    source, name.size());
    auto tensor = decode_tensor(name, entry, source);
    tensor.hash = take(header.metadata, std::string(k_tensor_hash_prefix) + name, source);
    MYRIAD_VALIDATE(is_lower_hex(tensor.hash, k_hash_digits), ErrorKind::input_corrupt, "E2111",
                    "metadata of {} is malformed (the hash of tensor '{}' is no XXH3-128)", source,
                    name);
    header.tensors.push_back(std::move(tensor));
  }
  for (const auto& [key, value] : header.metadata) {
    MYRIAD_VALIDATE(is_valid_name(key), ErrorKind::input_corrupt, "E2111",
                    "metadata of {} is malformed (an entry is named neither by the container nor "
                    "by [A-Za-z0-9_.-/])",
                    source);
  }
  check_layout(header.tensors, header.data_bytes, source);
  return header;
}

std::string encode_header(CheckpointHeader& header) {
  std::map<std::string, std::string> metadata = header.metadata;
  metadata[std::string(k_format_key)] = k_format_version;
  metadata[std::string(k_kind_key)] = to_string(header.kind);
  metadata[std::string(k_data_bytes_key)] = std::to_string(header.data_bytes);
  metadata[std::string(k_weights_key)] = header.weights_sha256;
  metadata[std::string(k_header_hash_key)] = std::string(k_hash_digits, '0');
  for (const auto& tensor : header.tensors) {
    metadata[std::string(k_tensor_hash_prefix) + tensor.name] = tensor.hash;
  }
  Json::Object members;
  Json::Object entries;
  for (auto& [key, value] : metadata) entries.emplace_back(key, Json(std::move(value)));
  members.emplace_back(std::string(k_metadata_key), Json(std::move(entries)));
  for (const auto& tensor : header.tensors)
    members.emplace_back(tensor.name, Json(tensor_json(tensor)));

  std::string head(k_prefix_bytes, '\0');
  head += to_json_text(Json(std::move(members)));
  head.resize((head.size() + k_data_alignment - 1) / k_data_alignment * k_data_alignment, ' ');
  MYRIAD_VALIDATE(
      head.size() <= k_max_header_bytes && header.tensors.size() <= k_max_tensors &&
          header.metadata.size() <= k_max_entries,
      ErrorKind::internal, "E2114",
      "checkpoint cannot be written (header of {} bytes for {} tensors exceeds the format); store "
      "fewer or shorter entries",
      head.size(), header.tensors.size());
  const std::uint64_t json_bytes = head.size() - k_prefix_bytes;
  std::memcpy(head.data(), &json_bytes, sizeof json_bytes);
  const auto position = find_header_hash(head);
  MYRIAD_ENSURE(position.has_value());
  header.header_bytes = head.size();
  header.header_hash = hash_with_blank(head, *position);
  head.replace(*position, k_hash_digits, header.header_hash);
  return head;
}

void WeightsDigest::add(std::string_view name, StorageType dtype, const Shape& shape,
                        std::string_view data_sha256) {
  lines_.emplace(std::string(name), fmt::format("{} {} [{}] {}\n", name, to_string(dtype),
                                                fmt::join(shape, ","), data_sha256));
}

std::string WeightsDigest::finish() const {
  Sha256 digest;
  for (const auto& [name, line] : lines_) digest.update(line);
  return digest.finish_hex();
}

}  // namespace myriad::detail
