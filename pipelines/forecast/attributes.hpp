#pragma once
/// \file
/// Global attributes of the files of a forecast.

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/config.hpp"
#include "src/base/time.hpp"
#include "src/io/cf_output.hpp"

namespace myriad::pipelines {

/// What the files of one forecast have in common.
struct ForecastFacts {
  std::string id;  ///< hash of configuration, weights and initial state
  std::string config_sha256;
  Instant start;
  Duration lead;
  std::uint64_t seed = 0;
  std::string perturbation;  ///< key `perturbation.kind`
  std::string precision;     ///< as to_string(Precision)
  std::string backend;
  std::vector<std::string> checkpoints;     ///< file names
  std::vector<std::string> weights_sha256;  ///< one per checkpoint
};

/// Attributes of a member file. \p output is the section `output` with its title and the
/// attribution keys. Determinism: a function of its arguments and the program's version; never of
/// clock, host or folder.
io::NcAttributes member_attributes(const Config& output, const ForecastFacts& facts,
                                   std::int64_t member, std::int64_t checkpoint);

/// Attributes of a file of statistics over \p members members. \p what heads the title's second
/// part ("mean and standard deviation"), \p estimator states the equation.
io::NcAttributes product_attributes(const Config& output, const ForecastFacts& facts,
                                    std::size_t members, const std::string& what,
                                    const std::string& estimator);

}  // namespace myriad::pipelines
