#include "diagnostics/report_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "diagnostics/report_json.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::diag {
namespace {

/// A map-like variable with one field per lead, NaN where there is none.
struct MapVariable {
  std::string long_name;
  std::string units;
  std::map<double, const std::vector<float>*> fields;  ///< by lead, hours
};

/// Variables in the order of their names. The maps of a Report, by name.
std::map<std::string, MapVariable> map_variables(const Report& report) {
  std::map<std::string, MapVariable> out;
  const auto add = [&](std::size_t channel, const std::string& suffix, const std::string& what,
                       const std::string& units, double lead, const std::vector<float>& field) {
    if (field.empty()) return;
    const VerifiedChannel& info = report.results->shape().channels[channel];
    MapVariable& variable = out[info.name + suffix];
    variable.long_name = fmt::format("{}: {}", info.long_name, what);
    variable.units = units;
    variable.fields[lead] = &field;
  };
  for (const MapPanel& panel : report.maps) {
    const std::string& units = report.results->shape().channels[panel.channel].units;
    add(panel.channel, "_mean", "ensemble mean", units, panel.lead_hours, panel.mean);
    add(panel.channel, "_spread", "ensemble spread", units, panel.lead_hours, panel.spread);
    add(panel.channel, "_truth", "truth", units, panel.lead_hours, panel.truth);
  }
  for (std::size_t i = 0; i < report.fields.size(); ++i) {
    const FieldPanel& panel = report.fields[i];
    add(panel.channel, detail::field_suffix(report, i), panel.heading, panel.units,
        panel.lead_hours, panel.field);
  }
  return out;
}

std::vector<double> leads_of(const std::map<std::string, MapVariable>& maps) {
  std::vector<double> leads;
  for (const auto& [name, map] : maps) {
    for (const auto& [lead, field] : map.fields) leads.push_back(lead);
  }
  std::sort(leads.begin(), leads.end());
  leads.erase(std::unique(leads.begin(), leads.end()), leads.end());
  return leads;
}

std::vector<Duration> durations(const std::vector<double>& hours) {
  std::vector<Duration> out;
  for (double h : hours) out.push_back({std::llround(h * 3600.0)});
  return out;
}

/// One kind of line of all plumes of a channel, [place, (member,) lead].
struct PlumeVariable {
  std::string name;
  std::string long_name;
  std::string units;
  std::vector<std::string> dimensions;
  std::vector<double> values;
};

void append(PlumeVariable& variable, const std::vector<double>& values, std::size_t leads) {
  variable.values.insert(variable.values.end(), values.begin(), values.end());
  if (values.empty())
    variable.values.insert(variable.values.end(), leads, std::numeric_limits<double>::quiet_NaN());
}

std::vector<PlumeVariable> plume_variables(const Report& report) {
  const VerificationShape& shape = report.results->shape();
  const std::size_t leads = shape.lead_hours.size();
  std::vector<PlumeVariable> out;
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    const VerifiedChannel& info = shape.channels[c];
    const auto start = [&](const char* suffix, const char* what) {
      return PlumeVariable{info.name + suffix,
                           fmt::format("{}: {}", info.long_name, what),
                           info.units,
                           {"place", "lead_time"},
                           {}};
    };
    PlumeVariable members = start("_plume", "members at places");
    members.dimensions = {"place", "member", "lead_time"};
    PlumeVariable truth = start("_plume_truth", "truth at places");
    PlumeVariable control = start("_plume_control", "control at places");
    PlumeVariable climate = start("_plume_climate", "climatological mean at places");
    for (const Plume& plume : report.plumes) {
      if (plume.channel != c) continue;
      for (const auto& member : plume.members) append(members, member, leads);
      append(truth, plume.truth, leads);
      append(control, plume.control, leads);
      append(climate, plume.climate_mean, leads);
    }
    for (PlumeVariable* variable : {&members, &truth, &control, &climate}) {
      if (!variable->values.empty()) out.push_back(std::move(*variable));
    }
  }
  return out;
}

[[noreturn]] void unfit(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::input_corrupt, "E2561",
              fmt::format("{} does not fit the scores beside it ({}) make both again with 'myriad "
                          "verify --overwrite'",
                          path, why));
}

/// Reads the variables of a report; sizes are checked against what the results say.
class Reader {
 public:
  Reader(const std::string& path, const ScoreResults& results)
      : file_(io::NetcdfFile::open(path)), shape_(results.shape()) {
    if (const io::NcVariable* periods = file_.find("forecast_period"))
      map_leads_ = file_.read_values(*periods);
  }

  std::vector<std::string> texts(const char* name) const {
    const io::NcVariable* variable = file_.find(name);
    return variable == nullptr ? std::vector<std::string>{} : file_.read_texts(*variable);
  }

  /// A field of a map variable; empty when it was absent.
  std::vector<float> field(const std::string& name, double lead) const {
    const io::NcVariable* variable = file_.find(name);
    if (variable == nullptr) return {};
    const auto at = std::find(map_leads_.begin(), map_leads_.end(), lead);
    const std::vector<std::int64_t> expected{static_cast<std::int64_t>(map_leads_.size()),
                                             shape_.grid.nlat(), shape_.grid.nlon()};
    if (at == map_leads_.end() || file_.shape(*variable) != expected)
      unfit(file_.path(), name + " has no such lead or another shape");
    const auto values =
        file_.read_values(*variable, std::vector<std::int64_t>{at - map_leads_.begin(), 0, 0},
                          std::vector<std::int64_t>{1, shape_.grid.nlat(), shape_.grid.nlon()});
    // A field of its own may have points without a value; one that was absent has none at all.
    if (std::none_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
      return {};
    std::vector<float> out;
    for (double v : values) out.push_back(static_cast<float>(v));
    return out;
  }

  /// Values of a plume variable [place, ...]; empty when it was absent.
  std::vector<double> plume(const std::string& name, std::size_t size) const {
    const io::NcVariable* variable = file_.find(name);
    if (variable == nullptr) return {};
    auto values = file_.read_values(*variable);
    if (values.size() != size) unfit(file_.path(), name + " has another shape");
    return values;
  }

  const std::string& path() const { return file_.path(); }

 private:
  io::NetcdfFile file_;
  const VerificationShape& shape_;
  std::vector<double> map_leads_;
};

void read_maps(const Reader& reader, Report& report) {
  const VerificationShape& shape = report.results->shape();
  for (MapPanel& panel : report.maps) {
    const std::string& name = shape.channels[panel.channel].name;
    panel.mean = reader.field(name + "_mean", panel.lead_hours);
    panel.spread = reader.field(name + "_spread", panel.lead_hours);
    panel.truth = reader.field(name + "_truth", panel.lead_hours);
    if (panel.mean.empty() || panel.truth.empty()) unfit(reader.path(), "a map is missing");
  }
  for (std::size_t i = 0; i < report.fields.size(); ++i) {
    FieldPanel& panel = report.fields[i];
    panel.field = reader.field(shape.channels[panel.channel].name + detail::field_suffix(report, i),
                               panel.lead_hours);
    if (panel.field.empty()) unfit(reader.path(), "a field is missing");
  }
}

void read_plumes(const Reader& reader, Report& report) {
  const VerificationShape& shape = report.results->shape();
  const std::size_t leads = shape.lead_hours.size();
  const auto members = static_cast<std::size_t>(shape.members);
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    const auto places = static_cast<std::size_t>(
        std::count_if(report.plumes.begin(), report.plumes.end(),
                      [&](const Plume& plume) { return plume.channel == c; }));
    const std::string& name = shape.channels[c].name;
    const auto all = reader.plume(name + "_plume", places * members * leads);
    const auto truth = reader.plume(name + "_plume_truth", places * leads);
    const auto control = reader.plume(name + "_plume_control", places * leads);
    const auto climate = reader.plume(name + "_plume_climate", places * leads);
    if (places > 0 && (all.empty() || truth.empty())) unfit(reader.path(), "a plume is missing");
    std::size_t place = 0;
    for (Plume& plume : report.plumes) {
      if (plume.channel != c) continue;
      const auto line = [&](const std::vector<double>& values, std::size_t index) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * leads);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(leads));
      };
      for (std::size_t m = 0; m < members; ++m)
        plume.members.push_back(line(all, place * members + m));
      plume.truth = line(truth, place);
      // What the JSON marks as given; the file holds missing values where it was not.
      if (!plume.control.empty()) plume.control = line(control, place);
      if (!plume.climate_mean.empty()) plume.climate_mean = line(climate, place);
      ++place;
    }
  }
}

}  // namespace

io::PublishedFile write_report_file(const Report& report, const std::filesystem::path& path,
                                    const io::NcAttributes& attributes, Existing existing) {
  const VerificationShape& shape = report.results->shape();
  const auto maps = map_variables(report);
  const auto leads = leads_of(maps);
  const auto plumes = plume_variables(report);
  io::ProductWriter writer(path, attributes, existing);
  writer.define_labels("description", {to_json_text(detail::report_json(report))},
                       {{"long_name", std::string("words, dates and curves of the report, JSON")}});
  std::vector<std::string> lines;
  for (const Spaghetti& panel : report.spaghetti) {
    lines.insert(lines.end(), panel.member_paths.begin(), panel.member_paths.end());
    lines.push_back(panel.truth_path);
  }
  if (!lines.empty())
    writer.define_labels(
        "contour_line", lines,
        {{"long_name", std::string("lines of members and truth, SVG path data on a "
                                   "map of 3600 x 1800 units")}});
  if (!maps.empty()) {
    writer.define_grid(shape.grid);
    writer.define_forecast_times(report.shown_start, durations(leads));
  }
  for (const auto& [name, map] : maps) {
    writer.define_variable({name,
                            io::NcType::f32,
                            {"time", "latitude", "longitude"},
                            {{"long_name", map.long_name}, {"units", map.units}},
                            io::MissingValues::allow,
                            0});
  }
  if (!plumes.empty()) {
    std::vector<std::string> places;
    for (const Plume& plume : report.plumes) {
      if (plume.channel == report.plumes.front().channel) places.push_back(plume.place);
    }
    writer.define_labels("place", places, {{"long_name", std::string("place")}});
    writer.define_dimension("member", shape.members);
    writer.define_lead_times(durations(shape.lead_hours));
  }
  for (const PlumeVariable& plume : plumes) {
    writer.define_variable({plume.name,
                            io::NcType::f64,
                            plume.dimensions,
                            {{"long_name", plume.long_name}, {"units", plume.units}},
                            io::MissingValues::allow,
                            0});
  }
  for (const auto& [name, map] : maps) {
    const std::vector<float> absent(static_cast<std::size_t>(shape.grid.points()),
                                    std::numeric_limits<float>::quiet_NaN());
    for (std::size_t t = 0; t < leads.size(); ++t) {
      const auto found = map.fields.find(leads[t]);
      writer.write_slab(
          name, static_cast<std::int64_t>(t),
          std::span<const float>(found == map.fields.end() ? absent : *found->second));
    }
  }
  for (const PlumeVariable& plume : plumes)
    writer.write(plume.name, std::span<const double>(plume.values));
  return writer.finish();
}

Report read_report_file(const std::string& path, const ScoreResults& results) {
  const Reader reader(path, results);
  const auto description = reader.texts("description");
  if (description.size() != 1) unfit(path, "it has no description");
  Report report = detail::report_from_json(parse_json(description.front(), path), results);
  report.results = &results;
  const std::size_t channels = results.shape().channels.size();
  const auto known = [&](std::size_t channel) {
    if (channel >= channels) unfit(path, "it speaks of a channel that was not scored");
  };
  for (const MapPanel& panel : report.maps) known(panel.channel);
  for (const FieldPanel& panel : report.fields) known(panel.channel);
  for (const Plume& plume : report.plumes) known(plume.channel);
  for (const Spaghetti& panel : report.spaghetti) known(panel.channel);
  for (const ReliabilityCurve& curve : report.reliability) known(curve.event.channel);
  for (const RocCurve& curve : report.roc) known(curve.event.channel);
  for (const ReturnLevelCurve& curve : report.return_levels) {
    known(curve.channel);
    const std::size_t size = curve.periods.size();
    const bool fits = curve.region < results.shape().regions.size() && curve.level.size() == size &&
                      curve.low.size() == size && curve.high.size() == size &&
                      curve.members.size() == size && curve.truth.size() == size;
    if (!fits) unfit(path, "it speaks of return levels that were not computed");
  }
  read_maps(reader, report);
  read_plumes(reader, report);
  const auto lines = reader.texts("contour_line");
  std::size_t next = 0;
  for (Spaghetti& panel : report.spaghetti) {
    if (next + panel.member_paths.size() + 1 > lines.size()) unfit(path, "lines are missing");
    for (std::string& member : panel.member_paths) member = lines[next++];
    panel.truth_path = lines[next++];
  }
  return report;
}

}  // namespace myriad::diag
