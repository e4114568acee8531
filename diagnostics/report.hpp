#pragma once
/// \file
/// The verification report: one HTML page that needs nothing else (no script, no style sheet, no
/// font, no network).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "diagnostics/verification.hpp"
#include "src/base/time.hpp"

namespace myriad::diag {

/// Fields of one channel at one lead of the start that the maps show. [lat, lon] each.
struct MapPanel {
  std::size_t channel = 0;
  double lead_hours = 0.0;
  std::vector<float> mean;
  std::vector<float> spread;  ///< empty for a single member
  std::vector<float> truth;
};

/// A channel at one place over all leads, of the start that the maps show.
struct Plume {
  std::string place;
  double latitude = 0.0;   ///< of the grid point shown
  double longitude = 0.0;  ///< 0..360
  std::size_t channel = 0;
  std::vector<std::vector<double>> members;  ///< [member][lead]
  std::vector<double> control;               ///< [lead] or empty
  std::vector<double> truth;                 ///< [lead], NaN where absent
  std::vector<double> climate_mean;          ///< [lead] or empty
};

/// All that a report shows.
struct Report {
  const Verification* results = nullptr;
  std::string title;
  std::string
      forecast;         ///< what made the forecasts, as a noun phrase: "SFNO 0.64 M, 2 checkpoints"
  std::string truth;    ///< what they are compared with, as a noun phrase
  std::string climate;  ///< which climatology; empty: none
  std::vector<Instant> starts;
  Instant shown_start;  ///< start of maps and plumes
  std::vector<MapPanel> maps;
  std::vector<Plume> plumes;
  std::vector<std::pair<std::string, std::string>> provenance;  ///< label, value
};

/// The page as UTF-8 text.
/// Determinism: bitwise; no clock, host or path enters unless `provenance` holds it.
std::string render_report(const Report& report);

/// What the results say about one channel, for people: range of usefulness, error growth,
/// reliability, outliers. One sentence each; only what the data support.
std::vector<std::string> describe_channel(const Verification& results, std::size_t channel);

/// Spread-skill ratio over the globe, averaged from day 1 on; NaN when there is none.
double mean_spread_skill_ratio(const Verification& results, std::size_t channel);

/// How long something holds along the forecast.
struct HoldsUntil {
  enum class Kind : std::uint8_t { never, until, always, unknown };
  Kind kind = Kind::unknown;
  double day = 0.0;  ///< of `until`: where it first fails, linear in between
};
/// How long \p margin (positive: holds) stays positive from the first lead after 0 on; absent
/// values (NaN) are passed over.
HoldsUntil holds_until(const std::vector<double>& lead_hours, const std::vector<double>& margin);

}  // namespace myriad::diag
