#include "pipelines/train/train_data.hpp"

#include <cmath>
#include <utility>

#include "src/base/log.hpp"
#include "src/io/field_series.hpp"
#include "src/model/model_checkpoint.hpp"

namespace myriad::pipelines {

namespace {

std::vector<std::string> as_strings(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> strings;
  for (const auto& path : paths) strings.push_back(path.string());
  return strings;
}

/// Channels by name, or a named set when the list has one entry that is a set.
std::vector<io::ChannelRequest> read_channels(const Config& data) {
  const std::vector<std::string> names = data.texts("channels");
  if (names.size() == 1 && !io::find_channel(names[0])) return io::requests_for(io::channel_set(names[0]));
  std::vector<io::ChannelRequest> requests;
  for (const std::string& name : names) requests.push_back({name, ""});
  return requests;
}

std::unique_ptr<train::StateStore> load_store(io::FieldSeries& series) {
  return std::make_unique<train::StateStore>(
      series.times(), static_cast<std::int64_t>(series.channels().size()), series.grid(),
      [&](std::int64_t i, std::span<float> state) { series.read(i, state); });
}

/// Mean 0 and standard deviation 1 over the grid, as sfno.md 4.3 scales the orography.
std::vector<float> standardised(std::vector<float> values) {
  double mean = 0.0;
  for (float v : values) mean += static_cast<double>(v);
  mean /= static_cast<double>(values.size());
  double variance = 0.0;
  for (float v : values) variance += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  const double inverse = 1.0 / (std::sqrt(variance / static_cast<double>(values.size() - 1)) + 1e-6);
  for (float& v : values) v = static_cast<float>((static_cast<double>(v) - mean) * inverse);
  return values;
}

std::vector<StaticMap> read_static_fields(const Config& model, const Grid& grid, const Instant& time) {
  std::vector<StaticMap> maps;
  for (const Config& field : model.sections("static_fields")) {
    io::SeriesOptions options;
    options.files = {field.path("file").string()};
    options.channels = {{field.text("channel"), ""}};
    options.time_check = io::TimeCheck::increasing;
    options.expected_grid = grid;
    options.time_if_absent = time;
    const auto series = io::open_field_series(options);
    std::vector<float> values(static_cast<std::size_t>(grid.points()));
    series->read(0, values);
    maps.push_back({field.text("channel"), standardised(std::move(values))});
  }
  return maps;
}

Json describe(const io::FieldSeries& series) {
  Json j;
  Json files = Json(Json::Array{});
  for (const std::string& file : series.files()) files.push_back(std::filesystem::path(file).filename().string());
  j.set("files", files);
  j.set("first", series.times().front().iso());
  j.set("last", series.times().back().iso());
  j.set("states", static_cast<std::int64_t>(series.times().size()));
  return j;
}

}  // namespace

TrainingData load_training_data(const Config& config, bool log_it) {
  const Config data = config.section("data");
  const Config model = config.section("model");
  const Duration step = model.duration("time_step");

  TrainingData result;
  io::SeriesOptions options;
  options.files = as_strings(data.paths("training"));
  options.channels = read_channels(data);
  options.expected_step = step;
  const auto training = io::open_field_series(options);
  for (const std::string& note : training->notes()) log_info("train", "{}", note);

  SfnoModelConfig& m = result.model;
  ModelDescription& d = m.description;
  for (const io::Channel& channel : training->channels()) {
    d.channels.push_back(channel.name);
    d.units.push_back(channel.units);
  }
  d.grid = training->grid();
  d.time_step = step;
  d.input_times = model.integer("input_times");
  m.embed_dim = model.integer("embed_dim");
  m.layers = model.integer("layers");
  m.mlp_ratio = model.integer("mlp_ratio");
  m.scale_factor = model.integer("scale_factor");
  m.tendency_parametrisation = model.flag("tendency_parametrisation");
  m.difference_inputs = model.flag("difference_inputs");
  for (const std::string& name : model.texts("forcing")) m.forcing.push_back(forcing_from_string(name));
  m.features = {model.integer("grid_frequencies"), model.flag("grid_cosines")};

  result.training = load_store(*training);
  if (model.has("initial_checkpoint")) {
    result.initial = std::make_unique<Checkpoint>(Checkpoint::load(model.path("initial_checkpoint")));
    const SfnoModelConfig stored = read_model_config(*result.initial);
    MYRIAD_VALIDATE(stored.description.channels == d.channels && stored.description.units == d.units &&
                        stored.description.grid == d.grid,
                    ErrorKind::config_invalid, "E2626",
                    "{}: channels or grid differ from the training data (weights would not fit) use matching data",
                    result.initial->source());
    MYRIAD_VALIDATE(stored.description.input_times == d.input_times && stored.embed_dim == m.embed_dim &&
                        stored.layers == m.layers && stored.mlp_ratio == m.mlp_ratio &&
                        stored.scale_factor == m.scale_factor && stored.features.frequencies == m.features.frequencies &&
                        stored.features.cosines == m.features.cosines && stored.forcing == m.forcing &&
                        stored.tendency_parametrisation == m.tendency_parametrisation &&
                        stored.difference_inputs == m.difference_inputs,
                    ErrorKind::config_invalid, "E2627",
                    "{}: its architecture differs from section model (weights would not fit) "
                    "copy its architecture as `myriad inspect` prints it",
                    result.initial->source());
    d.normalisation = stored.description.normalisation;
    m.static_maps = stored.static_maps;
    // The keys that would otherwise make the static maps: the checkpoint decides, and says so.
    if (log_it) {
      log_info("train", "statistics and {} static maps come from {} (model.time_mean_maps: {}, {} static fields given)",
               m.static_maps.size(), result.initial->source(), model.flag("time_mean_maps"),
               model.sections("static_fields").size());
    }
  } else {
    d.normalisation = train::compute_normalisation(*result.training, step);
    if (model.flag("time_mean_maps")) {
      const auto maps = train::time_mean_maps(*result.training);
      for (std::size_t c = 0; c < maps.size(); ++c) m.static_maps.push_back({"mean_" + d.channels[c], maps[c]});
    }
    for (StaticMap& map : read_static_fields(model, d.grid, training->times().front())) {
      m.static_maps.push_back(std::move(map));
    }
  }
  result.training->normalise(d.normalisation);
  result.provenance.set("training", describe(*training));

  if (data.has("validation")) {
    options.files = as_strings(data.paths("validation"));
    options.channels = io::requests_for(training->channels());
    options.expected_grid = d.grid;
    const auto validation = io::open_field_series(options);
    result.validation = load_store(*validation);
    result.validation->normalise(d.normalisation);
    result.provenance.set("validation", describe(*validation));
  }
  return result;
}

}  // namespace myriad::pipelines
