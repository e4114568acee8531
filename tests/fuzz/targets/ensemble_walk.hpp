#pragma once
/// \file
/// Open an ensemble and read some of what it offers, for the targets of the ensemble readers.

#include <algorithm>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "src/io/ensemble_series.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

inline void walk_ensemble(const io::EnsembleOptions& options) {
  try {
    const auto ensemble = io::open_ensemble_series(options);
    require(!ensemble->channels().empty() && !ensemble->starts().empty() &&
                !ensemble->leads().empty() && !ensemble->members().empty(),
            "an ensemble is not empty");
    require(std::is_sorted(ensemble->starts().begin(), ensemble->starts().end()),
            "starts increase");
    require(std::is_sorted(ensemble->leads().begin(), ensemble->leads().end()), "leads increase");
    require(ensemble->leads().front().seconds >= 0, "no lead is negative");
    std::vector<float> field(static_cast<std::size_t>(ensemble->grid().points()));
    const auto few = [](std::size_t count) { return std::min<std::size_t>(count, 2); };
    for (std::size_t s = 0; s < few(ensemble->starts().size()); ++s) {
      for (std::size_t t = 0; t < few(ensemble->leads().size()); ++t) {
        for (std::size_t m = 0; m < few(ensemble->members().size()); ++m) {
          for (std::size_t c = 0; c < ensemble->channels().size(); ++c) {
            if (!ensemble->has(s, t, m, c)) continue;
            try {
              ensemble->read(s, t, m, c, field);
              for (const float value : field)
                require(value == value, "an accepted field holds no NaN");
            } catch (const Error&) {
            }
          }
        }
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace myriad::fuzz
