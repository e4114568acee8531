#include "pipelines/verify/verify.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "diagnostics/report.hpp"
#include "diagnostics/report_file.hpp"
#include "diagnostics/score_file.hpp"
#include "diagnostics/score_table.hpp"
#include "pipelines/common/file_attributes.hpp"
#include "pipelines/common/health_keys.hpp"
#include "pipelines/verify/verify_run.hpp"
#include "pipelines/verify/verify_schema.hpp"
#include "src/base/build_info.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "src/base/progress.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {
namespace {

/// The shown start belongs to rank 0, which writes the report; the others go round.
int owner_of(std::size_t start, std::size_t shown, int ranks) {
  if (start == shown) return 0;
  return static_cast<int>(start % static_cast<std::size_t>(ranks));
}

/// Records of all starts in their order, on rank 0; every start was scored by its owner.
void collect(Comm& comm, VerifyRun& run, std::vector<std::optional<diag::StartRecord>>& records,
             diag::Verification& results) {
  for (std::size_t start = 0; start < records.size(); ++start) {
    const int owner = owner_of(start, run.shown_start(), comm.size());
    const int tag = static_cast<int>(start);
    if (comm.rank() == 0) {
      if (owner != 0) {
        records[start].emplace(run.shape());
        comm.receive(std::as_writable_bytes(records[start]->data()), owner, tag);
      }
      results.add(*records[start]);
    } else if (owner == comm.rank()) {
      comm.send(std::as_bytes(records[start]->data()), 0, tag);
    }
    records[start].reset();
  }
}

io::NcAttributes score_attributes(const Config& config, const VerifyRun& run, const std::string& title) {
  const diag::VerificationShape& shape = run.shape();
  const std::vector<Instant>& starts = run.forecasts().starts();
  FileFacts file;
  file.verb = "verify";
  file.title = title;
  const std::string what = fmt::format("{} forecast(s) of {} members from {} to {}, {} channel(s)", starts.size(),
                                       shape.members, starts.front().iso(), starts.back().iso(), shape.channels.size());
  file.summary = fmt::format("Scores of {} against verifying fields, beside persistence and climatology.", what);
  file.source = fmt::format("Myriad {}, verify", build_info().version);
  file.history = what;
  file.keywords = "forecast verification, ensemble forecast, continuous ranked probability score, spread-skill ratio";
  file.processing_level = "scores";
  Sha256 id;
  id.update(config.sha256());
  for (const auto& [label, value] : run.provenance()) id.update(value);
  file.id = id.finish_hex().substr(0, 32);
  const double hours = *std::max_element(shape.lead_hours.begin(), shape.lead_hours.end());
  file.newest_input = starts.back() + Duration{std::llround(hours * 3600.0)};
  io::NcAttributes attributes = file_attributes(config.section("output"), file);
  for (const auto& [label, value] : run.provenance()) {
    std::string name = "MYRIAD_" + label;
    for (char& c : name) {
      if (c == ' ' || c == ',' || c == '-') c = '_';
    }
    attributes.emplace_back(name, value);
  }
  return attributes;
}

void write_results(const VerbContext& context, VerifyRun& run, const diag::Verification& results) {
  const Config& config = context.config;
  const std::filesystem::path out = config.path("out");
  const Existing existing = config.flag("overwrite") ? Existing::replace : Existing::refuse;
  warn_duplicates(results, run.forecasts().starts(), "verify");
  diag::Report report = run.report();
  report.results = &results;
  run.add_curves(results, report);
  write_score_file(results, out / "scores.nc", score_attributes(config, run, report.title), existing, report.starts);
  write_report_file(report, out / "report.nc", score_attributes(config, run, report.title), existing);
  publish_text(out / "report.html", render_report(report), existing);
  if (context.has_option("json")) {
    context.print(to_json_text(score_json(results)) + "\n");
  } else if (context.has_option("porcelain")) {
    context.print(score_lines(results));
  } else {
    context.print(score_table(results, config.text("table") == "full" ? diag::ScoreTable::full
                                                                     : diag::ScoreTable::brief));
  }
  log_info("verify", "scores in {}, report in {}", (out / "scores.nc").string(),
           (out / "report.html").string());
}

int run_verify(const VerbContext& context) {
  const Config& config = context.config;
  Comm& comm = context.comm;
  std::optional<VerifyRun> run;
  run_agreed(comm, [&] { run.emplace(config); });
  const std::filesystem::path out = config.path("out");
  const Existing existing = config.flag("overwrite") ? Existing::replace : Existing::refuse;
  run_agreed(comm, [&] {
    if (!context.root()) return;
    for (const char* name : {"scores.nc", "report.nc", "report.html"}) check_output(out / name, existing);
    if (context.dry_run()) return;
    make_directory(out);
    remove_stale_temporaries(out);
  });
  if (context.dry_run()) {
    context.print(run->plan_text());
    return 0;
  }

  std::vector<std::size_t> mine;
  for (std::size_t start = 0; start < run->starts(); ++start) {
    if (owner_of(start, run->shown_start(), comm.size()) == comm.rank()) mine.push_back(start);
  }
  std::optional<Progress> progress;
  if (context.root()) {
    progress.emplace("verify", static_cast<std::int64_t>(mine.size() * run->shape().cases()),
                     progress_mode_from_string(config.text("progress")));
  }
  std::vector<std::optional<diag::StartRecord>> records(run->starts());
  StopReason reason = StopReason::none;
  run_agreed(comm, [&] {
    std::int64_t done = 0;
    for (std::size_t start : mine) {
      reason = context.control.stop_requested();
      if (reason != StopReason::none) return;
      records[start] = run->score_start(start, [&] {
        if (progress) progress->update(++done);
      });
    }
    run->warn_unverified();
  });
  reason = agree_on_stop(comm, reason);
  if (reason != StopReason::none) {
    if (context.root()) context.control.acknowledge_stop();
    throw AgreedError(
        ErrorKind::stopped_early, "E2671",
        fmt::format("stopped before all starts were scored ({}) run the same command again",
                    to_string(reason)));
  }
  diag::Verification results(run->shape());
  collect(comm, *run, records, results);
  run_agreed(comm, [&] {
    if (!context.root()) return;
    progress->finish();
    write_results(context, *run, results);
  });
  return 0;
}

}  // namespace

Verb verify_verb() {
  Verb verb;
  verb.name = "verify";
  verb.summary = "Score ensemble forecasts and write the report";
  verb.example =
      "  myriad verify configs/verify_demo.yaml --out demo-run/verification\n"
      "  myriad verify configs/verify_demo.yaml --porcelain | grep crps_fair";
  verb.schema = verify_schema;
  verb.options = {{"json", "print one JSON object instead of the table", CliOption::Kind::flag},
                  {"porcelain", "print stable tab-separated lines instead of the table",
                   CliOption::Kind::flag}};
  verb.run = run_verify;
  return verb;
}

}  // namespace myriad::pipelines
