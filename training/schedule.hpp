#pragma once
/// \file
/// Learning-rate schedule.

#include <cstdint>

namespace myriad::train {

/// Linear warm-up from 0 to `peak`, then half a cosine down to `final_fraction * peak`.
struct LearningRateSchedule {
  double peak = 1e-3;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 1;
  double final_fraction = 0.0;

  /// Rate of optimiser step \p step (0-based); constant after total_steps.
  double at(std::int64_t step) const;
};

}  // namespace myriad::train
