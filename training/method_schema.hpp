#pragma once
/// \file
/// Distributed training methods as configurations.

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/config.hpp"
#include "training/method.hpp"

namespace myriad::train {

/// Adds the keys of a method, with their ranges (optimizers.md 17.5), to \p section.
void add_method_keys(Schema& section);
/// The schema of the files in configs/training/.
Schema method_schema();
/// Reads those of the keys that the method's parts look at.
MethodConfig read_method(const Config& config);

struct LoadedMethod {
  MethodConfig config;
  std::string sha256;  ///< of all values, wherever they were set
};
/// A preset. \param settings "compressor.ratio=0.02": keys set otherwise
/// Errors: those of Config; ErrorKind::config_invalid (E2430) for a key that has no effect.
LoadedMethod load_method(const std::filesystem::path& path, const std::vector<std::string>& settings);

}  // namespace myriad::train
