#pragma once
/// \file
/// One line of benchmark output.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace myriad::pipelines {

/// A measured case. Times are seconds.
struct BenchRow {
  std::string name;    ///< the benchmark: sht, sfno, crps, scores, ops
  std::string what;    ///< the case
  double median = 0.0;
  std::string unit;    ///< of `median`: "s", "s per field"
  std::string peer;    ///< who is compared with; empty: nobody
  std::optional<double> peer_median;
  std::string roof;    ///< what bounds the time from below; empty: not estimated
  std::optional<double> roof_seconds;
  std::string note{};  ///< memory, or why the case was skipped (then median is 0); empty: none

  std::optional<double> ratio_to_peer() const;      ///< peer's time / our time: above 1 we are faster
  std::optional<double> fraction_of_roof() const;   ///< roof's time / our time
};

/// One row per batch, smallest first: \p run's, or \p skipped's where the memory does not suffice (std::bad_alloc).
std::vector<BenchRow> sweep_batches(const std::vector<std::int64_t>& batches, const std::function<BenchRow(std::int64_t)>& run,
                                    const std::function<BenchRow(std::int64_t)>& skipped);

/// One JSON object per row and a last one, case "summary", with the worst ratio to a peer.
std::string to_json_lines(const std::vector<BenchRow>& rows);
/// The same as a table for people.
std::string to_table(const std::vector<BenchRow>& rows);

}  // namespace myriad::pipelines
