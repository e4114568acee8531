#include "kernels/collective.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "kernels/device_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#if !defined(MYRIAD_CUDA_EMULATION) && defined(MYRIAD_HAVE_NCCL)
#include <dlfcn.h>
#include <nccl.h>

#include <chrono>
#include <thread>
#endif

namespace myriad::kernels::cuda {

#if defined(MYRIAD_CUDA_EMULATION)

namespace {

/// The memory of the emulated device is the host's.
class EmulatedCollective final : public Collective {
 public:
  EmulatedCollective(std::shared_ptr<Device> device, Bootstrap& bootstrap) : device_(std::move(device)), bootstrap_(bootstrap) {}
  const char* description() const override { return "emulation of NCCL on the host, for tests"; }
  void all_to_all(void* receive, std::span<const std::size_t> receive_counts, const void* send,
                  std::span<const std::size_t> send_counts) override {
    device_->fence();
    bootstrap_.all_to_all({static_cast<const std::byte*>(send), sum(send_counts)}, send_counts,
                          {static_cast<std::byte*>(receive), sum(receive_counts)}, receive_counts);
  }
  void all_gather(void* receive, std::span<const std::size_t> counts, const void* send) override {
    device_->fence();
    const std::size_t mine = counts[static_cast<std::size_t>(bootstrap_.rank())];
    std::vector<std::byte> repeated;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      repeated.insert(repeated.end(), static_cast<const std::byte*>(send), static_cast<const std::byte*>(send) + mine);
    }
    bootstrap_.all_to_all(repeated, std::vector<std::size_t>(counts.size(), mine),
                          {static_cast<std::byte*>(receive), sum(counts)}, counts);
  }
  bool wait(Reason& /*why*/) override { return true; }

 private:
  static std::size_t sum(std::span<const std::size_t> counts) {
    std::size_t total = 0;
    for (const std::size_t count : counts) total += count;
    return total;
  }
  std::shared_ptr<Device> device_;
  Bootstrap& bootstrap_;
};

}  // namespace

/// The rank that MYRIAD_EMULATION_WITHOUT_NCCL names has none.
std::unique_ptr<Collective> make_collective(std::shared_ptr<Device> device, Bootstrap& bootstrap, Reason& why) {
  Reason mine;
  const char* const lacking = std::getenv("MYRIAD_EMULATION_WITHOUT_NCCL");
  if (lacking != nullptr && lacking == std::to_string(bootstrap.rank())) mine.set("NCCL is hidden from this rank");
  why = agree(bootstrap, mine);
  return why.empty() ? std::make_unique<EmulatedCollective>(std::move(device), bootstrap) : nullptr;
}

#elif defined(MYRIAD_HAVE_NCCL)

namespace {

using Clock = std::chrono::steady_clock;

/// The functions of libnccl.so.2, which is loaded where it is used: this backend serves machines without it as well.
struct Nccl {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclCommInitRankConfig) init = nullptr;
  decltype(&ncclCommGetAsyncError) get_async_error = nullptr;
  decltype(&ncclCommFinalize) finalize = nullptr;
  decltype(&ncclCommDestroy) destroy = nullptr;
  decltype(&ncclCommAbort) abort = nullptr;
  decltype(&ncclGetErrorString) error_string = nullptr;
  decltype(&ncclGetLastError) last_error = nullptr;
  decltype(&ncclGroupStart) group_start = nullptr;
  decltype(&ncclGroupEnd) group_end = nullptr;
  decltype(&ncclSend) send = nullptr;
  decltype(&ncclRecv) receive = nullptr;
  decltype(&ncclAllGather) all_gather = nullptr;
  int version = 0;
  static constexpr int k_oldest = 21800;

  /// \p why is set unless every function is there.
  explicit Nccl(Reason& why) {
    void* const library = ::dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);  // never unloaded, as CUDA itself
    if (library == nullptr) {
      why.set(::dlerror());
      return;
    }
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      if (function == nullptr) why.set((std::string("libnccl.so.2 is too old: it has no ") + name).c_str());
    };
    find(get_version, "ncclGetVersion");
    find(get_unique_id, "ncclGetUniqueId");
    find(init, "ncclCommInitRankConfig");
    find(get_async_error, "ncclCommGetAsyncError");
    find(finalize, "ncclCommFinalize");
    find(destroy, "ncclCommDestroy");
    find(abort, "ncclCommAbort");
    find(error_string, "ncclGetErrorString");
    find(last_error, "ncclGetLastError");
    find(group_start, "ncclGroupStart");
    find(group_end, "ncclGroupEnd");
    find(send, "ncclSend");
    find(receive, "ncclRecv");
    find(all_gather, "ncclAllGather");
    if (why.empty() && (get_version(&version) != ncclSuccess || version < k_oldest)) why.set("libnccl.so.2 is older than 2.18");
  }
};

/// No call of the library blocks (ncclConfig_t::blocking = 0): a rank that is silent is found by the clock, as over MPI.
class NcclCollective final : public Collective {
 public:
  /// \p time_out in seconds for each wait.
  NcclCollective(const Nccl& nccl, std::shared_ptr<Device> device, int rank, int size, double time_out)
      : nccl_(nccl),
        device_(std::move(device)),
        rank_(static_cast<std::size_t>(rank)),
        size_(static_cast<std::size_t>(size)),
        time_out_(time_out),
        description_("NCCL " + std::to_string(nccl.version / 10000) + "." + std::to_string(nccl.version / 100 % 100) + "." +
                     std::to_string(nccl.version % 100)) {}

  ~NcclCollective() override {
    if (issued_ != nullptr) cudaEventDestroy(issued_);
    if (comm_ == nullptr) return;
    // While an error unwinds, the other ranks may not come: destroying in order would wait for them.
    if (std::uncaught_exceptions() > 0) {
      abandon();
    } else if (settle(nccl_.finalize(comm_), "ncclCommFinalize", time_out_)) {
      nccl_.destroy(comm_);
    }
  }
  NcclCollective(const NcclCollective&) = delete;
  NcclCollective& operator=(const NcclCollective&) = delete;

  /// Collective over the ranks. Half of the time-out, so that this rank still reports while the others wait for its report.
  void connect(const ncclUniqueId& id) {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    if (cudaEventCreateWithFlags(&issued_, cudaEventDisableTiming) != cudaSuccess) return fail("cudaEventCreate", ncclUnhandledCudaError);
    if (settle(nccl_.init(&comm_, static_cast<int>(size_), id, static_cast<int>(rank_), &config), "ncclCommInitRankConfig", 0.5 * time_out_)) {
      meet();
    }
  }
  const Reason& failure() const { return failure_; }
  /// Leave without the other ranks.
  void abandon() {
    if (comm_ != nullptr) nccl_.abort(comm_);
    comm_ = nullptr;
  }
  const char* description() const override { return description_.c_str(); }

  void all_to_all(void* receive, std::span<const std::size_t> receive_counts, const void* send,
                  std::span<const std::size_t> send_counts) override {
    MYRIAD_KERNEL_EXPECT(receive_counts.size() == size_ && send_counts.size() == size_);
    MYRIAD_KERNEL_EXPECT(receive_counts[rank_] == send_counts[rank_]);
    auto* to = static_cast<std::byte*>(receive);
    const auto* from = static_cast<const std::byte*>(send);
    exchange([&](std::size_t r) {
      const Part part{to, receive_counts[r], from, send_counts[r]};
      to += receive_counts[r];
      from += send_counts[r];
      return part;
    });
  }

  void all_gather(void* receive, std::span<const std::size_t> counts, const void* send) override {
    MYRIAD_KERNEL_EXPECT(counts.size() == size_);
    const bool equal = std::all_of(counts.begin(), counts.end(), [&](std::size_t count) { return count == counts[0]; });
    if (equal && failure_.empty()) {
      if (counts[0] == 0) return;
      finish_issue(nccl_.all_gather(send, receive, counts[0], ncclUint8, comm_, device_->stream()), "ncclAllGather");
      return;
    }
    auto* to = static_cast<std::byte*>(receive);
    exchange([&](std::size_t r) {
      const Part part{to, counts[r], static_cast<const std::byte*>(send), counts[rank_]};
      to += counts[r];
      return part;
    });
  }

  bool wait(Reason& why) override {
    Pause pause;
    while (failure_.empty()) {
      ncclResult_t state = ncclSuccess;
      nccl_.get_async_error(comm_, &state);
      if (state != ncclSuccess && state != ncclInProgress) {
        fail("an exchange", state);
        break;
      }
      const cudaError_t device = cudaEventQuery(issued_);
      if (device == cudaSuccess) return true;
      if (device != cudaErrorNotReady) {
        fail("an exchange", ncclUnhandledCudaError);
        break;
      }
      static_cast<void>(cudaGetLastError());  // or the next launch would report that the device is busy
      if (pause.next(time_out_)) continue;
      fail("an exchange", ncclInProgress);
    }
    why = failure_;
    return false;
  }

 private:
  /// What goes to and comes from one rank.
  struct Part {
    std::byte* receive;
    std::size_t receive_count;
    const std::byte* send;
    std::size_t send_count;
  };

  /// Between two looks at the state of the library.
  struct Pause {
    Clock::time_point start = Clock::now();
    /// False when \p seconds are over.
    bool next(double seconds) const {
      const double waited = std::chrono::duration<double>(Clock::now() - start).count();
      if (seconds > 0 && waited > seconds) return false;
      if (waited < 0.01) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      return true;
    }
  };

  /// A byte to and from every rank: the library connects ranks, and takes memory for that, when they first send. Afterwards what is
  /// free on the device is what is left for others.
  void meet() {
    void* memory = nullptr;
    if (cudaMalloc(&memory, 2 * size_) != cudaSuccess || cudaMemsetAsync(memory, 0, 2 * size_, device_->stream()) != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      fail("the first exchange", ncclUnhandledCudaError);
    } else {
      const std::vector<std::size_t> ones(size_, 1);
      auto* const bytes = static_cast<std::byte*>(memory);
      all_to_all(bytes, ones, bytes + size_, ones);
      Reason why;  // is failure_
      wait(why);
    }
    cudaFree(memory);
  }

  template <class PartOf>
  void exchange(const PartOf& part_of) {
    if (!failure_.empty()) return;
    ncclResult_t result = nccl_.group_start();
    const auto add = [&](ncclResult_t more) {
      if (result == ncclSuccess || result == ncclInProgress) result = more;
    };
    for (std::size_t r = 0; r < size_; ++r) {
      const Part part = part_of(r);
      if (r == rank_) {
        if (part.send_count > 0 &&
            cudaMemcpyAsync(part.receive, part.send, part.send_count, cudaMemcpyDeviceToDevice, device_->stream()) != cudaSuccess) {
          add(ncclUnhandledCudaError);
        }
        continue;
      }
      const int peer = static_cast<int>(r);
      if (part.send_count > 0) add(nccl_.send(part.send, part.send_count, ncclUint8, peer, comm_, device_->stream()));
      if (part.receive_count > 0) add(nccl_.receive(part.receive, part.receive_count, ncclUint8, peer, comm_, device_->stream()));
    }
    add(nccl_.group_end());
    finish_issue(result, "a group of ncclSend and ncclRecv");
  }

  void finish_issue(ncclResult_t result, const char* call) {
    if (settle(result, call, time_out_) && cudaEventRecord(issued_, device_->stream()) != cudaSuccess) fail(call, ncclUnhandledCudaError);
  }

  /// Until the call that gave \p result is through; the exchange itself may still be under way. False: see failure().
  bool settle(ncclResult_t result, const char* call, double seconds) {
    const Pause pause;
    while (result == ncclInProgress) {
      if (!pause.next(seconds)) break;
      if (nccl_.get_async_error(comm_, &result) != ncclSuccess) break;
    }
    if (result == ncclSuccess) return true;
    fail(call, result);
    return false;
  }

  void fail(const char* call, ncclResult_t result) {
    const std::string cause = result == ncclInProgress ? "no answer from another rank in " + std::to_string(static_cast<int>(time_out_)) + " s"
                                                       : nccl_.error_string(result);
    const char* const detail = nccl_.last_error(comm_);
    failure_.set((std::string(call) + ": " + cause + (detail == nullptr || *detail == '\0' ? "" : std::string("; ") + detail)).c_str());
    abandon();  // ends its kernels: the stream is free again
  }

  const Nccl& nccl_;
  std::shared_ptr<Device> device_;
  std::size_t rank_, size_;
  double time_out_;
  std::string description_;
  ncclComm_t comm_ = nullptr;
  cudaEvent_t issued_ = nullptr;  ///< after the last exchange
  Reason failure_;
};

}  // namespace

std::unique_ptr<Collective> make_collective(std::shared_ptr<Device> device, Bootstrap& bootstrap, Reason& why) {
  // After every step the ranks agree, so that none waits in the library for one that cannot come.
  Reason mine;
  static Reason load_failure;
  static const Nccl nccl(load_failure);
  why = agree(bootstrap, load_failure);
  if (!why.empty()) return nullptr;
  ncclUniqueId id{};
  if (bootstrap.rank() == 0) {
    const ncclResult_t result = nccl.get_unique_id(&id);
    if (result != ncclSuccess) mine.set((std::string("ncclGetUniqueId: ") + nccl.error_string(result)).c_str());
  }
  why = agree(bootstrap, mine);
  if (!why.empty()) return nullptr;
  bootstrap.broadcast(std::as_writable_bytes(std::span(&id, 1)), 0);
  auto collective = std::make_unique<NcclCollective>(nccl, std::move(device), bootstrap.rank(), bootstrap.size(), bootstrap.time_out());
  collective->connect(id);
  why = agree(bootstrap, collective->failure());
  if (why.empty()) return collective;
  collective->abandon();
  return nullptr;
}

#else

std::unique_ptr<Collective> make_collective(std::shared_ptr<Device> /*device*/, Bootstrap& /*bootstrap*/, Reason& why) {
  why.set("this build has no NCCL: nccl.h was not there when it was configured");
  return nullptr;
}

#endif

}  // namespace myriad::kernels::cuda
