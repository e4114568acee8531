#include "training/elastic/transport.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "training/elastic/token.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train;
using namespace myriad::train::elastic;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = TransportEvent::Kind;

constexpr double k_patience = 20.0;  ///< seconds; reached only when something is broken

/// A folder of this process that is removed at its end.
std::string folder() {
  static const struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("elastic." + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  } instance;
  return instance.path.string() + "/";
}

TransportConfig config_with(std::string interface, std::string token = std::string(32, 't')) {
  TransportConfig c;
  c.interface = std::move(interface);
  c.token = std::move(token);
  c.max_payload = 1 << 20;
  c.heartbeat_seconds = 5.0;  // no sign of life disturbs the counts
  return c;
}

TransportEvent next(Transport& transport) {
  auto event = transport.receive(k_patience);
  EXPECT_TRUE(event.has_value());
  return event ? std::move(*event) : TransportEvent{};
}

std::vector<std::byte> bytes_with(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class TransportOver : public ::testing::TestWithParam<const char*> {
 protected:
  std::string interface() const { return std::string(GetParam()) == "lo" ? "lo" : "unix:" + folder(); }
};
INSTANTIATE_TEST_SUITE_P(Sockets, TransportOver, ::testing::Values("lo", "unix"));

TEST_P(TransportOver, CarriesMessagesInOrderAndCountsEveryByte) {
  Transport a(config_with(interface())), b(config_with(interface()));
  const PeerId to_b = a.connect(b.address());
  a.send(to_b, {0x1000, 1, 2, 3, 4}, bytes_with(1000));  // before the connection stands
  EXPECT_EQ(next(a).kind, Kind::connected);
  const TransportEvent arrived = next(b);
  EXPECT_EQ(arrived.kind, Kind::connected);
  for (std::uint32_t i = 0; i < 50; ++i) a.send(to_b, {0x1100, 1, i, 3, 4}, bytes_with(i * 100));
  TransportEvent event = next(b);
  EXPECT_EQ(event.message.header, (MessageHeader{0x1000, 1, 2, 3, 4}));
  EXPECT_EQ(event.message.payload, bytes_with(1000));
  for (std::uint32_t i = 0; i < 50; ++i) {
    event = next(b);
    EXPECT_EQ(event.message.header.fragment, i);
    EXPECT_EQ(event.message.payload, bytes_with(i * 100));
  }
  b.send(arrived.peer, {0x1200, 9, 9, 9, 9});
  EXPECT_EQ(next(a).message.header, (MessageHeader{0x1200, 9, 9, 9, 9}));
  // Greeting and proof of 32 bytes each way, 51 messages one way, one the other.
  const std::int64_t handshake = 2 * (32 + 36), there = handshake + 51 * 36 + 1000 + 100 * (49 * 50 / 2);
  EXPECT_EQ(a.bytes(to_b).sent, there);
  EXPECT_EQ(b.bytes().received, there);
  EXPECT_EQ(b.bytes(arrived.peer).sent, handshake + 36);
  EXPECT_EQ(a.bytes().received, handshake + 36);
}

TEST_P(TransportOver, AMessageLargerThanAllBuffersArrives) {
  TransportConfig c = config_with(interface());
  c.max_payload = 64 << 20;
  Transport a(c), b(c);
  const PeerId to_b = a.connect(b.address());
  const auto payload = bytes_with(40 << 20);
  a.send(to_b, {0x1000, 0, 0, 0, 0}, payload);
  EXPECT_EQ(next(b).kind, Kind::connected);
  EXPECT_EQ(next(b).message.payload, payload);
}

TEST_P(TransportOver, TheEndOfAPeerIsKnownAtOnce) {
  auto a = std::make_unique<Transport>(config_with(interface()));
  Transport b(config_with(interface()));
  a->connect(b.address());
  EXPECT_EQ(next(b).kind, Kind::connected);
  a->receive(k_patience);
  const auto start = std::chrono::steady_clock::now();
  a.reset();
  const TransportEvent event = next(b);
  EXPECT_EQ(event.kind, Kind::closed);
  EXPECT_EQ(event.reason, "end of stream");
  EXPECT_LT(seconds_since(start), 4.0) << "before any sign of life is due";
  EXPECT_EQ(b.damaged(), 0);
}

TEST_P(TransportOver, AWrongTokenIsRefusedAndNothingIsRead) {
  Transport a(config_with(interface(), std::string(31, 't') + "u")), b(config_with(interface()));
  const PeerId to_b = a.connect(b.address());
  a.send(to_b, {0x1000, 0, 0, 0, 0}, bytes_with(10));
  const TransportEvent event = next(a);
  EXPECT_EQ(event.kind, Kind::closed);
  EXPECT_THAT(event.reason, HasSubstr("before the token was accepted"));
  EXPECT_FALSE(b.receive(0.0).has_value()) << "the refused peer must not be heard of";
  EXPECT_EQ(b.refused(), 1);
  EXPECT_EQ(b.bytes().received, 2 * (32 + 36)) << "greeting and proof, nothing behind";
  EXPECT_EQ(b.bytes().sent, 32 + 36) << "no proof for a stranger";
}

TEST_P(TransportOver, SignsOfLifeGoOnWhileNobodyCallsAndSilenceEndsAConnection) {
  TransportConfig watching = config_with(interface());
  watching.silence_seconds = 0.4;
  TransportConfig alive = config_with(interface());
  alive.heartbeat_seconds = 0.02;
  Transport b(watching), a(alive);
  a.connect(b.address());
  EXPECT_EQ(next(b).kind, Kind::connected);
  EXPECT_FALSE(b.receive(1.0).has_value()) << "an idle peer lives";
  Transport silent(config_with(interface()));
  silent.connect(b.address());
  EXPECT_EQ(next(b).kind, Kind::connected);
  const TransportEvent event = next(b);
  EXPECT_EQ(event.kind, Kind::closed);
  EXPECT_THAT(event.reason, HasSubstr("no sign of life"));
}

TEST_P(TransportOver, DamagedAndTruncatedMessagesEndTheConnectionAndDroppedOnesDoNot) {
  TransportConfig c = config_with(interface());
  c.faults.frame = [](const MessageHeader& h) { return static_cast<FrameFault>(h.fragment); };
  Transport b(config_with(interface())), a(c);
  std::int64_t damaged = 0;
  for (const FrameFault fault : {FrameFault::corrupt, FrameFault::truncate}) {
    const PeerId to_b = a.connect(b.address());
    EXPECT_EQ(next(a).kind, Kind::connected);
    a.send(to_b, {0x1000, 0, 0, 0, 0}, bytes_with(10));
    a.send(to_b, {0x1000, 0, static_cast<std::uint32_t>(fault), 0, 0}, bytes_with(100));
    EXPECT_EQ(next(b).kind, Kind::connected);
    EXPECT_EQ(next(b).message.payload, bytes_with(10)) << "what came before is good";
    EXPECT_EQ(next(b).kind, Kind::closed);
    EXPECT_EQ(b.damaged(), ++damaged);
    EXPECT_EQ(next(a).kind, Kind::closed);
  }
  const PeerId to_b = a.connect(b.address());
  a.send(to_b, {0x1000, 0, static_cast<std::uint32_t>(FrameFault::drop), 0, 0}, bytes_with(5));
  a.send(to_b, {0x1000, 0, 0, 0, 0}, bytes_with(6));
  EXPECT_EQ(next(b).kind, Kind::connected);
  EXPECT_EQ(next(b).message.payload, bytes_with(6));
  EXPECT_EQ(b.damaged(), damaged);
}

TEST_P(TransportOver, ASlowLinkTakesTheTimeOfItsRate) {
  TransportConfig c = config_with(interface());
  c.faults.bytes_per_second = 400e3;
  Transport b(config_with(interface())), a(c);
  const auto start = std::chrono::steady_clock::now();
  a.send(a.connect(b.address()), {0x1000, 0, 0, 0, 0}, bytes_with(200000));
  EXPECT_EQ(next(b).kind, Kind::connected);
  EXPECT_EQ(next(b).message.payload.size(), 200000U);
  EXPECT_GT(seconds_since(start), (200000.0 - 16384.0) / 400e3);
}

TEST_P(TransportOver, APeerThatIsNotThereIsReported) {
  Transport a(config_with(interface()));
  std::string address;
  { address = Transport(config_with(interface())).address(); }
  const PeerId nobody = a.connect(address);
  const TransportEvent event = next(a);
  EXPECT_EQ(event.kind, Kind::closed);
  EXPECT_EQ(event.peer, nobody);
  EXPECT_THAT(event.reason, HasSubstr("cannot connect"));
}

TEST(Transport, ListensOnTheNamedInterfaceOnly) {
  EXPECT_THAT(Transport(config_with("lo")).address(), StartsWith("127.0.0.1:"));
  try {
    Transport wrong(config_with("no-such-interface0"));
    ADD_FAILURE() << "an unknown interface was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2457");
    EXPECT_THAT(error.what(), HasSubstr("lo"));
  }
  Transport first(config_with("lo"));
  TransportConfig taken = config_with("lo");
  taken.port = static_cast<std::uint16_t>(std::stoi(first.address().substr(first.address().rfind(':') + 1)));
  EXPECT_THROW(Transport second(taken), Error);
}

TEST(Transport, StrangersAreClosedBeforeTheySendMuch) {
  Transport b(config_with("lo"));
  const auto port = static_cast<std::uint16_t>(std::stoi(b.address().substr(b.address().rfind(':') + 1)));
  const auto long_message = encode_message({0x0001, 0, 0, 0, 0}, bytes_with(33));
  const std::string web = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string& text :
       {web, std::string(reinterpret_cast<const char*>(long_message.data()), long_message.size())}) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::array<char, 256> buffer{};
    while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
    }
    ::close(fd);
  }
  EXPECT_FALSE(b.receive(0.0).has_value());
  EXPECT_EQ(b.damaged(), 2);
}

// RFC 4231, cases 1, 2 and 6 (a key longer than a block).
TEST(Token, HmacHasTheValuesOfTheStandard) {
  const auto hex = [](std::string_view key, std::string_view text) { return to_hex(hmac_sha256(key, bytes_of(text))); };
  EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  Proof a{}, b{};
  EXPECT_TRUE(equal_in_constant_time(a, b));
  b[31] = 1;
  EXPECT_FALSE(equal_in_constant_time(a, b));
}

TEST(Token, OnlyAPrivateFileWithALongTokenIsTaken) {
  const auto id = [](const std::filesystem::path& file) -> std::string {
    try {
      load_token(file);
    } catch (const Error& error) {
      return error.id();
    }
    return "";
  };
  const std::filesystem::path file = folder() + "token";
  std::filesystem::remove(file);
  const std::string token = make_token();
  EXPECT_EQ(token.size(), 64U);
  EXPECT_NE(token, make_token());
  write_token(file, token);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(load_token(file), token);
  EXPECT_THROW(write_token(file, token), Error) << "an old file is not overwritten";
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  EXPECT_EQ(id(file), "E2455");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  std::ofstream(file) << "short\n";
  EXPECT_EQ(id(file), "E2456");
  ::unsetenv("MYRIAD_ELASTIC_TOKEN");
  EXPECT_EQ(id({}), "E2456");
  ::setenv("MYRIAD_ELASTIC_TOKEN", token.c_str(), 1);
  EXPECT_EQ(load_token({}), token);
  ::unsetenv("MYRIAD_ELASTIC_TOKEN");
}

}  // namespace
}  // namespace myriad::test
