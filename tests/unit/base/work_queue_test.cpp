#include "src/base/work_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace myriad {
namespace {

TEST(WorkQueue, JobsRunInOrderAndDrainWaitsForAll) {
  std::vector<int> done;
  WorkQueue queue(2);
  for (int i = 0; i < 100; ++i) queue.submit([&done, i] { done.push_back(i); });
  queue.drain();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(WorkQueue, FailureDropsLaterJobsAndLeavesOnce) {
  std::atomic<int> later{0};
  std::atomic<bool> go{false};
  WorkQueue queue(8);
  queue.submit([&] {
    while (!go) std::this_thread::yield();
    throw std::runtime_error("disk full");
  });
  queue.submit([&] { ++later; });
  go = true;
  EXPECT_THROW(queue.drain(), std::runtime_error);
  EXPECT_EQ(later, 0);
  queue.submit([&] { ++later; });
  queue.drain();
  EXPECT_EQ(later, 1);
}

TEST(WorkQueue, SubmitWaitsWhileTheQueueIsFull) {
  std::atomic<bool> go{false};
  std::atomic<int> submitted{0};
  WorkQueue queue(1);
  queue.submit([&] {
    while (!go) std::this_thread::yield();
  });
  std::thread other([&] {
    for (int i = 0; i < 3; ++i) {
      queue.submit([] {});
      ++submitted;
    }
  });
  // One job runs, one may wait: the third submit of the other thread cannot return before the first job ends.
  while (submitted < 1) std::this_thread::yield();
  EXPECT_LT(submitted, 3);
  go = true;
  other.join();
  queue.drain();
  EXPECT_EQ(submitted, 3);
}

}  // namespace
}  // namespace myriad
