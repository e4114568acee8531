/// The JSON reader. What it accepts must survive writing and reading again.

#include "src/base/json.hpp"

#include "src/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  try {
    const Json value = parse_json(text_of(data, size), "input");
    const std::string text = to_json_text(value);
    require(parse_json(text, "again") == value, "JSON reads back as the same value");
    require(to_json_text(parse_json(to_json_text(value, JsonStyle::indented), "again")) == text,
            "style does not change the value");
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
