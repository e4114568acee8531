#include "src/model/sfno.hpp"

#include <optional>

#include "src/backend/slot.hpp"
#include "src/model/sfno_inference.hpp"
#include "src/model/sfno_layout.hpp"
#include "src/spectral/sht.hpp"

namespace myriad {

using kernels::Activation;
using kernels::Stage;
using kernels::Update;
using namespace detail;  // positions of parameters

namespace {

/// What one block keeps for its backward pass.
struct BlockRecord {
  Slot input, coefficients, filtered, stats0, activated, hidden_linear, mlp_out, stats1;
};

}  // namespace

struct SfnoTape::Record {
  std::int64_t batch = 0;
  Slot encoder_linear, decoder_linear, last;
  std::vector<BlockRecord> blocks;
};

SfnoTape::SfnoTape() : record_(std::make_unique<Record>()) {}
SfnoTape::~SfnoTape() = default;
SfnoTape::SfnoTape(SfnoTape&&) noexcept = default;
SfnoTape& SfnoTape::operator=(SfnoTape&&) noexcept = default;

struct Sfno::Impl {
  Backend& backend;
  SfnoConfig config;
  SfnoLayout layout;
  ParameterSet& parameters;
  DType dtype;
  Precision precision;
  Sht outer_sht;
  std::optional<Sht> inner_sht;  // absent when both grids are the same
  SfnoInference inference;
  Tensor output_scale;

  // Scratch shared by all blocks; the tape's slots replace the ones a backward pass reads.
  Slot hidden, spectral_out, decoded, regridded;
  Slot grad_a, grad_b, grad_c, grad_hidden, grad_skip, grad_spectral_a, grad_spectral_b, grad_out_scaled;

  Impl(Backend& b, const SfnoConfig& c, ParameterSet& p, Precision chosen)
      : backend(b),
        config(c),
        layout(c),
        parameters(p),
        dtype(p.dtype()),
        precision(chosen),
        outer_sht(b, layout.outer, c.lmax(), c.mmax(), legendre_format(chosen)),
        inner_sht(layout.inner == layout.outer
                      ? std::nullopt
                      : std::make_optional<Sht>(b, layout.inner, c.lmax(), c.mmax(), legendre_format(chosen))),
        inference(b, config, layout, p, chosen, outer_sht, inner_sht ? *inner_sht : outer_sht) {}

  bool first(std::int64_t b) const { return layout.first(b); }
  bool last(std::int64_t b) const { return layout.last(b); }
  const Grid& input_grid(std::int64_t b) const { return layout.input_grid(b); }
  const Grid& output_grid(std::int64_t b) const { return layout.output_grid(b); }
  Sht& sht_on(const Grid& grid) { return grid == layout.outer ? outer_sht : *inner_sht; }
  bool regrids(std::int64_t b) const { return layout.regrids(b); }

  /// A parameter or gradient as an operand of products: its format tells how they are computed.
  template <class View>
  View product(View view) const {
    if (precision == Precision::tf32) view.dtype = DType::tf32;
    return view;
  }
  ConstTensorView head_value(std::size_t i) const { return std::as_const(parameters).value(i); }
  ConstTensorView block_value(std::int64_t b, BlockParameter p) const { return head_value(layout.block(b, p)); }
  TensorView block_gradient(std::int64_t b, BlockParameter p) { return parameters.gradient(layout.block(b, p)); }
  ConstTensorView block_matrix(std::int64_t b, BlockParameter p) const { return product(block_value(b, p)); }
  TensorView block_matrix_gradient(std::int64_t b, BlockParameter p) { return product(block_gradient(b, p)); }
  std::size_t tail_index(TailParameter p) const { return layout.tail(p); }

  TensorView field(Slot& slot, std::int64_t batch, std::int64_t channels, const Grid& grid) {
    return slot.get(backend, dtype, {batch, channels, grid.nlat(), grid.nlon()});
  }
  TensorView spectrum(Slot& slot, std::int64_t batch) {
    return slot.get(backend, dtype, {batch, outer_sht.layout().size(), config.embed_dim, 2});
  }
  TensorView statistics(Slot& slot, std::int64_t batch) {
    return slot.get(backend, dtype, {batch, config.embed_dim, 2});
  }

  void check_input(ConstTensorView in) const {
    MYRIAD_EXPECT(in.rank == 4 && in.dim(1) == config.in_channels);
    MYRIAD_EXPECT(in.dim(2) == config.nlat && in.dim(3) == config.nlon);
    MYRIAD_EXPECT(!config.output_scale || !output_scale.empty());
  }
  ConstTensorView scale() const { return config.output_scale ? output_scale.view() : ConstTensorView(); }
  void forward(TensorView out, ConstTensorView in, SfnoTape::Record& tape);
  void forward_block(std::int64_t b, TensorView out, ConstTensorView x, std::int64_t batch, BlockRecord& record);
  void backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in, SfnoTape::Record& tape);
  void backward_block(std::int64_t b, TensorView grad_x, ConstTensorView grad_out, std::int64_t batch,
                      BlockRecord& record);
};

void Sfno::Impl::forward_block(std::int64_t b, TensorView out, ConstTensorView x, std::int64_t batch,
                               BlockRecord& record) {
  const Grid& grid = output_grid(b);
  const std::int64_t embed = config.embed_dim;
  Sht& synthesiser = sht_on(grid);
  TensorView coefficients = spectrum(record.coefficients, batch);
  {
    const Stage stage(backend, "analysis");
    sht_on(input_grid(b)).analysis(coefficients, x);
  }
  TensorView mixed = spectrum(spectral_out, batch);
  TensorView skipped;
  if (regrids(b)) {  // R S(c) = S(R c), exact saving 2 of sfno.md 3.10
    skipped = field(regridded, batch, embed, grid);
    {
      const Stage stage(backend, "filter");
      backend.spectral_conv1x1(mixed, coefficients, block_matrix(b, skip_weight));
    }
    const Stage stage(backend, "synthesis");
    synthesiser.synthesis(skipped, mixed);
  }
  {
    const Stage stage(backend, "filter");
    backend.spectral_mix(outer_sht.layout(), mixed, coefficients, block_matrix(b, filter_weight));
  }
  TensorView filtered = field(record.filtered, batch, embed, grid);
  {
    const Stage stage(backend, "synthesis");
    synthesiser.synthesis(filtered, mixed);
  }
  TensorView activated = field(record.activated, batch, embed, grid);
  {
    const Stage stage(backend, "norm");
    backend.instance_norm(activated, statistics(record.stats0, batch), filtered, block_value(b, norm0_weight),
                          block_value(b, norm0_bias), k_norm_epsilon, Activation::gelu);
  }
  TensorView mlp_out = field(record.mlp_out, batch, embed, grid);
  {
    const Stage stage(backend, "mlp");
    TensorView hidden_linear = field(record.hidden_linear, batch, config.mlp_ratio * embed, grid);
    TensorView hidden_active = field(hidden, batch, config.mlp_ratio * embed, grid);
    backend.conv1x1(hidden_linear, activated, block_matrix(b, mlp0_weight), block_value(b, mlp0_bias),
                    Activation::none, Update::overwrite);
    backend.gelu(hidden_active, hidden_linear);
    backend.conv1x1(mlp_out, hidden_active, block_matrix(b, mlp3_weight), block_value(b, mlp3_bias),
                    Activation::none, Update::overwrite);
  }
  {
    const Stage stage(backend, "norm");
    backend.instance_norm(out, statistics(record.stats1, batch), mlp_out, block_value(b, norm1_weight),
                          block_value(b, norm1_bias), k_norm_epsilon, Activation::none);
  }
  const Stage stage(backend, "skip");
  if (regrids(b)) {
    backend.axpby(out, 1.0, out, 1.0, skipped);
  } else {
    backend.conv1x1(out, x, block_matrix(b, skip_weight), ConstTensorView(), Activation::none, Update::accumulate);
  }
}

void Sfno::Impl::forward(TensorView out, ConstTensorView in, SfnoTape::Record& tape) {
  const std::int64_t batch = in.dim(0);
  const std::int64_t embed = config.embed_dim;
  tape.batch = batch;
  tape.blocks.resize(static_cast<std::size_t>(config.layers));

  TensorView scratch = field(decoded, batch, embed, layout.outer);
  TensorView x = field(tape.blocks[0].input, batch, embed, layout.outer);
  {
    const Stage stage(backend, "encoder");
    TensorView encoder_linear = field(tape.encoder_linear, batch, embed, layout.outer);
    backend.conv1x1(encoder_linear, in, product(head_value(k_encoder_weight0)), head_value(k_encoder_bias0),
                    Activation::none, Update::overwrite);
    backend.gelu(scratch, encoder_linear);
    backend.conv1x1(x, scratch, product(head_value(k_encoder_weight2)), ConstTensorView(), Activation::none,
                    Update::overwrite);
  }
  for (std::int64_t b = 0; b < config.layers; ++b) {
    const std::size_t i = static_cast<std::size_t>(b);
    TensorView y = field(last(b) ? tape.last : tape.blocks[i + 1].input, batch, embed, output_grid(b));
    forward_block(b, y, x, batch, tape.blocks[i]);
    x = y;
  }
  const Stage stage(backend, "decoder");
  TensorView decoder_linear = field(tape.decoder_linear, batch, embed, layout.outer);
  backend.conv1x1(decoder_linear, x, product(head_value(tail_index(decoder_weight0))),
                  head_value(tail_index(decoder_bias0)), Activation::none, Update::overwrite);
  backend.gelu(scratch, decoder_linear);
  backend.conv1x1(out, scratch, product(head_value(tail_index(decoder_weight2))), ConstTensorView(), Activation::none,
                  Update::overwrite);
  backend.conv1x1(out, in, head_value(tail_index(big_skip_weight)), ConstTensorView(), Activation::none,
                  Update::accumulate);
  if (config.output_scale) backend.channel_affine(out, out, output_scale, ConstTensorView(), Update::overwrite);
  if (config.identity_skip_from >= 0) {
    backend.axpby(out, 1.0, out, 1.0, in.slice(1, config.identity_skip_from, config.out_channels));
  }
}

void Sfno::Impl::backward_block(std::int64_t b, TensorView grad_x, ConstTensorView grad_out, std::int64_t batch,
                                BlockRecord& record) {
  const Grid& grid = output_grid(b);
  const std::int64_t embed = config.embed_dim;
  const std::int64_t wide = config.mlp_ratio * embed;
  TensorView grad_residual;
  if (!regrids(b)) {
    grad_residual = field(grad_skip, batch, embed, grid);
    backend.conv1x1_adjoint_input(grad_residual, grad_out, block_matrix(b, skip_weight), Update::overwrite);
    backend.conv1x1_adjoint_weight(block_matrix_gradient(b, skip_weight), TensorView(), grad_out,
                                   field(record.input, batch, embed, grid), Update::accumulate);
  }

  TensorView grad = field(grad_c, batch, embed, grid);
  backend.instance_norm_adjoint(grad, block_gradient(b, norm1_weight), block_gradient(b, norm1_bias), grad_out,
                                field(record.mlp_out, batch, embed, grid), statistics(record.stats1, batch),
                                block_value(b, norm1_weight), block_value(b, norm1_bias), Activation::none);

  // gelu(hidden_linear) is recomputed: it is as large as the record it would add to the tape.
  TensorView hidden_linear = field(record.hidden_linear, batch, wide, grid);
  TensorView hidden_active = field(hidden, batch, wide, grid);
  backend.gelu(hidden_active, hidden_linear);
  backend.conv1x1_adjoint_weight(block_matrix_gradient(b, mlp3_weight), block_gradient(b, mlp3_bias), grad, hidden_active,
                                 Update::accumulate);
  TensorView grad_wide = field(grad_hidden, batch, wide, grid);
  backend.conv1x1_adjoint_input(grad_wide, grad, block_matrix(b, mlp3_weight), Update::overwrite);
  backend.gelu_adjoint(grad_wide, grad_wide, hidden_linear);
  backend.conv1x1_adjoint_weight(block_matrix_gradient(b, mlp0_weight), block_gradient(b, mlp0_bias), grad_wide,
                                 field(record.activated, batch, embed, grid), Update::accumulate);
  backend.conv1x1_adjoint_input(grad, grad_wide, block_matrix(b, mlp0_weight), Update::overwrite);

  backend.instance_norm_adjoint(grad, block_gradient(b, norm0_weight), block_gradient(b, norm0_bias), grad,
                                field(record.filtered, batch, embed, grid), statistics(record.stats0, batch),
                                block_value(b, norm0_weight), block_value(b, norm0_bias), Activation::gelu);

  TensorView grad_mixed = spectrum(grad_spectral_a, batch);
  TensorView grad_coefficients = spectrum(grad_spectral_b, batch);
  Sht& synthesiser = sht_on(grid);
  synthesiser.synthesis_adjoint(grad_mixed, grad);
  backend.spectral_mix_adjoint_weight(outer_sht.layout(), block_matrix_gradient(b, filter_weight),
                                      spectrum(record.coefficients, batch), grad_mixed, Update::accumulate);
  backend.spectral_mix_adjoint_input(outer_sht.layout(), grad_coefficients, grad_mixed,
                                     block_matrix(b, filter_weight));
  Sht& analyser = sht_on(input_grid(b));
  if (regrids(b)) {
    synthesiser.synthesis_adjoint(grad_mixed, grad_out);
    backend.spectral_conv1x1_adjoint_weight(block_matrix_gradient(b, skip_weight), grad_mixed,
                                            spectrum(record.coefficients, batch), Update::accumulate);
    backend.spectral_conv1x1_adjoint_input(grad_coefficients, grad_mixed, block_matrix(b, skip_weight), Update::accumulate);
    analyser.analysis_adjoint(grad_x, grad_coefficients);
  } else {
    analyser.analysis_adjoint(grad_x, grad_coefficients);
    backend.axpby(grad_x, 1.0, grad_x, 1.0, grad_residual);
  }
}

void Sfno::Impl::backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in,
                          SfnoTape::Record& tape) {
  const std::int64_t batch = tape.batch;
  const std::int64_t embed = config.embed_dim;
  MYRIAD_EXPECT(batch == in.dim(0) && batch == grad_out.dim(0));
  MYRIAD_EXPECT(static_cast<std::int64_t>(tape.blocks.size()) == config.layers);

  ConstTensorView grad_decoded = grad_out;
  if (config.output_scale) {
    TensorView scaled = field(grad_out_scaled, batch, config.out_channels, layout.outer);
    backend.channel_affine(scaled, grad_out, output_scale, ConstTensorView(), Update::overwrite);
    grad_decoded = scaled;
  }
  backend.conv1x1_adjoint_weight(parameters.gradient(tail_index(big_skip_weight)), TensorView(), grad_decoded, in,
                                 Update::accumulate);
  TensorView decoder_linear = field(tape.decoder_linear, batch, embed, layout.outer);
  TensorView scratch = field(decoded, batch, embed, layout.outer);
  backend.gelu(scratch, decoder_linear);
  backend.conv1x1_adjoint_weight(product(parameters.gradient(tail_index(decoder_weight2))), TensorView(), grad_decoded,
                                 scratch, Update::accumulate);
  TensorView grad_linear = field(grad_a, batch, embed, layout.outer);
  backend.conv1x1_adjoint_input(grad_linear, grad_decoded, product(head_value(tail_index(decoder_weight2))),
                                Update::overwrite);
  backend.gelu_adjoint(grad_linear, grad_linear, decoder_linear);
  backend.conv1x1_adjoint_weight(product(parameters.gradient(tail_index(decoder_weight0))),
                                 parameters.gradient(tail_index(decoder_bias0)), grad_linear,
                                 field(tape.last, batch, embed, layout.outer), Update::accumulate);
  TensorView grad = field(grad_b, batch, embed, layout.outer);
  backend.conv1x1_adjoint_input(grad, grad_linear, product(head_value(tail_index(decoder_weight0))), Update::overwrite);

  for (std::int64_t b = config.layers - 1; b >= 0; --b) {
    Slot& other = (config.layers - 1 - b) % 2 == 0 ? grad_a : grad_b;
    TensorView grad_x = field(other, batch, embed, input_grid(b));
    backward_block(b, grad_x, grad, batch, tape.blocks[static_cast<std::size_t>(b)]);
    grad = grad_x;
  }

  TensorView encoder_linear = field(tape.encoder_linear, batch, embed, layout.outer);
  scratch = field(decoded, batch, embed, layout.outer);
  backend.gelu(scratch, encoder_linear);
  backend.conv1x1_adjoint_weight(product(parameters.gradient(k_encoder_weight2)), TensorView(), grad, scratch,
                                 Update::accumulate);
  TensorView grad_encoder = field(grad_c, batch, embed, layout.outer);
  backend.conv1x1_adjoint_input(grad_encoder, grad, product(head_value(k_encoder_weight2)), Update::overwrite);
  backend.gelu_adjoint(grad_encoder, grad_encoder, encoder_linear);
  backend.conv1x1_adjoint_weight(product(parameters.gradient(k_encoder_weight0)), parameters.gradient(k_encoder_bias0),
                                 grad_encoder, in, Update::accumulate);
  if (!grad_in.empty()) {
    backend.conv1x1_adjoint_input(grad_in, grad_encoder, product(head_value(k_encoder_weight0)), Update::overwrite);
    backend.conv1x1_adjoint_input(grad_in, grad_decoded, head_value(tail_index(big_skip_weight)), Update::accumulate);
    if (config.identity_skip_from >= 0) {
      const TensorView added = grad_in.slice(1, config.identity_skip_from, config.out_channels);
      backend.axpby(added, 1.0, added, 1.0, grad_out);
    }
  }
}

Sfno::Sfno(Backend& backend, const SfnoConfig& config, ParameterSet& parameters)
    : Sfno(backend, config, parameters, parameters.dtype() == DType::f64 ? Precision::f64 : Precision::f32) {}

Sfno::Sfno(Backend& backend, const SfnoConfig& config, ParameterSet& parameters, Precision precision) {
  validate(config);
  check_supported(backend, precision);
  MYRIAD_EXPECT(state_format(precision) == parameters.dtype());
  MYRIAD_EXPECT(parameters.count() ==
                k_first_block + static_cast<std::size_t>(config.layers) * k_block_parameters + k_tail_parameters);
  impl_ = std::make_unique<Impl>(backend, config, parameters, precision);
}
Sfno::~Sfno() = default;

const SfnoConfig& Sfno::config() const { return impl_->config; }

void Sfno::set_output_scale(const std::vector<double>& scale) {
  MYRIAD_EXPECT(impl_->config.output_scale);
  MYRIAD_EXPECT(static_cast<std::int64_t>(scale.size()) == impl_->config.out_channels);
  impl_->output_scale = Tensor(impl_->backend, impl_->dtype, {impl_->config.out_channels});
  impl_->output_scale.assign(scale);
}

void Sfno::prepare_inference() { impl_->inference.prepare(); }
bool Sfno::owns_weights() const { return impl_->inference.owns_weights(); }

void Sfno::forward(TensorView out, ConstTensorView in, const WeightNoise& noise) {
  impl_->check_input(in);
  MYRIAD_EXPECT(static_cast<std::int64_t>(noise.elements.size()) == in.dim(0));
  impl_->inference.forward(out, in, impl_->scale(), &noise);
}

void Sfno::forward(TensorView out, ConstTensorView in, SfnoTape* tape) {
  impl_->check_input(in);
  if (tape == nullptr) {
    impl_->inference.forward(out, in, impl_->scale(), nullptr);
    return;
  }
  MYRIAD_EXPECT(!is_short(impl_->precision));
  impl_->forward(out, in, *tape->record_);
}

void Sfno::backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in, SfnoTape& tape) {
  impl_->backward(grad_in, grad_out, in, *tape.record_);
}

}  // namespace myriad
