#pragma once
/// \file
/// `myriad bench stages`: where the time of a network's step goes, beside the least time of each stage.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/bench/bench_roofs.hpp"
#include "pipelines/common/verb.hpp"
#include "src/model/sfno_stages.hpp"

namespace myriad::pipelines {

/// What of a network is measured.
struct StagesCase {
  std::string network;  ///< "default", "regridding", "one_degree", "hens"
  NetworkPass pass = NetworkPass::forward;
  std::int64_t batch = 1;
  Precision precision = Precision::f32;

  SfnoConfig config() const;
  NetworkStages count() const { return count_network_stages(config(), batch, pass, precision); }
  /// What a step needs at least of the memory of \p backend.
  std::int64_t bytes_on(const std::shared_ptr<Backend>& backend) const;
  /// "default forward 32x64 embed 64 layers 4 batch 1 f32"
  std::string what() const;
};

/// The cases of \p network (default: default), \p batch (numbers between commas, default 1), \p pass (default: forward) and
/// \p precision (default: f32).
/// Errors: ErrorKind::usage (E2672) for anything else.
std::vector<StagesCase> stages_cases(const std::optional<std::string>& network, const std::optional<std::string>& batch,
                                     const std::optional<std::string>& pass, const std::optional<std::string>& precision = {});

/// Why a case was left out. \param bytes predicted, of tensors alone where the device's memory is not
std::string does_not_fit(std::int64_t bytes);

/// The options of this benchmark, for the verb.
std::vector<CliOption> stages_options();
/// Errors: ErrorKind::usage (E2673) when an option of stages_options() is given, for the other benchmarks.
void refuse_stages_options(const VerbContext& context);

/// Run the benchmark as the options of \p context say, and print. \p backend names the backend.
void run_stages(const VerbContext& context, const std::string& backend, double seconds);

/// Least time of a step whose stages follow each other: the sum of their floors.
double floor_seconds(const NetworkStages& step, const Roofs& roofs);

/// "device memory at the peak: 12.1 GB, predicted 12.6 GB"; empty where it was not measured.
std::string memory_text(const NetworkStages& step);

/// One step as a table, or as JSON lines. Columns of roofs that are not given, and of times when nothing was timed, are left out.
std::string stages_table(const StagesCase& c, const NetworkStages& step, const std::vector<Roofs>& roofs);
std::string stages_json(const StagesCase& c, const NetworkStages& step, const std::vector<Roofs>& roofs);

}  // namespace myriad::pipelines
