#pragma once
/// \file
/// Ranks and messages. The only interface to MPI; one rank needs no MPI run-time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace myriad {

/// A group of ranks. All calls are collective unless stated. There is no floating-point reduction
/// on purpose: sums are ordered by the caller over gathered values (docs/adr/0002).
class Comm {
 public:
  virtual ~Comm() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void barrier() = 0;
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  /// Rank r's chunk of \p send goes to rank r; chunk i of \p receive comes from rank i. Counts in
  /// bytes.
  virtual void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts,
                          std::span<std::byte> receive,
                          std::span<const std::size_t> receive_counts) = 0;
  /// Concatenation over ranks; every rank contributes \p receive_counts[rank()] bytes.
  virtual void all_gather(std::span<const std::byte> send, std::span<std::byte> receive,
                          std::span<const std::size_t> receive_counts) = 0;
  /// Point-to-point, blocking.
  virtual void send(std::span<const std::byte> data, int to, int tag) = 0;
  virtual void receive(std::span<std::byte> data, int from, int tag) = 0;
  /// Maximum of an integer over ranks (flags, error agreement).
  virtual std::int64_t max(std::int64_t value) = 0;
  virtual std::int64_t sum(std::int64_t value) = 0;

  /// What the ranks are doing, for the text of a time-out ("gradient exchange"). Local.
  virtual void set_phase(std::string_view phase) = 0;
  /// Longest wait in any call; zero or less waits for ever. Default 600 s. Local.
  /// A call that waits longer throws ErrorKind::stopped_early (E1101) naming call, phase and the
  /// ranks that are silent.
  virtual void set_time_out(double seconds) = 0;
  virtual double time_out() const = 0;
  /// End all ranks at once with \p exit_code, for a failure that only this rank knows of. Does not
  /// return.
  [[noreturn]] virtual void abort(int exit_code) = 0;
};

/// The single-rank communicator.
std::unique_ptr<Comm> make_self_comm();

/// Scope of the MPI run-time: initialises MPI when the process was started by a launcher (mpirun,
/// srun), stays serial otherwise, so that a plain `myriad ...` works on machines without MPI
/// daemons.
class MpiScope {
 public:
  MpiScope(int* argc, char*** argv);
  ~MpiScope();
  MpiScope(const MpiScope&) = delete;
  MpiScope& operator=(const MpiScope&) = delete;
  /// World communicator, or the single-rank one.
  Comm& world() { return *world_; }

 private:
  std::unique_ptr<Comm> world_;
  bool initialised_ = false;
};

/// Name and version of the MPI library; works without initialising MPI.
std::string mpi_library_version();

}  // namespace myriad
