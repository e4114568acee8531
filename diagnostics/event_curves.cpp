#include "diagnostics/event_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Results of the family "events" by the names of its outputs.
class EventResults {
 public:
  EventResults(const Verification& results, std::size_t channel, std::size_t region)
      : results_(results), channel_(channel), region_(region) {
    const ScoreFamilies& families = results.shape().families;
    const auto found = std::find_if(families.begin(), families.end(),
                                    [](const auto& family) { return family->name() == "events"; });
    if (found == families.end()) return;
    family_ = static_cast<std::size_t>(found - families.begin());
    outputs_ = (*found)->outputs(channel);
  }

  bool exists() const { return !outputs_.empty(); }

  /// Values of a result, one per bin of a curve.
  std::vector<double> values(const char* score, const Event& event, std::size_t lead) const {
    const std::string name = fmt::format("{}_{}", score, event.name);
    const auto found =
        std::find_if(outputs_.begin(), outputs_.end(),
                     [&](const FamilyOutput& output) { return output.name == name; });
    MYRIAD_EXPECT(found != outputs_.end());
    return results_.family_values(family_, *found,
                                  static_cast<std::size_t>(found - outputs_.begin()), channel_,
                                  lead, region_);
  }

 private:
  const Verification& results_;
  std::size_t channel_, region_;
  std::size_t family_ = 0;
  std::vector<FamilyOutput> outputs_;
};

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

std::optional<ReliabilityCurve> reliability_of(const EventResults& results, const Event& event,
                                               std::size_t lead) {
  ReliabilityCurve curve;
  curve.counts = results.values("forecast_share", event, lead);
  if (!all_finite(curve.counts)) return std::nullopt;
  curve.forecast_probability = results.values("mean_probability", event, lead);
  curve.observed_frequency = results.values("reliability", event, lead);
  for (std::size_t b = 0; b < curve.counts.size(); ++b) {
    if (curve.counts[b] > 0.0) curve.base_rate += curve.counts[b] * curve.observed_frequency[b];
  }
  return curve;
}

std::optional<RocCurve> roc_of(const EventResults& results, const Event& event, std::size_t lead) {
  RocCurve curve;
  curve.false_alarm_rate = results.values("roc_false_alarm_rate", event, lead);
  curve.hit_rate = results.values("roc_hit_rate", event, lead);
  if (!all_finite(curve.false_alarm_rate) || !all_finite(curve.hit_rate)) return std::nullopt;
  for (auto* rates : {&curve.false_alarm_rate, &curve.hit_rate}) {
    rates->push_back(0.0);  // a threshold that is never reached
    std::reverse(rates->begin(), rates->end());
  }
  curve.area = results.values("roc_area", event, lead).front();
  return curve;
}

}  // namespace

EventCurves event_curves(const Verification& results, std::span<const std::vector<Event>> events,
                         std::span<const std::size_t> leads, std::size_t region) {
  const VerificationShape& shape = results.shape();
  MYRIAD_EXPECT(events.size() == shape.channels.size() && region < shape.regions.size());
  EventCurves curves;
  for (std::size_t channel = 0; channel < events.size(); ++channel) {
    const EventResults found(results, channel, region);
    if (!found.exists()) continue;
    for (const Event& event : events[channel]) {
      for (std::size_t lead : leads) {
        MYRIAD_EXPECT(lead < shape.lead_hours.size());
        const VerifiedEvent what{
            channel,
            shape.lead_hours[lead],
            fmt::format("{} {:g}", event.relation == Relation::above ? "above" : "below",
                        event.given),
            event.units,
            event.given,
            shape.members};
        if (auto curve = reliability_of(found, event, lead)) {
          curve->event = what;
          curves.reliability.push_back(std::move(*curve));
        }
        if (auto curve = roc_of(found, event, lead)) {
          curve->event = what;
          curves.roc.push_back(std::move(*curve));
        }
      }
    }
  }
  return curves;
}

}  // namespace myriad::diag
