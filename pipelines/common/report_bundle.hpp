#pragma once
/// \file
/// What a user sends when the program itself failed: no field data, no environment.

#include <filesystem>
#include <string>
#include <string_view>

namespace myriad::pipelines {

/// Facts of this process that a report needs; kept from the start, because a crash cannot collect
/// them.
struct ReportFacts {
  std::filesystem::path directory;  ///< where the bundle goes: the run directory if known
  std::string run_id;
  std::string verb;
  std::string config;  ///< Config::show(); empty before the configuration is read
  int rank = 0;
};

void set_report_facts(ReportFacts facts);

/// Write `report-<run id>/` (or `report-<run id>-rank<r>/`): failure, log tail, configuration,
/// versions, copy of run.manifest. Returns the directory, empty when it could not be written (never
/// throws).
std::filesystem::path write_report_bundle(std::string_view failure,
                                          std::string_view stack) noexcept;

/// Symbols of the calling stack, one frame a line.
std::string stack_text();

/// Turn SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT into a stack on stderr, a report bundle and
/// exit 70. Does nothing under a sanitizer, which reports better.
void install_crash_handler();

}  // namespace myriad::pipelines
