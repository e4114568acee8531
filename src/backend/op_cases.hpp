#pragma once
/// \file
/// One list of cases of every op (the transforms have their own). It drives the tests of
/// correctness and of gradients of every backend and the measurement of speed.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad {

/// In names of cases.
inline const char* name_of(kernels::Activation a) {
  return a == kernels::Activation::gelu ? "gelu" : "plain";
}
inline const char* name_of(kernels::Update u) {
  return u == kernels::Update::accumulate ? "accumulate" : "overwrite";
}

/// What an operand is filled with before a case runs. All content is seeded.
enum class Content : std::uint8_t {
  normal,       ///< mean 0, variance 1, bell-shaped, within 3
  positive,     ///< |normal| + 0.1
  row_weights,  ///< positive, sum 1
  low_bounds,   ///< -1.5 - |normal| / 2: some normal numbers lie below
  high_bounds,  ///< 1.5 + |normal| / 2
  bits,         ///< whole numbers from 1 to 24
};

/// One tensor of a case.
struct Operand {
  std::string name;
  std::vector<std::int64_t> extents;
  kernels::DType dtype = kernels::DType::f32;
  Content content = Content::normal;
  /// Dimension of the batch, or -1 when the operand is shared by all batch elements.
  int batch_dim = -1;
  bool is_output = false;

  std::int64_t size() const;
};

/// Sizes a case list is built for.
struct OpShape {
  std::string name;
  std::int64_t batch = 1;
  std::int64_t inputs = 1;   ///< input channels
  std::int64_t outputs = 1;  ///< output channels
  std::int64_t nlat = 1;
  std::int64_t nlon = 1;
  std::int64_t lmax = 1;
  std::int64_t mmax = 1;
  std::int64_t members = 1;  ///< of ensemble losses
};

/// One call of one op.
struct OpCase {
  std::string op;
  std::string variant;
  std::string shape;
  std::vector<Operand> operands;
  std::function<void(kernels::Backend&, std::span<const kernels::TensorView>)> run;
  /// Largest error allowed against the reference backend, relative to the largest magnitude of an
  /// output.
  double tolerance = 0.0;
  const char* reason = "";
  double flops = 0.0;
  double bytes = 0.0;

  std::string name() const {
    return op + (variant.empty() ? "" : " " + variant) + " [" + shape + "]";
  }
};

/// Every op at one shape and dtype.
std::vector<OpCase> op_cases(kernels::DType dtype, const OpShape& shape);

/// What a forward and backward pass on tensor cores asks of a backend that supports tf32, bf16 and f16, at one shape. Operands
/// begin at a multiple of 16 bytes.
std::vector<OpCase> reduced_op_cases(const OpShape& shape);

/// Small shapes with odd extents and rests of every kind (tests).
std::vector<OpShape> test_shapes();
/// Shapes of training and of larger models (measurement).
std::vector<OpShape> bench_shapes();

/// How an output depends on an input.
enum class Dependence : std::uint8_t {
  none,    ///< not differentiated (weights of a loss, saved statistics)
  linear,  ///< linear with the other inputs fixed: the adjoint is checked by dot products
  smooth,  ///< differentiable: checked by finite differences only
  kinked,  ///< linear between kinks: finite differences with a step that meets none
};

/// An op with its adjoint, as a function of several inputs.
struct GradientCase {
  std::string name;
  std::vector<Operand> inputs;
  std::vector<Dependence> dependence;  ///< one per input
  Operand output;
  std::function<void(kernels::Backend&, kernels::TensorView out,
                     std::span<const kernels::TensorView> in)>
      forward;
  /// grads[k] receives the gradient of input k (zero on entry); empty views for Dependence::none.
  std::function<void(kernels::Backend&, std::span<const kernels::TensorView> grads,
                     kernels::TensorView grad_out, std::span<const kernels::TensorView> in)>
      adjoint;
};

/// Every differentiable op at one shape and dtype.
std::vector<GradientCase> gradient_cases(kernels::DType dtype, const OpShape& shape);

/// Fill host values for an operand; a pure function of seed and operand.
std::vector<double> operand_values(const Operand& operand, std::uint32_t seed);

}  // namespace myriad
