#pragma once
/// \file
/// The work of `myriad verify`: scores every start that a rank owns, keeps maps and plumes of the
/// start that is shown.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/climatology.hpp"
#include "diagnostics/member_health.hpp"
#include "diagnostics/report.hpp"
#include "diagnostics/verification.hpp"
#include "pipelines/verify/forecast_source.hpp"
#include "pipelines/verify/health.hpp"
#include "pipelines/verify/shown_extremes.hpp"
#include "pipelines/verify/shown_fields.hpp"
#include "src/base/config.hpp"

namespace myriad::pipelines {

/// Opens everything on construction, so that missing input is found before any work.
///
/// Errors: those of the sources and of the climatology; config_invalid E2667 (neither forecasts nor
/// archive, or both), E2668 (a start to show that is not among the forecasts), E2669 (nothing
/// verifies).
class VerifyRun {
 public:
  explicit VerifyRun(const Config& config);

  const ForecastSource& forecasts() const { return *forecasts_; }
  const diag::VerificationShape& shape() const { return shape_; }
  std::size_t starts() const { return forecasts_->starts().size(); }
  /// Index of the start that maps and plumes show.
  std::size_t shown_start() const { return shown_; }
  /// Rows scored at once, such that members fit in the memory allowed.
  std::int64_t band_rows() const { return band_rows_; }
  /// What will be done, for --dry-run.
  std::string plan_text() const;

  /// Score one start. \p case_done is called after each channel and lead.
  diag::StartRecord score_start(std::size_t start, const std::function<void()>& case_done);
  /// Warn once per channel about the leads that some start of this rank could not score.
  void warn_unverified() const;
  /// Everything about the report but the results; complete on the rank that scored the shown start.
  diag::Report report() const;
  /// Curves of the events of `scores.events` at the leads of the maps, of the first region, and
  /// return levels.
  void add_curves(const diag::Verification& results, diag::Report& report) const;
  std::vector<std::pair<std::string, std::string>> provenance() const;

 private:
  /// Buffers of one start.
  struct Buffers;
  void choose_places(const Config& report);
  /// Judge the members of the start whose cases were scored.
  void judge_members(std::size_t start, diag::StartRecord& record);
  void open_climate_quantiles(const Config& report);
  bool score_case(std::size_t start, std::size_t channel, std::size_t lead, Buffers& buffers,
                  diag::StartRecord& record);
  void score_bands(std::size_t channel, std::size_t lead, Buffers& buffers);
  void add_spectra(std::size_t channel, std::size_t lead, Buffers& buffers,
                   diag::StartRecord& record);
  /// Keep the first component of a wind, or store the spectra when the second one comes.
  void add_wind_spectra(std::size_t start, std::size_t channel, std::size_t lead, Buffers& buffers,
                        diag::StartRecord& record);
  void keep_map(std::size_t channel, std::size_t lead, const Buffers& buffers);
  void keep_contours(std::size_t channel, std::size_t lead, Buffers& buffers);
  void keep_plume_values(std::size_t channel, std::size_t lead, std::int64_t first_row,
                         std::int64_t rows, const Buffers& buffers);

  struct Place {
    std::string name;
    std::int64_t row = 0;
    std::int64_t column = 0;
  };

  const Config config_;
  std::unique_ptr<ForecastSource> forecasts_;
  std::unique_ptr<TruthSource> truth_;
  std::optional<diag::Climatology> climatology_;
  std::shared_ptr<kernels::Backend> backend_;
  diag::VerificationShape shape_;
  std::optional<diag::CaseRunner> runner_;
  MemberGroups groups_;
  std::optional<diag::MemberHealth> health_;
  /// Channels in the order in which they are scored: components of a wind follow each other, so
  /// that no more than one of them has to be kept.
  std::vector<std::size_t> order_;
  std::int64_t band_rows_ = 0;
  std::size_t shown_ = 0;
  std::vector<bool> map_leads_;  ///< [lead]
  std::vector<Place> places_;
  std::vector<diag::MapPanel> maps_;
  std::optional<ShownFields> shown_fields_;
  std::optional<ShownExtremes> shown_extremes_;
  std::set<std::pair<std::size_t, std::size_t>> unverified_;  ///< channel, lead
  std::vector<diag::Plume> plumes_;                           ///< [channel, place]
};

}  // namespace myriad::pipelines
