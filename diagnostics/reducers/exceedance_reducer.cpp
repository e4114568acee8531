#include "diagnostics/reducers/exceedance_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "diagnostics/reducers/field_names.hpp"
#include "src/base/error.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

struct Event {
  ReducedField field;
  Relation relation;
  double value;  ///< in the channel's unit
};

/// \p units as part of a name: "m s-1" is "m_s-1" with the characters that a name may have.
std::string units_in_name(const std::string& units) {
  std::string text = "_";
  for (char c : units) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    text += plain ? c : '_';
  }
  return text;
}

Event make_event(const io::Channel& channel, const Threshold& threshold) {
  const std::string units = threshold.units.empty() ? channel.units : threshold.units;
  MYRIAD_VALIDATE(std::isfinite(threshold.value), ErrorKind::config_invalid, "E2532",
                  "a threshold of {} is {} (no member can be compared with it) give a number",
                  channel.name, threshold.value);
  const auto conversion = io::unit_conversion(units, channel.units, channel.standard_name);
  MYRIAD_VALIDATE(
      conversion.has_value(), ErrorKind::config_invalid, "E2532",
      "the threshold {} {} of {} cannot be used (the channel is in '{}') give it in that "
      "unit",
      threshold.value, units, channel.name, channel.units);
  const char* relation = threshold.relation == Relation::above ? "above" : "below";
  Event event;
  event.relation = threshold.relation;
  event.value = conversion->scale * threshold.value + conversion->offset;
  event.field.name = fmt::format("{}_prob_{}_{}{}", channel.name, relation,
                                 detail::number_in_name(threshold.value),
                                 units == channel.units ? "" : units_in_name(units));
  event.field.attributes = {
      {"long_name", fmt::format("probability that {} is {} {:g} {}", channel.long_name, relation,
                                threshold.value, units)},
      {"units", std::string("1")},
      {"cell_methods", channel.cell_methods},
      {"threshold", threshold.value},
      {"threshold_units", units},
      {"relation", std::string(relation)},
      {"MYRIAD_estimator",
       fmt::format("share of the members strictly {} the threshold", relation)}};
  return event;
}

class ExceedanceReducer final : public Reducer {
 public:
  ExceedanceReducer(const StatisticsAxes& statistics, const std::vector<Threshold>& thresholds)
      : axes_(statistics), events_(statistics.channels.size()) {
    for (const Threshold& threshold : thresholds) {
      const auto& channels = statistics.channels;
      const auto found = std::find_if(channels.begin(), channels.end(), [&](const io::Channel& c) {
        return c.name == threshold.channel;
      });
      MYRIAD_VALIDATE(
          found != channels.end(), ErrorKind::config_invalid, "E2532",
          "no probability of {} (it is not among the channels of the statistics) add it "
          "there or drop the threshold",
          threshold.channel);
      auto& events = events_[static_cast<std::size_t>(found - channels.begin())];
      events.push_back(make_event(*found, threshold));
      for (std::size_t i = 0; i + 1 < events.size(); ++i) {
        MYRIAD_VALIDATE(events[i].field.name != events.back().field.name, ErrorKind::config_invalid,
                        "E2532",
                        "the threshold {} is asked for twice (its map would exist twice) drop one",
                        events[i].field.name);
      }
    }
  }

  std::string name() const override { return "exceedance"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    std::vector<ReducedField> out;
    for (const Event& event : events_[channel]) out.push_back(event.field);
    return out;
  }

  std::size_t record_size(std::int64_t) const override { return 0; }

  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override {
    detail::check_tile(tile, axes_);
    const auto& events = events_[tile.channel];
    const auto points = static_cast<std::size_t>(tile.points());
    MYRIAD_EXPECT(maps.size() == events.size() * points && record.empty());
    if (events.empty()) return;
    std::vector<double> thresholds;
    for (const Event& event : events) thresholds.push_back(event.value);
    const MemberCounts counts =
        columns.count(thresholds, static_cast<std::int64_t>(thresholds.size()));
    const double n = static_cast<double>(columns.members());
    for (std::size_t k = 0; k < maps.size(); ++k) {
      const bool above = events[k / points].relation == Relation::above;
      maps[k] = static_cast<float>((above ? n - counts.up_to[k] : counts.below[k]) / n);
    }
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}
  std::size_t scratch_bytes(std::size_t, std::size_t) const override { return 0; }
  std::int64_t values_at_once() const override {
    std::size_t most = 0;
    for (const auto& events : events_) most = std::max(most, events.size());
    return 3 * static_cast<std::int64_t>(most);
  }

 private:
  StatisticsAxes axes_;
  std::vector<std::vector<Event>> events_;  ///< [channel]
};

}  // namespace

std::unique_ptr<Reducer> make_exceedance_reducer(const StatisticsAxes& axes,
                                                 const std::vector<Threshold>& thresholds) {
  return std::make_unique<ExceedanceReducer>(axes, thresholds);
}

}  // namespace myriad::diag
