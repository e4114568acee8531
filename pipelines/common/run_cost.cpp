#include "pipelines/common/run_cost.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "src/base/config.hpp"
#include "src/base/file_wait.hpp"

namespace myriad::pipelines {

namespace {

using SteadyClock = std::chrono::steady_clock;
/// Taken when the program is loaded.
const SteadyClock::time_point k_process_start = SteadyClock::now();

double process_cpu_seconds() {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return 0.0;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

double rounded(double value, double step) {
  return std::round(value / step) * step;
}

}  // namespace

void add_cost_key(Schema& schema) {
  schema
      .number("watts_per_core",
              "Power of one busy core with its share of the node, for the energy estimate in the "
              "manifest")
      .default_to(10.0)
      .at_least(0)
      .unit("W")
      .not_hashed();
}

RunCost cost_of(int ranks, int threads, double wall_seconds, double cpu_seconds,
                double watts_per_core) {
  RunCost cost;
  cost.ranks = ranks;
  const double busy = wall_seconds > 0 ? cpu_seconds / wall_seconds : 0.0;
  cost.cores = std::max(ranks * threads, static_cast<int>(std::lround(busy)));
  cost.wall_seconds = wall_seconds;
  cost.cpu_seconds = cpu_seconds;
  cost.watts_per_core = watts_per_core;
  return cost;
}

RunCost measure_cost(const Config& config, Comm& comm) {
  const double wall = std::chrono::duration<double>(SteadyClock::now() - k_process_start).count();
  const auto milliseconds = [](double seconds) {
    return static_cast<std::int64_t>(std::llround(seconds * 1000.0));
  };
  const double cpu = static_cast<double>(comm.sum(milliseconds(process_cpu_seconds()))) / 1000.0;
  const double longest = static_cast<double>(comm.max(milliseconds(wall))) / 1000.0;
  const int threads = config.has("threads") ? static_cast<int>(config.integer("threads")) : 1;
  RunCost cost = cost_of(comm.size(), threads, longest, cpu, config.number("watts_per_core"));
  cost.slow_file_seconds =
      static_cast<double>(comm.sum(milliseconds(FileWaits::process().slow_seconds()))) / 1000.0;
  return cost;
}

Json to_json(const RunCost& cost) {
  Json json;
  json.set("ranks", cost.ranks);
  json.set("cores", cost.cores);
  json.set("wall_seconds", rounded(cost.wall_seconds, 1e-3));
  json.set("cpu_seconds", rounded(cost.cpu_seconds, 1e-3));
  json.set("core_hours", rounded(cost.core_hours(), 1e-6));
  json.set("kwh_estimate", rounded(cost.kwh(), 1e-9));
  json.set("watts_per_core", cost.watts_per_core);
  json.set("slow_file_seconds", rounded(cost.slow_file_seconds, 1e-3));
  return json;
}

}  // namespace myriad::pipelines
