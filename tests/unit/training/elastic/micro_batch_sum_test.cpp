#include "training/elastic/micro_batch_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "src/backend/registry.hpp"
#include "training/tree_sum.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;
using namespace myriad::train::elastic;

TEST(MicroBatchSum, HasTheBitsOfTreeSumInAnyOrderAndGrouping) {
  auto backend = make_backend("reference");
  std::mt19937 random(5);
  std::uniform_real_distribution<float> wide(-1e6F, 1e6F);
  for (std::uint32_t count = 1; count <= 21; ++count) {
    std::vector<std::vector<float>> leaves(count, std::vector<float>(4));
    TreeSum tree(*backend);
    for (auto& leaf : leaves) {
      for (float& x : leaf) x = wide(random) * std::pow(10.0F, static_cast<float>(random() % 7) - 3.0F);
      Tensor t(*backend, DType::f32, {4});
      t.assign(leaf);
      tree.push(std::move(t));
    }
    const std::vector<float> whole = tree.finish().to_floats();
    for (int trial = 0; trial < 20; ++trial) {
      // Three workers with random micro-batches each hand over what they have summed.
      std::vector<MicroBatchSum> workers(3, MicroBatchSum(count));
      std::vector<std::uint32_t> order(count);
      for (std::uint32_t m = 0; m < count; ++m) order[m] = m;
      std::shuffle(order.begin(), order.end(), random);
      for (std::uint32_t m : order) EXPECT_TRUE(workers[random() % 3].add({0, m}, leaves[m]));
      MicroBatchSum all(count);
      for (const MicroBatchSum& w : workers) {
        for (const auto& [node, sum] : w.nodes()) {
          EXPECT_FALSE(all.complete());
          EXPECT_EQ(TreeNode::unpack(node.packed()), node);
          EXPECT_TRUE(all.add(node, sum));
          EXPECT_FALSE(all.add(node, sum)) << "twice";
        }
      }
      ASSERT_TRUE(all.complete());
      EXPECT_EQ(std::vector<float>(all.root().begin(), all.root().end()), whole);
      EXPECT_FALSE(all.add({0, 0}, leaves[0]));
      EXPECT_FALSE(all.add({0, count}, leaves[0])) << "no such micro-batch";
      EXPECT_FALSE(all.add({30, 0}, leaves[0])) << "no such level";
    }
  }
}

}  // namespace
}  // namespace myriad::test
