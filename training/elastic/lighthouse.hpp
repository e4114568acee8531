#pragma once
/// \file
/// The one process of an elastic run that knows who belongs to it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "src/base/json.hpp"
#include "training/elastic/transport.hpp"

namespace myriad::train::elastic {

struct LighthouseConfig {
  TransportConfig transport;              ///< silence_seconds is how long a hung worker is waited for
  std::uint32_t workers = 1;              ///< members of the first epoch
  std::uint32_t min_members = 1;          ///< no step is opened with fewer
  double start_seconds = 60.0;            ///< to wait for `workers`; then min_members are enough
  double return_seconds = 2.0;            ///< a restarted lighthouse waits so long for its members
  double first_deadline_seconds = 600.0;  ///< for work of which no duration is known yet
  double least_deadline_seconds = 2.0;
  double deadline_factor = 10.0;          ///< times the median duration: work that takes longer hangs
  std::uint32_t most_aborts = 20;         ///< consecutive, then the run ends
  std::filesystem::path journal;          ///< epoch, members and step; a restarted lighthouse goes on from it
};

enum class LighthouseEnd : std::uint8_t {
  finished,  ///< all members have left
  all_lost,  ///< no member is left; go on from the last checkpoint
  failed,    ///< the run cannot go on (log)
  stopped,   ///< by the caller
};

/// Opens steps, decides on commit or abort, notices who is lost and lets others in (protocol: docs/elastic_training.md).
///
/// Runs in the launcher or a process of its own, never in a worker: workers may die. It holds no training data.
/// A restarted one reads its journal, waits for the members of it and goes on in a new epoch.
/// *Source*: optimizers.md 16.2 (rules H1-H3), 16.3; commit votes as in torchft.
class Lighthouse {
 public:
  /// Errors: those of Transport; ErrorKind::input_corrupt (E2462) for a damaged journal.
  explicit Lighthouse(LighthouseConfig config);
  ~Lighthouse();

  const std::string& address() const;
  /// Serve until the end of the run. \param stop asked at least every 20 ms; true ends it without a word to the workers,
  /// which wait for a new lighthouse
  LighthouseEnd run(const std::function<bool()>& stop = {});

  /// {"epoch":…,"step":…,"aborts":…,"stale":…,"damaged":…,"refused":…,"bytes_sent":…,"bytes_received":…,
  /// "losses":[{"worker":…,"step":…,"reason":…,"detected":…,"committed":…}],"median_seconds_lost":…}; times are those of
  /// the monotonic clock in seconds, `committed` when the step was committed that the loss interrupted. After run().
  Json report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train::elastic
