#include "pipelines/status/status.hpp"

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/progress.hpp"
#include "src/base/run_state.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

std::string headline(const std::string& run, const RunState& state) {
  std::string text = fmt::format("{}: {}", run, to_string(state.life));
  if (!state.verb.empty()) text += fmt::format(", {} {}", state.verb, state.run_id);
  if (!state.phase.empty() && state.life != RunLife::done) {
    text += fmt::format(", phase {}, {:.1f} %", state.phase, state.percent);
  }
  if (state.life == RunLife::running && state.eta_seconds) {
    text += fmt::format(", {} left", format_seconds(*state.eta_seconds));
  }
  return text + "\n";
}

std::string owner_text(const RunState& state) {
  if (!state.owner) return "none";
  const LockOwner& owner = *state.owner;
  const char* life = owner.life == LockOwner::Life::alive ? "alive"
                     : owner.life == LockOwner::Life::gone
                         ? "gone: killed, or the machine was restarted"
                         : "cannot be seen from this host";
  return fmt::format("{} on host {} ({})", owner.pid, owner.host, life);
}

std::string describe(const std::string& run, const RunState& state) {
  std::string text = headline(run, state);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<11}{}\n", name, value);
  };
  line("process", owner_text(state));
  if (state.heartbeat_age) {
    std::string beat = format_seconds(*state.heartbeat_age) + " ago";
    if (state.life == RunLife::hung)
      beat += fmt::format(", more than {}", format_seconds(state.heartbeat_limit));
    line("heartbeat", beat);
  }
  for (const RunWait& wait : state.waiting) {
    line("waiting", fmt::format("rank {}: {} of {} for {}", wait.rank, wait.operation, wait.file,
                                format_seconds(wait.seconds)));
  }
  if (!state.silent_ranks.empty())
    line("silent", fmt::format("rank {}", fmt::join(state.silent_ranks, ", ")));
  if (state.members_done > 0 || state.members_total.value_or(0) > 0) {
    const std::string of =
        state.members_total ? fmt::format(" of {}", *state.members_total) : std::string();
    line("members", fmt::format("{}{} files published", state.members_done, of));
  }
  line("files", fmt::format("{} published, {:.1f} MiB", state.files,
                            static_cast<double>(state.bytes) / 1048576.0));
  if (!state.last_checkpoint.empty()) line("checkpoint", state.last_checkpoint);
  if (state.life == RunLife::stopped) line("to go on", "give the same command again");
  return text;
}

int run_status(const VerbContext& context) {
  MYRIAD_VALIDATE(!context.arguments("RUN").empty(), ErrorKind::usage, "E2603",
                  "argument RUN is missing (which run is meant?); e.g. 'myriad status demo-run'");
  run_agreed(context.comm, [&] {
    if (!context.root()) return;
    for (const std::string& run : context.arguments("RUN")) {
      const RunState state = read_run_state(expand_home(run), now_utc());
      if (context.has_option("porcelain")) {
        context.print(to_json_text(to_json(state, run)) + "\n");
      } else {
        context.print(describe(run, state));
      }
    }
  });
  return 0;
}

}  // namespace

Verb status_verb() {
  Verb verb;
  verb.name = "status";
  verb.summary = "Tell whether runs are running, hung, stopped or done, and how far they are";
  verb.example =
      "  myriad status demo-run\n"
      "  myriad status runs/* --porcelain";
  verb.positionals = {{"RUN", "run directories", CliPositional::Count::any}};
  verb.options = {{"porcelain", "print one JSON object per line and run, with stable keys",
                   CliOption::Kind::flag}};
  verb.run = run_status;
  return verb;
}

}  // namespace myriad::pipelines
