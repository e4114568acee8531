#pragma once
/// \file
/// Statistics over all members, computed from the tiles that the forecast has filled.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipelines/forecast/forecast_setup.hpp"
#include "src/comm/comm.hpp"
#include "src/statistics/reducer.hpp"
#include "src/statistics/tile_exchange.hpp"

namespace myriad::pipelines {

/// Members (slots) that count at a date.
using SlotsOf = std::function<std::vector<std::size_t>(std::size_t date)>;

/// Reduces tiles to products/*.nc. The ranks reduce the tiles they own; the root writes.
class EnsembleStatistics {
 public:
  /// Reads climatologies and analyses (NetCDF: before any writer thread starts).
  /// Errors: config_invalid, input_missing, input_corrupt naming the key or file.
  explicit EnsembleStatistics(const ForecastSetup& setup);
  ~EnsembleStatistics();

  const TileLayout& layout() const { return layout_; }
  /// Bytes a rank needs on the host, beside the tiles, to reduce one.
  std::uint64_t scratch_bytes() const;
  /// Bytes that reducing takes on a device; 0 where the host computes.
  std::uint64_t device_bytes() const;

  /// Collective. Reduce the leads [first_lead, last_lead) of every date and publish one file per date on the root.
  /// Returns the paths relative to the run's folder (on the root).
  /// Errors: those of the reducers, agreed on.
  std::vector<std::string> reduce(Comm& comm, const PieceStore& store, std::size_t first_lead, std::size_t last_lead,
                                  const SlotsOf& slots_of);

  /// On the root, when all leads are reduced: write the scores of every date that has some. Returns the paths.
  std::vector<std::string> write_scores() const;

 private:
  struct Date;
  struct Product;
  struct TileResult;
  struct CaseResult;
  void make_reducers(const ForecastDate& date);
  std::uint64_t column_bytes() const;
  std::string reduce_date(Comm& comm, const PieceStore& store, std::size_t date, std::size_t first_lead,
                          std::size_t last_lead, const std::vector<std::size_t>& slots);
  std::unique_ptr<Product> open_product(std::size_t date, std::size_t first_lead, std::size_t last_lead,
                                        std::size_t members) const;
  TileResult reduce_band(const Date& date, const PieceStore& store, std::size_t case_number, std::size_t band,
                         const std::vector<std::size_t>& slots) const;
  CaseResult collect(Comm& comm, const Date& date, std::size_t case_number, std::vector<TileResult>& mine) const;

  const ForecastSetup& setup_;
  std::unique_ptr<MemberColumns> columns_;
  TileLayout layout_;
  std::vector<std::unique_ptr<Date>> dates_;
};

}  // namespace myriad::pipelines
