#pragma once
/// \file
/// Speed of the ops: the cases of op_cases.hpp, timed.

#include <string>
#include <vector>

#include "src/backend/op_cases.hpp"

namespace myriad {

/// One measured case.
struct OpBenchRow {
  std::string name;      ///< op and variant
  std::string shape;     ///< shape name
  double median = 0.0;   ///< seconds per call
  double fastest = 0.0;  ///< seconds per call
  int calls = 0;
  double gflops = 0.0;  ///< 1e9 flops per second at the median; 0 for ops that only move data
  double gbytes_per_second = 0.0;  ///< compulsory traffic at the median: every operand once
};

struct OpBenchOptions {
  std::string only;      ///< run cases whose name contains this
  double seconds = 0.2;  ///< per case, at least
  int calls = 5;         ///< per case, at least
  kernels::DType dtype = kernels::DType::f32;
};

/// Time every case of \p shapes on \p backend, after one untimed call each.
std::vector<OpBenchRow> bench_ops(kernels::Backend& backend, const std::vector<OpShape>& shapes,
                                  const OpBenchOptions& options);

/// The ensemble score on a 0.25-degree grid with 50 members (performance target 0.15 s on one
/// core).
OpShape crps_bench_shape();

}  // namespace myriad
