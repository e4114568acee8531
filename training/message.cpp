#include "training/message.hpp"

#include <bit>
#include <limits>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"

namespace myriad::train {

static_assert(std::endian::native == std::endian::little, "messages are little-endian and written as they lie in memory");

namespace {

constexpr std::uint32_t k_magic = 0x31435857;  // "WXC1"
constexpr std::uint16_t k_version = 1;

}  // namespace

std::vector<std::byte> encode_message(const MessageHeader& header, std::span<const std::byte> payload) {
  MYRIAD_EXPECT(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  PayloadWriter out;
  out.put(k_magic).put(k_version).put(header.format).put(header.epoch).put(header.fragment).put(header.round);
  out.put(header.numel).put(static_cast<std::uint32_t>(payload.size())).put_bytes(payload);
  std::vector<std::byte> bytes = out.take();
  const std::uint32_t sum = crc32c(bytes);
  const auto tail = std::as_bytes(std::span(&sum, 1));
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return bytes;
}

void MessageReader::feed(std::span<const std::byte> bytes) {
  if (begin_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Message> MessageReader::next() {
  const std::span<const std::byte> rest = std::span<const std::byte>(buffer_).subspan(begin_);
  if (rest.size() < k_message_header) return {};
  PayloadReader in(rest.first(k_message_header));
  const auto magic = in.get<std::uint32_t>();
  const auto version = in.get<std::uint16_t>();
  MYRIAD_VALIDATE(magic == k_magic && version == k_version, ErrorKind::input_corrupt, "E2450",
                  "a message starts with {:08x}, version {} (expected {:08x}, version {}) the sender is another program or "
                  "another version of this one",
                  magic, version, k_magic, k_version);
  Message message;
  MessageHeader& h = message.header;
  h.format = in.get<std::uint16_t>();
  h.epoch = in.get<std::uint32_t>();
  h.fragment = in.get<std::uint32_t>();
  h.round = in.get<std::uint64_t>();
  h.numel = in.get<std::uint32_t>();
  const auto length = in.get<std::uint32_t>();
  MYRIAD_VALIDATE(length <= max_payload_, ErrorKind::input_corrupt, "E2451",
                  "a message of {} bytes (the longest of this run is {}) the sender runs another configuration or is no "
                  "part of the run",
                  length, max_payload_);
  const std::size_t size = k_message_overhead + length;
  if (rest.size() < size) return {};
  std::uint32_t sum = 0;
  std::memcpy(&sum, rest.data() + size - sizeof sum, sizeof sum);
  MYRIAD_VALIDATE(sum == crc32c(rest.first(size - sizeof sum)), ErrorKind::input_corrupt, "E2452",
                  "a message of {} bytes with a wrong check sum (damaged on the way) look at the network and its memory",
                  size);
  message.payload.assign(rest.begin() + k_message_header, rest.begin() + static_cast<std::ptrdiff_t>(size - sizeof sum));
  begin_ += size;
  return message;
}

PayloadWriter& PayloadWriter::put_bytes(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

PayloadWriter& PayloadWriter::put_text(std::string_view text) {
  MYRIAD_EXPECT(text.size() <= std::numeric_limits<std::uint16_t>::max());
  put(static_cast<std::uint16_t>(text.size()));
  return put_bytes(bytes_of(text));
}

std::span<const std::byte> PayloadReader::get_bytes(std::size_t count) {
  MYRIAD_VALIDATE(count <= bytes_.size(), ErrorKind::input_corrupt, "E2453",
                  "a message ends too early ({} of {} bytes are there) the sender is another version of this program",
                  bytes_.size(), count);
  const std::span<const std::byte> part = bytes_.first(count);
  bytes_ = bytes_.subspan(count);
  return part;
}

std::string PayloadReader::get_text() {
  const std::span<const std::byte> text = get_bytes(get<std::uint16_t>());
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

std::uint32_t PayloadReader::get_count(std::size_t bytes) {
  const auto count = get<std::uint32_t>();
  MYRIAD_VALIDATE(count <= bytes_.size() / bytes, ErrorKind::input_corrupt, "E2453",
                  "a message announces {} elements (it has room for {}) the sender is another version of this program", count,
                  bytes_.size() / bytes);
  return count;
}

void PayloadReader::finish() const {
  MYRIAD_VALIDATE(bytes_.empty(), ErrorKind::input_corrupt, "E2453",
                  "a message is {} bytes too long (nothing should follow) the sender is another version of this program",
                  bytes_.size());
}

}  // namespace myriad::train
