#include "src/model/sfno_model.hpp"

#include <algorithm>
#include <utility>

#include "src/backend/slot.hpp"

namespace myriad {

std::int64_t SfnoModelConfig::in_channels() const {
  std::int64_t n = description.input_times * description.channel_count() + features.channels() +
                   static_cast<std::int64_t>(static_maps.size());
  for (ForcingKind kind : forcing) n += channels_of(kind);
  return n;
}

SfnoConfig SfnoModelConfig::network() const {
  SfnoConfig c;
  c.grid_type = description.grid.type();
  c.nlat = description.grid.nlat();
  c.nlon = description.grid.nlon();
  c.scale_factor = scale_factor;
  c.in_channels = in_channels();
  c.out_channels = description.channel_count();
  c.embed_dim = embed_dim;
  c.layers = layers;
  c.mlp_ratio = mlp_ratio;
  if (tendency_parametrisation) {
    c.identity_skip_from = (description.input_times - 1) * description.channel_count();
    c.output_scale = true;
  }
  return c;
}

struct SfnoModel::Scratch {
  Slot inputs, grad_inputs;
  std::vector<float> forcing;  ///< [batch, forcing channels, lat, lon]
  Slot forcing_device;
};

/// Keeps the assembled network input besides the network's own tape.
class SfnoModel::Tape final : public ModelTape {
 public:
  SfnoTape network;
  Slot inputs;
  std::int64_t batch = 0;
};

SfnoModel::SfnoModel(Backend& backend, SfnoModelConfig config, Precision precision, std::uint64_t seed)
    : backend_(&backend),
      config_(std::move(config)),
      precision_(precision),
      dtype_(state_format(precision)),
      scratch_(std::make_unique<Scratch>()) {
  const SfnoConfig network = config_.network();
  validate(network);
  parameters_ = std::make_unique<ParameterSet>(backend, dtype_, sfno_parameters(network),
                                               is_short(precision) ? ParameterStorage::separate : ParameterStorage::arena);
  parameters_->initialise(seed);
  network_ = std::make_unique<Sfno>(backend, network, *parameters_, precision);
  if (network.output_scale) {
    const Normalisation& n = config_.description.normalisation;
    MYRIAD_EXPECT(n.stddev.size() == config_.description.channels.size());
    std::vector<double> scale(n.stddev.size());
    for (std::size_t c = 0; c < scale.size(); ++c) scale[c] = n.tendency_stddev[c] / n.stddev[c];
    network_->set_output_scale(scale);
  }

  if (config_.difference_inputs && config_.description.input_times > 1) {
    const Normalisation& n = config_.description.normalisation;
    std::vector<double> plus, minus;
    for (std::size_t c = 0; c < n.stddev.size(); ++c) {
      plus.push_back(n.stddev[c] / n.tendency_stddev[c]);
      minus.push_back(-plus.back());
    }
    per_change_ = Tensor(backend, dtype_, {config_.description.channel_count()});
    minus_per_change_ = Tensor(backend, dtype_, {config_.description.channel_count()});
    per_change_.assign(plus);
    minus_per_change_.assign(minus);
  }

  std::vector<float> constants = evaluate_grid_features(config_.features, config_.description.grid);
  for (const StaticMap& map : config_.static_maps) {
    MYRIAD_EXPECT(static_cast<std::int64_t>(map.values.size()) == config_.description.grid.points());
    constants.insert(constants.end(), map.values.begin(), map.values.end());
  }
  if (!constants.empty()) {
    const Grid& grid = config_.description.grid;
    constants_ = Tensor(backend, dtype_,
                        {1, static_cast<std::int64_t>(constants.size()) / grid.points(), grid.nlat(), grid.nlon()});
    constants_.assign(constants);
  }
}

SfnoModel::~SfnoModel() = default;

void SfnoModel::prepare_inference() {
  network_->prepare_inference();
  if (network_->owns_weights()) parameters_->release();
}

std::unique_ptr<ModelTape> SfnoModel::make_tape() const { return std::make_unique<Tape>(); }

void SfnoModel::assemble(TensorView inputs, ConstTensorView history, const StepContext& context) {
  const Grid& grid = config_.description.grid;
  const std::int64_t batch = history.dim(0);
  const std::int64_t states = config_.description.input_times * config_.description.channel_count();
  ConstTensorView flat = history;
  flat.rank = 4;
  flat.extent = {batch, states, grid.nlat(), grid.nlon()};
  flat.stride = {history.step(0), grid.points(), grid.nlon(), 1};
  if (per_change_.empty()) {
    backend_->copy(inputs.slice(1, 0, states), flat);
  } else {
    const std::int64_t channels = config_.description.channel_count();
    const ConstTensorView newest = flat.slice(1, states - channels, channels);
    backend_->copy(inputs.slice(1, states - channels, channels), newest);
    for (std::int64_t first = 0; first < states - channels; first += channels) {
      const TensorView group = inputs.slice(1, first, channels);
      backend_->channel_affine(group, newest, per_change_, ConstTensorView(), kernels::Update::overwrite);
      backend_->channel_affine(group, flat.slice(1, first, channels), minus_per_change_, ConstTensorView(),
                               kernels::Update::accumulate);
    }
  }

  std::int64_t channel = states;
  for (ForcingKind kind : config_.forcing) {
    const std::int64_t n = channels_of(kind);
    std::vector<float>& host = scratch_->forcing;
    host.clear();
    for (const Instant& time : context.valid_times) {
      const std::vector<float> values = evaluate_forcing(kind, grid, time);
      host.insert(host.end(), values.begin(), values.end());
    }
    TensorView device = scratch_->forcing_device.get(*backend_, DType::f32, {batch, n, grid.nlat(), grid.nlon()});
    backend_->copy_to_device(device.data, host.data(), static_cast<std::int64_t>(host.size() * sizeof(float)));
    backend_->copy(inputs.slice(1, channel, n), device);
    channel += n;
  }
  if (!constants_.empty()) {
    const ConstTensorView constants = std::as_const(constants_).view();
    for (std::int64_t b = 0; b < batch; ++b) {
      backend_->copy(inputs.slice(0, b, 1).slice(1, channel, constants.dim(1)), constants);
    }
  }
}

void SfnoModel::step(TensorView next, ConstTensorView history, const StepContext& context, ModelTape* tape) {
  const Grid& grid = config_.description.grid;
  const std::int64_t batch = history.dim(0);
  MYRIAD_EXPECT(history.rank == 5 && history.dim(1) == config_.description.input_times && history.dense_from(1));
  MYRIAD_EXPECT(static_cast<std::int64_t>(context.valid_times.size()) == batch);
  Tape* record = static_cast<Tape*>(tape);
  Slot& slot = record != nullptr ? record->inputs : scratch_->inputs;
  TensorView inputs = slot.get(*backend_, dtype_, {batch, config_.in_channels(), grid.nlat(), grid.nlon()});
  assemble(inputs, history, context);
  if (record != nullptr) record->batch = batch;
  if (context.weight_noise != nullptr) {
    MYRIAD_EXPECT(record == nullptr);
    network_->forward(next, inputs, *context.weight_noise);
    return;
  }
  network_->forward(next, inputs, record != nullptr ? &record->network : nullptr);
}

void SfnoModel::backward(TensorView grad_history, ConstTensorView grad_next, ModelTape& tape) {
  const Grid& grid = config_.description.grid;
  Tape& record = static_cast<Tape&>(tape);
  TensorView inputs = record.inputs.get(*backend_, dtype_, {record.batch, config_.in_channels(), grid.nlat(), grid.nlon()});
  if (grad_history.empty()) {
    network_->backward(TensorView(), grad_next, inputs, record.network);
    return;
  }
  TensorView grad_inputs =
      scratch_->grad_inputs.get(*backend_, dtype_, {record.batch, config_.in_channels(), grid.nlat(), grid.nlon()});
  network_->backward(grad_inputs, grad_next, inputs, record.network);
  const std::int64_t states = config_.description.input_times * config_.description.channel_count();
  TensorView flat = grad_history;
  flat.rank = 4;
  flat.extent = {record.batch, states, grid.nlat(), grid.nlon()};
  flat.stride = {grad_history.step(0), grid.points(), grid.nlon(), 1};
  if (per_change_.empty()) {
    backend_->copy(flat, grad_inputs.slice(1, 0, states));
    return;
  }
  const std::int64_t channels = config_.description.channel_count();
  const TensorView newest = flat.slice(1, states - channels, channels);
  backend_->copy(newest, grad_inputs.slice(1, states - channels, channels));
  for (std::int64_t first = 0; first < states - channels; first += channels) {
    const ConstTensorView group = grad_inputs.slice(1, first, channels);
    backend_->channel_affine(newest, group, per_change_, ConstTensorView(), kernels::Update::accumulate);
    backend_->channel_affine(flat.slice(1, first, channels), group, minus_per_change_, ConstTensorView(),
                             kernels::Update::overwrite);
  }
}

namespace {
/// scale = a and shift = b per channel as device tensors.
struct Affine {
  Tensor scale, shift;
  Affine(Backend& backend, DType dtype, const std::vector<double>& a, const std::vector<double>& b)
      : scale(backend, dtype, {static_cast<std::int64_t>(a.size())}),
        shift(backend, dtype, {static_cast<std::int64_t>(b.size())}) {
    scale.assign(a);
    shift.assign(b);
  }
};
}  // namespace

void normalise(Backend& backend, TensorView normalised, ConstTensorView physical, const Normalisation& n) {
  std::vector<double> a(n.mean.size()), b(n.mean.size());
  for (std::size_t c = 0; c < a.size(); ++c) {
    a[c] = 1.0 / n.stddev[c];
    b[c] = -n.mean[c] / n.stddev[c];
  }
  const Affine affine(backend, normalised.dtype, a, b);
  backend.channel_affine(normalised, physical, affine.scale, affine.shift, kernels::Update::overwrite);
}

void denormalise(Backend& backend, TensorView physical, ConstTensorView normalised, const Normalisation& n) {
  const Affine affine(backend, physical.dtype, n.stddev, n.mean);
  backend.channel_affine(physical, normalised, affine.scale, affine.shift, kernels::Update::overwrite);
}

}  // namespace myriad
