#include "src/io/cf_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "src/base/error.hpp"
#include "src/base/time.hpp"
#include "src/io/cf_output.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::io {

namespace {

/// The standard names our files use. The full table of CF has 4900; a name outside this list is a
/// typing error of ours.
const std::set<std::string>& standard_names() {
  static const std::set<std::string> names = {"time",
                                              "forecast_reference_time",
                                              "forecast_period",
                                              "realization",
                                              "latitude",
                                              "longitude",
                                              "air_pressure",
                                              "height",
                                              "eastward_wind",
                                              "northward_wind",
                                              "geopotential",
                                              "geopotential_height",
                                              "air_temperature",
                                              "specific_humidity",
                                              "relative_humidity",
                                              "lagrangian_tendency_of_air_pressure",
                                              "dew_point_temperature",
                                              "surface_air_pressure",
                                              "air_pressure_at_mean_sea_level",
                                              "atmosphere_mass_content_of_water_vapor",
                                              "sea_surface_temperature",
                                              "land_binary_mask",
                                              "surface_geopotential",
                                              "lwe_thickness_of_precipitation_amount",
                                              "precipitation_amount",
                                              "wind_speed"};
  return names;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

class Checker {
 public:
  Checker(const std::string& path, CfProfile profile, CfValues values)
      : file_(NetcdfFile::open(path)), profile_(profile), values_(values) {}

  std::vector<CfFinding> run() {
    collect_helpers();
    check_global();
    for (const NcVariable& variable : file_.variables()) check_variable(variable);
    if (profile_ == CfProfile::member) check_member();
    return std::move(findings_);
  }

 private:
  std::string text(const NcVariable& variable, const char* name) const {
    return file_.text_attribute(&variable, name).value_or("");
  }
  void report(const NcVariable* variable, const char* rule, std::string message) {
    findings_.push_back({variable == nullptr ? "" : variable->name, rule, std::move(message)});
  }
  void require(bool ok, const NcVariable* variable, const char* rule, std::string message) {
    if (!ok) report(variable, rule, std::move(message));
  }
  const std::string& dimension_name(int d) const {
    return file_.dimensions()[static_cast<std::size_t>(d)].name;
  }
  bool is_coordinate(const NcVariable& variable) const {
    return variable.dimensions.size() == 1 &&
           dimension_name(variable.dimensions[0]) == variable.name;
  }

  /// Names that other variables refer to: bounds, grid mappings, quantization containers, auxiliary
  /// coordinates.
  void collect_helpers() {
    for (const NcVariable& variable : file_.variables()) {
      for (const char* attribute : {"bounds", "grid_mapping", "quantization", "coordinates"}) {
        for (const std::string& name : words(text(variable, attribute))) {
          if (std::string(attribute) == "coordinates") {
            auxiliary_.insert(name);
          } else {
            helpers_.insert(name);
          }
          require(file_.find(name) != nullptr, &variable, attribute,
                  fmt::format("names '{}', which does not exist", name));
        }
      }
    }
  }

  void check_global() {
    const std::string conventions = file_.text_attribute(nullptr, "Conventions").value_or("");
    require(conventions.find("CF-1.12") != std::string::npos &&
                conventions.find("ACDD-1.3") != std::string::npos,
            nullptr, "Conventions", fmt::format("is '{}', not 'CF-1.12 ACDD-1.3'", conventions));
    for (const char* name : {"title", "summary", "source", "institution", "license", "date_created",
                             "history", "id", "product_version", "keywords", "processing_level"}) {
      require(!file_.text_attribute(nullptr, name).value_or("").empty(), nullptr, "acdd",
              fmt::format("lacks {}", name));
    }
    if (const std::optional<std::string> created = file_.text_attribute(nullptr, "date_created")) {
      try {
        static_cast<void>(Instant::parse(*created));
      } catch (const Error&) {
        report(nullptr, "acdd", fmt::format("date_created '{}' is no ISO 8601 time", *created));
      }
    }
    if (profile_ == CfProfile::member) {
      const std::vector<std::string> names = file_.attribute_names(nullptr);
      const auto has = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
      };
      for (const char* name : {"MYRIAD_member", "MYRIAD_seed", "MYRIAD_config_sha256",
                               "MYRIAD_weights_sha256", "MYRIAD_git_describe"}) {
        require(has(name), nullptr, "provenance", fmt::format("lacks {}", name));
      }
      // A run id would change the bytes of a rerun; a forecast id, hashed from its inputs, serves
      // as well.
      require(has("MYRIAD_forecast_id") || has("MYRIAD_run_id"), nullptr, "provenance",
              "lacks MYRIAD_forecast_id");
      for (const char* name : {"geospatial_lat_min", "geospatial_lat_max", "geospatial_lon_min",
                               "geospatial_lon_max"}) {
        require(file_.number_attribute(nullptr, name).size() == 1, nullptr, "acdd",
                fmt::format("lacks {}", name));
      }
      for (const char* name :
           {"time_coverage_start", "time_coverage_end", "time_coverage_duration"}) {
        require(file_.text_attribute(nullptr, name).has_value(), nullptr, "acdd",
                fmt::format("lacks {}", name));
      }
    }
  }

  void check_variable(const NcVariable& variable) {
    for (char c : variable.name) {
      const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      require(good, &variable, "name", "has characters outside letters, digits and underscore");
      if (!good) break;
    }
    require(std::isdigit(static_cast<unsigned char>(variable.name[0])) == 0, &variable, "name",
            "begins with a digit");
    if (helpers_.count(variable.name) == 1) {
      check_helper(variable);
      return;
    }
    const std::string units = text(variable, "units");
    const std::string standard_name = text(variable, "standard_name");
    const bool label = variable.type == NcType::text || variable.type == NcType::string;
    require(label || !units.empty(), &variable, "units", "has no units");
    require(!standard_name.empty() || !text(variable, "long_name").empty(), &variable, "name",
            "has neither standard_name nor long_name");
    require(standard_name.empty() || standard_names().count(standard_name) == 1, &variable,
            "standard_name", fmt::format("'{}' is not in the list of those we use", standard_name));
    if (!units.empty() && units.find(" since ") == std::string::npos && units != "hours" &&
        units.find("degrees_") != 0) {
      require(parse_unit(units).has_value(), &variable, "units",
              fmt::format("'{}' is not understood", units));
    }
    if (is_coordinate(variable)) check_coordinate(variable, standard_name);
    if (standard_name == "time" || standard_name == "forecast_reference_time")
      check_time(variable, units);
    if (standard_name == "forecast_period") {
      require(units == "hours" && text(variable, "dtype") == "timedelta64[ns]" &&
                  variable.type == NcType::int32,
              &variable, "forecast_period", "must be integer hours with dtype timedelta64[ns]");
    }
    const bool field = !is_coordinate(variable) && auxiliary_.count(variable.name) == 0 && !label &&
                       variable.dimensions.size() >= 2;
    if (field) check_field(variable);
  }

  void check_helper(const NcVariable& variable) {
    for (const NcVariable& owner : file_.variables()) {
      if (text(owner, "bounds") == variable.name) check_bounds(owner, variable);
      if (text(owner, "grid_mapping") == variable.name) {
        require(text(variable, "grid_mapping_name") == "latitude_longitude" &&
                    file_.number_attribute(&variable, "earth_radius") ==
                        std::vector<double>{k_earth_radius},
                &variable, "grid_mapping",
                "must be latitude_longitude on the sphere of radius 6371229 m");
      }
      if (text(owner, "quantization") == variable.name) {
        require(
            text(variable, "algorithm") == "bitround" && !text(variable, "implementation").empty(),
            &variable, "quantization", "must state algorithm bitround and its implementation");
        const std::vector<double> bits = file_.number_attribute(&owner, "quantization_nsb");
        require(bits.size() == 1 && bits[0] >= 1.0 && bits[0] <= 23.0, &owner, "quantization",
                "has no quantization_nsb in 1..23");
      }
    }
  }

  void check_bounds(const NcVariable& owner, const NcVariable& bounds) {
    std::vector<std::int64_t> expected = file_.shape(owner);
    expected.push_back(2);
    if (file_.shape(bounds) != expected) {
      report(&owner, "bounds",
             fmt::format("'{}' does not have the shape [{}, 2]", bounds.name, owner.name));
      return;
    }
    const std::vector<double> centres = file_.read_all(owner);
    const std::vector<double> edges = file_.read_all(bounds);
    for (std::size_t i = 0; i < centres.size(); ++i) {
      const double low = std::min(edges[2 * i], edges[2 * i + 1]);
      const double high = std::max(edges[2 * i], edges[2 * i + 1]);
      if (centres[i] < low || centres[i] > high) {
        report(
            &owner, "bounds",
            fmt::format("element {} ({}) is outside its bounds {}..{}", i, centres[i], low, high));
        return;
      }
    }
  }

  void check_coordinate(const NcVariable& variable, const std::string& standard_name) {
    if (variable.type == NcType::text) return;
    const std::vector<double> values = file_.read_all(variable);
    bool monotonic = true;
    for (std::size_t i = 2; i < values.size(); ++i) {
      monotonic = monotonic && (values[i] - values[i - 1]) * (values[1] - values[0]) > 0.0;
    }
    const bool distinct = values.size() < 2 || values[0] != values[1];
    require(monotonic && distinct, &variable, "coordinate", "is not strictly monotonic");
    require(file_.number_attribute(&variable, "_FillValue").empty(), &variable, "coordinate",
            "has a _FillValue");
    for (const double value : values) {
      if (std::isfinite(value)) continue;
      report(&variable, "coordinate", "holds a missing value");
      break;
    }
    const std::string axis = text(variable, "axis");
    if (standard_name == "latitude") {
      require(text(variable, "units") == "degrees_north" && axis == "Y" &&
                  values.front() > values.back() && values.front() <= 90.0 &&
                  values.back() >= -90.0 && !text(variable, "bounds").empty(),
              &variable, "latitude",
              "must run from north to south in degrees_north with axis Y and bounds");
    } else if (standard_name == "longitude") {
      require(text(variable, "units") == "degrees_east" && axis == "X" && values.front() == 0.0 &&
                  values.back() < 360.0 && !text(variable, "bounds").empty(),
              &variable, "longitude",
              "must run from 0 eastwards in degrees_east with axis X and bounds");
    } else if (standard_name == "air_pressure") {
      require(
          text(variable, "units") == "Pa" && text(variable, "positive") == "down" && axis == "Z",
          &variable, "plev", "must be in Pa, positive down, axis Z");
    } else if (standard_name == "time") {
      require(axis == "T" && variable.type == NcType::f64, &variable, "time",
              "must be double with axis T");
    }
  }

  void check_time(const NcVariable& variable, const std::string& units) {
    require(units == k_time_units, &variable, "time.epoch",
            fmt::format("has units '{}', not '{}'", units, k_time_units));
    try {
      const CfTimeUnits decoder(units, calendar_from_string(text(variable, "calendar")));
      for (const double value : file_.read_all(variable)) static_cast<void>(decoder.decode(value));
    } catch (const Error& error) {
      report(&variable, "time", error.what());
    }
  }

  bool equally_spaced_rows() const {
    const NcVariable* latitude = file_.find("latitude");
    if (latitude == nullptr) return true;
    const std::vector<double> values = file_.read_all(*latitude);
    for (std::size_t k = 2; k < values.size(); ++k) {
      if (std::abs((values[k] - values[k - 1]) - (values[1] - values[0])) > 1e-6) return false;
    }
    return true;
  }

  void check_field(const NcVariable& variable) {
    const std::vector<std::string> names = file_.dimension_names(variable);
    const bool map =
        names.size() >= 2 && names[names.size() - 2] == "latitude" && names.back() == "longitude";
    const bool zonal = names.back() == "latitude" &&
                       text(variable, "cell_methods").find("longitude: mean") != std::string::npos;
    for (std::size_t d = 0; d < names.size(); ++d) {
      require(names[d] != "time" || d == 0, &variable, "dimensions",
              "time must be the first dimension");
      const bool horizontal = names[d] == "latitude" || names[d] == "longitude";
      require(!horizontal || map || (zonal && d + 1 == names.size()), &variable, "dimensions",
              "latitude, longitude must be the last dimensions (latitude alone with cell_methods "
              "'longitude: mean')");
    }
    if (map) {
      require(names.size() <= 4, &variable, "dimensions",
              "has more than four dimensions (cdo refuses the file)");
      const bool mapped = !text(variable, "grid_mapping").empty();
      require(
          mapped == equally_spaced_rows(), &variable, "grid_mapping",
          mapped
              ? "has one although the rows are not equally spaced (cdo takes it for a projection)"
              : "has none");
      // An index of our own or a member's number represents no cell, so it has no standard name either.
      const bool quantity = !text(variable, "standard_name").empty();
      require(!quantity || !text(variable, "cell_methods").empty(), &variable, "cell_methods", "has none");
    }
    const std::string methods = text(variable, "cell_methods");
    require(methods.empty() || methods.find(": ") != std::string::npos, &variable, "cell_methods",
            fmt::format("'{}' is not of the form 'dimension: method'", methods));
    if (methods.find("time: sum") != std::string::npos && names.front() == "time") {
      const NcVariable* time = file_.find("time");
      require(time != nullptr && !text(*time, "bounds").empty(), &variable, "cell_methods",
              "sums over time without time_bnds");
    }
    const std::vector<double> fill = file_.number_attribute(&variable, "_FillValue");
    require(fill.empty() ||
                (profile_ == CfProfile::product && fill[0] == static_cast<double>(k_missing_value)),
            &variable, "missing",
            profile_ == CfProfile::member ? "has a _FillValue"
                                          : "has a _FillValue other than 9.969e36");
    require(file_.number_attribute(&variable, "missing_value").empty(), &variable, "missing",
            "has a missing_value");
    if (values_ == CfValues::scan) scan(variable, fill);
  }

  void scan(const NcVariable& variable, const std::vector<double>& fill) {
    std::vector<std::int64_t> start(variable.dimensions.size(), 0);
    std::vector<std::int64_t> count = file_.shape(variable);
    const std::int64_t slabs = count.front();
    count.front() = 1;
    std::int64_t size = 1;
    for (const std::int64_t extent : count) size *= extent;
    std::vector<double> values(static_cast<std::size_t>(size));
    for (std::int64_t s = 0; s < slabs; ++s) {
      start.front() = s;
      file_.read(variable, start, count, std::span<double>(values));
      for (std::size_t i = 0; i < values.size(); ++i) {
        const bool missing = !fill.empty() && values[i] == fill[0];
        if (missing || (std::isfinite(values[i]) && std::abs(values[i]) < 9.9e36)) continue;
        report(&variable, "values",
               fmt::format("holds {} at element {} of part {}", values[i], i, s));
        return;
      }
    }
  }

  void check_member() {
    bool unlimited = false;
    for (const NcDimension& dimension : file_.dimensions()) {
      unlimited = unlimited || (dimension.name == "time" && dimension.unlimited);
    }
    require(unlimited, nullptr, "layout", "dimension time is missing or not unlimited");
    const NcVariable* realization = file_.find("realization");
    require(realization != nullptr && realization->dimensions.empty() &&
                realization->type == NcType::int32 && text(*realization, "units") == "1",
            realization, "layout", "a scalar int realization with units 1 is needed");
    for (const char* name : {"forecast_reference_time", "forecast_period"}) {
      require(file_.find(name) != nullptr, nullptr, "layout",
              fmt::format("variable {} is missing", name));
    }
    const NcVariable* time = file_.find("time");
    const NcVariable* period = file_.find("forecast_period");
    const NcVariable* reference = file_.find("forecast_reference_time");
    if (time == nullptr || period == nullptr || reference == nullptr) return;
    const std::vector<double> valid = file_.read_all(*time);
    const std::vector<double> leads = file_.read_all(*period);
    const double start = file_.read_all(*reference).front();
    for (std::size_t t = 0; t < valid.size() && t < leads.size(); ++t) {
      if (valid[t] == start + leads[t]) continue;
      report(time, "layout",
             fmt::format("element {} is not forecast_reference_time + forecast_period", t));
      return;
    }
  }

  NetcdfFile file_;
  CfProfile profile_;
  CfValues values_;
  std::set<std::string> helpers_;
  std::set<std::string> auxiliary_;
  std::vector<CfFinding> findings_;
};

}  // namespace

std::vector<CfFinding> check_cf(const std::string& path, CfProfile profile, CfValues values) {
  return Checker(path, profile, values).run();
}

std::string describe(const std::vector<CfFinding>& findings) {
  std::string text;
  for (const CfFinding& finding : findings) {
    text += fmt::format("{}: {}: {}\n", finding.variable.empty() ? "file" : finding.variable,
                        finding.rule, finding.message);
  }
  return text;
}

}  // namespace myriad::io
