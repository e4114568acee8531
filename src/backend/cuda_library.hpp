#pragma once
/// \file
/// The backend on NVIDIA GPUs, from a library that is loaded on demand.

#include <memory>

#include "kernels/backend.hpp"

namespace myriad {

/// One GPU per process: the n-th process of a node uses the n-th device that CUDA_VISIBLE_DEVICES shows.
/// \param threads of the host; more than one is refused.
/// Errors: ErrorKind::unavailable E2281 when the library is not installed or does not load (CUDA's own libraries are missing),
/// E2283 when there is no driver or no device left, E2282 for threads. Never falls back to the CPU.
std::shared_ptr<kernels::Backend> make_cuda_backend(int threads);

}  // namespace myriad
