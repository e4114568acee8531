// Exchanges of device memory, on the emulated device, and the choice between them and MPI.
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "src/backend/device_transport.hpp"
#include "src/backend/registry.hpp"
#include "tests/support/mpi_test.hpp"
#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using Bytes = std::vector<std::byte>;
using Counts = std::vector<std::size_t>;

std::byte pattern(int from, int to, std::size_t i) {
  return static_cast<std::byte>((static_cast<std::size_t>(from) * 131 + static_cast<std::size_t>(to) * 31 + i * 7) % 251);
}

/// Device memory that begins as a copy of \p host.
class OnDevice {
 public:
  OnDevice(kernels::Backend& backend, const Bytes& host)
      : backend_(backend), size_(static_cast<std::int64_t>(host.size())), data_(backend.allocate(size_)) {
    backend_.copy_to_device(data_, host.data(), size_);
  }
  ~OnDevice() { backend_.deallocate(data_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  void* data() const { return data_; }
  Bytes host() const {
    Bytes copy(static_cast<std::size_t>(size_));
    backend_.copy_to_host(copy.data(), data_, size_);
    return copy;
  }

 private:
  kernels::Backend& backend_;
  std::int64_t size_;
  void* data_;
};

struct Fixture {
  Comm& comm = test::world();
  std::shared_ptr<kernels::Backend> backend = make_backend("cuda");
  DeviceTransport transport{*backend, comm, Transport::nccl};
  kernels::Collective& collective = *transport.collective();
  int me = comm.rank(), ranks = comm.size();

  void wait() {
    kernels::Reason why;
    ASSERT_TRUE(collective.wait(why)) << why.text.data();
  }
};

/// \param count bytes from one rank to another
template <class Count>
void check_all_to_all(const Count& count) {
  Fixture f;
  Counts send_counts, receive_counts;
  Bytes send, expected;
  for (int r = 0; r < f.ranks; ++r) {
    send_counts.push_back(count(f.me, r));
    receive_counts.push_back(count(r, f.me));
    for (std::size_t i = 0; i < send_counts.back(); ++i) send.push_back(pattern(f.me, r, i));
    for (std::size_t i = 0; i < receive_counts.back(); ++i) expected.push_back(pattern(r, f.me, i));
  }
  const OnDevice from(*f.backend, send), to(*f.backend, Bytes(expected.size()));
  f.collective.all_to_all(to.data(), receive_counts, from.data(), send_counts);
  f.wait();
  EXPECT_EQ(to.host(), expected);
  EXPECT_EQ(from.host(), send);
}

TEST(Collective, AllToAllDeliversEveryChunkToItsRank) {
  check_all_to_all([](int, int) { return std::size_t{1000}; });
  check_all_to_all([](int from, int to) { return static_cast<std::size_t>(((from * 7 + to * 13) % 5) * 50); });
  check_all_to_all([](int from, int to) { return static_cast<std::size_t>(from > to ? 33 : 0); });
  check_all_to_all([](int, int) { return std::size_t{0}; });
}

TEST(Collective, AllGatherConcatenatesInRankOrder) {
  for (const std::size_t base : {0U, 5U, 1000U}) {
    for (const std::size_t more : {0U, 77U}) {
      Fixture f;
      Counts counts;
      Bytes expected;
      for (int r = 0; r < f.ranks; ++r) {
        counts.push_back(base + more * static_cast<std::size_t>(r % 3));
        for (std::size_t i = 0; i < counts.back(); ++i) expected.push_back(pattern(r, 0, i));
      }
      Bytes mine(counts[static_cast<std::size_t>(f.me)]);
      for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = pattern(f.me, 0, i);
      const OnDevice from(*f.backend, mine), to(*f.backend, Bytes(expected.size()));
      f.collective.all_gather(to.data(), counts, from.data());
      f.wait();
      EXPECT_EQ(to.host(), expected) << base << " " << more;
    }
  }
}

TEST(Transport, OneRankNeedsNoneAndSeveralTakeWhatTheBackendHas) {
  Comm& comm = test::world();
  const auto host = make_backend("kokkos"), device = make_backend("cuda");
  const bool alone = comm.size() == 1;
  const DeviceTransport on_host(*host, comm, Transport::automatic), on_device(*device, comm, Transport::automatic),
      forced(*device, comm, Transport::mpi);
  EXPECT_STREQ(on_host.name(), alone ? "none" : "mpi");
  EXPECT_EQ(on_host.collective(), nullptr);
  EXPECT_EQ(on_host.description(),
            alone ? "none (one rank)" : "mpi (not nccl: its backend keeps its data in the memory of the host)");
  EXPECT_STREQ(on_device.name(), alone ? "none" : "nccl");
  EXPECT_EQ(on_device.collective() != nullptr, !alone);
  EXPECT_STREQ(forced.name(), alone ? "none" : "mpi");
  EXPECT_EQ(forced.collective(), nullptr);
}

TEST(Transport, NcclThatIsNotThereIsAnErrorOnAllRanks) {
  Comm& comm = test::world();
  const auto host = make_backend("kokkos"), device = make_backend("cuda");
  test::expect_error([&] { DeviceTransport(*host, comm, Transport::nccl); }, ErrorKind::unavailable, "E2284",
                     {"memory of the host"});
  // One rank lacks it: all must know.
  const int lacking = comm.size() - 1;
  ASSERT_EQ(::setenv("MYRIAD_EMULATION_WITHOUT_NCCL", std::to_string(lacking).c_str(), 1), 0);
  test::expect_error([&] { DeviceTransport(*device, comm, Transport::nccl); }, ErrorKind::unavailable, "E2284",
                     {"hidden from this rank"});
  if (comm.size() > 1) {
    const DeviceTransport second(*device, comm, Transport::automatic);
    EXPECT_EQ(second.description(), "mpi (not nccl: NCCL is hidden from this rank)");
    EXPECT_EQ(second.collective(), nullptr);
  }
  ::unsetenv("MYRIAD_EMULATION_WITHOUT_NCCL");
  comm.barrier();
}

/// A bootstrap over the communicator of the test, to ask agree() itself.
class TestBootstrap final : public kernels::Bootstrap {
 public:
  int rank() const override { return test::world().rank(); }
  int size() const override { return test::world().size(); }
  void broadcast(std::span<std::byte> data, int root) override { test::world().broadcast(data, root); }
  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts, std::span<std::byte> receive,
                  std::span<const std::size_t> receive_counts) override {
    test::world().all_to_all(send, send_counts, receive, receive_counts);
  }
  double time_out() const override { return 30.0; }
};

TEST(Agreement, ReasonOfTheLowestRankThatHasOneReachesAll) {
  TestBootstrap bootstrap;
  EXPECT_TRUE(kernels::agree(bootstrap, {}).empty());
  for (int lowest = 0; lowest < bootstrap.size(); ++lowest) {
    kernels::Reason mine;
    if (bootstrap.rank() >= lowest) mine.set(("reason of rank " + std::to_string(bootstrap.rank())).c_str());
    EXPECT_EQ(kernels::agree(bootstrap, mine).text.data(), "reason of rank " + std::to_string(lowest));
  }
  kernels::Reason cut;
  cut.set(std::string(1000, 'x').c_str());
  EXPECT_EQ(std::string(kernels::agree(bootstrap, cut).text.data()), std::string(255, 'x'));
}

/// What a failed exchange looks like.
class Broken final : public kernels::Collective {
 public:
  const char* description() const override { return "a broken network"; }
  void all_to_all(void*, std::span<const std::size_t>, const void*, std::span<const std::size_t>) override {}
  void all_gather(void*, std::span<const std::size_t>, const void*) override {}
  bool wait(kernels::Reason& why) override {
    why.set("no answer from another rank in 30 s");
    return false;
  }
};

TEST(Transport, AnExchangeThatFailsEndsTheRunWithItsReason) {
  Broken broken;
  test::expect_error([&] { wait_for(broken); }, ErrorKind::stopped_early, "E2286",
                     {"a broken network", "no answer from another rank"});
}

}  // namespace
}  // namespace myriad
