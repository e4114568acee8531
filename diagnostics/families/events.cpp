#include "diagnostics/families/events.hpp"

#include <algorithm>

#include "diagnostics/families/event_scores.hpp"
#include "diagnostics/families/event_table.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

void check(const EventOptions& o) {
  const auto inside = [](double v) { return v > 0.0 && v < 1.0; };
  MYRIAD_VALIDATE(
      o.members >= 1 && o.bins >= 2, ErrorKind::config_invalid, "E2550",
      "no scores of events of {} members with {} bins (at least 1 member and 2 bins are "
      "needed) correct the numbers",
      o.members, o.bins);
  MYRIAD_VALIDATE(o.log_floor > 0.0 && o.log_floor < 0.5, ErrorKind::config_invalid, "E2550",
                  "the floor of the log score is {} (a probability between 0 and 1/2) take 1e-9",
                  o.log_floor);
  const auto check_list = [&](const std::vector<double>& list, const char* what) {
    for (double x : list) {
      MYRIAD_VALIDATE(inside(x), ErrorKind::config_invalid, "E2550",
                      "no result of an event at {} {} (it must lie between 0 and 1) correct the list", what, x);
      MYRIAD_VALIDATE(std::count(list.begin(), list.end(), x) == 1, ErrorKind::config_invalid, "E2550",
                      "{} {} is given twice (its result would exist twice) drop one", what, x);
    }
  };
  check_list(o.cost_loss, "the cost/loss ratio");
  check_list(o.member_errors, "the error of a probability");
}

class EventFamily final : public ScoreFamily {
 public:
  explicit EventFamily(const EventOptions& options)
      : options_(options),
        events_(resolve_thresholds(units_of(options.channels), options.events,
                                   Standardised::allowed)) {
    bins_.members = options.members;
    bins_.bins = options.members <= options.bins ? options.members + 1 : options.bins;
    for (const auto& events : events_) most_ = std::max(most_, events.size());
  }

  std::string name() const override { return "events"; }
  std::int64_t values_at_once(std::int64_t) const override {
    return 3 * static_cast<std::int64_t>(most_);
  }
  std::size_t record_size() const override { return most_ * table_size(); }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto& events = events_[rows.channel];
    const auto nlon = static_cast<std::size_t>(rows.fields.nlon);
    const auto count = static_cast<std::size_t>(rows.fields.nlat);
    const std::size_t points = nlon * count;
    MYRIAD_EXPECT(record.size() == count * record_size() && rows.fields.truth.size() == points);
    if (events.empty()) return;
    const std::vector<double> values = thresholds(events, rows.fields);
    const MemberCounts counts =
        rows.members.count(values, static_cast<std::int64_t>(events.size()));
    const std::int64_t n = rows.members.members();
    const EventCounter counter(bins_, options_.log_floor);
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t e = 0; e < events.size(); ++e) {
        if (events[e].standardised && rows.fields.climate_std.empty()) continue;  // stays absent
        const auto sums = record.subspan(row * record_size() + e * table_size(), table_size());
        std::fill(sums.begin(), sums.end(), 0.0);
        for (std::size_t p = row * nlon; p < (row + 1) * nlon; ++p) {
          const double weight =
              rows.fields.weights.empty() ? 1.0 : static_cast<double>(rows.fields.weights[p]);
          if (weight == 0.0) continue;
          const auto at = e * points + p;
          const auto beyond = events[e].relation == Relation::above
                                  ? n - static_cast<std::int64_t>(counts.up_to[at])
                                  : static_cast<std::int64_t>(counts.below[at]);
          counter.add(beyond, n,
                      events[e].beyond(static_cast<double>(rows.fields.truth[p]), values[at]), sums,
                      weight);
        }
        for (double& v : sums) v /= static_cast<double>(nlon);
      }
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t channel) const override {
    std::vector<FamilyOutput> out;
    for (const Event& event : events_[channel]) {
      for (const EventScore& score : event_scores()) {
        FamilyOutput o;
        o.name = fmt::format("{}_{}", score.name, event.name);
        o.long_name = fmt::format("{} of the event {}", score.long_name, event.text);
        o.definition = score.definition;
        o.min_members = score.min_members;
        describe_axis(score.axis, o);
        out.push_back(std::move(o));
      }
    }
    return out;
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size());
    const EventTable table(
        mean.subspan(output / event_scores().size() * table_size(), table_size()));
    const EventScore& score = event_scores()[output % event_scores().size()];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = score.axis == EventAxis::cost_loss ? options_.cost_loss[i]
                       : score.axis == EventAxis::error   ? options_.member_errors[i]
                                                          : 0.0;
      values[i] = score.value(table, i, x);
    }
  }

 private:
  /// [event, point]
  static std::vector<double> thresholds(const std::vector<Event>& events,
                                        const CaseFields& fields) {
    const std::size_t points = fields.truth.size();
    std::vector<double> values;
    values.reserve(events.size() * points);
    for (const Event& event : events) {
      const bool climate = event.standardised && !fields.climate_std.empty();
      for (std::size_t p = 0; p < points; ++p) {
        values.push_back(climate ? static_cast<double>(fields.climate_mean[p]) +
                                       event.value * static_cast<double>(fields.climate_std[p])
                                 : event.value);
      }
    }
    return values;
  }

  std::size_t table_size() const { return EventTable::size(static_cast<std::size_t>(bins_.bins)); }

  void describe_axis(EventAxis axis, FamilyOutput& o) const {
    if (axis == EventAxis::none) return;
    if (axis == EventAxis::cost_loss) {
      o.axis = "cost_loss_ratio";
      o.axis_values = options_.cost_loss;
      return;
    }
    if (axis == EventAxis::error) {
      o.axis = "probability_error";
      o.axis_values = options_.member_errors;
      return;
    }
    o.axis = axis == EventAxis::probability ? "forecast_probability" : "probability_threshold";
    for (std::size_t b = 0; b < static_cast<std::size_t>(bins_.bins); ++b)
      o.axis_values.push_back(axis == EventAxis::probability ? bins_.centre(b) : bins_.lower(b));
  }

  EventOptions options_;
  std::vector<std::vector<Event>> events_;  ///< [channel]
  ProbabilityBins bins_;
  std::size_t most_ = 0;  ///< events of the channel that has most
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_event_family(const EventOptions& options) {
  check(options);
  return std::make_shared<EventFamily>(options);
}

}  // namespace myriad::diag
