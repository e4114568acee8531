#pragma once
/// \file
/// Deleting what a suite made and nobody keeps.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "src/base/manifest.hpp"

namespace myriad::pipelines {

struct Pruned {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Delete files of a run that its manifest names and that \p chosen selects.
///
/// A file is deleted only when it lies inside the run directory, is a regular file (no symbolic
/// link on the way) and has the size the manifest tells; anything else was not made by the run and
/// stays (E2682 warning when the size differs). Folders that become empty go too. The manifest
/// itself stays. Errors: those of Manifest; io, permission E2683 when a file cannot be deleted.
Pruned prune_run(const std::filesystem::path& run_directory,
                 const std::function<bool(const ManifestFile&)>& chosen);

}  // namespace myriad::pipelines
