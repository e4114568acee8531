#include <algorithm>
#include <cstdlib>

#include "src/base/error.hpp"
#include "src/comm/comm.hpp"

namespace myriad {

namespace {

/// One rank: every exchange is a copy.
class SelfComm : public Comm {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void barrier() override {}
  void broadcast(std::span<std::byte> /*data*/, int root) override { MYRIAD_EXPECT(root == 0); }

  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts,
                  std::span<std::byte> receive,
                  std::span<const std::size_t> receive_counts) override {
    MYRIAD_EXPECT(send_counts.size() == 1 && receive_counts.size() == 1);
    MYRIAD_EXPECT(send_counts[0] == receive_counts[0]);
    MYRIAD_EXPECT(send.size() == send_counts[0] && receive.size() == receive_counts[0]);
    std::copy(send.begin(), send.end(), receive.begin());
  }

  void all_gather(std::span<const std::byte> send, std::span<std::byte> receive,
                  std::span<const std::size_t> receive_counts) override {
    MYRIAD_EXPECT(receive_counts.size() == 1 && receive_counts[0] == send.size());
    MYRIAD_EXPECT(receive.size() == send.size());
    std::copy(send.begin(), send.end(), receive.begin());
  }

  // Messages to oneself would wait for ever.
  void send(std::span<const std::byte> /*data*/, int /*to*/, int /*tag*/) override {
    MYRIAD_EXPECT(!"a single rank has nobody to send to");
  }
  void receive(std::span<std::byte> /*data*/, int /*from*/, int /*tag*/) override {
    MYRIAD_EXPECT(!"a single rank has nobody to receive from");
  }

  std::int64_t max(std::int64_t value) override { return value; }
  std::int64_t sum(std::int64_t value) override { return value; }
  void set_phase(std::string_view /*phase*/) override {}
  void set_time_out(double /*seconds*/) override {}
  double time_out() const override { return 0.0; }
  void abort(int exit_code) override { std::exit(exit_code); }
};

}  // namespace

std::unique_ptr<Comm> make_self_comm() {
  return std::make_unique<SelfComm>();
}

}  // namespace myriad
