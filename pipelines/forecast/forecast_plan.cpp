#include "pipelines/forecast/forecast_plan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "pipelines/forecast/cascade_run.hpp"
#include "pipelines/forecast/perturbations.hpp"
#include "src/base/progress.hpp"

namespace myriad::pipelines {

namespace {

/// Bytes of all files before compression.
std::uint64_t output_bytes(const ForecastSetup& setup) {
  return static_cast<std::uint64_t>(setup.dates().size()) * setup.kept_members().size() * setup.output().leads.size() *
         setup.output().channels.size() * static_cast<std::uint64_t>(setup.description().grid.points()) * sizeof(float);
}

EnsemblePlan plan_of(const ForecastSetup& setup) {
  return make_plan(setup.members(), setup.rules(), static_cast<std::int64_t>(setup.dates().size()), setup.block_size());
}

/// Nearest place above \p path that exists.
std::filesystem::path existing_parent(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  while (!std::filesystem::exists(path) && path.has_parent_path() && path != path.parent_path()) path = path.parent_path();
  return path;
}

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

/// Seconds of one step of a full block on this machine.
double measured_step(const ForecastSetup& setup, const Block& block) {
  const auto model = setup.make_model(setup.read(block.checkpoint));
  BlockForecast forecast(*model, setup.analyses(), block.elements, setup.seed());
  if (const auto weights = setup.weight_perturbation()) forecast.perturb_weights(*weights);
  const auto none = make_perturbation_chain(*model, {});
  forecast.begin([&](std::size_t) -> InitialPerturbation& { return *none; });
  forecast.advance();  // plans and first touches
  constexpr int k_steps = 3;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < k_steps; ++i) forecast.advance();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / k_steps;
}

}  // namespace

std::string plan_text(const ForecastSetup& setup, const EnsembleStatistics* statistics, const CascadeSettings* cascade,
                      const ScratchNeeds& needs, const RankExchange* exchange, int ranks, const std::string& configuration) {
  const EnsemblePlan plan = plan_of(setup);
  const auto dates = setup.dates().size();
  const auto& d = setup.description();
  std::string text;
  text += fmt::format("start            {}{}\n", setup.dates().front().time.iso(),
                      dates > 1 ? fmt::format(" and {} more date(s)", dates - 1) : "");
  if (setup.lags().size() > 1) text += fmt::format("lagged           {} analyses per date\n", setup.lags().size());
  text += fmt::format("lead             {} in steps of {}\n", to_string(setup.steps() * d.time_step), to_string(d.time_step));
  text += fmt::format("members          {} over {} checkpoint(s){}\n", setup.members().size(), setup.checkpoints().size(),
                      setup.rules().centred_pairs ? ", in centred pairs" : "");
  text += fmt::format("blocks           {} of at most {} members on {} rank(s): {} round(s)\n", plan.blocks.size(),
                      setup.block_size(), ranks, plan.rounds(ranks));
  const PerturbationCost cost = perturbation_cost(
      setup.config(), d, setup.dtype(), setup.block_size(), static_cast<std::int64_t>(setup.analyses().size()),
      static_cast<double>(setup.members().size()) / static_cast<double>(setup.checkpoints().size() * setup.lags().size()));
  text += fmt::format("perturbation     {}{}\n", describe_perturbations(setup.config()),
                      cost.steps_per_member > 0.0 ? fmt::format(": {:.2f} model steps per member", cost.steps_per_member)
                                                  : std::string());
  std::uint64_t memory = block_bytes(setup, setup.block_size(), exchange) + needs.memory_bytes + cost.bytes;
  if (statistics != nullptr) {
    const TileLayout& tiles = statistics->layout();
    memory += statistics->scratch_bytes() + statistics->device_bytes();
    text += fmt::format("statistics       {} channel(s) at {} lead(s): {} tiles of {} members x {} rows, {:.1f} MiB {}\n",
                        tiles.channels, tiles.leads, tiles.tiles(), tiles.members, tiles.band_rows,
                        megabytes(needs.tiles.bytes()), needs.in_memory ? "in memory" : "on disk");
  }
  if (cascade != nullptr) {
    memory += CascadeRun::bytes(*cascade, statistics->layout());
    text += cascade_text(setup, *cascade);
  }
  text += fmt::format("memory per rank  {:.0f} MiB\n", std::ceil(megabytes(memory)));
  text += fmt::format("output           {} member file(s), at most {:.1f} MiB before compression, in {}\n",
                      dates * setup.kept_members().size(), megabytes(output_bytes(setup)), setup.out().string());
  text += fmt::format("scratch          at most {:.1f} MiB in {}\n", megabytes(needs.disk_bytes),
                      needs.in_memory ? std::string("memory") : scratch_folder(setup).string());
  text += fmt::format("free space       {:.1f} MiB\n", megabytes(free_space(existing_parent(setup.out()))));
  const double step = measured_step(setup, plan.blocks.front());
  const double seconds =
      step * static_cast<double>(plan.rounds(ranks)) * (static_cast<double>(setup.steps()) + cost.steps_per_member);
  text += fmt::format("estimated time   {} (a step of {} members took {:.3f} s here just now; {} rounds of {} steps; "
                      "statistics come on top)\n",
                      format_seconds(seconds), plan.blocks.front().elements.size(), step, plan.rounds(ranks), setup.steps());
  const auto minutes = static_cast<std::int64_t>(std::ceil(seconds * 1.5 / 60.0)) + 5;
  text += fmt::format("slurm            sbatch --ntasks={} --mem-per-cpu={}M --time={} configs/slurm/forecast.sbatch {}\n", ranks,
                      static_cast<std::int64_t>(std::ceil(megabytes(memory) * 1.25 + 200.0)), minutes, configuration);
  text += fmt::format("forecast id      {}\n", setup.id());
  return text;
}

void check_feasible(const ForecastSetup& setup, const EnsembleStatistics* statistics, const CascadeSettings* cascade,
                    const ScratchNeeds& needs, const RankExchange* exchange, int ranks) {
  std::uint64_t reducing = statistics == nullptr ? 0 : statistics->device_bytes();
  if (cascade != nullptr) reducing = std::max(reducing, CascadeRun::device_bytes(setup, *cascade, statistics->layout()));
  check_device_memory(setup, exchange, reducing);
  const auto blocks = static_cast<int>(plan_of(setup).blocks.size());
  MYRIAD_VALIDATE(ranks <= blocks, ErrorKind::config_invalid, "E2630",
                  "{} ranks for {} block(s): {} members over {} checkpoint(s) in blocks of {} (ranks would idle) "
                  "use at most {} ranks or a smaller block",
                  ranks, blocks, setup.members().size(), setup.checkpoints().size(), setup.block_size(), blocks);
  const std::filesystem::path place = existing_parent(needs.in_memory ? setup.out() : scratch_folder(setup));
  const std::uint64_t free = free_space(place);
  MYRIAD_VALIDATE(needs.disk_bytes <= free, ErrorKind::io, "E2647",
                  "{:.0f} MiB of scratch do not fit in {} ({:.0f} MiB are free) choose fewer channels or leads of statistics, "
                  "another scratch.folder, or scratch.kind: memory",
                  megabytes(needs.disk_bytes), place.string(), megabytes(free));
}

}  // namespace myriad::pipelines
