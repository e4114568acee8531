#pragma once
/// \file
/// Two generations of a checkpoint: the newest and the one before it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/state/checkpoint.hpp"
#include "src/state/checkpoint_writer.hpp"

namespace myriad {

/// The checkpoints `<stem>.g<8 digits>.safetensors` of one folder, of which the newest and the
/// newest other that verifies are kept. The number counts publications; it is not the step.
///
/// One process writes at a time (RunLock); any number may read.
class Generations {
 public:
  /// \p stem holds letters, digits, `_` and `-` (internal E2114 otherwise). The folder is made by
  /// publish().
  Generations(std::filesystem::path directory, std::string stem);

  /// Publish a new generation, then remove those before the previous one. Files that turn out
  /// damaged are renamed to
  /// `<name>.damaged` and do not count as previous. A kill at any moment leaves at least the
  /// generation that was the newest before. Errors: those of CheckpointWriter::publish.
  std::filesystem::path publish(const CheckpointWriter& writer);

  struct Loaded {
    Checkpoint checkpoint;
    std::filesystem::path path;
    std::vector<std::string>
        refused;  ///< one sentence per newer generation that was damaged (also logged)
  };
  /// The newest generation that verifies; absent when there is none at all.
  /// Errors: input_corrupt (E2118) when there are files but every one is damaged, naming each
  /// reason.
  std::optional<Loaded> load_newest();

  /// Existing files, newest first.
  std::vector<std::filesystem::path> files() const;

 private:
  std::filesystem::path directory_;
  std::string stem_;
  std::filesystem::path known_good_;  ///< the newest file this object published or verified itself
};

}  // namespace myriad
