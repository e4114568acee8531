#include "pipelines/forecast/memory_plan.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "pipelines/forecast/perturbations.hpp"
#include "src/backend/counting_backend.hpp"
#include "src/backend/null_backend.hpp"
#include "src/statistics/device_tile_exchange.hpp"

namespace myriad::pipelines {

namespace {

/// The largest exchange of any round of the forecast.
std::uint64_t exchange_bytes(const ForecastSetup& setup, std::int64_t members, const RankExchange& exchange) {
  const auto dates = static_cast<std::int64_t>(setup.dates().size());
  const EnsemblePlan plan = make_plan(setup.members(), setup.rules(), dates, members);
  ExchangeMemory memory(exchange.tiles, exchange.rank, exchange.ranks);
  for (std::size_t round = 0; round < plan.rounds(exchange.ranks); ++round) {
    std::int64_t mine = 0;
    std::vector<std::int64_t> all(setup.dates().size());
    for (int rank = 0; rank < exchange.ranks; ++rank) {
      const Block* const block = plan.block(round, rank, exchange.ranks);
      if (block == nullptr) continue;
      for (const BlockElement& element : block->elements) ++all[static_cast<std::size_t>(element.date)];
      if (rank == exchange.rank) mine = std::ssize(block->elements);
    }
    memory.add(mine, all);
  }
  return static_cast<std::uint64_t>(memory.bytes());
}

std::uint64_t bytes_in(const ForecastSetup& setup, Precision precision, std::int64_t members, const RankExchange* exchange) {
  CountingBackend counting(make_null_backend(setup.shared_backend()));
  std::vector<BlockElement> elements;
  for (std::int64_t m = 0; m < members; ++m) elements.push_back({make_member(m + 1, setup.rules()), 0, 0});
  // Lead by lead, the models of all checkpoints stay, each with its own scratch.
  std::vector<std::unique_ptr<SfnoModel>> models(setup.order() == StepOrder::lead ? setup.checkpoints().size() : 1);
  for (std::unique_ptr<SfnoModel>& model : models) {
    model = std::make_unique<SfnoModel>(counting, setup.largest_model(), precision, 0);
    model->prepare_inference();
    BlockForecast forecast(*model, setup.analyses(), elements, setup.seed());
    if (const auto weights = setup.weight_perturbation()) forecast.perturb_weights(*weights);
    const auto none = make_perturbation_chain(*model, {});
    forecast.begin([&](std::size_t) -> InitialPerturbation& { return *none; });
    forecast.advance();
    std::array<StateSelection, 2> wanted;
    if (!setup.kept_members().empty()) wanted[0] = setup.output_states();
    if (setup.has_statistics() && exchange == nullptr) wanted[1] = setup.statistics_states();
    forecast.begin_states(wanted);
  }
  return static_cast<std::uint64_t>(counting.bytes_peak() + sfno_scratch_bytes(counting, setup.largest_model().network(), members, precision)) +
         (exchange == nullptr ? 0 : exchange_bytes(setup, members, *exchange));
}

std::uint64_t perturbation_bytes(const ForecastSetup& setup) {
  return perturbation_cost(setup.config(), setup.description(), setup.dtype(), setup.block_size(),
                           static_cast<std::int64_t>(setup.analyses().size()), 1.0)
      .bytes;
}

double mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

}  // namespace

std::uint64_t block_bytes(const ForecastSetup& setup, std::int64_t members, const RankExchange* exchange) {
  return bytes_in(setup, setup.precision(), members, exchange);
}

void check_device_memory(const ForecastSetup& setup, const RankExchange* exchange, std::uint64_t statistics) {
  const std::int64_t available = setup.shared_backend()->memory_available();
  if (available < 0) return;
  const auto room = static_cast<std::uint64_t>(available);
  const std::uint64_t other = perturbation_bytes(setup) + statistics;
  const auto fits = [&](Precision precision, std::int64_t members) { return bytes_in(setup, precision, members, exchange) + other <= room; };
  const std::int64_t block = setup.block_size();
  const std::uint64_t needed = block_bytes(setup, block, exchange) + other;
  if (needed <= room) return;
  std::int64_t largest = 0;  // that fits
  for (std::int64_t step = block; step > 0; step /= 2) {
    if (largest + step < block && fits(setup.precision(), largest + step)) largest += step;
  }
  std::string advice = "use a GPU with more memory";
  if (largest > 0) {
    advice = fmt::format("set block: {}", largest);
  } else if (!is_short(setup.precision()) && setup.precision() != Precision::f64 && fits(Precision::half, 1)) {
    advice = "set block: 1 and precision: half";
  }
  throw Error(ErrorKind::resources, "E2663",
              fmt::format("a block of {} member(s) needs {:.0f} MiB of device memory ({:.0f} MiB are free) {}", block,
                          std::ceil(mebibytes(needed)), std::floor(mebibytes(room)), advice));
}

}  // namespace myriad::pipelines
