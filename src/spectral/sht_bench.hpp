#pragma once
/// \file
/// Measuring core of `myriad bench sht`: our transforms beside libsharp and ecTrans.

#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad {

/// Time of one transform direction, per field.
struct TransformTiming {
  std::string name;  ///< who: "myriad", "libsharp", "ectrans-sp"
  std::string what;  ///< the case, equal for everyone who ran it, such as "forward 360x720 lmax 360
                     ///< f32 x64"
  double median_seconds = 0.0;
  double min_seconds = 0.0;
  int samples = 0;
};

/// Time forward and inverse transforms of \p backend on the calling thread, each case followed at
/// once by its peers, so that a noisy machine treats them alike.
///
/// Cases: Gauss grid 360x720 with lmax 360 as 64 channels in fp32 and fp64 and as one channel in
/// fp64; Gauss grid 32x64 with lmax 32 as 16 members of 64 channels in fp32. Peers: libsharp
/// (loaded at run time, fp64, field by field, on all fp64 cases) and ecTrans (its own benchmark
/// program in single precision, T359 on F180, 64 fields); whichever is not installed is left out of
/// the result. \param seconds_per_case measuring time of each direction; at least three samples are
/// taken
std::vector<TransformTiming> bench_sht(kernels::Backend& backend, double seconds_per_case);

namespace detail {

/// libsharp's times per field; empty when libsharp.so.0 cannot be loaded.
std::vector<TransformTiming> bench_libsharp(int nlat, int nlon, int lmax, const std::string& suffix,
                                            double seconds_per_case);
/// Times per field that ectrans-benchmark-sp prints; empty when the program is not installed or
/// prints nothing we know.
std::vector<TransformTiming> bench_ectrans(int nlat, int lmax, int fields,
                                           const std::string& suffix);
/// The part of bench_ectrans that reads the program's report. Times are divided by \p fields.
std::vector<TransformTiming> parse_ectrans_report(const std::string& report, int fields,
                                                  int samples, const std::string& suffix);

}  // namespace detail
}  // namespace myriad
