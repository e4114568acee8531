#include "diagnostics/families/event_table.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr std::size_t k_of_bin = 5;
enum TailNumber : std::size_t { log_score_sum, fair_correction, warned, warned_and_happened };

double ratio(double numerator, double denominator) {
  return denominator > 0.0 ? numerator / denominator : detail::k_absent;
}

}  // namespace

std::size_t ProbabilityBins::bin_of(std::int64_t k, std::int64_t n) const {
  // In whole numbers, so that no value falls on the wrong side of an edge.
  if (distinct()) return static_cast<std::size_t>((2 * k * (bins - 1) + n) / (2 * n));
  return static_cast<std::size_t>(std::min(bins - 1, k * bins / n));
}

double ProbabilityBins::centre(std::size_t bin) const {
  if (distinct()) return lower(bin);
  return (static_cast<double>(bin) + 0.5) / static_cast<double>(bins);
}

double ProbabilityBins::lower(std::size_t bin) const {
  return static_cast<double>(bin) / static_cast<double>(distinct() ? bins - 1 : bins);
}

EventTable::EventTable(std::span<const double> mean) : bins_((mean.size() - 4) / k_of_bin) {
  MYRIAD_EXPECT(bins_ >= 2 && mean.size() == size(bins_));
  bins_sums_ = mean.first(k_of_bin * bins_);
  tail_ = mean.last(4);
  total_ = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) total_ += bin(b).weight;
}

EventBin EventTable::bin(std::size_t b) const {
  const auto v = bins_sums_.subspan(k_of_bin * b, k_of_bin);
  return {v[0], v[1], v[2], v[3], v[4]};
}

double EventTable::observed() const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) sum += bin(b).observed;
  return sum / total_;
}

double EventTable::mean_probability() const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) sum += bin(b).forecast;
  return sum / total_;
}

double EventTable::brier() const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) {
    const EventBin v = bin(b);
    sum += v.forecast_squared - 2.0 * v.product + v.observed;
  }
  return sum / total_;
}

double EventTable::reliability() const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) {
    const EventBin v = bin(b);
    const double d = v.forecast - v.observed;
    if (v.weight > 0.0) sum += d * d / v.weight;
  }
  return sum / total_;
}

double EventTable::resolution() const {
  const double mean = observed();
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) {
    const EventBin v = bin(b);
    const double d = v.observed - mean * v.weight;
    if (v.weight > 0.0) sum += d * d / v.weight;
  }
  return sum / total_;
}

double EventTable::uncertainty() const {
  const double mean = observed();
  return mean * (1.0 - mean);
}

double EventTable::within_bins() const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) {
    const EventBin v = bin(b);
    if (!(v.weight > 0.0)) continue;
    const double variance = v.forecast_squared - v.forecast * v.forecast / v.weight;
    sum += variance - 2.0 * (v.product - v.forecast * v.observed / v.weight);
  }
  return sum / total_;
}

double EventTable::hit_rate(std::size_t from) const {
  double sum = 0.0;
  for (std::size_t b = from; b < bins_; ++b) sum += bin(b).observed;
  return ratio(sum, observed() * total_);
}

double EventTable::false_alarm_rate(std::size_t from) const {
  double sum = 0.0;
  for (std::size_t b = from; b < bins_; ++b) sum += bin(b).weight - bin(b).observed;
  return ratio(sum, (1.0 - observed()) * total_);
}

double EventTable::roc_area() const {
  double area = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) {
    const double width = false_alarm_rate(b) - false_alarm_rate(b + 1);
    area += 0.5 * width * (hit_rate(b) + hit_rate(b + 1));
  }
  return area;
}

double EventTable::extremal_dependence(std::size_t b) const {
  const double f = std::log(false_alarm_rate(b)), h = std::log(hit_rate(b));
  const bool exists = std::isfinite(f) && std::isfinite(h) && f + h < 0.0;
  return exists ? (f - h) / (f + h) : detail::k_absent;
}

double EventTable::economic_value(double cost_loss) const {
  const double s = observed();
  const double without = std::min(cost_loss, s);
  const double perfect = s * cost_loss;
  double best = std::min(cost_loss, s);  // expense per unit loss: always or never acting
  for (std::size_t b = 0; b < bins_; ++b) {
    const double hits = s * hit_rate(b), alarms = (1.0 - s) * false_alarm_rate(b);
    best = std::min(best, cost_loss * (hits + alarms) + s - hits);
  }
  return ratio(without - best, without - perfect);
}

double EventTable::equitable_threat_score() const {
  const double alarms = tail_[warned] / total_, hits = tail_[warned_and_happened] / total_;
  const double s = observed(), chance = alarms * s;
  return ratio(hits - chance, alarms + s - hits - chance);
}

void EventCounter::add(std::int64_t k, std::int64_t n, bool happened, std::span<double> sums,
                       double weight) const {
  const double p = static_cast<double>(k) / static_cast<double>(n);
  const double o = happened ? 1.0 : 0.0;
  const auto bin = sums.subspan(k_of_bin * bins_.bin_of(k, n), k_of_bin);
  bin[0] += weight;
  bin[1] += weight * p;
  bin[2] += weight * o;
  bin[3] += weight * p * p;
  bin[4] += weight * p * o;
  const auto tail = sums.last(4);
  tail[log_score_sum] -= weight * std::log(std::max(happened ? p : 1.0 - p, log_floor_));
  tail[fair_correction] +=
      n > 1 ? weight * p * (1.0 - p) / static_cast<double>(n - 1) : detail::k_absent;
  if (2 * k >= n) {
    tail[warned] += weight;
    tail[warned_and_happened] += weight * o;
  }
}

}  // namespace myriad::diag
