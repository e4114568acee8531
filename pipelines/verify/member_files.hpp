#pragma once
/// \file
/// Forecasts as `myriad forecast` writes them: one directory per start, one file per member.

#include <filesystem>
#include <vector>

#include "pipelines/verify/forecast_source.hpp"
#include "src/io/field_series.hpp"

namespace myriad::pipelines {

/// Directories that each hold one forecast: `members/*.nc` below them, those of its parts (`part-*/members/*.nc`, one run
/// directory per job of an array), or the *.nc files in them.
///
/// \param directories forecast directories, or directories of such (one sub-directory per start);
/// sorted by start
/// Errors: input_missing E2660 (no forecast there); input_corrupt E2661 (start missing or two
/// starts alike), E2662 (a lead or member that the others have is missing), E2664 (grid); those of
/// io.
std::unique_ptr<ForecastSource> open_member_files(
    const std::vector<std::filesystem::path>& directories, const ForecastSelection& selection);

/// An analysis series as truth, in the grid and units of \p forecasts.
std::unique_ptr<TruthSource> open_analysis(const std::vector<std::string>& files,
                                           const ForecastSource& forecasts);

}  // namespace myriad::pipelines
