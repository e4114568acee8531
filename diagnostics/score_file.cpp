#include "diagnostics/score_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "diagnostics/ranks.hpp"
#include "diagnostics/spectral_scores.hpp"
#include "src/base/error.hpp"
#include "src/base/time.hpp"
#include "src/io/product_writer.hpp"
#include "src/io/units.hpp"

namespace myriad::diag {
namespace {

bool exists(const std::vector<double>& values) {
  for (double v : values) {
    if (std::isfinite(v)) return true;
  }
  return false;
}

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

std::string pooling_text(Pooling pooling) {
  return pooling == Pooling::moments ? "means over dates before the score"
                                     : "mean over dates of the score";
}

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
    if (!exists(values)) continue;
    const std::string name = info.name + "_" + score.name;
    const std::string unit = score.unit == ScoreUnit::channel ? info.units : "1";
    out.push_back({{name,
                    io::NcType::f64,
                    {"region", "lead_time"},
                    {{"long_name", fmt::format("{}: {}", info.long_name, score.long_name)},
                     {"units", unit},
                     {"MYRIAD_estimator", score.definition},
                     {"MYRIAD_date_pooling", pooling_text(score.pooling)}},
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

/// Call body(family, number, output) for every result of the families for \p channel.
template <class Body>
void for_each_output(const VerificationShape& shape, std::size_t channel, const Body& body) {
  for (std::size_t f = 0; f < shape.families.size(); ++f) {
    const std::vector<FamilyOutput> outputs = shape.families[f]->outputs(channel);
    for (std::size_t k = 0; k < outputs.size(); ++k) body(f, k, outputs[k]);
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

void add_families(const Verification& results, std::size_t channel, CurveAxes& axes,
                  std::vector<Pending>& out) {
  const VerificationShape& shape = results.shape();
  const VerifiedChannel& info = shape.channels[channel];
  for_each_output(shape, channel, [&](std::size_t f, std::size_t k, const FamilyOutput& output) {
    const bool intervals = output.axis.empty() && results.starts() >= 3;
    std::vector<double> values, bounds;
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        const auto some = results.family_values(f, output, k, channel, t, r);
        values.insert(values.end(), some.begin(), some.end());
        if (!intervals) continue;
        const Interval interval = results.family_intervals(f, output, k, channel, t, r).front();
        bounds.push_back(interval.low);
        bounds.push_back(interval.high);
      }
    }
    if (!exists(values)) return;
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
                     {"MYRIAD_date_pooling", pooling_text(output.pooling)}},
                    io::MissingValues::allow,
                    0},
                   values});
    if (intervals) out.push_back(interval_variable(name, unit, bounds));
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
    if (!exists(values)) continue;
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
    if (!exists(values)) continue;
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
    if (!exists(values)) continue;
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
    add_families(results, c, axes, pending);
    if (!starts.empty()) add_scores_by_start(results, c, pending);
    add_ranks_and_spectra(results, c, pending);
  }
  io::NcAttributes all = attributes;
  all.emplace_back("MYRIAD_channels", to_json_text(channels_json(shape)));
  all.emplace_back("MYRIAD_grid", shape.grid.describe());
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

std::string score_lines(const Verification& results) {
  const VerificationShape& shape = results.shape();
  std::string text = "channel\tregion\tlead_hours\tscore\tvalue\n";
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      for (const Score& score : scores()) {
        const auto values = results.over_leads(score, c, r);
        for (std::size_t t = 0; t < values.size(); ++t) {
          if (!std::isfinite(values[t])) continue;
          text += fmt::format("{}\t{}\t{}\t{}\t{:.9g}\n", shape.channels[c].name,
                              shape.regions[r].name, shape.lead_hours[t], score.name, values[t]);
        }
      }
      for_each_output(shape, c, [&](std::size_t f, std::size_t k, const FamilyOutput& output) {
        for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
          const auto values = results.family_values(f, output, k, c, t, r);
          for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i])) continue;
            const std::string place =
                output.axis.empty() ? std::string() : fmt::format("@{:g}", output.axis_values[i]);
            text += fmt::format("{}\t{}\t{}\t{}{}\t{:.9g}\n", shape.channels[c].name,
                                shape.regions[r].name, shape.lead_hours[t], output.name, place,
                                values[i]);
          }
        }
      });
    }
  }
  return text;
}

Json score_json(const Verification& results) {
  const VerificationShape& shape = results.shape();
  Json leads{Json::Array{}};
  for (double hours : shape.lead_hours) leads.push_back(hours);
  Json channels{Json::Object{}}, axes{Json::Object{}};
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    Json regions{Json::Object{}};
    for (std::size_t r = 0; r < shape.regions.size(); ++r) {
      Json list{Json::Object{}};
      for (const Score& score : scores()) {
        const auto values = results.over_leads(score, c, r);
        if (!exists(values)) continue;
        Json array{Json::Array{}};
        for (double v : values) array.push_back(std::isfinite(v) ? Json(v) : Json(nullptr));
        list.set(score.name, std::move(array));
      }
      for_each_output(shape, c, [&](std::size_t f, std::size_t k, const FamilyOutput& output) {
        const auto number = [](double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); };
        Json array{Json::Array{}};
        bool any = false;
        for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
          const auto values = results.family_values(f, output, k, c, t, r);
          any = any || exists(values);
          if (output.axis.empty()) {
            array.push_back(number(values.front()));
            continue;
          }
          Json curve{Json::Array{}};
          for (double v : values) curve.push_back(number(v));
          array.push_back(std::move(curve));
        }
        if (!any) return;
        list.set(output.name, std::move(array));
        if (output.axis.empty()) return;
        Json places{Json::Array{}};
        for (double v : output.axis_values) places.push_back(v);
        axes.set(output.name, std::move(places));
      });
      regions.set(shape.regions[r].name, std::move(list));
    }
    Json channel{Json::Object{}};
    channel.set("units", shape.channels[c].units);
    channel.set("regions", std::move(regions));
    channels.set(shape.channels[c].name, std::move(channel));
  }
  Json json{Json::Object{}};
  json.set("members", shape.members);
  json.set("starts", static_cast<std::int64_t>(results.starts()));
  json.set("lead_hours", std::move(leads));
  json.set("channels", std::move(channels));
  if (!axes.as_object().empty()) json.set("axes", std::move(axes));
  return json;
}

}  // namespace myriad::diag
