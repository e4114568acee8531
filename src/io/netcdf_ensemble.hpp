#pragma once
/// \file
/// Ensembles in CF NetCDF files. Internal to src/io.

#include <list>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/io/ensemble_dims.hpp"
#include "src/io/ensemble_series.hpp"
#include "src/io/netcdf_match.hpp"
#include "src/io/netcdf_plane.hpp"

namespace myriad::io {

/// Reader behind open_ensemble_series for NetCDF.
///
/// Files may be split by member, start, lead, variable or any of them; each is recognised by
/// itself.
class NetcdfEnsemble final : public EnsembleSeries {
 public:
  explicit NetcdfEnsemble(const EnsembleOptions& options);

 private:
  /// How the fields of a block lie in its variable.
  struct Source {
    detail::Plane plane;
    std::size_t order = 0;    ///< index in orders_
    int first_position = -1;  ///< of the start or valid dimension in plane.start; -1: none
    int lead_position = -1;
    int member_position = -1;
  };

  void read_field(std::size_t block, const Block::Time& time, std::int64_t member_position,
                  std::span<float> out) override;
  void scan_file(std::size_t index, const EnsembleOptions& options,
                 std::vector<ChannelRequest>& requests, std::vector<Block>& blocks,
                 std::set<std::string>& notes);
  std::size_t adopt_grid(const detail::Orientation& orientation, const std::string& file,
                         const EnsembleOptions& options);
  const NetcdfFile& opened(std::size_t index);

  std::vector<detail::PlaneOrder> orders_;
  std::vector<Source> sources_;                         ///< [block]
  std::list<std::pair<std::size_t, NetcdfFile>> open_;  ///< most recently used first
  detail::PlaneReader reader_;
  std::optional<Calendar> calendar_;
};

}  // namespace myriad::io
