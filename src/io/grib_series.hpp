#pragma once
/// \file
/// Field series in GRIB files, editions 1 and 2.

#include <memory>

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

}  // namespace myriad::io
