#pragma once
/// \file
/// The memory that a block of members needs, found before any of it is taken.

#include <cstdint>

#include "pipelines/forecast/forecast_setup.hpp"
#include "src/statistics/tile_layout.hpp"

namespace myriad::pipelines {

/// The exchange of statistics from device to device (DeviceTileExchange) on one of several ranks.
struct RankExchange {
  TileLayout tiles;
  int rank = 0;
  int ranks = 1;
};

/// Bytes on the device (or the host, without one) of a block of \p members: weights, states, fields and scratch of the largest
/// network, with noise on the weights when configured. A block is walked through on a backend that does nothing; no formula can
/// be wrong. Without what perturbations of the initial state hold (perturbation_cost).
/// \param exchange its buffers are counted; null: fields of statistics come to the host
std::uint64_t block_bytes(const ForecastSetup& setup, std::int64_t members, const RankExchange* exchange);

/// Errors: ErrorKind::resources (E2663) when a block does not fit into the free memory of the device, with what is needed, what is
/// free and a setting that fits. Devices that do not tell their memory pass. To be called when the ranks are connected: what their
/// library has taken is no longer free.
/// \param statistics bytes that reducing the members takes on the device
void check_device_memory(const ForecastSetup& setup, const RankExchange* exchange, std::uint64_t statistics);

}  // namespace myriad::pipelines
