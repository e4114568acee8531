#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

#include "src/comm/agree.hpp"
#include "src/comm/comm.hpp"
#include "src/comm/mpi_comm.hpp"
#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using test::expect_error;

TEST(SelfComm, ExchangesAreCopies) {
  const std::unique_ptr<Comm> comm = make_self_comm();
  EXPECT_EQ(comm->rank(), 0);
  EXPECT_EQ(comm->size(), 1);
  const std::array<std::byte, 3> data = {std::byte{1}, std::byte{2}, std::byte{3}};
  const std::array<std::size_t, 1> counts = {3};
  std::array<std::byte, 3> gathered{};
  comm->all_gather(data, gathered, counts);
  EXPECT_EQ(gathered, data);
  std::array<std::byte, 3> exchanged{};
  comm->all_to_all(data, counts, exchanged, counts);
  EXPECT_EQ(exchanged, data);
  std::array<std::byte, 3> same = data;
  comm->broadcast(same, 0);
  EXPECT_EQ(same, data);
  comm->barrier();
  EXPECT_EQ(comm->max(-5), -5);
  EXPECT_EQ(comm->sum(7), 7);
}

TEST(SelfCommDeathTest, MessagesToNobodyAbortInsteadOfWaiting) {
  const std::unique_ptr<Comm> comm = make_self_comm();
  std::array<std::byte, 1> data{};
  EXPECT_DEATH(comm->send(data, 0, 0), "nobody to send to");
  EXPECT_DEATH(comm->receive(data, 0, 0), "nobody to receive from");
}

TEST(SelfCommDeathTest, AbortEndsTheProcessWithItsCode) {
  const std::unique_ptr<Comm> comm = make_self_comm();
  EXPECT_EXIT(comm->abort(74), testing::ExitedWithCode(74), "");
}

TEST(Agreement, OnOneRankKeepsKindIdAndText) {
  const std::unique_ptr<Comm> comm = make_self_comm();
  EXPECT_NO_THROW(run_agreed(*comm, [] {}));
  expect_error([&] { run_agreed(*comm, [] { throw Error(ErrorKind::quality, "E2345", "text"); }); },
               ErrorKind::quality, "E2345", {"text"});
  expect_error([&] { run_agreed(*comm, [] { throw std::bad_alloc(); }); }, ErrorKind::resources,
               "E1111", {"out of memory"});
  expect_error([&] { run_agreed(*comm, [] { throw std::runtime_error("odd"); }); },
               ErrorKind::internal, "E1110", {"odd"});
  expect_error([&] { run_agreed(*comm, [] { throw 5; }); }, ErrorKind::internal, "E1110");
  EXPECT_THROW(run_agreed(*comm, [] { throw Error(ErrorKind::io, "E2345", "x"); }), AgreedError);
}

/// Variables that launchers set; saved, cleared and restored.
class Launchers : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : k_names) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value == nullptr ? std::string() : value);
      was_set_.push_back(value != nullptr);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (std::size_t i = 0; i < saved_.size(); ++i) {
      ::unsetenv(saved_[i].first);
      if (was_set_[i]) ::setenv(saved_[i].first, saved_[i].second.c_str(), 1);
    }
  }

 private:
  static constexpr std::array<const char*, 8> k_names = {
      "OMPI_COMM_WORLD_SIZE", "PMIX_RANK",    "PMI_RANK",    "PALS_RANKID", "SLURM_STEP_ID",
      "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_JOB_ID"};
  std::vector<std::pair<const char*, std::string>> saved_;
  std::vector<bool> was_set_;
};

TEST_F(Launchers, PlainProcessesAndBatchScriptsNeedNoMpi) {
  EXPECT_FALSE(detail::launched_for_mpi());
  ::setenv("SLURM_JOB_ID", "7", 1);
  ::setenv("SLURM_PROCID", "0", 1);
  EXPECT_FALSE(detail::launched_for_mpi()) << "the batch script itself";
  ::setenv("SLURM_STEP_ID", "0", 1);
  ::setenv("SLURM_STEP_NUM_TASKS", "1", 1);
  EXPECT_FALSE(detail::launched_for_mpi()) << "srun -n 1";
}

TEST_F(Launchers, EachLauncherIsRecognised) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PALS_RANKID"}) {
    ::setenv(name, "0", 1);
    EXPECT_TRUE(detail::launched_for_mpi()) << name;
    ::unsetenv(name);
  }
  ::setenv("SLURM_STEP_ID", "0", 1);
  ::setenv("SLURM_STEP_NUM_TASKS", "4", 1);
  EXPECT_TRUE(detail::launched_for_mpi());
}

TEST_F(Launchers, WithoutALauncherTheScopeIsOneRankWithoutMpi) {
  MpiScope scope(nullptr, nullptr);
  EXPECT_EQ(scope.world().size(), 1);
  EXPECT_FALSE(detail::is_broken(scope.world()));
}

TEST(MpiLibrary, TellsItsNameWithoutBeingInitialised) {
  EXPECT_GT(mpi_library_version().size(), 3U);
}

}  // namespace
}  // namespace myriad
