#pragma once
/// \file
/// Repeated timing of one action. Private to src/spectral.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "src/spectral/sht_bench.hpp"

namespace myriad::detail {

/// Run \p action once to warm up, then for \p seconds and at least three times.
template <class Action>
TransformTiming measure(const std::string& name, const std::string& what, int fields,
                        double seconds, const Action& action) {
  using Clock = std::chrono::steady_clock;
  const auto elapsed = [](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  action();
  std::vector<double> samples;
  const Clock::time_point begin = Clock::now();
  while (samples.size() < 3 || elapsed(begin) < seconds) {
    const Clock::time_point start = Clock::now();
    action();
    samples.push_back(elapsed(start) / fields);
  }
  std::sort(samples.begin(), samples.end());
  return {name, what, samples[samples.size() / 2], samples.front(),
          static_cast<int>(samples.size())};
}

}  // namespace myriad::detail
