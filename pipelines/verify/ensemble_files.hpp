#pragma once
/// \file
/// Forecasts, and truth, of other centres: ensembles in NetCDF or GRIB files of any convention.

#include <optional>
#include <string>
#include <vector>

#include "pipelines/verify/forecast_source.hpp"
#include "src/base/config.hpp"
#include "src/io/ensemble_series.hpp"

namespace myriad::pipelines {

/// Whether `forecasts` names files or patterns and not directories.
///
/// Errors: config_invalid E2720 (a Zarr store), E2721 (files and directories mixed, or keys that
/// only files have beside directories).
bool forecasts_are_files(const Config& config);

/// The ensemble that the keys `forecasts`, `dim_names`, `lead_if_absent` and `variables` describe.
///
/// Member 0 is the control as the selection says. Errors: those of io::open_ensemble_series;
/// config_invalid E2722 (an entry of `variables` that is no pair); input_missing E2662 (a lead that
/// is not there); input_corrupt E2662 (a field that is missing).
std::unique_ptr<ForecastSource> open_ensemble_files(const Config& config,
                                                    const ForecastSelection& selection);

/// Truth that the section `truth` describes: a variable of the forecasts' file, or of another one,
/// by valid time.
///
/// Errors: those of io::open_ensemble_series; config_invalid E2722; input_corrupt E2723 (it has
/// several members).
std::unique_ptr<TruthSource> open_truth_file(const Config& config, const ForecastSource& forecasts);

}  // namespace myriad::pipelines
