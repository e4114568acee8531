#pragma once
/// \file
/// Probability forecasts of one event against what happened: sums over forecasts with alike
/// probabilities, and the scores made of them.

#include <cstddef>
#include <cstdint>
#include <span>

namespace myriad::diag {

/// Means over all cases, of the forecasts of one bin of probability.
struct EventBin {
  double weight = 0.0;            ///< share of the cases
  double forecast = 0.0;          ///< p
  double observed = 0.0;          ///< o, 1 when the event happened
  double forecast_squared = 0.0;  ///< p^2
  double product = 0.0;           ///< p o
};

/// Bins of forecast probabilities p = k/N.
///
/// With as many bins as values (bins = N + 1) every value has its own; otherwise the bins have
/// equal widths, [b, b + 1) / bins, the last one closed.
struct ProbabilityBins {
  std::int64_t members = 1;
  std::int64_t bins = 2;  ///< 2 to members + 1

  bool distinct() const { return bins == members + 1; }
  /// Bin of k of n members; n may differ from `members` (the nearest value then, if distinct).
  std::size_t bin_of(std::int64_t k, std::int64_t n) const;
  /// The value of a bin, or its middle.
  double centre(std::size_t bin) const;
  /// Its smallest probability.
  double lower(std::size_t bin) const;
};

/// One event's numbers in a record: five of each bin, then four more.
///
/// Scores are computed from the means, so that the order of averaging is: area, dates, score.
/// A score whose denominator is zero is NaN.
class EventTable {
 public:
  static std::size_t size(std::size_t bins) { return 5 * bins + 4; }
  /// \param mean [size(bins)]
  explicit EventTable(std::span<const double> mean);

  std::size_t bins() const { return bins_; }
  EventBin bin(std::size_t b) const;

  /// Mean o and mean p.
  double frequency() const { return observed(); }
  double mean_probability() const;
  /// Mean (p - o)^2.
  double brier() const;
  /// Mean (p - o)^2 - p(1 - p)/(N - 1).
  /// *Source* Ferro 2014, QJRMS 140, 1917.
  double brier_fair() const { return brier() - tail_[1] / total_; }
  /// brier = reliability - resolution + uncertainty + within_bins, exactly: sum_b w_b (p_b -
  /// o_b)^2, sum_b w_b (o_b - o)^2, o (1 - o), and the variance of p within bins less twice its
  /// covariance with the outcome, which is zero when each value has its own bin. *Source*
  /// Stephenson, Coelho and Jolliffe 2008, Weather and Forecasting 23, 752.
  double reliability() const;
  double resolution() const;
  double uncertainty() const;
  double within_bins() const;
  /// Mean of -ln of the probability of what happened.
  double log_score() const { return tail_[0] / total_; }

  /// Share of the events before which p was at least that of bin \p b, and of the non-events; b =
  /// bins(): never.
  double hit_rate(std::size_t b) const;
  double false_alarm_rate(std::size_t b) const;
  /// Area below the curve of both rates, by trapezoids.
  double roc_area() const;
  /// (ln F - ln H)/(ln F + ln H); NaN unless 0 < F, H and not both are 1.
  /// *Source* Ferro and Stephenson 2011, Weather and Forecasting 26, 699.
  double extremal_dependence(std::size_t b) const;
  /// Gain over the better of always and never acting, 1 with perfect forecasts, with the best of
  /// the bins' thresholds, always or never, so that it is not negative. *Preconditions* 0 <
  /// cost_loss < 1. *Source* Richardson 2000, QJRMS 126, 649.
  double economic_value(double cost_loss) const;
  /// (a - a_r)/(a + b + c - a_r) of the warnings "p >= 1/2", a hits, b false alarms, c misses, a_r
  /// hits by chance.
  double equitable_threat_score() const;

 private:
  double observed() const;

  std::span<const double> bins_sums_, tail_;
  std::size_t bins_;
  double total_;  ///< weight of all cases, 1 but for rounding
};

/// Adds forecasts to the sums that EventTable reads.
class EventCounter {
 public:
  /// \param log_floor smallest probability that the log score gives to what happened
  EventCounter(ProbabilityBins bins, double log_floor) : bins_(bins), log_floor_(log_floor) {}
  /// Add one case to \p sums [EventTable::size(bins)]: \p k of \p n members had the event. One
  /// member has no fair correction: NaN.
  void add(std::int64_t k, std::int64_t n, bool happened, std::span<double> sums,
           double weight = 1.0) const;

 private:
  ProbabilityBins bins_;
  double log_floor_;
};

}  // namespace myriad::diag
