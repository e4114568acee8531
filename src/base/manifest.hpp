#pragma once
/// \file
/// run.manifest: the list of what a run has published. A file that is not in it does not exist.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/json.hpp"

namespace myriad {

/// One published file.
struct ManifestFile {
  std::string path;  ///< relative to the run directory, '/' separators
  std::uint64_t bytes = 0;
  std::string xxh3;    ///< 32 hexadecimal digits
  std::string sha256;  ///< 64 digits, may be empty
  std::optional<std::int64_t> member;
  std::vector<std::int64_t> steps;

  bool operator==(const ManifestFile&) const = default;
};

/// Append-only JSON lines, each ending with the CRC-32C of all lines so far, itself included.
///
/// Line types: {"type":"run",…} facts of the run (id, host, times, versions), {"type":"file",…} one
/// ManifestFile, {"type":"removed","path":…,"reason":…} a file that was deleted on purpose and is
/// no longer listed. One line is one write call in append mode; a torn last line (crash) is dropped
/// on reading, any other damage is an error. Later lines of the same path replace earlier ones.
/// Only one process of a run appends (rank 0).
class Manifest {
 public:
  /// Opens or starts `<run_directory>/run.manifest`. Errors: input_corrupt (E1060), io, permission.
  explicit Manifest(std::filesystem::path run_directory);

  /// Append facts about the run; `type` is added.
  void add_run(Json facts);
  /// Append a file that has been published: size and hashes are computed here.
  /// Errors: those of reading the file; input_corrupt (E1058) for a path outside the run.
  /// outside the run.
  ManifestFile add_file(const std::string& relative_path, std::optional<std::int64_t> member = {},
                        std::vector<std::int64_t> steps = {});

  /// Append that a listed file was deleted on purpose (retention); it is no longer listed.
  void add_removed(const std::string& relative_path, const std::string& reason);

  const std::vector<ManifestFile>& files() const { return files_; }
  const std::vector<Json>& runs() const { return runs_; }
  const ManifestFile* find(std::string_view relative_path) const;

  /// What is wrong with a listed file after hashing it again; nothing when all is well.
  std::optional<std::string> problem_of(const ManifestFile& file) const;
  /// Re-hash every file. Returns one sentence per missing or damaged file; empty means all is well.
  std::vector<std::string> verify() const;

 private:
  void read_line(std::string_view text, std::size_t number);
  void append(const Json& line);

  std::filesystem::path directory_;
  std::filesystem::path file_;
  std::vector<ManifestFile> files_;
  std::vector<Json> runs_;
  std::uint64_t good_bytes_ = 0;  ///< length of the complete lines
  std::uint32_t chain_ = 0;       ///< check sum of all complete lines
};

}  // namespace myriad
