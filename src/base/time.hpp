#pragma once
/// \file
/// Instants in the calendars of climate files. Integer seconds throughout; no leap seconds;
/// independent of the time zone, the locale and the clock of the machine.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace myriad {

/// CF calendars. `standard` is Julian up to 1582-10-04 and Gregorian from 1582-10-15.
enum class Calendar : std::uint8_t { standard, proleptic_gregorian, noleap };

std::string_view to_string(Calendar calendar);
/// Accepts the CF synonyms "gregorian" and "365_day". Errors: ErrorKind::input_corrupt (E1040).
Calendar calendar_from_string(std::string_view name);

/// A length of time in whole seconds.
struct Duration {
  std::int64_t seconds = 0;

  static constexpr Duration hours(std::int64_t n) { return {n * 3600}; }
  static constexpr Duration days(std::int64_t n) { return {n * 86400}; }
  constexpr double in_hours() const { return static_cast<double>(seconds) / 3600.0; }
  constexpr auto operator<=>(const Duration&) const = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.seconds + b.seconds}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return {a.seconds - b.seconds}; }
  friend constexpr Duration operator*(std::int64_t n, Duration d) { return {n * d.seconds}; }
};

/// Read "240h", "10d", "1d12h", "90min", "45s" or "hh:mm:ss"; negative values are refused.
/// Errors: ErrorKind::config_invalid (E1043).
Duration parse_duration(std::string_view text);
/// Shortest exact form of one unit: "240h", "90min", "45s".
std::string to_string(Duration duration);

/// Date and time of day as written.
struct CivilTime {
  int year = 1970;  ///< 1..9999
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  auto operator<=>(const CivilTime&) const = default;
};

/// A point in time of one calendar, to the second, years 1 to 9999.
class Instant {
 public:
  Instant() = default;  ///< 1970-01-01T00:00:00Z, standard calendar
  /// Errors: ErrorKind::input_corrupt (E1041) for a date that the calendar does not have.
  Instant(const CivilTime& civil, Calendar calendar = Calendar::standard);

  /// Read ISO 8601: "2003-01-15", "2003-01-15T00Z", "2003-01-15 06:00", "2003-01-15T06:00:00Z",
  /// "20030115T0600Z". UTC; any other offset than Z is refused. Errors: ErrorKind::config_invalid
  /// (E1042).
  static Instant parse(std::string_view text, Calendar calendar = Calendar::standard);

  Calendar calendar() const { return calendar_; }
  CivilTime civil() const;
  std::string iso() const;         ///< "2003-01-15T06:00:00Z"
  std::string file_stamp() const;  ///< "20030115T060000Z", for file names

  /// Seconds since 1970-01-01T00:00:00 of the same calendar.
  std::int64_t seconds_since_1970() const { return seconds_; }
  static Instant from_seconds_since_1970(std::int64_t seconds,
                                         Calendar calendar = Calendar::standard);

  /// Same date and time of day in another calendar. Errors: E1041 when it does not exist there.
  Instant in_calendar(Calendar calendar) const;

  int day_of_year() const;  ///< 1..366
  int days_in_year() const;
  /// Share of the year gone by, in [0, 1): (day of year - 1 + time of day) / days in year.
  double year_phase() const;
  double seconds_of_day() const;
  /// Days (86400 s) since 2000-01-01T12:00:00 of the date as written, counted in the proleptic
  /// Gregorian calendar, so that the season of a `noleap` date does not drift. For solar geometry.
  double days_since_2000() const;

  /// Instants of different calendars must not be mixed (precondition).
  Instant operator+(Duration d) const;
  Instant operator-(Duration d) const;
  Duration operator-(const Instant& other) const;
  std::strong_ordering operator<=>(const Instant& other) const;
  bool operator==(const Instant& other) const = default;

 private:
  std::int64_t seconds_ = 0;
  Calendar calendar_ = Calendar::standard;
};

/// The clock of the machine, UTC; for logs and manifests only, never for results.
Instant now_utc();

/// A CF time axis: "<unit> since <date>" and a calendar.
class CfTimeUnits {
 public:
  /// Units s, sec, second, min, minute, h, hr, hour, d, day, with plural; date with optional time
  /// and zone offset (as UDUNITS writes it: "1900-1-1 00:00:0.0", "… UTC", "… +01:00"). Months and
  /// years are refused as ambiguous. Errors: ErrorKind::input_corrupt (E1044).
  CfTimeUnits(std::string_view units, Calendar calendar);

  Instant reference() const { return reference_; }
  std::int64_t unit_seconds() const { return unit_seconds_; }
  Calendar calendar() const { return reference_.calendar(); }

  /// Errors: ErrorKind::input_corrupt (E1045) unless \p value is within 10 ms of a whole second in
  /// years 1..9999.
  Instant decode(double value) const;
  Instant decode(std::int64_t value) const;
  double encode(const Instant& instant) const;

 private:
  Instant reference_;
  std::int64_t unit_seconds_ = 1;
};

}  // namespace myriad
