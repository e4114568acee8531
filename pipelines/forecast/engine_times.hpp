#pragma once
/// \file
/// Where the time of a forecast goes.

#include <chrono>

namespace myriad::pipelines {

/// Seconds of this rank.
struct EngineTimes {
  double model = 0.0;
  double exchange = 0.0;     ///< members to tiles, with waiting for other ranks
  double store = 0.0;        ///< fields and states to scratch
  double output_wait = 0.0;  ///< steps delayed by a full output queue
  double output = 0.0;       ///< the writer thread's work
};

/// Adds the time until its end of life to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum) : sum_(sum), start_(Clock::now()) {}
  ~Stopwatch() { sum_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& sum_;
  Clock::time_point start_;
};

}  // namespace myriad::pipelines
