#include <mpi.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "src/base/error.hpp"
#include "src/comm/comm.hpp"
#include "src/comm/mpi_comm.hpp"

namespace myriad {

namespace detail {

namespace {

/// Tasks of the Slurm step this process belongs to; 0 outside of a step.
long slurm_step_tasks() {
  const char* step = std::getenv("SLURM_STEP_ID");
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (step == nullptr || tasks == nullptr) return 0;
  return std::strtol(tasks, nullptr, 10);
}

}  // namespace

bool launched_for_mpi() {
  // mpirun of Open MPI; anything that speaks PMIx; MPICH, Intel MPI and Cray PALS.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PALS_RANKID"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return slurm_step_tasks() > 1;
}

}  // namespace detail

std::string mpi_library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string_view all(text.data(), static_cast<std::size_t>(length));
  return std::string(all.substr(0, all.find_first_of(",\n")));
}

MpiScope::MpiScope(int* argc, char*** argv) {
  if (!detail::launched_for_mpi()) {
    world_ = make_self_comm();
    return;
  }
  int provided = 0;
  MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
  initialised_ = true;
  world_ = detail::make_world_comm();
  // Without PMIx in srun every task would be rank 0 of 1 and all would write the same files.
  const long tasks = detail::slurm_step_tasks();
  const bool lonely =
      std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr && tasks > 1 && world_->size() == 1;
  MYRIAD_VALIDATE(!lonely, ErrorKind::unavailable, "E1104",
                  "srun started {} tasks but MPI sees one (the step has no MPI support); use srun "
                  "--mpi=pmix or mpirun",
                  tasks);
}

MpiScope::~MpiScope() {
  if (!initialised_) return;
  if (detail::is_broken(*world_)) {
    // Finalising would wait for the ranks that are gone.
    MPI_Abort(MPI_COMM_WORLD, exit_code(ErrorKind::stopped_early));
  }
  if (std::uncaught_exceptions() > 0) {
    // The other ranks know nothing of it: finalising would wait for them. The launcher ends them when this process leaves.
    static_cast<void>(world_.release());
    return;
  }
  world_.reset();
  MPI_Finalize();
}

}  // namespace myriad
