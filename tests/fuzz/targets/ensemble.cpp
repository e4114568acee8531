/// Ensembles in NetCDF files: dimensions by each convention, starts, leads, members, fields.

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/ensemble_walk.hpp"
#include "tests/fuzz/targets/scratch_file.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const ScratchFile scratch("ensemble", data, size);
  io::EnsembleOptions options;
  options.files = {scratch.path()};
  walk_ensemble(options);
  // A variable by its name, on any part of the sphere, without a lead.
  options.channels = {{"any", ""}};
  options.variable_names = {{"any", "t850"}};
  options.lead_if_absent = Duration{};
  walk_ensemble(options);
  return 0;
}

}  // namespace myriad::fuzz
