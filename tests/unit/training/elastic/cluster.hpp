#pragma once
/// \file
/// A lighthouse and workers as real processes that train a small network, with faults at chosen points.

#include <sys/types.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/hash.hpp"
#include "src/base/json.hpp"
#include "tests/unit/training/mixture_network.hpp"
#include "training/elastic/elastic_group.hpp"
#include "training/elastic/lighthouse.hpp"

namespace myriad::test {

/// PB6: 20 centres in 16 dimensions, 10 classes; trained with Adam.
/// Each micro-batch sends every second element of its gradient and keeps the rest in its memory (error feedback), so that a
/// memory that is lost or used twice changes the result.
class MixtureProblem {
 public:
  static constexpr std::uint32_t k_micro_batches = 10, k_samples = 8;  ///< no power of two, so that trees are ragged
  static constexpr std::size_t k_parameters = MixtureNetwork::k_parameters;

  /// \param table elements of a further vector of the state that every step changes
  explicit MixtureProblem(std::size_t table = 0);
  /// Gradient of the summed loss; the last element counts samples.
  void compute(std::uint32_t m, std::uint64_t step, std::span<float> gradient, std::span<float> memory) const;
  void apply(std::uint64_t step, std::span<const float> gradient);
  /// Plain loops over \p steps steps, without any of the elastic code.
  void run_alone(std::uint64_t steps);
  Hash128 hash() const;
  double loss() const;

  std::vector<float> parameters, table, first_moment, second_moment;
  std::int64_t odd_batches = 0;  ///< steps with another number of samples than k_micro_batches * k_samples

 private:
  std::vector<float> inputs_;
  std::vector<int> labels_;
};

enum class FaultPoint : std::uint8_t { none, before_compute, mid_micro_batch, before_vote, after_commit, before_ready };

/// A worker sends itself a signal once.
struct WorkerFault {
  FaultPoint point = FaultPoint::none;
  std::uint64_t step = 0;
  int signal = SIGKILL;
  std::uint32_t least_epoch = 0;  ///< not before this epoch
};

struct WorkerPlan {
  WorkerFault fault;
  std::uint64_t steps = 30;          ///< then it leaves
  std::uint64_t stop_after = 0;      ///< asks all to stop when it has done so many steps among `members` members ...
  std::uint32_t members = 0;
  std::uint32_t stop_epoch = 0;      ///< ... in this epoch or later
  bool memory = true;
  std::uint32_t copies = 1;
  std::size_t table = 0;             ///< of MixtureProblem
  std::string token;                 ///< empty: that of the run
  std::function<train::elastic::FrameFault(const train::MessageHeader&)> frame;
  std::size_t gradient_extra = 0;    ///< elements more than the others: another layout
  std::function<void(std::uint32_t m, std::uint64_t step, std::span<float> gradient)> after_compute;
  std::function<void(std::uint64_t step, MixtureProblem&)> after_apply;
  double lighthouse_seconds = 20.0;
};

/// What a worker leaves behind, in memory that outlives it.
struct WorkerResult {
  std::atomic<std::uint64_t> next_step{0};
  std::atomic<double> fault_time{0};     ///< monotonic clock, s
  std::atomic<std::uint64_t> hash_high{0}, hash_low{0};
  std::atomic<std::int64_t> odd_batches{0}, damaged{0}, stale{0}, bytes_sent{0}, bytes_received{0};
  std::atomic<std::uint32_t> members{0}, most_members{0};
  std::array<char, 16> error{};          ///< id of the Error that ended it
};

class Cluster {
 public:
  static constexpr std::size_t k_most = 12;

  explicit Cluster(train::elastic::LighthouseConfig lighthouse, bool unix_sockets = true);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// From the second call on: without the faults of the configuration.
  void start_lighthouse();
  /// \return place of the worker in results()
  std::size_t start_worker(const WorkerPlan& plan);
  /// Wait until \p condition holds. False when that takes longer than a minute.
  bool wait_until(const std::function<bool()>& condition) const;
  /// Wait for a worker's end: its exit code, or 128 + signal; -1 when it takes longer than a minute.
  int wait_worker(std::size_t worker);
  /// Whether the worker is stopped by SIGSTOP.
  bool is_stopped(std::size_t worker) const;
  void signal_worker(std::size_t worker, int number) const;
  void kill_lighthouse();
  /// Wait until a fault of its own has ended it.
  bool wait_dead_lighthouse();
  /// End and report of the lighthouse (it is waited for).
  train::elastic::LighthouseEnd wait_lighthouse();
  const Json& report() const { return report_; }
  const std::filesystem::path& journal() const { return lighthouse_config_.journal; }

  const WorkerResult& result(std::size_t worker) const { return results_[worker]; }
  Hash128 hash(std::size_t worker) const { return {results_[worker].hash_high, results_[worker].hash_low}; }

 private:
  std::string folder_;
  train::elastic::LighthouseConfig lighthouse_config_;
  std::string address_;
  bool restarted_ = false;
  pid_t lighthouse_ = 0;
  std::vector<pid_t> workers_;
  WorkerResult* results_ = nullptr;
  Json report_;
};

}  // namespace myriad::test
