#include "diagnostics/score_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "diagnostics/member_health.hpp"
#include "diagnostics/ranks.hpp"
#include "diagnostics/score_extras.hpp"
#include "diagnostics/spectral_scores.hpp"
#include "diagnostics/wind_spectra.hpp"
#include "src/base/error.hpp"
#include "src/base/time.hpp"
#include "src/io/product_writer.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

bool has_interval(std::string_view score) {
  const auto names = scores_with_interval();
  return std::find(names.begin(), names.end(), score) != names.end();
}

std::vector<double> score_values(const Verification& results, const Score& score,
                                 std::size_t channel) {
  std::vector<double> values;
  for (std::size_t r = 0; r < results.shape().regions.size(); ++r) {
    const auto row = results.over_leads(score, channel, r);
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}

/// One variable with its values, kept until all are defined.
struct Pending {
  io::ProductVariable variable;
  std::vector<double> values;
};

/// \p bounds [region, lead, low or high] of the score \p name.
Pending interval_variable(const std::string& name, const std::string& unit,
                          const std::vector<double>& bounds) {
  return {{name + "_interval",
           io::NcType::f64,
           {"region", "lead_time", "bound"},
           {{"long_name", fmt::format("90 % interval of {}", name)},
            {"units", unit},
            {"MYRIAD_estimator", std::string("percentile bootstrap over starts, 400 resamples")}},
           io::MissingValues::allow,
           0},
          bounds};
}

void add_scores(const Verification& results, std::size_t channel, std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  for (const Score& score : scores()) {
    const auto values = score_values(results, score, channel);
    if (!detail::exists(values)) continue;
    const std::string name = info.name + "_" + score.name;
    const std::string unit = score.unit == ScoreUnit::channel ? info.units : "1";
    out.push_back({{name,
                    io::NcType::f64,
                    {"region", "lead_time"},
                    {{"long_name", fmt::format("{}: {}", info.long_name, score.long_name)},
                     {"units", unit},
                     {"MYRIAD_estimator", score.definition},
                     {"MYRIAD_date_pooling", detail::pooling_text(score.pooling)}},
                    io::MissingValues::allow,
                    0},
                   values});
    if (results.starts() < 3 || !has_interval(score.name)) continue;
    std::vector<double> bounds;
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        const Interval interval = results.interval(score.name, channel, t, r);
        bounds.push_back(interval.low);
        bounds.push_back(interval.high);
      }
    }
    out.push_back(interval_variable(name, unit, bounds));
  }
}

/// Names of the axes of curves: one dimension per set of places.
class CurveAxes {
 public:
  const std::string& name_of(const FamilyOutput& output) {
    std::size_t alike = 1;
    for (const Axis& axis : axes_) {
      if (axis.output.axis != output.axis) continue;
      if (axis.output.axis_values == output.axis_values) return axis.name;
      ++alike;
    }
    axes_.push_back({alike == 1 ? output.axis : fmt::format("{}_{}", output.axis, alike), output});
    return axes_.back().name;
  }
  void define(io::ProductWriter& writer) const {
    for (const Axis& axis : axes_) {
      writer.define_axis(axis.name, axis.output.axis_values,
                         {{"long_name", axis.output.axis}, {"units", axis.output.axis_units}});
    }
  }

 private:
  struct Axis {
    std::string name;
    FamilyOutput output;
  };
  std::deque<Axis> axes_;
};

void add_extras(const Verification& results, std::size_t channel, CurveAxes& axes,
                  std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  detail::for_each_extra(results, channel, [&](const detail::Extra& extra) {
    const FamilyOutput& output = extra.output;
    std::vector<double> values, bounds;
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        const auto some = extra.values(t, r);
        values.insert(values.end(), some.begin(), some.end());
        if (!extra.interval) continue;
        const Interval interval = extra.interval(t, r);
        bounds.push_back(interval.low);
        bounds.push_back(interval.high);
      }
    }
    if (!detail::exists(values)) return;
    const std::string name = info.name + "_" + output.name;
    const std::string unit = output.unit == ScoreUnit::channel ? info.units : "1";
    std::vector<std::string> dimensions{"region", "lead_time"};
    if (!output.axis.empty()) dimensions.push_back(axes.name_of(output));
    out.push_back({{name,
                    io::NcType::f64,
                    dimensions,
                    {{"long_name", fmt::format("{}: {}", info.long_name, output.long_name)},
                     {"units", unit},
                     {"MYRIAD_estimator", output.definition},
                     {"MYRIAD_date_pooling", extra.pooling}},
                    io::MissingValues::allow,
                    0},
                   values});
    if (const std::string absence = detail::absence_text(output, shape); !absence.empty())
      out.back().variable.attributes.emplace_back("MYRIAD_absent", absence);
    if (extra.interval) out.push_back(interval_variable(name, unit, bounds));
  });
}

/// Scores of every start, for paired comparisons.
void add_scores_by_start(const Verification& results, std::size_t channel,
                         std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  const std::size_t cases = shape.regions.size() * shape.lead_hours.size();
  for (std::string_view name : scores_by_start()) {
    const Score& score = find_score(name);
    std::vector<double> values(results.starts() * cases);
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        const auto column = results.by_start(name, channel, t, r);
        for (std::size_t s = 0; s < column.size(); ++s)
          values[s * cases + r * shape.lead_hours.size() + t] = column[s];
      }
    }
    if (!detail::exists(values)) continue;
    out.push_back({{fmt::format("{}_{}_by_start", info.name, name),
                    io::NcType::f64,
                    {"start", "region", "lead_time"},
                    {{"long_name",
                      fmt::format("{}: {}, each start by itself", info.long_name, score.long_name)},
                     {"units", score.unit == ScoreUnit::channel ? info.units : "1"},
                     {"MYRIAD_estimator", score.definition}},
                    io::MissingValues::allow,
                    0},
                   values});
  }
}

Json channels_json(const VerificationShape& shape) {
  Json channels{Json::Array{}};
  for (const VerifiedChannel& channel : shape.channels) {
    Json entry{Json::Object{}};
    entry.set("name", channel.name);
    entry.set("long_name", channel.long_name);
    entry.set("units", channel.units);
    entry.set("standard_name", channel.standard_name);
    channels.push_back(std::move(entry));
  }
  return channels;
}

Json regions_json(const VerificationShape& shape) {
  Json regions{Json::Array{}};
  for (const Region& region : shape.regions) {
    Json entry{Json::Object{}};
    entry.set("name", region.name);
    entry.set("title", region.title);
    entry.set("south_deg", region.south_deg);
    entry.set("north_deg", region.north_deg);
    entry.set("weighted_points", !region.weights.empty());
    regions.push_back(std::move(entry));
  }
  return regions;
}

/// Coordinates of a grid that its name does not give; absent in files of global grids.
Json grid_part_json(const Grid& grid) {
  const auto array = [](const std::vector<double>& values) {
    Json list{Json::Array{}};
    for (const double v : values) list.push_back(v);
    return list;
  };
  Json part{Json::Object{}};
  part.set("kind", grid.is_window() ? "window" : "points");
  part.set("rows", array(grid.part_rows()));
  part.set("columns", array(grid.part_columns()));
  return part;
}

void define_starts(io::ProductWriter& writer, std::span<const Instant> starts) {
  const CfTimeUnits units(io::k_time_units, starts.front().calendar());
  std::vector<double> hours;
  for (const Instant& start : starts) hours.push_back(units.encode(start));
  writer.define_axis("start", hours,
                     {{"standard_name", std::string("forecast_reference_time")},
                      {"long_name", std::string("start of the forecast")},
                      {"units", std::string(io::k_time_units)},
                      {"calendar", std::string(to_string(starts.front().calendar()))}});
}

void add_ranks_and_spectra(const Verification& results, std::size_t channel,
                           std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  const double absent = std::nan("");
  if (shape.members > 1) {
    std::vector<double> values;
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        auto histogram = results.rank_histogram(channel, t, r);
        if (histogram.empty()) histogram.assign(static_cast<std::size_t>(shape.rank_bins), absent);
        values.insert(values.end(), histogram.begin(), histogram.end());
      }
    }
    out.push_back({{info.name + "_rank_histogram",
                    io::NcType::f64,
                    {"region", "lead_time", "rank"},
                    {{"long_name",
                      fmt::format("{}: share of cases by the rank of the truth among the members",
                                  info.long_name)},
                     {"units", std::string("1")},
                     {"MYRIAD_estimator",
                      std::string("number of members below the truth, ties split at random")}},
                    io::MissingValues::allow,
                    0},
                   values});
  }
  for (int of = 0; of < k_spectrum_count && shape.lmax > 0; ++of) {
    const auto kind = static_cast<SpectrumOf>(of);
    std::vector<double> values;
    for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
      auto power = results.spectrum(channel, t, kind);
      if (power.empty()) power.assign(static_cast<std::size_t>(shape.lmax), absent);
      values.insert(values.end(), power.begin(), power.end());
    }
    if (!detail::exists(values)) continue;
    out.push_back(
        {{info.name + "_spectrum_" + to_string(kind),
          io::NcType::f64,
          {"lead_time", "degree"},
          {{"long_name",
            fmt::format("{}: power per total degree, {}", info.long_name, to_string(kind))},
           {"units", io::squared_unit(info.units)},
           {"MYRIAD_estimator", estimator(kind)}},
          io::MissingValues::allow,
          0},
         values});
  }
  for (const SpectralScore& score : spectral_scores()) {
    std::vector<double> values;
    for (std::size_t t = 0; t < shape.lead_hours.size() && shape.lmax > 0; ++t) {
      auto one = score.value(results, channel, t);
      if (one.empty()) one.assign(static_cast<std::size_t>(shape.lmax), absent);
      values.insert(values.end(), one.begin(), one.end());
    }
    if (!detail::exists(values)) continue;
    out.push_back({{info.name + "_" + std::string(score.name),
                    io::NcType::f64,
                    {"lead_time", "degree"},
                    {{"long_name", fmt::format("{}: {}", info.long_name, score.long_name)},
                     {"units", std::string("1")},
                     {"MYRIAD_estimator", std::string(score.definition)}},
                    io::MissingValues::allow,
                    0},
                   values});
  }
}

/// Values [lead, size] of what \p value gives for a lead, NaN where it is absent.
template <class Value>
std::vector<double> over_leads(const VerificationShape& shape, std::size_t size,
                               const Value& value) {
  std::vector<double> values;
  for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
    std::vector<double> one = value(t);
    if (one.empty()) one.assign(size, std::nan(""));
    values.insert(values.end(), one.begin(), one.end());
  }
  return values;
}

void add_zonal_means(const Verification& results, std::size_t channel, std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  for (int i = 0; i < k_zonal_mean_count; ++i) {
    const auto of = static_cast<ZonalMeanOf>(i);
    const auto values = over_leads(shape, shape.zonal_rows(), [&](std::size_t t) {
      return results.zonal_mean(channel, t, of);
    });
    if (!detail::exists(values)) continue;
    out.push_back({{fmt::format("{}_zonal_{}", info.name, to_string(of)),
                    io::NcType::f64,
                    {"lead_time", "latitude"},
                    {{"long_name", fmt::format("{}: zonal mean, {}", info.long_name, to_string(of))},
                     {"units", info.units},
                     {"cell_methods", std::string("longitude: mean")},
                     {"MYRIAD_estimator", estimator(of)}},
                    io::MissingValues::allow,
                    0},
                   values});
  }
}

/// Spectra of kinetic energy and enstrophy of pair number \p pair, and their ratios to the truth.
void add_winds(const Verification& results, std::size_t pair, std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const WindPair& wind = shape.winds[pair];
  const auto add = [&](const std::string& name, const std::string& what, const char* units,
                       const char* definition, const auto& value) {
    const auto values = over_leads(shape, static_cast<std::size_t>(shape.lmax), value);
    if (!detail::exists(values)) return;
    out.push_back({{fmt::format("{}_{}", wind.name, name),
                    io::NcType::f64,
                    {"lead_time", "degree"},
                    {{"long_name", fmt::format("{}: {}", wind.long_name, what)},
                     {"units", std::string(units)},
                     {"MYRIAD_estimator", std::string(definition)}},
                    io::MissingValues::allow,
                    0},
                   values});
  };
  for (int o = 0; o < k_wind_of_count; ++o) {
    const auto of = static_cast<WindOf>(o);
    for (int p = 0; p < k_wind_part_count; ++p) {
      const auto part = static_cast<WindPart>(p);
      const bool rotational = part == WindPart::rotational;
      const auto spectrum = [&](std::size_t t) {
        return results.wind_spectrum(pair, t, part, of);
      };
      add(fmt::format("kinetic_energy_{}_{}", to_string(part), to_string(of)),
          fmt::format("{} kinetic energy per total degree, {}", to_string(part), to_string(of)),
          "m2 s-2",
          rotational ? "a^2/(8 pi l (l+1)) sum over m >= 0 of (2 - [m = 0]) |zeta_lm|^2, zeta the "
                       "vorticity in orthonormal harmonics"
                     : "a^2/(8 pi l (l+1)) sum over m >= 0 of (2 - [m = 0]) |delta_lm|^2, delta the "
                       "divergence in orthonormal harmonics",
          spectrum);
      if (rotational) {
        add(fmt::format("enstrophy_{}", to_string(of)),
            fmt::format("enstrophy per total degree, {}", to_string(of)), "s-2",
            "1/(8 pi) sum over m >= 0 of (2 - [m = 0]) |zeta_lm|^2, a = 6371229 m",
            [&](std::size_t t) { return enstrophy(spectrum(t)); });
      }
      if (of == WindOf::truth) continue;
      add(fmt::format("kinetic_energy_ratio_{}_{}", to_string(part), to_string(of)),
          fmt::format("{} kinetic energy per total degree over that of the truth, {}",
                      to_string(part), to_string(of)),
          "1", "ratio of the means over dates", [&](std::size_t t) {
            return kinetic_energy_ratio(results, pair, t, part, of);
          });
    }
  }
}

/// Results of the ensemble, of no channel.
void add_health(const Verification& results, std::vector<Pending>& out) {
  for (const LeadResult& result : health_results()) {
    const auto values = results.lead_result(result.name);
    if (!detail::exists(values)) continue;
    out.push_back({{std::string(result.name),
                    io::NcType::f64,
                    {"lead_time"},
                    {{"long_name", std::string(result.long_name)},
                     {"units", std::string("1")},
                     {"MYRIAD_estimator", std::string(result.definition)}},
                    io::MissingValues::allow,
                    0},
                   values});
  }
}

std::vector<std::int32_t> counting(std::int64_t count) {
  std::vector<std::int32_t> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(static_cast<std::int32_t>(i));
  return out;
}

}  // namespace

io::PublishedFile write_score_file(const Verification& results, const std::filesystem::path& path,
                                   const io::NcAttributes& attributes, Existing existing,
                                   std::span<const Instant> starts) {
  const VerificationShape& shape = results.shape();
  MYRIAD_EXPECT(starts.empty() || starts.size() == results.starts());
  std::vector<Pending> pending;
  CurveAxes axes;
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    add_scores(results, c, pending);
    add_extras(results, c, axes, pending);
    if (!starts.empty()) add_scores_by_start(results, c, pending);
    add_ranks_and_spectra(results, c, pending);
    add_zonal_means(results, c, pending);
  }
  for (std::size_t pair = 0; pair < shape.winds.size(); ++pair) add_winds(results, pair, pending);
  add_health(results, pending);
  io::NcAttributes all = attributes;
  all.emplace_back("MYRIAD_channels", to_json_text(channels_json(shape)));
  all.emplace_back("MYRIAD_grid", shape.grid.describe());
  if (!shape.grid.is_global()) all.emplace_back("MYRIAD_grid_part", to_json_text(grid_part_json(shape.grid)));
  all.emplace_back("MYRIAD_regions", to_json_text(regions_json(shape)));
  io::ProductWriter writer(path, all, existing);
  if (!starts.empty()) define_starts(writer, starts);
  std::vector<std::string> regions;
  for (const Region& region : shape.regions) regions.push_back(region.name);
  std::vector<Duration> leads;
  for (double hours : shape.lead_hours) leads.push_back({std::llround(hours * 3600.0)});
  writer.define_labels("region", regions, {{"long_name", std::string("region")}});
  writer.define_lead_times(leads);
  if (shape.members > 1) {
    writer.define_axis(
        "rank", counting(shape.rank_bins),
        {{"long_name", std::string("rank bin, lowest first")}, {"units", std::string("1")}});
  }
  if (shape.lmax > 0) {
    writer.define_axis("degree", counting(shape.lmax),
                       {{"long_name", std::string("total degree")}, {"units", std::string("1")}});
  }
  if (shape.zonal_rows() > 0) writer.define_latitudes(shape.grid);
  axes.define(writer);
  if (results.starts() >= 3) writer.define_dimension("bound", 2);
  writer.define_scalar("members", static_cast<std::int32_t>(shape.members),
                       {{"long_name", std::string("members scored")}, {"units", std::string("1")}});
  writer.define_scalar(
      "starts", static_cast<std::int32_t>(results.starts()),
      {{"long_name", std::string("forecasts verified")}, {"units", std::string("1")}});
  for (const Pending& p : pending) writer.define_variable(p.variable);
  for (const Pending& p : pending) writer.write(p.variable.name, std::span<const double>(p.values));
  return writer.finish();
}

}  // namespace myriad::diag
