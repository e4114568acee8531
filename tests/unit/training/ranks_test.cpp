// ADR 0002: the same global batch gives the same weights, bit for bit, for 1, 2 and 4 ranks.
#include <gtest/gtest.h>

#include "src/backend/registry.hpp"
#include "src/base/hash.hpp"
#include "tests/support/mpi_test.hpp"
#include "tests/unit/training/small_problem.hpp"
#include "training/trainer.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

std::string train_on(Comm& comm) {
  auto backend = make_backend("kokkos");
  StateStore store = drifting_waves(40);
  const SfnoModelConfig config = small_config(store, 1);
  store.normalise(config.description.normalisation);
  SfnoModel model(*backend, config, Precision::f32, 8);
  const auto exchange = make_dense_exchange(*backend, comm);
  Trainer trainer(model, store, &store, short_training(config.description.normalisation), comm, *exchange);
  trainer.train([](const TrainerPosition&) { return false; }, [](const TrainerPosition&) {},
                [](std::int64_t, std::int64_t, const std::string&) {});
  if (comm.size() > 1) {
    EXPECT_GT(exchange->bytes_sent(), 0);
  }
  const std::vector<double> weights = to_doubles(*backend, trainer.published_weights());
  std::string all = sha256_hex(std::as_bytes(std::span(weights)));
  for (const auto& row : trainer.validations()) {
    for (const auto& lead : row.rmse) all += sha256_hex(std::as_bytes(std::span(lead)));
  }
  return all;
}

TEST(RankCount, DoesNotChangeWeightsOrValidation) {
  const auto alone = make_self_comm();
  EXPECT_EQ(train_on(world()), train_on(*alone));
}

}  // namespace
}  // namespace myriad::test
