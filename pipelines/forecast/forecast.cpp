#include "pipelines/forecast/forecast.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "pipelines/forecast/forecast_run.hpp"
#include "pipelines/forecast/forecast_schema.hpp"
#include "src/base/files.hpp"
#include "src/base/heartbeat.hpp"
#include "src/base/log.hpp"
#include "src/base/manifest.hpp"
#include "src/base/progress.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

std::string plan_text(const ForecastRun& run, const EnsemblePlan& plan, Comm& comm) {
  const std::uint64_t fields = run.files_to_write() * run.leads().size() * run.output_channels().size();
  const std::uint64_t bytes = fields * static_cast<std::uint64_t>(run.grid().points()) * sizeof(float);
  std::string text;
  text += fmt::format("start            {}\n", run.start().time.iso());
  text += fmt::format("lead             {} in steps of {}\n", to_string(run.lead()), to_string(run.time_step()));
  text += fmt::format("members          {} over {} checkpoint(s)\n", run.members().size(), run.checkpoint_count());
  text += fmt::format("blocks           {} of at most {} members on {} rank(s)\n", plan.blocks.size(), run.block_size(),
                      comm.size());
  text += fmt::format("memory per rank  {:.0f} MiB for states and activations\n",
                      static_cast<double>(run.memory_per_rank()) / 1048576.0);
  text += fmt::format("output           {} files, at most {:.1f} MiB before compression, in {}\n", run.files_to_write(),
                      static_cast<double>(bytes) / 1048576.0, run.out().string());
  text += fmt::format("forecast id      {}\n", run.id());
  return text;
}

int run_forecast(const VerbContext& context) {
  const Config& config = context.config;
  Comm& comm = context.comm;
  ForecastRun run(config);
  const EnsemblePlan plan = make_plan(run.members(), {run.checkpoint_count(), false, 1}, 1, run.block_size());
  const auto blocks = static_cast<int>(plan.blocks.size());
  MYRIAD_VALIDATE(comm.size() <= blocks, ErrorKind::config_invalid, "E2630",
                  "{} ranks for {} block(s): {} members over {} checkpoint(s) in blocks of {} (ranks would idle) "
                  "use at most {} ranks or a smaller block",
                  comm.size(), blocks, run.members().size(), run.checkpoint_count(), run.block_size(), blocks);
  if (context.dry_run()) {
    context.print(plan_text(run, plan, comm));
    run_agreed(comm, [&] { run.check_outputs({}); });
    return 0;
  }

  const std::filesystem::path out = run.out();
  std::optional<RunLock> lock;
  std::vector<std::int64_t> done;
  std::optional<Manifest> manifest;
  run_agreed(comm, [&] {
    if (!context.root()) return;
    make_directory(out / "members");
    lock.emplace(out);
    remove_stale_temporaries(out);
    remove_stale_heartbeats(out);
    manifest.emplace(out);
    done = run.members_already_published(*manifest, config.text("resume"));
    run.check_outputs(done);
    Json facts;
    facts.set("verb", "forecast");
    facts.set("forecast_id", run.id());
    facts.set("run_id", context.run_id);
    facts.set("host", host_name());
    facts.set("ranks", comm.size());
    facts.set("started", now_utc().iso());
    facts.set("backend", run.backend_description());
    manifest->add_run(facts);
    for (const std::string& line : run.notes()) log_info("forecast", "{}", line);
    if (!done.empty()) log_info("forecast", "{} member(s) of this forecast are already published", done.size());
  });
  done = share(comm, done);

  context.control.watch_directory(out);
  std::vector<Block> mine;
  for (std::size_t round = 0; round < plan.rounds(comm.size()); ++round) {
    if (const Block* block = plan.block(round, comm.rank(), comm.size())) mine.push_back(*block);
  }
  StatusWriter status(out, context.run_id, "forecast");
  Heartbeat heartbeat(out, comm.rank());
  const auto total = static_cast<std::int64_t>(mine.size()) * run.steps();
  std::optional<Progress> progress;
  if (context.root()) {
    progress.emplace("forecast", std::max<std::int64_t>(1, total), progress_mode_from_string(config.text("progress")));
  }
  std::int64_t steps_done = 0;
  std::vector<PublishedMember> published;
  std::exception_ptr failure;
  StopReason reason = StopReason::none;
  try {
    for (const Block& block : mine) {
      Block todo{block.checkpoint, block.lag, {}};
      for (const BlockElement& element : block.elements) {
        if (!std::binary_search(done.begin(), done.end(), static_cast<std::int64_t>(element.member.number))) {
          todo.elements.push_back(element);
        }
      }
      const std::int64_t block_start = steps_done;
      const auto stop = [&] {
        ++steps_done;
        heartbeat.beat(steps_done);
        if (progress) {
          progress->update(steps_done);
          status.write({.phase = "forecast",
                        .member = block.elements.front().member.number,
                        .step = steps_done - block_start,
                        .percent = progress->percent(),
                        .eta_seconds = progress->eta_seconds(),
                        .step_seconds = progress->seconds_per_item(),
                        .last_checkpoint = "",
                        .bytes_written = bytes_of_members(published)});
        }
        reason = context.control.stop_requested();
        return reason != StopReason::none;
      };
      if (!todo.elements.empty() && !run.run_block(todo, stop, published)) break;
      steps_done = block_start + run.steps();
    }
  } catch (...) {
    failure = std::current_exception();
  }

  // Published members count even when another rank failed or a stop was requested: they enter the manifest first.
  const std::vector<std::int64_t> all = share(comm, members_of(published));
  run_agreed(comm, [&] {
    if (!context.root()) return;
    for (std::int64_t member : all) manifest->add_file(run.member_path(member), member, run.lead_steps());
  });
  agree_on_error(comm, failure);
  reason = agree_on_stop(comm, reason);
  const std::size_t complete = all.size() + done.size();
  if (reason != StopReason::none) {
    if (context.root()) context.control.acknowledge_stop();
    throw AgreedError(ErrorKind::stopped_early, "E2631",
                      fmt::format("stopped with {} of {} members published ({}) run the same command to go on", complete,
                                  run.members().size(), to_string(reason)));
  }
  run_agreed(comm, [&] {
    if (!context.root()) return;
    progress->finish();
    const std::string product = run.write_products();
    if (!product.empty()) manifest->add_file(product);
    status.write({.phase = "done",
                  .member = {},
                  .step = run.steps(),
                  .percent = 100.0,
                  .eta_seconds = {},
                  .step_seconds = {},
                  .last_checkpoint = "",
                  .bytes_written = bytes_of_members(published)});
    context.print(fmt::format("{} members in {}  id {}\n", complete, (out / "members").string(), run.id()));
  });
  return 0;
}

}  // namespace

Verb forecast_verb() {
  Verb verb;
  verb.name = "forecast";
  verb.summary = "Run an ensemble forecast";
  verb.example = "myriad forecast configs/forecast_demo.yaml --members 64 --lead 240h --out demo-run";
  verb.schema = forecast_schema;
  verb.run = run_forecast;
  return verb;
}

}  // namespace myriad::pipelines
