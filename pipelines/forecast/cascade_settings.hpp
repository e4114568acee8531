#pragma once
/// \file
/// An ensemble in rounds as configured: after how many members to look, at what, and when to stop.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "diagnostics/cascade.hpp"
#include "diagnostics/threshold.hpp"
#include "pipelines/forecast/forecast_setup.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Keys of the optional section `cascade`.
void add_cascade_keys(Schema& forecast);

/// Key `members`; where only `cascade.rounds` says how many there are, 0 to the last round's.
std::vector<std::int64_t> configured_members(const Config& config);

/// A decision that is asked for, at some leads.
struct CascadeEvent {
  std::string name;  ///< starts the names of its variables
  std::string text;  ///< for people: "t850 below -20 degC"
  diag::Event event;
  std::size_t channel = 0;         ///< index into the channels of the statistics
  std::vector<std::size_t> leads;  ///< indices into their leads, increasing
  diag::CascadePlan plan;          ///< in members that count
  std::vector<double> weights;     ///< [lat, lon] area inside the region, sum 1
  diag::EventPrior prior;
};

/// What a forecast in rounds does.
struct CascadeSettings {
  std::vector<std::size_t> rounds;    ///< members that have run after each, by position
  std::vector<std::int64_t> counted;  ///< those of them that count
  std::vector<bool> counts;           ///< [member by position]: exchangeable with the others
  diag::CascadeUnit unit = diag::CascadeUnit::member;
  double error = 0.0;
  double accept = 0.0;
  std::vector<CascadeEvent> events;
};

/// Section `cascade`, which must be there.
///
/// The control is not exchangeable with perturbed members: it runs in the first round and does not
/// count. Of centred pairs only whole ones count. All checkpoints and lags must have equal shares
/// of every round, so that the members of a round differ from those to come by their draws only.
/// Errors: config_invalid E2674 (rounds), E2675 (no statistics of a channel or lead, order of
/// leads), E2676 (threshold, cost and loss, names), E2532 (channel, units), E2073 (region).
CascadeSettings read_cascade(const ForecastSetup& setup);

/// Expected saving of an event at a lead (index into CascadeEvent::leads).
struct CascadeOutlookMap {
  std::size_t event = 0;
  std::size_t lead = 0;
  diag::CascadeSaving saving;
};

/// By the probabilities of key `cascade.outlook`, the cascade.nc of an earlier forecast; empty
/// without it. Errors: input_missing, input_corrupt E2677 naming what the file lacks.
std::vector<CascadeOutlookMap> read_outlook(const ForecastSetup& setup,
                                            const CascadeSettings& settings);

/// Lines of `--dry-run`: rounds, their limits per event, what to expect.
std::string cascade_text(const ForecastSetup& setup, const CascadeSettings& settings);

}  // namespace myriad::pipelines
