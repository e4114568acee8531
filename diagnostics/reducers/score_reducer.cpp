#include "diagnostics/reducers/score_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

VerificationShape planned_shape(const StatisticsAxes& axes, const ScoreOptions& options) {
  VerificationShape shape{axes.grid, options.regions, {}, {}};
  for (const io::Channel& c : axes.channels)
    shape.channels.push_back({c.name, c.long_name, c.units, c.standard_name});
  for (Duration lead : axes.leads) shape.lead_hours.push_back(lead.in_hours());
  shape.members = options.members - (options.control == ControlMember::exclude ? 1 : 0);
  shape.rank_bins = std::max(2, std::min(options.rank_bins, shape.members + 1));
  shape.families = options.families;
  shape.health = options.health.has_value() && shape.members >= 3;
  shape.lmax = options.cases.spectrum_members > 0 ? Sht::exact_lmax(axes.grid) : 0;
  return shape;
}

}  // namespace

/// Whole fields of one case; empty where absent.
struct ScoreReducer::Fields {
  Case of;
  std::vector<float> truth, persistence, climate_mean;
  std::span<const float> climate_std;

  /// Truth, persistence and climate on the rows of a tile.
  void cut(const EnsembleTile& tile, CaseFields& out) const {
    const auto band = [&](std::span<const float> field) {
      return field.empty() ? field
                           : field.subspan(static_cast<std::size_t>(tile.first_row * tile.nlon),
                                           static_cast<std::size_t>(tile.points()));
    };
    out.truth = band(truth);
    out.persistence = band(persistence);
    out.climate_mean = band(climate_mean);
    out.climate_std = band(climate_std);
  }
};

ScoreReducer::ScoreReducer(kernels::Backend& backend, const StatisticsAxes& axes,
                           VerifyingFields verifying, const ScoreOptions& options)
    : axes_(axes),
      verifying_(std::move(verifying)),
      options_(options),
      planned_(planned_shape(axes, options)),
      runner_(std::make_unique<CaseRunner>(backend, planned_, options.cases)),
      without_control_(backend),
      record_(planned_) {
  MYRIAD_EXPECT(verifying_.truth != nullptr && options.members > 0);
  options_.cases.spectrum_members =
      std::min(options.cases.spectrum_members, static_cast<std::int64_t>(planned_.members));
  if (planned_.health)
    health_.emplace(axes.grid, axes.channels.size(), static_cast<std::size_t>(planned_.members), *options.health,
                    options.checkpoint_of);
}

ScoreReducer::~ScoreReducer() = default;

std::vector<ReducedField> ScoreReducer::fields(std::size_t channel) const {
  const io::Channel& c = axes_.channels[channel];
  return {
      {c.name + "_best_error",
       false,
       {{"long_name", fmt::format("{}, error of the member nearest to the analysis", c.long_name)},
        {"units", c.units},
        {"MYRIAD_estimator", std::string("min over i of |x_i - y|")}},
       0,
       true},
      {c.name + "_best_member",
       true,
       {{"long_name", fmt::format("{}, number of the member nearest to the analysis", c.long_name)},
        {"units", std::string("1")},
        {"MYRIAD_estimator", std::string("lowest number on ties")}},
       0,
       true}};
}

/// [members, moments and ranks], [member](number, sectors) and, with spectra, [mean, control, first members][lon].
std::size_t ScoreReducer::row_record_size() const {
  const auto rows = runner_->wants_spectra()
                        ? 2 + static_cast<std::size_t>(options_.cases.spectrum_members)
                        : std::size_t{0};
  return spectra_begin() + rows * static_cast<std::size_t>(axes_.grid.nlon());
}

std::size_t ScoreReducer::record_size(std::int64_t rows) const {
  return static_cast<std::size_t>(rows) * row_record_size();
}

const ScoreReducer::Fields& ScoreReducer::fields_of(std::size_t channel, std::size_t lead) {
  const Case wanted{channel, lead};
  if (fields_ && fields_->of == wanted) return *fields_;
  auto fields = std::make_unique<Fields>();
  fields->of = wanted;
  const auto points = static_cast<std::size_t>(axes_.grid.points());
  fields->truth.resize(points);
  if (!verifying_.truth(channel, lead, fields->truth)) fields->truth.clear();
  if (!fields->truth.empty()) {
    fields->persistence.resize(points);
    if (!verifying_.analysis || !verifying_.analysis(channel, fields->persistence))
      fields->persistence.clear();
    if (verifying_.climate && verifying_.climate->has(channel)) {
      fields->climate_mean.resize(points);
      verifying_.climate->mean(channel, axes_.start + axes_.leads[lead], fields->climate_mean);
      fields->climate_std = verifying_.climate->deviation(channel);
    }
  }
  fields_ = std::move(fields);
  return *fields_;
}

void ScoreReducer::reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
                          std::span<double> record) {
  detail::check_tile(tile, axes_);
  const auto points = static_cast<std::size_t>(tile.points());
  MYRIAD_EXPECT(maps.size() == 2 * points && record.size() == record_size(tile.rows));
  const Fields& verifying = fields_of(tile.channel, tile.lead);
  std::fill(record.begin(), record.end(), k_absent);
  const auto best_error = maps.first(points), best_number = maps.subspan(points);
  std::fill(best_error.begin(), best_error.end(), std::numeric_limits<float>::quiet_NaN());
  std::fill(best_number.begin(), best_number.end(), -1.0F);
  const bool has_control = options_.control != ControlMember::none && tile.members[0] == 0;
  const std::size_t left_out = has_control && options_.control == ControlMember::exclude ? 1 : 0;
  if (verifying.truth.empty() || tile.members.size() == left_out) return;
  CaseFields fields = detail::fields_of(tile);
  verifying.cut(tile, fields);
  if (has_control) fields.control = tile.member(0);
  if (left_out > 0) without_control_.load_without_first(columns);
  MemberColumns& scored = left_out > 0 ? without_control_ : columns;

  const auto rows = static_cast<std::size_t>(tile.rows);
  const std::size_t scores = runner_->row_record_size();
  std::vector<double> row_scores(rows * scores);
  const std::uint32_t number =
      case_number(axes_.start, axes_.channels[tile.channel].name, axes_.leads[tile.lead]);
  runner_->score_rows(tile.channel, tile.lead, number, scored, fields, tile.first_row, row_scores);
  const MemberErrors errors = scored.errors(fields.truth);
  for (std::size_t p = 0; p < points; ++p) {
    best_error[p] = static_cast<float>(errors.best[p]);
    best_number[p] =
        static_cast<float>(tile.members[left_out + static_cast<std::size_t>(errors.best_at[p])]);
  }

  const auto nlon = static_cast<std::ptrdiff_t>(tile.nlon);
  for (std::size_t k = 0; k < rows; ++k) {
    const auto row = static_cast<std::ptrdiff_t>(k);
    auto out = record.begin() + row * static_cast<std::ptrdiff_t>(row_record_size());
    *out++ = static_cast<double>(scored.members());
    std::copy_n(row_scores.begin() + row * static_cast<std::ptrdiff_t>(scores), scores, out);
    const auto row_record = record.subspan(k * row_record_size(), row_record_size());
    if (health_) health_->reduce_row(tile, left_out, row, row_record.subspan(health_begin(), health_->row_record_size()));
    if (!runner_->wants_spectra()) continue;
    out = row_record.begin() + static_cast<std::ptrdiff_t>(spectra_begin());
    const auto copy_row = [&](std::span<const float> field) {
      if (field.empty()) {
        out += nlon;  // stays absent
      } else {
        out = std::copy_n(field.begin() + row * nlon, nlon, out);
      }
    };
    // As fp32, which is what verify transforms.
    const auto mean = scored.mean().begin() + row * nlon;
    out = std::transform(mean, mean + nlon, out,
                         [](double v) { return static_cast<double>(static_cast<float>(v)); });
    copy_row(fields.control);
    const auto kept = std::min(options_.cases.spectrum_members, scored.members());
    for (std::size_t i = 0; i < static_cast<std::size_t>(kept); ++i)
      copy_row(tile.member(left_out + i));
  }
}

void ScoreReducer::finish_case(std::size_t channel, std::size_t lead, std::span<const float>,
                               std::span<const std::int64_t>, std::span<const double> record) {
  const auto nlat = static_cast<std::size_t>(axes_.grid.nlat());
  MYRIAD_EXPECT(record.size() == record_size(axes_.grid.nlat()));
  if (std::isnan(record[0])) {
    unverified_.insert({channel, lead});
    if (health_) health_->finish_case(channel, lead, {});
    return;
  }
  const int members = static_cast<int>(record[0]);
  const std::size_t scores = runner_->row_record_size();
  std::vector<double> rows;
  std::vector<std::span<const double>> health_rows;
  for (std::size_t k = 0; k < nlat; ++k) {
    const auto row = record.subspan(k * row_record_size(), row_record_size());
    MYRIAD_EXPECT(row[0] == record[0]);
    if (health_) health_rows.push_back(row.subspan(health_begin(), health_->row_record_size()));
    rows.insert(rows.end(), row.begin() + 1, row.begin() + 1 + static_cast<std::ptrdiff_t>(scores));
  }
  runner_->store(channel, lead, rows, record_);
  if (health_) health_->finish_case(channel, lead, health_rows);
  if (runner_->wants_spectra()) store_spectra(channel, lead, record, members);
  members_[{channel, lead}] = members;
}

void ScoreReducer::store_spectra(std::size_t channel, std::size_t lead,
                                 std::span<const double> rows, int members) {
  const Fields& fields = fields_of(channel, lead);
  const auto nlat = static_cast<std::size_t>(axes_.grid.nlat());
  const auto nlon = static_cast<std::size_t>(axes_.grid.nlon());
  const std::size_t begin = spectra_begin();
  /// Field number \p which of those kept in the record; empty when it was absent.
  const auto kept = [&](std::size_t which) {
    std::vector<float> field;
    if (std::isnan(rows[begin + which * nlon])) return field;
    for (std::size_t k = 0; k < nlat; ++k) {
      const auto row = rows.subspan(k * row_record_size() + begin + which * nlon, nlon);
      for (double v : row) field.push_back(static_cast<float>(v));
    }
    return field;
  };
  const std::vector<float> mean = kept(0), control = kept(1);
  SpectrumFields all;
  all.truth = fields.truth;
  all.mean = mean;
  all.control = control;
  all.persistence = fields.persistence;
  all.climate_mean = fields.climate_mean;
  all.members = members;
  all.member = [&](std::int64_t i, std::span<float> out) {
    const std::vector<float> member = kept(2 + static_cast<std::size_t>(i));
    std::copy(member.begin(), member.end(), out.begin());
  };
  runner_->store_spectra(channel, lead, all, record_);
}

std::int64_t ScoreReducer::values_at_once(std::int64_t members) const {
  std::int64_t most = 1;
  for (const auto& family : planned_.families) most = std::max(most, family->values_at_once(members));
  return most;
}

std::size_t ScoreReducer::scratch_bytes(std::size_t, std::size_t points) const {
  const auto rows =
      std::max(std::int64_t{1}, static_cast<std::int64_t>(points) / axes_.grid.nlon());
  return sizeof(double) * record_size(rows) +
         sizeof(float) * 3 * static_cast<std::size_t>(axes_.grid.points());
}

int ScoreReducer::rank_bins(int members) const {
  return std::max(2, std::min(options_.rank_bins, members + 1));
}

VerificationShape ScoreReducer::shape() const {
  MYRIAD_EXPECT(!members_.empty());
  VerificationShape shape = planned_;
  shape.members = members_.begin()->second;
  for (const auto& [which, members] : members_) shape.members = std::min(shape.members, members);
  shape.rank_bins = rank_bins(shape.members);
  return shape;
}

StartRecord ScoreReducer::record(const VerificationShape& shape) const {
  StartRecord out(shape);
  for (const auto& [which, members] : members_) {
    const auto [channel, lead] = which;
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      out.set_moments(channel, lead, r, record_.moments(channel, lead, r));
      const auto families = record_.families(channel, lead, r);
      std::copy(families.begin(), families.end(), out.families(channel, lead, r).begin());
      if (rank_bins(members) != shape.rank_bins) continue;
      const auto ranks = record_.ranks(channel, lead, r);
      std::copy_n(ranks.begin(), shape.rank_bins, out.ranks(channel, lead, r).begin());
    }
    for (int of = 0; of < k_zonal_sum_count; ++of) {
      const auto means = record_.zonal(channel, lead, static_cast<ZonalSum>(of));
      std::copy(means.begin(), means.end(),
                out.zonal(channel, lead, static_cast<ZonalSum>(of)).begin());
    }
    for (int of = 0; of < k_spectrum_count && shape.lmax > 0; ++of) {
      const auto power = record_.spectrum(channel, lead, static_cast<SpectrumOf>(of));
      std::copy(power.begin(), power.end(),
                out.spectrum(channel, lead, static_cast<SpectrumOf>(of)).begin());
    }
  }
  for (std::size_t t = 0; shape.health && t < shape.lead_hours.size(); ++t) {
    const auto numbers = health_->result(t).numbers();
    std::copy(numbers.begin(), numbers.end(), out.health(t).begin());
  }
  return out;
}

Verification ScoreReducer::verification() const {
  Verification results(shape());
  results.add(record(results.shape()));
  return results;
}

}  // namespace myriad::diag
