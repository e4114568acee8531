#include "diagnostics/report_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/chart.hpp"
#include "diagnostics/ranks.hpp"
#include "diagnostics/report.hpp"

namespace myriad::diag {
namespace detail {

std::string area_word(const VerificationShape& shape) {
  return shape.grid.is_global() ? "globe" : "domain";
}

std::string fixed_text(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  const std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0.0 && !zero ? "−" + text : text;
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "–";
  const double magnitude = std::abs(value);
  if (magnitude == 0.0) return "0";
  if (magnitude >= 1000.0) return axis_number(std::round(value));
  if (magnitude < 1e-3) {
    const int exponent = static_cast<int>(std::floor(std::log10(magnitude)));
    const double scale = std::pow(10.0, exponent - 2);
    return axis_number(std::round(value / scale) * scale);
  }
  const int digits = 2 - static_cast<int>(std::floor(std::log10(magnitude)));
  return fixed_text(value, std::max(0, digits));
}

std::string prose_number(double value) {
  if (!std::isfinite(value) || value == 0.0) return number_text(value);
  const double scale = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 1.0);
  const double rounded = std::round(value / scale) * scale;
  if (std::abs(rounded) < 1e-3 || std::abs(rounded) >= 100.0) return axis_number(rounded);
  return fixed_text(
      rounded, std::max(0, 1 - static_cast<int>(std::floor(std::log10(std::abs(rounded)) + 1e-9))));
}

std::string unit_text(std::string_view units) {
  static constexpr std::array<std::string_view, 10> digits{"⁰", "¹", "²", "³", "⁴",
                                                           "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (units == "1") return {};
  std::string out;
  bool exponent = false;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const char c = units[i];
    const bool digit_next = i + 1 < units.size() && units[i + 1] >= '0' && units[i + 1] <= '9';
    if (c == '-' && digit_next) {
      out += "⁻";
      exponent = true;
    } else if (c >= '0' && c <= '9' &&
               (exponent || (i > 0 && std::isalpha(static_cast<unsigned char>(units[i - 1]))))) {
      out += digits[static_cast<std::size_t>(c - '0')];
      exponent = true;
    } else {
      out += c;
      exponent = false;
    }
  }
  return out;
}

std::string quantity_text(double value, std::string_view units) {
  const std::string unit = unit_text(units);
  return unit.empty() ? number_text(value) : number_text(value) + "\u202f" + unit;
}

std::string lead_text(double lead_hours) {
  if (lead_hours < 24.0) return "hour " + short_number(lead_hours);
  return "day " + short_number(lead_hours / 24.0, 2);
}

std::string date_text(const Instant& instant) {
  static constexpr std::array<std::string_view, 12> months{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const CivilTime t = instant.civil();
  std::string text =
      fmt::format("{} {} {}", t.day, months[static_cast<std::size_t>(t.month - 1)], t.year);
  if (t.hour != 0 || t.minute != 0)
    text += t.minute == 0 ? fmt::format(", {:02} UTC", t.hour)
                          : fmt::format(", {:02}:{:02} UTC", t.hour, t.minute);
  return text;
}

std::string dates_text(const std::vector<Instant>& dates) {
  if (dates.empty()) return {};
  const auto [first, last] = std::minmax_element(dates.begin(), dates.end());
  if (dates.size() == 1) return date_text(*first);
  return fmt::format("{} to {}", date_text(*first), date_text(*last));
}

std::string place_text(double latitude, double longitude) {
  const double east = longitude > 180.0 ? longitude - 360.0 : longitude;
  return fmt::format("{}°{} {}°{}", short_number(std::abs(latitude)), latitude < 0.0 ? "S" : "N",
                     short_number(std::abs(east)), east < 0.0 ? "W" : "E");
}

}  // namespace detail

namespace {

constexpr std::size_t k_globe = 0;  ///< region that the sentences speak about

std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (std::size_t i = 0; i < a.size(); ++i) out.push_back(a[i] - b[i]);
  return out;
}

/// "persistence at every lead"; empty when unknown.
std::string until_text(const HoldsUntil& hold, const std::string& name) {
  switch (hold.kind) {
    case HoldsUntil::Kind::always:
      return name + " at every lead";
    case HoldsUntil::Kind::until:
      return fmt::format("{} until day {}", name, detail::fixed_text(hold.day, 1));
    case HoldsUntil::Kind::never:
      return name + " at no lead";
    case HoldsUntil::Kind::unknown:
      break;
  }
  return {};
}

/// Day 1, or anything after 0 of shorter forecasts: the first hours show the initial perturbations,
/// not the forecast.
double first_shown_hours(const std::vector<double>& lead_hours) {
  return lead_hours.back() >= 24.0 ? 24.0 : 1e-9;
}

/// Mean from the first lead that is shown on; NaN when nothing is known.
double mean_after_start(const std::vector<double>& lead_hours, const std::vector<double>& values) {
  const double first = first_shown_hours(lead_hours);
  double sum = 0.0, count = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (lead_hours[i] < first || !std::isfinite(values[i])) continue;
    sum += values[i];
    count += 1.0;
  }
  return sum / count;
}

std::string error_sentence(const ScoreResults& results, std::size_t channel) {
  const auto& leads = results.shape().lead_hours;
  const auto rmse = results.over_leads(find_score("rmse"), channel, k_globe);
  std::size_t first = rmse.size(), last = rmse.size();
  for (std::size_t i = 0; i < rmse.size(); ++i) {
    if (!std::isfinite(rmse[i])) continue;
    if (first == rmse.size() && leads[i] >= first_shown_hours(leads)) first = i;
    last = i;
  }
  if (first == rmse.size()) return {};
  const std::string unit = detail::unit_text(results.shape().channels[channel].units);
  const auto prose = [&](double value) {
    return unit.empty() ? detail::prose_number(value)
                        : detail::prose_number(value) + "\u202f" + unit;
  };
  const std::string subject = results.shape().members > 1 ? "The ensemble mean" : "The forecast";
  if (first == last) {
    return fmt::format("{} is off by {} (root mean square) at {}.", subject, prose(rmse[first]),
                       detail::lead_text(leads[first]));
  }
  return fmt::format("{} is off by {} at {} and by {} at {} (root mean square over the {}).",
                     subject, prose(rmse[first]), detail::lead_text(leads[first]),
                     prose(rmse[last]), detail::lead_text(leads[last]), detail::area_word(results.shape()));
}

std::string baseline_sentence(const ScoreResults& results, std::size_t channel) {
  const auto& leads = results.shape().lead_hours;
  const auto rmse = results.over_leads(find_score("rmse"), channel, k_globe);
  const auto against = [&](const char* score) {
    return holds_until(leads, minus(results.over_leads(find_score(score), channel, k_globe), rmse));
  };
  const HoldsUntil persistence = against("rmse_persistence");
  const HoldsUntil climate = against("rmse_climatology");
  if (persistence.kind == climate.kind && persistence.kind == HoldsUntil::Kind::always) {
    return "It beats persistence and climatology at every lead.";
  }
  const std::string first = until_text(persistence, "persistence");
  const std::string second = until_text(climate, "climatology");
  if (first.empty() && second.empty()) return {};
  return fmt::format("It beats {}{}{}.", first, first.empty() || second.empty() ? "" : " and ",
                     second);
}

std::string correlation_sentence(const ScoreResults& results, std::size_t channel) {
  auto margin = results.over_leads(find_score("acc"), channel, k_globe);
  for (double& v : margin) v -= 0.6;
  const HoldsUntil hold = holds_until(results.shape().lead_hours, margin);
  const std::string start = "Its anomaly correlation ";
  switch (hold.kind) {
    case HoldsUntil::Kind::always:
      return start + "stays above 0.6, the usual limit of a useful forecast, to the end.";
    case HoldsUntil::Kind::until:
      return start +
             fmt::format("stays above 0.6, the usual limit of a useful forecast, until day {}.",
                         detail::fixed_text(hold.day, 1));
    case HoldsUntil::Kind::never:
      return start + "is below 0.6, the usual limit of a useful forecast, at every lead.";
    case HoldsUntil::Kind::unknown:
      break;
  }
  return {};
}

std::string reliability_sentence(const ScoreResults& results, std::size_t channel) {
  const double ratio = mean_spread_skill_ratio(results, channel);
  if (!std::isfinite(ratio)) return {};
  const auto& leads = results.shape().lead_hours;
  const double last = results.over_leads(find_score("spread_skill_ratio"), channel, k_globe).back();
  const std::string when = leads.back() >= 24.0 ? "from day 1 on" : "over all leads";
  const std::string end =
      std::isfinite(last)
          ? fmt::format("; {} at {}", detail::fixed_text(last, 2), detail::lead_text(leads.back()))
          : std::string();
  const std::string value = detail::fixed_text(ratio, 2);
  if (ratio < 0.9) {
    return fmt::format(
        "The ensemble is overconfident: its spread is {} of what its error asks for (mean {}{}).",
        value, when, end);
  }
  if (ratio > 1.1) {
    return fmt::format(
        "The ensemble is underconfident: its spread is {} times what its error asks for (mean "
        "{}{}).",
        value, when, end);
  }
  return fmt::format("Spread and error agree: their ratio is {} (mean {}{}).", value, when, end);
}

std::string outlier_sentence(const ScoreResults& results, std::size_t channel) {
  const int members = results.shape().members;
  if (members < 2 || results.shape().rank_bins != members + 1) return {};
  std::vector<double> rates;
  for (std::size_t t = 0; t < results.shape().lead_hours.size(); ++t) {
    const auto histogram = results.rank_histogram(channel, t, k_globe);
    rates.push_back(histogram.empty() ? std::nan("") : outlier_rate(histogram));
  }
  const double rate = mean_after_start(results.shape().lead_hours, rates);
  if (!std::isfinite(rate)) return {};
  return fmt::format(
      "The truth lies outside all members in {}\u202f% of cases; {}\u202f% would be expected of a "
      "reliable ensemble.",
      detail::fixed_text(100.0 * rate, 1),
      detail::fixed_text(100.0 * expected_outlier_rate(members), 1));
}

}  // namespace

double mean_spread_skill_ratio(const ScoreResults& results, std::size_t channel) {
  return mean_after_start(results.shape().lead_hours,
                          results.over_leads(find_score("spread_skill_ratio"), channel, k_globe));
}

HoldsUntil holds_until(const std::vector<double>& lead_hours, const std::vector<double>& margin) {
  HoldsUntil result;
  double last_hours = 0.0, last_margin = 0.0;
  for (std::size_t i = 0; i < margin.size(); ++i) {
    if (lead_hours[i] <= 0.0 || !std::isfinite(margin[i])) continue;
    if (margin[i] <= 0.0) {
      if (result.kind == HoldsUntil::Kind::unknown) return {HoldsUntil::Kind::never, 0.0};
      const double share = last_margin / (last_margin - margin[i]);
      return {HoldsUntil::Kind::until, (last_hours + share * (lead_hours[i] - last_hours)) / 24.0};
    }
    result.kind = HoldsUntil::Kind::always;
    last_hours = lead_hours[i];
    last_margin = margin[i];
  }
  return result;
}

std::vector<std::string> describe_channel(const ScoreResults& results, std::size_t channel) {
  std::vector<std::string> sentences;
  for (auto* sentence : {error_sentence, baseline_sentence, correlation_sentence,
                         reliability_sentence, outlier_sentence}) {
    std::string text = sentence(results, channel);
    if (!text.empty()) sentences.push_back(std::move(text));
  }
  return sentences;
}

}  // namespace myriad::diag
