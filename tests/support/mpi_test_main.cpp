#include <gtest/gtest.h>

#include <cstdio>

#include "src/base/error.hpp"
#include "tests/support/mpi_test.hpp"

namespace myriad::test {

namespace {
Comm* world_comm = nullptr;
}

Comm& world() {
  return *world_comm;
}

namespace {

/// Rank 0 shows everything, the others their failures only.
class FailurePrinter : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::printf("[rank %d] %s:%d: %s\n", world().rank(),
                result.file_name() == nullptr ? "?" : result.file_name(), result.line_number(),
                result.message());
  }
};

int run(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  MpiScope mpi(&argc, &argv);
  world_comm = &mpi.world();
  world_comm->set_time_out(30);
  if (world_comm->rank() != 0) {
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  const int mine = RUN_ALL_TESTS();
  // A failure on any rank fails the program on all of them.
  return static_cast<int>(world_comm->max(mine));
}

}  // namespace

}  // namespace myriad::test

int main(int argc, char** argv) {
  try {
    return myriad::test::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "test program failed: %s\n", error.what());
    return 70;
  }
}
