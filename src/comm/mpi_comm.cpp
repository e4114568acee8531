#include "src/comm/mpi_comm.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <thread>
#include <vector>

#include "src/base/error.hpp"

namespace myriad::detail {

namespace {

constexpr double k_default_time_out = 600.0;
/// How long a rank that gave up listens for others that gave up as well.
constexpr double k_longest_grace = 2.0;
/// Seconds that MPI_Abort may take.
constexpr unsigned k_longest_abort = 20;

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(
      ErrorKind::io, "E1102",
      fmt::format("{} failed ({}); check the network and the MPI installation, then run again",
                  call, std::string_view(text.data(), static_cast<std::size_t>(length))));
}

/// An own MPI_Comm, so that the messages of different purposes never match each other.
class OwnedComm {
 public:
  OwnedComm() {
    check(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  ~OwnedComm() { MPI_Comm_free(&comm_); }
  OwnedComm(const OwnedComm&) = delete;
  OwnedComm& operator=(const OwnedComm&) = delete;
  MPI_Comm get() const { return comm_; }
  /// Leave it to the end of the process: freeing is collective.
  void leak() { comm_ = MPI_COMM_NULL; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

class MpiComm : public Comm {
 public:
  explicit MpiComm(std::size_t chunk_bytes) : chunk_(chunk_bytes) {
    MYRIAD_EXPECT(chunk_bytes > 0 && chunk_bytes <= INT_MAX);
    check(MPI_Comm_rank(collective_.get(), &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(collective_.get(), &size_), "MPI_Comm_size");
  }

  ~MpiComm() override {
    if (!broken_) return;
    for (OwnedComm* comm : {&collective_, &exchange_, &messages_, &watch_}) comm->leak();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  bool broken() const { return broken_; }

  void barrier() override {
    begin("barrier");
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(collective_.get(), &request), "MPI_Ibarrier");
    wait({&request, 1});
  }

  void broadcast(std::span<std::byte> data, int root) override {
    begin("broadcast");
    MYRIAD_EXPECT(root >= 0 && root < size_);
    broadcast_chunks(data, root);
  }

  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts,
                  std::span<std::byte> receive,
                  std::span<const std::size_t> receive_counts) override {
    begin("all_to_all");
    check_counts(send_counts, send.size());
    check_counts(receive_counts, receive.size());
    // Pairwise messages instead of MPI_Ialltoallv: its 32-bit displacements would need an agreement
    // of all ranks on whether the data fit.
    std::vector<MPI_Request> requests;
    std::size_t at = 0;
    for (int r = 0; r < size_; ++r) {
      const std::size_t count = receive_counts[static_cast<std::size_t>(r)];
      if (r != rank_) post_receives(receive.subspan(at, count), r, 0, exchange_.get(), requests);
      at += count;
    }
    at = 0;
    std::span<const std::byte> own;
    for (int r = 0; r < size_; ++r) {
      const std::size_t count = send_counts[static_cast<std::size_t>(r)];
      if (r == rank_) {
        own = send.subspan(at, count);
      } else {
        post_sends(send.subspan(at, count), r, 0, exchange_.get(), requests);
      }
      at += count;
    }
    std::size_t mine = 0;
    for (int r = 0; r < rank_; ++r) mine += receive_counts[static_cast<std::size_t>(r)];
    MYRIAD_EXPECT(receive_counts[static_cast<std::size_t>(rank_)] == own.size());
    std::copy(own.begin(), own.end(), receive.subspan(mine).begin());
    wait(requests);
  }

  void all_gather(std::span<const std::byte> send, std::span<std::byte> receive,
                  std::span<const std::size_t> receive_counts) override {
    begin("all_gather");
    check_counts(receive_counts, receive.size());
    MYRIAD_EXPECT(send.size() == receive_counts[static_cast<std::size_t>(rank_)]);
    // The counts are the same on every rank, and so is this choice.
    if (receive.size() <= chunk_) {
      gather_at_once(send, receive, receive_counts);
      return;
    }
    std::size_t at = 0;
    for (int r = 0; r < size_; ++r) {
      const std::span<std::byte> part =
          receive.subspan(at, receive_counts[static_cast<std::size_t>(r)]);
      if (r == rank_) std::copy(send.begin(), send.end(), part.begin());
      broadcast_chunks(part, r);
      at += part.size();
    }
  }

  void send(std::span<const std::byte> data, int to, int tag) override {
    begin("send");
    MYRIAD_EXPECT(to >= 0 && to < size_ && to != rank_ && tag >= 0 && tag <= k_largest_tag);
    std::vector<MPI_Request> requests;
    post_sends(data, to, tag, messages_.get(), requests);
    wait(requests);
  }

  void receive(std::span<std::byte> data, int from, int tag) override {
    begin("receive");
    MYRIAD_EXPECT(from >= 0 && from < size_ && from != rank_ && tag >= 0 && tag <= k_largest_tag);
    std::vector<MPI_Request> requests;
    post_receives(data, from, tag, messages_.get(), requests);
    wait(requests);
  }

  std::int64_t max(std::int64_t value) override {
    begin("max");
    return reduce(value, MPI_MAX);
  }
  std::int64_t sum(std::int64_t value) override {
    begin("sum");
    return reduce(value, MPI_SUM);
  }

  void set_phase(std::string_view phase) override { phase_ = phase; }
  void set_time_out(double seconds) override { time_out_ = seconds; }
  double time_out() const override { return time_out_; }

  void abort(int exit_code) override {
    // MPI_Abort asks for memory and talks to the launcher: should that fail, dying ends the other ranks as well.
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(k_longest_abort);
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::abort();  // not reached; MPI_Abort is not marked as one that does not return
  }

 private:
  static constexpr int k_largest_tag = 32767;  // what MPI guarantees at least

  void begin(const char* call) {
    MYRIAD_VALIDATE(
        !broken_, ErrorKind::stopped_early, "E1103",
        "cannot {} (an earlier call gave up waiting for other ranks); run the same command again",
        call);
    call_ = call;
    ++sequence_;
  }

  void check_counts(std::span<const std::size_t> counts, std::size_t total) const {
    MYRIAD_EXPECT(counts.size() == static_cast<std::size_t>(size_));
    std::size_t sum = 0;
    for (const std::size_t count : counts) sum += count;
    MYRIAD_EXPECT(sum == total);
  }

  void broadcast_chunks(std::span<std::byte> data, int root) {
    while (!data.empty()) {
      const std::size_t count = std::min(data.size(), chunk_);
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Ibcast(data.data(), static_cast<int>(count), MPI_BYTE, root, collective_.get(),
                       &request),
            "MPI_Ibcast");
      wait({&request, 1});
      data = data.subspan(count);
    }
  }

  void gather_at_once(std::span<const std::byte> send, std::span<std::byte> receive,
                      std::span<const std::size_t> receive_counts) {
    std::vector<int> counts;
    std::vector<int> starts;
    int at = 0;
    for (const std::size_t count : receive_counts) {
      counts.push_back(static_cast<int>(count));
      starts.push_back(at);
      at += static_cast<int>(count);
    }
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Iallgatherv(send.data(), static_cast<int>(send.size()), MPI_BYTE, receive.data(),
                          counts.data(), starts.data(), MPI_BYTE, collective_.get(), &request),
          "MPI_Iallgatherv");
    wait({&request, 1});
  }

  std::int64_t reduce(std::int64_t value, MPI_Op operation) {
    std::int64_t result = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Iallreduce(&value, &result, 1, MPI_INT64_T, operation, collective_.get(), &request),
          "MPI_Iallreduce");
    wait({&request, 1});
    return result;
  }

  // Messages between two ranks of one tag keep their order, so the pieces need no numbers.
  void post_sends(std::span<const std::byte> data, int to, int tag, MPI_Comm comm,
                  std::vector<MPI_Request>& requests) {
    while (!data.empty()) {
      const std::size_t count = std::min(data.size(), chunk_);
      requests.push_back(MPI_REQUEST_NULL);
      check(MPI_Isend(data.data(), static_cast<int>(count), MPI_BYTE, to, tag, comm,
                      &requests.back()),
            "MPI_Isend");
      data = data.subspan(count);
    }
  }

  void post_receives(std::span<std::byte> data, int from, int tag, MPI_Comm comm,
                     std::vector<MPI_Request>& requests) {
    while (!data.empty()) {
      const std::size_t count = std::min(data.size(), chunk_);
      requests.push_back(MPI_REQUEST_NULL);
      check(MPI_Irecv(data.data(), static_cast<int>(count), MPI_BYTE, from, tag, comm,
                      &requests.back()),
            "MPI_Irecv");
      data = data.subspan(count);
    }
  }

  /// Poll until all \p requests are complete or the time is over.
  void wait(std::span<MPI_Request> requests) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    for (int round = 0;; ++round) {
      int done = 0;
      check(MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done,
                        MPI_STATUSES_IGNORE),
            call_);
      if (done != 0) return;
      if (round < 64) continue;
      const double waited = std::chrono::duration<double>(Clock::now() - start).count();
      if (time_out_ > 0 && waited > time_out_) give_up();
      // More ranks than cores must not starve each other; after a while latency does not matter any
      // more.
      if (waited < 0.01) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    }
  }

  /// Tell the others, listen for those that gave up too, and name the rest.
  [[noreturn]] void give_up() {
    broken_ = true;
    std::vector<bool> heard(static_cast<std::size_t>(size_), false);
    heard[static_cast<std::size_t>(rank_)] = true;
    static std::int64_t note = 0;  // static: the sends may outlive this object
    note = sequence_;
    for (int r = 0; r < size_; ++r) {
      MPI_Request ignored = MPI_REQUEST_NULL;
      if (r != rank_) MPI_Isend(&note, 1, MPI_INT64_T, r, 0, watch_.get(), &ignored);
    }
    using Clock = std::chrono::steady_clock;
    const double grace = std::min(time_out_, k_longest_grace);
    const Clock::time_point start = Clock::now();
    while (std::find(heard.begin(), heard.end(), false) != heard.end() &&
           std::chrono::duration<double>(Clock::now() - start).count() < grace) {
      int arrived = 0;
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, 0, watch_.get(), &arrived, &status);
      if (arrived == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      std::int64_t theirs = 0;
      MPI_Recv(&theirs, 1, MPI_INT64_T, status.MPI_SOURCE, 0, watch_.get(), MPI_STATUS_IGNORE);
      heard[static_cast<std::size_t>(status.MPI_SOURCE)] = true;
    }
    std::vector<int> silent;
    for (int r = 0; r < size_; ++r) {
      if (!heard[static_cast<std::size_t>(r)]) silent.push_back(r);
    }
    const std::string who = silent.empty()
                                ? std::string("all ranks wait, for different calls")
                                : fmt::format("no word from rank {}", fmt::join(silent, ", "));
    throw Error(ErrorKind::stopped_early, "E1101",
                fmt::format("rank {} waited {:g} s in {} number {}{} ({}); a rank died or hangs: "
                            "see its log, then run "
                            "the same command again",
                            rank_, time_out_, call_, sequence_,
                            phase_.empty() ? "" : " of " + phase_, who));
  }

  OwnedComm collective_;
  OwnedComm exchange_;
  OwnedComm messages_;
  OwnedComm watch_;
  std::size_t chunk_;
  int rank_ = 0;
  int size_ = 1;
  double time_out_ = k_default_time_out;
  std::string phase_;
  const char* call_ = "";
  std::int64_t sequence_ = 0;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Comm> make_world_comm(std::size_t chunk_bytes) {
  return std::make_unique<MpiComm>(chunk_bytes);
}

bool is_broken(const Comm& comm) {
  const auto* mpi = dynamic_cast<const MpiComm*>(&comm);
  return mpi != nullptr && mpi->broken();
}

}  // namespace myriad::detail
