#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <thread>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "tests/unit/training/elastic/cluster.hpp"
#include "training/elastic/protocol.hpp"
#include "training/elastic/token.hpp"

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

Hash128 hash_alone(std::uint64_t steps, std::size_t table = 0) {
  MixtureProblem problem(table);
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

void report_time(const char* what, std::vector<Outcome> outcomes) {
  std::vector<double> detected, lost;
  for (const Outcome& o : outcomes) {
    detected.push_back(o.detected);
    lost.push_back(o.lost);
  }
  std::sort(detected.begin(), detected.end());
  std::sort(lost.begin(), lost.end());
  std::printf(
      "{\"fault\":\"%s\",\"runs\":%zu,\"median_ms_to_detection\":%.1f,\"median_ms_to_commit\":%.1f,\"most_ms_to_commit\":"
      "%.1f}\n",
      what, lost.size(), 1e3 * detected[detected.size() / 2], 1e3 * lost[lost.size() / 2], 1e3 * lost.back());
}

constexpr std::array k_points = {FaultPoint::before_compute, FaultPoint::mid_micro_batch, FaultPoint::before_vote,
                                 FaultPoint::after_commit};

TEST(Elastic, AKilledWorkerChangesNoBit) {
  std::vector<Outcome> outcomes;
  for (const FaultPoint point : k_points)
    outcomes.push_back(lose_one_of_four({point, 11, SIGKILL, 0}, true, 10.0, point != FaultPoint::before_vote));
  outcomes.push_back(lose_one_of_four({FaultPoint::before_compute, 0, SIGKILL, 0}, true, 10.0));
  report_time("kill", outcomes);
}

TEST(Elastic, AHungWorkerChangesNoBit) {
  std::vector<Outcome> outcomes;
  for (const FaultPoint point : k_points) outcomes.push_back(lose_one_of_four({point, 7, SIGSTOP, 0}, true, 0.5));
  report_time("hang, 500 ms of silence", outcomes);
  for (const Outcome& o : outcomes) EXPECT_GT(o.detected, 0.3) << "a hang is not an end of stream";
}

/// All four must have stopped at the same step with the bits of an undisturbed run.
void expect_equal_end(const Cluster& cluster, const std::vector<std::size_t>& workers, std::size_t table = 0) {
  const std::uint64_t steps = cluster.result(workers.front()).next_step;
  const Hash128 hash = hash_alone(steps, table);
  for (std::size_t w : workers) {
    EXPECT_EQ(cluster.result(w).next_step, steps) << "worker " << w;
    expect_good(cluster, w, hash);
    EXPECT_EQ(cluster.result(w).members, workers.size()) << "worker " << w;
  }
}

TEST(Elastic, AWorkerWhoseThreadHangsWhileItsConnectionsLiveIsNoticedByItsOverdueWork) {
  for (const bool in_compute : {true, false}) {
    LighthouseConfig config = lighthouse_of(3);
    config.least_deadline_seconds = 0.5;
    Cluster cluster(config);
    for (int i = 0; i < 2; ++i) cluster.start_worker({});
    WorkerPlan plan;
    const auto hang = [](std::uint64_t step) {
      while (step == 9) ::pause();
    };
    if (in_compute) {
      plan.after_compute = [hang](std::uint32_t, std::uint64_t step, std::span<float>) { hang(step); };
    } else {
      plan.after_apply = [hang](std::uint64_t step, MixtureProblem&) { hang(step); };
    }
    cluster.start_worker(plan);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
      expect_good(cluster, i);
    }
    EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
    const Json::Array& losses = cluster.report().at("losses").as_array();
    ASSERT_EQ(losses.size(), 1U) << to_json_text(cluster.report());
    EXPECT_EQ(losses[0].at("reason").as_string(), in_compute ? "its work is overdue" : "it does not get ready");
    EXPECT_EQ(losses[0].at("step").as_uint(), in_compute ? 9U : 10U);
  }
}

/// Two workers with micro-batches of \p micro_seconds, of which the second is killed at \p fault: the other finishes alone.
void lose_one_of_two(const LighthouseConfig& config, unsigned micro_seconds, const WorkerFault& fault, std::uint64_t steps) {
  Cluster cluster(config);
  WorkerPlan plan;
  plan.steps = steps;
  plan.after_compute = [micro_seconds](std::uint32_t, std::uint64_t, std::span<float>) { ::usleep(micro_seconds); };
  cluster.start_worker(plan);
  plan.fault = fault;
  cluster.start_worker(plan);
  EXPECT_EQ(cluster.wait_worker(0), 0) << cluster.result(0).error.data();
  expect_good(cluster, 0, hash_alone(steps));
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_EQ(cluster.report().at("losses").as_array().size(), 1U) << to_json_text(cluster.report());
}

TEST(Elastic, TheDeadlineOfReassignedWorkCountsFromItsReassignment) {
  LighthouseConfig config = lighthouse_of(2);
  config.least_deadline_seconds = 0.9;
  config.deadline_factor = 1.9;
  // 0.5 s for five micro-batches and a limit of 0.95 s: the survivor of step 2 needs 1 s from its beginning.
  lose_one_of_two(config, 100000, {FaultPoint::before_vote, 2, SIGKILL, 0}, 4);
}

TEST(Elastic, AWorkerInALongMicroBatchIsNotTakenForOneThatDoesNotGetReady) {
  LighthouseConfig config = lighthouse_of(2);
  config.least_deadline_seconds = 0.15;  // shorter than a micro-batch
  lose_one_of_two(config, 250000, {FaultPoint::before_compute, 1, SIGKILL, 0}, 2);
}

TEST(Elastic, ALighthouseThatCannotWriteItsJournalEndsInsteadOfBlamingAWorker) {
  LighthouseConfig config = lighthouse_of(1);
  config.transport.token = make_token();
  config.journal = "/proc/no-such-folder/journal.json";
  auto lighthouse = std::make_unique<Lighthouse>(config);
  const std::string address = lighthouse->address();
  std::string id;
  std::thread thread([&] {
    try {
      lighthouse->run();
    } catch (const Error& error) {
      id = error.id();
    }
    lighthouse.reset();
  });
  ElasticProblem problem;
  problem.gradient_elements = 1;
  problem.compute = [](std::uint32_t, std::uint64_t, std::span<float>, std::span<float>) {};
  problem.apply = [](std::uint64_t, std::span<const float>) { ADD_FAILURE() << "a step without a journal"; };
  ElasticConfig worker;
  worker.transport.token = config.transport.token;
  worker.lighthouse = address;
  worker.lighthouse_seconds = 0.3;
  ElasticGroup group(problem, worker);
  EXPECT_THROW(group.step(), Error) << "no lighthouse";
  thread.join();
  EXPECT_EQ(id.substr(0, 3), "E10") << "an error of files, not '" << id << "'";
}

constexpr std::uint64_t k_endless = 1000000;

TEST(Elastic, AKilledWorkerIsReplacedByANewOneThatTakesItsShare) {
  Cluster cluster(lighthouse_of(4));
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 3; ++i) cluster.start_worker(plan);
  WorkerPlan killed = plan;
  killed.fault = {FaultPoint::mid_micro_batch, 11, SIGKILL, 0};
  cluster.start_worker(killed);
  EXPECT_EQ(cluster.wait_worker(3), 128 + SIGKILL);
  plan.stop_after = 20;
  plan.members = 4;
  cluster.start_worker(plan);
  for (std::size_t i : {0U, 1U, 2U, 4U}) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 1, 2, 4});
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
}

TEST(Elastic, AHungWorkerThatWakesUpComesBack) {
  LighthouseConfig config = lighthouse_of(4);
  config.transport.silence_seconds = 0.5;
  Cluster cluster(config);
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 3; ++i) cluster.start_worker(plan);
  plan.fault = {FaultPoint::before_vote, 11, SIGSTOP, 0};
  plan.stop_after = 20;
  plan.members = 4;
  plan.stop_epoch = 4;  // lost, observer, member
  cluster.start_worker(plan);
  EXPECT_TRUE(cluster.wait_until([&] { return cluster.is_stopped(3); }));
  const std::uint64_t before = cluster.result(0).next_step;
  EXPECT_TRUE(cluster.wait_until([&] { return cluster.result(0).next_step > before + 5; })) << "the others go on";
  cluster.signal_worker(3, SIGCONT);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 1, 2, 3});
}

TEST(Elastic, NewcomersJoinARunWithoutHoldingItUp) {
  // A state of less than one message, of two and a bit, and of exactly three.
  constexpr std::size_t k_part = std::size_t{1} << 18;
  for (const std::size_t table : {std::size_t{0}, 2 * k_part + 1000, 3 * k_part - 3 * MixtureProblem::k_parameters}) {
    Cluster cluster(lighthouse_of(1), table != 0);
    WorkerPlan plan;
    plan.steps = k_endless;
    plan.table = table;
    cluster.start_worker(plan);
    EXPECT_TRUE(cluster.wait_until([&] { return cluster.result(0).next_step > 5; }));
    for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
    plan.stop_after = 10;
    plan.members = 4;
    cluster.start_worker(plan);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
    expect_equal_end(cluster, {0, 1, 2, 3}, table);
  }
}

TEST(Elastic, ASecondWorkerMayDieWhileTheFirstIsReplaced) {
  Cluster cluster(lighthouse_of(4));
  WorkerPlan plan;
  plan.copies = 2;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  plan.fault = {FaultPoint::mid_micro_batch, 11, SIGKILL, 0};
  cluster.start_worker(plan);
  plan.fault = {FaultPoint::before_ready, 11, SIGKILL, 2};  // answering the epoch in which the first one is missing
  cluster.start_worker(plan);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
    expect_good(cluster, i);
  }
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_EQ(cluster.report().at("losses").as_array().size(), 2U) << to_json_text(cluster.report());
}

TEST(Elastic, MemoryWhoseOnlyCopyDiedTooEndsTheRunWithAReason) {
  Cluster cluster(lighthouse_of(4));
  for (int i = 0; i < 3; ++i) cluster.start_worker({});
  // One copy, at the next worker of the ring: of three that die in one step two have theirs at the others.
  WorkerPlan plan;
  plan.fault = {FaultPoint::before_compute, 9, SIGSTOP, 0};
  cluster.start_worker(plan);
  EXPECT_TRUE(cluster.wait_until([&] { return cluster.is_stopped(3); }));
  for (std::size_t i = 0; i < 3; ++i) {
    cluster.signal_worker(i, SIGKILL);
    EXPECT_EQ(cluster.wait_worker(i), 128 + SIGKILL);
  }
  cluster.signal_worker(3, SIGCONT);
  EXPECT_EQ(cluster.wait_worker(3), exit_code(ErrorKind::unavailable));
  EXPECT_STREQ(cluster.result(3).error.data(), "E2468");
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::failed);
}

TEST(Elastic, DamagedCutAndDroppedMessagesAreRepeated) {
  struct Case {
    MessageKind kind;
    FrameFault fault;
    bool damage;  ///< the receiver counts it
  };
  for (const Case& c :
       {Case{MessageKind::partial, FrameFault::corrupt, true}, Case{MessageKind::partial, FrameFault::truncate, true},
        Case{MessageKind::reduced, FrameFault::corrupt, true}, Case{MessageKind::next_memory, FrameFault::truncate, true},
        Case{MessageKind::partial, FrameFault::drop, false}, Case{MessageKind::reduced, FrameFault::drop, false}}) {
    LighthouseConfig config = lighthouse_of(3);
    config.least_deadline_seconds = c.damage ? 10.0 : 0.3;
    Cluster cluster(config);
    for (int i = 0; i < 2; ++i) cluster.start_worker({});
    WorkerPlan plan;
    plan.frame = [c, done = false](const MessageHeader& h) mutable {
      if (done || h.round != 9 || kind_of(h) != c.kind) return FrameFault::none;
      done = true;
      return c.fault;
    };
    cluster.start_worker(plan);
    std::int64_t damaged = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
      expect_good(cluster, i);
      damaged += cluster.result(i).damaged;
    }
    EXPECT_EQ(damaged, c.damage ? 1 : 0);
    EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
    EXPECT_TRUE(cluster.report().at("losses").as_array().empty()) << to_json_text(cluster.report());
    EXPECT_GE(cluster.report().at("epoch").as_int(), 2) << "the step was opened again";
  }
}

TEST(Elastic, AWorkerWhoseMessageToTheLighthouseIsDamagedComesBack) {
  Cluster cluster(lighthouse_of(3));
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  plan.frame = [done = false](const MessageHeader& h) mutable {
    if (done || h.round != 9 || kind_of(h) != MessageKind::vote) return FrameFault::none;
    done = true;
    return FrameFault::corrupt;
  };
  plan.stop_after = 10;
  plan.members = 3;
  plan.stop_epoch = 4;
  cluster.start_worker(plan);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 1, 2});
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_EQ(cluster.report().at("damaged").as_int(), 1);
}

TEST(Elastic, ARestartedLighthouseGoesOnFromItsJournal) {
  // Killed by itself before it sends: commit (journal written, nobody knows), open, membership; then at some moment from
  // outside.
  for (const MessageKind kind : {MessageKind::commit, MessageKind::open, MessageKind::abort}) {
    const bool outside = kind == MessageKind::abort;
    LighthouseConfig config = lighthouse_of(3);
    if (!outside) {
      config.transport.faults.frame = [kind](const MessageHeader& h) {
        if (h.round == 12 && kind_of(h) == kind) ::raise(SIGKILL);
        return FrameFault::none;
      };
    }
    Cluster cluster(config, kind != MessageKind::open);
    WorkerPlan plan;
    plan.steps = outside ? 400 : k_steps;
    for (int i = 0; i < 3; ++i) cluster.start_worker(plan);
    if (outside) {
      EXPECT_TRUE(cluster.wait_until([&] { return cluster.result(0).next_step >= 100; }));
      cluster.kill_lighthouse();
    } else {
      EXPECT_TRUE(cluster.wait_dead_lighthouse());
    }
    cluster.start_lighthouse();
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
      expect_good(cluster, i, hash_alone(plan.steps));
    }
    EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
    EXPECT_TRUE(cluster.report().at("losses").as_array().empty()) << to_json_text(cluster.report());
  }
}

TEST(Elastic, EveryChangedBitOfTheJournalIsNoticed) {
  Cluster cluster(lighthouse_of(2));
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  EXPECT_TRUE(cluster.wait_until([&] { return cluster.result(0).next_step > 3; }));
  cluster.kill_lighthouse();
  const std::string good = read_text_file(cluster.journal());
  LighthouseConfig config = lighthouse_of(2);
  config.transport.token = make_token();
  config.journal = cluster.journal().string() + ".changed";
  publish_text(config.journal, good);
  EXPECT_NO_THROW(Lighthouse{config});
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    publish_text(config.journal, bad, Existing::replace, Durability::rename_only);
    try {
      const Lighthouse lighthouse(config);
      ADD_FAILURE() << "bit " << bit << " of " << good;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input_corrupt) << error.what();
    }
  }
}

TEST(Elastic, AWorkerWithoutLighthouseStops) {
  Cluster cluster(lighthouse_of(1));
  WorkerPlan plan;
  plan.steps = k_endless;
  plan.lighthouse_seconds = 0.3;
  cluster.start_worker(plan);
  EXPECT_TRUE(cluster.wait_until([&] { return cluster.result(0).next_step > 3; }));
  cluster.kill_lighthouse();
  EXPECT_EQ(cluster.wait_worker(0), exit_code(ErrorKind::unavailable));
  EXPECT_STREQ(cluster.result(0).error.data(), "E2467");
}

TEST(Elastic, StrangersAndOtherConfigurationsAreRefusedAndTheRunGoesOn) {
  Cluster cluster(lighthouse_of(2));
  WorkerPlan plan;
  plan.steps = k_endless;
  cluster.start_worker(plan);
  WorkerPlan stopping = plan;
  stopping.stop_after = 50;
  stopping.members = 2;
  WorkerPlan stranger = plan;
  stranger.token = make_token();
  stranger.lighthouse_seconds = 0.3;
  WorkerPlan other = plan;
  other.gradient_extra = 1;
  EXPECT_EQ(cluster.wait_worker(cluster.start_worker(stranger)), exit_code(ErrorKind::unavailable));
  EXPECT_STREQ(cluster.result(1).error.data(), "E2467");
  EXPECT_EQ(cluster.wait_worker(cluster.start_worker(other)), exit_code(ErrorKind::unavailable));
  EXPECT_STREQ(cluster.result(2).error.data(), "E2468");
  cluster.start_worker(stopping);
  for (std::size_t i : {0U, 3U}) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 3});
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_GE(cluster.report().at("refused").as_int(), 1);
}

TEST(Elastic, AGradientThatIsNotFiniteOrDiffersIsComputedAgain) {
  Cluster cluster(lighthouse_of(3));
  for (int i = 0; i < 2; ++i) cluster.start_worker({});
  WorkerPlan plan;
  plan.after_compute = [done = false](std::uint32_t, std::uint64_t step, std::span<float> gradient) mutable {
    if (step == 9 && !done) gradient[3] = std::numeric_limits<float>::quiet_NaN();
    done = done || step == 9;
  };
  cluster.start_worker(plan);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
    expect_good(cluster, i);
  }
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_EQ(cluster.report().at("aborts").as_int(), 1);
}

TEST(Elastic, AStepThatIsAbortedAgainAndAgainEndsTheRun) {
  LighthouseConfig config = lighthouse_of(2);
  config.most_aborts = 5;
  Cluster cluster(config);
  WorkerPlan plan;
  plan.after_compute = [](std::uint32_t, std::uint64_t step, std::span<float> gradient) {
    if (step == 9) gradient[3] = std::numeric_limits<float>::infinity();
  };
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(cluster.wait_worker(i), exit_code(ErrorKind::unavailable));
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::failed);
  EXPECT_EQ(cluster.report().at("aborts").as_int(), 5);
  EXPECT_EQ(cluster.result(0).next_step, 9U);
}

TEST(Elastic, AWorkerWhoseStateIsDamagedGetsItAnew) {
  Cluster cluster(lighthouse_of(3));
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  plan.after_apply = [done = false](std::uint64_t step, MixtureProblem& problem) mutable {
    if (step == 9 && !done) problem.second_moment[7] += 1e-3F;
    done = done || step == 9;
  };
  plan.stop_after = 10;
  plan.members = 3;
  plan.stop_epoch = 4;
  cluster.start_worker(plan);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 1, 2});
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  EXPECT_EQ(cluster.report().at("losses").as_array().size(), 1U);
}

TEST(Elastic, NoStepIsOpenedWithFewerThanTheLeastNumberOfMembers) {
  LighthouseConfig config = lighthouse_of(3);
  config.min_members = 3;
  Cluster cluster(config);
  WorkerPlan plan;
  plan.steps = k_endless;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  WorkerPlan killed = plan;
  killed.fault = {FaultPoint::before_vote, 11, SIGKILL, 0};
  cluster.start_worker(killed);
  EXPECT_EQ(cluster.wait_worker(2), 128 + SIGKILL);
  EXPECT_EQ(cluster.result(0).next_step, 11U);
  plan.stop_after = 10;
  plan.members = 3;
  cluster.start_worker(plan);
  for (std::size_t i : {0U, 1U, 3U}) EXPECT_EQ(cluster.wait_worker(i), 0) << cluster.result(i).error.data();
  expect_equal_end(cluster, {0, 1, 3});
}

TEST(Elastic, BytesAreThoseOfSlicesHeadersAndFewOthers) {
  Cluster cluster(lighthouse_of(2));
  WorkerPlan plan;
  plan.memory = false;
  for (int i = 0; i < 2; ++i) cluster.start_worker(plan);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(cluster.wait_worker(i), 0);
  EXPECT_EQ(cluster.wait_lighthouse(), LighthouseEnd::finished);
  // 875 elements in slices of 437 and 438; micro-batches 0-4 are two nodes of the tree, 5-9 three.
  const std::int64_t head = static_cast<std::int64_t>(k_message_overhead);
  std::array<std::int64_t, 2> data = {k_steps * (2 * (438 * 4 + head) + 437 * 4 + head),
                                      k_steps * (3 * (437 * 4 + head) + 438 * 4 + head)};
  if (cluster.result(0).bytes_sent > cluster.result(1).bytes_sent)
    std::swap(data[0], data[1]);  // who came first computes 0-4
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t sent = cluster.result(i).bytes_sent;
    // To the lighthouse per step: ready (16 + 1 + 2 x 4 + 10 bytes), worked, vote (18 bytes).
    EXPECT_GT(sent, data[i] + static_cast<std::int64_t>(k_steps) * (3 * head + 53));
    EXPECT_LT(sent, data[i] + static_cast<std::int64_t>(k_steps) * (3 * head + 53) + 20 * head)
        << "handshakes, names and signs of life";
  }
  EXPECT_EQ(cluster.hash(0), cluster.hash(1));
}

/// Twenty faults at random points. Label `long`.
TEST(ElasticSweep, OneOfFourKilledOrHungAtRandomPoints) {
  std::mt19937 random(1);
  std::vector<Outcome> kills, hangs;
  for (int run = 0; run < 20; ++run) {
    const FaultPoint point = k_points[random() % k_points.size()];
    const std::uint64_t step = random() % (k_steps - 1);
    const bool hang = run % 4 == 3;
    SCOPED_TRACE(testing::Message() << "run " << run << ", point " << static_cast<int>(point) << ", step " << step);
    (hang ? hangs : kills)
        .push_back(
            lose_one_of_four({point, step, hang ? SIGSTOP : SIGKILL, 0}, true, hang ? 0.5 : 10.0, random() % 2 == 0));
  }
  report_time("kill", kills);
  report_time("hang, 500 ms of silence", hangs);
}

}  // namespace
}  // namespace myriad::test
