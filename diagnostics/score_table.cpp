#include "diagnostics/report_members.hpp"
#include "diagnostics/score_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace myriad::diag {
namespace {

constexpr std::size_t k_globe = 0;  ///< the first region
constexpr std::size_t k_brief_channels = 3;
constexpr std::size_t k_brief_leads = 5;

bool exists(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

std::string headline(const Verification& results, std::string_view what) {
  const VerificationShape& shape = results.shape();
  return fmt::format("{}{} member{}, {} start{}, {}\n", what, shape.members,
                     shape.members == 1 ? "" : "s", results.starts(),
                     results.starts() == 1 ? "" : "s", shape.grid.is_global() ? "globe" : "domain");
}

struct TableColumn {
  const char* score;
  const char* heading;
  const char* format;
};
constexpr TableColumn k_full_table[] = {{"rmse", "rmse", "{:>11.4g}"},
                                        {"rmse_persistence", "persist.", "{:>11.4g}"},
                                        {"rmse_climatology", "climate", "{:>11.4g}"},
                                        {"bias", "bias", "{:>11.3g}"},
                                        {"acc", "acc", "{:>11.4f}"},
                                        {"crps_fair", "crps_fair", "{:>11.4g}"},
                                        {"crps_standard", "crps_std", "{:>11.4g}"},
                                        {"crps_climatology", "crps_clim", "{:>11.4g}"},
                                        {"spread", "spread", "{:>11.4g}"},
                                        {"spread_skill_ratio", "spr/err", "{:>11.3f}"}};

std::string full_table(const Verification& results) {
  const VerificationShape& shape = results.shape();
  std::string text;
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    const VerifiedChannel& info = shape.channels[c];
    if (c > 0) text += '\n';
    text += headline(results, fmt::format("{} [{}], ", info.name, info.units));
    std::vector<std::pair<const TableColumn*, std::vector<double>>> columns;
    text += fmt::format("{:>8}", "lead");
    for (const TableColumn& column : k_full_table) {
      auto values = results.over_leads(find_score(column.score), c, k_globe);
      if (!exists(values)) continue;
      columns.emplace_back(&column, std::move(values));
      text += fmt::format("{:>11}", column.heading);
    }
    text += '\n';
    for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
      text += fmt::format("{:>7g}h", shape.lead_hours[t]);
      for (const auto& [column, values] : columns) {
        text += std::isfinite(values[t]) ? fmt::format(fmt::runtime(column->format), values[t])
                                         : fmt::format("{:>11}", "-");
      }
      text += '\n';
    }
  }
  return text;
}

struct TableLine {
  const char* score;
  const char* label;
  bool ratio;  ///< a number near 1 that is read to the second decimal
};
constexpr TableLine k_brief_table[] = {
    {"rmse", "error of the mean", false},         {"rmse_persistence", "  persistence", false},
    {"rmse_climatology", "  climatology", false}, {"acc", "anomaly correlation", true},
    {"crps_fair", "CRPS, fair", false},           {"spread_skill_ratio", "spread / error", true}};

/// The channels forecasters ask for first, then the others in their order.
std::vector<std::size_t> brief_channels(const VerificationShape& shape) {
  constexpr std::string_view asked_first[] = {"z500", "t850", "u250", "msl", "t2m"};
  std::vector<std::size_t> order;
  for (std::string_view name : asked_first) {
    for (std::size_t c = 0; c < shape.channels.size(); ++c) {
      if (shape.channels[c].name == name) order.push_back(c);
    }
  }
  for (std::size_t c = 0; c < shape.channels.size(); ++c) {
    if (std::find(order.begin(), order.end(), c) == order.end()) order.push_back(c);
  }
  order.resize(std::min(order.size(), k_brief_channels));
  return order;
}

/// All leads when they are few, else days 1, 3, 5, 7, 10 when they are among them, else evenly
/// spread ones with the last.
std::vector<std::size_t> brief_leads(const VerificationShape& shape) {
  const std::vector<double>& hours = shape.lead_hours;
  std::vector<std::size_t> chosen;
  if (hours.size() <= k_brief_leads) {
    for (std::size_t t = 0; t < hours.size(); ++t) chosen.push_back(t);
    return chosen;
  }
  for (double day : {1.0, 3.0, 5.0, 7.0, 10.0}) {
    const auto found = std::find(hours.begin(), hours.end(), 24.0 * day);
    if (found != hours.end()) chosen.push_back(static_cast<std::size_t>(found - hours.begin()));
  }
  if (chosen.size() >= 3) return chosen;
  chosen.clear();
  for (std::size_t i = 1; i <= k_brief_leads; ++i)
    chosen.push_back(i * hours.size() / k_brief_leads - 1);
  return chosen;
}

/// Three significant digits without exponents for the sizes that occur ("0.533", "7.77", "29.4",
/// "712").
std::string brief_number(double value, bool ratio) {
  if (!std::isfinite(value)) return "-";
  const double size = std::abs(value);
  if (!ratio && size > 0.0 && (size < 0.001 || size >= 1e5)) return fmt::format("{:.2e}", value);
  const int decimals = ratio || (size >= 1.0 && size < 10.0) ? 2
                       : size < 0.01                         ? 5
                       : size < 1.0                          ? 3
                       : size < 100.0                        ? 1
                                                             : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string brief_table(const Verification& results) {
  const VerificationShape& shape = results.shape();
  const std::vector<std::size_t> channels = brief_channels(shape);
  const std::vector<std::size_t> leads = brief_leads(shape);
  std::string text = headline(results, "");
  text += fmt::format("{:34}", "");
  for (std::size_t t : leads)
    text += fmt::format("{:>9}", fmt::format("{:g}h", shape.lead_hours[t]));
  text += '\n';
  for (std::size_t c : channels) {
    std::string name = fmt::format("{} [{}]", shape.channels[c].name, shape.channels[c].units);
    for (const TableLine& line : k_brief_table) {
      const auto values = results.over_leads(find_score(line.score), c, k_globe);
      if (!exists(values)) continue;
      if (name.size() >= 15) text += std::exchange(name, "") + '\n';  // a line of its own
      text += fmt::format("{:15}{:19}", std::exchange(name, ""), line.label);
      for (std::size_t t : leads) text += fmt::format("{:>9}", brief_number(values[t], line.ratio));
      text += '\n';
    }
  }
  const bool all =
      channels.size() == shape.channels.size() && leads.size() == shape.lead_hours.size();
  if (!all) {
    text +=
        fmt::format("({} of {} channels and {} of {} lead times; all of them: --table full)\n",
                    channels.size(), shape.channels.size(), leads.size(), shape.lead_hours.size());
  }
  return text;
}

}  // namespace

std::string score_table(const Verification& results, ScoreTable form) {
  return (form == ScoreTable::full ? full_table(results) : brief_table(results)) + member_line(results);
}

}  // namespace myriad::diag
