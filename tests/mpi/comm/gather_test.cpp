#include "src/comm/gather.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/mpi_test.hpp"

namespace myriad {
namespace {

TEST(Gather, EveryRankKnowsTheListsOfAllAlsoEmptyOnes) {
  Comm& comm = test::world();
  std::vector<std::int64_t> mine;
  for (int i = 0; i < comm.rank(); ++i) mine.push_back(10 * (comm.size() - comm.rank()) + i);
  const auto lists = gather_lists(comm, mine);
  ASSERT_EQ(lists.size(), static_cast<std::size_t>(comm.size()));
  std::size_t total = 0;
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto& list = lists[static_cast<std::size_t>(rank)];
    ASSERT_EQ(list.size(), static_cast<std::size_t>(rank));
    for (int i = 0; i < rank; ++i) EXPECT_EQ(list[static_cast<std::size_t>(i)], 10 * (comm.size() - rank) + i);
    total += list.size();
  }
  const auto sorted = gather_sorted(comm, mine);
  EXPECT_EQ(sorted.size(), total);
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
}

TEST(Gather, TextsKeepTheirOrderAndLength) {
  Comm& comm = test::world();
  std::vector<std::string> mine{"rank " + std::to_string(comm.rank())};
  if (comm.rank() % 2 == 1) mine.push_back("");
  const auto texts = gather_texts(comm, mine);
  std::vector<std::string> expected;
  for (int rank = 0; rank < comm.size(); ++rank) {
    expected.push_back("rank " + std::to_string(rank));
    if (rank % 2 == 1) expected.push_back("");
  }
  EXPECT_EQ(texts, expected);
}

}  // namespace
}  // namespace myriad
