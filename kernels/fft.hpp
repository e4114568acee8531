#pragma once
/// \file
/// Batched real FFT along longitude: the free functions the backends delegate to.
///
/// Contract of the ops: kernels/backend.hpp (fft_forward, fft_inverse).
/// - `reference`: direct DFT in fp64 with an exact twiddle table, O(nlon mmax) per row.
/// - `kokkos`: two providers, both always tested. `lanes` is our own mixed-radix FFT whose SIMD
/// lanes are rows, so that no
///   shuffle is needed inside a transform; O(n log n) for products of small primes, O(n p) for a
///   prime factor p. `fftw` transforms one row after the other with FFTW. Neither lets a row's bits
///   depend on its neighbours.

#include <cstdint>
#include <memory>

#include "kernels/backend.hpp"

namespace myriad::kernels {

/// Which FFT a kokkos plan runs.
enum class FftProvider : std::uint8_t { automatic, lanes, fftw };

/// Whether this build contains FFTW.
bool fftw_available();

/// Name of the provider a kokkos plan made with `automatic` runs: "lanes" or "fftw".
const char* default_fft_provider();

namespace kokkos {

/// Prepare transforms of shape \p spec; allocates tables. Thread-safe.
/// Preconditions: nlat >= 1, nlon >= 1, 1 <= mmax <= nlon/2 + 1; provider fftw only when
/// fftw_available().
std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec,
                                       FftProvider provider = FftProvider::automatic);
/// grid [batch, channel, lat, lon] -> fourier [batch, m, lat, channel, 2]. Bitwise independent of
/// batch and threads.
void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale);
/// fourier [batch, m, lat, channel, 2] -> grid [batch, channel, lat, lon]. Bitwise independent of
/// batch and threads.
void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale);

}  // namespace kokkos

namespace reference {

std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec);
void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale);
void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale);

}  // namespace reference
}  // namespace myriad::kernels
