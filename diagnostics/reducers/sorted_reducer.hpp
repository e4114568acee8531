#pragma once
/// \file
/// Reducers that need the members in ascending order at each point.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/reducers/statistics_axes.hpp"
#include "kernels/sort_columns.hpp"

namespace myriad::diag {

/// A few neighbouring points of a tile with their members in ascending order.
struct SortedColumns {
  std::size_t channel = 0;
  std::size_t lead = 0;
  std::int64_t first_point = 0;  ///< in the tile
  std::int64_t first_on_grid = 0;
  std::int64_t points = 0;        ///< 1..k_sort_columns
  std::span<const float> values;  ///< [member][k_sort_columns]; only `points` columns hold data

  std::int64_t members() const {
    return static_cast<std::int64_t>(values.size()) / kernels::k_sort_columns;
  }
  /// The value of \p rank (0 the smallest) of each column.
  const float* row(std::int64_t rank) const {
    return values.data() + rank * kernels::k_sort_columns;
  }
  /// Members of \p column below \p value.
  std::int64_t below(std::int64_t column, double value) const;
  /// Members of \p column at or below \p value.
  std::int64_t at_or_below(std::int64_t column, double value) const;
};

/// A reducer without a record that works on sorted columns.
///
/// The columns of a point do not depend on the tile, so that its results do not either.
class SortedReducer : public Reducer {
 public:
  explicit SortedReducer(StatisticsAxes axes) : axes_(std::move(axes)) {}

  std::size_t record_size(std::int64_t) const override { return 0; }
  void reduce(const EnsembleTile& tile, std::span<float> maps, std::span<double> record) final;
  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}
  std::size_t scratch_bytes(std::size_t members, std::size_t) const override {
    return members * kernels::k_sort_columns * sizeof(float);
  }

  const StatisticsAxes& axes() const { return axes_; }
  /// maps [field][point of the tile], of which those of the columns are to be filled.
  virtual void reduce_columns(const SortedColumns& columns, std::size_t tile_points,
                              std::span<float> maps) = 0;

 private:
  StatisticsAxes axes_;
  std::vector<float> sorted_;
};

/// One reducer that sorts every point once for all \p parts; its maps are theirs, one after the
/// other. All parts must have the same axes.
/// Cost: sorting 7,424 members at 2,048 points takes about a fifth of a second of one core; the
/// parts add little.
std::unique_ptr<SortedReducer> share_sorting(std::vector<std::unique_ptr<SortedReducer>> parts);

}  // namespace myriad::diag
