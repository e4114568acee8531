#include "diagnostics/threshold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/reducers/field_names.hpp"
#include "src/base/error.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

/// \p units as part of a name: "m s-1" is "m_s-1" with the characters that a name may have.
std::string units_in_name(const std::string& units) {
  std::string text = "_";
  for (char c : units) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    text += plain ? c : '_';
  }
  return text;
}

Event make_event(const ChannelUnits& channel, const Threshold& threshold,
                 Standardised standardised) {
  Event event;
  event.relation = threshold.relation;
  event.given = threshold.value;
  event.units = threshold.units.empty() ? channel.units : threshold.units;
  MYRIAD_VALIDATE(std::isfinite(threshold.value), ErrorKind::config_invalid, "E2532",
                  "a threshold of {} is {} (nothing can be compared with it) give a number",
                  channel.name, threshold.value);
  const char* relation = threshold.relation == Relation::above ? "above" : "below";
  if (threshold.units == k_sigma) {
    MYRIAD_VALIDATE(standardised == Standardised::allowed, ErrorKind::config_invalid, "E2532",
                    "the threshold {} {} of {} cannot be used (only scores of events know the "
                    "climate) give it in {}",
                    threshold.value, k_sigma, channel.name, channel.units);
    event.standardised = true;
    event.value = threshold.value;
    event.name = fmt::format("{}_{}_sigma", relation, detail::number_in_name(threshold.value));
    event.text = fmt::format("{} the climatological mean {} {:g} standard deviations", relation,
                             threshold.value < 0.0 ? "minus" : "plus", std::abs(threshold.value));
    return event;
  }
  const auto conversion = io::unit_conversion(event.units, channel.units, channel.standard_name);
  MYRIAD_VALIDATE(
      conversion.has_value(), ErrorKind::config_invalid, "E2532",
      "the threshold {} {} of {} cannot be used (the channel is in '{}') give it in that "
      "unit",
      threshold.value, event.units, channel.name, channel.units);
  event.value = conversion->scale * threshold.value + conversion->offset;
  event.name = fmt::format("{}_{}{}", relation, detail::number_in_name(threshold.value),
                           event.units == channel.units ? "" : units_in_name(event.units));
  event.text = fmt::format("{} {:g} {}", relation, threshold.value, event.units);
  return event;
}

}  // namespace

std::vector<std::vector<Event>> resolve_thresholds(std::span<const ChannelUnits> channels,
                                                   std::span<const Threshold> thresholds,
                                                   Standardised standardised) {
  std::vector<std::vector<Event>> all(channels.size());
  for (const Threshold& threshold : thresholds) {
    const auto found = std::find_if(channels.begin(), channels.end(), [&](const ChannelUnits& c) {
      return c.name == threshold.channel;
    });
    MYRIAD_VALIDATE(found != channels.end(), ErrorKind::config_invalid, "E2532",
                    "no event of {} (it is not among the channels) add it there or drop the "
                    "threshold",
                    threshold.channel);
    auto& events = all[static_cast<std::size_t>(found - channels.begin())];
    Event event = make_event(*found, threshold, standardised);
    for (const Event& other : events) {
      MYRIAD_VALIDATE(other.name != event.name, ErrorKind::config_invalid, "E2532",
                      "the threshold {} of {} is asked for twice (its results would exist twice) "
                      "drop one",
                      event.text, found->name);
    }
    events.push_back(std::move(event));
  }
  return all;
}

}  // namespace myriad::diag
