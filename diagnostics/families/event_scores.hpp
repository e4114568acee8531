#pragma once
/// \file
/// The results that an event has.

#include <cstddef>
#include <cstdint>
#include <span>

#include "diagnostics/families/event_table.hpp"

namespace myriad::diag {

/// What the values of a result run over.
enum class EventAxis : std::uint8_t { none, probability, threshold, cost_loss, error };

struct EventScore {
  const char* name;
  const char* long_name;
  const char* definition;
  EventAxis axis;
  int min_members;
  /// Value at index b (of a bin), or at a cost/loss ratio or an error x.
  double (*value)(const EventTable& table, std::size_t b, double x);
};

/// All of them, in the order of files.
std::span<const EventScore> event_scores();

}  // namespace myriad::diag
