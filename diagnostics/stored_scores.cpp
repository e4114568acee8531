#include "diagnostics/stored_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/wind_spectra.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void not_scores(const io::NetcdfFile& file, const std::string& why) {
  throw Error(ErrorKind::input_corrupt, "E2560",
              fmt::format("{} cannot be read as scores ({}) make it again with 'myriad verify'",
                          file.path(), why));
}

const io::NcVariable& required(const io::NetcdfFile& file, const char* name) {
  const io::NcVariable* variable = file.find(name);
  if (variable == nullptr) not_scores(file, fmt::format("it has no variable {}", name));
  return *variable;
}

std::size_t whole_number(const io::NetcdfFile& file, const char* name) {
  const double value = file.read_values(required(file, name)).front();
  if (!(value >= 1.0 && value <= 1e9)) not_scores(file, fmt::format("{} is {}", name, value));
  return static_cast<std::size_t>(value);
}

std::string required_attribute(const io::NetcdfFile& file, const char* name) {
  const auto text = file.text_attribute(nullptr, name);
  if (!text) not_scores(file, fmt::format("it lacks the attribute {}", name));
  return *text;
}

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> numbers;
  for (const Json& entry : list.as_array()) numbers.push_back(entry.as_double());
  return numbers;
}

/// A window or points: their coordinates are in the file.
Grid part_of(const io::NetcdfFile& file, const std::string& text) {
  const Json part = parse_json(text, file.path());
  auto rows = numbers_of(part.at("rows")), columns = numbers_of(part.at("columns"));
  if (rows.empty() || columns.empty()) not_scores(file, "its part of the sphere is empty");
  const std::string& kind = part.at("kind").as_string();
  if (kind == "window") return Grid::window(std::move(rows), std::move(columns));
  if (kind != "points") not_scores(file, "its part of the sphere is of the kind '" + kind + "'");
  return Grid::points(std::move(rows), std::move(columns));
}

/// "legendre-gauss 32x64", or the part of the sphere beside it.
Grid grid_of(const io::NetcdfFile& file) {
  if (const auto part = file.text_attribute(nullptr, "MYRIAD_grid_part")) return part_of(file, *part);
  const std::string text = required_attribute(file, "MYRIAD_grid");
  const std::size_t blank = text.find(' '), times = text.find('x', blank);
  std::int64_t extents[2] = {0, 0};
  if (blank != std::string::npos && times != std::string::npos) {
    const char* parts[2] = {text.c_str() + blank + 1, text.c_str() + times + 1};
    for (int i = 0; i < 2; ++i) extents[i] = std::strtoll(parts[i], nullptr, 10);
  }
  if (extents[0] < 3 || extents[1] < 4 || extents[0] > 100000 || extents[1] > 100000)
    not_scores(file, "the grid '" + text + "' is not understood");
  return Grid(grid_type_from_string(text.substr(0, blank)), extents[0], extents[1]);
}

std::vector<VerifiedChannel> channels_of(const io::NetcdfFile& file) {
  std::vector<VerifiedChannel> channels;
  const Json list = parse_json(required_attribute(file, "MYRIAD_channels"), file.path());
  for (const Json& entry : list.as_array()) {
    channels.push_back({entry.at("name").as_string(), entry.at("long_name").as_string(),
                        entry.at("units").as_string(), entry.at("standard_name").as_string()});
  }
  if (channels.empty()) not_scores(file, "it has no channel");
  return channels;
}

/// Names and bounds; the weights of points are not in the file.
std::vector<Region> regions_of(const io::NetcdfFile& file) {
  std::vector<Region> known = standard_regions();
  if (const auto text = file.text_attribute(nullptr, "MYRIAD_regions")) {  // absent in old files
    known.clear();
    const Json list = parse_json(*text, file.path());
    for (const Json& entry : list.as_array()) {
      known.push_back({entry.at("name").as_string(), entry.at("title").as_string(),
                       entry.at("south_deg").as_double(), entry.at("north_deg").as_double()});
    }
  }
  std::vector<Region> regions;
  for (const std::string& name : file.read_texts(required(file, "region"))) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Region& region) { return region.name == name; });
    if (found == known.end()) not_scores(file, "the region " + name + " is unknown");
    regions.push_back(*found);
  }
  return regions;
}

std::vector<Instant> dates_of(const io::NetcdfFile& file) {
  std::vector<Instant> dates;
  const io::NcVariable* variable = file.find("start");
  if (variable == nullptr) return dates;
  const CfTimeUnits units(
      file.text_attribute(variable, "units").value_or(""),
      calendar_from_string(file.text_attribute(variable, "calendar").value_or("standard")));
  for (double hours : file.read_values(*variable)) dates.push_back(units.decode(hours));
  return dates;
}

}  // namespace

StoredScores::StoredScores(const std::string& path)
    : shape_{Grid(GridType::legendre_gauss, 2, 4), {}, {}, {}, 0, 0, 0} {
  const io::NetcdfFile file = io::NetcdfFile::open(path);
  shape_.grid = grid_of(file);
  shape_.channels = channels_of(file);
  shape_.regions = regions_of(file);
  shape_.lead_hours = file.read_values(required(file, "lead_time"));
  shape_.members = static_cast<int>(whole_number(file, "members"));
  starts_ = whole_number(file, "starts");
  start_dates_ = dates_of(file);
  std::map<std::string, std::int64_t> lengths;
  for (const io::NcDimension& dimension : file.dimensions())
    lengths[dimension.name] = dimension.length;
  shape_.rank_bins = static_cast<int>(lengths["rank"]);
  shape_.lmax = lengths["degree"];
  shape_.winds = wind_pairs(shape_.channels);
  if (shape_.lead_hours.empty() || shape_.regions.empty()) not_scores(file, "an axis is empty");
  if (!start_dates_.empty() && start_dates_.size() != starts_)
    not_scores(file,
               fmt::format("it has {} starts and the dates of {}", starts_, start_dates_.size()));
  const auto cases = static_cast<std::int64_t>(shape_.regions.size() * shape_.lead_hours.size());
  for (const io::NcVariable& variable : file.variables()) {
    if (variable.type != io::NcType::f64 || variable.dimensions.empty()) continue;
    const auto names = file.dimension_names(variable);
    if (names == std::vector<std::string>{"lead_time"}) {
      values_.emplace(variable.name, file.read_values(variable));
      continue;
    }
    if (names.size() < 2) continue;
    // Spectra and zonal means.
    const bool along_lead = names.size() == 2 && names[0] == "lead_time";
    const bool by_start = names == std::vector<std::string>{"start", "region", "lead_time"};
    if (!along_lead && !by_start && (names[0] != "region" || names[1] != "lead_time")) continue;
    std::vector<double> values = file.read_values(variable);
    std::int64_t expected = cases;
    if (along_lead)
      expected = static_cast<std::int64_t>(shape_.lead_hours.size()) * lengths[names[1]];
    if (by_start) expected = cases * static_cast<std::int64_t>(starts_);
    if (names.size() == 3 && !by_start) expected *= lengths[names[2]];
    if (static_cast<std::int64_t>(values.size()) != expected)
      not_scores(file, variable.name + " has a wrong shape");
    values_.emplace(variable.name, std::move(values));
  }
}

const std::vector<double>* StoredScores::find(std::size_t channel, std::string_view suffix) const {
  const auto found = values_.find(fmt::format("{}_{}", shape_.channels[channel].name, suffix));
  return found == values_.end() ? nullptr : &found->second;
}

double StoredScores::score(const Score& score, std::size_t channel, std::size_t lead,
                           std::size_t region) const {
  const auto* values = find(channel, score.name);
  return values == nullptr ? k_absent : (*values)[place(lead, region)];
}

Interval StoredScores::interval(std::string_view score, std::size_t channel, std::size_t lead,
                                std::size_t region) const {
  const auto* values = find(channel, fmt::format("{}_interval", score));
  if (values == nullptr) return {k_absent, k_absent};
  const std::size_t at = 2 * place(lead, region);
  return {(*values)[at], (*values)[at + 1]};
}

std::vector<double> StoredScores::rank_histogram(std::size_t channel, std::size_t lead,
                                                 std::size_t region) const {
  const auto* values = find(channel, "rank_histogram");
  if (values == nullptr) return {};
  const auto bins = static_cast<std::size_t>(shape_.rank_bins);
  const auto begin = values->begin() + static_cast<std::ptrdiff_t>(place(lead, region) * bins);
  if (!std::isfinite(*begin)) return {};
  return {begin, begin + static_cast<std::ptrdiff_t>(bins)};
}

std::vector<double> StoredScores::at_lead(const std::string& name, std::size_t lead) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  const std::size_t size = found->second.size() / shape_.lead_hours.size();
  const auto begin = found->second.begin() + static_cast<std::ptrdiff_t>(lead * size);
  if (!std::isfinite(*begin)) return {};
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

std::vector<double> StoredScores::spectrum(std::size_t channel, std::size_t lead,
                                           SpectrumOf of) const {
  return at_lead(fmt::format("{}_spectrum_{}", shape_.channels[channel].name, to_string(of)), lead);
}

std::vector<double> StoredScores::zonal_mean(std::size_t channel, std::size_t lead,
                                             ZonalMeanOf of) const {
  return at_lead(fmt::format("{}_zonal_{}", shape_.channels[channel].name, to_string(of)), lead);
}

std::vector<double> StoredScores::wind_spectrum(std::size_t pair, std::size_t lead, WindPart part,
                                                WindOf of) const {
  return at_lead(fmt::format("{}_kinetic_energy_{}_{}", shape_.winds[pair].name, to_string(part),
                             to_string(of)),
                 lead);
}

std::vector<double> StoredScores::by_start(std::string_view score, std::size_t channel,
                                           std::size_t lead, std::size_t region) const {
  const auto* values = find(channel, fmt::format("{}_by_start", score));
  if (values == nullptr) return {};
  const std::size_t cases = shape_.regions.size() * shape_.lead_hours.size();
  std::vector<double> out;
  for (std::size_t s = 0; s < starts_; ++s)
    out.push_back((*values)[s * cases + place(lead, region)]);
  return out;
}

std::vector<double> StoredScores::extra(std::string_view name, std::size_t channel, std::size_t lead,
                                        std::size_t region) const {
  const auto* values = find(channel, name);
  if (values == nullptr) return {};
  const std::size_t size = values->size() / (shape_.regions.size() * shape_.lead_hours.size());
  const auto begin = values->begin() + static_cast<std::ptrdiff_t>(place(lead, region) * size);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

std::vector<double> StoredScores::lead_result(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<double>() : found->second;
}

}  // namespace myriad::diag
