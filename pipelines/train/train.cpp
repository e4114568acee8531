#include "pipelines/train/train.hpp"

#include <algorithm>
#include <utility>

#include "pipelines/common/configured_backend.hpp"
#include "pipelines/common/run_cost.hpp"
#include "pipelines/train/train_data.hpp"
#include "pipelines/train/train_schema.hpp"
#include "src/backend/device_transport.hpp"
#include "src/base/files.hpp"
#include "src/base/heartbeat.hpp"
#include "src/base/log.hpp"
#include "src/base/manifest.hpp"
#include "src/base/progress.hpp"
#include "src/comm/agree.hpp"
#include "src/model/model_checkpoint.hpp"
#include "training/method_schema.hpp"
#include "training/trainer.hpp"

namespace myriad::pipelines {

namespace {

using train::Trainer;

std::vector<train::Stage> read_stages(const Config& config) {
  std::vector<train::Stage> stages;
  for (const Config& c : config.sections("stages")) {
    train::Stage s;
    s.name = c.text("name");
    s.epochs = c.integer("epochs");
    s.steps = c.integer("steps");
    s.rollout = c.integer("rollout");
    s.batch = c.integer("batch");
    s.leaf = c.integer("leaf");
    s.learning_rate = c.number("learning_rate");
    s.warmup_steps = c.integer("warmup_steps");
    s.final_fraction = c.number("final_fraction");
    stages.push_back(std::move(s));
  }
  if (stages.empty()) throw config.complaint("stages", "E2620", "no stage given (nothing to train) add at least one");
  return stages;
}

train::TrainerConfig read_trainer(const Config& config, const ModelDescription& description) {
  train::TrainerConfig t;
  t.stages = read_stages(config);
  t.seed = static_cast<std::uint64_t>(config.integer("seed"));
  const Config optimiser = config.section("optimiser");
  t.beta1 = optimiser.number("beta1");
  t.beta2 = optimiser.number("beta2");
  t.epsilon = optimiser.number("epsilon");
  t.weight_decay = optimiser.number("weight_decay");
  t.clip_norm = optimiser.number("clip_norm");
  t.ema_decay = optimiser.number("ema_decay");
  t.recompute = optimiser.flag("recompute");
  t.log_every = config.integer("log_every");
  t.checkpoint_every = config.integer("checkpoint_every");

  const Config loss = config.section("loss");
  const std::string kind = loss.text("kind");
  t.loss.kind = kind == "crps"   ? train::LossKind::crps
                : kind == "amse" ? train::LossKind::amse
                                 : train::LossKind::squared;
  t.loss.phase_weight =
      loss.text("phase_weight") == "truth" ? train::PhaseWeight::truth : train::PhaseWeight::larger;
  t.loss.relative = loss.flag("relative");
  t.loss.members = loss.integer("members");
  t.loss.crps_alpha = loss.number("alpha");
  t.loss.noise_amplitude = loss.number("noise_amplitude");
  t.loss.noise.length_scale_km = loss.number("noise_length_km");
  std::vector<double> raw(description.channels.size(), 1.0);
  if (loss.has("channel_weights")) {
    raw = loss.numbers("channel_weights");
    if (raw.size() != description.channels.size()) {
      throw loss.complaint("channel_weights", "E2621",
                           fmt::format("{} weights for {} channels (one per channel) list them in channel order",
                                       raw.size(), description.channels.size()));
    }
  }
  const double power = t.loss.kind == train::LossKind::crps ? 1.0 : 2.0;
  t.loss.channel_weights = train::temporal_difference_weights(description.normalisation, raw, power);

  const Config validation = config.section("validation");
  t.validation_starts = validation.integer("starts");
  t.validate_every = validation.integer("every");
  for (Duration lead : validation.durations("leads")) {
    const std::int64_t step = description.time_step.seconds;
    if (lead.seconds <= 0 || lead.seconds % step != 0 ||
        (!t.validation_leads.empty() && lead.seconds / step <= t.validation_leads.back())) {
      throw validation.complaint("leads", "E2622",
                                 fmt::format("lead {} (leads are increasing multiples of the model step {}) correct it",
                                             to_string(lead), to_string(description.time_step)));
    }
    t.validation_leads.push_back(lead.seconds / step);
  }
  return t;
}

/// The preset of section `method`.
train::LoadedMethod read_training_method(const Config& config) {
  for (const char* key : {"optimiser.beta1", "optimiser.beta2", "optimiser.epsilon"}) {
    MYRIAD_VALIDATE(config.origin(key) == "default", ErrorKind::config_invalid, "E2629",
                    "{}: {} beside a method (whose preset has the optimiser: inner) set it in method.settings", config.origin(key), key);
  }
  MYRIAD_VALIDATE(config.text("transport") != "nccl", ErrorKind::config_invalid, "E2629",
                  "{}: transport nccl beside a method (whose messages go through the memory of the hosts) leave it out",
                  config.origin("transport"));
  const Config section = config.section("method");
  const std::filesystem::path path = section.path("preset");
  train::LoadedMethod method = train::load_method(path, section.has("settings") ? section.texts("settings") : std::vector<std::string>());
  MYRIAD_VALIDATE(method.config.inner.weight_decay == 0.0, ErrorKind::config_invalid, "E2629",
                  "{}: inner.weight_decay is {} (a training run decays by optimiser.weight_decay, matrices only) set it there",
                  path.string(), method.config.inner.weight_decay);
  return method;
}

std::string loss_csv(const Trainer& trainer) {
  std::string text = "step,stage,learning_rate,loss,gradient_norm\n";
  for (const train::LossRow& row : trainer.losses()) {
    text += fmt::format("{},{},{},{},{}\n", row.global_step, row.stage, shortest(row.learning_rate),
                        shortest(row.loss), shortest(row.gradient_norm));
  }
  return text;
}

std::string validation_csv(const Trainer& trainer, const ModelDescription& d,
                           const std::vector<std::int64_t>& lead_steps) {
  std::string text = "step,stage,lead_hours,channel,units,rmse\n";
  for (const train::ValidationRow& row : trainer.validations()) {
    for (std::size_t l = 0; l < row.rmse.size(); ++l) {
      for (std::size_t c = 0; c < d.channels.size(); ++c) {
        text += fmt::format("{},{},{},{},{},{}\n", row.global_step, row.stage,
                            shortest((lead_steps[l] * d.time_step).in_hours()), d.channels[c], d.units[c],
                            shortest(row.rmse[l][c]));
      }
    }
  }
  return text;
}

/// Everything the saver needs; lives for the whole run.
struct Run {
  const VerbContext& context;
  std::filesystem::path out;
  SfnoModel& model;
  Trainer& trainer;
  Generations& generations;
  Json provenance;
  std::vector<std::int64_t> lead_steps;

  void write_tables() const {
    publish_text(out / "loss.csv", loss_csv(trainer), Existing::replace);
    publish_text(out / "validation.csv", validation_csv(trainer, model.description(), lead_steps), Existing::replace);
  }

  std::filesystem::path save_state() const {
    CheckpointWriter writer(CheckpointKind::training_state);
    add_model(writer, model, std::as_const(model.parameters()).values());
    trainer.add_state(writer);
    writer.set_section(section::k_training, provenance);
    std::filesystem::path path = generations.publish(writer);
    write_tables();
    return path;
  }

  CheckpointHeader publish_model(Existing existing) const {
    CheckpointWriter writer(CheckpointKind::model);
    add_model(writer, model, trainer.published_weights());
    Json training = provenance;
    training.set("optimiser_steps", trainer.position().global_step);
    if (!trainer.losses().empty()) training.set("final_loss", trainer.losses().back().loss);
    writer.set_section(section::k_training, training);
    return writer.publish(out / "model.safetensors", existing);
  }
};

int run_train(const VerbContext& context) {
  const Config& config = context.config;
  Comm& comm = context.comm;
  const std::filesystem::path out = config.path("out");
  const Existing existing = config.flag("overwrite") ? Existing::replace : Existing::refuse;
  const auto backend = make_configured_backend(config);
  const Precision precision = precision_from_string(config.text("precision"));
  check_supported(*backend, precision);
  const std::string resume = config.text("resume");

  std::optional<RunLock> lock;
  run_agreed(comm, [&] {
    if (!context.root()) return;
    check_output(out / "model.safetensors", existing);
    if (context.dry_run()) return;
    make_directory(out);
    lock.emplace(out);
    remove_stale_temporaries(out);
    remove_stale_heartbeats(out);
  });

  TrainingData data = load_training_data(config, context.root());
  SfnoModel model(*backend, data.model, precision, static_cast<std::uint64_t>(config.integer("seed")));
  if (data.initial != nullptr) read_weights(*data.initial, model);
  train::TrainerConfig trainer_config = read_trainer(config, model.description());
  const std::vector<std::int64_t> lead_steps = trainer_config.validation_leads;
  std::optional<train::LoadedMethod> method;
  if (config.has("method")) method = read_training_method(config);
  const DeviceTransport transport(*backend, comm, transport_from_string(config.text("transport")));
  const auto exchange = train::make_dense_exchange(*backend, comm, transport.collective());
  std::optional<Trainer> made;
  if (method) {
    const auto workers = static_cast<int>(config.integer("method.workers"));
    made.emplace(model, *data.training, data.validation.get(), std::move(trainer_config), comm, method->config,
                 workers == 0 ? comm.size() : workers);
  } else {
    made.emplace(model, *data.training, data.validation.get(), std::move(trainer_config), comm, *exchange);
  }
  Trainer& trainer = *made;

  if (context.root()) {
    log_info("train", "{} parameters, {} optimiser steps, {} training states, {} rank(s), {}",
             model.parameters().scalars(), trainer.total_steps(), data.training->size(), comm.size(),
             backend->description());
    transport.log("train");
  }
  if (context.dry_run()) {
    context.print(fmt::format("parameters {}\noptimiser steps {}\ntraining states {}\n", model.parameters().scalars(),
                              trainer.total_steps(), data.training->size()));
    if (const train::Method* m = trainer.method(); m != nullptr) {
      context.print(fmt::format("method memory {} bytes per rank\nsent by a worker and step, after a dense start, at most {:.0f} bytes on average; dense {:.0f} bytes\n",
                                m->state().bytes(), m->bytes_per_step(), m->dense_bytes_per_step()));
    }
    return 0;
  }

  Json provenance = data.provenance;
  provenance.set("config_sha256", config.sha256());
  if (method) provenance.set("method_sha256", method->sha256);
  provenance.set("seed", config.integer("seed"));
  provenance.set("backend", backend->description());
  Generations generations(out, "state");
  Run run{context, out, model, trainer, generations, provenance, lead_steps};

  if (resume != "never") {
    if (auto loaded = generations.load_newest()) {
      const std::string stored = loaded->checkpoint.section(section::k_training).at("config_sha256").as_string();
      MYRIAD_VALIDATE(stored == config.sha256(), ErrorKind::config_invalid, "E2623",
                      "{} was made with another configuration ({}..., this is {}...; continuing would mix two runs) "
                      "restore the configuration, choose another --out, or give --resume never",
                      loaded->path.string(), stored.substr(0, 12), config.sha256().substr(0, 12));
      const Json stored_training = loaded->checkpoint.section(section::k_training);
      const Json* const stored_method = stored_training.find("method_sha256");
      MYRIAD_VALIDATE(!method || (stored_method != nullptr && stored_method->as_string() == method->sha256),
                      ErrorKind::config_invalid, "E2623",
                      "{} was made with another training method (the preset or its settings have changed; continuing would mix two runs) "
                      "restore the preset, choose another --out, or give --resume never", loaded->path.string());
      trainer.restore_state(loaded->checkpoint);
      if (context.root()) {
        log_info("train", "continuing {} at step {}", loaded->path.string(), trainer.position().global_step);
      }
    } else {
      MYRIAD_VALIDATE(resume != "require", ErrorKind::input_missing, "E2624",
                      "no training state in {} (resume: require) drop --resume require to start anew", out.string());
    }
  }

  context.control.watch_directory(out);
  StatusWriter status(out, context.run_id, "train");
  Heartbeat heartbeat(out, comm.rank());
  if (context.root()) context.show_waits(status);
  context.show_waits(heartbeat);
  std::optional<Progress> progress;
  if (context.root()) {
    progress.emplace("train", std::max<std::int64_t>(1, trainer.total_steps()),
                     progress_mode_from_string(config.text("progress")), trainer.position().global_step);
  }
  std::string last_checkpoint;
  const auto save = [&](const train::TrainerPosition&) {
    trainer.collect_state();
    run_agreed(comm, [&] {
      if (context.root()) last_checkpoint = run.save_state().string();
    });
  };
  StopReason reason = StopReason::none;
  const auto stop = [&](const train::TrainerPosition& position) {
    heartbeat.beat(position.global_step);
    if (agree_on_any(comm, context.control.checkpoint_requested())) save(position);
    reason = agree_on_stop(comm, context.control.stop_requested());
    return reason != StopReason::none;
  };
  const auto report = [&](std::int64_t done, std::int64_t, const std::string& note) {
    if (!context.root()) return;
    progress->update(done, note);
    status.write({.phase = "train",
                  .member = {},
                  .step = done,
                  .percent = progress->percent(),
                  .eta_seconds = progress->eta_seconds(),
                  .step_seconds = progress->seconds_per_item(),
                  .last_checkpoint = last_checkpoint,
                  .bytes_written = 0});
  };

  const train::TrainOutcome outcome = trainer.train(stop, save, report);
  Json facts;
  facts.set("verb", "train");
  facts.set("run_id", context.run_id);
  facts.set("host", host_name());
  facts.set("ranks", comm.size());
  facts.set("transport", transport.name());
  if (method) {
    facts.set("messages_sent", comm.sum(trainer.traffic().messages));
    facts.set("bytes_sent", comm.sum(trainer.traffic().bytes));
  }
  facts.set(outcome == train::TrainOutcome::stopped ? "stopped" : "finished", now_utc().iso());
  facts.set("cost", to_json(measure_cost(config, comm)));
  if (outcome == train::TrainOutcome::stopped) {
    run_agreed(comm, [&] {
      if (!context.root()) return;
      context.control.acknowledge_stop();
      Manifest(out).add_run(facts);
    });
    throw AgreedError(ErrorKind::stopped_early, "E2625",
                      fmt::format("training stopped at step {} of {} ({}; the state is saved) run the same command to go on",
                                  trainer.position().global_step, trainer.total_steps(), to_string(reason)));
  }
  run_agreed(comm, [&] {
    if (!context.root()) return;
    progress->finish();
    run.write_tables();
    const CheckpointHeader header = run.publish_model(existing);
    Manifest manifest(out);
    manifest.add_run(facts);
    for (const char* name : {"model.safetensors", "loss.csv", "validation.csv"}) manifest.add_file(name);
    status.write({.phase = "done",
                  .member = {},
                  .step = trainer.total_steps(),
                  .percent = 100.0,
                  .eta_seconds = {},
                  .step_seconds = {},
                  .last_checkpoint = last_checkpoint,
                  .bytes_written = header.header_bytes + header.data_bytes});
    context.print(fmt::format("{}  weights sha256 {}\n", (out / "model.safetensors").string(), header.weights_sha256));
  });
  return 0;
}

}  // namespace

Verb train_verb() {
  Verb verb;
  verb.name = "train";
  verb.summary = "Train a forecast model on an archive of states";
  verb.example = "myriad train configs/train_speedy.yaml --out runs/speedy --seed 1";
  verb.schema = train_schema;
  verb.run = run_train;
  return verb;
}

}  // namespace myriad::pipelines
