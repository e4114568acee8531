#pragma once
/// \file
/// The results of a verification read back from its `scores.nc`.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/verification.hpp"
#include "src/base/time.hpp"

namespace myriad::diag {

/// A score file as ScoreResults: every number is the one that was written, absent ones are NaN.
///
/// Scores are found by name, so that files of other versions can be read as long as they hold the
/// axes. *Errors* those of NetcdfFile::open; input_corrupt E2560 (not a score file of `myriad
/// verify`, or one without MYRIAD_channels).
class StoredScores final : public ScoreResults {
 public:
  explicit StoredScores(const std::string& path);

  /// Dates of the starts; empty in files without them.
  const std::vector<Instant>& start_dates() const { return start_dates_; }

  const VerificationShape& shape() const override { return shape_; }
  std::size_t starts() const override { return starts_; }
  double score(const Score& score, std::size_t channel, std::size_t lead,
               std::size_t region) const override;
  Interval interval(std::string_view score, std::size_t channel, std::size_t lead,
                    std::size_t region) const override;
  std::vector<double> rank_histogram(std::size_t channel, std::size_t lead,
                                     std::size_t region) const override;
  std::vector<double> spectrum(std::size_t channel, std::size_t lead, SpectrumOf of) const override;
  std::vector<double> zonal_mean(std::size_t channel, std::size_t lead,
                                 ZonalMeanOf of) const override;
  std::vector<double> wind_spectrum(std::size_t pair, std::size_t lead, WindPart part,
                                    WindOf of) const override;
  std::vector<double> by_start(std::string_view score, std::size_t channel, std::size_t lead,
                               std::size_t region) const override;
  std::vector<double> extra(std::string_view name, std::size_t channel, std::size_t lead,
                            std::size_t region) const override;
  std::vector<double> lead_result(std::string_view name) const override;

 private:
  /// Values of <channel>_<suffix>; null when the file has none.
  const std::vector<double>* find(std::size_t channel, std::string_view suffix) const;
  /// Values of variable \p name [lead, size] at \p lead; empty when absent.
  std::vector<double> at_lead(const std::string& name, std::size_t lead) const;
  std::size_t place(std::size_t lead, std::size_t region) const {
    return region * shape_.lead_hours.size() + lead;
  }
  VerificationShape shape_;
  std::size_t starts_ = 0;
  std::vector<Instant> start_dates_;
  std::map<std::string, std::vector<double>, std::less<>> values_;
};

}  // namespace myriad::diag
