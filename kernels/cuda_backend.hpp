#pragma once
/// \file
/// The entry of the cuda backend. It lies in a library of its own (libmyriad_cuda.so), loaded when it is asked for, so that the
/// program starts on machines without CUDA.

#include "kernels/backend.hpp"

extern "C" {

/// Make a backend on the GPU for the \p local_rank-th process of this node; the caller owns it.
/// \returns null when there is none; then \p why tells the reason (static text).
[[gnu::visibility("default")]] myriad::kernels::Backend* myriad_make_cuda_backend(int local_rank, const char** why);

/// Type of the entry.
using MyriadMakeCudaBackend = decltype(myriad_make_cuda_backend);
}
