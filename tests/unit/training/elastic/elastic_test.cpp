#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>

#include "src/backend/registry.hpp"
#include "tests/unit/training/elastic/cluster.hpp"
#include "training/elastic/micro_batch_sum.hpp"
#include "training/elastic/protocol.hpp"
#include "training/elastic/token.hpp"
#include "training/tree_sum.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;
using namespace myriad::train::elastic;

constexpr std::uint64_t k_steps = 30;

LighthouseConfig lighthouse_of(std::uint32_t workers) {
  LighthouseConfig c;
  c.workers = workers;
  c.transport.silence_seconds = 10.0;  // a loaded machine must not look like a hung worker
  c.least_deadline_seconds = 10.0;
  c.first_deadline_seconds = 60.0;
  c.start_seconds = 60.0;
  return c;
}

Hash128 hash_alone(std::uint64_t steps) {
  MixtureProblem problem;
  problem.run_alone(steps);
  return problem.hash();
}

const Hash128& expected() {
  static const Hash128 hash = hash_alone(k_steps);
  return hash;
}

TEST(MixtureProblem, LearnsAndDependsOnItsMemory) {
  MixtureProblem problem;
  const double before = problem.loss();
  problem.run_alone(200);
  EXPECT_LT(problem.loss(), 0.6 * before);
  EXPECT_NE(hash_alone(3), hash_alone(4));
}

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

/// Four workers of which the last has a fault; what the others must have in common afterwards.
struct Outcome {
  double lost = 0;      ///< fault to the next commit, s
  double detected = 0;  ///< fault to its detection, s
};

void expect_good(const Cluster& cluster, std::size_t worker, const Hash128& hash = expected()) {
  EXPECT_EQ(cluster.hash(worker), hash) << "worker " << worker;
  EXPECT_EQ(cluster.result(worker).odd_batches, 0) << "worker " << worker;
}

Outcome lose_one_of_four(const WorkerFault& fault, bool memory, double silence, bool unix_sockets = true) {
  LighthouseConfig config = lighthouse_of(4);
  config.transport.silence_seconds = silence;
  Cluster cluster(config, unix_sockets);
  WorkerPlan plan;
  plan.memory = memory;
  for (int i = 0; i < 3; ++i) cluster.start_worker(plan);
  plan.fault = fault;
  cluster.start_worker(plan);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  const Hash128 hash = memory ? expected() : cluster.hash(0);
  for (std::size_t i = 0; i < 3; ++i) expect_good(cluster, i, hash);
  EXPECT_LE(cluster.result(3).next_step, fault.step + 1) << "the fault came";
  Outcome outcome;
  const Json& losses = cluster.report().at("losses");
  EXPECT_EQ(losses.as_array().size(), 1U) << to_json_text(cluster.report());
  if (losses.as_array().empty()) return outcome;
  const Json& loss = losses.as_array().front();
  outcome.detected = loss.at("detected").as_double() - cluster.result(3).fault_time;
  outcome.lost = loss.at("committed").as_double() - cluster.result(3).fault_time;
  return outcome;
}

TEST(Elastic, WithoutFaultsTheBitsAreThoseOfOneProcess) {
  for (const std::uint32_t workers : {1U, 2U, 3U, 4U}) {
    Cluster cluster(lighthouse_of(workers), workers % 2 == 0);
    for (std::uint32_t i = 0; i < workers; ++i) cluster.start_worker({});
    for (std::uint32_t i = 0; i < workers; ++i) {
      EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
      expect_good(cluster, i);
    }
    EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
    EXPECT_EQ(cluster.report().at("step").as_uint(), k_steps);
    EXPECT_TRUE(cluster.report().at("losses").as_array().empty()) << to_json_text(cluster.report());
  }
}

TEST(Elastic, AKilledWorkerChangesNoBit) {
  for (const FaultPoint point : {FaultPoint::before_compute, FaultPoint::mid_micro_batch, FaultPoint::before_vote, FaultPoint::after_commit}) {
    const Outcome o = lose_one_of_four({point, 11, SIGKILL, 0}, true, 10.0, point != FaultPoint::before_vote);
    std::printf("killed at point %d: noticed after %.1f ms, step committed after %.1f ms\n", static_cast<int>(point), 1e3 * o.detected, 1e3 * o.lost);
  }
}

}  // namespace
}  // namespace myriad::test
