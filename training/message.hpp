#pragma once
/// \file
/// Messages between the processes of a training run: a header of 32 bytes, a payload, a check sum.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myriad::train {

/// What stands before the payload. On the wire, little-endian: u32 magic "WXC1", u16 version, u16 format, u32 epoch,
/// u32 fragment, u64 round, u32 numel, u32 bytes of payload; then the payload; then u32 CRC-32C of all before it.
struct MessageHeader {
  std::uint16_t format = 0;    ///< high byte: kind of message; low byte: coding of the payload (0 = dense fp32)
  std::uint32_t epoch = 0;     ///< of the membership
  std::uint32_t fragment = 0;  ///< part of the vector, micro-batch, ...: by kind
  std::uint64_t round = 0;     ///< optimiser step
  std::uint32_t numel = 0;     ///< elements that the payload codes

  bool operator==(const MessageHeader&) const = default;
};

struct Message {
  MessageHeader header;
  std::vector<std::byte> payload;
};

constexpr std::size_t k_message_header = 32;
/// Bytes of a message beside its payload.
constexpr std::size_t k_message_overhead = k_message_header + 4;

/// The bytes of a message. Precondition: the payload is shorter than 4 GiB.
std::vector<std::byte> encode_message(const MessageHeader& header, std::span<const std::byte> payload);

/// Cuts a stream of bytes into messages.
///
/// Memory: the bytes of the unfinished message; a length above the maximum is refused when the header is there.
class MessageReader {
 public:
  explicit MessageReader(std::size_t max_payload) : max_payload_(max_payload) {}
  void set_max_payload(std::size_t bytes) { max_payload_ = bytes; }

  void feed(std::span<const std::byte> bytes);
  /// The next whole message; nothing when more bytes are needed.
  /// Errors: ErrorKind::input_corrupt for another magic or version (E2450), a payload above the maximum (E2451), a wrong
  /// check sum (E2452). The stream has lost its frame then and must be closed.
  std::optional<Message> next();
  /// Bytes of a message that has not ended.
  std::size_t pending() const { return buffer_.size() - begin_; }

 private:
  std::size_t max_payload_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  ///< of the unread part
};

/// Lets messages of one membership epoch pass; counts the others.
class EpochGate {
 public:
  std::uint32_t epoch = 0;
  bool admits(const MessageHeader& header) {
    if (header.epoch == epoch) return true;
    ++stale_;
    return false;
  }
  std::int64_t stale() const { return stale_; }

 private:
  std::int64_t stale_ = 0;
};

/// Writes the parts of a payload, little-endian and without padding.
class PayloadWriter {
 public:
  template <std::integral T>
  PayloadWriter& put(T value) {
    return put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  PayloadWriter& put_bytes(std::span<const std::byte> bytes);
  /// Precondition: shorter than 64 KiB.
  PayloadWriter& put_text(std::string_view text);
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads what PayloadWriter wrote. Errors of all: ErrorKind::input_corrupt (E2453) when the payload is too short or too long.
class PayloadReader {
 public:
  explicit PayloadReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <std::integral T>
  T get() {
    T value;
    std::memcpy(&value, get_bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> get_bytes(std::size_t count);
  std::size_t left() const { return bytes_.size(); }
  std::string get_text();
  /// Elements of at least \p bytes each that follow: a count is compared with what is there before memory is taken for it.
  std::uint32_t get_count(std::size_t bytes);
  /// All must have been read.
  void finish() const;

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace myriad::train
