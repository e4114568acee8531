#include "src/backend/device_transport.hpp"

#include "src/base/log.hpp"
#include "src/comm/agree.hpp"

namespace myriad {

namespace {

class CommBootstrap final : public kernels::Bootstrap {
 public:
  explicit CommBootstrap(Comm& comm) : comm_(comm) {}
  int rank() const override { return comm_.rank(); }
  int size() const override { return comm_.size(); }
  void broadcast(std::span<std::byte> data, int root) override { comm_.broadcast(data, root); }
  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts,
                  std::span<std::byte> receive, std::span<const std::size_t> receive_counts) override {
    comm_.all_to_all(send, send_counts, receive, receive_counts);
  }
  double time_out() const override { return comm_.time_out(); }

 private:
  Comm& comm_;
};

}  // namespace

Transport transport_from_string(std::string_view name) {
  if (name == "auto") return Transport::automatic;
  if (name == "mpi") return Transport::mpi;
  MYRIAD_EXPECT(name == "nccl");
  return Transport::nccl;
}

DeviceTransport::DeviceTransport(kernels::Backend& backend, Comm& comm, Transport wanted) {
  if (wanted != Transport::nccl && comm.size() == 1) {
    name_ = "none";
    description_ = "none (one rank)";
    return;
  }
  if (wanted == Transport::mpi) {
    description_ = "mpi";
    return;
  }
  bootstrap_ = std::make_unique<CommBootstrap>(comm);
  kernels::Reason why;
  collective_ = backend.make_collective(*bootstrap_, why);
  if (collective_) {
    name_ = "nccl";
    description_ = fmt::format("nccl ({})", collective_->description());
    return;
  }
  if (wanted == Transport::nccl) {
    throw AgreedError(ErrorKind::unavailable, "E2284",
                      fmt::format("transport 'nccl' is not available ({}) use transport: auto or mpi", why.text.data()));
  }
  description_ = fmt::format("mpi (not nccl: {})", why.text.data());
  second_choice_ = std::string_view(backend.name()) == "cuda";
}

void DeviceTransport::log(std::string_view verb) const {
  if (second_choice_) {
    log_warning(verb, "E2285", "{}: data of GPUs travel through the memory of the hosts, with the same results; install NCCL 2, "
                "or give transport: mpi to accept it", description_);
  } else {
    log_info(verb, "between ranks: {}", description_);
  }
}

void wait_for(kernels::Collective& collective) {
  kernels::Reason why;
  MYRIAD_VALIDATE(collective.wait(why), ErrorKind::stopped_early, "E2286",
                  "{} gave up ({}); a rank died or hangs: see its log, then run the same command again",
                  collective.description(), why.text.data());
}

}  // namespace myriad
