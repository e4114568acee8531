#pragma once
/// \file
/// Where the parameters of an SFNO lie in its list and on which grids its blocks work. Private to src/model.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "src/grid/grid.hpp"
#include "src/model/parameters.hpp"
#include "src/model/sfno.hpp"

namespace myriad::detail {

/// Positions in the list made by sfno_parameters.
inline constexpr std::size_t k_encoder_weight0 = 0;
inline constexpr std::size_t k_encoder_bias0 = 1;
inline constexpr std::size_t k_encoder_weight2 = 2;
inline constexpr std::size_t k_first_block = 3;
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
enum TailParameter : std::size_t { decoder_weight0, decoder_bias0, decoder_weight2, big_skip_weight, k_tail_parameters };

inline constexpr double k_norm_epsilon = 1e-6;

struct SfnoLayout {
  explicit SfnoLayout(const SfnoConfig& c)
      : layers(c.layers),
        outer(c.grid_type, c.nlat, c.nlon),
        inner(GridType::legendre_gauss, c.internal_nlat(), c.internal_nlon()) {}

  bool first(std::int64_t b) const { return b == 0; }
  bool last(std::int64_t b) const { return b == layers - 1; }
  const Grid& input_grid(std::int64_t b) const { return first(b) ? outer : inner; }
  const Grid& output_grid(std::int64_t b) const { return last(b) ? outer : inner; }
  /// sfno.md 3.3 step 2: the residual goes through the spectrum when the grids of a block differ.
  bool regrids(std::int64_t b) const { return !(input_grid(b) == output_grid(b)); }
  std::size_t block(std::int64_t b, BlockParameter p) const {
    return k_first_block + static_cast<std::size_t>(b) * k_block_parameters + p;
  }
  std::size_t tail(TailParameter p) const {
    return k_first_block + static_cast<std::size_t>(layers) * k_block_parameters + p;
  }

  std::int64_t layers;
  Grid outer, inner;
};

}  // namespace myriad::detail
