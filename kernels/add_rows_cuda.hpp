#pragma once
/// \file
/// The last stage of the scores of the cuda backend. Private to the *_cuda.cu files.

#include "kernels/device_cuda.hpp"

namespace myriad::kernels::cuda {

/// out[k] = sum over latitudes of weight[lat] rows[k, lat], k < count, in increasing latitude.
inline void add_rows(Device& device, double* out, const double* rows, const double* weight, std::int64_t count, std::int64_t nlat) {
  for_each(device, count, [=] __device__(std::int64_t k) {
    double sum = 0.0;
    for (std::int64_t lat = 0; lat < nlat; ++lat) sum += weight[lat] * rows[k * nlat + lat];
    out[k] = sum;
  });
}

}  // namespace myriad::kernels::cuda
