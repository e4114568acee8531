// Every preset of configs/training/ on several processes gives the bits of the simulation on one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "src/base/hash.hpp"
#include "tests/support/mpi_test.hpp"
#include "tests/unit/training/reference_problems.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

struct Outcome {
  std::string hash;  ///< of the common parameters and of those of the last worker of the rank
  std::vector<Traffic> traffic;  ///< [worker] sent; zero of workers elsewhere
};

Outcome train_on(Comm& comm, const MethodConfig& config) {
  constexpr int k_workers = 8, k_steps = 60;
  const auto backend = make_backend("kokkos");
  Mixture problem(*backend, 7, 8, 800, 100);
  Transport transport(comm, k_workers);
  Method method(config, problem, transport, *backend, {DType::f32, 11, k_steps, {}});
  Tensor x(*backend, DType::f32, {problem.size()});
  x.assign(problem.initial());
  method.set_parameters(x);
  for (int step = 0; step < k_steps; ++step) method.step();
  const std::vector<double> common = to_doubles(*backend, method.common_parameters());
  EXPECT_NE(common, x.to_doubles());
  Outcome outcome{sha256_hex(std::as_bytes(std::span(common))), {}};
  for (int w = 0; w < k_workers; ++w) outcome.traffic.push_back(transport.sent(w));
  return outcome;
}

TEST(Presets, GiveTheSameBitsOnEveryNumberOfRanks) {
  const char* const source = std::getenv("MYRIAD_SOURCE_DIR");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(source != nullptr ? source : ".") + "/configs/training")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  ASSERT_GE(names.size(), 18U);
  const auto alone = make_self_comm();
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    MethodConfig config = preset(name);
    config.schedule.period = std::min<std::int64_t>(config.schedule.period, 20);  // several exchanges in these few steps
    config.schedule.delay = std::min<std::int64_t>(config.schedule.delay, 4);
    config.schedule.sampled = std::min<std::int64_t>(config.schedule.sampled, 3);
    if (config.inner.name == "frozen_adam") config.inner.beta2 = 0.7;
    const Outcome here = train_on(world(), config), simulated = train_on(*alone, config);
    EXPECT_EQ(here.hash, simulated.hash);
    const int first = 8 * world().rank() / world().size(), last = 8 * (world().rank() + 1) / world().size();
    for (int w = first; w < last; ++w) {
      EXPECT_EQ(here.traffic[static_cast<std::size_t>(w)], simulated.traffic[static_cast<std::size_t>(w)]) << "worker " << w;
      EXPECT_GT(simulated.traffic[static_cast<std::size_t>(w)].bytes + (w == 0 ? 1 : 0), 0);
    }
  }
}

}  // namespace
}  // namespace myriad::test
