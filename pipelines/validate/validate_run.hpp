#pragma once
/// \file
/// Checks of one run directory against its manifest.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/json.hpp"

namespace myriad::pipelines {

struct ValidateOptions {
  bool check_cf = false;  ///< also the header contract of every NetCDF file (src/io/cf_check.hpp)
  bool isolate = false;   ///< open files in a child process; not between MPI_Init and MPI_Finalize
  std::vector<std::filesystem::path>
      weights;  ///< checkpoints that must have made the files; empty: not checked
};

/// Something wrong with a published file.
struct Damage {
  std::string path;  ///< relative to the run directory
  std::string problem;
};

struct ValidationReport {
  std::string run;
  std::size_t files = 0;                      ///< in the manifest
  std::uint64_t bytes = 0;                    ///< of these
  std::int64_t members_done = 0;              ///< whole files of members
  std::optional<std::int64_t> members_total;  ///< such files that the run was to write
  std::vector<Damage> damaged;
  std::vector<std::string>
      unlisted;  ///< NetCDF files under members/ and products/ that the manifest does not name
};

/// Hash every file of the manifest again, compare its sidecar if it has one, open it, and compare
/// the forecast id in it with the run's.
///
/// \param progress called after each file
/// Errors: ErrorKind::input_missing (E2611) without a manifest; input_corrupt (E1060) when the
/// manifest itself is damaged; those of reading \p options.weights. Damage of published files is in
/// the report.
ValidationReport validate_run(const std::filesystem::path& directory,
                              const ValidateOptions& options,
                              const std::function<void()>& progress = {});

std::string describe(const ValidationReport& report);
/// Stable keys, for programs.
Json to_json(const ValidationReport& report);

}  // namespace myriad::pipelines
