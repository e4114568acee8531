#pragma once
/// \file
/// Results of a verification as NetCDF and as stable text for programs.

#include <filesystem>
#include <span>
#include <string>

#include "diagnostics/verification.hpp"
#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/time.hpp"
#include "src/io/cf_output.hpp"

namespace myriad::diag {

/// Write `scores.nc`: <channel>_<score>(region, lead_time) for every score that exists,
/// <channel>_<score>_interval (.., bounds) of the main ones and of those asked for,
/// <channel>_<score>(region, lead_time, <axis>) of those that are curves,
/// <channel>_rank_histogram(region, lead_time, rank), <channel>_spectrum_<of>(lead_time, degree),
/// health_<result>(lead_time) of the members (member_health.hpp).
///
/// With \p starts (their dates, in the order of the results) also start(start) and
/// <channel>_<score>_by_start(start, region, lead_time) of scores_by_start(). The global attributes
/// MYRIAD_channels (JSON), MYRIAD_grid and, of forecasts for part of the sphere, MYRIAD_grid_part (JSON: kind window or points,
/// rows, columns) say what a reader needs beyond that (diagnostics/stored_scores.hpp).
///
/// The estimator is part of the name; its equation, its pooling over dates and the number of
/// members stand in its attributes. Absent values are 9.969e36. \p attributes are global.
/// Determinism: equal results give equal bytes.
/// Errors: those of io::ProductWriter.
io::PublishedFile write_score_file(const Verification& results, const std::filesystem::path& path,
                                   const io::NcAttributes& attributes, Existing existing,
                                   std::span<const Instant> starts = {});

/// Lines "channel <tab> region <tab> lead_hours <tab> score <tab> value" of all scores that exist,
/// with a header line; values with 9 significant digits. A value of a curve is named
/// "<score>@<place on the axis>". Health of the members stands under the channel "ensemble". The form is stable: columns are never reordered or removed.
std::string score_lines(const Verification& results);

/// One object: members, starts, leads, and channels -> regions -> scores -> values per lead (null
/// where absent; an array per lead for a curve), axes -> score -> places of a curve, and ensemble -> result -> values per lead. Stable.
Json score_json(const Verification& results);

}  // namespace myriad::diag
