#include "pipelines/forecast/forecast_setup.hpp"

#include <algorithm>
#include <utility>

#include "pipelines/common/configured_backend.hpp"
#include "pipelines/forecast/cascade_settings.hpp"
#include "pipelines/forecast/forecast_schema.hpp"
#include "pipelines/forecast/perturbations.hpp"
#include "src/base/hash.hpp"
#include "src/model/model_checkpoint.hpp"

namespace myriad::pipelines {

namespace {

/// Members per folder.
constexpr std::int64_t k_members_per_folder = 256;

Existing existing_of(const Config& config) {
  return config.flag("overwrite") ? Existing::replace : Existing::refuse;
}

/// "2003-01-15T06Z/", with minutes only when there are some.
std::string folder_of(const Instant& time) {
  const std::string iso = time.iso();  // 2003-01-15T06:00:00Z
  if (iso.ends_with(":00:00Z")) return iso.substr(0, 13) + "Z/";
  return iso.substr(0, 13) + iso.substr(14, 2) + "Z/";
}

}  // namespace

std::int64_t Selection::lead_at(std::int64_t step) const {
  const auto found = std::lower_bound(steps.begin(), steps.end(), step);
  return found == steps.end() || *found != step ? -1 : found - steps.begin();
}

ForecastSetup::ForecastSetup(const Config& config)
    : config_(config),
      backend_(make_configured_backend(config)),
      precision_(precision_from_string(config.text("precision"))),
      out_(config.path("out")),
      existing_(existing_of(config)),
      seed_(static_cast<std::uint64_t>(config.integer("seed"))),
      members_(configured_members(config)),
      checkpoints_(config.paths("checkpoints")),
      block_size_(config.integer("block")),
      order_(config.text("order") == "lead" ? StepOrder::lead : StepOrder::member),
      checkpoint_every_(config.integer("checkpoint_every")),
      lags_(config.durations("lags")) {
  check_supported(*backend_, precision_);
  MYRIAD_VALIDATE(!members_.empty(), ErrorKind::config_invalid, "E2632", "no members asked for (nothing to run) set members");
  read_checkpoints();
  read_dates();
  rules_ = {static_cast<std::int64_t>(checkpoints_.size()), pairs_are_centred(config),
            static_cast<std::int64_t>(lags_.size())};
  output_ = select(config.section("output"), nullptr);
  choose_members();
  const Config statistics = config.section("statistics");
  statistics_on_ = statistics.flag("enabled") && members_.size() > 1;
  if (statistics_on_) statistics_ = select(statistics, &output_);
  MYRIAD_VALIDATE(statistics_on_ || !kept_.empty(), ErrorKind::config_invalid, "E2658",
                  "the forecast would leave nothing behind (no member files, no statistics) set output.members, or "
                  "statistics.enabled with more than one member");

  Sha256 hash;
  hash.update(config.sha256());
  for (const std::string& weights : weights_sha256_) hash.update(weights);
  const std::vector<double> amplitudes =
      check_perturbations(config, description(), filter_degrees_);
  hash.update(std::as_bytes(std::span(amplitudes)));
  for (const EnsembleStart& analysis : analyses_) hash.update(std::as_bytes(std::span(analysis.history)));
  id_ = hash.finish_hex().substr(0, 32);
}

void ForecastSetup::read_checkpoints() {
  for (std::size_t i = 0; i < checkpoints_.size(); ++i) {
    const Checkpoint checkpoint = Checkpoint::load(checkpoints_[i]);
    SfnoModelConfig model = read_model_config(checkpoint);
    weights_sha256_.push_back(checkpoint.weights_sha256());
    const std::int64_t degrees = model.network().lmax();
    filter_degrees_ = i == 0 ? degrees : std::min(filter_degrees_, degrees);
    if (i == 0) {
      model_config_ = std::move(model);
      continue;
    }
    const ModelDescription &a = description(), &d = model.description;
    MYRIAD_VALIDATE(d.channels == a.channels && d.units == a.units && d.grid == a.grid && d.time_step == a.time_step &&
                        d.input_times == a.input_times,
                    ErrorKind::config_invalid, "E2633",
                    "{} and {} differ in channels, grid, step or input times (members would not be comparable) "
                    "run them as two forecasts",
                    checkpoints_[0].string(), checkpoints_[i].string());
    model_config_.embed_dim = std::max(model_config_.embed_dim, model.embed_dim);  // for the estimate of memory
  }
}

EnsembleStart ForecastSetup::read_history(io::FieldSeries& series, const Instant& time) const {
  const ModelDescription& d = description();
  const auto state_size = static_cast<std::size_t>(d.channel_count() * d.grid.points());
  EnsembleStart start{time, std::vector<float>(static_cast<std::size_t>(d.input_times) * state_size)};
  for (std::int64_t t = 0; t < d.input_times; ++t) {
    const Instant when = time - (d.input_times - 1 - t) * d.time_step;
    series.read(series.require(when), std::span(start.history).subspan(static_cast<std::size_t>(t) * state_size, state_size));
  }
  return start;
}

void ForecastSetup::read_dates() {
  const ModelDescription& d = description();
  const Duration lead = config_.duration("lead"), step = d.time_step;
  if (lead.seconds <= 0 || lead.seconds % step.seconds != 0) {
    throw config_.complaint("lead", "E2634",
                            fmt::format("{} is not a positive multiple of the model step {} change it", to_string(lead),
                                        to_string(step)));
  }
  steps_ = lead.seconds / step.seconds;
  for (Duration age : lags_) {
    if (age.seconds % step.seconds != 0) {
      throw config_.complaint("lags", "E2639",
                              fmt::format("{} is not a multiple of the model step {} change it", to_string(age), to_string(step)));
    }
  }

  io::SeriesOptions options;
  for (const auto& file : config_.section("initial").paths("files")) options.files.push_back(file.string());
  for (std::size_t c = 0; c < d.channels.size(); ++c) options.channels.push_back({d.channels[c], d.units[c]});
  options.time_check = io::TimeCheck::increasing;
  options.expected_grid = d.grid;
  const auto series = io::open_field_series(options);
  notes_ = series->notes();

  if (config_.has("starts") == config_.has("start")) {
    throw config_.complaint("start", "E2645", "give either start or starts (one forecast, or one per date)");
  }
  std::vector<Instant> times;
  if (config_.has("starts")) {
    times = config_.dates("starts", series->calendar());
  } else {
    times = {config_.date("start", series->calendar())};
  }
  for (const Instant& time : times) {
    dates_.push_back({time, times.size() > 1 ? folder_of(time) : std::string()});
    for (Duration age : lags_) {
      const Instant analysis = time - age;
      analyses_.push_back(read_history(*series, analysis));
      std::vector<EnsembleStart> earlier;
      for (const Instant& when : perturbation_times(config_, analysis, step)) earlier.push_back(read_history(*series, when));
      earlier_.push_back(std::move(earlier));
    }
  }
}

std::int64_t ForecastSetup::lag_steps(std::int64_t lag) const {
  return lags_[static_cast<std::size_t>(lag)].seconds / description().time_step.seconds;
}

Selection ForecastSetup::select(const Config& section, const Selection* defaults) const {
  const ModelDescription& d = description();
  Selection selection;
  std::vector<std::string> names = d.channels;
  if (defaults != nullptr) {
    names.clear();
    for (const io::Channel& channel : defaults->channels) names.push_back(channel.name);
  }
  if (section.has("channels")) names = section.texts("channels");
  for (const std::string& name : names) {
    const auto found = std::find(d.channels.begin(), d.channels.end(), name);
    if (found == d.channels.end()) {
      throw section.complaint("channels", "E2636",
                              fmt::format("the model has no channel '{}' (nearest: '{}') choose from its channels", name,
                                          nearest_name(name, d.channels)));
    }
    const auto index = static_cast<std::size_t>(found - d.channels.begin());
    selection.indices.push_back(index);
    selection.channels.push_back(io::make_channel(name, d.units[index]));
  }

  const auto steps_of = [&](const char* key, Duration lead) {
    if (lead.seconds < 0 || lead.seconds % d.time_step.seconds != 0 || lead.seconds / d.time_step.seconds > steps_) {
      throw section.complaint(key, "E2635",
                              fmt::format("{} is not a multiple of the model step {} within the forecast change it",
                                          to_string(lead), to_string(d.time_step)));
    }
    return lead.seconds / d.time_step.seconds;
  };
  if (section.has("leads")) {
    for (Duration lead : section.durations("leads")) selection.steps.push_back(steps_of("leads", lead));
    std::sort(selection.steps.begin(), selection.steps.end());
    selection.steps.erase(std::unique(selection.steps.begin(), selection.steps.end()), selection.steps.end());
  } else if (defaults != nullptr && !section.has("every")) {
    selection.steps = defaults->steps;
  } else {
    const std::int64_t every = steps_of("every", section.duration("every"));
    if (every == 0) throw section.complaint("every", "E2635", "an interval of 0 is not possible; change it");
    for (std::int64_t s = 0; s <= steps_; s += every) selection.steps.push_back(s);
  }
  for (std::int64_t step : selection.steps) selection.leads.push_back(step * d.time_step);
  return selection;
}

void ForecastSetup::choose_members() {
  const Config output = config_.section("output");
  packed_ = output.text("pack") == "checkpoint";
  window_.emplace(description().grid);
  if (output.has("region")) {
    window_.emplace(description().grid, read_box(output.section("region")));
  }
  if (packed_ && config_.section("scratch").text("kind") == "memory") {
    throw output.complaint("pack", "E2657",
                           "files of several members are made of the scratch files of all ranks (scratch.kind is memory) "
                           "use scratch.kind: file");
  }
  const std::string which = output.text("members");
  if (which == "all" || (which == "auto" && members_.size() <= k_most_files_unasked)) {
    kept_ = members_;
  } else if (which != "none" && which != "auto") {
    for (std::int64_t member : parse_members(which)) {
      if (!std::binary_search(members_.begin(), members_.end(), member)) {
        throw output.complaint("members", "E2646",
                               fmt::format("member {} is not among the members {} choose from them", member,
                                           format_members(members_)));
      }
      kept_.push_back(member);
    }
  }
}

std::string ForecastSetup::member_path(std::size_t date, std::int64_t member) const {
  if (packed_) {
    return fmt::format("{}members/checkpoint{:03}.nc", dates_[date].folder, make_member(member, rules_).checkpoint);
  }
  const std::int64_t folder = member / k_members_per_folder * k_members_per_folder;
  const std::string sub = folder == 0 ? std::string() : fmt::format("{:05}/", folder);
  return fmt::format("{}members/{}mem{:05}.nc", dates_[date].folder, sub, member);
}

StateSelection ForecastSetup::output_states() const {
  StateSelection states{output_.indices, {}};
  if (config_.section("output").flag("quantize")) {
    for (const io::Channel& channel : output_.channels) states.significant_bits.push_back(io::significant_bits(channel));
  }
  return states;
}

std::uint64_t ForecastSetup::seed_of_start(std::size_t start) const {
  // Another analysis gets other draws, whichever dates are forecast beside it.
  const auto hours = static_cast<std::uint64_t>(analyses_[start].time.seconds_since_1970() / 3600);
  return seed_ + 0x9e3779b97f4a7c15ULL * hours;
}

std::unique_ptr<InitialPerturbation> ForecastSetup::make_perturbation(Model& model, std::size_t start) const {
  return make_configured_perturbation(config_, model, seed_of_start(start), analyses_[start].time, earlier_[start]);
}

std::optional<WeightPerturbation> ForecastSetup::weight_perturbation() const {
  return make_weight_perturbation(config_, description().time_step,
                                  [this](std::size_t start) { return seed_of_start(start); });
}

Checkpoint ForecastSetup::read(std::int64_t checkpoint) const {
  return Checkpoint::load(checkpoints_[static_cast<std::size_t>(checkpoint)]);
}

std::unique_ptr<SfnoModel> ForecastSetup::make_model(const Checkpoint& checkpoint) const {
  auto model = load_model(*backend_, checkpoint, precision_);
  model->prepare_inference();
  return model;
}

}  // namespace myriad::pipelines
