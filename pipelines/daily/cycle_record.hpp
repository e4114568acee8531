#pragma once
/// \file
/// What is known about one cycle of a suite: cycle.json in the cycle's directory.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/base/time.hpp"

namespace myriad::pipelines {

/// State of one cycle. Every field is what has been completed, so that a cycle can be given again
/// at any time.
struct CycleRecord {
  Instant cycle;
  std::string run_id;  ///< of the program start that wrote the record
  bool analysis_chosen = false;
  Instant start;                ///< of the forecast; earlier than `cycle` after a fallback
  std::string source;           ///< name of the analysis source
  std::string fallback_reason;  ///< empty: the analysis of the cycle itself
  Duration lead;                ///< of the forecast; the end is that of an undisturbed cycle
  bool forecast_done = false;
  bool forecast_degraded = false;  ///< the forecast left with 3
  bool verified = false;
  std::uint64_t pruned_files = 0;
  std::uint64_t pruned_bytes = 0;

  bool fallback() const { return start != cycle; }
  Instant end() const { return start + lead; }
};

/// Directory of a cycle in a suite: "<suite>/20030115T000000Z".
std::filesystem::path cycle_directory(const std::filesystem::path& suite, const Instant& cycle);

/// The record of a cycle, nullopt when there is none. Errors: input_corrupt E2680.
std::optional<CycleRecord> read_cycle_record(const std::filesystem::path& directory);
void write_cycle_record(const std::filesystem::path& directory, const CycleRecord& record);

/// Records of all cycles of a suite, oldest first. Folders without a record are passed over.
std::vector<CycleRecord> read_cycle_records(const std::filesystem::path& suite);

/// One sentence for people: which analysis the forecast started from and why.
std::string describe_start(const CycleRecord& record);

}  // namespace myriad::pipelines
