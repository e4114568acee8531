#include "pipelines/verify/shown_extremes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/reducers/extreme_index_reducer.hpp"
#include "src/base/error.hpp"

namespace myriad::pipelines {
namespace {

/// How the maps of the reducer are drawn, in its order.
struct Style {
  const char* heading;
  diag::ColourMap colour_map;
  std::vector<double> levels;
};

const std::vector<Style>& styles() {
  static const std::vector<double> shifts{0.0, 0.5, 1.0, 2.0,
                                          4.0};  // from 0 on the tail is heavier
  static const std::vector<Style> all{
      {"Extreme forecast index",
       diag::ColourMap::diverging,
       {-0.9, -0.7, -0.5, -0.3, 0.3, 0.5, 0.7, 0.9}},
      {"Shift of the upper tail", diag::ColourMap::sequential, shifts},
      {"Shift of the lower tail", diag::ColourMap::sequential, shifts}};
  return all;
}

std::shared_ptr<const diag::ClimateQuantiles> open_climate(const std::string& file,
                                                           const diag::StatisticsAxes& axes) {
  std::vector<Instant> valid;
  for (Duration lead : axes.leads) valid.push_back(axes.start + lead);
  return std::make_shared<diag::ClimateQuantiles>(file, axes.grid, axes.channels, valid);
}

std::string estimator_of(const ReducedField& field) {
  std::string estimator;
  for (const auto& [name, value] : field.attributes) {
    if (name == "MYRIAD_estimator") estimator = std::get<std::string>(value);
  }
  return estimator;
}

}  // namespace

ShownExtremes::ShownExtremes(Backend& backend, const std::string& climate_file,
                             const diag::StatisticsAxes& axes)
    : axes_(axes), climate_(open_climate(climate_file, axes)), columns_(backend) {
  reducers_.push_back(diag::make_extreme_index_reducer(axes_, climate_));
  fields_.assign(styles().size(),
                 std::vector<float>(static_cast<std::size_t>(axes_.grid.points())));
}

void ShownExtremes::add_rows(std::size_t channel, std::size_t lead, std::int64_t first_row,
                             std::int64_t rows, std::span<const float> members) {
  if (!climate_->has(channel)) return;
  EnsembleTile tile;
  tile.channel = channel;
  tile.lead = lead;
  tile.first_row = first_row;
  tile.rows = rows;
  tile.nlon = axes_.grid.nlon();
  const auto points = static_cast<std::size_t>(tile.points());
  MYRIAD_EXPECT(!members.empty() && members.size() % points == 0);
  std::vector<std::uint32_t> numbers(members.size() / points);
  std::iota(numbers.begin(), numbers.end(), 0U);
  tile.members = numbers;
  tile.values = members;
  tile.member_step = tile.points();
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<double>> records;
  reduce_tile(reducers_, tile, columns_, maps, records);
  MYRIAD_EXPECT(maps.front().size() == fields_.size() * points);
  for (std::size_t k = 0; k < fields_.size(); ++k) {
    std::copy_n(maps.front().begin() + static_cast<std::ptrdiff_t>(k * points), points,
                fields_[k].begin() + static_cast<std::ptrdiff_t>(first_row * tile.nlon));
  }
}

void ShownExtremes::finish_case(std::size_t channel, std::size_t lead) {
  const std::vector<ReducedField> described = reducers_.front()->fields(channel);
  for (std::size_t k = 0; k < described.size(); ++k) {
    const bool exists =
        std::any_of(fields_[k].begin(), fields_[k].end(), [](float v) { return std::isfinite(v); });
    if (!exists) continue;
    panels_.push_back(
        {channel, axes_.leads[lead].in_hours(), styles()[k].heading,
         fmt::format("{}, climate: {}", estimator_of(described[k]), climate_->title()), "1",
         styles()[k].colour_map, styles()[k].levels, fields_[k]});
  }
}

void ShownExtremes::add_to(diag::Report& report) const {
  report.fields.insert(report.fields.end(), panels_.begin(), panels_.end());
}

}  // namespace myriad::pipelines
