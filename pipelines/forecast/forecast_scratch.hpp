#pragma once
/// \file
/// What a forecast keeps on disk or in memory until it is done.

#include <cstdint>

#include "pipelines/forecast/forecast_engine.hpp"

namespace myriad::pipelines {

/// Sizes that a forecast will need, predicted before it starts.
struct ScratchNeeds {
  PieceLayout tiles, fields, states;  ///< no groups: not needed
  bool in_memory = false;
  std::uint64_t disk_bytes = 0;    ///< of all ranks together, at most
  std::uint64_t memory_bytes = 0;  ///< per rank: check sums, and the pieces when they are in memory
};

ScratchNeeds scratch_needs(const ForecastSetup& setup, const TileLayout& layout, int ranks);

/// Folder of the scratch files.
std::filesystem::path scratch_folder(const ForecastSetup& setup);

/// Collective. Opens what an interrupted run of this very forecast has left (not with `resume: never`), or starts
/// empty.
/// Errors: agreed on by all ranks; those of make_file_store.
ScratchStores open_scratch(const ForecastSetup& setup, const ScratchNeeds& needs, Comm& comm);

/// Remove the files (one rank).
void remove_scratch(const ForecastSetup& setup);

}  // namespace myriad::pipelines
