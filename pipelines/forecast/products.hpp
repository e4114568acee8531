#pragma once
/// \file
/// Products of a finished ensemble.

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/cf_output.hpp"
#include "src/io/channel.hpp"

namespace myriad::pipelines {

/// What the products are made of.
struct ProductRequest {
  std::vector<std::filesystem::path> members;  ///< published files, in member order
  std::vector<io::Channel> channels;
  Grid grid{GridType::legendre_gauss, 2, 2};
  Instant start;
  std::vector<Duration> leads;
  io::NcAttributes attributes;
};

/// Write mean and standard deviation (divisor N - 1; only the mean for one member) of every channel and lead, layout A:
/// <channel>_mean and <channel>_stddev (time, latitude, longitude).
///
/// Reads the published members one lead at a time: memory is a few fields per channel, whatever the number of members.
/// Sums in fp64 in member order, so that the file does not depend on ranks. An existing file is replaced.
/// Errors: those of the readers and of io::ProductWriter.
io::PublishedFile write_ensemble_products(const std::filesystem::path& path, const ProductRequest& request);

}  // namespace myriad::pipelines
