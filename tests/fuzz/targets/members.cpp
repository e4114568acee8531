/// Lists of ensemble members, hexadecimal text.

#include "src/base/config.hpp"
#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  try {
    const auto members = parse_members(text);
    require(!members.empty(), "an accepted list has members");
    for (std::size_t i = 1; i < members.size(); ++i)
      require(members[i - 1] < members[i], "members increase");
    require(parse_members(format_members(members)) == members, "a list reads back");
  } catch (const Error&) {
  }
  try {
    const auto bytes = from_hex(text);
    require(bytes.size() * 2 == size, "two digits a byte");
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
