#pragma once
/// \file
/// What tests on several ranks share (link myriad_mpi_test_main through myriad_add_mpi_test).

#include "src/comm/comm.hpp"

namespace myriad::test {

/// The communicator of all ranks of this test program. Calls in it time out after 30 s, so that a
/// rank that left a test early (failed ASSERT) is noticed instead of waited for.
Comm& world();

}  // namespace myriad::test
