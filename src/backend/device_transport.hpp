#pragma once
/// \file
/// What carries data of devices between ranks: NCCL from device to device, or MPI through the memory of the hosts.

#include <memory>
#include <string>
#include <string_view>

#include "kernels/backend.hpp"
#include "kernels/collective.hpp"
#include "src/comm/comm.hpp"

namespace myriad {

enum class Transport : std::uint8_t {
  automatic,  ///< nccl where there are several ranks and the backend has it, else mpi
  mpi,
  nccl,
};

/// "auto", "mpi", "nccl"; anything else is a programmer error.
Transport transport_from_string(std::string_view name);

/// The choice for one backend on the ranks of one communicator.
class DeviceTransport {
 public:
  /// Collective over the ranks, which all get the same choice. \p backend and \p comm must outlive the object.
  /// Errors: ErrorKind::unavailable (E2284, on all ranks) when \p wanted is nccl and it cannot be used; never MPI instead.
  DeviceTransport(kernels::Backend& backend, Comm& comm, Transport wanted);

  /// Null: over MPI.
  kernels::Collective* collective() const { return collective_.get(); }
  /// "none" (one rank), "mpi" or "nccl", for manifests.
  const char* name() const { return name_; }
  /// The name with the library, or with the reason for MPI.
  const std::string& description() const { return description_; }
  /// On the root: tell the choice in the log of \p verb; a warning (E2285) when it is MPI because NCCL is missing for a GPU.
  void log(std::string_view verb) const;

 private:
  std::unique_ptr<kernels::Bootstrap> bootstrap_;
  std::unique_ptr<kernels::Collective> collective_;
  const char* name_ = "mpi";
  std::string description_;
  bool second_choice_ = false;
};

/// Wait for the exchanges issued on \p collective.
/// Errors: ErrorKind::stopped_early (E2286) when one failed or a rank stayed silent for longer than the time-out of its Comm.
void wait_for(kernels::Collective& collective);

}  // namespace myriad
