#include "src/backend/op_cases.hpp"

namespace myriad {

using kernels::Activation;
using kernels::Backend;
using kernels::DType;
using kernels::SpectralLayout;
using kernels::TensorView;
using kernels::Update;
using Views = std::span<const TensorView>;

std::vector<GradientCase> gradient_cases(DType dtype, const OpShape& s) {
  using enum Dependence;
  const SpectralLayout lay{s.lmax, s.mmax};
  const auto grid = [&](const char* name, std::int64_t channels) {
    return Operand{name, {s.batch, channels, s.nlat, s.nlon}, dtype, Content::normal, 0, false};
  };
  const auto shared = [&](const char* name, std::vector<std::int64_t> extents) {
    return Operand{name, std::move(extents), dtype, Content::normal, -1, false};
  };
  const auto coefficients = [&](const char* name, std::int64_t channels) {
    return Operand{name, {s.batch, lay.size(), channels, 2}, dtype, Content::normal, 0, false};
  };
  const Operand row_weight{"row_weight", {s.nlat}, DType::f64, Content::row_weights, -1, false};
  const Operand per_channel{"out", {s.batch, s.inputs}, DType::f64, Content::normal, 0, true};
  const Operand stats{"stats", {s.batch, s.inputs, 2}, dtype, Content::normal, 0, false};

  std::vector<GradientCase> list;
  list.push_back(
      {"conv1x1",
       {grid("in", s.inputs), shared("weight", {s.outputs, s.inputs}), shared("bias", {s.outputs})},
       {linear, linear, smooth},
       grid("out", s.outputs),
       [](Backend& b, TensorView out, Views in) {
         b.conv1x1(out, in[0], in[1], in[2], Activation::none, Update::overwrite);
       },
       [](Backend& b, Views grads, TensorView grad_out, Views in) {
         b.conv1x1_adjoint_input(grads[0], grad_out, in[1], Update::accumulate);
         b.conv1x1_adjoint_weight(grads[1], grads[2], grad_out, in[0], Update::accumulate);
       }});
  list.push_back(
      {"spectral_mix",
       {coefficients("in", s.inputs), shared("weight", {s.lmax, s.inputs, s.outputs, 2})},
       {linear, linear},
       coefficients("out", s.outputs),
       [lay](Backend& b, TensorView out, Views in) { b.spectral_mix(lay, out, in[0], in[1]); },
       [lay](Backend& b, Views grads, TensorView grad_out, Views in) {
         b.spectral_mix_adjoint_input(lay, grads[0], grad_out, in[1]);
         b.spectral_mix_adjoint_weight(lay, grads[1], in[0], grad_out, Update::accumulate);
       }});
  list.push_back(
      {"spectral_conv1x1",
       {coefficients("in", s.inputs), shared("weight", {s.outputs, s.inputs})},
       {linear, linear},
       coefficients("out", s.outputs),
       [](Backend& b, TensorView out, Views in) { b.spectral_conv1x1(out, in[0], in[1]); },
       [](Backend& b, Views grads, TensorView grad_out, Views in) {
         b.spectral_conv1x1_adjoint_input(grads[0], grad_out, in[1], Update::accumulate);
         b.spectral_conv1x1_adjoint_weight(grads[1], grad_out, in[0], Update::accumulate);
       }});
  for (Activation activation : {Activation::none, Activation::gelu}) {
    list.push_back(
        {std::string("instance_norm ") + name_of(activation),
         {grid("in", s.inputs), shared("gamma", {s.inputs}), shared("beta", {s.inputs}), stats},
         {smooth, smooth, smooth, none},
         grid("out", s.inputs),
         [activation](Backend& b, TensorView out, Views in) {
           b.instance_norm(out, in[3], in[0], in[1], in[2], 1e-6, activation);
         },
         [activation](Backend& b, Views grads, TensorView grad_out, Views in) {
           b.instance_norm_adjoint(grads[0], grads[1], grads[2], grad_out, in[0], in[3], in[1],
                                   in[2], activation);
         }});
  }
  list.push_back({"gelu",
                  {grid("in", s.inputs)},
                  {smooth},
                  grid("out", s.inputs),
                  [](Backend& b, TensorView out, Views in) { b.gelu(out, in[0]); },
                  [](Backend& b, Views grads, TensorView grad_out, Views in) {
                    b.gelu_adjoint(grads[0], grad_out, in[0]);
                  }});
  list.push_back({"weighted_squared_error",
                  {grid("a", s.inputs), grid("b", s.inputs), row_weight},
                  {smooth, none, none},
                  per_channel,
                  [](Backend& b, TensorView out, Views in) {
                    b.weighted_squared_error(out, in[0], in[1], in[2]);
                  },
                  [](Backend& b, Views grads, TensorView grad_out, Views in) {
                    b.weighted_squared_error_adjoint(grads[0], in[0], in[1], in[2], grad_out,
                                                     Update::accumulate);
                  }});
  for (double alpha : {0.0, 0.95, 1.0}) {
    list.push_back(
        {"crps alpha " + std::to_string(alpha),
         {Operand{"members",
                  {s.members, s.batch, s.inputs, s.nlat, s.nlon},
                  dtype,
                  Content::normal,
                  1,
                  false},
          grid("truth", s.inputs), row_weight},
         {kinked, none, none},
         per_channel,
         [alpha](Backend& b, TensorView out, Views in) { b.crps(out, in[0], in[1], in[2], alpha); },
         [alpha](Backend& b, Views grads, TensorView grad_out, Views in) {
           b.crps_adjoint(grads[0], in[0], in[1], in[2], alpha, grad_out, Update::overwrite);
         }});
  }
  return list;
}

}  // namespace myriad
