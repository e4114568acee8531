#include "diagnostics/case_runner.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// \p what and the grid point of the first value that is not finite end up in the message.
void check_finite(std::span<const float> field, const char* what, const VerificationShape& shape,
                  std::size_t channel, std::size_t lead, std::int64_t first_row) {
  const auto bad =
      std::find_if(field.begin(), field.end(), [](float v) { return !std::isfinite(v); });
  if (bad == field.end()) return;
  const std::int64_t nlon = shape.grid.nlon();
  const std::int64_t point = bad - field.begin();
  const std::int64_t row = first_row + point / nlon;
  throw Error(ErrorKind::input_corrupt, "E2510",
              fmt::format("{} of {} at lead {} h cannot be scored (row {}, column {} is {}) check "
                          "that file or leave the "
                          "lead out",
                          what, shape.channels[channel].name, shape.lead_hours[lead], row,
                          point % nlon, *bad));
}

}  // namespace

CaseRunner::CaseRunner(kernels::Backend& backend, const VerificationShape& shape,
                       const CaseOptions& options)
    : backend_(backend),
      shape_(shape),
      options_(options),
      rows_(static_cast<std::size_t>(shape.grid.nlat())),
      ranks_(shape.regions.size(), std::vector<double>(static_cast<std::size_t>(shape.rank_bins))) {
  const auto latitudes = shape.grid.latitudes_deg();
  const auto row_weights = shape.grid.row_weights();
  const std::vector<double> equal(row_weights.size(), 1.0);
  for (const Region& region : shape.regions) {
    weights_.push_back(region_weights(latitudes, row_weights, region));
    rank_weights_.push_back(options.rank_weighting == RankWeighting::area
                                ? weights_.back()
                                : region_weights(latitudes, equal, region));
  }
  if (shape.lmax > 0) {
    analyser_ = std::make_unique<SpectrumAnalyser>(backend, shape.grid);
    MYRIAD_EXPECT(analyser_->lmax() == shape.lmax);
  }
}

void CaseRunner::begin(std::size_t channel, std::size_t lead, std::uint32_t case_number) {
  channel_ = channel;
  lead_ = lead;
  case_number_ = case_number;
  for (auto& histogram : ranks_) std::fill(histogram.begin(), histogram.end(), 0.0);
}

void CaseRunner::add_rows(const CaseFields& fields, std::int64_t first_row) {
  MYRIAD_EXPECT(first_row >= 0 && first_row + fields.nlat <= shape_.grid.nlat() &&
                fields.nlon == shape_.grid.nlon());
  check_finite(fields.truth, "the verifying field", shape_, channel_, lead_, first_row);
  for (std::int64_t i = 0; i < fields.members; ++i) {
    check_finite(fields.ensemble.subspan(static_cast<std::size_t>(i * fields.points()),
                                         static_cast<std::size_t>(fields.points())),
                 "a member", shape_, channel_, lead_, first_row);
  }
  const auto first = static_cast<std::size_t>(first_row);
  const auto count = static_cast<std::size_t>(fields.nlat);
  row_moments(backend_, fields, std::span(rows_).subspan(first, count));
  if (fields.members < 2) return;
  const RankKey key{options_.seed, case_number_, first_row * fields.nlon};
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    add_ranks(fields, std::span<const double>(rank_weights_[r]).subspan(first, count), key,
              ranks_[r]);
  }
}

void CaseRunner::add_spectrum(StartRecord& record, SpectrumOf of, std::span<const float> fields,
                              std::int64_t count) {
  MYRIAD_EXPECT(wants_spectra());
  const auto mean = mean_spectrum(analyser_->power(fields, count), count);
  std::copy(mean.begin(), mean.end(), record.spectrum(channel_, lead_, of).begin());
}

void CaseRunner::finish(StartRecord& record) {
  for (std::size_t r = 0; r < shape_.regions.size(); ++r) {
    record.set_moments(channel_, lead_, r, area_mean(rows_, weights_[r]));
    std::copy(ranks_[r].begin(), ranks_[r].end(), record.ranks(channel_, lead_, r).begin());
  }
}

}  // namespace myriad::diag
