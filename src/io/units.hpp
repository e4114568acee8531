#pragma once
/// \file
/// Units of measure: reading the spellings found in files, and the few conversions that are exact.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace myriad::io {

/// Standard acceleration of gravity, m s-2 (exact; CGPM 1901): geopotential = g0 x geopotential
/// height.
inline constexpr double k_standard_gravity = 9.80665;
/// Density by which a mass of water per area is stated as a thickness, kg m-3 (CF: lwe_thickness).
inline constexpr double k_liquid_water_density = 1000.0;

/// A unit as powers of m, kg, s, K with value_SI = scale * value + offset.
struct Unit {
  std::array<int, 4> powers{};  ///< m, kg, s, K
  double scale = 1.0;
  double offset = 0.0;  ///< only of plain temperatures in degC

  bool same_dimension(const Unit& other) const { return powers == other.powers; }
};

/// Read a unit: "m s-1", "m s**-1", "m/s", "m2 s-2", "m**2 s**-2", "J kg-1", "kg kg-1", "g/kg",
/// "hPa", "mbar", "degC",
/// "%", "1", "(0 - 1)", "mm", "gpm". Anything else: nullopt.
std::optional<Unit> parse_unit(std::string_view text);

/// The square of a unit in the canonical spelling of our channels: "K" -> "K2", "m s-1" -> "m2 s-2".
std::string squared_unit(std::string_view unit);

/// wanted = scale * found + offset.
struct UnitConversion {
  double scale = 1.0;
  double offset = 0.0;
  std::string rule;  ///< how, for the log; empty when nothing is to be done

  bool identity() const { return scale == 1.0 && offset == 0.0; }
};

/// The conversion from unit \p found to \p wanted for a quantity, or nullopt when there is no exact
/// one.
///
/// Beyond equal dimensions only two rules exist, each bound to a \p standard_name family:
/// geopotential (m2 s-2) <-> geopotential height (m) with g0, and precipitation mass (kg m-2) <->
/// thickness (m) with 1000 kg m-3.
std::optional<UnitConversion> unit_conversion(std::string_view found, std::string_view wanted,
                                              std::string_view standard_name);

}  // namespace myriad::io
