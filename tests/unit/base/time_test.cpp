#include "src/base/time.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "tests/unit/base/expect_error.hpp"

namespace myriad {
namespace {

using test::expect_error;
constexpr std::int64_t k_day = 86400;

struct KnownDate {
  Calendar calendar;
  CivilTime civil;
  std::int64_t days_since_1970;
  int day_of_year;
};

// Computed with cftime 1.6.2 (an independent implementation of the CF calendars).
const std::vector<KnownDate>& known_dates() {
  static const std::vector<KnownDate> dates = {
      {Calendar::standard, {1, 1, 1, 0, 0, 0}, -719164, 1},
      {Calendar::standard, {4, 2, 28, 0, 0, 0}, -718011, 59},
      {Calendar::standard, {100, 3, 1, 0, 0, 0}, -682945, 61},
      {Calendar::standard, {1000, 12, 31, 0, 0, 0}, -353915, 366},
      {Calendar::standard, {1582, 10, 4, 0, 0, 0}, -141428, 277},
      {Calendar::standard, {1582, 10, 15, 0, 0, 0}, -141427, 278},
      {Calendar::standard, {1600, 2, 28, 0, 0, 0}, -135082, 59},
      {Calendar::standard, {1700, 3, 1, 0, 0, 0}, -98556, 60},
      {Calendar::standard, {1900, 1, 1, 0, 0, 0}, -25567, 1},
      {Calendar::standard, {1969, 12, 31, 0, 0, 0}, -1, 365},
      {Calendar::standard, {1970, 1, 1, 0, 0, 0}, 0, 1},
      {Calendar::standard, {2000, 1, 1, 0, 0, 0}, 10957, 1},
      {Calendar::standard, {2000, 3, 1, 0, 0, 0}, 11017, 61},
      {Calendar::standard, {2003, 1, 15, 0, 0, 0}, 12067, 15},
      {Calendar::standard, {2038, 1, 19, 0, 0, 0}, 24855, 19},
      {Calendar::standard, {2100, 3, 1, 0, 0, 0}, 47541, 60},
      {Calendar::standard, {9999, 12, 31, 0, 0, 0}, 2932896, 365},
      {Calendar::proleptic_gregorian, {1, 1, 1, 0, 0, 0}, -719162, 1},
      {Calendar::proleptic_gregorian, {4, 2, 28, 0, 0, 0}, -718009, 59},
      {Calendar::proleptic_gregorian, {100, 3, 1, 0, 0, 0}, -682944, 60},
      {Calendar::proleptic_gregorian, {1000, 12, 31, 0, 0, 0}, -353921, 365},
      {Calendar::proleptic_gregorian, {1582, 10, 4, 0, 0, 0}, -141438, 277},
      {Calendar::proleptic_gregorian, {1700, 3, 1, 0, 0, 0}, -98556, 60},
      {Calendar::proleptic_gregorian, {2000, 3, 1, 0, 0, 0}, 11017, 61},
      {Calendar::proleptic_gregorian, {9999, 12, 31, 0, 0, 0}, 2932896, 365},
      {Calendar::noleap, {1, 1, 1, 0, 0, 0}, -718685, 1},
      {Calendar::noleap, {4, 2, 28, 0, 0, 0}, -717532, 59},
      {Calendar::noleap, {1000, 12, 31, 0, 0, 0}, -353686, 365},
      {Calendar::noleap, {1969, 12, 31, 0, 0, 0}, -1, 365},
      {Calendar::noleap, {2000, 3, 1, 0, 0, 0}, 11009, 60},
      {Calendar::noleap, {2003, 1, 15, 0, 0, 0}, 12059, 15},
      {Calendar::noleap, {2038, 1, 19, 0, 0, 0}, 24838, 19},
      {Calendar::noleap, {9999, 12, 31, 0, 0, 0}, 2930949, 365},
  };
  return dates;
}

TEST(Calendars, KnownDatesAreCountedLikeCftimeCountsThem) {
  for (const KnownDate& known : known_dates()) {
    const Instant instant(known.civil, known.calendar);
    EXPECT_EQ(instant.seconds_since_1970(), known.days_since_1970 * k_day) << instant.iso();
    EXPECT_EQ(instant.civil(), known.civil) << instant.iso();
    EXPECT_EQ(instant.day_of_year(), known.day_of_year) << instant.iso();
  }
}

TEST(Calendars, DatesFromYear1To9999RoundTrip) {
  for (const Calendar calendar :
       {Calendar::standard, Calendar::proleptic_gregorian, Calendar::noleap}) {
    const Instant first(CivilTime{1, 1, 1, 0, 0, 0}, calendar);
    const Instant last(CivilTime{9999, 12, 31, 0, 0, 0}, calendar);
    CivilTime previous = first.civil();
    // A step that is coprime to week, month and year lengths visits all kinds of days.
    for (std::int64_t s = first.seconds_since_1970() + k_day - 1; s < last.seconds_since_1970();
         s += 11 * k_day + 3607) {
      const Instant instant = Instant::from_seconds_since_1970(s, calendar);
      const CivilTime civil = instant.civil();
      ASSERT_LT(previous, civil);
      ASSERT_EQ(Instant(civil, calendar).seconds_since_1970(), s) << instant.iso();
      previous = civil;
    }
  }
}

TEST(Calendars, DatesThatDoNotExistAreRefused) {
  const auto refused = [](CivilTime t, Calendar calendar) {
    expect_error([&] { Instant(t, calendar); }, ErrorKind::input_corrupt, "E1041");
  };
  refused({2003, 2, 29, 0, 0, 0}, Calendar::standard);
  refused({2000, 2, 29, 0, 0, 0}, Calendar::noleap);
  refused({1900, 2, 29, 0, 0, 0}, Calendar::standard);
  refused({1582, 10, 5, 0, 0, 0}, Calendar::standard);
  refused({1582, 10, 14, 0, 0, 0}, Calendar::standard);
  refused({2000, 13, 1, 0, 0, 0}, Calendar::standard);
  refused({2000, 0, 1, 0, 0, 0}, Calendar::standard);
  refused({0, 1, 1, 0, 0, 0}, Calendar::standard);
  refused({10000, 1, 1, 0, 0, 0}, Calendar::standard);
  refused({2000, 1, 1, 24, 0, 0}, Calendar::standard);
  refused({2016, 12, 31, 23, 59, 60}, Calendar::standard);  // leap second
  EXPECT_NO_THROW(
      Instant(CivilTime{1500, 2, 29, 0, 0, 0}, Calendar::standard));  // Julian leap year
  expect_error([] { Instant::from_seconds_since_1970(INT64_MAX); }, ErrorKind::input_corrupt,
               "E1041");
  expect_error([] { Instant() + Duration{INT64_MAX}; }, ErrorKind::input_corrupt, "E1041");
}

TEST(IsoText, UsualSpellingsMeanTheSameInstant) {
  const Instant expected(CivilTime{2003, 1, 15, 6, 0, 0});
  for (const char* text :
       {"2003-01-15T06Z", "2003-01-15T06", "2003-01-15 06:00", "2003-01-15T06:00:00Z",
        "2003-01-15 06:00:00", "20030115T06Z", "20030115T0600Z", "20030115T060000"}) {
    EXPECT_EQ(Instant::parse(text), expected) << text;
  }
  EXPECT_EQ(Instant::parse("2003-01-15").iso(), "2003-01-15T00:00:00Z");
  EXPECT_EQ(Instant::parse("20030115").file_stamp(), "20030115T000000Z");
}

TEST(IsoText, OtherTextIsRefused) {
  for (const char* text :
       {"", "2003", "2003-1-15", "2003-01-15T", "2003-01-15T6", "2003-01-15T06:00+01:00",
        "2003-01-15T06:00Zx", " 2003-01-15", "2003-02-30", "2003-01-15T25", "15.01.2003",
        "2003-01-15T06:0", "2003/01/15", "99999-01-01"}) {
    expect_error([&] { Instant::parse(text); }, ErrorKind::config_invalid, "E1042");
  }
  expect_error([] { Instant::parse("2000-02-29", Calendar::noleap); }, ErrorKind::config_invalid,
               "E1042", {"noleap"});
}

TEST(IsoText, TimeZoneOfTheProcessChangesNothing) {
  const char* before = std::getenv("TZ");
  const std::string saved = before == nullptr ? "" : before;
  for (const char* zone : {"UTC", "America/New_York", "Asia/Kathmandu", "XXX-13:30", "right/UTC"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    EXPECT_EQ(Instant::parse("2038-01-19T03:14:08Z").seconds_since_1970(), std::int64_t{1} << 31U)
        << zone;
    EXPECT_EQ(Instant::from_seconds_since_1970(0).iso(), "1970-01-01T00:00:00Z") << zone;
    EXPECT_LE(
        std::abs(now_utc().seconds_since_1970() - static_cast<std::int64_t>(std::time(nullptr))), 2)
        << zone;
  }
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", saved.c_str(), 1);
  }
  ::tzset();
}

TEST(YearPhase, RunsFromZeroToOneThroughTheYear) {
  EXPECT_EQ(Instant::parse("2003-01-01").year_phase(), 0.0);
  EXPECT_DOUBLE_EQ(Instant::parse("2003-07-02T12Z").year_phase(), 0.5);
  EXPECT_DOUBLE_EQ(Instant::parse("2004-07-02").year_phase(), 0.5);
  EXPECT_DOUBLE_EQ(Instant::parse("2003-12-31T18Z").year_phase(), 1.0 - 0.25 / 365.0);
  EXPECT_EQ(Instant::parse("2000-12-31").days_in_year(), 366);
  EXPECT_EQ(Instant::parse("2000-12-31", Calendar::noleap).days_in_year(), 365);
}

TEST(DaysSince2000, CountFromNoonAndFollowTheSeasonInNoleap) {
  EXPECT_EQ(Instant::parse("2000-01-01T12Z").days_since_2000(), 0.0);
  EXPECT_EQ(Instant::parse("2000-01-01T00Z").days_since_2000(), -0.5);
  EXPECT_EQ(Instant::parse("2003-01-15T06Z").days_since_2000(), 1109.75);
  EXPECT_EQ(Instant::parse("2003-01-15T06Z", Calendar::noleap).days_since_2000(), 1109.75);
}

TEST(Arithmetic, DifferencesAndSumsAreExact) {
  const Instant start = Instant::parse("2003-12-31T18Z");
  const Instant end = start + Duration::hours(6);
  EXPECT_EQ(end.iso(), "2004-01-01T00:00:00Z");
  EXPECT_EQ(end - start, Duration::hours(6));
  EXPECT_EQ(end - Duration::hours(6), start);
  EXPECT_LT(start, end);
  EXPECT_EQ((Instant::parse("2004-02-28", Calendar::noleap) + Duration::days(1)).iso(),
            "2004-03-01T00:00:00Z");
  EXPECT_EQ(start.in_calendar(Calendar::noleap).iso(), start.iso());
  expect_error([] { Instant::parse("2004-02-29").in_calendar(Calendar::noleap); },
               ErrorKind::input_corrupt, "E1041");
}

TEST(Durations, AreReadInTheUsualUnits) {
  EXPECT_EQ(parse_duration("240h").seconds, 864000);
  EXPECT_EQ(parse_duration("10d"), parse_duration("240h"));
  EXPECT_EQ(parse_duration("1d12h30min15s").seconds, 131415);
  EXPECT_EQ(parse_duration("01:30:05").seconds, 5405);
  EXPECT_EQ(parse_duration("0s").seconds, 0);
  EXPECT_EQ(to_string(parse_duration("10d")), "240h");
  EXPECT_EQ(to_string(parse_duration("90min")), "90min");
  EXPECT_EQ(to_string(parse_duration("61s")), "61s");
}

TEST(Durations, AmbiguousOrEmptyTextIsRefused) {
  for (const char* text : {"", "240", "h", "5m", "-6h", "1.5h", "6 h", "12h1d", "1h2h", "1:30",
                           "01:60:00", "9999999999h", "999999999d"}) {
    expect_error([&] { parse_duration(text); }, ErrorKind::config_invalid, "E1043");
  }
}

TEST(CfUnits, ValuesDecodeAsCftimeDecodesThem) {
  const CfTimeUnits hours("hours since 1900-01-01 00:00:00", Calendar::standard);
  EXPECT_EQ(hours.decode(903222.5041666667).iso(), "2003-01-15T06:30:15Z");
  EXPECT_DOUBLE_EQ(hours.encode(Instant::parse("2003-01-15T06:30:15Z")), 903222.5041666667);
  const CfTimeUnits days("days since 0001-01-01 00:00:00", Calendar::noleap);
  EXPECT_EQ(days.decode(730744.2710069445).iso(), "2003-01-15T06:30:15Z");
  EXPECT_EQ(CfTimeUnits("hours since 1970-01-01", Calendar::standard)
                .decode(std::int64_t{-1234567})
                .iso(),
            "1829-02-28T17:00:00Z");
  EXPECT_EQ(CfTimeUnits("days since 1850-1-1", Calendar::noleap).decode(12345.75).iso(),
            "1883-10-28T18:00:00Z");
}

TEST(CfUnits, SpellingsOfUdunitsAreUnderstood) {
  for (const char* text :
       {"seconds since 2000-01-01", "s since 2000-1-1 0:0:0", "Second since 2000-01-01T00:00:00Z",
        "secs since 2000-01-01 00:00:00.0", "sec since 2000-01-01 00:00:00 UTC",
        "seconds since 2000-01-01 00:00:00 +00:00", "seconds since 2000-01-01 01:30 +01:30",
        " seconds since  2000-01-01 00:00:00"}) {
    const CfTimeUnits units(text, Calendar::standard);
    EXPECT_EQ(units.decode(60.0).iso(), "2000-01-01T00:01:00Z") << text;
  }
  for (const char* text :
       {"months since 2000-01-01", "hours", "hours since yesterday", "hours since 2000-13-01",
        "hours since 2000-01-01 00:00:00 CEST", "years since 1-1-1", "hours since", "",
        "hours since 2000-01-01 00:00:00.5", "hours since 2001-02-29"}) {
    expect_error([&] { CfTimeUnits(text, Calendar::standard); }, ErrorKind::input_corrupt, "E1044");
  }
}

TEST(CfUnits, ValuesBetweenSecondsOrOutOfRangeAreRefused) {
  const CfTimeUnits seconds("seconds since 2000-01-01", Calendar::standard);
  for (const double value : {0.5, std::nan(""), 1e300, -HUGE_VAL}) {
    expect_error([&] { seconds.decode(value); }, ErrorKind::input_corrupt, "E1045");
  }
  expect_error([&] { seconds.decode(1e12); }, ErrorKind::input_corrupt, "E1041");
  const CfTimeUnits days("days since 2000-01-01", Calendar::standard);
  expect_error([&] { days.decode(INT64_MAX); }, ErrorKind::input_corrupt, "E1045");
}

TEST(CalendarNames, CfSynonymsAreAcceptedOthersRefused) {
  EXPECT_EQ(calendar_from_string("gregorian"), Calendar::standard);
  EXPECT_EQ(calendar_from_string("365_day"), Calendar::noleap);
  EXPECT_EQ(to_string(calendar_from_string("proleptic_gregorian")), "proleptic_gregorian");
  expect_error([] { calendar_from_string("360_day"); }, ErrorKind::input_corrupt, "E1040",
               {"360_day"});
}

}  // namespace
}  // namespace myriad
