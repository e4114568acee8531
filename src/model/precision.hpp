#pragma once
/// \file
/// In which formats a network computes.

#include <string_view>

#include "src/backend/tensor.hpp"
#include "src/base/error.hpp"

namespace myriad {

/// A policy for the formats of a network; recorded in every output. States, sums, transforms along longitude, normalisation
/// statistics and the direct path from input to output (the big skip) keep fp32 (fp64) in all of them.
enum class Precision : std::uint8_t {
  f32,
  f64,
  tf32,   ///< products of fp32 numbers with operands rounded to 11 significant bits
  mixed,  ///< bf16 fields and weights at grid points, half-precision filters, TF32 products in the spectrum
  half,   ///< as mixed with half precision at grid points: 3 bits more, fields beyond 65504 become infinite
};

constexpr std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::f64:
      return "f64";
    case Precision::tf32:
      return "tf32";
    case Precision::mixed:
      return "mixed";
    case Precision::half:
      return "half";
    case Precision::f32:
      break;
  }
  return "f32";
}

/// \p name as to_string() writes it. Errors: ErrorKind::config_invalid (E2306).
inline Precision precision_from_string(std::string_view name) {
  for (Precision p : {Precision::f32, Precision::f64, Precision::tf32, Precision::mixed, Precision::half}) {
    if (to_string(p) == name) return p;
  }
  throw Error(ErrorKind::config_invalid, "E2306",
              fmt::format("precision '{}' (f32, f64, tf32, mixed and half are known) choose one of them", name));
}

/// Whether the network keeps 16-bit copies of its weights.
constexpr bool is_short(Precision p) { return p == Precision::mixed || p == Precision::half; }
/// Format of states, biases and coefficients.
constexpr DType state_format(Precision p) { return p == Precision::f64 ? DType::f64 : DType::f32; }
/// Format of the network's fields at grid points.
constexpr DType field_format(Precision p) {
  return p == Precision::mixed ? DType::bf16 : p == Precision::half ? DType::f16 : state_format(p);
}
/// Format of the matrices that multiply fields.
constexpr DType matrix_format(Precision p) { return p == Precision::tf32 ? DType::tf32 : field_format(p); }
/// Format of the filters of the spectrum.
constexpr DType filter_format(Precision p) {
  return is_short(p) ? DType::f16 : p == Precision::tf32 ? DType::tf32 : state_format(p);
}
/// Format of the Legendre products.
constexpr DType legendre_format(Precision p) {
  return is_short(p) || p == Precision::tf32 ? DType::tf32 : state_format(p);
}

/// Errors: ErrorKind::config_invalid (E2307) when \p backend has not the formats.
inline void check_supported(const Backend& backend, Precision precision) {
  for (DType dtype : {field_format(precision), matrix_format(precision), filter_format(precision)}) {
    MYRIAD_VALIDATE(backend.supports(dtype), ErrorKind::config_invalid, "E2307",
                    "precision '{}' on backend '{}' (it has no tensor cores) use --device cuda, or precision f32",
                    to_string(precision), backend.name());
  }
}

}  // namespace myriad
