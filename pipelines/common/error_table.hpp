#pragma once
/// \file
/// Forecast errors per channel, as `myriad verify` writes them: the amplitudes of perturbations.

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/time.hpp"

namespace myriad::pipelines {

/// Which numbers of a score file (docs/verification.md).
struct ErrorTableRequest {
  std::filesystem::path file;  ///< scores.nc
  std::string score =
      "rmse";  ///< a score in the unit of the channel: rmse, rmse_control, spread, ...
  std::string region = "global";
  Duration lead = Duration::hours(48);
  std::vector<std::string> channels;
  std::vector<std::string> units;  ///< one per channel, wanted
};

/// [channel]: <channel>_<score> of the region at the lead, in the wanted units.
///
/// Errors: input_missing E2650 (no such channel, score, region or lead in the file, naming those
/// there are), input_corrupt E2651 (not a score file, a unit that does not convert, a value that is
/// missing, negative or not finite); those of io::NetcdfFile.
std::vector<double> read_error_table(const ErrorTableRequest& request);

}  // namespace myriad::pipelines
