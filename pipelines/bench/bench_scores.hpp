#pragma once
/// \file
/// Times the scores of ensembles.

#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "pipelines/bench/bench_row.hpp"

namespace myriad::pipelines {

/// Fair CRPS of fields of several sizes, and all scores of one case in one pass, from members in host memory; beside the time that
/// reading them once takes and the packages that \p peer_script times (empty: none).
/// Errors: those of run_peer_script().
std::vector<BenchRow> run_scores(kernels::Backend& backend, double seconds, const std::string& peer_script);

}  // namespace myriad::pipelines
