/// Messages between training processes, and the payloads of those that control an elastic run. The check sum is made right in a second pass, so that mutations reach what lies
/// behind it.

#include "training/message.hpp"

#include <algorithm>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "training/elastic/protocol.hpp"

namespace myriad::fuzz {
namespace {

using namespace myriad::train;

constexpr std::size_t k_longest = 4096;

/// All messages of a stream that arrives in pieces of \p piece bytes, up to the first damage.
std::vector<Message> read_stream(std::span<const std::byte> stream, std::size_t piece) {
  MessageReader reader(k_longest);
  std::vector<Message> messages;
  try {
    while (!stream.empty()) {
      const std::size_t count = std::min(piece, stream.size());
      reader.feed(stream.first(count));
      stream = stream.subspan(count);
      while (auto message = reader.next()) messages.push_back(std::move(*message));
    }
  } catch (const Error&) {
  }
  return messages;
}

template <class Payload>
void check_payload(std::span<const std::byte> payload) {
  try {
    const std::vector<std::byte> again = Payload::decode(payload).encode();
    require(std::equal(again.begin(), again.end(), payload.begin(), payload.end()), "an accepted payload is written as it was read");
  } catch (const Error&) {
  }
}

void check_payload(elastic::MessageKind kind, std::span<const std::byte> payload) {
  using elastic::MessageKind;
  if (kind == MessageKind::hello) check_payload<elastic::Hello>(payload);
  if (kind == MessageKind::membership) check_payload<elastic::Membership>(payload);
  if (kind == MessageKind::ready) check_payload<elastic::Ready>(payload);
  if (kind == MessageKind::open) check_payload<elastic::Assignment>(payload);
  if (kind == MessageKind::vote) check_payload<elastic::Vote>(payload);
}

void check(std::span<const std::byte> stream) {
  const std::vector<Message> whole = read_stream(stream, stream.size() + 1);
  const std::vector<Message> pieces = read_stream(stream, 7);
  require(whole.size() == pieces.size(), "messages do not depend on how the stream is cut");
  std::size_t at = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].header == pieces[i].header && whole[i].payload == pieces[i].payload, "pieces give the same message");
    const std::vector<std::byte> again = encode_message(whole[i].header, whole[i].payload);
    require(at + again.size() <= stream.size() &&
                std::equal(again.begin(), again.end(), stream.begin() + static_cast<std::ptrdiff_t>(at)),
            "an accepted message is written as it was read");
    at += again.size();
    check_payload(elastic::kind_of(whole[i].header), whole[i].payload);
  }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> stream(size);
  std::transform(data, data + size, stream.begin(), [](std::uint8_t b) { return static_cast<std::byte>(b); });
  check(stream);
  if (size < k_message_overhead) return 0;
  const std::uint32_t sum = crc32c(std::span<const std::byte>{stream}.first(size - sizeof(std::uint32_t)));
  std::memcpy(stream.data() + size - sizeof sum, &sum, sizeof sum);
  check(stream);
  return 0;
}

}  // namespace myriad::fuzz
