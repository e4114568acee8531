#include "diagnostics/climate_quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "diagnostics/climate_file.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

std::vector<double> read_probabilities(const io::NetcdfFile& file) {
  const io::NcVariable& variable = file.require("quantile");
  const std::string units = file.text_attribute(&variable, "units").value_or("1");
  const bool percent = units == "percent" || units == "%";
  MYRIAD_VALIDATE(percent || units == "1", ErrorKind::input_corrupt, "E2523",
                  "{}: quantile is in '{}' (cumulative probabilities are in percent or 1) correct "
                  "its units",
                  file.path(), units);
  std::vector<double> values = file.read_values(variable);
  for (double& v : values) v = percent ? v / 100.0 : v;
  bool increasing = values.size() >= 2 && values.front() >= 0.0 && values.back() <= 1.0;
  for (std::size_t k = 1; k < values.size(); ++k)
    increasing = increasing && values[k] > values[k - 1];
  MYRIAD_VALIDATE(increasing, ErrorKind::input_corrupt, "E2523",
                  "{}: quantile does not increase from 0 to 1 (a distribution function needs that) "
                  "make the file again",
                  file.path());
  return values;
}

void check_months(const io::NetcdfFile& file) {
  const auto months = file.read_values(file.require("month"));
  bool calendar = months.size() == 12;
  for (std::size_t m = 0; calendar && m < 12; ++m)
    calendar = months[m] == static_cast<double>(m + 1);
  MYRIAD_VALIDATE(
      calendar, ErrorKind::input_corrupt, "E2523",
      "{}: month is not 1 to 12 (the climate is looked up by the month of a date) make the "
      "file again",
      file.path());
}

/// One month of a channel, [quantile, lat, lon], in the unit of \p channel.
std::vector<float> read_month(const io::NetcdfFile& file, const io::NcVariable& variable,
                              const io::Channel& channel, const Grid& grid, std::int64_t quantiles,
                              int month) {
  const std::vector<std::int64_t> extents{12, quantiles, grid.nlat(), grid.nlon()};
  MYRIAD_VALIDATE(
      file.shape(variable) == extents, ErrorKind::input_corrupt, "E2521",
      "{}: {} has a wrong shape (expected 12 months, {} quantiles, {} rows, {} columns)",
      file.path(), variable.name, quantiles, grid.nlat(), grid.nlon());
  const std::string found = file.text_attribute(&variable, "units").value_or("");
  const auto conversion = io::unit_conversion(found, channel.units, channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value() && conversion->scale > 0.0, ErrorKind::input_corrupt,
                  "E2521", "{}: {} is in '{}' (the forecasts are in '{}') convert it", file.path(),
                  variable.name, found, channel.units);
  const std::vector<std::int64_t> start{month - 1, 0, 0, 0};
  const std::vector<std::int64_t> count{1, quantiles, grid.nlat(), grid.nlon()};
  const std::vector<double> values = file.read_values(variable, start, count);
  const auto points = static_cast<std::size_t>(grid.points());
  std::vector<float> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    MYRIAD_VALIDATE(std::isfinite(values[i]), ErrorKind::input_corrupt, "E2522",
                    "{}: {} holds a missing value (month {}, element {})", file.path(),
                    variable.name, month, i);
    out[i] = static_cast<float>(conversion->scale * values[i] + conversion->offset);
    MYRIAD_VALIDATE(
        i < points || out[i] >= out[i - points], ErrorKind::input_corrupt, "E2523",
        "{}: {} falls from one quantile to the next (month {}, element {}) make the file "
        "again",
        file.path(), variable.name, month, i);
  }
  return out;
}

}  // namespace

ClimateQuantiles::ClimateQuantiles(const std::string& path, const Grid& grid,
                                   const std::vector<io::Channel>& channels,
                                   std::span<const Instant> dates)
    : path_(path), present_(channels.size(), false), values_(channels.size()) {
  const auto file = io::NetcdfFile::open(path);
  detail::check_climate_grid(file, grid);
  check_months(file);
  probabilities_ = read_probabilities(file);
  title_ = file.text_attribute(nullptr, "title").value_or(path);
  std::set<int> months;
  for (const Instant& date : dates) months.insert(date.civil().month);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    const io::NcVariable* variable = file.find(channels[c].name);
    if (variable == nullptr) continue;
    present_[c] = true;
    for (int month : months) {
      values_[c][static_cast<std::size_t>(month - 1)] =
          read_month(file, *variable, channels[c], grid,
                     static_cast<std::int64_t>(probabilities_.size()), month);
    }
  }
}

std::size_t ClimateQuantiles::index_of(double probability) const {
  const auto found = std::find_if(probabilities_.begin(), probabilities_.end(),
                                  [&](double p) { return std::abs(p - probability) < 1e-9; });
  MYRIAD_VALIDATE(found != probabilities_.end(), ErrorKind::input_corrupt, "E2524",
                  "{}: no quantile of probability {} (the index asked for needs it) make a climate "
                  "with it",
                  path_, probability);
  return static_cast<std::size_t>(found - probabilities_.begin());
}

std::span<const float> ClimateQuantiles::month_of(std::size_t channel, const Instant& date) const {
  const auto& values = values_[channel][static_cast<std::size_t>(date.civil().month - 1)];
  MYRIAD_EXPECT(!values.empty());
  return values;
}

}  // namespace myriad::diag
