#include <vector>

#include "kernels/device_cuda.hpp"
#include "kernels/ops_cuda.hpp"

namespace myriad::kernels::cuda {

namespace {

#ifdef MYRIAD_CUDA_EMULATION

/// A recorded sequence of ops.
class Graph {
 public:
  Graph(Device&, const std::function<void()>& body) {
    emulation::record(&recording_);
    body();
    emulation::record(nullptr);
  }
  void launch() const {
    emulation::settle();
    for (const auto& work : recording_) work();
  }

 private:
  emulation::Recording recording_;
};

#else

class Graph {
 public:
  Graph(Device& device, const std::function<void()>& body) : stream_(device.stream()) {
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    body();
    check(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture");
    check(cudaGraphInstantiate(&executable_, graph, 0), "cudaGraphInstantiate");
    check(cudaGraphDestroy(graph), "cudaGraphDestroy");
  }
  ~Graph() {
    if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch() const { check(cudaGraphLaunch(executable_, stream_), "cudaGraphLaunch"); }

 private:
  cudaStream_t stream_;
  cudaGraphExec_t executable_ = nullptr;
};

#endif

}  // namespace

/// Sequences that have been issued before, the newest last.
class Repetitions {
 public:
  void run(Device& device, const Repetition& key, const std::function<void()>& body) {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (!(known_[i].key == key)) continue;
      Entry entry = std::move(known_[i]);
      known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(i));
      // The first time made plans and scratch; whatever moved since then must not be recorded.
      if (entry.scratch_moves != device.scratch_moves()) break;
      if (!entry.graph) entry.graph = std::make_unique<Graph>(device, body);
      entry.graph->launch();
      known_.push_back(std::move(entry));
      return;
    }
    body();
    if (known_.size() == k_most) known_.erase(known_.begin());
    known_.push_back({key, device.scratch_moves(), nullptr});
  }

 private:
  static constexpr std::size_t k_most = 16;
  struct Entry {
    Repetition key;
    std::int64_t scratch_moves;
    std::unique_ptr<Graph> graph;
  };
  std::vector<Entry> known_;
};

std::shared_ptr<Repetitions> make_repetitions() { return std::make_shared<Repetitions>(); }

void repeat(Device& device, Repetitions& known, const Repetition& key, const std::function<void()>& body) {
  known.run(device, key, body);
}

}  // namespace myriad::kernels::cuda
