// A program that fails on purpose; CTest checks its message and exit code (see CMakeLists.txt).
//
//   comm_failure_case silent   the last rank never joins a barrier: the others must name it and end
//   with 75 comm_failure_case dead     the last rank dies: the job must end instead of waiting
//   comm_failure_case abort    rank 0 meets an error that the others do not know of: all end with
//   74

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "src/base/error.hpp"
#include "src/comm/comm.hpp"

namespace {

void fail(const char* mode, myriad::Comm& comm) {
  comm.set_time_out(0.5);
  comm.set_phase("gradient exchange");
  const bool last = comm.rank() == comm.size() - 1;
  if (std::strcmp(mode, "silent") == 0) {
    // Far longer than the others wait; the launcher ends this rank when they give up.
    if (last) std::this_thread::sleep_for(std::chrono::seconds(60));
    comm.barrier();
  } else if (std::strcmp(mode, "dead") == 0) {
    if (last) ::_exit(9);
    comm.max(1);
  } else if (std::strcmp(mode, "abort") == 0) {
    if (comm.rank() == 0) comm.abort(74);
    comm.barrier();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  myriad::MpiScope mpi(&argc, &argv);
  try {
    fail(mode, mpi.world());
  } catch (const myriad::Error& error) {
    std::fprintf(stderr, "error %s: %s\n", error.id().c_str(), error.what());
    mpi.world().abort(myriad::exit_code(error.kind()));
  }
  return 0;
}
