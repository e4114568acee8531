#pragma once
/// \file
/// Field series and ensembles in GRIB files, editions 1 and 2.

#include <memory>

#include "src/io/ensemble_series.hpp"
#include "src/io/field_series.hpp"

namespace myriad::io {

/// Whether this build reads GRIB (ecCodes was found when it was configured).
bool grib_is_built_in();

/// Reader behind open_field_series for GRIB.
///
/// A message is a channel when its parameter (number or short name) and level are those of the
/// channel table; its time is the valid one (date + step). Latitude-longitude and Gaussian grids,
/// scanned in any of the directions, decimal packing of any kind ecCodes knows; several messages
/// per file, files split in any way. Members of an ensemble are told apart by fixed_indices
/// {"number", m}; variable_names gives short names. *Errors* those of open_field_series;
/// input_corrupt E2054 (message), config_invalid E2055 (an option that means nothing here);
/// unavailable E2056 without ecCodes.
std::unique_ptr<FieldSeries> open_grib_series(const SeriesOptions& options);

/// Reader behind open_ensemble_series for GRIB: start, step and member are those that each message
/// states.
///
/// A message without a member number (a control forecast) is member 0. *Errors* those of
/// open_ensemble_series.
std::unique_ptr<EnsembleSeries> open_grib_ensemble(const EnsembleOptions& options);

}  // namespace myriad::io
