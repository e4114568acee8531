#pragma once
/// \file
/// Field series in CF NetCDF files, one or many.

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/io/field_series.hpp"
#include "src/io/netcdf_axes.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/io/netcdf_plane.hpp"

namespace myriad::io {

/// Reader behind open_field_series for NetCDF.
///
/// Files may be split by time, by variable or both. A channel is found as a variable of its own
/// ("u850") or as a level of a variable with a pressure axis ("u", any of its aliases, or its
/// standard name). Dimensions may come in any order, latitudes in either direction, longitudes from
/// any node. Values may be packed. Extra dimensions of length 1 are ignored; longer ones need
/// SeriesOptions::fixed_indices.
class NetcdfSeries final : public FieldSeries {
 public:
  explicit NetcdfSeries(const SeriesOptions& options);
  ~NetcdfSeries() override;

  std::optional<Instant> forecast_reference_time() const override { return reference_time_; }
  std::optional<std::int64_t> realization() const override { return realization_; }

 private:
  /// Where one channel lies in one file.
  struct Source {
    std::size_t file = 0;
    std::size_t order = 0;   ///< index in orders_
    detail::Plane plane;     ///< with the fixed indices filled in
    int time_position = -1;  ///< position of the time dimension in plane.start, -1: none
    Channel channel;
    std::vector<Instant> times;
  };
  /// Where one channel at one time lies.
  struct Place {
    std::uint32_t source = 0;
    std::uint32_t index = 0;
  };
  struct OpenFile {
    std::size_t index;
    NetcdfFile file;
  };

  const std::string& read_field(std::int64_t time_index, std::int64_t channel_index,
                                std::span<float> out) override;

  void scan_file(std::size_t index, const SeriesOptions& options,
                 std::vector<ChannelRequest>& requests, std::vector<std::vector<Source>>& sources);
  std::size_t adopt_grid(const detail::Orientation& orientation, const std::string& file,
                         const SeriesOptions& options);
  void join_times(const SeriesOptions& options, const std::vector<ChannelRequest>& requests,
                  std::vector<std::vector<Source>>& sources);
  const NetcdfFile& opened(std::size_t index);

  std::vector<detail::PlaneOrder> orders_;
  std::vector<std::vector<Source>> sources_;  ///< per channel
  std::vector<std::vector<Place>> places_;    ///< per channel and time
  std::list<OpenFile> open_;                  ///< most recently used first
  detail::PlaneReader reader_;
  std::optional<Instant> reference_time_;
  std::optional<std::int64_t> realization_;
};

}  // namespace myriad::io
