#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "src/base/error.hpp"
#include "src/io/ensemble_dims.hpp"

namespace myriad::io::detail {
namespace {

constexpr double k_longest_lead = 100.0 * 366 * 86400;  // seconds

[[noreturn]] void unusable(const NetcdfFile& file, const std::string& what, const std::string& why,
                           const std::string& hint) {
  throw Error(ErrorKind::input_corrupt, "E2048",
              fmt::format("{} of '{}' cannot be used ({}); {}", what, file.path(), why, hint));
}

/// Seconds of a unit of duration; 0 for anything else (months and years have no fixed length).
double unit_seconds(std::string_view unit) {
  constexpr struct {
    std::string_view name;
    double seconds;
  } k_units[] = {{"ns", 1e-9},    {"nanosecond", 1e-9},  {"us", 1e-6},     {"microsecond", 1e-6},
                 {"ms", 1e-3},    {"millisecond", 1e-3}, {"s", 1.0},       {"sec", 1.0},
                 {"second", 1.0}, {"min", 60.0},         {"minute", 60.0}, {"h", 3600.0},
                 {"hr", 3600.0},  {"hour", 3600.0},      {"d", 86400.0},   {"D", 86400.0},
                 {"day", 86400.0}};
  for (const auto& known : k_units) {
    if (unit == known.name ||
        (unit.size() > 2 && unit.ends_with('s') && unit.substr(0, unit.size() - 1) == known.name))
      return known.seconds;
  }
  return 0.0;
}

const NcVariable* coordinate_of(const NetcdfFile& file, int dimension) {
  const NcDimension& d = file.dimensions()[static_cast<std::size_t>(dimension)];
  const NcVariable* variable = file.find(d.name);
  return variable != nullptr && variable->dimensions == std::vector<int>{dimension} ? variable
                                                                                    : nullptr;
}

std::vector<Instant> decode_instants(const NetcdfFile& file, const NcVariable& variable) {
  const std::string what = fmt::format("time coordinate '{}'", variable.name);
  const std::string units = file.text_attribute(&variable, "units").value_or("");
  const std::string calendar = file.text_attribute(&variable, "calendar").value_or("standard");
  std::vector<Instant> out;
  try {
    const CfTimeUnits decoder(units, calendar_from_string(calendar));
    for (const double value : file.read_values(variable)) {
      if (!std::isfinite(value)) unusable(file, what, "a value is missing", "repair the axis");
      out.push_back(decoder.decode(value));
    }
  } catch (const Error& error) {
    if (error.id() == "E2048") throw;
    unusable(file, what, error.what(), "give it units such as 'hours since 1970-01-01'");
  }
  return unify_calendar(std::move(out));
}

/// An auxiliary coordinate along \p dimension with one of these names.
const NcVariable* beside(const NetcdfFile& file, int dimension, std::string_view standard_name) {
  for (const NcVariable& variable : file.variables()) {
    if (variable.dimensions != std::vector<int>{dimension} ||
        &variable == coordinate_of(file, dimension))
      continue;
    if (variable.name == standard_name ||
        file.text_attribute(&variable, "standard_name").value_or("") == standard_name)
      return &variable;
  }
  return nullptr;
}

/// A dimension's times or leads, each at its index.
std::vector<Instant> instants_along(const NetcdfFile& file, int dimension, std::string_view what) {
  if (const NcVariable* variable = coordinate_of(file, dimension))
    return decode_instants(file, *variable);
  // cfgrib keeps the valid times of a step axis in another variable.
  if (const NcVariable* variable = beside(file, dimension, "time"))
    return decode_instants(file, *variable);
  unusable(
      file,
      fmt::format("dimension '{}'", file.dimensions()[static_cast<std::size_t>(dimension)].name),
      fmt::format("it is the {} and has no coordinate variable", what), "add it");
}

}  // namespace

std::vector<Duration> decode_leads(const NetcdfFile& file, const NcVariable& variable) {
  const std::string what = fmt::format("lead coordinate '{}'", variable.name);
  const std::string units = file.text_attribute(&variable, "units").value_or("");
  const std::vector<double> values = file.read_values(variable);
  double unit = unit_seconds(units);
  if (units.empty()) {
    // Raw timedelta64[ns]: whole seconds, and far more than any count of hours or days.
    const bool nanoseconds = !values.empty() &&
                             std::all_of(values.begin(), values.end(),
                                         [](double v) { return std::fmod(v, 1e9) == 0.0; }) &&
                             *std::max_element(values.begin(), values.end()) > 0.0;
    if (nanoseconds) unit = 1e-9;
  }
  if (unit == 0.0) {
    unusable(
        file, what,
        units.empty() ? "it has no unit" : fmt::format("'{}' is no fixed length of time", units),
        "give it the unit hours or days, e.g. with ncatted");
  }
  std::vector<Duration> leads;
  for (const double value : values) {
    const double seconds = value * unit;
    if (!(seconds >= 0.0 && seconds <= k_longest_lead))
      unusable(file, what, fmt::format("it holds {} {}", value, units),
               "a lead is positive and shorter than 100 years");
    if (std::abs(seconds - std::round(seconds)) > 0.01)
      unusable(file, what, fmt::format("{} {} is no whole number of seconds", value, units),
               "round it");
    leads.push_back({std::llround(seconds)});
  }
  return leads;
}

std::vector<std::int64_t> member_numbers(const NetcdfFile& file, const EnsembleDims& dims) {
  const NcVariable* variable =
      dims.member >= 0 ? coordinate_of(file, dims.member) : dims.scalar_member;
  const std::int64_t count =
      dims.member >= 0 ? file.dimensions()[static_cast<std::size_t>(dims.member)].length : 1;
  std::vector<std::int64_t> numbers;
  if (variable == nullptr || variable->type == NcType::string || variable->type == NcType::text) {
    // Nothing claims to be number 0, the control.
    for (std::int64_t i = 1; i <= count; ++i) numbers.push_back(i);
    return numbers;
  }
  const std::string what = fmt::format("member coordinate '{}'", variable->name);
  std::set<std::int64_t> seen;
  for (const double value : file.read_values(*variable)) {
    if (!(std::abs(value) <= 1e9) || value != std::round(value))
      unusable(file, what, fmt::format("it holds {}", value), "number the members 0, 1, 2, ...");
    numbers.push_back(static_cast<std::int64_t>(value));
    if (!seen.insert(numbers.back()).second)
      unusable(file, what, fmt::format("{} is there twice", numbers.back()),
               "number the members 0, 1, 2, ...");
  }
  return numbers;
}

std::vector<ForecastTime> forecast_times(const NetcdfFile& file, const NetcdfAxes& /*axes*/,
                                         const EnsembleDims& dims,
                                         std::optional<Duration> lead_if_absent) {
  const int first = dims.start >= 0 ? dims.start : dims.valid;
  std::vector<Instant> along, starts_beside;
  std::vector<Duration> leads, leads_beside;
  if (first >= 0) {
    along = instants_along(file, first, dims.start >= 0 ? "start" : "valid time");
    if (dims.start < 0) {
      if (const NcVariable* v = beside(file, first, "forecast_reference_time"))
        starts_beside = decode_instants(file, *v);
    }
    if (const NcVariable* v = beside(file, first, "forecast_period"); v != nullptr && dims.lead < 0)
      leads_beside = decode_leads(file, *v);
  }
  std::vector<Instant> valid_along_lead;
  if (dims.lead >= 0) {
    const NcVariable* variable = coordinate_of(file, dims.lead);
    if (variable == nullptr)
      unusable(file,
               fmt::format("dimension '{}'",
                           file.dimensions()[static_cast<std::size_t>(dims.lead)].name),
               "it is the lead and has no coordinate variable", "add it");
    leads = decode_leads(file, *variable);
  } else if (dims.scalar_lead != nullptr) {
    leads = decode_leads(file, *dims.scalar_lead);
  }
  std::optional<Instant> start, valid;
  if (dims.scalar_start != nullptr) start = decode_instants(file, *dims.scalar_start).front();
  if (dims.scalar_valid != nullptr && first < 0)
    valid = decode_instants(file, *dims.scalar_valid).front();

  std::vector<ForecastTime> times;
  const auto add = [&](std::optional<Instant> s, std::optional<Instant> v,
                       std::optional<Duration> lead, std::size_t i, std::size_t j) {
    if (!lead && s && v) lead = *v - *s;
    if (!lead) lead = lead_if_absent;
    if (!s && v && lead) s = *v - *lead;
    if (!s || !lead) {
      unusable(file, "time",
               s   ? "there is a start and no lead"
               : v ? "there are valid times, but neither a start nor a lead"
                   : "there is no start",
               s || v ? "set lead_if_absent (0h for analyses), or add a coordinate with the "
                        "standard_name forecast_period"
                      : "add a coordinate with the standard_name forecast_reference_time");
    }
    if (lead->seconds < 0)
      unusable(file, "time",
               fmt::format("{} lies before the start {}", (*s + *lead).iso(), s->iso()),
               "repair the axes");
    times.push_back({*s, *lead, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)});
  };
  const std::size_t rows = first >= 0 ? along.size() : 1;
  const std::size_t columns = dims.lead >= 0 ? leads.size() : 1;
  for (std::size_t i = 0; i < rows; ++i) {
    std::optional<Instant> s = start, v = valid;
    if (dims.start >= 0) s = along[i];
    if (dims.valid >= 0) v = along[i];
    if (!starts_beside.empty()) s = starts_beside[i];
    // Valid times that depend on the lead tell the start by themselves.
    if (dims.valid >= 0 && dims.lead >= 0) s.reset();
    for (std::size_t j = 0; j < columns; ++j) {
      std::optional<Duration> lead;
      if (!leads.empty()) lead = leads[dims.lead >= 0 ? j : 0];
      if (!leads_beside.empty()) lead = leads_beside[i];
      add(s, v, lead, i, j);
    }
  }
  return times;
}

}  // namespace myriad::io::detail
