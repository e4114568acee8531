#include "diagnostics/reducers/sorted_reducer.hpp"

#include <algorithm>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// First rank whose value in the column fails \p keep; values are partitioned by it.
template <class Keep>
std::int64_t partition_rank(const SortedColumns& columns, std::int64_t column, Keep&& keep) {
  std::int64_t low = 0, high = columns.members();
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (keep(static_cast<double>(columns.row(middle)[column]))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

class SharedSorting final : public SortedReducer {
 public:
  SharedSorting(const StatisticsAxes& axes, std::vector<std::unique_ptr<SortedReducer>> parts)
      : SortedReducer(axes), parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      std::vector<std::size_t>& counts = counts_.emplace_back();
      for (std::size_t c = 0; c < axes.channels.size(); ++c)
        counts.push_back(part->fields(c).size());
    }
  }

  std::string name() const override {
    std::string text;
    for (const auto& part : parts_) {
      if (!text.empty()) text += '+';
      text += part->name();
    }
    return text;
  }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    std::vector<ReducedField> all;
    for (const auto& part : parts_) {
      auto some = part->fields(channel);
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }

  void reduce_columns(const SortedColumns& columns, std::size_t tile_points,
                      std::span<float> maps) override {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::size_t size = counts_[i][columns.channel] * tile_points;
      parts_[i]->reduce_columns(columns, tile_points, maps.subspan(begin, size));
      begin += size;
    }
  }

 private:
  std::vector<std::unique_ptr<SortedReducer>> parts_;
  std::vector<std::vector<std::size_t>> counts_;  ///< [part][channel]: maps
};

}  // namespace

std::int64_t SortedColumns::below(std::int64_t column, double value) const {
  return partition_rank(*this, column, [value](double x) { return x < value; });
}

std::int64_t SortedColumns::at_or_below(std::int64_t column, double value) const {
  return partition_rank(*this, column, [value](double x) { return x <= value; });
}

void SortedReducer::reduce(const EnsembleTile& tile, std::span<float> maps,
                           std::span<double> record) {
  detail::check_tile(tile, axes_);
  const auto points = static_cast<std::size_t>(tile.points());
  MYRIAD_EXPECT(maps.size() == fields(tile.channel).size() * points && record.empty());
  constexpr auto k_columns = static_cast<std::size_t>(kernels::k_sort_columns);
  sorted_.assign(tile.members.size() * k_columns, 0.0F);
  for (std::size_t first = 0; first < points; first += k_columns) {
    const std::size_t count = std::min(k_columns, points - first);
    for (std::size_t i = 0; i < tile.members.size(); ++i) {
      const float* from = tile.values.data() + i * points + first;
      float* to = sorted_.data() + i * k_columns;
      for (std::size_t j = 0; j < count; ++j) to[j] = from[j] + 0.0F;  // -0 becomes +0
    }
    kernels::sort_columns(sorted_.data(), static_cast<std::int64_t>(tile.members.size()));
    SortedColumns columns;
    columns.channel = tile.channel;
    columns.lead = tile.lead;
    columns.first_point = static_cast<std::int64_t>(first);
    columns.first_on_grid = tile.first_row * tile.nlon + columns.first_point;
    columns.points = static_cast<std::int64_t>(count);
    columns.values = sorted_;
    reduce_columns(columns, points, maps);
  }
}

std::unique_ptr<SortedReducer> share_sorting(std::vector<std::unique_ptr<SortedReducer>> parts) {
  MYRIAD_EXPECT(!parts.empty());
  const StatisticsAxes axes = parts.front()->axes();
  return std::make_unique<SharedSorting>(axes, std::move(parts));
}

}  // namespace myriad::diag
