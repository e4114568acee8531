#include "pipelines/common/analysis_fields.hpp"

#include <algorithm>
#include <filesystem>

#include "src/base/log.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {

AnalysisFields::AnalysisFields(const std::vector<std::string>& files,
                               const std::vector<io::Channel>& channels, const Grid& grid,
                               const std::string& where) {
  io::SeriesOptions options;
  options.files = files;
  options.channels = io::requests_for(channels);
  options.time_check = io::TimeCheck::increasing;
  options.expected_grid = grid;
  for (const io::Channel& channel : channels) options.may_be_missing.push_back(channel.name);
  series_ = io::open_field_series(options);
  const std::string& first = series_->files().front();
  description_ = std::filesystem::path(first).filename().string();
  if (!io::is_grib_file(first)) {
    const auto title = io::NetcdfFile::open(first).text_attribute(nullptr, "title");
    if (title) description_ = *title;
  }
  std::string names;
  for (const std::string& path : series_->files()) {
    if (!names.empty()) names += ", ";
    names += std::filesystem::path(path).filename().string();
  }
  provenance_ = {{"Verified against", names}};
  for (const std::string& note : series_->notes()) log_info(where, "{}", note);
}

bool AnalysisFields::read(const Instant& time, std::size_t channel, std::span<float> out) {
  const auto index = series_->find(time);
  if (!index) return false;
  const auto which = static_cast<std::int64_t>(channel);
  series_->read(*index, {&which, 1}, out);
  return !std::all_of(out.begin(), out.end(), [](float v) { return v != v; });
}

}  // namespace myriad::pipelines
