#pragma once
/// \file
/// The part of the report that speaks about one channel.

#include <cstddef>
#include <string>

#include "diagnostics/report.hpp"

namespace myriad::diag::detail {

/// <section> with sentences, charts, maps, plumes, rank histograms, spectra and the table of one
/// channel.
std::string channel_section(const Report& report, std::size_t channel);

}  // namespace myriad::diag::detail
