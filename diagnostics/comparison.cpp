#include "diagnostics/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/report_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Pairs of places of elements that \p same finds equal, in the order of \p a.
template <class Element, class Same>
std::vector<CommonCases::Pair> common(const std::vector<Element>& a, const std::vector<Element>& b,
                                      Same&& same) {
  std::vector<CommonCases::Pair> pairs;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      if (!same(a[i], b[j])) continue;
      pairs.emplace_back(i, j);
      break;
    }
  }
  return pairs;
}

void require(bool some, const char* what) {
  MYRIAD_VALIDATE(some, ErrorKind::usage, "E2562",
                  "the two systems cannot be compared (they have no {} in common) verify both with "
                  "the same starts, channels and leads",
                  what);
}

double mean_of_pairs(const std::vector<double>& values, const std::vector<double>& partners) {
  double sum = 0.0, count = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || !std::isfinite(partners[i])) continue;
    sum += values[i];
    count += 1.0;
  }
  return sum / count;  // NaN without pairs
}

}  // namespace

CommonCases::CommonCases(const Report& a, const Report& b) : a_(a), b_(b) {
  const VerificationShape& p = a.results->shape();
  const VerificationShape& q = b.results->shape();
  channels_ = common(p.channels, q.channels, [](const auto& x, const auto& y) {
    return x.name == y.name && x.units == y.units;
  });
  leads_ = common(p.lead_hours, q.lead_hours, [](double x, double y) { return x == y; });
  regions_ = common(p.regions, q.regions,
                    [&](const Region& x, const Region& y) {
                      return x.name == y.name && (x.name != "domain" || p.grid == q.grid);
                    });
  starts_ = common(a.starts, b.starts, [](const Instant& x, const Instant& y) {
    return x.calendar() == y.calendar() && x == y;
  });
  require(!channels_.empty(), "channel in equal units");
  require(!leads_.empty(), "lead time");
  require(!regions_.empty(), "region");
  require(!starts_.empty(), "start");
  for (const Report* report : {&a, &b}) {
    MYRIAD_VALIDATE(!report->results->by_start("rmse", 0, 0, 0).empty(), ErrorKind::usage, "E2562",
                    "'{}' cannot be compared (its scores.nc has no values of each start) verify it "
                    "again with this version",
                    report->title);
  }
  for (const Pair& pair : starts_) dates_.push_back(a.starts[pair.first]);
}

std::pair<std::vector<double>, std::vector<double>> CommonCases::by_start(
    std::string_view score, std::size_t channel, std::size_t lead, std::size_t region) const {
  const auto of_a = a_.results->by_start(score, channels_[channel].first, leads_[lead].first,
                                         regions_[region].first);
  const auto of_b = b_.results->by_start(score, channels_[channel].second, leads_[lead].second,
                                         regions_[region].second);
  if (of_a.empty() || of_b.empty()) return {};
  std::pair<std::vector<double>, std::vector<double>> values;
  for (const Pair& start : starts_) {
    values.first.push_back(of_a[start.first]);
    values.second.push_back(of_b[start.second]);
  }
  return values;
}

PairedDifference CommonCases::difference(std::string_view score, std::size_t channel,
                                         std::size_t lead, std::size_t region) const {
  const auto [a, b] = by_start(score, channel, lead, region);
  PairedOptions options;
  options.block = starts_per_block(dates_);
  options.orientation = orientation_of(score);
  return compare_starts(a, b, options);
}

Scorecard comparison_scorecard(const CommonCases& cases, std::string_view score,
                               std::size_t region) {
  std::vector<double> hours;
  std::vector<std::size_t> later;
  for (std::size_t t = 0; t < cases.leads().size(); ++t) {
    hours.push_back(cases.a().results->shape().lead_hours[cases.leads()[t].first]);
    if (hours.back() > 0.0) later.push_back(t);
  }
  const auto leads = detail::whole_days(hours, later);
  Scorecard card;
  for (std::size_t t : leads) card.lead_hours.push_back(hours[t]);
  for (std::size_t c = 0; c < cases.channels().size(); ++c) {
    ScorecardRow row{detail::capitalised(cases.channel(c).long_name), {}};
    bool any = false;
    for (std::size_t t : leads) {
      const auto [a, b] = cases.by_start(score, c, t, region);
      const double of_a = mean_of_pairs(a, b), of_b = mean_of_pairs(b, a);
      ScorecardCell cell;
      cell.change_percent = 100.0 * (of_a - of_b) / std::abs(of_b);
      cell.good = orientation_of(score) == Orientation::small_is_good ? of_a < of_b : of_a > of_b;
      cell.difference = cases.difference(score, c, t, region);
      any = any || std::isfinite(cell.change_percent);
      row.cells.push_back(cell);
    }
    if (any) card.rows.push_back(std::move(row));
  }
  return card;
}

}  // namespace myriad::diag
