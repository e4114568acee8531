#include "diagnostics/verification.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "diagnostics/member_health.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {
constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Add the shares of \p bins to \p groups of equal width.
void pool_ranks(std::span<const double> bins, std::span<double> groups) {
  const double width = static_cast<double>(bins.size()) / static_cast<double>(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const double low = width * static_cast<double>(g), high = width * static_cast<double>(g + 1);
    for (auto k = static_cast<std::size_t>(low); k < bins.size() && static_cast<double>(k) < high; ++k) {
      const double from = std::max(low, static_cast<double>(k)), to = std::min(high, static_cast<double>(k + 1));
      if (to > from) groups[g] += (to - from) * bins[k];
    }
  }
}

/// Sums over \p starts divided by their number; empty where a start lacks them.
std::vector<double> mean_of_sums(std::span<const double> sums, std::size_t starts) {
  if (starts == 0 || sums.empty() || !std::isfinite(sums[0])) return {};
  std::vector<double> mean(sums.begin(), sums.end());
  for (double& v : mean) v /= static_cast<double>(starts);
  return mean;
}
}  // namespace

std::string to_string(SpectrumOf of) {
  switch (of) {
    case SpectrumOf::truth:
      return "truth";
    case SpectrumOf::members:
      return "members";
    case SpectrumOf::ensemble_mean:
      return "ensemble_mean";
    case SpectrumOf::error_of_mean:
      return "error_of_mean";
    case SpectrumOf::control:
      return "control";
    case SpectrumOf::persistence:
      return "persistence";
    case SpectrumOf::climatology:
      return "climatology";
    case SpectrumOf::spread:
      return "spread";
    case SpectrumOf::truth_order_moment:
      return "truth_order_moment";
    case SpectrumOf::members_order_moment:
      return "members_order_moment";
  }
  return {};
}

std::string estimator(SpectrumOf of) {
  const std::string harmonics = ", orthonormal harmonics";
  switch (of) {
    case SpectrumOf::truth_order_moment:
    case SpectrumOf::members_order_moment:
      return "sum over m >= 0 of m (2 - [m = 0]) |c_lm|^2" + harmonics;
    case SpectrumOf::spread:
      return "N/(N-1) times the mean over members of the sum over m >= 0 of (2 - [m = 0]) |c_lm of "
             "x_i - mean|^2" +
             harmonics;
    default:
      return "sum over m >= 0 of (2 - [m = 0]) |c_lm|^2" + harmonics;
  }
}

std::string to_string(ZonalMeanOf of) {
  switch (of) {
    case ZonalMeanOf::ensemble_mean:
      return "ensemble_mean";
    case ZonalMeanOf::truth:
      return "truth";
    case ZonalMeanOf::error:
      return "error";
    case ZonalMeanOf::spread:
      return "spread";
    case ZonalMeanOf::rmse:
      return "rmse";
  }
  return {};
}

std::string estimator(ZonalMeanOf of) {
  const std::string means = ", means over longitude, then over dates";
  switch (of) {
    case ZonalMeanOf::ensemble_mean:
      return "mean m" + means;
    case ZonalMeanOf::truth:
      return "mean y" + means;
    case ZonalMeanOf::error:
      return "mean(m - y)" + means;
    case ZonalMeanOf::spread:
      return "sqrt(mean s^2)" + means;
    case ZonalMeanOf::rmse:
      return "sqrt(mean (m - y)^2)" + means;
  }
  return {};
}

std::string to_string(WindPart part) {
  return part == WindPart::rotational ? "rotational" : "divergent";
}

std::string to_string(WindOf of) {
  switch (of) {
    case WindOf::truth:
      return "truth";
    case WindOf::members:
      return "members";
    case WindOf::ensemble_mean:
      return "ensemble_mean";
  }
  return {};
}

std::span<const std::string_view> scores_with_interval() {
  static constexpr std::array<std::string_view, 7> names{
      "rmse", "bias", "acc", "crps_fair", "crps_standard", "spread", "spread_skill_ratio"};
  return names;
}

std::size_t VerificationShape::family_record_size() const {
  std::size_t size = 0;
  for (const auto& family : families) size += family->record_size();
  return size;
}

std::size_t VerificationShape::zonal_rows() const {
  return grid.is_global() ? static_cast<std::size_t>(grid.nlat()) : 0;
}

std::size_t VerificationShape::rank_groups() const {
  return static_cast<std::size_t>(std::min(rank_bins, k_rank_groups));
}

std::span<const std::string_view> scores_by_start() {
  static constexpr std::array<std::string_view, 13> names{"rmse",
                                                          "rmse_fair",
                                                          "bias",
                                                          "acc",
                                                          "crps_fair",
                                                          "crps_standard",
                                                          "spread",
                                                          "spread_skill_ratio",
                                                          "rmse_persistence",
                                                          "rmse_climatology",
                                                          "acc_persistence",
                                                          "crps_persistence",
                                                          "crps_climatology"};
  return names;
}

std::vector<double> ScoreResults::over_leads(const Score& which, std::size_t channel,
                                             std::size_t region) const {
  std::vector<double> values;
  for (std::size_t t = 0; t < shape().lead_hours.size(); ++t)
    values.push_back(score(which, channel, t, region));
  return values;
}

StartRecord::StartRecord(const VerificationShape& shape)
    : leads_(shape.lead_hours.size()),
      regions_(shape.regions.size()),
      bins_(static_cast<std::size_t>(shape.rank_bins)),
      lmax_(static_cast<std::size_t>(shape.lmax)),
      ranks_begin_(shape.cases() * regions_ * k_moment_count),
      spectra_begin_(ranks_begin_ + shape.cases() * regions_ * bins_),
      family_size_(shape.family_record_size()),
      families_begin_(spectra_begin_ + shape.cases() * k_spectrum_count * lmax_),
      health_begin_(families_begin_ + shape.cases() * regions_ * family_size_),
      health_size_(shape.health ? LeadHealth::k_size : 0),
      zonal_rows_(shape.zonal_rows()),
      zonal_begin_(health_begin_ + leads_ * health_size_),
      winds_begin_(zonal_begin_ + shape.cases() * k_zonal_sum_count * zonal_rows_) {
  data_.assign(winds_begin_ +
                   shape.winds.size() * leads_ * k_wind_part_count * k_wind_of_count * lmax_,
               k_absent);
}

void StartRecord::set_moments(std::size_t channel, std::size_t lead, std::size_t region,
                              const Moments& moments) {
  const std::size_t begin = ((channel * leads_ + lead) * regions_ + region) * k_moment_count;
  std::copy(moments.values().begin(), moments.values().end(),
            data_.begin() + static_cast<std::ptrdiff_t>(begin));
}

Moments StartRecord::moments(std::size_t channel, std::size_t lead, std::size_t region) const {
  Moments moments;
  const std::size_t begin = ((channel * leads_ + lead) * regions_ + region) * k_moment_count;
  std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(begin), k_moment_count,
              moments.values().begin());
  return moments;
}

std::span<double> StartRecord::ranks(std::size_t channel, std::size_t lead, std::size_t region) {
  return std::span(data_).subspan(
      ranks_begin_ + ((channel * leads_ + lead) * regions_ + region) * bins_, bins_);
}
std::span<const double> StartRecord::ranks(std::size_t channel, std::size_t lead,
                                           std::size_t region) const {
  return const_cast<StartRecord*>(this)->ranks(channel, lead, region);
}

std::span<double> StartRecord::spectrum(std::size_t channel, std::size_t lead, SpectrumOf of) {
  const std::size_t index =
      (channel * leads_ + lead) * k_spectrum_count + static_cast<std::size_t>(of);
  return std::span(data_).subspan(spectra_begin_ + index * lmax_, lmax_);
}
std::span<const double> StartRecord::spectrum(std::size_t channel, std::size_t lead,
                                              SpectrumOf of) const {
  return const_cast<StartRecord*>(this)->spectrum(channel, lead, of);
}

std::span<double> StartRecord::zonal(std::size_t channel, std::size_t lead, ZonalSum of) {
  const std::size_t index =
      (channel * leads_ + lead) * k_zonal_sum_count + static_cast<std::size_t>(of);
  return std::span(data_).subspan(zonal_begin_ + index * zonal_rows_, zonal_rows_);
}
std::span<const double> StartRecord::zonal(std::size_t channel, std::size_t lead,
                                           ZonalSum of) const {
  return const_cast<StartRecord*>(this)->zonal(channel, lead, of);
}

std::span<double> StartRecord::wind(std::size_t pair, std::size_t lead, WindPart part, WindOf of) {
  const std::size_t index =
      ((pair * leads_ + lead) * k_wind_part_count + static_cast<std::size_t>(part)) *
          k_wind_of_count +
      static_cast<std::size_t>(of);
  return std::span(data_).subspan(winds_begin_ + index * lmax_, lmax_);
}
std::span<const double> StartRecord::wind(std::size_t pair, std::size_t lead, WindPart part,
                                          WindOf of) const {
  return const_cast<StartRecord*>(this)->wind(pair, lead, part, of);
}

std::span<double> StartRecord::families(std::size_t channel, std::size_t lead, std::size_t region) {
  const std::size_t index = (channel * leads_ + lead) * regions_ + region;
  return std::span(data_).subspan(families_begin_ + index * family_size_, family_size_);
}
std::span<const double> StartRecord::families(std::size_t channel, std::size_t lead,
                                              std::size_t region) const {
  return const_cast<StartRecord*>(this)->families(channel, lead, region);
}

std::span<double> StartRecord::health(std::size_t lead) {
  return std::span(data_).subspan(health_begin_ + lead * health_size_, health_size_);
}
std::span<const double> StartRecord::health(std::size_t lead) const {
  return const_cast<StartRecord*>(this)->health(lead);
}

Verification::Verification(VerificationShape shape)
    : shape_(std::move(shape)),
      moments_(shape_.cases() * shape_.regions.size()),
      families_(moments_.size()),
      intervals_(moments_.size()),
      rank_groups_(moments_.size()),
      health_(shape_.lead_hours.size()),
      sums_(shape_) {
  MYRIAD_EXPECT(!shape_.channels.empty() && !shape_.lead_hours.empty() && !shape_.regions.empty());
  std::fill(sums_.data().begin(), sums_.data().end(), 0.0);
}

void Verification::add(const StartRecord& start) {
  for (std::size_t c = 0; c < shape_.channels.size(); ++c) {
    for (std::size_t t = 0; t < shape_.lead_hours.size(); ++t) {
      for (std::size_t r = 0; r < shape_.regions.size(); ++r) {
        moments_[case_index(c, t, r)].push_back(start.moments(c, t, r));
        const auto records = start.families(c, t, r);
        auto& kept = families_[case_index(c, t, r)];
        kept.insert(kept.end(), records.begin(), records.end());
        if (shape_.members < 2 || shape_.inferences.empty()) continue;
        auto& groups = rank_groups_[case_index(c, t, r)];
        groups.resize((starts_ + 1) * shape_.rank_groups(), 0.0);
        pool_ranks(start.ranks(c, t, r), std::span(groups).last(shape_.rank_groups()));
      }
    }
  }
  for (std::size_t t = 0; t < health_.size(); ++t) {
    const auto numbers = start.health(t);
    health_[t].insert(health_[t].end(), numbers.begin(), numbers.end());
  }
  // Absent values are NaN and stay so; the moments of the sum are carried along but never read.
  const std::span<const double> values = const_cast<StartRecord&>(start).data();
  MYRIAD_EXPECT(values.size() == sums_.data().size());
  for (std::size_t i = 0; i < values.size(); ++i) sums_.data()[i] += values[i];
  ++starts_;
  for (auto& cached : intervals_) cached.clear();
  inferred_.clear();
}

std::span<const Moments> Verification::dates(std::size_t channel, std::size_t lead,
                                             std::size_t region) const {
  return moments_[case_index(channel, lead, region)];
}

double Verification::score(const Score& score, std::size_t channel, std::size_t lead,
                           std::size_t region) const {
  return evaluate(score, dates(channel, lead, region), shape_.members);
}

Interval Verification::interval(std::string_view score, std::size_t channel, std::size_t lead,
                                std::size_t region) const {
  const auto names = scores_with_interval();
  const auto which = std::find(names.begin(), names.end(), score);
  MYRIAD_EXPECT(which != names.end());
  auto& cached = intervals_[case_index(channel, lead, region)];
  if (cached.empty()) {
    std::vector<const Score*> list;
    for (std::string_view name : names) list.push_back(&find_score(name));
    cached = bootstrap_intervals(list, dates(channel, lead, region), shape_.members);
  }
  return cached[static_cast<std::size_t>(which - names.begin())];
}

std::vector<double> Verification::rank_histogram(std::size_t channel, std::size_t lead,
                                                 std::size_t region) const {
  const auto sums = sums_.ranks(channel, lead, region);
  double total = 0.0;
  for (double v : sums) total += v;
  if (!(total > 0.0)) return {};
  std::vector<double> shares(sums.begin(), sums.end());
  for (double& v : shares) v /= total;
  return shares;
}

std::vector<double> Verification::rank_groups(std::size_t channel, std::size_t lead, std::size_t region) const {
  const std::vector<double>& groups = rank_groups_[case_index(channel, lead, region)];
  const std::size_t size = shape_.rank_groups();
  for (std::size_t begin = 0; begin < groups.size(); begin += size) {
    double sum = 0.0;
    for (std::size_t g = 0; g < size; ++g) sum += groups[begin + g];
    if (!(std::isfinite(sum) && sum > 0.0)) return {};
  }
  return groups;
}

const std::vector<double>& Verification::inferred(std::size_t inference, std::size_t channel, std::size_t lead,
                                                  std::size_t region) const {
  const auto [entry, fresh] = inferred_.try_emplace({inference, case_index(channel, lead, region)});
  if (fresh) entry->second = shape_.inferences[inference]->evaluate(*this, channel, lead, region);
  return entry->second;
}

std::vector<double> Verification::extra(std::string_view name, std::size_t channel, std::size_t lead,
                                        std::size_t region) const {
  for (std::size_t f = 0; f < shape_.families.size(); ++f) {
    const auto outputs = shape_.families[f]->outputs(channel);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (outputs[k].name == name) return family_values(f, outputs[k], k, channel, lead, region);
    }
  }
  for (std::size_t i = 0; i < shape_.inferences.size(); ++i) {
    std::size_t begin = 0;
    for (const FamilyOutput& output : shape_.inferences[i]->outputs(shape_, channel)) {
      if (output.name == name) {
        const auto values = std::span(inferred(i, channel, lead, region)).subspan(begin, output.size());
        return {values.begin(), values.end()};
      }
      begin += output.size();
    }
  }
  return {};
}

std::vector<double> Verification::lead_result(std::string_view name) const {
  const auto known = health_results();
  const bool exists = std::any_of(known.begin(), known.end(), [&](const LeadResult& r) { return r.name == name; });
  if (!exists || !shape_.health || starts_ == 0) return {};
  std::vector<double> values;
  for (const std::vector<double>& records : health_) values.push_back(combine_health(name, records));
  return values;
}

std::vector<std::span<const double>> Verification::family_records(std::size_t family, std::size_t channel,
                                                                  std::size_t lead, std::size_t region) const {
  const std::size_t all = shape_.family_record_size();
  const std::span<const double> kept(families_[case_index(channel, lead, region)]);
  std::vector<std::span<const double>> records;
  for (std::size_t start = 0; start < starts_; ++start)
    records.push_back(family_part(family, kept.subspan(start * all, all)));
  return records;
}

std::vector<double> Verification::spectrum(std::size_t channel, std::size_t lead,
                                           SpectrumOf of) const {
  return mean_of_sums(sums_.spectrum(channel, lead, of), starts_);
}

std::vector<double> Verification::zonal_mean(std::size_t channel, std::size_t lead,
                                             ZonalMeanOf of) const {
  const auto mean = [&](ZonalSum sum) {
    return mean_of_sums(sums_.zonal(channel, lead, sum), starts_);
  };
  std::vector<double> values;
  switch (of) {
    case ZonalMeanOf::truth:
      return mean(ZonalSum::truth);
    case ZonalMeanOf::error:
      return mean(ZonalSum::error);
    case ZonalMeanOf::ensemble_mean: {
      values = mean(ZonalSum::truth);
      const std::vector<double> error = mean(ZonalSum::error);
      for (std::size_t k = 0; k < values.size(); ++k) values[k] += error[k];
      return values;
    }
    case ZonalMeanOf::spread:
      values = mean(ZonalSum::variance);
      break;
    case ZonalMeanOf::rmse:
      values = mean(ZonalSum::squared_error);
      break;
  }
  for (double& v : values) v = std::sqrt(v);
  return values;
}

std::vector<double> Verification::wind_spectrum(std::size_t pair, std::size_t lead, WindPart part,
                                                WindOf of) const {
  return mean_of_sums(sums_.wind(pair, lead, part, of), starts_);
}

std::span<const double> Verification::family_part(std::size_t family,
                                                  std::span<const double> all) const {
  std::size_t begin = 0;
  for (std::size_t f = 0; f < family; ++f) begin += shape_.families[f]->record_size();
  return all.subspan(begin, shape_.families[family]->record_size());
}

std::vector<double> Verification::family_values_of(std::size_t family, const FamilyOutput& output,
                                                   std::size_t number, std::size_t channel,
                                                   std::size_t cell,
                                                   std::span<const std::size_t> starts) const {
  const ScoreFamily& made_by = *shape_.families[family];
  std::vector<double> values(output.size(), k_absent);
  if (starts.empty() || shape_.members < output.min_members) return values;
  const std::size_t all = shape_.family_record_size();
  const auto of_start = [&](std::size_t start) {
    return family_part(family, std::span(families_[cell]).subspan(start * all, all));
  };
  const double n = static_cast<double>(starts.size());
  if (output.pooling == Pooling::moments) {
    std::vector<double> mean(made_by.record_size(), 0.0);
    for (std::size_t start : starts) {
      const auto record = of_start(start);
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += record[i];
    }
    for (double& v : mean) v /= n;
    made_by.evaluate(channel, number, mean, shape_.members, values);
    return values;
  }
  std::vector<double> sum(output.size(), 0.0);
  for (std::size_t start : starts) {
    std::fill(values.begin(), values.end(), k_absent);
    made_by.evaluate(channel, number, of_start(start), shape_.members, values);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
  }
  for (double& v : sum) v /= n;
  return sum;
}

std::vector<double> Verification::family_values(std::size_t family, const FamilyOutput& output,
                                                std::size_t number, std::size_t channel,
                                                std::size_t lead, std::size_t region) const {
  std::vector<std::size_t> all(starts_);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return family_values_of(family, output, number, channel, case_index(channel, lead, region), all);
}

std::vector<Interval> Verification::family_intervals(std::size_t family, const FamilyOutput& output,
                                                     std::size_t number, std::size_t channel,
                                                     std::size_t lead, std::size_t region) const {
  return bootstrap_intervals(starts_, output.size(), {}, [&](std::span<const std::size_t> sample) {
    return family_values_of(family, output, number, channel, case_index(channel, lead, region),
                            sample);
  });
}

std::vector<double> Verification::by_start(std::string_view which, std::size_t channel,
                                           std::size_t lead, std::size_t region) const {
  const Score& score = find_score(which);
  std::vector<double> values;
  for (const Moments& date : dates(channel, lead, region))
    values.push_back(evaluate(score, std::span(&date, 1), shape_.members));
  return values;
}

}  // namespace myriad::diag
