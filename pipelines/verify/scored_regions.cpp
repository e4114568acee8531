#include "pipelines/verify/scored_regions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {
namespace {

constexpr double k_tolerance = 1e-3;  ///< degrees, between equal coordinates

bool is_identifier(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), fits);
}

/// Degrees eastwards from \p from to \p to, 0 to 360.
double eastwards(double from, double to) {
  const double turn = std::fmod(to - from, 360.0);
  return turn < 0.0 ? turn + 360.0 : turn;
}

[[noreturn]] void unfit(ErrorKind kind, const io::NetcdfFile& file, const std::string& why) {
  throw Error(kind, "E2736",
              fmt::format("{} cannot be used as a mask ({}) give a NetCDF file with a variable "
                          "(lat, lon) of weights 0 to 1 on the grid of the forecasts",
                          file.path(), why));
}

/// The variable of the weights: the one named, or the only one with two or more dimensions.
const io::NcVariable& mask_variable(const io::NetcdfFile& file, const Config& entry) {
  if (entry.has("variable")) {
    const io::NcVariable* named = file.find(entry.text("variable"));
    if (named == nullptr || named->dimensions.size() < 2)
      unfit(ErrorKind::input_missing, file,
            fmt::format("it has no field '{}'", entry.text("variable")));
    return *named;
  }
  const io::NcVariable* only = nullptr;
  std::vector<std::string> names;
  for (const io::NcVariable& v : file.variables()) {
    if (v.dimensions.size() < 2 || v.type == io::NcType::text || v.type == io::NcType::string)
      continue;
    names.push_back(v.name);
    only = &v;
  }
  if (names.size() != 1)
    unfit(ErrorKind::input_missing, file,
          fmt::format("it has {} fields{}{}; name one by `variable`", names.size(),
                      names.empty() ? "" : ": ", fmt::join(names, ", ")));
  return *only;
}

bool agree(const std::vector<double>& found, const std::vector<double>& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](double a, double b) {
                      const double d = eastwards(a, b);
                      return std::min(d, 360.0 - d) < k_tolerance;
                    });
}

/// Weights [lat, lon], rows as those of the grid.
std::vector<float> read_mask(const Config& entry, const Grid& grid) {
  const io::NetcdfFile file = io::NetcdfFile::open(entry.path("mask").string());
  const io::NcVariable& variable = mask_variable(file, entry);
  const std::vector<std::string> names = file.dimension_names(variable);
  std::vector<double> latitudes = file.read_values(file.require(names[names.size() - 2]));
  const std::vector<double> longitudes = file.read_values(file.require(names.back()));
  const bool northwards = latitudes.size() > 1 && latitudes.front() < latitudes.back();
  if (northwards) std::reverse(latitudes.begin(), latitudes.end());
  if (!agree(latitudes, grid.latitudes_deg()) || !agree(longitudes, grid.longitudes_deg()))
    unfit(ErrorKind::input_corrupt, file,
          fmt::format("{} is on another grid than the forecasts, {}", variable.name,
                      grid.describe()));
  const std::vector<double> values = file.read_values(variable);
  if (values.size() != static_cast<std::size_t>(grid.points()))
    unfit(
        ErrorKind::input_corrupt, file,
        fmt::format("{} has {} values, the grid {}", variable.name, values.size(), grid.points()));
  std::vector<float> weights(values.size());
  const auto nlon = static_cast<std::size_t>(grid.nlon());
  const auto nlat = static_cast<std::size_t>(grid.nlat());
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (!(values[p] >= 0.0 && values[p] <= 1.0))  // NaN too
      unfit(ErrorKind::input_corrupt, file,
            fmt::format("{} is {} at row {}, column {}", variable.name, values[p], p / nlon,
                        p % nlon));
    const std::size_t row = northwards ? nlat - 1 - p / nlon : p / nlon;
    weights[row * nlon + p % nlon] = static_cast<float>(values[p]);
  }
  return weights;
}

void cut_meridians(double west, double east, const Grid& grid, std::vector<float>& weights) {
  const std::vector<double> longitudes = grid.longitudes_deg();
  if (weights.empty()) weights.assign(static_cast<std::size_t>(grid.points()), 1.0F);
  const double width = east - west;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    if (eastwards(west, longitudes[p % longitudes.size()]) > width) weights[p] = 0.0F;
  }
}

}  // namespace

void add_region_keys(Schema& schema) {
  Schema& region = schema.section_list(
      "regions", "Regions scored beside the standard ones: bands of latitude, boxes, masks");
  region.text("name", "As in scores.nc: lower-case letters, digits and underscores").required();
  region.text("title", "For people; absent: the name");
  region.number("south", "Southern edge").default_to(-90.0).range(-90, 90).unit("degrees");
  region.number("north", "Northern edge").default_to(90.0).range(-90, 90).unit("degrees");
  region.number("west", "Western edge; the box goes eastwards from there")
      .range(-360, 360)
      .unit("degrees");
  region.number("east", "Eastern edge").range(-360, 720).unit("degrees");
  region.path("mask",
              "NetCDF file of weights 0 to 1 on the grid, times the area: land, sea, a catchment");
  region.text("variable", "Its variable; absent: the only one");
}

std::vector<diag::Region> read_regions(const std::vector<Config>& entries, const Grid& grid) {
  std::vector<diag::Region> regions;
  const std::vector<double> latitudes = grid.latitudes_deg();
  for (const Config& entry : entries) {
    const std::string name = entry.text("name");
    const auto refuse = [&](const char* key, const std::string& problem) {
      throw entry.complaint(key, "E2735", problem);
    };
    if (!is_identifier(name))
      refuse("name", fmt::format("'{}' cannot name a region (it is part of file formats) write "
                                 "lower-case letters, digits and underscores",
                                 name));
    const auto taken = [&](const auto& list) {
      return std::any_of(list.begin(), list.end(), [&](const auto& r) { return r.name == name; });
    };
    if (taken(regions) || taken(diag::standard_regions()) || name == "domain")
      refuse("name", fmt::format("there is another region '{}' (names tell them apart) choose "
                                 "another name",
                                 name));
    if (std::any_of(latitudes.begin(), latitudes.end(), [](double v) { return std::isnan(v); }))
      refuse("name", fmt::format("region '{}' on the {} grid (its rows are no parallels) remove it",
                                 name, grid.describe()));
    diag::Region region{name, entry.has("title") ? entry.text("title") : name,
                        entry.number("south"), entry.number("north")};
    if (region.south_deg >= region.north_deg)
      refuse("south", fmt::format("region '{}' goes from {} to {} degrees north (nothing is in "
                                  "between) exchange south and north",
                                  name, region.south_deg, region.north_deg));
    if (entry.has("west") != entry.has("east"))
      refuse(entry.has("west") ? "west" : "east",
             fmt::format("region '{}' has one meridian (a box has two) give west and east", name));
    if (entry.has("variable") && !entry.has("mask"))
      refuse("variable", fmt::format("region '{}' has a variable but no mask (nothing would be "
                                     "read) give mask",
                                     name));
    if (entry.has("mask")) region.weights = read_mask(entry, grid);
    if (entry.has("west")) {
      const double west = entry.number("west"), east = entry.number("east");
      if (!(east > west && east - west <= 360.0))
        refuse("east", fmt::format("region '{}' goes eastwards from {} to {} degrees (that is no "
                                   "part of a circle) write for example west: 350, east: 380, or "
                                   "west: -10, east: 20",
                                   name, west, east));
      cut_meridians(west, east, grid, region.weights);
    }
    regions.push_back(std::move(region));
  }
  return regions;
}

}  // namespace myriad::pipelines
