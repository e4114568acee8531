#pragma once
/// \file
/// What a forecast will do and need, for people, before it starts.

#include <string>

#include "pipelines/forecast/cascade_settings.hpp"
#include "pipelines/forecast/ensemble_statistics.hpp"
#include "pipelines/forecast/forecast_scratch.hpp"
#include "pipelines/forecast/memory_plan.hpp"

namespace myriad::pipelines {

/// The text of `--dry-run`: plan, memory per rank, bytes and files, free space, estimated time with its basis, sbatch line.
///
/// The estimate comes from stepping one block on this machine.
/// \param cascade null: all members in one round
/// \param exchange between devices; null: none
std::string plan_text(const ForecastSetup& setup, const EnsembleStatistics* statistics, const CascadeSettings* cascade,
                      const ScratchNeeds& needs, const RankExchange* exchange, int ranks, const std::string& configuration);

/// Errors: config_invalid E2630 with the arithmetic when there are more ranks than blocks; io E2647 when the disk cannot hold
/// scratch and output; resources E2663 when the device cannot hold a block.
void check_feasible(const ForecastSetup& setup, const EnsembleStatistics* statistics, const CascadeSettings* cascade,
                    const ScratchNeeds& needs, const RankExchange* exchange, int ranks);

}  // namespace myriad::pipelines
