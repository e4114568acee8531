#pragma once
/// \file
/// Small lists that every rank gets to know.

#include <cstdint>
#include <string>
#include <vector>

#include "src/comm/comm.hpp"

namespace myriad {

/// Collective: the numbers of all ranks, sorted, on every rank.
std::vector<std::int64_t> gather_sorted(Comm& comm, const std::vector<std::int64_t>& mine);

/// Collective: the texts of all ranks in rank order, on every rank.
std::vector<std::string> gather_texts(Comm& comm, const std::vector<std::string>& mine);

}  // namespace myriad
