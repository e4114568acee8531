#include "src/backend/op_cases.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace myriad {

using kernels::Activation;
using kernels::AdamwStep;
using kernels::Backend;
using kernels::DType;
using kernels::RandomStream;
using kernels::SpectralLayout;
using kernels::TensorView;
using kernels::Update;
using Views = std::span<const TensorView>;

std::int64_t Operand::size() const {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<double> operand_values(const Operand& operand, std::uint32_t seed) {
  std::vector<double> values(static_cast<std::size_t>(operand.size()));
  // Sum of three uniform numbers of a splitmix64 sequence: close enough to a normal, and cheap.
  std::uint64_t state = seed;
  const auto uniform = [&state] {
    state += 0x9E3779B97F4A7C15;
    std::uint64_t z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  };
  for (double& v : values) v = 2.0 * (uniform() + uniform() + uniform() - 1.5);
  if (operand.content == Content::normal) return values;
  if (operand.content == Content::bits) {
    for (double& v : values) v = 1.0 + std::floor(7.9 * std::abs(v));
    return values;
  }
  if (operand.content == Content::low_bounds || operand.content == Content::high_bounds) {
    const double sign = operand.content == Content::low_bounds ? -1.0 : 1.0;
    for (double& v : values) v = sign * (1.5 + std::abs(v) / 2.0);
    return values;
  }
  for (double& v : values) v = std::abs(v) + 0.1;
  if (operand.content == Content::row_weights) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    for (double& v : values) v /= sum;
  }
  return values;
}

std::vector<OpShape> test_shapes() {
  return {
      {"one of everything", 1, 1, 1, 1, 1, 1, 1, 1},
      {"rests everywhere", 3, 13, 29, 7, 19, 7, 5, 3},
      {"whole registers", 2, 16, 32, 4, 64, 8, 8, 4},
      {"several pieces", 2, 20, 49, 12, 61, 12, 12, 6},
      {"more rows than a spectral chunk", 40, 6, 10, 3, 5, 9, 9, 17},
  };
}

std::vector<OpShape> bench_shapes() {
  return {
      {"c64 32x64 l32 b1", 1, 64, 64, 32, 64, 32, 32, 2},
      {"c64 32x64 l32 b16", 16, 64, 64, 32, 64, 32, 32, 4},
      {"c96 32x64 l32 b8", 8, 96, 96, 32, 64, 32, 32, 4},
      {"c128 32x64 l32 b1", 1, 128, 128, 32, 64, 32, 32, 2},
      {"c128 32x64 l32 b16", 16, 128, 128, 32, 64, 32, 32, 4},
      {"c256 180x360 l180 b1", 1, 256, 256, 180, 360, 180, 180, 16},
  };
}

namespace {

double real(std::int64_t value) {
  return static_cast<double>(value);
}

constexpr const char* k_exact = "same operations in the same precision";
constexpr const char* k_sum = "sum of n products in the dtype: sqrt(n) units of rounding, times 4";
constexpr const char* k_lanes = "short fp32 sums inside fp64 sums";
constexpr const char* k_gelu = "approximation of the error function: 1.3e-7 max(1, |x|)";

constexpr const char* k_rounded_operands = "operands rounded to 11 bits";
constexpr const char* k_short = "results rounded to their format, twice";

/// Builds the list of one shape.
class Builder {
 public:
  Builder(DType dtype, const OpShape& shape) : dtype_(dtype), s_(shape) {}

  std::vector<OpCase> build() {
    for (Activation activation : {Activation::none, Activation::gelu}) {
      for (Update update : {Update::overwrite, Update::accumulate}) conv1x1(activation, update);
      instance_norm(activation);
    }
    for (Update update : {Update::overwrite, Update::accumulate}) {
      conv1x1_adjoints(update);
      spectral_mix_adjoint_weight(update);
      spectral_conv1x1_adjoints(update);
      channel_affine(update);
      squared_error_adjoint(update);
      crps_adjoint(update);
    }
    ranges_of_points();
    spectral_mix();
    spectral_conv1x1();
    pointwise();
    random();
    reductions();
    crps();
    adamw(true);
    adamw(false);
    return std::move(cases_);
  }

  std::vector<OpCase> build_reduced() {
    for (Update update : {Update::overwrite, Update::accumulate}) {
      for (Activation activation : {Activation::none, Activation::gelu}) {
        reduced_conv1x1("tf32 ", DType::tf32, DType::f32, DType::f32, activation, update);
        reduced_conv1x1("bf16 ", DType::bf16, DType::bf16, DType::bf16, activation, update);
        reduced_conv1x1("bf16 to f32 ", DType::bf16, DType::bf16, DType::f32, activation, update);
        reduced_conv1x1("f32 to bf16 ", DType::f32, DType::f32, DType::bf16, activation, update);
        reduced_conv1x1("f16 ", DType::f16, DType::f16, DType::f16, activation, update);
        reduced_conv1x1("f32 to f16 ", DType::f32, DType::f32, DType::f16, activation, update);
      }
      conv1x1_adjoints(update);
      spectral_mix_adjoint_weight(update);
      spectral_conv1x1_adjoints(update);
    }
    spectral_mix();
    spectral_conv1x1();
    for (OpCase& c : cases_) {
      for (Operand& o : c.operands) {
        const bool keeps = c.variant.find("f16") != std::string::npos;
        if (o.dtype == DType::f32 && !keeps && (o.name == "weight" || o.name == "grad_weight")) o.dtype = DType::tf32;
      }
      if (c.variant.find("f16") != std::string::npos) continue;
      c.tolerance = 4.0 * 0x1p-11;
      c.reason = k_rounded_operands;
    }
    const std::size_t full = cases_.size();
    spectral_mix();
    spectral_conv1x1();
    for (std::size_t k = full; k < cases_.size(); ++k) {
      cases_[k].variant = "f16";
      cases_[k].operands.back().dtype = DType::f16;
      cases_[k].tolerance = 4.0 * 0x1p-11;
      cases_[k].reason = k_rounded_operands;
    }
    reduced_pointwise();
    return std::move(cases_);
  }

 private:
  /// A field in \p dtype.
  Operand grid_of(DType dtype, const char* name, std::int64_t channels, bool output = false) const {
    Operand o = grid(name, channels, output);
    o.dtype = dtype;
    return o;
  }

  void reduced_conv1x1(const std::string& kind, DType weight_type, DType in, DType out, Activation activation, Update update) {
    Operand weight = shared("weight", {s_.outputs, s_.inputs});
    weight.dtype = weight_type;
    OpCase& c = add(
        "conv1x1", kind + name_of(activation) + " " + name_of(update),
        {grid_of(out, "out", s_.outputs, true), grid_of(in, "in", s_.inputs), weight, shared("bias", {s_.outputs})},
        [=](Backend& b, Views v) { b.conv1x1(v[0], v[1], v[2], v[3], activation, update); }, sum_units(s_.inputs), dtype_, k_sum,
        2.0 * real(s_.batch * s_.inputs * s_.outputs * points()));
    if (out == DType::bf16 || out == DType::f16) {
      c.tolerance = 3.0 * (out == DType::bf16 ? 0x1p-8 : 0x1p-11);
      c.reason = k_short;
    }
  }

  void reduced_pointwise() {
    for (DType type : {DType::bf16, DType::f16}) {
      const std::string kind = type == DType::bf16 ? "bf16" : "f16";
      const auto field = [&](const char* name, bool output = false) { return grid_of(type, name, s_.inputs, output); };
      const auto rounded = [&](OpCase& c) {
        c.tolerance = 2.0 * (type == DType::bf16 ? 0x1p-8 : 0x1p-11);
        c.reason = k_short;
      };
      add("instance_norm_statistics", kind, {stats(true), field("in")},
          [](Backend& b, Views v) { b.instance_norm_statistics(v[0], v[1], 1e-6); }, 16.0, dtype_, k_lanes, 0.0);
      for (Activation activation : {Activation::none, Activation::gelu}) {
        rounded(add("instance_norm_apply", kind + " " + name_of(activation),
                    {field("out", true), field("in"), stats(false), shared("gamma", {s_.inputs}), shared("beta", {s_.inputs})},
                    [=](Backend& b, Views v) { b.instance_norm_apply(v[0], v[1], v[2], v[3], v[4], activation); }, 16.0, dtype_,
                    k_lanes, 0.0));
      }
      rounded(add("axpby", kind, {field("out", true), field("x"), field("y")},
                  [](Backend& b, Views v) { b.axpby(v[0], 1.25, v[1], -0.3, v[2]); }, 3.0, dtype_, k_exact, 0.0));
    }
    for (DType narrow : {DType::bf16, DType::f16, DType::tf32}) {
      const Operand there = grid_of(narrow, "out", s_.inputs, true), back = grid_of(narrow, "in", s_.inputs);
      const std::string name = narrow == DType::bf16 ? "bf16" : narrow == DType::f16 ? "f16" : "tf32";
      add("copy", "to " + name, {there, grid("in", s_.inputs)}, [](Backend& b, Views v) { b.copy(v[0], v[1]); }, 0.0, dtype_,
          k_exact, 0.0);
      add("copy", "from " + name, {grid("out", s_.inputs, true), back}, [](Backend& b, Views v) { b.copy(v[0], v[1]); }, 0.0,
          dtype_, k_exact, 0.0);
    }
  }

  std::int64_t points() const { return s_.nlat * s_.nlon; }
  SpectralLayout layout() const { return {s_.lmax, s_.mmax}; }

  Operand grid(const char* name, std::int64_t channels, bool output = false) const {
    return {name, {s_.batch, channels, s_.nlat, s_.nlon}, dtype_, Content::normal, 0, output};
  }
  Operand shared(const char* name, std::vector<std::int64_t> extents, bool output = false) const {
    return {name, std::move(extents), dtype_, Content::normal, -1, output};
  }
  Operand coefficients(const char* name, std::int64_t channels, bool output = false) const {
    return {name, {s_.batch, layout().size(), channels, 2}, dtype_, Content::normal, 0, output};
  }
  /// Of a real matrix between coefficients.
  double coefficient_flops() const {
    return 4.0 * real(s_.batch * layout().size() * s_.inputs * s_.outputs);
  }
  Operand stats(bool output) const {
    return {"stats", {s_.batch, s_.inputs, 2}, dtype_, Content::positive, 0, output};
  }
  Operand per_channel(const char* name, bool output) const {
    return {name, {s_.batch, s_.inputs}, DType::f64, Content::normal, 0, output};
  }
  Operand row_weight() const {
    return {"row_weight", {s_.nlat}, DType::f64, Content::row_weights, -1, false};
  }

  /// `units`: multiples of the rounding unit of `precision`, the type in which the op computes.
  OpCase& add(const char* op, std::string variant, std::vector<Operand> operands,
              std::function<void(Backend&, Views)> run, double units, DType precision,
              const char* reason, double flops) {
    const double tolerance = units * (precision == DType::f32 ? 0x1p-24 : 0x1p-53);
    OpCase c{op,
             std::move(variant),
             s_.name,
             std::move(operands),
             std::move(run),
             tolerance,
             reason,
             flops,
             0.0};
    for (const Operand& o : c.operands) c.bytes += real(o.size() * kernels::size_of(o.dtype));
    cases_.push_back(std::move(c));
    return cases_.back();
  }
  static double sum_units(std::int64_t terms) { return 4.0 * std::sqrt(real(terms)) + 4.0; }

  void conv1x1(Activation activation, Update update) {
    OpCase& c = add(
        "conv1x1", std::string(name_of(activation)) + " " + name_of(update),
        {grid("out", s_.outputs, true), grid("in", s_.inputs),
         shared("weight", {s_.outputs, s_.inputs}), shared("bias", {s_.outputs})},
        [=](Backend& b, Views v) { b.conv1x1(v[0], v[1], v[2], v[3], activation, update); },
        sum_units(s_.inputs), dtype_, k_sum,
        2.0 * real(s_.batch * s_.inputs * s_.outputs * points()));
    if (update == Update::accumulate)
      c.bytes += real(s_.batch * s_.outputs * points() * kernels::size_of(dtype_));
  }

  /// The second half of the points of a field.
  static TensorView second_half(TensorView v) {
    const std::int64_t points = v.dim(2) * v.dim(3);
    v.rank = 3;
    v.extent[2] = points;
    v.stride[2] = 1;
    return v.slice(2, points / 2, points - points / 2);
  }

  void ranges_of_points() {
    add(
        "conv1x1", "range of points",
        {grid("out", s_.outputs, true), grid("in", s_.inputs),
         shared("weight", {s_.outputs, s_.inputs}), shared("bias", {s_.outputs})},
        [=](Backend& b, Views v) {
          b.conv1x1(second_half(v[0]), second_half(v[1]), v[2], v[3], Activation::gelu,
                    Update::overwrite);
        },
        sum_units(s_.inputs), dtype_, k_sum,
        2.0 * real(s_.batch * s_.inputs * s_.outputs * (points() - points() / 2)));
    add(
        "instance_norm_apply", "range of points",
        {grid("out", s_.inputs, true), grid("in", s_.inputs), stats(false),
         shared("gamma", {s_.inputs}), shared("beta", {s_.inputs})},
        [=](Backend& b, Views v) {
          b.instance_norm_apply(second_half(v[0]), second_half(v[1]), v[2], v[3], v[4],
                                Activation::none);
        },
        16.0, dtype_, k_lanes, 0.0);
  }

  void conv1x1_adjoints(Update update) {
    const double flops = 2.0 * real(s_.batch * s_.inputs * s_.outputs * points());
    add(
        "conv1x1_adjoint_input", name_of(update),
        {grid("grad_in", s_.inputs, true), grid("grad_out", s_.outputs),
         shared("weight", {s_.outputs, s_.inputs})},
        [=](Backend& b, Views v) { b.conv1x1_adjoint_input(v[0], v[1], v[2], update); },
        sum_units(s_.outputs), dtype_, k_sum, flops);
    add(
        "conv1x1_adjoint_weight", name_of(update),
        {shared("grad_weight", {s_.outputs, s_.inputs}, true),
         shared("grad_bias", {s_.outputs}, true), grid("grad_out", s_.outputs),
         grid("in", s_.inputs)},
        [=](Backend& b, Views v) { b.conv1x1_adjoint_weight(v[0], v[1], v[2], v[3], update); },
        sum_units(s_.batch * points()), dtype_, k_sum, flops);
  }

  void instance_norm(Activation activation) {
    add(
        "instance_norm_apply", name_of(activation),
        {grid("out", s_.inputs, true), grid("in", s_.inputs), stats(false),
         shared("gamma", {s_.inputs}), shared("beta", {s_.inputs})},
        [=](Backend& b, Views v) {
          b.instance_norm_apply(v[0], v[1], v[2], v[3], v[4], activation);
        },
        16.0, dtype_, k_lanes, 0.0);
    if (activation == Activation::none) {
      add(
          "instance_norm_statistics", "", {stats(true), grid("in", s_.inputs)},
          [=](Backend& b, Views v) { b.instance_norm_statistics(v[0], v[1], 1e-6); }, 16.0, dtype_,
          k_lanes, 0.0);
    }
    add(
        "instance_norm", name_of(activation),
        {grid("out", s_.inputs, true), stats(true), grid("in", s_.inputs),
         shared("gamma", {s_.inputs}), shared("beta", {s_.inputs})},
        [=](Backend& b, Views v) {
          b.instance_norm(v[0], v[1], v[2], v[3], v[4], 1e-6, activation);
        },
        16.0, dtype_, k_lanes, 0.0);
    add(
        "instance_norm_adjoint", name_of(activation),
        {grid("grad_in", s_.inputs, true), shared("grad_gamma", {s_.inputs}, true),
         shared("grad_beta", {s_.inputs}, true), grid("grad_out", s_.inputs), grid("in", s_.inputs),
         stats(false), shared("gamma", {s_.inputs}), shared("beta", {s_.inputs})},
        [=](Backend& b, Views v) {
          b.instance_norm_adjoint(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], activation);
        },
        32.0, dtype_, k_lanes, 0.0);
  }

  void spectral_mix() {
    const double flops = 8.0 * real(s_.batch * layout().size() * s_.inputs * s_.outputs);
    const SpectralLayout lay = layout();
    const Operand weight = shared("weight", {s_.lmax, s_.inputs, s_.outputs, 2});
    add(
        "spectral_mix", "",
        {coefficients("out", s_.outputs, true), coefficients("in", s_.inputs), weight},
        [=](Backend& b, Views v) { b.spectral_mix(lay, v[0], v[1], v[2]); },
        sum_units(2 * s_.inputs), dtype_, k_sum, flops);
    add(
        "spectral_mix_adjoint_input", "",
        {coefficients("grad_in", s_.inputs, true), coefficients("grad_out", s_.outputs), weight},
        [=](Backend& b, Views v) { b.spectral_mix_adjoint_input(lay, v[0], v[1], v[2]); },
        sum_units(2 * s_.outputs), dtype_, k_sum, flops);
  }

  void spectral_mix_adjoint_weight(Update update) {
    const SpectralLayout lay = layout();
    add(
        "spectral_mix_adjoint_weight", name_of(update),
        {shared("grad_weight", {s_.lmax, s_.inputs, s_.outputs, 2}, true),
         coefficients("in", s_.inputs), coefficients("grad_out", s_.outputs)},
        [=](Backend& b, Views v) { b.spectral_mix_adjoint_weight(lay, v[0], v[1], v[2], update); },
        sum_units(2 * s_.batch * lay.orders()), dtype_, k_sum,
        8.0 * real(s_.batch * lay.size() * s_.inputs * s_.outputs));
  }

  void spectral_conv1x1() {
    add(
        "spectral_conv1x1", "",
        {coefficients("out", s_.outputs, true), coefficients("in", s_.inputs),
         shared("weight", {s_.outputs, s_.inputs})},
        [](Backend& b, Views v) { b.spectral_conv1x1(v[0], v[1], v[2]); }, sum_units(s_.inputs),
        dtype_, k_sum, coefficient_flops());
  }

  void spectral_conv1x1_adjoints(Update update) {
    add(
        "spectral_conv1x1_adjoint_input", name_of(update),
        {coefficients("grad_in", s_.inputs, true), coefficients("grad_out", s_.outputs),
         shared("weight", {s_.outputs, s_.inputs})},
        [=](Backend& b, Views v) { b.spectral_conv1x1_adjoint_input(v[0], v[1], v[2], update); },
        sum_units(s_.outputs), dtype_, k_sum, coefficient_flops());
    add(
        "spectral_conv1x1_adjoint_weight", name_of(update),
        {shared("grad_weight", {s_.outputs, s_.inputs}, true), coefficients("grad_out", s_.outputs),
         coefficients("in", s_.inputs)},
        [=](Backend& b, Views v) { b.spectral_conv1x1_adjoint_weight(v[0], v[1], v[2], update); },
        sum_units(2 * s_.batch * layout().size()), dtype_, k_sum, coefficient_flops());
  }

  void channel_affine(Update update) {
    add(
        "channel_affine", name_of(update),
        {grid("out", s_.inputs, true), grid("in", s_.inputs), shared("scale", {s_.inputs}),
         shared("shift", {s_.inputs})},
        [=](Backend& b, Views v) { b.channel_affine(v[0], v[1], v[2], v[3], update); }, 3.0, dtype_,
        k_exact, 0.0);
  }

  void pointwise() {
    add(
        "gelu", "", {grid("out", s_.inputs, true), grid("in", s_.inputs)},
        [](Backend& b, Views v) { b.gelu(v[0], v[1]); }, 4.0, dtype_, k_gelu, 0.0);
    add(
        "gelu_adjoint", "",
        {grid("grad_in", s_.inputs, true), grid("grad_out", s_.inputs), grid("in", s_.inputs)},
        [](Backend& b, Views v) { b.gelu_adjoint(v[0], v[1], v[2]); }, 4.0, dtype_, k_gelu, 0.0);
    add(
        "axpby", "", {grid("out", s_.inputs, true), grid("x", s_.inputs), grid("y", s_.inputs)},
        [](Backend& b, Views v) { b.axpby(v[0], 1.25, v[1], -0.3, v[2]); }, 3.0, dtype_, k_exact,
        0.0);
    add(
        "axpby", "scale", {grid("out", s_.inputs, true), grid("x", s_.inputs)},
        [](Backend& b, Views v) { b.axpby(v[0], 0.7, v[1], 0.0, {}); }, 2.0, dtype_, k_exact, 0.0);
    add(
        "clamp_below", "",
        {grid("out", s_.inputs, true), grid("in", s_.inputs), shared("lower", {s_.inputs})},
        [](Backend& b, Views v) { b.clamp_below(v[0], v[1], v[2]); }, 0.0, dtype_, k_exact, 0.0);
    add(
        "copy", "", {grid("out", s_.inputs, true), grid("in", s_.inputs)},
        [](Backend& b, Views v) { b.copy(v[0], v[1]); }, 0.0, dtype_, k_exact, 0.0);
    add(
        "copy", "transpose",
        {{"out", {s_.batch, points(), s_.inputs}, dtype_, Content::normal, 0, true},
         {"in", {s_.batch, s_.inputs, points()}, dtype_, Content::normal, 0, false}},
        [](Backend& b, Views v) {
          TensorView turned = v[0];
          std::swap(turned.extent[1], turned.extent[2]);
          std::swap(turned.stride[1], turned.stride[2]);
          b.copy(turned, v[1]);
        },
        0.0, dtype_, k_exact, 0.0);
    add(
        "bitround", "",
        {grid("out", s_.inputs, true), grid("in", s_.inputs),
         {"bits", {s_.inputs}, dtype_, Content::bits, -1, false}},
        [](Backend& b, Views v) { b.bitround(v[0], v[1], v[2]); }, 0.0, dtype_, k_exact, 0.0);
    const DType other = dtype_ == DType::f32 ? DType::f64 : DType::f32;
    Operand converted = grid("in", s_.inputs);
    converted.dtype = other;
    add(
        "copy", "convert", {grid("out", s_.inputs, true), converted},
        [](Backend& b, Views v) { b.copy(v[0], v[1]); }, 0.0, dtype_, k_exact, 0.0);
    add(
        "fill", "", {grid("out", s_.inputs, true)}, [](Backend& b, Views v) { b.fill(v[0], 0.1); },
        0.0, dtype_, k_exact, 0.0);
  }

  void random() {
    add(
        "fill_normal", "", {grid("out", s_.inputs, true)},
        [](Backend& b, Views v) {
          std::vector<std::uint32_t> members(static_cast<std::size_t>(v[0].dim(0)));
          for (std::size_t k = 0; k < members.size(); ++k)
            members[k] = static_cast<std::uint32_t>(7 * k + 3);
          b.fill_normal(v[0], RandomStream{.seed = 0x123456789abcdef, .stream = 4, .step = 11},
                        members);
        },
        8.0, dtype_, "elementary functions in fp64, each within an ulp", 0.0);
  }

  void reductions() {
    add(
        "weighted_squared_error", "",
        {per_channel("out", true), grid("a", s_.inputs), grid("b", s_.inputs), row_weight()},
        [](Backend& b, Views v) { b.weighted_squared_error(v[0], v[1], v[2], v[3]); }, 64.0,
        DType::f64, "fp64 sums", 0.0);
    add(
        "sum_of_squares", "", {shared("out", {1}, true), grid("in", s_.inputs)},
        [](Backend& b, Views v) { b.fill(v[0], b.sum_of_squares(v[1])); }, 64.0, DType::f64,
        "fp64 sums", 0.0);
    add(
        "count_nonfinite", "", {shared("out", {1}, true), grid("in", s_.inputs)},
        [](Backend& b, Views v) { b.fill(v[0], static_cast<double>(b.count_nonfinite(v[1]))); },
        0.0, DType::f64, "a count", 0.0);
    add(
        "first_outside", "",
        {per_channel("out", true),
         grid("in", s_.inputs),
         {"low", {s_.inputs}, dtype_, Content::low_bounds, -1, false},
         {"high", {s_.inputs}, dtype_, Content::high_bounds, -1, false}},
        [](Backend& b, Views v) { b.first_outside(v[0], v[1], v[2], v[3]); }, 0.0, DType::f64,
        "a number of a point", 0.0);
  }

  void squared_error_adjoint(Update update) {
    add(
        "weighted_squared_error_adjoint", name_of(update),
        {grid("grad_a", s_.inputs, true), grid("a", s_.inputs), grid("b", s_.inputs), row_weight(),
         per_channel("coefficient", false)},
        [=](Backend& b, Views v) {
          b.weighted_squared_error_adjoint(v[0], v[1], v[2], v[3], v[4], update);
        },
        4.0, dtype_, k_exact, 0.0);
  }

  Operand members(const char* name, bool output) const {
    return {name,  {s_.members, s_.batch, s_.inputs, s_.nlat, s_.nlon}, dtype_, Content::normal, 1,
            output};
  }

  void crps() {
    add(
        "crps", "alpha 0.95",
        {per_channel("out", true), members("members", false), grid("truth", s_.inputs),
         row_weight()},
        [](Backend& b, Views v) { b.crps(v[0], v[1], v[2], v[3], 0.95); }, 16.0, dtype_,
        "distances rounded once in the dtype, sums in fp64", 0.0);
  }

  void crps_adjoint(Update update) {
    add(
        "crps_adjoint", std::string("alpha 0.95 ") + name_of(update),
        {members("grad_members", true), members("members", false), grid("truth", s_.inputs),
         row_weight(), per_channel("coefficient", false)},
        [=](Backend& b, Views v) { b.crps_adjoint(v[0], v[1], v[2], v[3], 0.95, v[4], update); },
        8.0, dtype_, k_exact, 0.0);
  }

  /// \param corrected with bias corrections; without, and with a frozen second moment, else
  void adamw(bool corrected) {
    const std::int64_t size = s_.lmax * s_.inputs * s_.outputs * 2;
    OpCase& c = add(
        "adamw", corrected ? "" : "frozen",
        {shared("parameter", {size}, true),
         shared("m", {size}, true),
         {"v", {size}, dtype_, Content::positive, -1, true},
         shared("gradient", {size})},
        [=](Backend& b, Views v) {
          b.adamw(v[0], v[1], v[2], v[3],
                  AdamwStep{.learning_rate = 1e-2,
                            .beta2 = corrected ? 0.999 : 1.0,
                            .weight_decay = 0.1,
                            .gradient_scale = 0.5,
                            .step = 3,
                            .bias_correction = corrected});
        },
        8.0, dtype_, k_exact, 0.0);
    c.bytes = 7.0 * real(size * kernels::size_of(dtype_));
  }

  DType dtype_;
  OpShape s_;
  std::vector<OpCase> cases_;
};

}  // namespace

std::vector<OpCase> reduced_op_cases(const OpShape& shape) {
  return Builder(DType::f32, shape).build_reduced();
}

std::vector<OpCase> op_cases(DType dtype, const OpShape& shape) {
  return Builder(dtype, shape).build();
}

}  // namespace myriad
