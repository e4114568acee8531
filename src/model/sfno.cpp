#include "src/model/sfno.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "src/backend/slot.hpp"
#include "src/model/low_degree_noise.hpp"
#include "src/spectral/sht.hpp"

namespace myriad {

using kernels::Activation;
using kernels::Update;

void validate(const SfnoConfig& c) {
  const auto positive = [](std::int64_t value, const char* name) {
    MYRIAD_VALIDATE(value > 0, ErrorKind::config_invalid, "E2302",
                    "model.{} is {} (must be positive) set it in the configuration", name, value);
  };
  positive(c.nlat, "nlat");
  positive(c.nlon, "nlon");
  positive(c.scale_factor, "scale_factor");
  positive(c.in_channels, "in_channels");
  positive(c.out_channels, "out_channels");
  positive(c.embed_dim, "embed_dim");
  positive(c.layers, "layers");
  positive(c.mlp_ratio, "mlp_ratio");
  MYRIAD_VALIDATE(c.internal_nlat() >= 2 && c.internal_nlon() >= 2, ErrorKind::config_invalid, "E2303",
                  "scale_factor {} leaves a {}x{} internal grid (too small) use a smaller scale_factor",
                  c.scale_factor, c.internal_nlat(), c.internal_nlon());
  MYRIAD_VALIDATE(c.identity_skip_from < 0 || c.identity_skip_from + c.out_channels <= c.in_channels,
                  ErrorKind::config_invalid, "E2304",
                  "identity skip from channel {} needs {} input channels (there are {})",
                  c.identity_skip_from, c.identity_skip_from + c.out_channels, c.in_channels);
}

std::vector<ParameterInfo> sfno_parameters(const SfnoConfig& c) {
  validate(c);
  std::vector<ParameterInfo> list;
  const std::int64_t embed = c.embed_dim;
  const std::int64_t hidden = c.mlp_ratio * embed;
  const auto matrix = [&](const std::string& name, std::int64_t out, std::int64_t in, double gain) {
    list.push_back({name, {out, in}, std::sqrt(gain / static_cast<double>(in)), 0.0, true, 1.0});
  };
  const auto vector = [&](const std::string& name, std::int64_t n, double value) {
    list.push_back({name, {n}, 0.0, value, false, 1.0});
  };
  matrix("encoder.fwd.0.weight", embed, c.in_channels, 2.0);
  vector("encoder.fwd.0.bias", embed, 0.0);
  matrix("encoder.fwd.2.weight", embed, embed, 1.0);
  for (std::int64_t b = 0; b < c.layers; ++b) {
    const std::string block = "blocks." + std::to_string(b) + ".";
    vector(block + "norm0.weight", embed, 1.0);
    vector(block + "norm0.bias", embed, 0.0);
    // Complex normal of total variance gain / embed with gain 2: half of it per real component.
    list.push_back({block + "filter.filter.weight", {c.lmax(), embed, embed, 2},
                    std::sqrt(1.0 / static_cast<double>(embed)), 0.0, true, std::sqrt(2.0)});
    vector(block + "norm1.weight", embed, 1.0);
    vector(block + "norm1.bias", embed, 0.0);
    matrix(block + "outer_skip.weight", embed, embed, 0.5);
    matrix(block + "mlp.fwd.0.weight", hidden, embed, 2.0);
    vector(block + "mlp.fwd.0.bias", hidden, 0.0);
    matrix(block + "mlp.fwd.3.weight", embed, hidden, 0.5);
    vector(block + "mlp.fwd.3.bias", embed, 0.0);
  }
  matrix("decoder.fwd.0.weight", embed, embed, 2.0);
  vector("decoder.fwd.0.bias", embed, 0.0);
  matrix("decoder.fwd.2.weight", c.out_channels, embed, 0.5);
  matrix("residual_transform.weight", c.out_channels, c.in_channels, 0.5);
  if (c.identity_skip_from >= 0) list.back().init_stddev = 0.0;
  return list;
}

SfnoParameterCount count_parameters(const SfnoConfig& config) {
  SfnoParameterCount count;
  for (const ParameterInfo& info : sfno_parameters(config)) {
    std::int64_t n = 1;
    for (std::int64_t e : info.shape) n *= e;
    if (info.shape.size() == 4) {
      count.complex_valued += n / 2;
    } else {
      count.real_valued += n;
    }
  }
  return count;
}

namespace {

/// Positions in the list made by sfno_parameters.
constexpr std::size_t k_encoder_weight0 = 0;
constexpr std::size_t k_encoder_bias0 = 1;
constexpr std::size_t k_encoder_weight2 = 2;
constexpr std::size_t k_first_block = 3;
enum BlockParameter : std::size_t {
  norm0_weight,
  norm0_bias,
  filter_weight,
  norm1_weight,
  norm1_bias,
  skip_weight,
  mlp0_weight,
  mlp0_bias,
  mlp3_weight,
  mlp3_bias,
  k_block_parameters,
};
enum TailParameter : std::size_t { decoder_weight0, decoder_bias0, decoder_weight2, big_skip_weight };

constexpr double k_norm_epsilon = 1e-6;

/// What one block keeps for its backward pass.
struct BlockRecord {
  Slot input, coefficients, filtered, stats0, activated, hidden_linear, mlp_out, stats1, residual;
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
  ParameterSet& parameters;
  DType dtype;
  Grid outer;
  Grid inner;
  Sht outer_sht;
  std::optional<Sht> inner_sht;  // absent when both grids are the same
  Tensor output_scale;

  // Folded weights; empty until fold().
  Tensor folded_filter;                ///< [l, in, out, 2] of block 0
  Tensor folded_skip;                  ///< [out, in] of block 0 when it stays on one grid
  std::vector<Tensor> spectral_skip;   ///< [block]: [l, in, out, 2], the same matrix for every degree; empty if on one grid

  std::optional<LowDegreeNoise> noise_ops;  // made when first used

  // Scratch shared by all blocks; the tape's slots replace the ones a backward pass reads.
  SfnoTape inference_tape;
  Slot hidden, spectral_out, block_a, block_b, decoded;
  Slot grad_a, grad_b, grad_c, grad_hidden, grad_skip, grad_spectral_a, grad_spectral_b, grad_out_scaled;

  Impl(Backend& b, const SfnoConfig& c, ParameterSet& p)
      : backend(b),
        config(c),
        parameters(p),
        dtype(p.dtype()),
        outer(c.grid_type, c.nlat, c.nlon),
        inner(GridType::legendre_gauss, c.internal_nlat(), c.internal_nlon()),
        outer_sht(b, outer, c.lmax(), c.mmax(), dtype) {
    if (!(inner == outer)) inner_sht.emplace(b, inner, c.lmax(), c.mmax(), dtype);
  }

  bool first(std::int64_t b) const { return b == 0; }
  bool last(std::int64_t b) const { return b == config.layers - 1; }
  const Grid& input_grid(std::int64_t b) const { return first(b) ? outer : inner; }
  const Grid& output_grid(std::int64_t b) const { return last(b) ? outer : inner; }
  Sht& sht_on(const Grid& grid) { return grid == outer ? outer_sht : *inner_sht; }
  /// sfno.md 3.3 step 2: the residual goes through the spectrum when the grids of a block differ.
  bool regrids(std::int64_t b) const { return !(input_grid(b) == output_grid(b)); }

  std::size_t block_index(std::int64_t b, BlockParameter p) const {
    return k_first_block + static_cast<std::size_t>(b) * k_block_parameters + p;
  }
  ConstTensorView block_value(std::int64_t b, BlockParameter p) const {
    return std::as_const(parameters).value(block_index(b, p));
  }
  TensorView block_gradient(std::int64_t b, BlockParameter p) { return parameters.gradient(block_index(b, p)); }
  std::size_t tail_index(TailParameter p) const {
    return k_first_block + static_cast<std::size_t>(config.layers) * k_block_parameters + p;
  }
  ConstTensorView head_value(std::size_t i) const { return std::as_const(parameters).value(i); }

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
  void fold();
  void forward(TensorView out, ConstTensorView in, SfnoTape::Record& tape, bool keep, const WeightNoise* noise);
  void forward_block(std::int64_t b, TensorView out, ConstTensorView x, std::int64_t batch, BlockRecord& record,
                     bool keep, const WeightNoise* noise);
  LowDegreeNoise& low_degree_noise(std::int64_t degrees);
  void backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in, SfnoTape::Record& tape);
  void backward_block(std::int64_t b, TensorView grad_x, ConstTensorView grad_out, std::int64_t batch,
                      BlockRecord& record);
};

LowDegreeNoise& Sfno::Impl::low_degree_noise(std::int64_t degrees) {
  if (!noise_ops || noise_ops->degrees() != degrees) {
    noise_ops.emplace(backend, outer_sht.layout(), degrees, config.embed_dim, dtype);
  }
  return *noise_ops;
}

void Sfno::Impl::forward_block(std::int64_t b, TensorView out, ConstTensorView x, std::int64_t batch,
                               BlockRecord& record, bool keep, const WeightNoise* noise) {
  const Grid& grid = output_grid(b);
  const std::int64_t embed = config.embed_dim;
  Sht& analyser = sht_on(input_grid(b));
  Sht& synthesiser = sht_on(grid);

  TensorView coefficients = spectrum(record.coefficients, batch);
  analyser.analysis(coefficients, x);
  const bool folded = !keep && !folded_filter.empty();
  const bool skip_in_spectrum = folded && regrids(b);
  ConstTensorView residual = x;
  if (regrids(b) && !skip_in_spectrum) {
    TensorView regridded = field(record.residual, batch, embed, grid);
    synthesiser.synthesis(regridded, coefficients);
    residual = regridded;
  }
  TensorView mixed = spectrum(spectral_out, batch);
  backend.spectral_mix(outer_sht.layout(), mixed, coefficients,
                       folded && first(b) ? std::as_const(folded_filter).view() : block_value(b, filter_weight));
  if (noise != nullptr) {
    // A folded first block sees the state before the encoder's second matrix; the noise belongs to the filter alone.
    low_degree_noise(noise->degrees)
        .replace(mixed, coefficients, block_value(b, filter_weight),
                 folded && first(b) ? head_value(k_encoder_weight2) : ConstTensorView(), b, *noise);
  }
  TensorView filtered = field(record.filtered, batch, embed, grid);
  synthesiser.synthesis(filtered, mixed);

  TensorView activated = field(record.activated, batch, embed, grid);
  backend.instance_norm(activated, statistics(record.stats0, batch), filtered, block_value(b, norm0_weight),
                        block_value(b, norm0_bias), k_norm_epsilon, Activation::gelu);

  TensorView hidden_active = field(hidden, batch, config.mlp_ratio * embed, grid);
  if (keep) {
    TensorView hidden_linear = field(record.hidden_linear, batch, config.mlp_ratio * embed, grid);
    backend.conv1x1(hidden_linear, activated, block_value(b, mlp0_weight), block_value(b, mlp0_bias),
                    Activation::none, Update::overwrite);
    backend.gelu(hidden_active, hidden_linear);
  } else {
    backend.conv1x1(hidden_active, activated, block_value(b, mlp0_weight), block_value(b, mlp0_bias),
                    Activation::gelu, Update::overwrite);
  }
  TensorView mlp_out = field(record.mlp_out, batch, embed, grid);
  backend.conv1x1(mlp_out, hidden_active, block_value(b, mlp3_weight), block_value(b, mlp3_bias),
                  Activation::none, Update::overwrite);

  backend.instance_norm(out, statistics(record.stats1, batch), mlp_out, block_value(b, norm1_weight),
                        block_value(b, norm1_bias), k_norm_epsilon, Activation::none);
  if (skip_in_spectrum) {
    backend.spectral_mix(outer_sht.layout(), mixed, coefficients,
                         std::as_const(spectral_skip[static_cast<std::size_t>(b)]).view());
    TensorView skipped = field(record.residual, batch, embed, grid);
    synthesiser.synthesis(skipped, mixed);
    backend.axpby(out, 1.0, out, 1.0, skipped);
  } else {
    backend.conv1x1(out, residual,
                    folded && first(b) ? std::as_const(folded_skip).view() : block_value(b, skip_weight),
                    ConstTensorView(), Activation::none, Update::accumulate);
  }
}

void Sfno::Impl::fold() {
  const std::int64_t embed = config.embed_dim, degrees = config.lmax();
  const auto n = static_cast<std::size_t>(embed);
  const std::vector<double> encoder = to_doubles(backend, head_value(k_encoder_weight2));  // A2 [out, in]
  const std::vector<double> filter = to_doubles(backend, block_value(0, filter_weight));
  // K'[l, i, o] = sum_j A2[j, i] K[l, j, o]: block 0 then takes the encoder's hidden state.
  std::vector<double> folded(filter.size(), 0.0);
  for (std::size_t l = 0; l < static_cast<std::size_t>(degrees); ++l) {
    for (std::size_t i = 0; i < n; ++i) {
      double* target = folded.data() + (l * n + i) * n * 2;
      for (std::size_t j = 0; j < n; ++j) {
        const double a = encoder[j * n + i];
        const double* source = filter.data() + (l * n + j) * n * 2;
        for (std::size_t o = 0; o < 2 * n; ++o) target[o] += a * source[o];
      }
    }
  }
  folded_filter = Tensor(backend, dtype, {degrees, embed, embed, 2});
  folded_filter.assign(folded);

  spectral_skip.clear();
  for (std::int64_t b = 0; b < config.layers; ++b) {
    spectral_skip.emplace_back();
    if (!regrids(b) && !first(b)) continue;
    std::vector<double> skip = to_doubles(backend, block_value(b, skip_weight));  // R [out, in]
    if (first(b)) {                                                               // R' = R A2
      std::vector<double> product(skip.size(), 0.0);
      for (std::size_t o = 0; o < n; ++o) {
        for (std::size_t j = 0; j < n; ++j) {
          for (std::size_t i = 0; i < n; ++i) product[o * n + i] += skip[o * n + j] * encoder[j * n + i];
        }
      }
      skip = product;
    }
    if (!regrids(b)) {
      folded_skip = Tensor(backend, dtype, {embed, embed});
      folded_skip.assign(skip);
      continue;
    }
    std::vector<double> replicated(filter.size(), 0.0);
    for (std::size_t l = 0; l < static_cast<std::size_t>(degrees); ++l) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t o = 0; o < n; ++o) replicated[((l * n + i) * n + o) * 2] = skip[o * n + i];
      }
    }
    spectral_skip.back() = Tensor(backend, dtype, {degrees, embed, embed, 2});
    spectral_skip.back().assign(replicated);
  }
}

void Sfno::Impl::forward(TensorView out, ConstTensorView in, SfnoTape::Record& tape, bool keep,
                         const WeightNoise* noise) {
  const std::int64_t batch = in.dim(0);
  const std::int64_t embed = config.embed_dim;
  tape.batch = batch;
  tape.blocks.resize(static_cast<std::size_t>(keep ? config.layers : 1));

  TensorView encoder_linear = field(tape.encoder_linear, batch, embed, outer);
  TensorView scratch = field(decoded, batch, embed, outer);
  backend.conv1x1(encoder_linear, in, head_value(k_encoder_weight0), head_value(k_encoder_bias0),
                  Activation::none, Update::overwrite);
  backend.gelu(scratch, encoder_linear);
  // Without a tape the state ping-pongs between two buffers; with one each block owns its input.
  TensorView x = field(keep ? tape.blocks[0].input : block_a, batch, embed, outer);
  if (keep || folded_filter.empty()) {
    backend.conv1x1(x, scratch, head_value(k_encoder_weight2), ConstTensorView(), Activation::none,
                    Update::overwrite);
  } else {
    backend.copy(x, scratch);
  }

  for (std::int64_t b = 0; b < config.layers; ++b) {
    const std::size_t i = static_cast<std::size_t>(b);
    BlockRecord& record = tape.blocks[keep ? i : 0];
    Slot& next = keep ? (last(b) ? tape.last : tape.blocks[i + 1].input) : (b % 2 == 0 ? block_b : block_a);
    TensorView y = field(next, batch, embed, output_grid(b));
    forward_block(b, y, x, batch, record, keep, noise);
    x = y;
  }

  TensorView decoder_linear = field(tape.decoder_linear, batch, embed, outer);
  backend.conv1x1(decoder_linear, x, head_value(tail_index(decoder_weight0)), head_value(tail_index(decoder_bias0)),
                  Activation::none, Update::overwrite);
  scratch = field(decoded, batch, embed, outer);
  backend.gelu(scratch, decoder_linear);
  backend.conv1x1(out, scratch, head_value(tail_index(decoder_weight2)), ConstTensorView(), Activation::none,
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
  ConstTensorView residual = regrids(b) ? field(record.residual, batch, embed, grid)
                                        : field(record.input, batch, embed, grid);

  TensorView grad_residual = field(grad_skip, batch, embed, grid);
  backend.conv1x1_adjoint_input(grad_residual, grad_out, block_value(b, skip_weight), Update::overwrite);
  backend.conv1x1_adjoint_weight(block_gradient(b, skip_weight), TensorView(), grad_out, residual,
                                 Update::accumulate);

  TensorView grad = field(grad_c, batch, embed, grid);
  backend.instance_norm_adjoint(grad, block_gradient(b, norm1_weight), block_gradient(b, norm1_bias), grad_out,
                                field(record.mlp_out, batch, embed, grid), statistics(record.stats1, batch),
                                block_value(b, norm1_weight), block_value(b, norm1_bias), Activation::none);

  // gelu(hidden_linear) is recomputed: it is as large as the record it would add to the tape.
  TensorView hidden_linear = field(record.hidden_linear, batch, wide, grid);
  TensorView hidden_active = field(hidden, batch, wide, grid);
  backend.gelu(hidden_active, hidden_linear);
  backend.conv1x1_adjoint_weight(block_gradient(b, mlp3_weight), block_gradient(b, mlp3_bias), grad, hidden_active,
                                 Update::accumulate);
  TensorView grad_wide = field(grad_hidden, batch, wide, grid);
  backend.conv1x1_adjoint_input(grad_wide, grad, block_value(b, mlp3_weight), Update::overwrite);
  backend.gelu_adjoint(grad_wide, grad_wide, hidden_linear);
  backend.conv1x1_adjoint_weight(block_gradient(b, mlp0_weight), block_gradient(b, mlp0_bias), grad_wide,
                                 field(record.activated, batch, embed, grid), Update::accumulate);
  backend.conv1x1_adjoint_input(grad, grad_wide, block_value(b, mlp0_weight), Update::overwrite);

  backend.instance_norm_adjoint(grad, block_gradient(b, norm0_weight), block_gradient(b, norm0_bias), grad,
                                field(record.filtered, batch, embed, grid), statistics(record.stats0, batch),
                                block_value(b, norm0_weight), block_value(b, norm0_bias), Activation::gelu);

  TensorView grad_mixed = spectrum(grad_spectral_a, batch);
  TensorView grad_coefficients = spectrum(grad_spectral_b, batch);
  Sht& synthesiser = sht_on(grid);
  synthesiser.synthesis_adjoint(grad_mixed, grad);
  backend.spectral_mix_adjoint_weight(outer_sht.layout(), block_gradient(b, filter_weight),
                                      spectrum(record.coefficients, batch), grad_mixed, Update::accumulate);
  backend.spectral_mix_adjoint_input(outer_sht.layout(), grad_coefficients, grad_mixed,
                                     block_value(b, filter_weight));
  Sht& analyser = sht_on(input_grid(b));
  if (regrids(b)) {
    synthesiser.synthesis_adjoint(grad_mixed, grad_residual);
    backend.axpby(grad_coefficients, 1.0, grad_coefficients, 1.0, grad_mixed);
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
    TensorView scaled = field(grad_out_scaled, batch, config.out_channels, outer);
    backend.channel_affine(scaled, grad_out, output_scale, ConstTensorView(), Update::overwrite);
    grad_decoded = scaled;
  }
  backend.conv1x1_adjoint_weight(parameters.gradient(tail_index(big_skip_weight)), TensorView(), grad_decoded, in,
                                 Update::accumulate);
  TensorView decoder_linear = field(tape.decoder_linear, batch, embed, outer);
  TensorView scratch = field(decoded, batch, embed, outer);
  backend.gelu(scratch, decoder_linear);
  backend.conv1x1_adjoint_weight(parameters.gradient(tail_index(decoder_weight2)), TensorView(), grad_decoded,
                                 scratch, Update::accumulate);
  TensorView grad_linear = field(grad_a, batch, embed, outer);
  backend.conv1x1_adjoint_input(grad_linear, grad_decoded, head_value(tail_index(decoder_weight2)),
                                Update::overwrite);
  backend.gelu_adjoint(grad_linear, grad_linear, decoder_linear);
  backend.conv1x1_adjoint_weight(parameters.gradient(tail_index(decoder_weight0)),
                                 parameters.gradient(tail_index(decoder_bias0)), grad_linear,
                                 field(tape.last, batch, embed, outer), Update::accumulate);
  TensorView grad = field(grad_b, batch, embed, outer);
  backend.conv1x1_adjoint_input(grad, grad_linear, head_value(tail_index(decoder_weight0)), Update::overwrite);

  for (std::int64_t b = config.layers - 1; b >= 0; --b) {
    Slot& other = (config.layers - 1 - b) % 2 == 0 ? grad_a : grad_b;
    TensorView grad_x = field(other, batch, embed, input_grid(b));
    backward_block(b, grad_x, grad, batch, tape.blocks[static_cast<std::size_t>(b)]);
    grad = grad_x;
  }

  TensorView encoder_linear = field(tape.encoder_linear, batch, embed, outer);
  scratch = field(decoded, batch, embed, outer);
  backend.gelu(scratch, encoder_linear);
  backend.conv1x1_adjoint_weight(parameters.gradient(k_encoder_weight2), TensorView(), grad, scratch,
                                 Update::accumulate);
  TensorView grad_encoder = field(grad_c, batch, embed, outer);
  backend.conv1x1_adjoint_input(grad_encoder, grad, head_value(k_encoder_weight2), Update::overwrite);
  backend.gelu_adjoint(grad_encoder, grad_encoder, encoder_linear);
  backend.conv1x1_adjoint_weight(parameters.gradient(k_encoder_weight0), parameters.gradient(k_encoder_bias0),
                                 grad_encoder, in, Update::accumulate);
  if (!grad_in.empty()) {
    backend.conv1x1_adjoint_input(grad_in, grad_encoder, head_value(k_encoder_weight0), Update::overwrite);
    backend.conv1x1_adjoint_input(grad_in, grad_decoded, head_value(tail_index(big_skip_weight)), Update::accumulate);
    if (config.identity_skip_from >= 0) {
      const TensorView added = grad_in.slice(1, config.identity_skip_from, config.out_channels);
      backend.axpby(added, 1.0, added, 1.0, grad_out);
    }
  }
}

Sfno::Sfno(Backend& backend, const SfnoConfig& config, ParameterSet& parameters) {
  validate(config);
  MYRIAD_EXPECT(parameters.count() ==
                k_first_block + static_cast<std::size_t>(config.layers) * k_block_parameters + 4);
  impl_ = std::make_unique<Impl>(backend, config, parameters);
}
Sfno::~Sfno() = default;

const SfnoConfig& Sfno::config() const { return impl_->config; }

void Sfno::set_output_scale(const std::vector<double>& scale) {
  MYRIAD_EXPECT(impl_->config.output_scale);
  MYRIAD_EXPECT(static_cast<std::int64_t>(scale.size()) == impl_->config.out_channels);
  impl_->output_scale = Tensor(impl_->backend, impl_->dtype, {impl_->config.out_channels});
  impl_->output_scale.assign(scale);
}

void Sfno::fold() { impl_->fold(); }

void Sfno::forward(TensorView out, ConstTensorView in, const WeightNoise& noise) {
  impl_->check_input(in);
  MYRIAD_EXPECT(static_cast<std::int64_t>(noise.elements.size()) == in.dim(0));
  impl_->forward(out, in, *impl_->inference_tape.record_, false, &noise);
}

void Sfno::forward(TensorView out, ConstTensorView in, SfnoTape* tape) {
  impl_->check_input(in);
  SfnoTape& used = tape != nullptr ? *tape : impl_->inference_tape;
  impl_->forward(out, in, *used.record_, tape != nullptr, nullptr);
}

void Sfno::backward(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in, SfnoTape& tape) {
  impl_->backward(grad_in, grad_out, in, *tape.record_);
}

}  // namespace myriad
