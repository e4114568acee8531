#include "src/base/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include "src/base/error.hpp"
#include "src/base/json.hpp"

namespace myriad {

namespace {

constexpr std::int64_t k_day = 86400;
constexpr std::array<int, 12> k_month_days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
/// First Gregorian day of the `standard` calendar, 1582-10-15, in days since 1970-01-01.
constexpr std::int64_t k_switch_day = -141427;

/// Which leap rule a date follows.
enum class Rule { gregorian, julian, noleap };

constexpr bool is_leap(int year, Rule rule) {
  if (rule == Rule::noleap) return false;
  if (rule == Rule::julian) return year % 4 == 0;
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int days_in_month(int year, int month, Rule rule) {
  return k_month_days[static_cast<std::size_t>(month - 1)] +
         (month == 2 && is_leap(year, rule) ? 1 : 0);
}

/// Days from January 1 of year 1 to January 1 of \p year under one rule.
constexpr std::int64_t days_before_year(int year, Rule rule) {
  const std::int64_t past = year - 1;
  if (rule == Rule::noleap) return 365 * past;
  if (rule == Rule::julian) return 365 * past + past / 4;
  return 365 * past + past / 4 - past / 100 + past / 400;
}

constexpr std::int64_t days_since_year_one(int year, int month, int day, Rule rule) {
  std::int64_t days = days_before_year(year, rule);
  for (int m = 1; m < month; ++m) days += days_in_month(year, m, rule);
  return days + day - 1;
}

constexpr std::int64_t k_epoch_gregorian = days_since_year_one(1970, 1, 1, Rule::gregorian);
constexpr std::int64_t k_epoch_noleap = days_since_year_one(1970, 1, 1, Rule::noleap);
/// The Julian 1582-10-05 is the day that the Gregorian calendar calls 1582-10-15.
constexpr std::int64_t k_epoch_julian =
    days_since_year_one(1582, 10, 5, Rule::julian) - k_switch_day;
static_assert(days_since_year_one(1582, 10, 15, Rule::gregorian) - k_epoch_gregorian ==
              k_switch_day);

constexpr std::int64_t epoch_of(Rule rule) {
  if (rule == Rule::noleap) return k_epoch_noleap;
  return rule == Rule::julian ? k_epoch_julian : k_epoch_gregorian;
}

bool before_switch(const CivilTime& t) {
  return t.year < 1582 || (t.year == 1582 && (t.month < 10 || (t.month == 10 && t.day < 15)));
}

Rule rule_of_date(const CivilTime& t, Calendar calendar) {
  if (calendar == Calendar::noleap) return Rule::noleap;
  return calendar == Calendar::standard && before_switch(t) ? Rule::julian : Rule::gregorian;
}

Rule rule_of_day(std::int64_t day, Calendar calendar) {
  if (calendar == Calendar::noleap) return Rule::noleap;
  return calendar == Calendar::standard && day < k_switch_day ? Rule::julian : Rule::gregorian;
}

std::int64_t day_number(const CivilTime& t, Calendar calendar) {
  const Rule rule = rule_of_date(t, calendar);
  return days_since_year_one(t.year, t.month, t.day, rule) - epoch_of(rule);
}

/// Floor division for a positive divisor.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Empty when the date exists, else why it does not.
std::string complaint(const CivilTime& t, Calendar calendar) {
  if (t.year < 1 || t.year > 9999) return "years 1 to 9999 are supported";
  if (t.month < 1 || t.month > 12) return "the month must be 1 to 12";
  const Rule rule = rule_of_date(t, calendar);
  if (t.day < 1 || t.day > days_in_month(t.year, t.month, rule)) {
    return fmt::format("that month has {} days", days_in_month(t.year, t.month, rule));
  }
  if (calendar == Calendar::standard && t.year == 1582 && t.month == 10 && t.day > 4 &&
      t.day < 15) {
    return "1582-10-05 to 14 were left out when the Gregorian calendar began";
  }
  if (t.hour < 0 || t.hour > 23 || t.minute < 0 || t.minute > 59 || t.second < 0 || t.second > 59) {
    return "the time of day must be 00:00:00 to 23:59:59";
  }
  return {};
}

/// Reads digits and single characters from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_any(std::string_view set) {
    if (rest_.empty() || set.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::size_t blanks() {
    std::size_t n = 0;
    while (skip(' ')) ++n;
    return n;
  }
  /// Length of the run of digits ahead.
  std::size_t digits_ahead() const {
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    return n;
  }
  /// A number of \p least to \p most digits.
  bool number(int& value, std::size_t least, std::size_t most) {
    const std::size_t n = std::min(digits_ahead(), most);
    if (n < least) return false;
    value = 0;
    for (std::size_t i = 0; i < n; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(n);
    return true;
  }
  bool word(std::string_view w) {
    if (!rest_.starts_with(w)) return false;
    rest_.remove_prefix(w.size());
    return true;
  }

 private:
  std::string_view rest_;
};

bool scan_extended(Scanner& in, CivilTime& t) {
  if (!in.number(t.year, 4, 4) || !in.skip('-') || !in.number(t.month, 2, 2) || !in.skip('-') ||
      !in.number(t.day, 2, 2)) {
    return false;
  }
  if (in.done()) return true;
  if (!in.skip_any("T ")) return false;
  if (!in.number(t.hour, 2, 2)) return false;
  if (in.skip(':')) {
    if (!in.number(t.minute, 2, 2)) return false;
    if (in.skip(':') && !in.number(t.second, 2, 2)) return false;
  }
  in.skip('Z');
  return in.done();
}

bool scan_basic(Scanner& in, CivilTime& t) {
  if (!in.number(t.year, 4, 4) || !in.number(t.month, 2, 2) || !in.number(t.day, 2, 2))
    return false;
  if (in.done()) return true;
  if (!in.skip('T') || !in.number(t.hour, 2, 2)) return false;
  if (in.digits_ahead() > 0 && !in.number(t.minute, 2, 2)) return false;
  if (in.digits_ahead() > 0 && !in.number(t.second, 2, 2)) return false;
  in.skip('Z');
  return in.done();
}

/// Date of a CF units text; \p offset receives the zone offset in seconds.
bool scan_cf_date(Scanner& in, CivilTime& t, std::int64_t& offset) {
  if (!in.number(t.year, 1, 4) || !in.skip('-') || !in.number(t.month, 1, 2) || !in.skip('-') ||
      !in.number(t.day, 1, 2)) {
    return false;
  }
  if (in.skip('T') || in.blanks() > 0) {
    if (in.digits_ahead() > 0) {
      if (!in.number(t.hour, 1, 2)) return false;
      if (in.skip(':') && !in.number(t.minute, 1, 2)) return false;
      if (in.skip(':') && !in.number(t.second, 1, 2)) return false;
      if (in.skip('.')) {
        while (in.skip('0')) {
        }
        if (in.digits_ahead() > 0) return false;  // a reference between two seconds
      }
    }
  }
  in.blanks();
  if (in.word("UTC") || in.word("GMT") || in.word("Z")) {
    in.blanks();
    return in.done();
  }
  const bool plus = in.skip('+');
  if (plus || in.skip('-')) {
    int hours = 0;
    int minutes = 0;
    if (!in.number(hours, 1, 2)) return false;
    in.skip(':');
    if (in.digits_ahead() > 0 && !in.number(minutes, 2, 2)) return false;
    if (hours > 14 || minutes > 59) return false;
    offset = (plus ? 1 : -1) * (hours * 3600LL + minutes * 60LL);
  }
  in.blanks();
  return in.done();
}

std::int64_t unit_in_seconds(std::string_view unit) {
  std::string name(unit);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const auto& [names, seconds] : {
           std::pair{std::string_view("|s|sec|secs|second|seconds|"), std::int64_t{1}},
           std::pair{std::string_view("|min|mins|minute|minutes|"), std::int64_t{60}},
           std::pair{std::string_view("|h|hr|hrs|hour|hours|"), std::int64_t{3600}},
           std::pair{std::string_view("|d|day|days|"), k_day},
       }) {
    if (names.find("|" + name + "|") != std::string_view::npos) return seconds;
  }
  return 0;
}

}  // namespace

std::string_view to_string(Calendar calendar) {
  switch (calendar) {
    case Calendar::standard:
      return "standard";
    case Calendar::proleptic_gregorian:
      return "proleptic_gregorian";
    case Calendar::noleap:
      return "noleap";
  }
  return "unknown";
}

Calendar calendar_from_string(std::string_view name) {
  if (name == "standard" || name == "gregorian") return Calendar::standard;
  if (name == "proleptic_gregorian") return Calendar::proleptic_gregorian;
  if (name == "noleap" || name == "365_day") return Calendar::noleap;
  throw Error(ErrorKind::input_corrupt, "E1040",
              fmt::format("calendar '{}' is not supported (standard, proleptic_gregorian and "
                          "noleap are); convert the "
                          "time axis, e.g. with cdo setcalendar",
                          name));
}

Duration parse_duration(std::string_view text) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error(ErrorKind::config_invalid, "E1043",
                 fmt::format("'{}' is no length of time ({}); write it like 240h, 10d, 90min, 45s, "
                             "1d12h or 01:30:00",
                             text, reason));
  };
  constexpr std::int64_t longest = 10000LL * 366 * k_day;
  Scanner in(text);
  if (text.find(':') != std::string_view::npos) {
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    const bool good = in.number(hours, 1, 5) && in.skip(':') && in.number(minutes, 2, 2) &&
                      in.skip(':') && in.number(seconds, 2, 2) && in.done() && minutes < 60 &&
                      seconds < 60;
    if (!good) throw fail("with colons it must read hours:minutes:seconds");
    return {hours * 3600LL + minutes * 60LL + seconds};
  }
  if (in.done()) throw fail("it is empty");
  std::int64_t total = 0;
  std::int64_t previous_unit = std::numeric_limits<std::int64_t>::max();
  while (!in.done()) {
    int count = 0;
    if (in.digits_ahead() > 9 || !in.number(count, 1, 9))
      throw fail("a whole number of up to 9 digits is expected");
    std::int64_t unit = 0;
    if (in.word("min")) {
      unit = 60;
    } else if (in.skip('s')) {
      unit = 1;
    } else if (in.skip('h')) {
      unit = 3600;
    } else if (in.skip('d')) {
      unit = k_day;
    } else {
      throw fail("the unit must be d, h, min or s");
    }
    if (unit >= previous_unit) throw fail("units must go from long to short");
    previous_unit = unit;
    total += count * unit;
    if (total > longest) throw fail("it is longer than ten thousand years");
  }
  return {total};
}

std::string to_string(Duration duration) {
  const std::int64_t s = duration.seconds;
  if (s % 3600 == 0) return fmt::format("{}h", s / 3600);
  if (s % 60 == 0) return fmt::format("{}min", s / 60);
  return fmt::format("{}s", s);
}

Instant::Instant(const CivilTime& civil, Calendar calendar) : calendar_(calendar) {
  const std::string problem = complaint(civil, calendar);
  MYRIAD_VALIDATE(
      problem.empty(), ErrorKind::input_corrupt, "E1041",
      "there is no {:04}-{:02}-{:02} {:02}:{:02}:{:02} in the {} calendar ({}); correct the date",
      civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second,
      to_string(calendar), problem);
  seconds_ =
      day_number(civil, calendar) * k_day + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

Instant Instant::parse(std::string_view text, Calendar calendar) {
  CivilTime t;
  Scanner extended(text);
  Scanner basic(text);
  if (!scan_extended(extended, t)) {
    t = {};
    MYRIAD_VALIDATE(scan_basic(basic, t), ErrorKind::config_invalid, "E1042",
                    "'{}' is no date (ISO 8601 in UTC is expected); write it like 2003-01-15, "
                    "2003-01-15T06Z or "
                    "2003-01-15T06:00:00Z",
                    text.substr(0, 80));
  }
  const std::string problem = complaint(t, calendar);
  MYRIAD_VALIDATE(problem.empty(), ErrorKind::config_invalid, "E1042",
                  "'{}' does not exist in the {} calendar ({}); correct the date", text,
                  to_string(calendar), problem);
  return {t, calendar};
}

CivilTime Instant::civil() const {
  const std::int64_t day = floor_div(seconds_, k_day);
  const auto second = static_cast<int>(seconds_ - day * k_day);
  const Rule rule = rule_of_day(day, calendar_);
  const std::int64_t count = day + epoch_of(rule);
  // The mean year gives the year to within one; settle it by comparison.
  const double mean_year = rule == Rule::noleap ? 365.0 : rule == Rule::julian ? 365.25 : 365.2425;
  CivilTime t;
  t.year = static_cast<int>(static_cast<double>(count) / mean_year) + 1;
  while (days_before_year(t.year, rule) > count) --t.year;
  while (days_before_year(t.year + 1, rule) <= count) ++t.year;
  auto rest = static_cast<int>(count - days_before_year(t.year, rule));
  t.month = 1;
  while (rest >= days_in_month(t.year, t.month, rule))
    rest -= days_in_month(t.year, t.month++, rule);
  t.day = rest + 1;
  t.hour = second / 3600;
  t.minute = second / 60 % 60;
  t.second = second % 60;
  return t;
}

std::string Instant::iso() const {
  const CivilTime t = civil();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.year, t.month, t.day, t.hour,
                     t.minute, t.second);
}

std::string Instant::file_stamp() const {
  const CivilTime t = civil();
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", t.year, t.month, t.day, t.hour, t.minute,
                     t.second);
}

Instant Instant::from_seconds_since_1970(std::int64_t seconds, Calendar calendar) {
  const Instant first(CivilTime{1, 1, 1, 0, 0, 0}, calendar);
  const Instant last(CivilTime{9999, 12, 31, 23, 59, 59}, calendar);
  MYRIAD_VALIDATE(
      seconds >= first.seconds_ && seconds <= last.seconds_, ErrorKind::input_corrupt, "E1041",
      "time {} s since 1970 lies outside the years 1 to 9999 of the {} calendar (the only ones "
      "supported); check the time axis",
      seconds, to_string(calendar));
  Instant instant;
  instant.seconds_ = seconds;
  instant.calendar_ = calendar;
  return instant;
}

Instant Instant::in_calendar(Calendar calendar) const {
  return {civil(), calendar};
}

int Instant::day_of_year() const {
  const std::int64_t day = floor_div(seconds_, k_day);
  const Instant new_year(CivilTime{civil().year, 1, 1, 0, 0, 0}, calendar_);
  return static_cast<int>(day - floor_div(new_year.seconds_, k_day)) + 1;
}

int Instant::days_in_year() const {
  const Instant last(CivilTime{civil().year, 12, 31, 0, 0, 0}, calendar_);
  return last.day_of_year();
}

double Instant::year_phase() const {
  return (day_of_year() - 1 + seconds_of_day() / static_cast<double>(k_day)) / days_in_year();
}

double Instant::seconds_of_day() const {
  return static_cast<double>(seconds_ - floor_div(seconds_, k_day) * k_day);
}

double Instant::days_since_2000() const {
  const CivilTime t = civil();
  constexpr std::int64_t day_2000 =
      days_since_year_one(2000, 1, 1, Rule::gregorian) - k_epoch_gregorian;
  // Before 1582 the standard calendar counts Julian days; its day number is continuous, so use it
  // as it is.
  const std::int64_t day = calendar_ == Calendar::noleap
                               ? day_number(t, Calendar::proleptic_gregorian)
                               : floor_div(seconds_, k_day);
  const std::int64_t second = seconds_ - floor_div(seconds_, k_day) * k_day;
  return static_cast<double>((day - day_2000) * k_day + second - k_day / 2) /
         static_cast<double>(k_day);
}

Instant Instant::operator+(Duration d) const {
  std::int64_t sum = 0;
  MYRIAD_VALIDATE(!__builtin_add_overflow(seconds_, d.seconds, &sum), ErrorKind::input_corrupt,
                  "E1041",
                  "{} plus {} s lies outside the years 1 to 9999 (the only ones supported); check "
                  "the length of time",
                  iso(), d.seconds);
  return from_seconds_since_1970(sum, calendar_);
}

Instant Instant::operator-(Duration d) const {
  return *this + Duration{-d.seconds};
}

Duration Instant::operator-(const Instant& other) const {
  MYRIAD_EXPECT(calendar_ == other.calendar_);
  return {seconds_ - other.seconds_};
}

std::strong_ordering Instant::operator<=>(const Instant& other) const {
  MYRIAD_EXPECT(calendar_ == other.calendar_);
  return seconds_ <=> other.seconds_;
}

Instant now_utc() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Instant::from_seconds_since_1970(
      std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

CfTimeUnits::CfTimeUnits(std::string_view units, Calendar calendar) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error(
        ErrorKind::input_corrupt, "E1044",
        fmt::format(
            "time units '{}' cannot be used ({}); they must read like 'hours since 1970-01-01 "
            "00:00:00'",
            units.substr(0, 100), reason));
  };
  const std::size_t since = units.find(" since ");
  if (since == std::string_view::npos) throw fail("there is no 'since'");
  std::string_view unit = units.substr(0, since);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  while (unit.ends_with(' ')) unit.remove_suffix(1);
  unit_seconds_ = unit_in_seconds(unit);
  if (unit_seconds_ == 0) throw fail("the unit must be seconds, minutes, hours or days");
  Scanner in(units.substr(since + 7));
  in.blanks();
  CivilTime t;
  std::int64_t offset = 0;
  if (!scan_cf_date(in, t, offset)) throw fail("the reference date is not understood");
  if (const std::string problem = complaint(t, calendar); !problem.empty()) {
    throw fail("the reference date does not exist: " + problem);
  }
  reference_ = Instant(t, calendar) - Duration{offset};
}

Instant CfTimeUnits::decode(double value) const {
  const double seconds = value * static_cast<double>(unit_seconds_);
  const double whole = std::nearbyint(seconds);
  // 9e15 keeps the cast defined and is far beyond year 9999; NaN fails the comparison too.
  MYRIAD_VALIDATE(std::abs(seconds) < 9e15 && std::abs(seconds - whole) <= 0.01,
                  ErrorKind::input_corrupt, "E1045",
                  "time value {} is no whole second (with a unit of {} s); check the time axis",
                  shortest(value), unit_seconds_);
  return reference_ + Duration{static_cast<std::int64_t>(whole)};
}

Instant CfTimeUnits::decode(std::int64_t value) const {
  std::int64_t seconds = 0;
  MYRIAD_VALIDATE(!__builtin_mul_overflow(value, unit_seconds_, &seconds), ErrorKind::input_corrupt,
                  "E1045",
                  "time value {} is out of range (with a unit of {} s); check the time axis", value,
                  unit_seconds_);
  return reference_ + Duration{seconds};
}

double CfTimeUnits::encode(const Instant& instant) const {
  return static_cast<double>((instant - reference_).seconds) / static_cast<double>(unit_seconds_);
}

}  // namespace myriad
