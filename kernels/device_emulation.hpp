#pragma once
/// \file
/// CUDA's execution model on the host, so that the very text of the device kernels runs in tests on machines without a GPU.
///
/// Blocks run one after the other; the threads of a block are fibres that take turns at __syncthreads(). Shared memory is
/// static memory. Slow, for tests only. Private to the *_cuda.cu files compiled with MYRIAD_CUDA_EMULATION.

#include <functional>
#include <vector>

namespace myriad::kernels::emulation {

struct Extent {
  unsigned x = 1, y = 1, z = 1;
};

/// Where the running thread is; set before it (re)starts.
extern Extent block_index, thread_index, block_extent, grid_extent;

/// What a device was told to do.
using Recording = std::vector<std::function<void()>>;

/// Work for the device: done at once, or added to the recording under way.
void issue(std::function<void()> work);
/// Work that is done at the latest moment: when more is issued, or by settle().
void postpone(std::function<void()> work);
void settle();
/// Record what is issued from now on, doing nothing of it; null: stop.
void record(Recording* recording);
bool recording();

/// Wait for the other threads of the block.
void synchronise_block();

/// The warp's product of kernels/mma_product_cuda.hpp; every thread of the block must take part. Operands that are not rounded to
/// TF32 abort.
void multiply_tf32(float (&d)[4], const float (&a)[4], const float (&b)[2]);

/// Call \p body once per thread of a grid.
void run_grid(Extent grid, Extent block, const std::function<void()>& body);

}  // namespace myriad::kernels::emulation

// The words of CUDA C++ that the kernels use.
#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)
#define __syncthreads() ::myriad::kernels::emulation::synchronise_block()
#define blockIdx ::myriad::kernels::emulation::block_index
#define threadIdx ::myriad::kernels::emulation::thread_index
#define blockDim ::myriad::kernels::emulation::block_extent
#define gridDim ::myriad::kernels::emulation::grid_extent
