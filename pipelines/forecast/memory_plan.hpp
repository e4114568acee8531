#pragma once
/// \file
/// The memory that a block of members needs, found before any of it is taken.

#include <cstdint>

#include "pipelines/forecast/forecast_setup.hpp"

namespace myriad::pipelines {

/// Bytes on the device (or the host, without one) of a block of \p members: weights, states, fields and scratch of the largest
/// network, with noise on the weights when configured. A block is walked through on a backend that does nothing; no formula can
/// be wrong. Without what perturbations of the initial state hold (perturbation_cost).
std::uint64_t block_bytes(const ForecastSetup& setup, std::int64_t members);

/// Errors: ErrorKind::resources (E2663) when a block does not fit into the free memory of the device, with what is needed, what is
/// free and a setting that fits. Devices that do not tell their memory pass.
void check_device_memory(const ForecastSetup& setup);

}  // namespace myriad::pipelines
