#pragma once
/// \file
/// Parts of the report's section on one channel; each is markup, empty when there is nothing to
/// show.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/chart.hpp"
#include "diagnostics/report.hpp"

namespace myriad::diag::detail {

inline constexpr std::size_t k_globe = 0;  ///< region of the charts, tables and sentences

/// What the small line of a caption says: unit, number of members, dates, estimator. Every figure
/// has one, so that it can be understood when it is cut out of the page.
std::string facts_of_all_starts(const Report& report, std::string_view units,
                                std::string_view estimator);
/// The same for what belongs to the start that is shown.
std::string facts_of_shown_start(const Report& report, std::string_view units,
                                 std::string_view estimator);

/// The words of a figure; all are escaped.
struct Caption {
  std::string heading;
  std::string text;
  std::string facts;
};
/// <figure> with its caption and a drawing (markup).
std::string figure(const Caption& caption, const std::string& drawing, std::string_view css = "");
/// The first letter in upper case.
std::string capitalised(std::string text);

/// Of the leads \p present (indices) those that are whole days after 0, when there are three or
/// more of them; else all.
std::vector<std::size_t> whole_days(const std::vector<double>& lead_hours,
                                    std::vector<std::size_t> present);

/// First and last of whole_days(), or the only one.
std::vector<std::size_t> first_and_last(const std::vector<double>& lead_hours,
                                        const std::vector<std::size_t>& present);

/// Charts over lead time of one channel.
class LeadCharts {
 public:
  LeadCharts(const ScoreResults& results, std::size_t channel);

  const std::vector<double>& x() const { return x_; }
  std::string x_title() const { return unit_hours_ == 24.0 ? "lead, days" : "lead, hours"; }
  /// Whole days (or hours), at most nine.
  std::vector<double> x_ticks() const;
  /// A chart with its axes titled.
  LineChart start(const std::string& what, const std::string& description,
                  const std::string& unit) const;
  /// Add a score as a line; false when it does not exist.
  bool add(LineChart& chart, std::string_view score, const std::string& label,
           const std::string& style, std::size_t region = k_globe) const;
  /// Add the bootstrap interval of a score as a band when there are enough starts.
  void add_interval(LineChart& chart, std::string_view score) const;

 private:
  const ScoreResults& results_;
  std::size_t channel_;
  const VerifiedChannel& info_;
  double unit_hours_ = 24.0;
  std::vector<double> x_;
};

/// Scores over lead.
std::string score_charts(const Report& report, std::size_t channel);
std::string score_table(const ScoreResults& results, std::size_t channel);
/// Maps of the start that is shown: mean, spread, error, further fields, one contour of all members.
std::string map_part(const Report& report, std::size_t channel);
/// Plumes and boxes at places.
std::string plume_part(const Report& report, std::size_t channel);
/// Rank histograms and spectra of some leads.
std::string rank_part(const Report& report, std::size_t channel);
std::string spectrum_part(const Report& report, std::size_t channel);
/// Kinetic energy per degree of the winds whose eastward component the channel is.
std::string wind_part(const Report& report, std::size_t channel);
/// Mean, error, and spread by latitude.
std::string zonal_part(const Report& report, std::size_t channel);
/// Reliability diagrams and relative operating characteristics.
std::string event_part(const Report& report, std::size_t channel);
/// Return levels of the regions.
std::string return_level_part(const Report& report, std::size_t channel);

}  // namespace myriad::diag::detail
