#include "pipelines/common/error_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "src/base/error.hpp"
#include "src/io/channel.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::pipelines {

namespace {

constexpr double k_lead_tolerance = 1e-6;  // hours

std::string need_verify(const ErrorTableRequest& r) {
  return fmt::format("make it with myriad verify over the channels of the model and a lead of {}",
                     to_string(r.lead));
}

std::int64_t region_index(const io::NetcdfFile& file, const ErrorTableRequest& r) {
  const std::vector<std::string> regions = file.read_texts(file.require("region"));
  const auto found = std::find(regions.begin(), regions.end(), r.region);
  MYRIAD_VALIDATE(found != regions.end(), ErrorKind::input_missing, "E2650",
                  "{} has no region '{}' (there are {}) choose one of them", r.file.string(),
                  r.region, fmt::join(regions, ", "));
  return found - regions.begin();
}

std::int64_t lead_index(const io::NetcdfFile& file, const ErrorTableRequest& r) {
  const io::NcVariable& variable = file.require("lead_time");
  const std::string unit = file.text_attribute(&variable, "units").value_or("");
  MYRIAD_VALIDATE(unit == "hours", ErrorKind::input_corrupt, "E2651",
                  "{}: lead_time is in '{}' (hours are expected) {}", r.file.string(), unit,
                  need_verify(r));
  const std::vector<double> hours = file.read_values(variable);
  const auto found = std::find_if(hours.begin(), hours.end(), [&](double h) {
    return std::abs(h - r.lead.in_hours()) < k_lead_tolerance;
  });
  MYRIAD_VALIDATE(found != hours.end(), ErrorKind::input_missing, "E2650",
                  "{} has no lead {} (its leads in hours are {}) {}", r.file.string(),
                  to_string(r.lead), fmt::join(hours, ", "), need_verify(r));
  return found - hours.begin();
}

/// Names a score file may use for a channel: geopotential and its height share a channel in two
/// units.
std::vector<std::string> names_of(const io::Channel& channel) {
  std::vector<std::string> names{channel.name};
  names.insert(names.end(), channel.aliases.begin(), channel.aliases.end());
  const auto hpa = std::lround(channel.level.value / 100.0);
  const bool height = channel.standard_name == "geopotential_height";
  if (channel.level.kind == io::LevelKind::pressure &&
      (height || channel.standard_name == "geopotential")) {
    names.push_back(fmt::format("gh{}", hpa));
    names.push_back(fmt::format("z{}", hpa));
  }
  return names;
}

}  // namespace

std::vector<double> read_error_table(const ErrorTableRequest& r) {
  MYRIAD_EXPECT(r.channels.size() == r.units.size());
  const io::NetcdfFile file = io::NetcdfFile::open(r.file.string());
  for (const char* axis : {"region", "lead_time"}) {
    MYRIAD_VALIDATE(file.find(axis) != nullptr, ErrorKind::input_corrupt, "E2651",
                    "{} is no score file (it has no '{}') {}", r.file.string(), axis,
                    need_verify(r));
  }
  const std::vector<std::int64_t> start{region_index(file, r), lead_index(file, r)};
  const std::vector<std::int64_t> one{1, 1};
  std::vector<double> errors;
  for (std::size_t c = 0; c < r.channels.size(); ++c) {
    const io::Channel channel = io::make_channel(r.channels[c], r.units[c]);
    std::string name = r.channels[c] + "_" + r.score;
    const io::NcVariable* variable = nullptr;
    for (const std::string& spelling : names_of(channel)) {
      if (variable != nullptr) break;
      variable = file.find(spelling + "_" + r.score);
      if (variable != nullptr) name = variable->name;
    }
    MYRIAD_VALIDATE(variable != nullptr, ErrorKind::input_missing, "E2650",
                    "{} has no {} (channel or score was not verified) {}", r.file.string(), name,
                    need_verify(r));
    MYRIAD_VALIDATE(
        file.dimension_names(*variable) == (std::vector<std::string>{"region", "lead_time"}),
        ErrorKind::input_corrupt, "E2651",
        "{}: {} is not [region, lead_time] (no score of this program) {}", r.file.string(), name,
        need_verify(r));
    const std::string found = file.text_attribute(variable, "units").value_or("");
    const auto conversion = io::unit_conversion(found, r.units[c], channel.standard_name);
    MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2651",
                    "{}: {} is in '{}' (the model has {} in '{}', which is another quantity) {}",
                    r.file.string(), name, found, r.channels[c], r.units[c], need_verify(r));
    const double value = file.read_values(*variable, start, one).at(0);
    MYRIAD_VALIDATE(std::isfinite(value) && value >= 0.0, ErrorKind::input_corrupt, "E2651",
                    "{}: {} at {} in region {} is {} (a finite error is needed) {}",
                    r.file.string(), name, to_string(r.lead), r.region,
                    std::isnan(value) ? std::string("missing") : fmt::format("{}", value),
                    need_verify(r));
    errors.push_back(value * conversion->scale);  // an offset cancels in a difference
  }
  return errors;
}

}  // namespace myriad::pipelines
