#pragma once
/// \file
/// Verified reading of the checkpoint container from a file or from memory. Internal to src/state.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "src/state/checkpoint.hpp"

namespace myriad::detail {

/// Random access to the bytes of a checkpoint.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Fill \p out from \p offset. Errors: by errno (E2102); input_corrupt (E2103) when the bytes are
  /// not there.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) = 0;
};

/// Errors: input_missing (E2101); by errno (E2102); input_corrupt (E2103) when it is no regular
/// file.
std::unique_ptr<ByteSource> open_file_source(const std::filesystem::path& path);
std::unique_ptr<ByteSource> make_memory_source(std::span<const std::byte> bytes);

/// Read and check the header.
CheckpointHeader read_header(ByteSource& source, std::string_view name);

/// Called with each verified-so-far piece of a tensor (pieces are whole elements); it must not be
/// used before read_data returns.
using PieceSink =
    std::function<void(const CheckpointHeader::Tensor&, std::uint64_t offset_in_tensor,
                       std::span<const std::byte> piece)>;

/// Read all data and compare the hash of every tensor and the SHA-256 of the weights with the
/// header. \p destination receives the data when it is not empty (data_bytes long); otherwise a
/// buffer of 4 MiB is reused. Errors: E2102, E2103, input_corrupt E2109 (naming the tensor) and
/// E2110.
void read_data(ByteSource& source, const CheckpointHeader& header, std::string_view name,
               std::span<std::byte> destination, const PieceSink& sink);

/// Index of the first NaN or infinity of \p bytes, seen as elements of \p dtype; -1 when all are
/// finite. Integers are.
std::int64_t first_non_finite(StorageType dtype, std::span<const std::byte> bytes);
std::uint64_t count_non_finite(StorageType dtype, std::span<const std::byte> bytes);

}  // namespace myriad::detail
