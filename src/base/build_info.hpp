#pragma once
/// \file
/// What this program was built from, for `myriad version` and for provenance.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace myriad {

struct BuildInfo {
  std::string version;  ///< "0.1.0"
  std::string
      git_describe;        ///< of the source tree when it was configured; "unknown" outside of git
  /// Seconds since 1970 of the commit when it was configured (or SOURCE_DATE_EPOCH); 0 when unknown.
  std::int64_t source_epoch;
  std::string compiler;    ///< "GNU 12.2.0"
  std::string build_type;  ///< "Release"
  std::string architecture;  ///< value of -march
  std::string sanitizers;    ///< empty: none
  /// Name and version of the libraries found when configured, e.g. {"kokkos", "3.4.01 (SERIAL)"}.
  std::vector<std::pair<std::string, std::string>> libraries;
};

const BuildInfo& build_info();

}  // namespace myriad
