#pragma once
/// \file
/// What a run has used: core hours and an estimate of its energy, for the manifest.

#include "src/base/json.hpp"
#include "src/base/schema.hpp"
#include "src/comm/comm.hpp"

namespace myriad {
class Config;
}

namespace myriad::pipelines {

/// `watts_per_core`: for the energy estimate. Not hashed.
void add_cost_key(Schema& schema);

/// Cost of one start of the program, from its beginning to now; a resumed run adds up its starts.
struct RunCost {
  int ranks = 1;
  int cores = 1;  ///< ranks x threads, or what the processor time shows to be busy if that is more
  double wall_seconds = 0;
  double cpu_seconds = 0;  ///< user and system time of all threads of all ranks
  double watts_per_core = 0;
  double slow_file_seconds =
      0;  ///< that calls on files slower than `slow_file_limit` took, all ranks

  /// Cores were reserved whether busy or not.
  double core_hours() const { return static_cast<double>(cores) * wall_seconds / 3600.0; }
  double kwh() const { return core_hours() * watts_per_core / 1000.0; }
};

/// \param threads per rank as configured
RunCost cost_of(int ranks, int threads, double wall_seconds, double cpu_seconds,
                double watts_per_core);

/// Collective: the cost of this start of all ranks, valid on all.
RunCost measure_cost(const Config& config, Comm& comm);

/// {"ranks":…,"cores":…,"wall_seconds":…,"cpu_seconds":…,"core_hours":…,"kwh_estimate":…,"watts_per_core":…,"slow_file_seconds":…}
Json to_json(const RunCost& cost);

}  // namespace myriad::pipelines
