#include "pipelines/verify/verify_run.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <tuple>

#include "diagnostics/event_curves.hpp"
#include "diagnostics/inferences/flatness.hpp"
#include "diagnostics/inferences/return_levels.hpp"
#include "diagnostics/inferences/trend.hpp"
#include "diagnostics/paired_comparison.hpp"
#include "diagnostics/score_extras.hpp"
#include "diagnostics/threshold.hpp"
#include "diagnostics/wind_spectra.hpp"
#include "pipelines/common/configured_backend.hpp"
#include "pipelines/common/score_families.hpp"
#include "pipelines/verify/ensemble_archive.hpp"
#include "pipelines/verify/ensemble_files.hpp"
#include "pipelines/verify/member_files.hpp"
#include "pipelines/verify/return_levels.hpp"
#include "pipelines/verify/scored_fields.hpp"
#include "pipelines/verify/scored_regions.hpp"
#include "pipelines/verify/weights.hpp"
#include "src/base/build_info.hpp"
#include "src/base/log.hpp"

namespace myriad::pipelines {
namespace {

std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) out.push_back(path.string());
  return out;
}

ControlPolicy control_policy(const std::string& name) {
  if (name == "include") return ControlPolicy::include;
  return name == "none" ? ControlPolicy::none : ControlPolicy::exclude;
}

/// Say once which results some regions do not have, and why.
void warn_absent_results(const diag::VerificationShape& shape) {
  for (const auto& family : shape.families) {
    std::string names, absence;
    for (const diag::FamilyOutput& output : family->outputs(0)) {
      const std::string text = diag::detail::absence_text(output, shape);
      if (text.empty()) continue;
      names += (names.empty() ? "" : ", ") + output.name;
      absence = text;
    }
    if (!names.empty())
      log_warning("verify", "E2741", "{} of the family {}: {}", names, family->name(), absence);
  }
}

/// All channels as they come, but the second component of a wind right after the first.
std::vector<std::size_t> scoring_order(const diag::VerificationShape& shape) {
  std::vector<std::size_t> order;
  const auto add = [&](std::size_t channel) {
    if (std::find(order.begin(), order.end(), channel) == order.end()) order.push_back(channel);
  };
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    add(c);
    for (const diag::WindPair& wind : shape.winds) {
      if (wind.eastward == c) add(wind.northward);
      if (wind.northward == c) add(wind.eastward);
    }
  }
  return order;
}

}  // namespace

struct VerifyRun::Buffers {
  std::vector<float> members;  ///< [member, band row, lon]
  std::vector<float> field;    ///< one full field
  std::vector<float> truth, control, persistence, climate_mean, mean,
      spread;  ///< full fields; empty where absent
  std::span<const float> climate_std;
  bool shown = false;
  /// Ensemble mean of the first component of a wind.
  struct WindMean {
    std::size_t channel = 0;
    std::vector<float> field;  ///< empty: not scored
  };
  std::vector<WindMean> wind_means;  ///< [lead]
  std::vector<float> wind_truth;
};

VerifyRun::VerifyRun(const Config& config)
    : config_(config),
      backend_(make_configured_backend(config)),
      shape_{Grid(GridType::legendre_gauss, 2, 4), diag::standard_regions(), {}, {}} {
  const ScoredFields wanted(config);
  ForecastSelection selection;
  selection.channels = wanted.channels_to_open();
  if (config.has("leads")) selection.leads = config.durations("leads");
  selection.control = control_policy(config.text("control"));
  const bool archive = config.has("archive");
  const bool truth = config.has("truth");
  if (archive == config.has("forecasts") || archive == (config.has("analysis") || truth) ||
      (truth && config.has("analysis"))) {
    throw config.complaint(archive ? "archive" : "forecasts", "E2667",
                           "give either forecasts with analysis or truth, or archive (both sides of the "
                           "comparison are needed once)");
  }
  wanted.open([&] {
    if (archive) {
      EnsembleArchive both = open_ensemble_archive(config.path("archive").string(), selection);
      forecasts_ = std::move(both.forecasts);
      truth_ = std::move(both.truth);
    } else {
      forecasts_ = forecasts_are_files(config) ? open_ensemble_files(config, selection)
                                               : open_member_files(config.paths("forecasts"), selection);
      truth_ = truth ? open_truth_file(config, *forecasts_)
                     : open_analysis(texts_of(config.paths("analysis")), *forecasts_);
    }
  });
  wanted.apply(forecasts_, truth_);
  if (config.has("climatology"))
    climatology_.emplace(config.path("climatology").string(), forecasts_->grid(),
                         forecasts_->channels());

  shape_.grid = forecasts_->grid();
  const bool global = shape_.grid.is_global();
  if (!global) shape_.regions = {{"domain", "Domain of the forecasts", -90.0, 90.0}};
  for (diag::Region& region : read_regions(config.sections("regions"), shape_.grid))
    shape_.regions.push_back(std::move(region));
  shape_.members = static_cast<int>(forecasts_->members());
  shape_.rank_bins = std::max(
      2, std::min(shape_.members + 1, static_cast<int>(config.section("ranks").integer("bins"))));
  for (const io::Channel& channel : forecasts_->channels()) {
    shape_.channels.push_back(
        {channel.name, channel.long_name, channel.units, channel.standard_name});
  }
  for (Duration lead : forecasts_->leads()) shape_.lead_hours.push_back(lead.in_hours());
  diag::CaseOptions options;
  options.rank_weighting = config.section("ranks").text("weighting") == "equal"
                               ? diag::RankWeighting::equal
                               : diag::RankWeighting::area;
  options.seed = static_cast<std::uint64_t>(config.integer("seed"));
  options.spectrum_members =
      std::min(forecasts_->members(), config.section("spectra").integer("members"));
  // Spherical harmonics need the whole sphere.
  shape_.lmax = global && options.spectrum_members > 0 ? Sht::exact_lmax(shape_.grid) : 0;
  if (shape_.lmax > 0 && config.section("spectra").flag("winds"))
    shape_.winds = diag::wind_pairs(shape_.channels);
  order_ = scoring_order(shape_);
  shape_.families = make_score_families(config.section("scores"), shape_.channels, shape_.members, shape_.grid);
  shape_.block = diag::starts_per_block(forecasts_->starts());
  groups_ = member_groups(config, *forecasts_);
  health_ = make_member_health(config, shape_, groups_);
  shape_.health = health_.has_value();
  shape_.inferences = {diag::make_rank_test(), diag::make_drift_test()};
  add_checkpoint_results(config, groups_, shape_);
  add_return_levels(config, shape_);
  warn_absent_results(shape_);
  runner_.emplace(*backend_, shape_, options);

  const std::int64_t row_bytes =
      forecasts_->members() * shape_.grid.nlon() * static_cast<std::int64_t>(sizeof(float));
  band_rows_ = std::clamp(
      static_cast<std::int64_t>(config.number("memory_mb") * 1048576.0) / (2 * row_bytes),
      std::int64_t{1}, shape_.grid.nlat());
  choose_places(config.section("report"));
  shown_fields_.emplace(config.section("report"), shape_);
  open_climate_quantiles(config.section("report"));
}

void VerifyRun::open_climate_quantiles(const Config& report) {
  if (!report.has("climate_quantiles")) return;
  if (!shape_.grid.is_global()) {
    throw report.complaint(
        "climate_quantiles", "E2724",
        fmt::format("climate quantiles are given for the {} grid (maps need a global grid) remove them",
                    shape_.grid.describe()));
  }
  if (std::find(map_leads_.begin(), map_leads_.end(), true) == map_leads_.end()) {
    log_warning("verify", "E2704",
                "the report has no extreme forecast index (the forecasts have none of the leads of "
                "`report.map_leads`) choose among their leads");
  }
  shown_extremes_.emplace(
      *backend_, report.path("climate_quantiles").string(),
      diag::StatisticsAxes{shape_.grid, forecasts_->channels(), forecasts_->starts()[shown_], forecasts_->leads()});
}

void VerifyRun::choose_places(const Config& report) {
  if (report.has("start")) {
    const auto& starts = forecasts_->starts();
    const Instant wanted = report.date("start", starts.front().calendar());
    const auto found = std::find(starts.begin(), starts.end(), wanted);
    if (found == starts.end()) {
      throw report.complaint(
          "start", "E2668",
          fmt::format("no forecast starts at {} (the first starts at {}) choose one that exists",
                      wanted.iso(), starts.front().iso()));
    }
    shown_ = static_cast<std::size_t>(found - starts.begin());
  }
  const auto map_leads = report.durations("map_leads");
  for (Duration lead : forecasts_->leads()) {
    map_leads_.push_back(shape_.grid.is_global() &&
                         std::find(map_leads.begin(), map_leads.end(), lead) != map_leads.end());
  }
  const auto latitudes = shape_.grid.latitudes_deg();
  const std::int64_t nlon = shape_.grid.nlon();
  for (const Config& place : report.sections("places")) {
    if (!shape_.grid.is_global()) {
      throw report.complaint("places", "E2724",
                             fmt::format("places are given for the {} grid (plumes need a global grid) remove them",
                                         shape_.grid.describe()));
    }
    const double latitude = place.number("latitude");
    const auto nearest = std::min_element(
        latitudes.begin(), latitudes.end(),
        [&](double a, double b) { return std::abs(a - latitude) < std::abs(b - latitude); });
    const std::int64_t column =
        std::llround(place.number("longitude") / 360.0 * static_cast<double>(nlon));
    places_.push_back(
        {place.text("name"), nearest - latitudes.begin(), ((column % nlon) + nlon) % nlon});
  }
  const double absent = std::numeric_limits<double>::quiet_NaN();
  const std::size_t leads = shape_.lead_hours.size();
  for (std::size_t c = 0; c < shape_.channels.size(); ++c) {
    for (const Place& place : places_) {
      diag::Plume plume;
      plume.place = place.name;
      plume.latitude = latitudes[static_cast<std::size_t>(place.row)];
      plume.longitude = 360.0 * static_cast<double>(place.column) / static_cast<double>(nlon);
      plume.channel = c;
      plume.members.assign(static_cast<std::size_t>(shape_.members),
                           std::vector<double>(leads, absent));
      plume.truth.assign(leads, absent);
      if (forecasts_->has_control()) plume.control.assign(leads, absent);
      if (climatology_ && climatology_->has(c)) plume.climate_mean.assign(leads, absent);
      plumes_.push_back(std::move(plume));
    }
  }
}

std::string VerifyRun::plan_text() const {
  const auto bands = (shape_.grid.nlat() + band_rows_ - 1) / band_rows_;
  std::string text;
  text += fmt::format("starts      {} from {} to {}\n", starts(),
                      forecasts_->starts().front().iso(), forecasts_->starts().back().iso());
  text += fmt::format("members     {}{}\n", shape_.members,
                      forecasts_->has_control() ? " and a control" : "");
  text += fmt::format("channels    {} on the {} grid\n", shape_.channels.size(),
                      shape_.grid.describe());
  text += fmt::format("leads       {} up to {}\n", shape_.lead_hours.size(),
                      to_string(forecasts_->leads().back()));
  text += fmt::format("climate     {}\n",
                      climatology_ ? climatology_->title() : "none: no anomaly correlation");
  text += fmt::format("memory      {} rows at once, {} pass{} over the members\n", band_rows_,
                      bands, bands == 1 ? "" : "es");
  return text;
}

diag::StartRecord VerifyRun::score_start(std::size_t start,
                                         const std::function<void()>& case_done) {
  diag::StartRecord record(shape_);
  Buffers buffers;
  const auto points = static_cast<std::size_t>(shape_.grid.points());
  for (auto* field : {&buffers.field, &buffers.truth, &buffers.mean, &buffers.spread})
    field->resize(points);
  if (forecasts_->has_control()) buffers.control.resize(points);
  buffers.shown = start == shown_;
  forecasts_->open(start);
  std::size_t scored = 0;
  for (std::size_t c : order_) {
    buffers.persistence.resize(points);
    if (!truth_->read_analysis(start, c, buffers.persistence)) buffers.persistence.clear();
    for (std::size_t t = 0; t < shape_.lead_hours.size(); ++t) {
      scored += score_case(start, c, t, buffers, record) ? 1 : 0;
      case_done();
    }
  }
  MYRIAD_VALIDATE(scored > 0, ErrorKind::input_missing, "E2669",
                  "nothing verifies the forecast from {} (no analysis at any of its valid times) "
                  "extend the analysis or drop {}",
                  forecasts_->starts()[start].iso(), forecasts_->place(start));
  judge_members(start, record);
  return record;
}

void VerifyRun::judge_members(std::size_t start, diag::StartRecord& record) {
  const bool other = groups_.from_files && groups_.of_member != member_groups(config_, *forecasts_).of_member;
  if (other) {
    log_warning("verify", "E2713",
                "no results by checkpoint (the members of {} are not those of the first start's checkpoints one by one) verify such starts "
                "separately, or name `member_groups`",
                forecasts_->place(start));
    drop_checkpoint_records(shape_, record);
  }
  if (!health_) return;
  for (std::size_t t = 0; t < shape_.lead_hours.size(); ++t) {
    diag::LeadHealth health = health_->judge(t);
    if (other) health.group_p = std::numeric_limits<double>::quiet_NaN();
    const auto numbers = health.numbers();
    std::copy(numbers.begin(), numbers.end(), record.health(t).begin());
  }
  health_->clear();
}

bool VerifyRun::score_case(std::size_t start, std::size_t channel, std::size_t lead,
                           Buffers& buffers, diag::StartRecord& record) {
  if (!truth_->read_truth(start, channel, lead, buffers.truth)) {
    unverified_.insert({channel, lead});
    return false;
  }
  if (forecasts_->has_control()) forecasts_->read_control(channel, lead, buffers.control);
  buffers.climate_mean.clear();
  buffers.climate_std = {};
  if (climatology_ && climatology_->has(channel)) {
    buffers.climate_mean.resize(buffers.truth.size());
    climatology_->mean(channel, forecasts_->starts()[start] + forecasts_->leads()[lead],
                       buffers.climate_mean);
    buffers.climate_std = climatology_->deviation(channel);
  }
  runner_->begin(channel, lead,
                 diag::case_number(forecasts_->starts()[start], shape_.channels[channel].name,
                                   forecasts_->leads()[lead]));
  score_bands(channel, lead, buffers);
  if (runner_->wants_spectra()) add_spectra(channel, lead, buffers, record);
  add_wind_spectra(start, channel, lead, buffers, record);
  runner_->finish(record);
  if (buffers.shown && map_leads_[lead]) {
    keep_map(channel, lead, buffers);
    keep_contours(channel, lead, buffers);
    shown_fields_->finish_case(channel, lead, buffers.truth);
    if (shown_extremes_) shown_extremes_->finish_case(channel, lead);
  }
  return true;
}

void VerifyRun::score_bands(std::size_t channel, std::size_t lead, Buffers& buffers) {
  const std::int64_t nlon = shape_.grid.nlon();
  for (std::int64_t first = 0; first < shape_.grid.nlat(); first += band_rows_) {
    const std::int64_t rows = std::min(band_rows_, shape_.grid.nlat() - first);
    const auto begin = static_cast<std::size_t>(first * nlon);
    const auto size = static_cast<std::size_t>(rows * nlon);
    buffers.members.resize(static_cast<std::size_t>(forecasts_->members()) * size);
    for (std::int64_t i = 0; i < forecasts_->members(); ++i) {
      const auto out = std::span(buffers.members).subspan(static_cast<std::size_t>(i) * size, size);
      if (rows == shape_.grid.nlat()) {
        forecasts_->read_member(i, channel, lead, out);
      } else {
        forecasts_->read_member(i, channel, lead, buffers.field);
        std::copy_n(buffers.field.begin() + static_cast<std::ptrdiff_t>(begin), size, out.begin());
      }
    }
    const auto band = [&](std::span<const float> field) {
      return field.empty() ? field : field.subspan(begin, size);
    };
    diag::CaseFields fields;
    fields.nlat = rows;
    fields.nlon = nlon;
    fields.members = forecasts_->members();
    fields.ensemble = buffers.members;
    fields.truth = band(buffers.truth);
    fields.control = band(buffers.control);
    fields.persistence = band(buffers.persistence);
    fields.climate_mean = band(buffers.climate_mean);
    fields.climate_std = band(buffers.climate_std);
    runner_->add_rows(fields, first, std::span(buffers.mean).subspan(begin, size),
                      std::span(buffers.spread).subspan(begin, size));
    if (health_) health_->add_rows(channel, lead, first, rows, buffers.members);
    if (!buffers.shown) continue;
    keep_plume_values(channel, lead, first, rows, buffers);
    if (!map_leads_[lead]) continue;
    shown_fields_->add_rows(channel, first, rows, buffers.members);
    if (shown_extremes_) shown_extremes_->add_rows(channel, lead, first, rows, buffers.members);
  }
}

void VerifyRun::add_spectra(std::size_t channel, std::size_t lead, Buffers& buffers,
                            diag::StartRecord& record) {
  const bool whole = band_rows_ >= shape_.grid.nlat();  // the members are in memory as whole fields
  diag::SpectrumFields fields;
  fields.truth = buffers.truth;
  fields.mean = buffers.mean;
  fields.control = buffers.control;
  fields.persistence = buffers.persistence;
  fields.climate_mean = buffers.climate_mean;
  fields.members = shape_.members;
  fields.member = [&](std::int64_t i, std::span<float> out) {
    if (whole) {
      std::copy_n(buffers.members.begin() + i * static_cast<std::ptrdiff_t>(out.size()),
                  out.size(), out.begin());
    } else {
      forecasts_->read_member(i, channel, lead, out);
    }
  };
  runner_->store_spectra(channel, lead, fields, record);
}

void VerifyRun::add_wind_spectra(std::size_t start, std::size_t channel, std::size_t lead,
                                 Buffers& buffers, diag::StartRecord& record) {
  const auto wind = std::find_if(shape_.winds.begin(), shape_.winds.end(), [&](const auto& pair) {
    return pair.eastward == channel || pair.northward == channel;
  });
  if (wind == shape_.winds.end()) return;
  const std::size_t other = wind->eastward == channel ? wind->northward : wind->eastward;
  const auto place = [&](std::size_t c) { return std::find(order_.begin(), order_.end(), c); };
  buffers.wind_means.resize(shape_.lead_hours.size());
  Buffers::WindMean& kept = buffers.wind_means[lead];
  if (place(channel) < place(other)) {
    kept = {channel, buffers.mean};
    return;
  }
  if (kept.channel != other || kept.field.empty()) return;  // it does not verify
  buffers.wind_truth.resize(buffers.truth.size());
  if (!truth_->read_truth(start, other, lead, buffers.wind_truth)) return;
  const bool whole = band_rows_ >= shape_.grid.nlat();
  const auto arrange = [&](auto&& here, auto&& there) {
    return wind->eastward == channel ? std::pair(here, there) : std::pair(there, here);
  };
  using Field = std::span<const float>;
  diag::WindFields fields;
  std::tie(fields.truth_eastward, fields.truth_northward) =
      arrange(Field(buffers.truth), Field(buffers.wind_truth));
  std::tie(fields.mean_eastward, fields.mean_northward) =
      arrange(Field(buffers.mean), Field(kept.field));
  fields.members = shape_.members;
  fields.member = [&](std::int64_t i, std::span<float> eastward, std::span<float> northward) {
    const auto [here, there] = arrange(eastward, northward);
    forecasts_->read_member(i, other, lead, there);
    if (whole) {
      std::copy_n(buffers.members.begin() + i * static_cast<std::ptrdiff_t>(here.size()),
                  here.size(), here.begin());
    } else {
      forecasts_->read_member(i, channel, lead, here);
    }
  };
  runner_->store_wind_spectra(static_cast<std::size_t>(wind - shape_.winds.begin()), lead, fields,
                              record);
}

void VerifyRun::keep_map(std::size_t channel, std::size_t lead, const Buffers& buffers) {
  diag::MapPanel panel{channel, shape_.lead_hours[lead], buffers.mean, {}, buffers.truth};
  if (shape_.members > 1) panel.spread = buffers.spread;
  maps_.push_back(std::move(panel));
}

void VerifyRun::keep_contours(std::size_t channel, std::size_t lead, Buffers& buffers) {
  const std::int64_t count = shown_fields_->contour_members(channel);
  const std::size_t points = buffers.truth.size();
  for (std::int64_t i = 0; i < count; ++i) {
    if (band_rows_ >= shape_.grid.nlat()) {  // the members are in memory as whole fields
      shown_fields_->add_contours(
          channel,
          std::span(buffers.members).subspan(static_cast<std::size_t>(i) * points, points));
      continue;
    }
    forecasts_->read_member(i, channel, lead, buffers.field);
    shown_fields_->add_contours(channel, buffers.field);
  }
}

void VerifyRun::keep_plume_values(std::size_t channel, std::size_t lead, std::int64_t first_row,
                                  std::int64_t rows, const Buffers& buffers) {
  const std::int64_t nlon = shape_.grid.nlon();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.row < first_row || place.row >= first_row + rows) continue;
    diag::Plume& plume = plumes_[channel * places_.size() + i];
    const auto in_band = static_cast<std::size_t>((place.row - first_row) * nlon + place.column);
    const auto on_globe = static_cast<std::size_t>(place.row * nlon + place.column);
    for (std::size_t m = 0; m < plume.members.size(); ++m) {
      plume.members[m][lead] =
          static_cast<double>(buffers.members[m * static_cast<std::size_t>(rows * nlon) + in_band]);
    }
    plume.truth[lead] = static_cast<double>(buffers.truth[on_globe]);
    if (!plume.control.empty())
      plume.control[lead] = static_cast<double>(buffers.control[on_globe]);
    if (!buffers.climate_mean.empty())
      plume.climate_mean[lead] = static_cast<double>(buffers.climate_mean[on_globe]);
  }
}

std::vector<std::pair<std::string, std::string>> VerifyRun::provenance() const {
  auto out = forecasts_->provenance();
  out.insert(out.end(), truth_->provenance().begin(), truth_->provenance().end());
  if (climatology_) out.emplace_back("Climatology", climatology_->title());
  if (shown_extremes_) out.emplace_back("Climate quantiles", shown_extremes_->climate());
  std::string checkpoints;
  for (std::size_t g = 0; g < groups_.labels.size(); ++g)
    checkpoints += fmt::format("{}{}: {}", g == 0 ? "" : ", ", g, groups_.labels[g]);
  if (!checkpoints.empty()) out.emplace_back("Groups of members", checkpoints);
  out.emplace_back("Verification configuration, SHA-256", config_.sha256());
  out.emplace_back("Myriad",
                   fmt::format("{} ({})", build_info().version, build_info().git_describe));
  return out;
}

void VerifyRun::warn_unverified() const {
  std::map<std::size_t, std::string> leads;
  for (const auto& [channel, lead] : unverified_) {
    std::string& text = leads[channel];
    text += (text.empty() ? "" : ", ") + to_string(forecasts_->leads()[lead]);
  }
  for (const auto& [channel, text] : leads) {
    log_warning("verify", "E2670", "{} is not scored at {} (no verifying field for some start)",
                shape_.channels[channel].name, text);
  }
}

diag::Report VerifyRun::report() const {
  const Config section = config_.section("report");
  diag::Report report;
  report.title = section.text("title");
  report.forecast = section.has("forecast") ? section.text("forecast") : forecasts_->description();
  report.truth = section.has("truth") ? section.text("truth") : truth_->description();
  if (climatology_) report.climate = climatology_->title();
  report.starts = forecasts_->starts();
  report.shown_start = forecasts_->starts()[shown_];
  report.maps = maps_;
  report.plumes = plumes_;
  shown_fields_->add_to(report);
  if (shown_extremes_) shown_extremes_->add_to(report);
  report.provenance = provenance();
  return report;
}

void VerifyRun::add_curves(const diag::Verification& results, diag::Report& report) const {
  report.return_levels = diag::return_level_curves(results);
  const auto thresholds = read_thresholds(config_.section("scores").sections("events"));
  const auto wanted = config_.section("report").durations("map_leads");
  std::vector<std::size_t> leads;
  for (std::size_t t = 0; t < forecasts_->leads().size(); ++t) {
    if (std::find(wanted.begin(), wanted.end(), forecasts_->leads()[t]) != wanted.end()) leads.push_back(t);
  }
  diag::EventCurves curves =
      diag::event_curves(results, diag::resolve_thresholds(diag::units_of(shape_.channels), thresholds, diag::Standardised::allowed), leads, 0);
  report.reliability = std::move(curves.reliability);
  report.roc = std::move(curves.roc);
}

}  // namespace myriad::pipelines
