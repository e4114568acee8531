#include "pipelines/forecast/forecast.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "pipelines/common/run_cost.hpp"
#include "pipelines/forecast/cascade_run.hpp"
#include "pipelines/forecast/ensemble_statistics.hpp"
#include "pipelines/forecast/forecast_engine.hpp"
#include "pipelines/forecast/forecast_plan.hpp"
#include "pipelines/forecast/forecast_schema.hpp"
#include "pipelines/forecast/forecast_scratch.hpp"
#include "src/backend/device_transport.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/heartbeat.hpp"
#include "src/base/log.hpp"
#include "src/base/manifest.hpp"
#include "src/base/progress.hpp"
#include "src/comm/agree.hpp"
#include "src/comm/gather.hpp"

namespace myriad::pipelines {

namespace {

/// One run of a forecast: its folder, what is there already, what is told to people.
class ForecastRun {
 public:
  /// \param cascade null: all members in one round
  ForecastRun(const VerbContext& context, const ForecastSetup& setup, EnsembleStatistics* statistics,
              const CascadeSettings* cascade, const ScratchNeeds& needs, const DeviceTransport& transport)
      : context_(context), setup_(setup), statistics_(statistics), needs_(needs), transport_(transport) {
    if (cascade != nullptr) cascade_.emplace(setup, *cascade, statistics->layout());
  }

  int run() {
    prepare();
    context_.control.watch_directory(setup_.out());
    ScratchStores stores = open_scratch(setup_, needs_, context_.comm);
    StatusWriter status(setup_.out(), context_.run_id, "forecast");
    Heartbeat heartbeat(setup_.out(), context_.comm.rank());
    if (context_.root()) context_.show_waits(status);
    context_.show_waits(heartbeat);
    std::optional<Progress> progress;
    std::int64_t steps_done = 0, member_steps = 0;

    ForecastEngine::Callbacks callbacks;
    callbacks.published = [&](const std::vector<ElementId>& elements) { add_to_manifest(elements); };
    callbacks.progress = [&](std::int64_t member, std::int64_t count) {
      heartbeat.beat(++steps_done);
      member_steps += count;
      if (!progress) return;
      progress->update(member_steps);
      tell(status, "forecast", member, *progress);
    };
    ForecastEngine engine(setup_, context_.comm, context_.control, stores, layout(), transport_.collective(), published_,
                          same_forecast_ ? Existing::replace : setup_.existing(), callbacks);
    const std::int64_t to_do = std::max<std::int64_t>(1, engine.member_steps_to_do());
    if (context_.root()) {
      progress.emplace("forecast", to_do, progress_mode_from_string(setup_.config().text("progress")));
    }

    StopReason reason = StopReason::none;
    std::size_t reduced = 0;
    if (cascade_) {
      reason = run_cascade(engine, stores);
      // Members that need not run are no work left.
      if (progress && reason == StopReason::none) progress->update(to_do);
    } else {
      for (std::int64_t last_step : segments()) {
        reason = engine.run_to(last_step);
        if (reason != StopReason::none) break;
        if (setup_.order() == StepOrder::lead) reduced = reduce_until(engine, *stores.tiles, reduced, last_step);
      }
    }
    engine.finish_output(reason != StopReason::none);
    if (reason != StopReason::none) stop_early(reason);
    const std::vector<FailedElement> failed = engine.failures();
    engine.write_packed(failed);
    if (statistics_ != nullptr) reduce_until(engine, *stores.tiles, reduced, setup_.steps());
    return conclude(engine, failed, status, progress, stores);
  }

 private:
  /// Round by round until nothing more is to be decided, or the run is asked to stop.
  StopReason run_cascade(ForecastEngine& engine, ScratchStores& stores) {
    while (!cascade_->finished()) {
      engine.choose(cascade_->first_member(), cascade_->last_member(), cascade_->going_on());
      const StopReason reason = engine.run_to(setup_.steps());
      if (reason != StopReason::none) return reason;
      engine.finish_output(false);  // members may be given up while their files are written
      const auto start = std::chrono::steady_clock::now();
      cascade_->take_round(context_.comm, *stores.tiles, engine.failures());
      seconds_statistics_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    return StopReason::none;
  }

  /// Members of a date that are run, by position.
  std::size_t members_of(std::size_t date) const { return cascade_ ? cascade_->members(date) : setup_.members().size(); }

  const TileLayout& layout() const {
    static const TileLayout none;
    return statistics_ != nullptr ? statistics_->layout() : none;
  }

  /// Last steps of the parts in which all members are stepped: one part, or one per lead of the statistics.
  std::vector<std::int64_t> segments() const {
    std::vector<std::int64_t> steps;
    if (setup_.order() == StepOrder::lead && statistics_ != nullptr) steps = setup_.statistics().steps;
    if (steps.empty() || steps.back() != setup_.steps()) steps.push_back(setup_.steps());
    return steps;
  }

  void prepare() {
    const std::filesystem::path out = setup_.out();
    run_agreed(context_.comm, [&] {
      if (!context_.root()) return;
      make_directory(out);
      lock_.emplace(out);
      remove_stale_temporaries(out);
      remove_stale_heartbeats(out);
      manifest_.emplace(out);
      find_published();
      check_outputs();
      for (const std::string& path : member_paths()) make_directory((out / path).parent_path());
      Json facts;
      facts.set("verb", "forecast");
      facts.set("forecast_id", setup_.id());
      facts.set("run_id", context_.run_id);
      facts.set("host", host_name());
      facts.set("ranks", context_.comm.size());
      facts.set("transport", transport_.name());
      facts.set("member_files", kept());
      facts.set("started", now_utc().iso());
      facts.set("backend", setup_.backend().description());
      manifest_->add_run(facts);
      for (const std::string& line : setup_.notes()) log_info("forecast", "{}", line);
      if (!published_.empty()) {
        log_info("forecast", "{} member(s) of this forecast are already published", published_.size());
      }
    });
    published_ = gather_sorted(context_.comm, published_);
    same_forecast_ = agree_on_any(context_.comm, same_forecast_);
  }

  std::size_t kept() const { return setup_.dates().size() * setup_.kept_members().size(); }

  ElementId element(std::size_t date, std::int64_t member) const {
    const auto& members = setup_.members();
    const auto slot = std::lower_bound(members.begin(), members.end(), member) - members.begin();
    return static_cast<ElementId>(date * members.size()) + slot;
  }

  std::string path_of(ElementId id) const {
    const auto members = static_cast<ElementId>(setup_.members().size());
    return setup_.member_path(static_cast<std::size_t>(id / members),
                              setup_.members()[static_cast<std::size_t>(id % members)]);
  }

  std::vector<std::string> member_paths() const {
    std::vector<std::string> paths;
    for (std::size_t date = 0; date < setup_.dates().size(); ++date) {
      for (std::int64_t member : setup_.kept_members()) paths.push_back(setup_.member_path(date, member));
    }
    return paths;
  }

  /// Files of this very forecast that the manifest lists and that verify. Errors: as `resume` demands.
  void find_published() {
    const std::string resume = setup_.config().text("resume");
    same_forecast_ = !manifest_->runs().empty() && manifest_->runs().back().find("forecast_id") != nullptr &&
                     manifest_->runs().back().at("forecast_id").as_string() == setup_.id() && resume != "never";
    MYRIAD_VALIDATE(same_forecast_ || resume != "require", ErrorKind::input_missing, "E2637",
                    "{} holds no interrupted run of forecast {} (resume: require) drop --resume require to start anew",
                    setup_.out().string(), setup_.id());
    if (!same_forecast_) return;
    // Which members a shared file holds depends on how far the cascade went: it is written again.
    if (cascade_ && setup_.packed()) return;
    std::map<std::string, bool> sound;
    for (std::size_t date = 0; date < setup_.dates().size(); ++date) {
      for (std::int64_t member : setup_.kept_members()) {
        const std::string relative = setup_.member_path(date, member);
        const auto [known, fresh] = sound.try_emplace(relative, false);
        if (fresh) known->second = is_sound(relative);
        if (known->second) published_.push_back(element(date, member));
      }
    }
  }

  /// Whether a file is as the manifest says.
  bool is_sound(const std::string& relative) const {
    const ManifestFile* file = manifest_->find(relative);
    const std::filesystem::path path = setup_.out() / relative;
    if (file == nullptr || !std::filesystem::exists(path)) return false;
    if (xxh3_128_file(path).hex() == file->xxh3) return true;
    log_warning("forecast", "E2638", "{} differs from the manifest (damaged) it is computed again", path.string());
    return false;
  }

  /// Refuse outputs of another forecast before anything is computed. What an interrupted run of this forecast has left
  /// unlisted is its own and is replaced.
  void check_outputs() const {
    if (same_forecast_) return;
    for (const std::string& path : member_paths()) check_output(setup_.out() / path, setup_.existing());
  }

  void add_to_manifest(const std::vector<ElementId>& elements) {
    std::set<std::string> packed;
    for (ElementId id : elements) {
      const auto member = setup_.members()[static_cast<std::size_t>(id) % setup_.members().size()];
      if (!setup_.packed()) {
        manifest_->add_file(path_of(id), member, setup_.output().steps);
      } else if (packed.insert(path_of(id)).second) {
        manifest_->add_file(path_of(id), {}, setup_.output().steps);
      }
    }
    published_.insert(published_.end(), elements.begin(), elements.end());
  }

  void tell(StatusWriter& status, const std::string& phase, std::optional<std::int64_t> member,
            const Progress& progress) const {
    RunStatus now;
    now.phase = phase;
    now.member = member;
    now.step = setup_.steps();
    now.percent = progress.percent();
    now.eta_seconds = progress.eta_seconds();
    now.step_seconds = progress.seconds_per_item();
    status.write(now);
  }

  /// Reduce the leads from \p first up to model step \p last_step; returns the next lead.
  std::size_t reduce_until(ForecastEngine& engine, const PieceStore& tiles, std::size_t first, std::int64_t last_step) {
    const auto& steps = setup_.statistics().steps;
    const auto last = static_cast<std::size_t>(std::upper_bound(steps.begin(), steps.end(), last_step) - steps.begin());
    if (first >= last) return last;
    const std::vector<FailedElement> failed = engine.failures();
    const auto members = setup_.members().size();
    const auto slots_of = [&](std::size_t date) {
      std::vector<std::size_t> slots;
      for (std::size_t slot = 0; slot < members_of(date); ++slot) {
        const auto id = static_cast<ElementId>(date * members + slot);
        if (std::none_of(failed.begin(), failed.end(), [&](const FailedElement& f) { return f.element == id; })) {
          slots.push_back(slot);
        }
      }
      MYRIAD_VALIDATE(!slots.empty(), ErrorKind::quality, "E2648",
                      "no member of {} is left (all became unstable); check the initial state and the checkpoints",
                      setup_.dates()[date].time.iso());
      return slots;
    };
    const auto start = std::chrono::steady_clock::now();
    const auto products = statistics_->reduce(context_.comm, tiles, first, last, slots_of);
    run_agreed(context_.comm, [&] {
      if (!context_.root()) return;
      for (const std::string& product : products) manifest_->add_file(product);
    });
    seconds_statistics_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return last;
  }

  [[noreturn]] void stop_early(StopReason reason) {
    const RunCost cost = measure_cost(setup_.config(), context_.comm);
    run_agreed(context_.comm, [&] {
      if (!context_.root()) return;
      context_.control.acknowledge_stop();
      Json facts;
      facts.set("verb", "forecast");
      facts.set("forecast_id", setup_.id());
      facts.set("run_id", context_.run_id);
      facts.set("stopped", now_utc().iso());
      facts.set("cost", to_json(cost));
      manifest_->add_run(facts);
    });
    throw AgreedError(ErrorKind::stopped_early, "E2631",
                      fmt::format("stopped with {} of {} member files published ({}) run the same command to go on",
                                  published_.size(), kept(), to_string(reason)));
  }

  int conclude(const ForecastEngine& engine, const std::vector<FailedElement>& failed, StatusWriter& status,
               std::optional<Progress>& progress, ScratchStores& stores) {
    const std::size_t wanted = cascade_ ? cascade_->members() : setup_.dates().size() * setup_.members().size();
    const std::size_t sound = wanted - failed.size();
    const auto least = static_cast<std::size_t>(setup_.config().integer("min_members")) * setup_.dates().size();
    const RunCost cost = measure_cost(setup_.config(), context_.comm);
    run_agreed(context_.comm, [&] {
      if (!context_.root()) return;
      progress->finish();
      Json facts;
      facts.set("verb", "forecast");
      facts.set("forecast_id", setup_.id());
      facts.set("run_id", context_.run_id);
      facts.set("finished", now_utc().iso());
      facts.set("members", sound);
      Json lost(Json::Array{});
      for (const FailedElement& f : failed) lost.push_back(f.reason);
      facts.set("failed", lost);
      if (cascade_) {
        facts.set("member_files", cascade_->member_files());
        facts.set("cascade", cascade_->facts());
        for (const std::string& file : cascade_->write()) manifest_->add_file(file);
      }
      if (statistics_ != nullptr) {
        for (const std::string& file : statistics_->write_scores()) manifest_->add_file(file);
      }
      const EngineTimes& t = engine.times();
      facts.set("seconds_model", t.model);
      facts.set("seconds_exchange", t.exchange);
      facts.set("seconds_scratch", t.store);
      facts.set("seconds_statistics", seconds_statistics_);
      facts.set("seconds_output_wait", t.output_wait);
      facts.set("seconds_output", t.output);
      facts.set("cost", to_json(cost));
      manifest_->add_run(facts);
      tell(status, "done", {}, *progress);
      log_info("forecast",
               "seconds of rank 0: model {:.1f}, exchange {:.1f}, scratch {:.1f}, statistics {:.1f}, waiting for output {:.1f} "
               "(writer busy {:.1f})",
               t.model, t.exchange, t.store, seconds_statistics_, t.output_wait, t.output);
      MYRIAD_VALIDATE(sound >= std::min(least, wanted), ErrorKind::quality, "E2649",
                      "{} of {} members are left, fewer than min_members (the others became unstable) check the initial state "
                      "and the checkpoints; first: {}",
                      sound, wanted, failed.front().reason);
      const std::string of_all =
          cascade_ ? fmt::format(" of {}", setup_.dates().size() * setup_.members().size()) : std::string();
      context_.print(fmt::format("{}{} members in {}  id {}\n", sound, of_all, setup_.out().string(), setup_.id()));
    });
    stores = {};
    if (context_.root()) remove_scratch(setup_);
    return failed.empty() ? 0 : k_exit_degraded;
  }

  const VerbContext& context_;
  const ForecastSetup& setup_;
  EnsembleStatistics* statistics_;
  const ScratchNeeds& needs_;
  const DeviceTransport& transport_;
  std::optional<CascadeRun> cascade_;
  std::optional<RunLock> lock_;
  std::optional<Manifest> manifest_;
  std::vector<ElementId> published_;
  bool same_forecast_ = false;
  double seconds_statistics_ = 0.0;
};

int run_forecast(const VerbContext& context) {
  const ForecastSetup setup(context.config);
  std::optional<EnsembleStatistics> statistics;
  if (setup.has_statistics()) statistics.emplace(setup);
  std::optional<CascadeSettings> cascade;
  if (context.config.has("cascade")) cascade = read_cascade(setup);
  const ScratchNeeds needs =
      scratch_needs(setup, statistics ? statistics->layout() : TileLayout{}, context.comm.size());
  const DeviceTransport transport(setup.backend(), context.comm, transport_from_string(context.config.text("transport")));
  std::optional<RankExchange> between;
  if (transport.collective() != nullptr && statistics) {
    between = RankExchange{statistics->layout(), context.comm.rank(), context.comm.size()};
  }
  const RankExchange* const exchange = between ? &*between : nullptr;
  run_agreed(context.comm, [&] {
    check_feasible(setup, statistics ? &*statistics : nullptr, cascade ? &*cascade : nullptr, needs, exchange, context.comm.size());
  });
  if (context.root()) transport.log("forecast");
  if (context.dry_run()) {
    run_agreed(context.comm, [&] {
      if (!context.root()) return;
      for (std::size_t date = 0; date < setup.dates().size(); ++date) {
        for (std::int64_t member : setup.kept_members()) check_output(setup.out() / setup.member_path(date, member), setup.existing());
      }
      context.print(plan_text(setup, statistics ? &*statistics : nullptr, cascade ? &*cascade : nullptr, needs, exchange, context.comm.size(),
                              context.cli.config_file.value_or("")));
    });
    return 0;
  }
  if (cascade) {
    run_agreed(context.comm, [&] {
      if (!context.root()) return;
      std::istringstream lines(cascade_text(setup, *cascade));
      for (std::string line; std::getline(lines, line);) log_info("forecast", "{}", line);
    });
  }
  ForecastRun run(context, setup, statistics ? &*statistics : nullptr, cascade ? &*cascade : nullptr, needs, transport);
  return run.run();
}

}  // namespace

Verb forecast_verb() {
  Verb verb;
  verb.name = "forecast";
  verb.summary = "Run an ensemble forecast";
  verb.example = "myriad forecast configs/forecast_default.yaml --members 64 --lead 240h --out demo-run";
  verb.schema = forecast_schema;
  verb.run = run_forecast;
  return verb;
}

}  // namespace myriad::pipelines
