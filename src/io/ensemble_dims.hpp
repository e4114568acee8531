#pragma once
/// \file
/// What the dimensions of an ensemble file mean: members, starts, lead times, valid times. Internal
/// to src/io.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/time.hpp"
#include "src/io/ensemble_series.hpp"
#include "src/io/netcdf_axes.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::io::detail {

enum class EnsembleRole : std::uint8_t {
  unknown,
  member,
  start,  ///< forecast reference time
  lead,   ///< forecast period
  valid,  ///< valid time
  place,  ///< latitude, longitude or level: what NetcdfAxes knows
};

/// The dimensions of an ensemble, and its scalar coordinates where there is no dimension; -1 and
/// null: absent.
struct EnsembleDims {
  DimNames names = DimNames::cf;
  int member = -1;
  int start = -1;
  int lead = -1;
  int valid = -1;
  const NcVariable* scalar_member = nullptr;
  const NcVariable* scalar_start = nullptr;
  const NcVariable* scalar_lead = nullptr;
  const NcVariable* scalar_valid = nullptr;

  bool same_reading(const EnsembleDims& other) const {
    return member == other.member && start == other.start && lead == other.lead &&
           valid == other.valid && scalar_start == other.scalar_start &&
           scalar_lead == other.scalar_lead && scalar_valid == other.scalar_valid;
  }
};

/// Read the \p used dimensions of a file as \p wanted says; with DimNames::automatic by standard
/// names, then by the conventions whose names fit.
///
/// A convention fits when every used dimension longer than 1 has a meaning in it, none has that of
/// another, and (cfgrib, wb2) one of its own names is there. Errors: input_corrupt E2046 (no
/// convention, or not the one asked for), E2047 (two conventions read the file differently); both
/// list all dimensions with sizes and meanings.
EnsembleDims recognise_dims(const NetcdfFile& file, const NetcdfAxes& axes,
                            const std::vector<int>& used, DimNames wanted);

/// One forecast time of a file: a pair of indices along the start or valid dimension and the lead
/// dimension.
struct ForecastTime {
  Instant start;
  Duration lead;
  std::int64_t first = 0;   ///< index along EnsembleDims::start or valid; 0 without either
  std::int64_t second = 0;  ///< index along EnsembleDims::lead; 0 without it
};

/// All starts and leads of a file.
///
/// A missing start follows from valid time and lead, a missing lead from start and valid time; \p
/// lead_if_absent is the lead where the file says nothing. Errors: input_corrupt E2048 (neither
/// start nor lead, or a time coordinate that cannot be used).
std::vector<ForecastTime> forecast_times(const NetcdfFile& file, const NetcdfAxes& axes,
                                         const EnsembleDims& dims,
                                         std::optional<Duration> lead_if_absent);

/// Numbers of the members of a file, by position: those of its coordinate; 1, 2, ... without one or
/// with labels. Errors: input_corrupt E2048 (no whole numbers, or one twice).
std::vector<std::int64_t> member_numbers(const NetcdfFile& file, const EnsembleDims& dims);

/// Durations of a lead coordinate: numbers with a unit of time ("hours", "days", "nanoseconds",
/// ...), or raw timedelta64[ns] (whole seconds in nanoseconds without a unit). Errors:
/// input_corrupt E2048.
std::vector<Duration> decode_leads(const NetcdfFile& file, const NcVariable& variable);

}  // namespace myriad::io::detail
