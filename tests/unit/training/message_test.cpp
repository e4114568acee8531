#include "training/message.hpp"

#include <gtest/gtest.h>

#include <random>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;

std::vector<std::byte> bytes_from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::uint8_t b : from_hex(hex)) bytes.push_back(static_cast<std::byte>(b));
  return bytes;
}

std::vector<std::byte> payload_of(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
  return bytes;
}

std::string error_id(MessageReader& reader) {
  try {
    while (reader.next().has_value()) {
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input_corrupt);
    return error.id();
  }
  return "";
}

// Written by hand from the table in message.hpp; the check sum by an independent bitwise CRC-32C (RFC 3720, B.4).
TEST(Message, HasTheDocumentedBytes) {
  const MessageHeader header{0x1203, 0x04050607, 0x08090a0b, 0x0c0d0e0f10111213, 2};
  const std::vector<std::byte> bytes = encode_message(header, bytes_from_hex("0000803f00000040"));
  std::vector<std::byte> expected = bytes_from_hex(
      "57584331" "0100" "0312" "07060504" "0b0a0908" "131211100f0e0d0c" "02000000" "08000000" "0000803f00000040");
  std::uint32_t crc = 0xffffffffU;
  for (std::byte b : expected) {
    crc ^= static_cast<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
  }
  crc = ~crc;
  for (int i = 0; i < 4; ++i) expected.push_back(static_cast<std::byte>(crc >> (8 * i)));
  EXPECT_EQ(bytes, expected);
  EXPECT_EQ(bytes.size(), k_message_overhead + 8);
}

TEST(Message, AStreamCutAnywhereGivesTheSameMessages) {
  std::vector<std::byte> stream;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto bytes = encode_message({static_cast<std::uint16_t>(i), i, 2 * i, 3 * i, i}, payload_of(i * 13));
    stream.insert(stream.end(), bytes.begin(), bytes.end());
  }
  std::mt19937 random(3);
  for (int trial = 0; trial < 200; ++trial) {
    MessageReader reader(64);
    std::uint32_t found = 0;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 50, stream.size() - at);
      reader.feed(std::span(stream).subspan(at, count));
      at += count;
      while (const auto message = reader.next()) {
        EXPECT_EQ(message->header, (MessageHeader{static_cast<std::uint16_t>(found), found, 2 * found, 3 * found, found}));
        EXPECT_EQ(message->payload, payload_of(found * 13));
        ++found;
      }
    }
    EXPECT_EQ(found, 5U);
    EXPECT_EQ(reader.pending(), 0U);
  }
}

TEST(Message, EveryChangedBitIsNoticedOrWaitsForMore) {
  const auto good = encode_message({0x2100, 3, 4, 5, 6}, payload_of(24));
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    MessageReader reader(64);
    reader.feed(bad);
    try {
      // Only a longer length can look unfinished, and it must stay within the maximum.
      EXPECT_FALSE(reader.next().has_value()) << "bit " << bit;
      EXPECT_EQ(bit / 8, 28U) << "bit " << bit;
    } catch (const Error&) {
    }
  }
}

TEST(Message, IsRefusedForMagicVersionLengthAndCheckSum) {
  const auto good = encode_message({1, 2, 3, 4, 5}, payload_of(20));
  const auto id_with = [&](std::size_t at, std::byte value, std::size_t most = 20) {
    auto bad = good;
    bad[at] = value;
    MessageReader reader(most);
    reader.feed(bad);
    return error_id(reader);
  };
  EXPECT_EQ(id_with(0, good[0]), "");
  EXPECT_EQ(id_with(0, std::byte{'X'}), "E2450");
  EXPECT_EQ(id_with(4, std::byte{2}), "E2450");
  EXPECT_EQ(id_with(0, good[0], 19), "E2451");
  EXPECT_EQ(id_with(40, std::byte{0}), "E2452");
  // A length above the maximum is refused from the header alone, before anything is kept for it.
  MessageReader reader(1000);
  auto header = std::vector<std::byte>(good.begin(), good.begin() + k_message_header);
  header[31] = std::byte{0x7f};
  reader.feed(header);
  EXPECT_EQ(error_id(reader), "E2451");
}

TEST(Message, OfAnotherEpochIsDroppedAndCounted) {
  EpochGate gate;
  gate.epoch = 7;
  EXPECT_TRUE(gate.admits({0, 7, 0, 0, 0}));
  EXPECT_FALSE(gate.admits({0, 6, 0, 0, 0}));
  EXPECT_FALSE(gate.admits({0, 8, 0, 0, 0}));
  EXPECT_EQ(gate.stale(), 2);
}

TEST(Payload, ReadsBackWhatWasWrittenAndNothingElse) {
  PayloadWriter out;
  const auto bytes = out.put(std::uint16_t{513}).put_text("a:1").put(std::uint32_t{2}).put(std::int64_t{-5}).take();
  PayloadReader in(bytes);
  EXPECT_EQ(in.get<std::uint16_t>(), 513);
  EXPECT_EQ(in.get_text(), "a:1");
  EXPECT_EQ(in.get_count(4), 2U);
  EXPECT_THROW(in.finish(), Error);
  EXPECT_EQ(in.get<std::int64_t>(), -5);
  in.finish();
  EXPECT_THROW(in.get<std::uint8_t>(), Error);
  PayloadReader again(std::span<const std::byte>{bytes}.subspan(7));
  EXPECT_THROW(again.get_count(5), Error) << "a count that the rest has no room for";
}

}  // namespace
}  // namespace myriad::test
