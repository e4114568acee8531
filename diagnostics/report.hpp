#pragma once
/// \file
/// The verification report: one HTML page that needs nothing else (no style sheet, no font, no
/// network). A small script inside it adds tabs and values under the pointer; without it the page
/// shows everything, one section below the other.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "diagnostics/colour.hpp"
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

/// One more map of the start that is shown: a probability, an extreme forecast index.
struct FieldPanel {
  std::size_t channel = 0;
  double lead_hours = 0.0;
  std::string heading;    ///< "Probability of less than 273.15 K"
  std::string estimator;  ///< how the numbers were made, as a noun phrase
  std::string units;      ///< "1": none
  ColourMap colour_map = ColourMap::sequential;
  std::vector<double> levels;  ///< increasing, at least one
  std::vector<float> field;    ///< [lat, lon]; NaN where there is no value
};

/// One contour of every member (and of the truth) at one lead of the start that is shown.
struct Spaghetti {
  std::size_t channel = 0;
  double lead_hours = 0.0;
  double level = 0.0;  ///< in the channel's unit
  int members = 0;     ///< of the ensemble; at most 50 are drawn
  /// SVG path data in units of the map (contour_path()), one per member that is drawn.
  std::vector<std::string> member_paths;
  std::string truth_path;
};

/// Whose probabilities are verified: an event of a channel at a lead, over all starts.
struct VerifiedEvent {
  std::size_t channel = 0;
  double lead_hours = 0.0;
  std::string name;        ///< "above 5600", for headings; without the unit
  std::string units;       ///< of the threshold
  double threshold = 0.0;  ///< in `units`
  int members = 0;         ///< that the probabilities were counted from
};

/// Observed frequency of an event against its forecast probability. All lists [bin], NaN in bins
/// without cases.
struct ReliabilityCurve {
  VerifiedEvent event;
  std::vector<double> forecast_probability;  ///< mean of the bin, 0..1
  std::vector<double> observed_frequency;    ///< 0..1
  std::vector<double> counts;                ///< cases of the bin (may be area-weighted)
  double base_rate = 0.0;                    ///< frequency of the event over all cases
};

/// Hit rate against false-alarm rate for falling thresholds of probability, both from 0 to 1.
struct RocCurve {
  VerifiedEvent event;
  std::vector<double> false_alarm_rate;
  std::vector<double> hit_rate;
  double area = 0.0;  ///< under the curve; 0.5 is no skill
};

/// Return levels of the members' extremes in a window of leads, of a region. Lists are [period], NaN
/// where absent.
struct ReturnLevelCurve {
  std::size_t channel = 0;
  std::size_t region = 0;
  double lead_hours = 0.0;  ///< the last of the window
  double window_hours = 0.0;
  bool smallest = false;        ///< extremes are the smallest values
  double maxima = 0.0;          ///< values behind the fit
  std::vector<double> periods;  ///< in windows, each above 1
  std::vector<double> level;    ///< of the fitted distribution
  std::vector<double> low, high;
  std::vector<double> members, truth;  ///< by rank
};

/// All that a report shows.
struct Report {
  const ScoreResults* results = nullptr;
  std::string title;
  std::string
      forecast;         ///< what made the forecasts, as a noun phrase: "SFNO 0.64 M, 2 checkpoints"
  std::string truth;    ///< what they are compared with, as a noun phrase
  std::string climate;  ///< which climatology; empty: none
  std::vector<Instant> starts;
  Instant shown_start;  ///< start of maps and plumes
  std::vector<MapPanel> maps;
  std::vector<Plume> plumes;
  std::vector<FieldPanel> fields;
  std::vector<Spaghetti> spaghetti;
  std::vector<ReliabilityCurve> reliability;
  std::vector<RocCurve> roc;
  std::vector<ReturnLevelCurve> return_levels;
  std::vector<std::pair<std::string, std::string>> provenance;  ///< label, value
};

/// The page as UTF-8 text.
/// Determinism: bitwise; no clock, host or path enters unless `provenance` holds it.
std::string render_report(const Report& report);

/// What the results say about one channel, for people: range of usefulness, error growth,
/// reliability, outliers. One sentence each; only what the data support.
std::vector<std::string> describe_channel(const ScoreResults& results, std::size_t channel);

/// Spread-skill ratio over the globe, averaged from day 1 on; NaN when there is none.
double mean_spread_skill_ratio(const ScoreResults& results, std::size_t channel);

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
