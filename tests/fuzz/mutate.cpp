#include "tests/fuzz/mutate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace myriad::fuzz {
namespace {

/// Mutated inputs stay small, so that thousands of them take seconds.
constexpr std::size_t k_max_size = std::size_t{1} << 16;

/// A number below \p bound. Not std::uniform_int_distribution, whose results differ between
/// libraries.
std::size_t below(std::mt19937_64& random, std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

using Offset = std::ptrdiff_t;

constexpr std::array<std::string_view, 22> k_tokens = {
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "-9223372036854775808",
    "18446744073709551615",
    "nan",
    "inf",
    "null",
    "true",
    "\"",
    "{",
    "[",
    "]",
    "}",
    ": ",
    "\n",
    "\\u0000",
    "\xff",
    "=",
    "%s%n",
    "--",
};

void edit(Input& input, const Input& other, std::mt19937_64& random) {
  const std::size_t at = below(random, input.size());
  switch (below(random, 11)) {
    case 0:  // one bit
      if (!input.empty())
        input[at] = static_cast<std::uint8_t>(input[at] ^ (1U << below(random, 8)));
      break;
    case 1:  // one byte
      if (!input.empty()) input[at] = static_cast<std::uint8_t>(random());
      break;
    case 2: {  // an extreme little- or big-endian number
      constexpr std::array<std::uint64_t, 8> k_values = {
          0, 1, 0x7f, 0xff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
      const std::uint64_t value = k_values[below(random, k_values.size())];
      const std::size_t width = std::size_t{1} << below(random, 4);
      for (std::size_t i = 0; i < width && at + i < input.size(); ++i) {
        input[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
      break;
    }
    case 3:  // cut the end
      input.resize(at);
      break;
    case 4: {  // remove a piece
      const std::size_t count = std::min(input.size() - at, 1 + below(random, 16));
      input.erase(input.begin() + static_cast<Offset>(at),
                  input.begin() + static_cast<Offset>(at + count));
      break;
    }
    case 5: {  // repeat a piece, sometimes very often
      const std::size_t count = std::min(input.size() - at, 1 + below(random, 32));
      const Input piece(input.begin() + static_cast<Offset>(at),
                        input.begin() + static_cast<Offset>(at + count));
      const std::size_t times = below(random, 8) == 0 ? 400 : 1 + below(random, 4);
      for (std::size_t i = 0; i < times && input.size() + piece.size() < k_max_size; ++i) {
        input.insert(input.begin() + static_cast<Offset>(at), piece.begin(), piece.end());
      }
      break;
    }
    case 6: {  // a token that parsers care about
      const std::string_view token = k_tokens[below(random, k_tokens.size())];
      input.insert(input.begin() + static_cast<Offset>(at), token.begin(), token.end());
      break;
    }
    case 7:  // a digit
      for (std::size_t i = at; i < input.size(); ++i) {
        if (input[i] >= '0' && input[i] <= '9') {
          input[i] = static_cast<std::uint8_t>('0' + below(random, 10));
          break;
        }
      }
      break;
    case 8: {  // a piece of another input
      const std::size_t from = below(random, other.size());
      const std::size_t count = std::min(other.size() - from, 1 + below(random, 64));
      input.insert(input.begin() + static_cast<Offset>(at),
                   other.begin() + static_cast<Offset>(from),
                   other.begin() + static_cast<Offset>(from + count));
      break;
    }
    case 9:  // swap two bytes
      if (!input.empty()) std::swap(input[at], input[below(random, input.size())]);
      break;
    default: {  // overwrite with a piece of itself
      const std::size_t from = below(random, input.size());
      const std::size_t count =
          std::min({input.size() - at, input.size() - from, 1 + below(random, 32)});
      if (count > 0) std::memmove(input.data() + at, input.data() + from, count);
      break;
    }
  }
}

}  // namespace

Input mutate(const Input& base, const Input& other, std::mt19937_64& random) {
  Input input = base;
  const std::size_t edits = 1 + below(random, 4);
  for (std::size_t i = 0; i < edits; ++i) edit(input, other, random);
  return input;
}

}  // namespace myriad::fuzz
