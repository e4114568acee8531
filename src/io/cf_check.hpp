#pragma once
/// \file
/// Checker of the header contract of our outputs (docs/formats/netcdf.md): the rules of CF 1.12 and
/// ACDD 1.3 that we use.

#include <cstdint>
#include <string>
#include <vector>

namespace myriad::io {

enum class CfProfile : std::uint8_t {
  product,  ///< maps and tables: CF and ACDD only
  member,  ///< one forecast member: also realization, forecast times, MYRIAD_* attributes, layout B
};

/// A broken rule.
struct CfFinding {
  std::string variable;  ///< empty: the file
  std::string rule;      ///< short stable name: "units", "bounds", "time.epoch", ...
  std::string message;
};

/// Check the header and the coordinates of a file; field values are read for \p scan_values only.
///
/// *Errors* those of NetcdfFile::open; a broken rule is a finding, not an error. No finding means
/// conforming.
enum class CfValues : std::uint8_t { skip, scan };
std::vector<CfFinding> check_cf(const std::string& path, CfProfile profile,
                                CfValues values = CfValues::skip);

/// One line per finding.
std::string describe(const std::vector<CfFinding>& findings);

}  // namespace myriad::io
