#pragma once
/// \file
/// What a report shows beyond the scores, as NetCDF beside them: fields, places and words of the
/// start that is shown. `myriad report` and scripts that draw bulletins read it.

#include <filesystem>
#include <string>

#include "diagnostics/report.hpp"
#include "src/base/files.hpp"
#include "src/io/cf_output.hpp"

namespace myriad::diag {

/// Write `report.nc`: <channel>_mean, _spread, _truth and _field_<k>(time, latitude, longitude) of
/// the leads that have maps; <channel>_plume(place, member, lead_time) and _plume_truth,
/// _plume_control, _plume_climate(place, lead_time); lines of spaghetti and everything else as JSON
/// in `description`.
///
/// Absent values are 9.969e36. \p attributes are global.
/// Determinism: equal reports give equal bytes.
/// Errors: those of io::ProductWriter.
io::PublishedFile write_report_file(const Report& report, const std::filesystem::path& path,
                                    const io::NcAttributes& attributes, Existing existing);

/// The report that was written; \p results are those it was written with and must live as long.
/// render_report() of both gives the same bytes.
/// Errors: those of NetcdfFile::open; input_corrupt E2561 (not such a file, or of other results).
Report read_report_file(const std::string& path, const ScoreResults& results);

}  // namespace myriad::diag
