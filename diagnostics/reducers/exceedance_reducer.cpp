#include "diagnostics/reducers/exceedance_reducer.hpp"

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

ReducedField field_of(const io::Channel& channel, const Event& event) {
  const char* relation = event.relation == Relation::above ? "above" : "below";
  ReducedField field;
  field.name = fmt::format("{}_prob_{}", channel.name, event.name);
  field.attributes = {
      {"long_name", fmt::format("probability that {} is {}", channel.long_name, event.text)},
      {"units", std::string("1")},
      {"cell_methods", channel.cell_methods},
      {"threshold", event.given},
      {"threshold_units", event.units},
      {"relation", std::string(relation)},
      {"MYRIAD_estimator",
       fmt::format("share of the members strictly {} the threshold", relation)}};
  return field;
}

class ExceedanceReducer final : public Reducer {
 public:
  ExceedanceReducer(const StatisticsAxes& statistics, const std::vector<Threshold>& thresholds)
      : axes_(statistics), events_(resolve_thresholds(units_of(statistics.channels), thresholds)) {}

  std::string name() const override { return "exceedance"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    std::vector<ReducedField> out;
    for (const Event& event : events_[channel])
      out.push_back(field_of(axes_.channels[channel], event));
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
  std::int64_t values_at_once(std::int64_t) const override {
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
