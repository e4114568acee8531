#pragma once
/// \file
/// Small checkpoints and hand-made files for the tests of src/state.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/state/checkpoint_writer.hpp"

namespace myriad::test {

using Bytes = std::vector<std::byte>;

/// Every element type, a scalar, an empty tensor, a complex one, metadata with quotes and non-ASCII
/// text. Values are fixed; about 2 kB.
CheckpointWriter small_writer();

/// A file around any JSON text: length prefix, spaces up to the alignment, and a correct header
/// hash put in place of the first run of 32 times '#'. What an attacker would do who knows the
/// format.
Bytes sealed_file(std::string json, std::span<const std::byte> data);

/// The metadata entries of a minimal valid header, without the tensor hashes, ready to be followed
/// by more entries.
std::string minimal_metadata(std::uint64_t data_bytes, std::string_view weights_sha256);

void write_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes);
Bytes read_bytes(const std::filesystem::path& path);

/// An empty folder of this process below the working directory, removed on destruction.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace myriad::test
