#pragma once
/// \file
/// Forecasts, truth and control of many starts in one file, as the perfect-model ensembles of our
/// data sets come.

#include <string>

#include "pipelines/verify/forecast_source.hpp"

namespace myriad::pipelines {

/// Both sides of a verification from one archive.
struct EnsembleArchive {
  std::unique_ptr<ForecastSource> forecasts;
  std::unique_ptr<TruthSource> truth;  ///< refers to the same open file; may outlive `forecasts`
};

/// Open an archive with variables <channel>(start, realization, lead, lat, lon),
/// <channel>_truth(start, lead, lat, lon) and optionally <channel>_control(start, lead, lat, lon).
///
/// The control at lead 0 is the analysis of the persistence forecast. With ControlPolicy::include
/// the control counts as a member as well.
/// Errors: input_missing, input_corrupt E2665 (dimensions, coordinates), E2666 (channel).
EnsembleArchive open_ensemble_archive(const std::string& file, const ForecastSelection& selection);

}  // namespace myriad::pipelines
