/// The checkpoint container: bytes as they are, and once more with the header hash made right, so
/// that mutations reach what lies behind it.

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/state/checkpoint.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {
namespace {

void parse(std::span<const std::byte> bytes) {
  try {
    const Checkpoint checkpoint = Checkpoint::parse(bytes, "input");
    std::size_t sum = 0;
    for (const HostTensor& tensor : checkpoint.tensors()) sum += tensor.bytes.size();
    require(sum == checkpoint.header().data_bytes, "tensors fill the data");
    checkpoint.check_finite();
    for (const auto& [key, text] : checkpoint.header().metadata) {
      if (!text.empty() && text.front() == '{') static_cast<void>(checkpoint.section(key));
    }
  } catch (const Error&) {
  }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const auto input = text_of(data, size);
  parse(bytes_of(input));

  constexpr std::string_view k_marker = "\"myriad.header_xxh3\":\"";
  const auto found = input.find(k_marker);
  const auto digits = found == std::string_view::npos ? found : found + k_marker.size();
  if (size < 8 || digits == std::string_view::npos || digits + 32 > size) return 0;
  std::string sealed(input);
  // Keep the length consistent with the place where the text really ends, or every edit of the text
  // would end there.
  std::uint64_t json_bytes = 0;
  std::memcpy(&json_bytes, sealed.data(), sizeof json_bytes);
  if (json_bytes > size - 8 || (json_bytes + 8) % 64 != 0) {
    json_bytes = (size / 64) * 64 < 64 ? 56 : (size / 64) * 64 - 8;
    if (json_bytes > size - 8) return 0;
    std::memcpy(sealed.data(), &json_bytes, sizeof json_bytes);
  }
  if (digits + 32 > json_bytes + 8) return 0;
  sealed.replace(digits, 32, std::string(32, '0'));
  sealed.replace(digits, 32,
                 xxh3_128(bytes_of(std::string_view(sealed).substr(0, json_bytes + 8))).hex());
  parse(bytes_of(sealed));
  return 0;
}

}  // namespace myriad::fuzz
