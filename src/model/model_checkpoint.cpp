#include "src/model/model_checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace myriad {

namespace {

const std::string k_weight_prefix = "weights.";

Json names_of(const std::vector<ForcingKind>& kinds) {
  Json list = Json(Json::Array{});
  for (ForcingKind kind : kinds) list.push_back(std::string(to_string(kind)));
  return list;
}

std::int64_t positive(const Checkpoint& checkpoint, const Json& section, std::string_view key) {
  const std::int64_t value = section.at(key).as_int();
  MYRIAD_VALIDATE(value > 0 && value <= 1'000'000, ErrorKind::input_corrupt, "E2320",
                  "{}: {} is {} (outside 1..1000000) the checkpoint was not made by a known version",
                  checkpoint.source(), key, value);
  return value;
}

}  // namespace

void add_model(CheckpointWriter& writer, SfnoModel& model, ConstTensorView weights) {
  const SfnoModelConfig& c = model.config();
  const ModelDescription& d = c.description;

  Json architecture;
  architecture.set("architecture", "sfno");
  architecture.set("input_times", d.input_times);
  architecture.set("time_step_seconds", d.time_step.seconds);
  architecture.set("scale_factor", c.scale_factor);
  architecture.set("embed_dim", c.embed_dim);
  architecture.set("layers", c.layers);
  architecture.set("mlp_ratio", c.mlp_ratio);
  architecture.set("tendency_parametrisation", c.tendency_parametrisation);
  architecture.set("difference_inputs", c.difference_inputs);
  architecture.set("forcing", names_of(c.forcing));
  architecture.set("grid_frequencies", c.features.frequencies);
  architecture.set("grid_cosines", c.features.cosines);
  Json maps = Json(Json::Array{});
  for (const StaticMap& map : c.static_maps) maps.push_back(map.name);
  architecture.set("static_maps", maps);
  writer.set_section(section::k_model, architecture);

  Json channels = Json(Json::Array{});
  for (std::size_t i = 0; i < d.channels.size(); ++i) {
    Json channel;
    channel.set("name", d.channels[i]);
    channel.set("units", d.units[i]);
    channels.push_back(channel);
  }
  writer.set_section(section::k_channels, channels);

  Json grid;
  grid.set("type", std::string(to_string(d.grid.type())));
  grid.set("nlat", d.grid.nlat());
  grid.set("nlon", d.grid.nlon());
  writer.set_section(section::k_grid, grid);

  const Shape per_channel{d.channel_count()};
  writer.add("normalisation.mean", per_channel, std::span<const double>(d.normalisation.mean));
  writer.add("normalisation.stddev", per_channel, std::span<const double>(d.normalisation.stddev));
  writer.add("normalisation.tendency_stddev", per_channel, std::span<const double>(d.normalisation.tendency_stddev));
  for (const StaticMap& map : c.static_maps) {
    writer.add("static." + map.name, {d.grid.nlat(), d.grid.nlon()}, std::span<const float>(map.values));
  }

  ParameterSet& parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    const ParameterInfo& info = parameters.info(i);
    TensorView arena;  // view_in wants a mutable view; the values are only read
    arena.data = const_cast<void*>(weights.data);
    arena.dtype = weights.dtype;
    arena.rank = weights.rank;
    arena.extent = weights.extent;
    arena.stride = weights.stride;
    const std::vector<double> values = to_doubles(model.backend(), parameters.view_in(arena, i));
    if (parameters.dtype() == DType::f64) {
      writer.add(k_weight_prefix + info.name, info.shape, std::span<const double>(values));
    } else {
      const std::vector<float> floats(values.begin(), values.end());
      writer.add(k_weight_prefix + info.name, info.shape, std::span<const float>(floats));
    }
  }
}

SfnoModelConfig read_model_config(const Checkpoint& checkpoint) {
  const Json architecture = checkpoint.section(section::k_model);
  const std::string& name = architecture.at("architecture").as_string();
  MYRIAD_VALIDATE(name == "sfno", ErrorKind::input_corrupt, "E2320",
                  "{}: architecture '{}' (this version knows: sfno) use a version that knows it", checkpoint.source(),
                  name);
  SfnoModelConfig c;
  ModelDescription& d = c.description;
  d.input_times = positive(checkpoint, architecture, "input_times");
  d.time_step = Duration{positive(checkpoint, architecture, "time_step_seconds")};
  c.scale_factor = positive(checkpoint, architecture, "scale_factor");
  c.embed_dim = positive(checkpoint, architecture, "embed_dim");
  c.layers = positive(checkpoint, architecture, "layers");
  c.mlp_ratio = positive(checkpoint, architecture, "mlp_ratio");
  c.tendency_parametrisation = architecture.at("tendency_parametrisation").as_bool();
  c.difference_inputs = architecture.at("difference_inputs").as_bool();
  for (const Json& kind : architecture.at("forcing").as_array()) {
    c.forcing.push_back(forcing_from_string(kind.as_string()));
  }
  c.features.frequencies = architecture.at("grid_frequencies").as_int();
  MYRIAD_VALIDATE(c.features.frequencies >= 0 && c.features.frequencies <= 1024, ErrorKind::input_corrupt, "E2320",
                  "{}: grid_frequencies is {} (outside 0..1024) the checkpoint was not made by a known version",
                  checkpoint.source(), c.features.frequencies);
  c.features.cosines = architecture.at("grid_cosines").as_bool();

  const Json channels = checkpoint.section(section::k_channels);
  for (const Json& channel : channels.as_array()) {
    d.channels.push_back(channel.at("name").as_string());
    d.units.push_back(channel.at("units").as_string());
  }
  MYRIAD_VALIDATE(!d.channels.empty(), ErrorKind::input_corrupt, "E2320",
                  "{}: no channels (a model predicts at least one) the checkpoint was not made by a known version",
                  checkpoint.source());
  // Every layer has weights; without this bound a file of 2 kB could ask for a million layers.
  MYRIAD_VALIDATE(c.layers <= static_cast<std::int64_t>(checkpoint.tensors().size()), ErrorKind::input_corrupt,
                  "E2320", "{}: {} layers ({} tensors cannot hold them); the file was assembled wrongly",
                  checkpoint.source(), c.layers, checkpoint.tensors().size());
  const Json grid = checkpoint.section(section::k_grid);
  // The nodes of a grid cost O(nlat^2): 0.5 s at this limit (4.9 km), hours for a million rows that no weight confirms.
  constexpr std::int64_t k_max_rows = 4096;
  MYRIAD_VALIDATE(positive(checkpoint, grid, "nlat") <= k_max_rows &&
                      positive(checkpoint, grid, "nlon") <= 4 * k_max_rows,
                  ErrorKind::input_corrupt, "E2320",
                  "{}: grid {} x {} (the limits are {} and {}); the checkpoint was not made by a known version",
                  checkpoint.source(), positive(checkpoint, grid, "nlat"), positive(checkpoint, grid, "nlon"),
                  k_max_rows, 4 * k_max_rows);
  d.grid = Grid(grid_type_from_string(grid.at("type").as_string()), positive(checkpoint, grid, "nlat"),
                positive(checkpoint, grid, "nlon"));

  const Shape per_channel{d.channel_count()};
  d.normalisation.mean = checkpoint.doubles("normalisation.mean", per_channel);
  d.normalisation.stddev = checkpoint.doubles("normalisation.stddev", per_channel);
  d.normalisation.tendency_stddev = checkpoint.doubles("normalisation.tendency_stddev", per_channel);
  for (std::size_t i = 0; i < d.channels.size(); ++i) {
    MYRIAD_VALIDATE(std::isfinite(d.normalisation.mean[i]) && d.normalisation.stddev[i] > 0.0 &&
                        d.normalisation.tendency_stddev[i] > 0.0 && std::isfinite(d.normalisation.stddev[i]) &&
                        std::isfinite(d.normalisation.tendency_stddev[i]),
                    ErrorKind::input_corrupt, "E2320",
                    "{}: normalisation of channel {} is not finite and positive (it divides) retrain or restore it",
                    checkpoint.source(), d.channels[i]);
  }
  for (const Json& map : architecture.at("static_maps").as_array()) {
    const std::string& map_name = map.as_string();
    c.static_maps.push_back({map_name, checkpoint.floats("static." + map_name, {d.grid.nlat(), d.grid.nlon()})});
  }
  return c;
}

void check_weights(const Checkpoint& checkpoint, const SfnoModelConfig& config) {
  const std::vector<ParameterInfo> infos = sfno_parameters(config.network());
  std::size_t stored = 0;
  for (const HostTensor& tensor : checkpoint.tensors()) {
    if (tensor.name.rfind(k_weight_prefix, 0) == 0) ++stored;
  }
  MYRIAD_VALIDATE(stored == infos.size(), ErrorKind::input_corrupt, "E2321",
                  "{}: {} weight tensors, the architecture has {} (weights and architecture disagree) "
                  "the file was assembled wrongly",
                  checkpoint.source(), stored, infos.size());
  for (const ParameterInfo& info : infos) checkpoint.at(k_weight_prefix + info.name, info.shape);
}

void read_weights(const Checkpoint& checkpoint, SfnoModel& model) {
  check_weights(checkpoint, model.config());
  ParameterSet& parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.count(); ++i) {
    const ParameterInfo& info = parameters.info(i);
    const std::string name = k_weight_prefix + info.name;
    checkpoint.check_finite(name);
    TensorView target = parameters.value(i);
    Tensor staged(model.backend(), target.dtype, {target.size()});
    staged.assign(checkpoint.doubles(name, info.shape));
    TensorView flat(target.data, target.dtype, {target.size()});
    model.backend().copy(flat, staged);
  }
}

std::unique_ptr<SfnoModel> load_model(Backend& backend, const Checkpoint& checkpoint, Precision precision) {
  SfnoModelConfig config = read_model_config(checkpoint);
  // Before the model takes memory for an architecture that the file only claims.
  check_weights(checkpoint, config);
  auto model = std::make_unique<SfnoModel>(backend, std::move(config), precision, 0);
  read_weights(checkpoint, *model);
  return model;
}

}  // namespace myriad
