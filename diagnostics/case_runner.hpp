#pragma once
/// \file
/// Scores one case into a start's record: moments and ranks of every region, spectra.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "diagnostics/ranks.hpp"
#include "diagnostics/spectra.hpp"
#include "diagnostics/verification.hpp"

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

/// Applies the verification to cases, whole or in bands of rows (large ensembles on fine grids do
/// not fit in memory at once).
class CaseRunner {
 public:
  CaseRunner(kernels::Backend& backend, const VerificationShape& shape, const CaseOptions& options);

  /// Begin a case; \p case_number is unique per (start, channel, lead) and fixes the tie-splitting
  /// draws.
  void begin(std::size_t channel, std::size_t lead, std::uint32_t case_number);
  /// Add the rows [first_row, first_row + fields.nlat). Bands must cover the grid once, in any
  /// order.
  /// Errors: ErrorKind::input_corrupt (E2510) when truth or members hold a value that is not
  /// finite.
  void add_rows(const CaseFields& fields, std::int64_t first_row);
  /// Spectrum of full fields [count, lat, lon], averaged over them.
  void add_spectrum(StartRecord& record, SpectrumOf of, std::span<const float> fields,
                    std::int64_t count);
  bool wants_spectra() const { return analyser_ != nullptr; }
  std::int64_t spectrum_members() const { return options_.spectrum_members; }
  /// Finish the case and store its moments and ranks.
  void finish(StartRecord& record);

 private:
  kernels::Backend& backend_;
  const VerificationShape& shape_;
  CaseOptions options_;
  std::vector<std::vector<double>> weights_;       ///< [region][lat], by area
  std::vector<std::vector<double>> rank_weights_;  ///< [region][lat]
  std::unique_ptr<SpectrumAnalyser> analyser_;
  std::size_t channel_ = 0;
  std::size_t lead_ = 0;
  std::uint32_t case_number_ = 0;
  std::vector<Moments> rows_;
  std::vector<std::vector<double>> ranks_;  ///< [region][bin]
};

}  // namespace myriad::diag
