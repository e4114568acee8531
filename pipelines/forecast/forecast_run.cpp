#include "pipelines/forecast/forecast_run.hpp"

#include <algorithm>
#include <utility>

#include "pipelines/common/configured_backend.hpp"
#include "pipelines/forecast/perturbations.hpp"
#include "pipelines/forecast/products.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "src/model/model_checkpoint.hpp"

namespace myriad::pipelines {

std::vector<std::int64_t> members_of(const std::vector<PublishedMember>& published) {
  std::vector<std::int64_t> members;
  for (const PublishedMember& p : published) members.push_back(p.member);
  return members;
}

std::uint64_t bytes_of_members(const std::vector<PublishedMember>& published) {
  std::uint64_t bytes = 0;
  for (const PublishedMember& p : published) bytes += p.file.bytes;
  return bytes;
}

std::vector<std::int64_t> share(Comm& comm, const std::vector<std::int64_t>& mine) {
  const std::int64_t count = static_cast<std::int64_t>(mine.size());
  std::vector<std::int64_t> counts(static_cast<std::size_t>(comm.size()));
  const std::vector<std::size_t> one(counts.size(), sizeof(std::int64_t));
  comm.all_gather(std::as_bytes(std::span(&count, 1)), std::as_writable_bytes(std::span(counts)), one);
  std::vector<std::size_t> bytes;
  std::int64_t total = 0;
  for (std::int64_t n : counts) {
    bytes.push_back(static_cast<std::size_t>(n) * sizeof(std::int64_t));
    total += n;
  }
  std::vector<std::int64_t> all(static_cast<std::size_t>(total));
  comm.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)), bytes);
  std::sort(all.begin(), all.end());
  return all;
}

/// The checkpoint whose weights are in memory; blocks come checkpoint by checkpoint.
struct ForecastRun::LoadedModel {
  std::int64_t checkpoint = -1;
  std::unique_ptr<SfnoModel> model;
  std::unique_ptr<InitialPerturbation> perturbation;
};

ForecastRun::ForecastRun(const Config& config)
    : config_(config),
      out_(config.path("out")),
      existing_(config.flag("overwrite") ? Existing::replace : Existing::refuse),
      seed_(static_cast<std::uint64_t>(config.integer("seed"))),
      members_(config.members("members")),
      block_size_(config.integer("block")),
      backend_(make_configured_backend(config)),
      dtype_(config.text("precision") == "f64" ? DType::f64 : DType::f32),
      loaded_(std::make_unique<LoadedModel>()) {
  backend_description_ = backend_->description();
  MYRIAD_VALIDATE(!members_.empty(), ErrorKind::config_invalid, "E2632", "no members asked for (nothing to run) set members");
  read_checkpoints(config);
  read_start(config);
  choose_output(config);

  Sha256 hash;
  hash.update(config.sha256());
  for (const std::string& weights : weights_sha256_) hash.update(weights);
  hash.update(std::as_bytes(std::span(start_.history)));
  id_ = hash.finish_hex().substr(0, 32);
}

ForecastRun::~ForecastRun() = default;

void ForecastRun::read_checkpoints(const Config& config) {
  checkpoints_ = config.paths("checkpoints");
  for (std::size_t i = 0; i < checkpoints_.size(); ++i) {
    const Checkpoint checkpoint = Checkpoint::load(checkpoints_[i]);
    const SfnoModelConfig model = read_model_config(checkpoint);
    weights_sha256_.push_back(checkpoint.weights_sha256());
    if (i == 0) {
      model_config_ = model;
      description_ = model.description;
      continue;
    }
    const ModelDescription& d = model.description;
    MYRIAD_VALIDATE(d.channels == description_.channels && d.units == description_.units && d.grid == description_.grid &&
                        d.time_step == description_.time_step && d.input_times == description_.input_times,
                    ErrorKind::config_invalid, "E2633",
                    "{} and {} differ in channels, grid, step or input times (members would not be comparable) "
                    "run them as two forecasts",
                    checkpoints_[0].string(), checkpoints_[i].string());
  }
}

void ForecastRun::read_start(const Config& config) {
  const Duration lead = config.duration("lead");
  const Duration step = description_.time_step;
  if (lead.seconds <= 0 || lead.seconds % step.seconds != 0) {
    throw config.complaint("lead", "E2634",
                           fmt::format("{} is not a positive multiple of the model step {} change it", to_string(lead),
                                       to_string(step)));
  }
  steps_ = lead.seconds / step.seconds;

  io::SeriesOptions options;
  for (const auto& file : config.section("initial").paths("files")) options.files.push_back(file.string());
  for (std::size_t c = 0; c < description_.channels.size(); ++c) {
    options.channels.push_back({description_.channels[c], description_.units[c]});
  }
  options.time_check = io::TimeCheck::increasing;
  options.expected_grid = description_.grid;
  const auto series = io::open_field_series(options);
  notes_ = series->notes();
  start_.time = config.date("start", series->calendar());
  const auto state_size = static_cast<std::size_t>(description_.channel_count() * description_.grid.points());
  start_.history.resize(static_cast<std::size_t>(description_.input_times) * state_size);
  for (std::int64_t t = 0; t < description_.input_times; ++t) {
    const Instant when = start_.time - (description_.input_times - 1 - t) * step;
    series->read(series->require(when),
                 std::span(start_.history).subspan(static_cast<std::size_t>(t) * state_size, state_size));
  }
}

void ForecastRun::choose_output(const Config& config) {
  const Config output = config.section("output");
  const Duration every = output.duration("every");
  const std::int64_t step = description_.time_step.seconds;
  if (every.seconds <= 0 || every.seconds % step != 0) {
    throw output.complaint("every", "E2635",
                           fmt::format("{} is not a positive multiple of the model step {} change it", to_string(every),
                                       to_string(description_.time_step)));
  }
  output_every_ = every.seconds / step;
  for (std::int64_t s = 0; s <= steps_; s += output_every_) leads_.push_back(s * description_.time_step);

  std::vector<std::string> names = description_.channels;
  if (output.has("channels")) names = output.texts("channels");
  for (const std::string& name : names) {
    const auto found = std::find(description_.channels.begin(), description_.channels.end(), name);
    if (found == description_.channels.end()) {
      throw output.complaint("channels", "E2636",
                             fmt::format("the model has no channel '{}' (nearest: '{}') choose from its channels", name,
                                         nearest_name(name, description_.channels)));
    }
    const auto index = static_cast<std::size_t>(found - description_.channels.begin());
    output_indices_.push_back(index);
    output_channels_.push_back(io::make_channel(name, description_.units[index]));
  }
}

std::vector<std::int64_t> ForecastRun::lead_steps() const {
  std::vector<std::int64_t> steps;
  for (Duration lead : leads_) steps.push_back(lead.seconds / description_.time_step.seconds);
  return steps;
}

std::int64_t ForecastRun::memory_per_rank() const {
  // Weights, history (twice), next and physical states, and the network's widest buffers: without a tape two width-C states
  // and seven more width-C fields of scratch, plus two mlp_ratio-wide ones.
  const std::int64_t points = description_.grid.points();
  const std::int64_t state = description_.channel_count() * points;
  const std::int64_t activations = model_config_.embed_dim * points * (9 + 2 * model_config_.mlp_ratio);
  std::int64_t parameters = 0;
  for (const ParameterInfo& info : sfno_parameters(model_config_.network())) {
    std::int64_t n = 1;
    for (std::int64_t e : info.shape) n *= e;
    parameters += n;
  }
  const std::int64_t per_member = (2 * description_.input_times + 3) * state + activations +
                                  model_config_.in_channels() * points;
  return (parameters + per_member * block_size_) * kernels::size_of(dtype_);
}

std::string ForecastRun::member_path(std::int64_t member) const { return fmt::format("members/mem{:05}.nc", member); }

std::string ForecastRun::write_products() const {
  const Config output = config_.section("output");
  if (!output.flag("products")) return {};
  ProductRequest request;
  for (std::int64_t member : members_) request.members.push_back(out_ / member_path(member));
  request.channels = output_channels_;
  request.grid = description_.grid;
  request.start = start_.time;
  request.leads = leads_;
  request.attributes = product_attributes(output, facts(), members_.size(), "mean and standard deviation",
                                          "standard deviation with divisor N - 1");
  make_directory(out_ / "products");
  const std::string relative = "products/ensemble.nc";
  write_ensemble_products(out_ / relative, request);
  return relative;
}

std::vector<std::int64_t> ForecastRun::members_already_published(const Manifest& manifest,
                                                                  const std::string& resume) const {
  std::vector<std::int64_t> done;
  const bool same = !manifest.runs().empty() && manifest.runs().back().find("forecast_id") != nullptr &&
                    manifest.runs().back().at("forecast_id").as_string() == id_;
  if (resume == "never" || !same) {
    MYRIAD_VALIDATE(resume != "require", ErrorKind::input_missing, "E2637",
                    "{} holds no interrupted run of forecast {} (resume: require) drop --resume require to start anew",
                    out_.string(), id_);
    return done;
  }
  for (std::int64_t member : members_) {
    const ManifestFile* file = manifest.find(member_path(member));
    const std::filesystem::path path = out_ / member_path(member);
    if (file == nullptr || !std::filesystem::exists(path)) continue;
    if (xxh3_128_file(path).hex() == file->xxh3) {
      done.push_back(member);
    } else {
      log_warning("forecast", "E2638", "{} differs from the manifest (damaged) it is computed again", path.string());
      std::filesystem::remove(path);
    }
  }
  return done;
}

void ForecastRun::check_outputs(const std::vector<std::int64_t>& done) const {
  for (std::int64_t member : members_) {
    if (!std::binary_search(done.begin(), done.end(), member)) check_output(out_ / member_path(member), existing_);
  }
}

std::unique_ptr<InitialPerturbation> ForecastRun::make_perturbation(Model& model) const {
  return make_configured_perturbation(config_, model, seed_, start_.time, {});
}

ForecastFacts ForecastRun::facts() const {
  ForecastFacts facts;
  facts.id = id_;
  facts.config_sha256 = config_.sha256();
  facts.start = start_.time;
  facts.lead = lead();
  facts.seed = seed_;
  facts.perturbation = config_.section("perturbation").text("kind");
  facts.precision = dtype_ == DType::f64 ? "f64" : "f32";
  facts.backend = backend_->name();
  for (const auto& path : checkpoints_) facts.checkpoints.push_back(path.filename().string());
  facts.weights_sha256 = weights_sha256_;
  return facts;
}

io::MemberMetadata ForecastRun::metadata(std::int64_t member, std::int64_t checkpoint) const {
  io::MemberMetadata m;
  m.member = member;
  m.start = start_.time;
  m.leads = leads_;
  const Config output = config_.section("output");
  m.attributes = member_attributes(output, facts(), member, checkpoint);
  return m;
}

bool ForecastRun::run_block(const Block& block, const std::function<bool()>& stop,
                            std::vector<PublishedMember>& published) {
  if (loaded_->checkpoint != block.checkpoint) {
    loaded_->perturbation.reset();
    loaded_->model.reset();
    const Checkpoint checkpoint = Checkpoint::load(checkpoints_[static_cast<std::size_t>(block.checkpoint)]);
    loaded_->model = load_model(*backend_, checkpoint, dtype_);
    loaded_->model->prepare_inference();
    loaded_->perturbation = make_perturbation(*loaded_->model);
    loaded_->checkpoint = block.checkpoint;
  }
  const Config output = config_.section("output");
  io::MemberWriterOptions options;
  options.rounding = output.flag("quantize") ? io::Rounding::bitround : io::Rounding::none;
  options.deflate_level = static_cast<int>(output.integer("deflate"));
  options.existing = existing_;
  std::vector<std::unique_ptr<io::MemberWriter>> writers;
  for (const BlockElement& element : block.elements) {
    writers.push_back(std::make_unique<io::MemberWriter>(out_ / member_path(element.member.number), description_.grid,
                                                         output_channels_,
                                                         metadata(element.member.number, block.checkpoint), options));
  }

  const auto points = static_cast<std::size_t>(description_.grid.points());
  const auto channels = static_cast<std::size_t>(description_.channel_count());
  std::vector<float> fields(output_indices_.size() * points);
  BlockForecast forecast(*loaded_->model, std::span(&start_, 1), block.elements, seed_);
  forecast.begin([&](std::size_t) -> InitialPerturbation& { return *loaded_->perturbation; });
  while (true) {
    if (forecast.step() % output_every_ == 0) {
      const std::span<const float> states = forecast.states();
      for (std::size_t b = 0; b < writers.size(); ++b) {
        if (!forecast.failure(b).empty()) {
          throw Error(ErrorKind::quality, "E2330",
                      fmt::format("{} (the model became unstable) nothing of this member is published; check the initial "
                                  "state and the checkpoint",
                                  forecast.failure(b)));
        }
        for (std::size_t c = 0; c < output_indices_.size(); ++c) {
          const auto field = states.subspan((b * channels + output_indices_[c]) * points, points);
          std::copy(field.begin(), field.end(), fields.begin() + static_cast<std::ptrdiff_t>(c * points));
        }
        writers[b]->append(forecast.step() / output_every_, fields);
      }
    }
    if (forecast.step() == steps_) break;
    if (stop()) return false;
    forecast.advance();
  }
  for (std::size_t b = 0; b < writers.size(); ++b) {
    published.push_back({static_cast<std::int64_t>(block.elements[b].member.number), writers[b]->finish()});
  }
  return true;
}

}  // namespace myriad::pipelines
