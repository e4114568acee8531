#pragma once
/// \file
/// Legendre contractions of the spherical harmonic transform: the free functions the backends
/// delegate to.
///
/// Contract of the ops: kernels/backend.hpp (legendre_analysis, legendre_synthesis).
/// - `reference`: plain loops over all rows in fp64, whatever the dtype.
/// - `kokkos`: parity split (rows k and nlat-1-k are folded), one small matrix product per order
/// and parity with an own
///   register-blocked kernel. Every output is one chain of fused multiply-adds in increasing row
///   (or degree) order, summed in blocks, in a lane of its own: its bits do not depend on the
///   batch, on its column or on threads.
///
/// Cost, each way: 2 lmax^2 nlat flops per real field (half of that after the parity split), table
/// lmax^2 nlat / 4 values.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad::kernels {
namespace kokkos {

/// Copy the table of \p spec in the plan's dtype and in tiles. Values that are negligible near the
/// poles are dropped (below 1e-10 in fp32 and 1e-18 in fp64, in tiles), both ways alike, so the
/// adjoint relation stays exact.
std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec);
void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights);
void legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights);

}  // namespace kokkos

namespace reference {

std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec);
void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights);
void legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights);

}  // namespace reference
}  // namespace myriad::kernels
