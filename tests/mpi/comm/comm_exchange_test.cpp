#include <gtest/gtest.h>

#include <cstddef>
#include <numeric>
#include <vector>

#include "src/comm/agree.hpp"
#include "src/comm/comm.hpp"
#include "src/comm/mpi_comm.hpp"
#include "tests/support/mpi_test.hpp"
#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using Bytes = std::vector<std::byte>;

/// Byte i of the message from one rank to another.
std::byte pattern(int from, int to, std::size_t i) {
  return static_cast<std::byte>(
      (static_cast<std::size_t>(from) * 131 + static_cast<std::size_t>(to) * 31 + i * 7) % 251);
}

std::size_t total(const std::vector<std::size_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

/// All exchanges on the communicator of the tests and on one that cuts messages into pieces of 64
/// bytes, as messages beyond 2 GiB are cut.
class Exchange : public testing::TestWithParam<std::size_t> {
 protected:
  Exchange() : owned_(GetParam() == 0 ? nullptr : detail::make_world_comm(GetParam())) {
    comm().set_time_out(30);
  }
  Comm& comm() { return owned_ ? *owned_ : test::world(); }

 private:
  std::unique_ptr<Comm> owned_;
};

TEST_P(Exchange, BroadcastBringsTheRootsBytesToAll) {
  for (int root = 0; root < comm().size(); ++root) {
    for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 1000U, 100000U}) {
      Bytes data(size);
      if (comm().rank() == root) {
        for (std::size_t i = 0; i < size; ++i) data[i] = pattern(root, 0, i);
      }
      comm().broadcast(data, root);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(data[i], pattern(root, 0, i)) << i;
    }
  }
}

TEST_P(Exchange, AllGatherConcatenatesInRankOrder) {
  for (const std::size_t base : {0U, 5U, 1000U}) {
    std::vector<std::size_t> counts;
    for (int r = 0; r < comm().size(); ++r)
      counts.push_back(base * static_cast<std::size_t>(r % 3));
    Bytes mine(counts[static_cast<std::size_t>(comm().rank())]);
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = pattern(comm().rank(), 0, i);
    Bytes all(total(counts));
    comm().all_gather(mine, all, counts);
    std::size_t at = 0;
    for (int r = 0; r < comm().size(); ++r) {
      for (std::size_t i = 0; i < counts[static_cast<std::size_t>(r)]; ++i)
        ASSERT_EQ(all[at++], pattern(r, 0, i));
    }
  }
}

TEST_P(Exchange, AllToAllDeliversEveryChunkToItsRank) {
  const auto count = [](int from, int to) {
    return static_cast<std::size_t>((from * 7 + to * 13) % 5) * 50;
  };
  std::vector<std::size_t> send_counts;
  std::vector<std::size_t> receive_counts;
  Bytes send;
  for (int r = 0; r < comm().size(); ++r) {
    send_counts.push_back(count(comm().rank(), r));
    receive_counts.push_back(count(r, comm().rank()));
    for (std::size_t i = 0; i < send_counts.back(); ++i)
      send.push_back(pattern(comm().rank(), r, i));
  }
  Bytes receive(total(receive_counts));
  comm().all_to_all(send, send_counts, receive, receive_counts);
  std::size_t at = 0;
  for (int r = 0; r < comm().size(); ++r) {
    for (std::size_t i = 0; i < receive_counts[static_cast<std::size_t>(r)]; ++i) {
      ASSERT_EQ(receive[at++], pattern(r, comm().rank(), i));
    }
  }
}

TEST_P(Exchange, MessagesOfDifferentTagsDoNotMix) {
  const int next = (comm().rank() + 1) % comm().size();
  const int previous = (comm().rank() + comm().size() - 1) % comm().size();
  if (comm().size() == 1) return;
  for (const int parity : {0, 1}) {
    // Even ranks send first, then odd ones (a ring of odd length has its seam at the last rank).
    const bool sends_first = comm().rank() % 2 == 0 && comm().rank() != comm().size() - 1;
    if ((parity == 0) == sends_first) {
      for (const int tag : {3, 4}) {
        Bytes data(200);
        for (std::size_t i = 0; i < data.size(); ++i) data[i] = pattern(comm().rank(), tag, i);
        comm().send(data, next, tag);
      }
    } else {
      for (const int tag : {3, 4}) {
        Bytes data(200);
        comm().receive(data, previous, tag);
        for (std::size_t i = 0; i < data.size(); ++i) ASSERT_EQ(data[i], pattern(previous, tag, i));
      }
    }
  }
}

TEST_P(Exchange, MaximumAndSumOfIntegersAreExact) {
  const std::int64_t size = comm().size();
  EXPECT_EQ(comm().max(comm().rank() == 0 ? INT64_MIN : -comm().rank()),
            size == 1 ? INT64_MIN : -1);
  EXPECT_EQ(comm().sum((std::int64_t{1} << 53) + comm().rank()),
            size * (std::int64_t{1} << 53) + size * (size - 1) / 2);
  comm().barrier();
}

INSTANTIATE_TEST_SUITE_P(WholeAndInPieces, Exchange, testing::Values(0U, 64U));

TEST(Agreement, ErrorOfTheLowestFailingRankIsThrownByAll) {
  Comm& comm = test::world();
  EXPECT_NO_THROW(run_agreed(comm, [] {}));
  for (int failing = 0; failing < comm.size(); ++failing) {
    const std::string where =
        comm.size() == 1 ? "bad input" : "bad input [rank " + std::to_string(failing) + "]";
    const auto work = [&] {
      if (comm.rank() == failing) throw Error(ErrorKind::input_corrupt, "E2345", "bad input");
    };
    test::expect_error([&] { run_agreed(comm, work); }, ErrorKind::input_corrupt, "E2345", {where});
  }
  const auto different = [&] {
    throw Error(comm.rank() == 0 ? ErrorKind::io : ErrorKind::quality,
                "E" + std::to_string(3000 + comm.rank()), "mine");
  };
  test::expect_error([&] { run_agreed(comm, different); }, ErrorKind::io, "E3000", {"mine"});
  comm.barrier();
}

TEST(Agreement, StrongestStopReasonWinsOnAllRanks) {
  Comm& comm = test::world();
  EXPECT_EQ(agree_on_stop(comm, StopReason::none), StopReason::none);
  const bool last = comm.rank() == comm.size() - 1;
  EXPECT_EQ(agree_on_stop(comm, last ? StopReason::signal_term : StopReason::none),
            StopReason::signal_term);
  const StopReason mixed = last ? StopReason::stop_file : StopReason::wall_limit;
  EXPECT_EQ(agree_on_stop(comm, mixed), StopReason::stop_file);
  EXPECT_TRUE(agree_on_any(comm, last));
  EXPECT_FALSE(agree_on_any(comm, false));
}

}  // namespace
}  // namespace myriad
