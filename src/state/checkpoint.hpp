#pragma once
/// \file
/// The native checkpoint: a safetensors-compatible file in which every byte is covered by a hash
/// (docs/formats/checkpoint.md).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/json.hpp"
#include "src/state/storage_type.hpp"

namespace myriad {

enum class CheckpointKind : std::uint8_t {
  model,           ///< weights and all that a forecast needs
  training_state,  ///< a model plus optimiser state, counters and schedule position
};

std::string_view to_string(CheckpointKind kind);

/// Names of the JSON sections that several folders share; further ones may be added by their users.
namespace section {
inline constexpr std::string_view k_model = "myriad.model";  ///< architecture and its parameters
inline constexpr std::string_view k_channels =
    "myriad.channels";                                     ///< name, units, level of each channel
inline constexpr std::string_view k_grid = "myriad.grid";  ///< type, nlat, nlon
inline constexpr std::string_view k_normalisation =
    "myriad.normalisation";  ///< where the statistics come from
inline constexpr std::string_view k_training =
    "myriad.training";  ///< provenance: data, seed, steps, code
inline constexpr std::string_view k_state = "myriad.state";  ///< counters of a training state
}  // namespace section

using Shape = std::vector<std::int64_t>;

/// A tensor of a loaded checkpoint: dense, row-major, in the checkpoint's own memory (valid as long
/// as it lives).
struct HostTensor {
  std::string name;
  StorageType dtype = StorageType::f32;
  Shape shape;                       ///< empty for a scalar
  std::span<const std::byte> bytes;  ///< aligned to the element size
  std::string hash;                  ///< XXH3-128 of the bytes, 32 hexadecimal digits

  std::int64_t size() const;  ///< number of elements
};

/// What a file says about itself, known to be consistent.
struct CheckpointHeader {
  struct Tensor {
    std::string name;
    StorageType dtype = StorageType::f32;
    Shape shape;
    std::uint64_t begin = 0;  ///< offset from the start of the data
    std::uint64_t bytes = 0;
    std::string hash;
  };
  CheckpointKind kind = CheckpointKind::model;
  std::map<std::string, std::string>
      metadata;                    ///< without the entries that the container makes itself
  std::vector<Tensor> tensors;     ///< in the order of the data
  std::uint64_t header_bytes = 0;  ///< length prefix and JSON, so that the data begins there
  std::uint64_t data_bytes = 0;
  std::string header_hash;
  std::string weights_sha256;
};

/// A checkpoint in memory, completely verified.
class Checkpoint {
 public:
  /// Read and verify a file: structure, header hash, hash of each tensor, SHA-256 over all weights.
  /// Nothing of a file that fails is returned. Runs no code of the file; memory is the file's size
  /// plus the header. Errors: input_missing (E2101) or by errno (E2102); input_corrupt E2103-E2111
  /// naming file and reason; unavailable (E2120) when the memory does not suffice.
  static Checkpoint load(const std::filesystem::path& path);
  /// The same for bytes in memory (copied); \p source names them in messages.
  static Checkpoint parse(std::span<const std::byte> file, std::string_view source);

  const CheckpointHeader& header() const { return header_; }
  CheckpointKind kind() const { return header_.kind; }
  /// SHA-256 of names, types, shapes and data of all tensors: the identity of the weights.
  const std::string& weights_sha256() const { return header_.weights_sha256; }

  /// All tensors, sorted by name.
  std::span<const HostTensor> tensors() const { return tensors_; }
  /// Null when there is none of this name.
  const HostTensor* find(std::string_view name) const;
  /// Errors: input_corrupt (E2112) when there is none of this name, or its shape is another.
  const HostTensor& at(std::string_view name) const;
  const HostTensor& at(std::string_view name, const Shape& shape) const;

  /// Values as float; stored F16, BF16 and F32 convert exactly. Errors: E2112 (absent, other shape,
  /// other type).
  std::vector<float> floats(std::string_view name, const Shape& shape) const;
  /// Values as double; any floating type converts exactly. Errors: E2112.
  std::vector<double> doubles(std::string_view name, const Shape& shape) const;
  /// Values of an I64 or I32 tensor. Errors: E2112.
  std::vector<std::int64_t> integers(std::string_view name, const Shape& shape) const;

  /// Errors: input_corrupt (E2113) naming tensor and index of the first NaN or infinity.
  void check_finite(std::string_view name) const;
  void check_finite() const;  ///< all tensors

  std::optional<std::string> metadata(std::string_view key) const;
  /// A JSON section of the metadata. Errors: input_corrupt (E2111) when absent or no valid JSON.
  Json section(std::string_view key) const;
  bool has_section(std::string_view key) const { return metadata(key).has_value(); }

  /// Name used in messages.
  const std::string& source() const { return source_; }

 private:
  Checkpoint() = default;
  void attach();

  struct FreeAligned {
    void operator()(std::byte* memory) const;
  };
  std::string source_;
  CheckpointHeader header_;
  std::unique_ptr<std::byte[], FreeAligned> data_;
  std::vector<HostTensor> tensors_;

  friend class CheckpointReader;
};

/// Verify a file in constant memory (4 MiB at a time) without keeping its tensors.
struct CheckpointSummary {
  CheckpointHeader header;
  std::map<std::string, std::uint64_t>
      non_finite;  ///< number of NaN and infinities, by tensor that has any
  std::uint64_t file_bytes = 0;
};
/// Errors: those of Checkpoint::load.
CheckpointSummary verify_checkpoint(const std::filesystem::path& path);
/// Errors: input_corrupt (E2113) naming the tensors that hold NaN or infinity.
void check_finite(const CheckpointSummary& summary, std::string_view source);

/// The JSON in a metadata text, with the same bounds as the header. \p key and \p source are for
/// messages. Errors: input_corrupt (E2111).
Json parse_section(std::string_view text, std::string_view key, std::string_view source);

}  // namespace myriad
