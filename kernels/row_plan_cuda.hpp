#pragma once
/// \file
/// Row transforms of fields on the device, in pieces of channels. Private to the *_cuda.cu files.

#include <algorithm>
#include <map>

#include "kernels/device_cuda.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::cuda {

template <class To, class From>
void convert_rows(Device& device, To* to, const From* from, std::int64_t count) {
  for_each(device, count, [=] __device__(std::int64_t k) { to[k] = narrow<To>(widen(from[k])); });
}

/// Library plans by the number of rows of a piece.
struct RowPlan final : FftPlan {
  RowPlan(Device& d, const FftSpec& s) : FftPlan(s), device(d) {}

  RowFft& rows(std::int64_t channels) const {
    std::unique_ptr<RowFft>& fft = plans[channels];
    if (!fft) fft = device.make_row_fft(spec().dtype, spec().nlon, channels * spec().nlat);
    return *fft;
  }
  std::int64_t orders() const { return spec().nlon / 2 + 1; }

  /// Of a channel.
  static std::int64_t spectrum_bytes(const FftSpec& s) { return s.nlat * (s.nlon / 2 + 1) * 2 * size_of(s.dtype); }
  /// Channels whose spectra are held at once. Of the field's shape alone: the library's choice of an algorithm, and with it
  /// the bits, may depend on the number of rows.
  static std::int64_t piece(const FftSpec& s, std::int64_t channels) {
    constexpr std::int64_t k_bytes = std::int64_t{64} << 20;
    return std::clamp<std::int64_t>(k_bytes / spectrum_bytes(s), 1, channels);
  }

  /// Call body(first channel, channels, spectrum [channel, lat, order]) for pieces of \p grid [channel, lat, lon] of T, Bf16 or F16.
  template <class T, class Body>
  void forward(const void* grid, DType dtype, std::int64_t channels, const Body& body) const {
    const std::int64_t points = spec().nlat * spec().nlon, whole = piece(spec(), channels);
    auto* const spectrum = device.array<Complex<T>>(Device::k_second, whole * spec().nlat * orders());
    for (std::int64_t first = 0; first < channels; first += whole) {
      const std::int64_t count = std::min(whole, channels - first);
      const void* source = static_cast<const char*>(grid) + first * points * size_of(dtype);
      if (size_of(dtype) == 2) {
        T* const wide = device.array<T>(Device::k_third, whole * points);
        dtype == DType::bf16 ? convert_rows(device, wide, static_cast<const Bf16*>(source), count * points)
                             : convert_rows(device, wide, static_cast<const F16*>(source), count * points);
        source = wide;
      }
      rows(count).forward(spectrum, source);
      body(first, count, static_cast<const Complex<T>*>(spectrum));
    }
  }

  /// The other way: body(first channel, channels, spectrum) fills the spectra of a piece.
  template <class T, class Body>
  void inverse(void* grid, DType dtype, std::int64_t channels, const Body& body) const {
    const std::int64_t points = spec().nlat * spec().nlon, whole = piece(spec(), channels);
    auto* const spectrum = device.array<Complex<T>>(Device::k_second, whole * spec().nlat * orders());
    for (std::int64_t first = 0; first < channels; first += whole) {
      const std::int64_t count = std::min(whole, channels - first);
      body(first, count, spectrum);
      void* const target = static_cast<char*>(grid) + first * points * size_of(dtype);
      if (size_of(dtype) != 2) {
        rows(count).inverse(target, spectrum);
        continue;
      }
      T* const wide = device.array<T>(Device::k_third, whole * points);
      rows(count).inverse(wide, spectrum);
      const T* const from = wide;
      dtype == DType::bf16 ? convert_rows(device, static_cast<Bf16*>(target), from, count * points)
                           : convert_rows(device, static_cast<F16*>(target), from, count * points);
    }
  }

  Device& device;
  mutable std::map<std::int64_t, std::unique_ptr<RowFft>> plans;
};

/// Squares of shared memory that cover an extent.
inline std::int64_t squares(std::int64_t extent) { return (extent + k_side - 1) / k_side; }

}  // namespace myriad::kernels::cuda
