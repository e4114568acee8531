#pragma once
/// \file
/// The golden network of sfno.md section 3.11 and small networks for gradient checks.

#include <vector>

#include "src/model/sfno.hpp"

namespace myriad::test {

/// 17x32 equiangular, scale 2, 5 -> 3 channels, width 4, 3 blocks.
SfnoConfig golden_config();

/// Values sin(0.37 k + 0.9 t) of the specification, placed in our parameter layout.
void fill_golden(ParameterSet& parameters, const SfnoConfig& config);

/// Input sin(0.11 k + 0.3), row-major 5 x 17 x 32.
std::vector<double> golden_input(const SfnoConfig& config);

}  // namespace myriad::test
