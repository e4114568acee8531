#include "src/model/sfno_inference.hpp"

#include <algorithm>
#include <atomic>

namespace myriad::detail {

using kernels::Activation;
using kernels::Stage;
using kernels::Update;

namespace {

/// Hidden fields of a range of points: small enough to stay in a GPU's second-level cache.
constexpr std::int64_t k_hidden_bytes = std::int64_t{64} << 20;
/// Ranges begin at multiples of this many points, so that their rows are aligned as the field's are.
constexpr std::int64_t k_point_multiple = 256;

/// Points whose hidden fields fit.
std::int64_t range_points(const SfnoConfig& c, Precision precision) {
  const std::int64_t row = c.mlp_ratio * c.embed_dim * kernels::size_of(field_format(precision));
  return std::max<std::int64_t>(k_hidden_bytes / row / k_point_multiple, 1) * k_point_multiple;
}

template <class View>
View points_of(View field) {
  if (field.rank == 3) return field;
  View flat = field;
  flat.rank = 3;
  flat.extent[2] = field.dim(2) * field.dim(3);
  flat.stride[2] = 1;
  return flat;
}

ConstTensorView with_format(ConstTensorView view, DType dtype) {
  view.dtype = dtype;
  return view;
}

/// A number that no other object of this process has had (an address may come again).
std::uint64_t next_number() {
  static std::atomic<std::uint64_t> count{0};
  return ++count;
}

}  // namespace

ConstTensorView SfnoInference::Range::of(ConstTensorView field) const {
  return points_of(field).slice(0, first_element, elements).slice(2, first_point, points);
}
TensorView SfnoInference::Range::of(TensorView field) const {
  return points_of(field).slice(0, first_element, elements).slice(2, first_point, points);
}

SfnoInference::SfnoInference(Backend& backend, const SfnoConfig& config, const SfnoLayout& layout, ParameterSet& parameters,
                             Precision precision, Sht& outer, Sht& inner)
    : number_(next_number()),
      backend_(backend),
      config_(config),
      layout_(layout),
      parameters_(parameters),
      precision_(precision),
      outer_(outer),
      inner_(inner) {
  if (!is_short(precision_)) use_parameters();
}

ConstTensorView SfnoInference::keep(Tensor tensor) {
  owned_.push_back(std::move(tensor));
  return std::as_const(owned_.back()).view();
}

ConstTensorView SfnoInference::exact(std::size_t i) {
  const ConstTensorView view = std::as_const(parameters_).value(i);
  if (!is_short(precision_)) return view;
  Tensor copy(backend_, view.dtype, {view.size()});
  TensorView target = view.rank == 1 ? copy.view() : copy.view().reshape({view.dim(0), view.dim(1)});
  backend_.copy(target, view);
  keep(std::move(copy));
  return target;
}

ConstTensorView SfnoInference::matrix(std::size_t i) {
  const ConstTensorView view = std::as_const(parameters_).value(i);
  const DType format = matrix_format(precision_);
  if (!is_short(precision_)) return with_format(view, format);
  // Rows of whole 16 bytes, which tensor cores load at once.
  Tensor copy(backend_, format, {view.dim(0), (view.dim(1) + 7) / 8 * 8});
  const TensorView rows = copy.view().slice(1, 0, view.dim(1));
  backend_.copy(rows, view);
  keep(std::move(copy));
  return rows;
}

ConstTensorView SfnoInference::filter(ConstTensorView trained) {
  const DType format = filter_format(precision_);
  if (!is_short(precision_)) return with_format(trained, format);
  Tensor copy(backend_, format, {trained.dim(0), trained.dim(1), trained.dim(2), trained.dim(3)});
  backend_.copy(copy, trained);
  return keep(std::move(copy));
}

void SfnoInference::use_parameters() {
  ++preparations_;
  owned_.clear();
  owned_.reserve(static_cast<std::size_t>(16 + 16 * layout_.layers));
  InferenceWeights& w = weights_;
  w = {};
  // States keep their digits on their way in: changes of a step are small parts of them.
  w.encoder_weight0 = exact(k_encoder_weight0);
  w.encoder_bias0 = exact(k_encoder_bias0);
  w.encoder_weight2 = matrix(k_encoder_weight2);
  w.encoder_weight2_exact = exact(k_encoder_weight2);
  for (std::int64_t b = 0; b < layout_.layers; ++b) {
    const auto at = [&](BlockParameter p) { return layout_.block(b, p); };
    InferenceWeights::Block block;
    block.norm0_weight = exact(at(norm0_weight));
    block.norm0_bias = exact(at(norm0_bias));
    block.norm1_weight = exact(at(norm1_weight));
    block.norm1_bias = exact(at(norm1_bias));
    block.filter = block.noise_filter = filter(std::as_const(parameters_).value(at(filter_weight)));
    // Filters are nearly all of the weights: each goes as soon as its copy is made. The first one is still to be folded.
    if (is_short(precision_) && b > 0) parameters_.release(at(filter_weight));
    block.skip = matrix(at(skip_weight));
    block.mlp0_weight = matrix(at(mlp0_weight));
    block.mlp0_bias = exact(at(mlp0_bias));
    block.mlp3_weight = matrix(at(mlp3_weight));
    block.mlp3_bias = exact(at(mlp3_bias));
    w.blocks.push_back(block);
  }
  w.decoder_weight0 = matrix(layout_.tail(decoder_weight0));
  w.decoder_bias0 = exact(layout_.tail(decoder_bias0));
  w.decoder_weight2 = matrix(layout_.tail(decoder_weight2));
  w.big_skip = exact(layout_.tail(big_skip_weight));
}

void SfnoInference::prepare() {
  MYRIAD_EXPECT(!owns_weights());
  use_parameters();
  prepared_ = true;
  const std::int64_t n = config_.embed_dim, degrees = config_.lmax();
  const DType state = state_format(precision_);
  const ConstTensorView encoder = std::as_const(parameters_).value(k_encoder_weight2);  // A [out, in]
  // K'[l, i, o] = sum_j A[j, i] K[l, j, o]: block 0 then takes the encoder's hidden state.
  const ConstTensorView trained = std::as_const(parameters_).value(layout_.block(0, filter_weight));
  Tensor folded(backend_, state, {degrees, n, n, 2});
  backend_.conv1x1_adjoint_input(folded.view().reshape({degrees, n, 2 * n}),
                                 ConstTensorView(trained.data, state, {degrees, n, 2 * n}), encoder, Update::overwrite);
  weights_.blocks[0].filter = filter(std::as_const(folded).view());
  if (is_short(precision_)) {
    parameters_.release(layout_.block(0, filter_weight));
    folded = Tensor();
  } else {
    keep(std::move(folded));
  }
  weights_.encoder_weight2 = ConstTensorView();

  for (std::int64_t b = 0; b < layout_.layers; ++b) {
    if (!layout_.regrids(b) && !layout_.first(b)) continue;
    InferenceWeights::Block& block = weights_.blocks[static_cast<std::size_t>(b)];
    ConstTensorView skip = std::as_const(parameters_).value(layout_.block(b, skip_weight));  // R [out, in]
    Tensor product;
    if (layout_.first(b)) {  // R' = R A
      product = Tensor(backend_, state, {1, n, n});
      backend_.conv1x1(product, ConstTensorView(encoder.data, state, {1, n, n}), skip, ConstTensorView(), Activation::none,
                       Update::overwrite);
      skip = ConstTensorView(product.view().data, state, {n, n});
    }
    if (layout_.regrids(b)) {
      Tensor copy(backend_, is_short(precision_) ? DType::f16 : state, {n, n});
      backend_.copy(copy, skip);
      block.spectral_skip = with_format(keep(std::move(copy)), filter_format(precision_));
      continue;
    }
    if (is_short(precision_)) {
      Tensor copy(backend_, matrix_format(precision_), {n, (n + 7) / 8 * 8});
      const TensorView rows = copy.view().slice(1, 0, n);
      backend_.copy(rows, skip);
      keep(std::move(copy));
      block.skip = rows;
    } else {
      keep(std::move(product));
      block.skip = with_format(skip, matrix_format(precision_));
    }
  }
}

TensorView SfnoInference::field(Slot& slot, std::int64_t batch, std::int64_t channels, const Grid& grid) {
  return slot.get(backend_, field_format(precision_), {batch, channels, grid.nlat(), grid.nlon()});
}

TensorView SfnoInference::spectrum(Slot& slot, std::int64_t batch) {
  return slot.get(backend_, state_format(precision_), {batch, outer_.layout().size(), config_.embed_dim, 2});
}

bool SfnoInference::whole(const Grid& grid) const { return grid.points() <= range_points(config_, precision_); }

template <class Body>
void SfnoInference::for_each_range(std::int64_t batch, const Grid& grid, const Body& body) {
  if (whole(grid)) {
    body(Range{0, batch, 0, grid.points()});
    return;
  }
  const std::int64_t width = range_points(config_, precision_);
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t p = 0; p < grid.points(); p += width) body(Range{b, 1, p, std::min(width, grid.points() - p)});
  }
}

TensorView SfnoInference::hidden(const Range& range, std::int64_t channels) {
  return hidden_.get(backend_, field_format(precision_), {range.elements, channels, range.points});
}

std::int64_t SfnoInference::moves() const {
  std::int64_t sum = preparations_;
  for (const Slot* slot : {&block_a_, &block_b_, &residual_, &hidden_, &coefficients_, &mixed_, &stats_}) sum += slot->moves();
  return sum;
}

void SfnoInference::forward(TensorView out, ConstTensorView in, ConstTensorView output_scale, const WeightNoise* noise) {
  MYRIAD_EXPECT(!is_short(precision_) || prepared_);
  if (noise != nullptr) {  // its numbers come from the host
    run(out, in, output_scale, noise);
    return;
  }
  // Everything but the tensors themselves is fixed by the network.
  const kernels::Repetition key{number_, in.data, out.data, in.dim(0), moves()};
  backend_.repeat(key, [&] { run(out, in, output_scale, nullptr); });
}

void SfnoInference::run(TensorView out, ConstTensorView in, ConstTensorView output_scale, const WeightNoise* noise) {
  const std::int64_t batch = in.dim(0);
  TensorView x = field(block_a_, batch, config_.embed_dim, layout_.outer);
  encode(x, in);
  for (std::int64_t b = 0; b < layout_.layers; ++b) {
    TensorView y = field(b % 2 == 0 ? block_b_ : block_a_, batch, config_.embed_dim, layout_.output_grid(b));
    block(b, y, x, noise);
    x = y;
  }
  decode(out, x, in);
  if (!output_scale.empty()) backend_.channel_affine(out, out, output_scale, ConstTensorView(), Update::overwrite);
  if (config_.identity_skip_from >= 0) {
    backend_.axpby(out, 1.0, out, 1.0, in.slice(1, config_.identity_skip_from, config_.out_channels));
  }
}

void SfnoInference::encode(TensorView x, ConstTensorView in) {
  const Stage stage(backend_, "encoder");
  const InferenceWeights& w = weights_;
  for_each_range(in.dim(0), layout_.outer, [&](const Range& range) {
    const ConstTensorView input = range.of(in);
    if (w.encoder_weight2.empty()) {
      backend_.conv1x1(range.of(x), input, w.encoder_weight0, w.encoder_bias0, Activation::gelu, Update::overwrite);
      return;
    }
    const TensorView between = hidden(range, config_.embed_dim);
    backend_.conv1x1(between, input, w.encoder_weight0, w.encoder_bias0, Activation::gelu, Update::overwrite);
    backend_.conv1x1(range.of(x), between, w.encoder_weight2, ConstTensorView(), Activation::none, Update::overwrite);
  });
}

void SfnoInference::block(std::int64_t b, TensorView y, ConstTensorView x, const WeightNoise* noise) {
  const std::int64_t batch = x.dim(0);
  const Grid& grid = layout_.output_grid(b);
  const InferenceWeights::Block& w = weights_.blocks[static_cast<std::size_t>(b)];
  const TensorView coefficients = spectrum(coefficients_, batch), mixed = spectrum(mixed_, batch);
  const TensorView stats = stats_.get(backend_, state_format(precision_), {batch, config_.embed_dim, 2});
  Sht& synthesiser = sht_on(grid);
  {
    const Stage stage(backend_, "analysis");
    sht_on(layout_.input_grid(b)).analysis(coefficients, x);
  }
  ConstTensorView residual = x;
  if (layout_.regrids(b)) {
    const TensorView regridded = field(residual_, batch, config_.embed_dim, grid);
    ConstTensorView source = coefficients;
    if (!w.spectral_skip.empty()) {
      const Stage stage(backend_, "filter");
      backend_.spectral_conv1x1(mixed, coefficients, w.spectral_skip);
      source = mixed;
    }
    const Stage stage(backend_, "synthesis");
    synthesiser.synthesis(regridded, source);
    residual = regridded;
  }
  {
    const Stage stage(backend_, "filter");
    backend_.spectral_mix(outer_.layout(), mixed, coefficients, w.filter);
    if (noise != nullptr) {
      if (!noise_ops_ || noise_ops_->degrees() != noise->degrees) {
        noise_ops_.emplace(backend_, outer_.layout(), noise->degrees, config_.embed_dim, state_format(precision_));
      }
      // A folded first block sees the state before the encoder's second matrix; the noise belongs to the filter alone.
      const bool folded = layout_.first(b) && weights_.encoder_weight2.empty();
      noise_ops_->replace(mixed, coefficients, w.noise_filter, folded ? weights_.encoder_weight2_exact : ConstTensorView(), b, *noise);
    }
  }
  {
    const Stage stage(backend_, "synthesis");
    synthesiser.synthesis(y, mixed);
  }
  // A field that is taken whole is normalised in one go; of another one, ranges are, just before they are used.
  const bool at_once = whole(grid);
  const auto normalise = [&](ConstTensorView gamma, ConstTensorView beta, Activation activation) {
    const Stage stage(backend_, "norm");
    at_once ? backend_.instance_norm(y, stats, y, gamma, beta, k_norm_epsilon, activation)
            : backend_.instance_norm_statistics(stats, y, k_norm_epsilon);
  };
  const auto normalise_range = [&](const Range& range, ConstTensorView gamma, ConstTensorView beta, Activation activation) {
    if (at_once) return;
    const Stage stage(backend_, "norm");
    const ConstTensorView moments = stats.slice(0, range.first_element, range.elements);
    backend_.instance_norm_apply(range.of(y), range.of(y), moments, gamma, beta, activation);
  };
  normalise(w.norm0_weight, w.norm0_bias, Activation::gelu);
  for_each_range(batch, grid, [&](const Range& range) {
    normalise_range(range, w.norm0_weight, w.norm0_bias, Activation::gelu);
    const Stage stage(backend_, "mlp");
    const TensorView between = hidden(range, config_.mlp_ratio * config_.embed_dim);
    backend_.conv1x1(between, range.of(y), w.mlp0_weight, w.mlp0_bias, Activation::gelu, Update::overwrite);
    backend_.conv1x1(range.of(y), between, w.mlp3_weight, w.mlp3_bias, Activation::none, Update::overwrite);
  });
  normalise(w.norm1_weight, w.norm1_bias, Activation::none);
  for_each_range(batch, grid, [&](const Range& range) {
    normalise_range(range, w.norm1_weight, w.norm1_bias, Activation::none);
    const Stage stage(backend_, "skip");
    if (w.spectral_skip.empty()) {
      backend_.conv1x1(range.of(y), range.of(residual), w.skip, ConstTensorView(), Activation::none, Update::accumulate);
    } else {
      backend_.axpby(range.of(y), 1.0, range.of(y), 1.0, range.of(residual));
    }
  });
}

void SfnoInference::decode(TensorView out, ConstTensorView x, ConstTensorView in) {
  const Stage stage(backend_, "decoder");
  const InferenceWeights& w = weights_;
  for_each_range(in.dim(0), layout_.outer, [&](const Range& range) {
    const TensorView between = hidden(range, config_.embed_dim);
    backend_.conv1x1(between, range.of(x), w.decoder_weight0, w.decoder_bias0, Activation::gelu, Update::overwrite);
    backend_.conv1x1(range.of(out), between, w.decoder_weight2, ConstTensorView(), Activation::none, Update::overwrite);
    backend_.conv1x1(range.of(out), range.of(in), w.big_skip, ConstTensorView(), Activation::none, Update::accumulate);
  });
}

}  // namespace myriad::detail
