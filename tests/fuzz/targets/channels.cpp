/// Channel names and units: each line is `name|unit|other unit`.

#include <cmath>
#include <string_view>

#include "src/base/error.hpp"
#include "src/io/channel.hpp"
#include "src/io/units.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {
namespace {

std::string_view take(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = text_of(data, size);
  // More lines of one input only repeat the same work.
  for (int line_count = 0; line_count < 16 && !rest.empty(); ++line_count) {
    std::string_view line = take(rest, '\n');
    const std::string_view name = take(line, '|');
    const std::string_view unit = take(line, '|');
    try {
      const io::Channel channel = io::make_channel(name, unit);
      const int bits = io::significant_bits(channel);
      require(bits >= 1 && bits <= 23, "bits of a float");
      require(io::make_channel(channel.name, channel.units) == channel,
              "a channel is found by its own name");
    } catch (const Error&) {
    }
    try {
      static_cast<void>(io::channel_set(name));
    } catch (const Error&) {
    }
    const auto parsed = io::parse_unit(unit);
    if (parsed.has_value())
      require(std::isfinite(parsed->scale) && parsed->scale > 0, "scale of a unit");
    static_cast<void>(io::unit_conversion(unit, line, name));
  }
  return 0;
}

}  // namespace myriad::fuzz
