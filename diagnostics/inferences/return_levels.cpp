#include "diagnostics/inferences/return_levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "diagnostics/verification.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr double k_absent = std::numeric_limits<double>::quiet_NaN();

/// Leads are given to the second; this is less than one.
constexpr double k_same_hours = 1e-4;

class ReturnLevelInference final : public Inference {
 public:
  ReturnLevelInference(std::shared_ptr<const ScoreFamily> values, std::vector<std::size_t> channels,
                       const LeadWindows& windows, const ReturnLevelOptions& options)
      : values_(std::move(values)),
        channels_(std::move(channels)),
        windows_(windows),
        options_(options) {}

  std::vector<FamilyOutput> outputs(const VerificationShape&, std::size_t channel) const override {
    if (!scored(channel)) return {};
    const bool largest = options_.extreme == Extreme::largest;
    const bool gumbel = options_.family == ExtremeFamily::gumbel;
    const std::string block =
        fmt::format("{} of the mean over the region in a window of {:g} h of leads",
                    largest ? "largest value" : "smallest value", windows_.window_hours);
    const std::string fitted =
        fmt::format("{} distribution fitted by L-moments to the {} of every member and start{}",
                    gumbel ? "Gumbel" : "generalised extreme value", block,
                    largest ? "" : ", as largest of the negatives");
    const auto number = [](const char* name, const std::string& long_name,
                           const std::string& definition, ScoreUnit unit) {
      FamilyOutput o;
      o.name = name;
      o.long_name = long_name;
      o.definition = definition;
      o.unit = unit;
      return o;
    };
    const auto curve = [&](const char* name, const std::string& long_name,
                           const std::string& definition, ScoreUnit unit) {
      FamilyOutput o = number(name, long_name, definition, unit);
      o.axis = "return_period";
      o.axis_values = options_.periods;
      return o;
    };
    const std::string interval =
        "percentile bootstrap over starts with all their members, in blocks of starts within five "
        "days";
    const std::string rank = "x_(k), k = (n + 1)(1 - 1/period), linear in between";
    const auto value = ScoreUnit::channel, none = ScoreUnit::one;
    return {
        curve("return_level", "return level of the members, by the period in windows",
              fmt::format("quantile 1 - 1/period of the {}", fitted), value),
        curve("return_level_low", "return level of the members, lower end of its 90 % interval",
              interval, value),
        curve("return_level_high", "return level of the members, upper end of its 90 % interval",
              interval, value),
        curve("return_level_members", "return level of the members by rank",
              fmt::format("{}, of the {} of every member and start", rank, block), value),
        curve("return_level_truth", "return level of the truth by rank",
              fmt::format("{}, of the truth's {} at every start", rank, block), value),
        curve("return_level_exceedance",
              "share of the truth's extremes beyond the return level of the members",
              "count of starts beyond return_level over starts; 1/period is expected", none),
        number("gev_location", "location of the distribution of extremes",
               fmt::format("mu of F(x) = exp(-(1 + xi (x - mu)/sigma)^(-1/xi)), the {}", fitted),
               value),
        number("gev_scale", "scale of the distribution of extremes", "sigma of the same", value),
        number("gev_shape", "shape of the distribution of extremes",
               "xi of the same: positive has a heavy tail, 0 is Gumbel, negative has a bound",
               none),
        number("block_maxima", "extremes that the distribution was fitted to",
               "members times starts that have every lead of the window", none),
    };
  }

  std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                               std::size_t region) const override {
    if (!scored(channel)) return {};
    const std::size_t periods = options_.periods.size();
    std::vector<double> out(6 * periods + 4, k_absent);
    const auto leads = windows_.leads_of(results.shape().lead_hours, lead);
    if (leads.empty()) return out;
    const ScoreFamilies& families = results.shape().families;
    const auto found = std::find(families.begin(), families.end(), values_);
    MYRIAD_EXPECT(found != families.end());
    const auto family = static_cast<std::size_t>(found - families.begin());
    const double sign = options_.extreme == Extreme::largest ? 1.0 : -1.0;
    std::vector<std::vector<double>> extremes(
        results.starts(), std::vector<double>(values_->record_size(),
                                              -std::numeric_limits<double>::infinity()));
    for (std::size_t t : leads) {
      const auto records = results.family_records(family, channel, t, region);
      for (std::size_t s = 0; s < records.size(); ++s) {
        for (std::size_t i = 0; i < records[s].size(); ++i) {
          const double v = sign * records[s][i];
          // Neither max nor < would keep an absent value.
          if (std::isnan(v) || v > extremes[s][i]) extremes[s][i] = std::isnan(v) ? k_absent : v;
        }
      }
    }
    std::vector<std::vector<double>> members;
    std::vector<double> truth;
    for (const std::vector<double>& start : extremes) {
      if (std::any_of(start.begin(), start.end(), [](double v) { return !std::isfinite(v); }))
        continue;
      truth.push_back(sign * start.front());
      members.emplace_back();
      for (std::size_t i = 1; i < start.size(); ++i) members.back().push_back(sign * start[i]);
    }
    if (members.empty()) return out;
    ReturnLevelOptions options = options_;
    options.bootstrap.block = results.shape().block;
    const ReturnLevels levels = pooled_return_levels(members, truth, options);
    std::size_t at = 0;
    for (const auto* list : {&levels.level, &levels.low, &levels.high, &levels.members,
                             &levels.truth, &levels.exceedance}) {
      std::copy(list->begin(), list->end(), out.begin() + static_cast<std::ptrdiff_t>(at));
      at += periods;
    }
    out[at] = levels.fit.location;
    out[at + 1] = levels.fit.scale;
    out[at + 2] = levels.fit.shape;
    out[at + 3] = static_cast<double>(levels.values);
    return out;
  }

  const LeadWindows& windows() const { return windows_; }
  const ReturnLevelOptions& options() const { return options_; }
  bool scored(std::size_t channel) const {
    return std::find(channels_.begin(), channels_.end(), channel) != channels_.end();
  }

 private:
  std::shared_ptr<const ScoreFamily> values_;
  std::vector<std::size_t> channels_;
  LeadWindows windows_;
  ReturnLevelOptions options_;
};

}  // namespace

std::vector<std::size_t> LeadWindows::leads_of(std::span<const double> lead_hours,
                                               std::size_t last) const {
  MYRIAD_EXPECT(window_hours > 0.0 && last < lead_hours.size());
  const double number = (lead_hours[last] - after_hours) / window_hours;
  const double end = lead_hours[last];
  std::vector<std::size_t> leads;
  if (number < 0.5 || std::abs(number - std::round(number)) * window_hours > k_same_hours)
    return leads;
  for (std::size_t t = 0; t < lead_hours.size(); ++t) {
    if (lead_hours[t] > end - window_hours + k_same_hours && lead_hours[t] <= end + k_same_hours)
      leads.push_back(t);
  }
  return leads;
}

std::shared_ptr<const Inference> make_return_levels(std::shared_ptr<const ScoreFamily> values,
                                                    std::vector<std::size_t> channels,
                                                    const LeadWindows& windows,
                                                    const ReturnLevelOptions& options) {
  MYRIAD_EXPECT(values->name() == "regional_values");
  return std::make_shared<ReturnLevelInference>(std::move(values), std::move(channels), windows,
                                                options);
}

std::vector<ReturnLevelCurve> return_level_curves(const Verification& results) {
  const VerificationShape& shape = results.shape();
  std::vector<ReturnLevelCurve> curves;
  for (const auto& inference : shape.inferences) {
    const auto* levels = dynamic_cast<const ReturnLevelInference*>(inference.get());
    if (levels == nullptr) continue;
    for (std::size_t c = 0; c < shape.channels.size(); ++c) {
      if (!levels->scored(c)) continue;
      for (std::size_t r = 0; r < shape.regions.size(); ++r) {
        for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
          if (levels->windows().leads_of(shape.lead_hours, t).empty()) continue;
          const auto list = [&](const char* name) { return results.extra(name, c, t, r); };
          ReturnLevelCurve curve;
          curve.channel = c;
          curve.region = r;
          curve.lead_hours = shape.lead_hours[t];
          curve.window_hours = levels->windows().window_hours;
          curve.smallest = levels->options().extreme == Extreme::smallest;
          curve.maxima = list("block_maxima").front();
          curve.periods = levels->options().periods;
          curve.level = list("return_level");
          if (!std::isfinite(curve.level.front())) continue;
          curve.low = list("return_level_low");
          curve.high = list("return_level_high");
          curve.members = list("return_level_members");
          curve.truth = list("return_level_truth");
          curves.push_back(std::move(curve));
        }
      }
    }
  }
  return curves;
}

}  // namespace myriad::diag
