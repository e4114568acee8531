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

/// <figure> with a heading and a caption (escaped) and a drawing (markup).
std::string figure(const std::string& heading, const std::string& caption,
                   const std::string& drawing, std::string_view css = "");
/// The first letter in upper case.
std::string capitalised(std::string text);

/// Of the leads \p present (indices) those that are whole days after 0, when there are three or
/// more of them; else all.
std::vector<std::size_t> whole_days(const std::vector<double>& lead_hours,
                                    std::vector<std::size_t> present);

/// Charts over lead time of one channel.
class LeadCharts {
 public:
  LeadCharts(const Verification& results, std::size_t channel);

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
  const Verification& results_;
  std::size_t channel_;
  const VerifiedChannel& info_;
  double unit_hours_ = 24.0;
  std::vector<double> x_;
};

/// Scores over lead.
std::string score_charts(const Verification& results, std::size_t channel);
std::string score_table(const Verification& results, std::size_t channel);
/// Maps and plumes of the start that is shown.
std::string map_part(const Report& report, std::size_t channel);
std::string plume_part(const Report& report, std::size_t channel);
/// Rank histograms and spectra of some leads.
std::string rank_part(const Verification& results, std::size_t channel);
std::string spectrum_part(const Verification& results, std::size_t channel);

}  // namespace myriad::diag::detail
