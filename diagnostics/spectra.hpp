#pragma once
/// \file
/// Power spectra per total degree.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/backend/tensor.hpp"
#include "src/grid/grid.hpp"
#include "src/spectral/sht.hpp"

namespace myriad::diag {

/// Spectra of some fields [count, lmax].
struct Spectra {
  std::vector<double> power;
  std::vector<double> order_moment;  ///< order_moment_spectrum()
};

/// Spectra of fields on one grid, up to the largest degree the grid transforms exactly.
class SpectrumAnalyser {
 public:
  SpectrumAnalyser(Backend& backend, const Grid& grid);

  std::int64_t lmax() const { return sht_.layout().lmax; }
  /// Power (SpectrumConvention::power) and order moment per degree of each of \p count fields.
  ///
  /// Shapes: fields [count, lat, lon]. Fields go through k_block at a time: memory does not grow
  /// with count. Determinism: bitwise; a field's spectra do not depend on its neighbours.
  Spectra analyse(std::span<const float> fields, std::int64_t count);
  std::vector<double> power(std::span<const float> fields, std::int64_t count) {
    return analyse(fields, count).power;
  }

  static constexpr std::int64_t k_block = 8;  ///< fields per transform

 private:
  Backend& backend_;
  Sht sht_;
  Tensor grid_;
  Tensor coefficients_;
};

/// Log-spectral distance in dB: sqrt(mean over l >= 1 of (10 log10(p_l / q_l))^2). Degrees without
/// power are left out.
double log_spectral_distance(std::span<const double> p, std::span<const double> q);

/// 2 pi R / (l + 1) in km with R = 6371 km.
double wavelength_km(std::int64_t degree);

}  // namespace myriad::diag
