#include "diagnostics/families/event_scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnostics/families/family_parts.hpp"
#include "diagnostics/member_count.hpp"

namespace myriad::diag {
namespace {

double per_bin(double sum, double weight) {
  return weight > 0.0 ? sum / weight : detail::k_absent;
}

double members_needed(double probability, double error) {
  if (!std::isfinite(probability)) return detail::k_absent;
  return static_cast<double>(members_for_error(std::clamp(probability, 0.0, 1.0), error, 0.9));
}

constexpr std::array k_scores{
    EventScore{"brier", "Brier score", "mean (p - o)^2", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.brier(); }},
    EventScore{"brier_fair", "Brier score, fair", "mean((p - o)^2 - p (1 - p)/(N - 1))",
               EventAxis::none, 2,
               [](const EventTable& t, std::size_t, double) { return t.brier_fair(); }},
    EventScore{"brier_reliability", "reliability term of the Brier score",
               "sum_b w_b (p_b - o_b)^2, p_b and o_b means of bin b", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.reliability(); }},
    EventScore{"brier_resolution", "resolution term of the Brier score",
               "sum_b w_b (o_b - mean o)^2", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.resolution(); }},
    EventScore{"brier_uncertainty", "uncertainty term of the Brier score",
               "mean o (1 - mean o), frequency of the sample", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.uncertainty(); }},
    EventScore{"brier_within_bins", "what the Brier score has from differences within bins",
               "sum_b w_b (var_b(p) - 2 cov_b(p, o)); brier = reliability - resolution + "
               "uncertainty + within_bins",
               EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.within_bins(); }},
    EventScore{"brier_skill", "skill of the Brier score against the frequency of the sample",
               "1 - brier / brier_uncertainty", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) {
                 return 1.0 - per_bin(t.brier(), t.uncertainty());
               }},
    EventScore{"log_score", "logarithmic score",
               "mean -ln max(probability of what happened, floor)", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.log_score(); }},
    EventScore{"roc_area", "area below the relative operating characteristic",
               "trapezoids through (F, H) of all thresholds of the bins", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.roc_area(); }},
    EventScore{
        "ets", "equitable threat score of warnings at p >= 1/2",
        "(a - a_r)/(a + b + c - a_r), a hits, b false alarms, c misses, a_r = (a + b)(a + c)",
        EventAxis::none, 1,
        [](const EventTable& t, std::size_t, double) { return t.equitable_threat_score(); }},
    EventScore{"reliability", "observed frequency", "mean o of the forecasts in the bin",
               EventAxis::probability, 1,
               [](const EventTable& t, std::size_t b, double) {
                 return per_bin(t.bin(b).observed, t.bin(b).weight);
               }},
    EventScore{"mean_probability", "mean forecast probability",
               "mean p of the forecasts in the bin", EventAxis::probability, 1,
               [](const EventTable& t, std::size_t b, double) {
                 return per_bin(t.bin(b).forecast, t.bin(b).weight);
               }},
    EventScore{"forecast_share", "share of the forecasts", "share of the cases in the bin",
               EventAxis::probability, 1,
               [](const EventTable& t, std::size_t b, double) { return t.bin(b).weight; }},
    EventScore{"roc_hit_rate", "hit rate", "H = share of the events with p >= threshold",
               EventAxis::threshold, 1,
               [](const EventTable& t, std::size_t b, double) { return t.hit_rate(b); }},
    EventScore{"roc_false_alarm_rate", "false alarm rate",
               "F = share of the non-events with p >= threshold", EventAxis::threshold, 1,
               [](const EventTable& t, std::size_t b, double) { return t.false_alarm_rate(b); }},
    EventScore{
        "edi", "extremal dependence index",
        "(ln F - ln H)/(ln F + ln H) of warnings at p >= threshold; absent where F or H is 0",
        EventAxis::threshold, 1,
        [](const EventTable& t, std::size_t b, double) { return t.extremal_dependence(b); }},
    EventScore{
        "economic_value", "relative economic value",
        "(min(C/L, s) - E)/(min(C/L, s) - s C/L), E smallest expense over thresholds, always "
        "and never, s = mean o",
        EventAxis::cost_loss, 1,
        [](const EventTable& t, std::size_t, double x) { return t.economic_value(x); }},
    EventScore{"event_frequency", "frequency of what was observed", "mean o", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.frequency(); }},
    EventScore{"event_probability", "mean forecast probability over all cases", "mean p", EventAxis::none, 1,
               [](const EventTable& t, std::size_t, double) { return t.mean_probability(); }},
    EventScore{"members_needed", "members whose share is good to +- the error",
               "fewest N whose Wilson interval of 90 % around mean p reaches no farther than the error; independent members, no error of the "
               "model",
               EventAxis::error, 1,
               [](const EventTable& t, std::size_t, double x) { return members_needed(t.mean_probability(), x); }},
};

}  // namespace

std::span<const EventScore> event_scores() {
  return k_scores;
}

}  // namespace myriad::diag
