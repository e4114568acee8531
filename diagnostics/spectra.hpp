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

/// Spectra of fields on one grid, up to the largest degree the grid transforms exactly.
class SpectrumAnalyser {
 public:
  SpectrumAnalyser(Backend& backend, const Grid& grid);

  std::int64_t lmax() const { return sht_.layout().lmax; }
  /// Power per degree of each of \p count fields (SpectrumConvention::power).
  ///
  /// Shapes: fields [count, lat, lon]; result [count, lmax]. Fields go through in blocks: memory
  /// does not grow with count.
  /// Determinism: bitwise.
  std::vector<double> power(std::span<const float> fields, std::int64_t count);

 private:
  Backend& backend_;
  Sht sht_;
  Tensor grid_;
  Tensor coefficients_;
};

/// Mean over \p count spectra [count, lmax], in their order.
std::vector<double> mean_spectrum(std::span<const double> spectra, std::int64_t count);

/// Log-spectral distance in dB: sqrt(mean over l >= 1 of (10 log10(p_l / q_l))^2). Degrees without
/// power are left out.
double log_spectral_distance(std::span<const double> p, std::span<const double> q);

/// 2 pi R / (l + 1) in km with R = 6371 km.
double wavelength_km(std::int64_t degree);

}  // namespace myriad::diag
