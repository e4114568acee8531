#pragma once
/// \file
/// The communicator over MPI. For the implementation of src/comm and its tests.

#include <cstddef>
#include <memory>

#include "src/comm/comm.hpp"

namespace myriad::detail {

/// MPI counts are 32-bit: longer messages travel in pieces of this many bytes.
inline constexpr std::size_t k_mpi_chunk = std::size_t{1} << 30;

/// All ranks; MPI must be initialised. \p chunk_bytes the same on every rank.
std::unique_ptr<Comm> make_world_comm(std::size_t chunk_bytes = k_mpi_chunk);

/// Whether \p comm gave up waiting: MPI must not be finalised then, because that would wait as
/// well.
bool is_broken(const Comm& comm);

/// Whether a launcher that speaks MPI started this process (decided from its environment).
bool launched_for_mpi();

}  // namespace myriad::detail
