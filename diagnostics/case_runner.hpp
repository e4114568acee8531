#pragma once
/// \file
/// Scores one case into a start's record: moments and ranks of every region, spectra.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/ranks.hpp"
#include "diagnostics/spectra.hpp"
#include "diagnostics/verification.hpp"
#include "diagnostics/wind_spectra.hpp"

namespace myriad::diag {

/// Which grid points count how much in a rank histogram.
enum class RankWeighting : std::uint8_t {
  area,   ///< every point by its area
  equal,  ///< every point of the region alike
};

struct CaseOptions {
  RankWeighting rank_weighting = RankWeighting::area;
  std::uint64_t seed = 0;              ///< of the draws that split ties
  std::int64_t spectrum_members = 16;  ///< members whose spectra are averaged; the first ones
};

/// Full fields [lat, lon] of a case whose spectra are kept; those that do not exist are empty.
struct SpectrumFields {
  std::span<const float> truth, mean, control, persistence, climate_mean;
  std::int64_t members = 0;  ///< that are scored
  /// Writes the field of member i.
  std::function<void(std::int64_t, std::span<float>)> member;
};

/// Both components of the wind of a case, full fields [lat, lon].
struct WindFields {
  std::span<const float> truth_eastward, truth_northward;
  std::span<const float> mean_eastward, mean_northward;  ///< of the ensemble
  std::int64_t members = 0;                              ///< that are scored
  /// Writes both components of member i.
  std::function<void(std::int64_t, std::span<float>, std::span<float>)> member;
};

/// Applies the verification to cases, whole or in bands of rows (large ensembles on fine grids do
/// not fit in memory at once).
///
/// A case is scored row by row: score_rows() turns any band into numbers per row, anywhere; store()
/// makes the scores of all rows together. `myriad verify` and the scores of a running forecast both
/// go this way, so that they agree to the bit. A region whose points have weights of their own
/// needs numbers of the rows of its own; all the others share theirs.
class CaseRunner {
 public:
  CaseRunner(kernels::Backend& backend, const VerificationShape& shape, const CaseOptions& options);

  /// Numbers that score_rows() makes of one row: its moments, rank counts and families, once for
  /// all regions without weights of points and once for each region with such; and the zonal mean
  /// of the truth.
  std::size_t row_record_size() const;
  /// Score the rows [first_row, first_row + fields.nlat), whose members \p columns hold.
  ///
  /// \param number of case_number()
  /// Shapes: record [row, row_record_size()]. An ensemble with fewer members than rank bins - 1
  /// fills the first members + 1 bins. Errors: ErrorKind::input_corrupt (E2510) when truth
  /// holds a value that is not finite. Preconditions: the members are finite. Determinism: bitwise;
  /// a row's numbers do not depend on the band.
  void score_rows(std::size_t channel, std::size_t lead, std::uint32_t number,
                  MemberColumns& columns, const CaseFields& fields, std::int64_t first_row,
                  std::span<double> record) const;
  /// Store moments, ranks and zonal means of a case; \p rows [lat, row_record_size()] of the whole grid.
  void store(std::size_t channel, std::size_t lead, std::span<const double> rows,
             StartRecord& record) const;
  /// Store all spectra of a case; those of members are means over the first spectrum_members().
  void store_spectra(std::size_t channel, std::size_t lead, const SpectrumFields& fields,
                     StartRecord& record);
  /// Store the spectra of the wind of pair number \p pair of the shape; those of members are means
  /// over the first spectrum_members().
  void store_wind_spectra(std::size_t pair, std::size_t lead, const WindFields& fields,
                          StartRecord& record);
  bool wants_spectra() const { return analyser_ != nullptr; }
  std::int64_t spectrum_members() const { return options_.spectrum_members; }

  /// Begin a case whose bands come one by one.
  void begin(std::size_t channel, std::size_t lead, std::uint32_t number);
  /// Add the rows [first_row, first_row + fields.nlat). Bands must cover the grid once, in any
  /// order. Errors: those of score_rows(), and E2510 for a member that is not finite.
  /// \param mean, spread [lat, lon] of the rows or empty: receive the ensemble mean and standard
  /// deviation (divisor N - 1; 0 for one member)
  void add_rows(const CaseFields& fields, std::int64_t first_row, std::span<float> mean = {},
                std::span<float> spread = {});
  /// Finish the case and store its moments and ranks.
  void finish(StartRecord& record);

 private:
  /// Moments, rank counts and families of a row, by one set of weights.
  std::size_t layer_size() const;
  void store_zonal_means(std::size_t channel, std::size_t lead, std::span<const double> rows,
                         std::span<const Moments> moments, StartRecord& record) const;
  /// \p record [row, row_record_size()]; writes layer number \p layer.
  void score_layer(const CaseRows& rows, const MemberErrors& errors, std::size_t layer,
                   std::span<double> record) const;

  kernels::Backend& backend_;
  const VerificationShape& shape_;
  CaseOptions options_;
  std::vector<std::vector<double>> weights_;       ///< [region][lat], by area
  std::vector<std::vector<double>> rank_weights_;  ///< [region][lat]
  std::vector<std::size_t> layers_;                ///< [region] which numbers of a row are its
  std::vector<std::size_t> weighted_;              ///< [layer - 1] region whose weights it has
  std::unique_ptr<SpectrumAnalyser> analyser_;
  std::unique_ptr<WindAnalyser> wind_analyser_;
  MemberColumns columns_;
  std::size_t channel_ = 0;
  std::size_t lead_ = 0;
  std::uint32_t number_ = 0;
  std::vector<double> rows_;  ///< [lat, row_record_size()]
};

}  // namespace myriad::diag
