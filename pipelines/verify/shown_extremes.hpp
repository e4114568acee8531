#pragma once
/// \file
/// Maps of the start that the report shows: how extreme the ensemble is in its climate.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/climate_quantiles.hpp"
#include "diagnostics/reducers/statistics_axes.hpp"
#include "diagnostics/report.hpp"
#include "src/statistics/member_columns.hpp"
#include "src/statistics/reducer.hpp"

namespace myriad::pipelines {

/// Collects the extreme forecast index and both shifts of tails against a climate of quantiles, one
/// case (channel, lead) after the other, members in bands of rows or whole.
///
/// The numbers are those of make_extreme_index_reducer() with its default options, as `myriad
/// forecast` writes them.
class ShownExtremes {
 public:
  /// \param axes start, leads and channels that may be shown
  /// Errors: those of diag::ClimateQuantiles; input_corrupt E2524, E2525 (a climate without the
  /// percentiles that are needed, or with none of the channels).
  ShownExtremes(Backend& backend, const std::string& climate_file,
                const diag::StatisticsAxes& axes);

  /// Reduce the members of the rows [first_row, first_row + rows).
  /// Shapes: members [member, rows, lon], in the channel's unit.
  /// Errors: quality E2530 (a member that is not finite).
  void add_rows(std::size_t channel, std::size_t lead, std::int64_t first_row, std::int64_t rows,
                std::span<const float> members);
  /// All rows of the case have been given.
  void finish_case(std::size_t channel, std::size_t lead);

  /// Title of the climate.
  const std::string& climate() const { return climate_->title(); }
  /// Put everything collected into \p report. Shifts of tails that exist nowhere are left out.
  void add_to(diag::Report& report) const;

 private:
  diag::StatisticsAxes axes_;
  std::shared_ptr<const diag::ClimateQuantiles> climate_;
  std::vector<std::unique_ptr<Reducer>> reducers_;  ///< one
  MemberColumns columns_;
  std::vector<std::vector<float>> fields_;  ///< [map][lat, lon] of the case in progress
  std::vector<diag::FieldPanel> panels_;
};

}  // namespace myriad::pipelines
