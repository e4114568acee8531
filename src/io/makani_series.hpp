#pragma once
/// \file
/// Field series in makani's HDF5 archives (sfno.md 4.7).

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "src/io/field_series.hpp"
#include "src/io/hdf5_file.hpp"
#include "src/io/netcdf_axes.hpp"

namespace myriad::io {

/// Reader behind open_field_series for archives of one dataset fields [time, channel, lat, lon].
///
/// Channel names, latitudes and longitudes come from the datasets `channel`, `lat`, `lon` of the
/// file or from a metadata file data.json (coords.channel, coords.lat, coords.lon, dhours,
/// h5_path); times from the dataset `timestamp` (seconds since 1970) or from the year in the file
/// name and dhours. Units are those of the channel table (SI), which the format implies.
class MakaniSeries final : public FieldSeries {
 public:
  explicit MakaniSeries(const SeriesOptions& options);
  ~MakaniSeries() override;

 private:
  struct FileInfo {
    std::vector<std::int64_t> channels;  ///< per channel of the series: index in the file
    std::vector<Instant> times;
  };
  struct Place {
    std::uint32_t file = 0;
    std::uint32_t index = 0;
  };
  struct OpenFile {
    std::size_t index;
    detail::Hdf5File file;
  };

  const std::string& read_field(std::int64_t time_index, std::int64_t channel_index,
                                std::span<float> out) override;
  detail::Hdf5File& opened(std::size_t index);

  std::string dataset_ = "fields";
  std::vector<std::int32_t> rows_;
  std::vector<std::int32_t> columns_;
  std::vector<FileInfo> file_infos_;
  std::vector<Place> places_;  ///< per time
  std::list<OpenFile> open_;
  std::vector<float> stored_;
  std::vector<double> scales_;  ///< per channel, from the archive's unit to ours
};

}  // namespace myriad::io
