#pragma once
/// \file
/// The networks that benchmarks and counts are about.

#include "src/model/sfno.hpp"

namespace myriad {

/// Network of the embedded checkpoints.
inline SfnoConfig default_network() {
  SfnoConfig c;
  c.grid_type = GridType::legendre_gauss;
  c.nlat = 32;
  c.nlon = 64;
  c.in_channels = 51;
  c.out_channels = 11;
  c.embed_dim = 64;
  c.layers = 4;
  c.identity_skip_from = 11;
  c.output_scale = true;
  return c;
}

/// A network on two grids, wide enough for the matrix products to dominate.
inline SfnoConfig regridding_network() {
  SfnoConfig c;
  c.grid_type = GridType::equiangular;
  c.nlat = 121;
  c.nlon = 240;
  c.scale_factor = 2;
  c.in_channels = 40;
  c.out_channels = 20;
  c.embed_dim = 128;
  c.layers = 4;
  return c;
}

/// A network on a one-degree grid that one GPU trains.
inline SfnoConfig one_degree_network() {
  SfnoConfig c;
  c.grid_type = GridType::equiangular;
  c.nlat = 181;
  c.nlon = 360;
  c.scale_factor = 2;
  c.in_channels = 110;
  c.out_channels = 74;
  c.embed_dim = 256;
  c.layers = 8;
  return c;
}

/// The published configuration of HENS (sfno.md 3.1): 1.1 G complex weights, for GPUs.
inline SfnoConfig hens_network() {
  SfnoConfig c;
  c.grid_type = GridType::equiangular;
  c.nlat = 721;
  c.nlon = 1440;
  c.scale_factor = 2;
  c.in_channels = 110;
  c.out_channels = 74;
  c.embed_dim = 620;
  c.layers = 8;
  return c;
}

}  // namespace myriad
