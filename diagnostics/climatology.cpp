#include "diagnostics/climatology.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "diagnostics/climate_file.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

/// Values of a variable in the unit of \p channel; only scaling conversions are exact for
/// deviations.
std::vector<double> read_converted(const io::NetcdfFile& file, const std::string& name,
                                   const io::Channel& channel, std::int64_t points,
                                   bool is_deviation) {
  const io::NcVariable& variable = file.require(name);
  const auto shape = file.shape(variable);
  std::int64_t size = 1;
  for (std::int64_t n : shape) size *= n;
  const bool fits = is_deviation
                        ? size == points
                        : shape.size() == 3 && size == shape[0] * points && shape[0] % 2 == 1;
  MYRIAD_VALIDATE(fits, ErrorKind::input_corrupt, "E2521",
                  "{}: {} has a wrong shape (expected {}lat, lon on {} points)", file.path(), name,
                  is_deviation ? "" : "an odd number of coefficients, ", points);
  const std::string found = file.text_attribute(&variable, "units").value_or("");
  const auto conversion = io::unit_conversion(found, channel.units, channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2521",
                  "{}: {} is in '{}' (the forecasts are in '{}') convert it", file.path(), name,
                  found, channel.units);
  std::vector<double> values = file.read_values(variable);
  for (std::size_t i = 0; i < values.size(); ++i) {
    MYRIAD_VALIDATE(std::isfinite(values[i]), ErrorKind::input_corrupt, "E2522",
                    "{}: {} holds a missing value (element {})", file.path(), name, i);
    const bool constant =
        !is_deviation && i < static_cast<std::size_t>(points);  // an offset belongs to c0 alone
    values[i] = conversion->scale * values[i] + (constant ? conversion->offset : 0.0);
  }
  return values;
}

}  // namespace

Climatology::Climatology(const std::string& path, const Grid& grid,
                         const std::vector<io::Channel>& channels)
    : points_(grid.points()), channels_(channels.size()) {
  const auto file = io::NetcdfFile::open(path);
  detail::check_climate_grid(file, grid);
  title_ = file.text_attribute(nullptr, "title").value_or(path);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    if (file.find("clim_" + channels[c].name) == nullptr) continue;
    channels_[c].coefficients =
        read_converted(file, "clim_" + channels[c].name, channels[c], points_, false);
    if (file.find("std_" + channels[c].name) == nullptr) continue;
    const auto deviation =
        read_converted(file, "std_" + channels[c].name, channels[c], points_, true);
    channels_[c].deviation.assign(deviation.begin(), deviation.end());
  }
}

void Climatology::mean(std::size_t channel, const Instant& time, std::span<float> out) const {
  MYRIAD_EXPECT(has(channel) && out.size() == static_cast<std::size_t>(points_));
  const auto& c = channels_[channel].coefficients;
  const double days = static_cast<double>(time.day_of_year() - 1) + time.seconds_of_day() / 86400.0;
  const double angle = 2.0 * std::numbers::pi * days / 365.0;
  std::vector<double> sum(c.begin(), c.begin() + points_);
  for (std::int64_t i = 1; i * points_ < static_cast<std::int64_t>(c.size()); ++i) {
    const double wave = static_cast<double>((i + 1) / 2);
    const double factor = i % 2 == 1 ? std::cos(wave * angle) : std::sin(wave * angle);
    const double* coefficient = c.data() + i * points_;
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += factor * coefficient[p];
  }
  std::copy(sum.begin(), sum.end(), out.begin());
}

}  // namespace myriad::diag
