/// Dates, durations, CF time units and calendars: each line of the input is one text.

#include <string_view>

#include "src/base/error.hpp"
#include "src/base/time.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {
namespace {

void try_date(std::string_view text, Calendar calendar) {
  try {
    const Instant instant = Instant::parse(text, calendar);
    require(Instant::parse(instant.iso(), calendar) == instant,
            "a date reads back from its ISO form");
    require(Instant::parse(instant.file_stamp(), calendar) == instant,
            "and from its file name form");
    require(Instant(instant.civil(), calendar) == instant, "and from its parts");
    require(instant.year_phase() >= 0.0 && instant.year_phase() < 1.0,
            "phase of the year lies in [0, 1)");
  } catch (const Error&) {
  }
}

void try_duration(std::string_view text) {
  try {
    const Duration duration = parse_duration(text);
    require(duration.seconds >= 0, "no negative duration");
    require(parse_duration(to_string(duration)) == duration, "a duration reads back");
  } catch (const Error&) {
  }
}

void try_units(std::string_view text, Calendar calendar) {
  try {
    const CfTimeUnits units(text, calendar);
    for (const double value : {0.0, 1.0, -1.0, 1e5, 1e300, -1e18, 0.5}) {
      try {
        const Instant instant = units.decode(value);
        require(units.decode(units.encode(instant)) == instant, "a time of a file reads back");
      } catch (const Error&) {
      }
    }
    for (const std::int64_t value : {INT64_MIN, std::int64_t{-1}, std::int64_t{7}, INT64_MAX}) {
      try {
        static_cast<void>(units.decode(value));
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = text_of(data, size);
  // More lines of one input only repeat the same work.
  for (int line_count = 0; line_count < 16 && !rest.empty(); ++line_count) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    for (const auto calendar :
         {Calendar::standard, Calendar::proleptic_gregorian, Calendar::noleap}) {
      try_date(line, calendar);
      try_units(line, calendar);
    }
    try_duration(line);
    try {
      static_cast<void>(calendar_from_string(line));
    } catch (const Error&) {
    }
  }
  return 0;
}

}  // namespace myriad::fuzz
