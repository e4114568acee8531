/// An MPI test in which only the last rank is wrong: suite Faulty must fail, suite Healthy must
/// pass.

#include <gtest/gtest.h>
#include <mpi.h>

namespace myriad {
namespace {

int rank() {
  int number = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &number);
  return number;
}

int size() {
  int count = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  return count;
}

void expect_same_result_everywhere(int mine) {
  EXPECT_EQ(mine, 42) << "rank " << rank() << " differs";
}

TEST(Faulty, RankMismatch) {
  expect_same_result_everywhere(rank() == size() - 1 ? 43 : 42);
}
TEST(Healthy, RankMismatch) {
  expect_same_result_everywhere(42);
}

}  // namespace
}  // namespace myriad
