#include "diagnostics/case_runner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnostics/finite.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// \p what and the grid point of the first value that is not finite end up in the message.
void check_finite(std::span<const float> field, const char* what, const VerificationShape& shape,
                  std::size_t channel, std::size_t lead, std::int64_t first_row) {
  if (detail::all_finite(field)) return;
  const auto bad =
      std::find_if(field.begin(), field.end(), [](float v) { return !std::isfinite(v); });
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
    : backend_(backend), shape_(shape), options_(options), columns_(backend) {
  const auto latitudes = shape.grid.latitudes_deg();
  const auto row_weights = shape.grid.row_weights();
  const std::vector<double> equal(row_weights.size(), 1.0);
  for (std::size_t r = 0; r < shape.regions.size(); ++r) {
    const Region& region = shape.regions[r];
    MYRIAD_EXPECT(region.weights.empty() ||
                  region.weights.size() == static_cast<std::size_t>(shape.grid.points()));
    weights_.push_back(region_weights(latitudes, row_weights, region));
    rank_weights_.push_back(options.rank_weighting == RankWeighting::area
                                ? weights_.back()
                                : region_weights(latitudes, equal, region));
    if (!region.weights.empty()) weighted_.push_back(r);
    layers_.push_back(region.weights.empty() ? 0 : weighted_.size());
  }
  rows_.resize(static_cast<std::size_t>(shape.grid.nlat()) * row_record_size());
  if (shape.lmax > 0) {
    analyser_ = std::make_unique<SpectrumAnalyser>(backend, shape.grid);
    MYRIAD_EXPECT(analyser_->lmax() == shape.lmax);
    if (!shape.winds.empty()) wind_analyser_ = std::make_unique<WindAnalyser>(backend, shape.grid);
  }
}

std::size_t CaseRunner::layer_size() const {
  return k_moment_count + static_cast<std::size_t>(shape_.rank_bins) + shape_.family_record_size();
}

std::size_t CaseRunner::row_record_size() const {
  return (1 + weighted_.size()) * layer_size() + 1;
}

void CaseRunner::score_rows(std::size_t channel, std::size_t lead, std::uint32_t number,
                            MemberColumns& columns, const CaseFields& fields,
                            std::int64_t first_row, std::span<double> record) const {
  MYRIAD_EXPECT(first_row >= 0 && first_row + fields.nlat <= shape_.grid.nlat() &&
                fields.nlon == shape_.grid.nlon() && fields.weights.empty() &&
                record.size() == static_cast<std::size_t>(fields.nlat) * row_record_size());
  check_finite(fields.truth, "the verifying field", shape_, channel, lead, first_row);
  const MemberErrors errors = columns.errors(fields.truth);
  std::fill(record.begin(), record.end(), 0.0);
  for (std::size_t k = 0; k < static_cast<std::size_t>(fields.nlat); ++k) {
    double sum = 0.0;
    for (float y : fields.truth.subspan(k * static_cast<std::size_t>(fields.nlon),
                                        static_cast<std::size_t>(fields.nlon)))
      sum += static_cast<double>(y);
    record[(k + 1) * row_record_size() - 1] = sum / static_cast<double>(fields.nlon);
  }
  score_layer({columns, fields, channel, lead, first_row, number}, errors, 0, record);
  for (std::size_t layer = 1; layer <= weighted_.size(); ++layer) {
    CaseFields weighted = fields;
    weighted.weights = std::span<const float>(shape_.regions[weighted_[layer - 1]].weights)
                           .subspan(static_cast<std::size_t>(first_row * fields.nlon),
                                    static_cast<std::size_t>(fields.points()));
    // Families may have asked for other errors.
    score_layer({columns, weighted, channel, lead, first_row, number}, columns.errors(fields.truth),
                layer, record);
  }
}

void CaseRunner::score_layer(const CaseRows& case_rows, const MemberErrors& errors,
                             std::size_t layer, std::span<double> record) const {
  const CaseFields& fields = case_rows.fields;
  const auto count = static_cast<std::size_t>(fields.nlat);
  const std::int64_t members = case_rows.members.members();
  std::vector<Moments> rows(count);
  row_moments(case_rows.members, errors, fields, rows);
  const std::int64_t bins = std::min(static_cast<std::int64_t>(shape_.rank_bins), members + 1);
  std::vector<double> ranks(count * static_cast<std::size_t>(bins), 0.0), outliers(count);
  if (members > 1) {
    count_ranks(errors, members, fields.nlon,
                {options_.seed, case_rows.number, case_rows.first_row * fields.nlon}, bins, ranks,
                outliers, fields.weights);
    for (std::size_t k = 0; k < count; ++k)
      rows[k](CaseMoment::outlier) = outliers[k] / static_cast<double>(fields.nlon);
  }
  const auto begin_of = [&](std::size_t k) {
    return record.begin() +
           static_cast<std::ptrdiff_t>(k * row_record_size() + layer * layer_size());
  };
  for (std::size_t k = 0; k < count; ++k) {
    const auto row = begin_of(k);
    std::copy(rows[k].values().begin(), rows[k].values().end(), row);
    std::copy_n(ranks.begin() + static_cast<std::ptrdiff_t>(k) * bins, bins, row + k_moment_count);
  }
  std::ptrdiff_t begin = k_moment_count + shape_.rank_bins;
  for (const auto& family : shape_.families) {
    const std::size_t size = family->record_size();
    std::vector<double> values(count * size, std::numeric_limits<double>::quiet_NaN());
    family->score_rows(case_rows, values);
    for (std::size_t k = 0; k < count; ++k) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(k * size), size,
                  begin_of(k) + begin);
    }
    begin += static_cast<std::ptrdiff_t>(size);
  }
}

void CaseRunner::store(std::size_t channel, std::size_t lead, std::span<const double> rows,
                       StartRecord& record) const {
  const auto nlat = static_cast<std::size_t>(shape_.grid.nlat());
  const auto bins = static_cast<std::size_t>(shape_.rank_bins);
  MYRIAD_EXPECT(rows.size() == nlat * row_record_size());
  std::vector<std::vector<Moments>> moments(1 + weighted_.size(), std::vector<Moments>(nlat));
  std::vector<std::vector<double>> counts(moments.size(), std::vector<double>(nlat * bins));
  const auto layer_of = [&](std::size_t k, std::size_t layer) {
    return rows.subspan(k * row_record_size() + layer * layer_size(), layer_size());
  };
  for (std::size_t layer = 0; layer < moments.size(); ++layer) {
    for (std::size_t k = 0; k < nlat; ++k) {
      const auto row = layer_of(k, layer);
      std::copy_n(row.begin(), k_moment_count, moments[layer][k].values().begin());
      std::copy_n(row.begin() + k_moment_count, bins,
                  counts[layer].begin() + static_cast<std::ptrdiff_t>(k * bins));
    }
  }
  store_zonal_means(channel, lead, rows, moments[0], record);
  for (std::size_t r = 0; r < shape_.regions.size(); ++r) {
    const std::size_t layer = layers_[r];
    record.set_moments(channel, lead, r, area_mean(moments[layer], weights_[r]));
    const auto histogram = rank_histogram(counts[layer], rank_weights_[r], shape_.grid.nlon());
    std::copy(histogram.begin(), histogram.end(), record.ranks(channel, lead, r).begin());
    const auto families = record.families(channel, lead, r);
    std::fill(families.begin(), families.end(), 0.0);
    for (std::size_t k = 0; k < nlat; ++k) {
      if (weights_[r][k] == 0.0) continue;
      const auto row = layer_of(k, layer).last(families.size());
      for (std::size_t i = 0; i < families.size(); ++i) families[i] += weights_[r][k] * row[i];
    }
  }
}

void CaseRunner::store_zonal_means(std::size_t channel, std::size_t lead,
                                   std::span<const double> rows,
                                   std::span<const Moments> moments, StartRecord& record) const {
  for (std::size_t k = 0; k < shape_.zonal_rows(); ++k) {
    const auto put = [&](ZonalSum sum, double value) {
      record.zonal(channel, lead, sum)[k] = value;
    };
    put(ZonalSum::truth, rows[(k + 1) * row_record_size() - 1]);
    put(ZonalSum::error, moments[k](Forecast::ensemble_mean, ErrorMoment::bias));
    put(ZonalSum::squared_error, moments[k](Forecast::ensemble_mean, ErrorMoment::squared));
    put(ZonalSum::variance, moments[k](CaseMoment::variance));
  }
}

void CaseRunner::store_spectra(std::size_t channel, std::size_t lead, const SpectrumFields& fields,
                               StartRecord& record) {
  MYRIAD_EXPECT(wants_spectra());
  const auto lmax = static_cast<std::size_t>(shape_.lmax);
  const std::size_t points = fields.truth.size();
  const auto put = [&](SpectrumOf of, std::span<const double> values) {
    std::copy_n(values.begin(), lmax, record.spectrum(channel, lead, of).begin());
  };

  std::vector<SpectrumOf> present;
  std::vector<float> block;
  const auto add = [&](SpectrumOf of, std::span<const float> field) {
    if (field.empty()) return;
    present.push_back(of);
    block.insert(block.end(), field.begin(), field.end());
  };
  std::vector<float> error(fields.mean.size());
  for (std::size_t p = 0; p < error.size(); ++p) error[p] = fields.mean[p] - fields.truth[p];
  add(SpectrumOf::truth, fields.truth);
  add(SpectrumOf::ensemble_mean, fields.mean);
  add(SpectrumOf::error_of_mean, error);
  add(SpectrumOf::control, fields.control);
  add(SpectrumOf::persistence, fields.persistence);
  add(SpectrumOf::climatology, fields.climate_mean);
  const Spectra single = analyser_->analyse(block, static_cast<std::int64_t>(present.size()));
  for (std::size_t i = 0; i < present.size(); ++i)
    put(present[i], std::span(single.power).subspan(i * lmax, lmax));
  put(SpectrumOf::truth_order_moment, single.order_moment);

  // Members and their deviations from the mean share a transform.
  const std::int64_t count = std::min(options_.spectrum_members, fields.members);
  constexpr std::int64_t k_group = SpectrumAnalyser::k_block / 2;
  std::vector<double> power(lmax, 0.0), moment(lmax, 0.0), spread(lmax, 0.0);
  for (std::int64_t first = 0; first < count; first += k_group) {
    const auto used = static_cast<std::size_t>(std::min(k_group, count - first));
    block.resize(2 * used * points);
    for (std::size_t i = 0; i < used; ++i) {
      const auto member = std::span(block).subspan(i * points, points);
      fields.member(first + static_cast<std::int64_t>(i), member);
      for (std::size_t p = 0; p < points; ++p)
        block[(used + i) * points + p] = member[p] - fields.mean[p];
    }
    const Spectra some = analyser_->analyse(block, static_cast<std::int64_t>(2 * used));
    for (std::size_t i = 0; i < used; ++i) {
      for (std::size_t l = 0; l < lmax; ++l) {
        power[l] += some.power[i * lmax + l];
        moment[l] += some.order_moment[i * lmax + l];
        spread[l] += some.power[(used + i) * lmax + l];
      }
    }
  }
  const auto k = static_cast<double>(count), n = static_cast<double>(fields.members);
  for (std::size_t l = 0; l < lmax; ++l) {
    power[l] /= k;
    moment[l] /= k;
    spread[l] *= n / ((n - 1.0) * k);
  }
  if (count > 0) put(SpectrumOf::members, power);
  if (count > 0) put(SpectrumOf::members_order_moment, moment);
  if (count > 0 && fields.members > 1) put(SpectrumOf::spread, spread);
}

void CaseRunner::store_wind_spectra(std::size_t pair, std::size_t lead, const WindFields& fields,
                                    StartRecord& record) {
  MYRIAD_EXPECT(wind_analyser_ != nullptr && pair < shape_.winds.size());
  const auto put = [&](WindOf of, const WindSpectra& energy) {
    std::copy(energy.rotational.begin(), energy.rotational.end(),
              record.wind(pair, lead, WindPart::rotational, of).begin());
    std::copy(energy.divergent.begin(), energy.divergent.end(),
              record.wind(pair, lead, WindPart::divergent, of).begin());
  };
  put(WindOf::truth, wind_analyser_->analyse(fields.truth_eastward, fields.truth_northward));
  put(WindOf::ensemble_mean, wind_analyser_->analyse(fields.mean_eastward, fields.mean_northward));
  const std::int64_t count = std::min(options_.spectrum_members, fields.members);
  if (count == 0) return;
  const auto lmax = static_cast<std::size_t>(shape_.lmax);
  WindSpectra sum{std::vector<double>(lmax, 0.0), std::vector<double>(lmax, 0.0)};
  std::vector<float> eastward(fields.truth_eastward.size()), northward(eastward.size());
  for (std::int64_t i = 0; i < count; ++i) {
    fields.member(i, eastward, northward);
    const WindSpectra one = wind_analyser_->analyse(eastward, northward);
    for (std::size_t l = 0; l < lmax; ++l) {
      sum.rotational[l] += one.rotational[l] / static_cast<double>(count);
      sum.divergent[l] += one.divergent[l] / static_cast<double>(count);
    }
  }
  put(WindOf::members, sum);
}

void CaseRunner::begin(std::size_t channel, std::size_t lead, std::uint32_t number) {
  channel_ = channel;
  lead_ = lead;
  number_ = number;
}

void CaseRunner::add_rows(const CaseFields& fields, std::int64_t first_row, std::span<float> mean,
                          std::span<float> spread) {
  MYRIAD_EXPECT(fields.weights.empty());  // those of the regions are the shape's
  const auto nlon = static_cast<std::size_t>(fields.nlon);
  const std::int64_t step =
      MemberColumns::rows_at_once(columns_.backend(), fields.members, fields.nlon);
  for (std::int64_t row = 0; row < fields.nlat; row += step) {
    CaseFields some = fields;
    some.nlat = std::min(step, fields.nlat - row);
    const auto begin = static_cast<std::size_t>(row) * nlon;
    const auto size = static_cast<std::size_t>(some.points());
    const auto cut = [&](auto field) { return field.empty() ? field : field.subspan(begin, size); };
    some.truth = cut(fields.truth);
    some.control = cut(fields.control);
    some.persistence = cut(fields.persistence);
    some.climate_mean = cut(fields.climate_mean);
    some.climate_std = cut(fields.climate_std);
    const auto ensemble = fields.ensemble.subspan(begin);
    for (std::int64_t i = 0; i < fields.members; ++i) {
      check_finite(ensemble.subspan(static_cast<std::size_t>(i * fields.points()), size),
                   "a member", shape_, channel_, lead_, first_row + row);
    }
    columns_.load(ensemble, fields.members, fields.points(), some.points());
    const auto record =
        std::span(rows_).subspan(static_cast<std::size_t>(first_row + row) * row_record_size(),
                                 static_cast<std::size_t>(some.nlat) * row_record_size());
    score_rows(channel_, lead_, number_, columns_, some, first_row + row, record);
    const auto means = columns_.mean(), variances = columns_.variance();
    for (std::size_t p = 0; p < size && !mean.empty(); ++p)
      mean[begin + p] = static_cast<float>(means[p]);
    for (std::size_t p = 0; p < size && !spread.empty(); ++p)
      spread[begin + p] = static_cast<float>(std::sqrt(variances[p]));
  }
}

void CaseRunner::finish(StartRecord& record) {
  store(channel_, lead_, rows_, record);
}

}  // namespace myriad::diag
