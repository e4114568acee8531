#include "pipelines/verify/shown_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "diagnostics/contour.hpp"
#include "diagnostics/report_text.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/io/units.hpp"

namespace myriad::pipelines {
namespace {

constexpr double k_tolerance = 4.0;  ///< tenths of a degree; lines of many members are thin

/// Which channel an entry is about; nothing, with a warning, when it is not verified: `channels` is
/// often narrowed on the command line.
std::optional<std::size_t> channel_of(const Config& entry, const diag::VerificationShape& shape) {
  const std::string name = entry.text("channel");
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    if (shape.channels[c].name == name) return c;
  }
  log_warning("verify", "E2702",
              "the report has no figure of {} (it is not among the channels verified) add it to "
              "`channels` or drop it from `report`",
              name);
  return std::nullopt;
}

/// A value of an entry in its channel's unit.
double converted(const Config& entry, double value, const std::string& units,
                 const diag::VerifiedChannel& channel) {
  const auto conversion = io::unit_conversion(units, channel.units, channel.standard_name);
  if (!conversion)
    throw entry.complaint(
        "units", "E2703",
        fmt::format("'{}' cannot be used for {} (the channel is in '{}') give the value in that "
                    "unit",
                    units, channel.name, channel.units));
  return conversion->scale * value + conversion->offset;
}

}  // namespace

void add_shown_field_keys(Schema& report) {
  Schema& event = report.section_list("events", "Events whose probability is mapped");
  event.text("channel", "Channel").required();
  event.choice("relation", "Which side of the value", {"above", "below"}).default_to("above");
  event.number("value", "Threshold").required();
  event.text("units", "Unit of the value; absent: that of the channel");
  Schema& contour = report.section_list("contours", "Lines drawn for every member (spaghetti)");
  contour.text("channel", "Channel").required();
  contour.number("value", "Value on the line").required();
  contour.text("units", "Unit of the value; absent: that of the channel");
}

ShownFields::ShownFields(const Config& report, const diag::VerificationShape& shape)
    : shape_(shape), latitudes_(shape.grid.latitudes_deg()) {
  for (const Config& entry : report.sections("events")) {
    Event event;
    event.relation = entry.text("relation") == "below" ? Relation::below : Relation::above;
    const double value = entry.number("value");
    const std::string given = entry.has("units") ? entry.text("units") : std::string();
    const auto wanted = channel_of(entry, shape);
    if (!wanted) continue;
    event.channel = *wanted;
    const diag::VerifiedChannel& channel = shape.channels[event.channel];
    const std::string units = given.empty() ? channel.units : given;
    event.value = converted(entry, value, units, channel);
    const std::string unit = diag::detail::unit_text(units);
    event.heading = fmt::format("Probability of {} than {:g}{}{}",
                                event.relation == Relation::below ? "less" : "more", value,
                                unit.empty() ? "" : "\u202f", unit);
    event.counts.assign(static_cast<std::size_t>(shape.grid.points()), 0);
    events_.push_back(std::move(event));
  }
  for (const Config& entry : report.sections("contours")) {
    const double value = entry.number("value");
    const std::string given = entry.has("units") ? entry.text("units") : std::string();
    const auto wanted = channel_of(entry, shape);
    if (!wanted) continue;
    const diag::VerifiedChannel& channel = shape.channels[*wanted];
    contours_.push_back(
        {*wanted, converted(entry, value, given.empty() ? channel.units : given, channel), {}});
  }
}

void ShownFields::add_rows(std::size_t channel, std::int64_t first_row, std::int64_t rows,
                           std::span<const float> members) {
  const auto points = static_cast<std::size_t>(rows * shape_.grid.nlon());
  const auto begin = static_cast<std::size_t>(first_row * shape_.grid.nlon());
  MYRIAD_EXPECT(members.size() == points * static_cast<std::size_t>(shape_.members));
  for (Event& event : events_) {
    if (event.channel != channel) continue;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto x = static_cast<double>(members[i]);
      const bool happens = event.relation == Relation::above ? x > event.value : x < event.value;
      event.counts[begin + i % points] += happens ? 1 : 0;
    }
  }
}

std::int64_t ShownFields::contour_members(std::size_t channel) const {
  const bool wanted = std::any_of(contours_.begin(), contours_.end(),
                                  [&](const Contour& c) { return c.channel == channel; });
  return wanted ? std::min<std::int64_t>(k_most_lines, shape_.members) : 0;
}

void ShownFields::add_contours(std::size_t channel, std::span<const float> field) {
  const diag::Lattice lattice = diag::map_lattice(field, latitudes_, shape_.grid.nlon());
  for (Contour& contour : contours_) {
    if (contour.channel == channel)
      contour.lines.push_back(diag::contour_path(lattice, contour.value, k_tolerance));
  }
}

void ShownFields::finish_case(std::size_t channel, std::size_t lead, std::span<const float> truth) {
  for (Event& event : events_) {
    if (event.channel != channel) continue;
    diag::FieldPanel panel{channel,
                           shape_.lead_hours[lead],
                           event.heading,
                           fmt::format("share of the members strictly {} the value",
                                       event.relation == Relation::above ? "above" : "below"),
                           "%",
                           diag::ColourMap::sequential,
                           {5, 20, 40, 60, 80, 95},
                           {}};
    for (std::int32_t n : event.counts)
      panel.field.push_back(
          static_cast<float>(100.0 * static_cast<double>(n) / static_cast<double>(shape_.members)));
    fields_.push_back(std::move(panel));
    std::fill(event.counts.begin(), event.counts.end(), 0);
  }
  for (Contour& contour : contours_) {
    if (contour.channel != channel) continue;
    const diag::Lattice lattice = diag::map_lattice(truth, latitudes_, shape_.grid.nlon());
    spaghetti_.push_back({channel, shape_.lead_hours[lead], contour.value, shape_.members,
                          std::exchange(contour.lines, {}),
                          diag::contour_path(lattice, contour.value, k_tolerance)});
  }
}

void ShownFields::add_to(diag::Report& report) const {
  report.fields.insert(report.fields.end(), fields_.begin(), fields_.end());
  report.spaghetti.insert(report.spaghetti.end(), spaghetti_.begin(), spaghetti_.end());
}

}  // namespace myriad::pipelines
