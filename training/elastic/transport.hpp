#pragma once
/// \file
/// Authenticated connections between the processes of an elastic run. The only code with sockets.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "training/message.hpp"

namespace myriad::train::elastic {

/// Kinds of message below this (high byte of the format) belong to the transport itself.
constexpr std::uint16_t k_first_kind = 0x0100;

/// What happens to an outgoing message in tests.
enum class FrameFault : std::uint8_t {
  none,
  corrupt,   ///< a bit of the payload or check sum is flipped
  truncate,  ///< half of it is sent, then the connection ends
  drop,      ///< it is not sent
};

/// Faults of links, for tests. Empty: none.
struct LinkFaults {
  double bytes_per_second = 0;  ///< slow link: a token bucket of 16 KiB on each connection; 0: no limit
  std::function<FrameFault(const MessageHeader&)> frame;  ///< asked for each outgoing message
};

struct TransportConfig {
  /// Where to listen: the name of a network interface ("lo", "eth0"), "any" for all of them, or "unix:PATH" for a UNIX
  /// socket (PATH ends with '/': a new name in that folder).
  std::string interface = "lo";
  std::uint16_t port = 0;              ///< 0: a free one
  std::string token;                   ///< secret of the run (token.hpp); never sent
  std::size_t max_payload = std::size_t{1} << 20;
  double heartbeat_seconds = 0.1;      ///< an idle connection carries a sign of life so often
  double silence_seconds = 0;          ///< a connection from which nothing came for so long is closed; 0: never
  LinkFaults faults;
};

/// Bytes on the wire, headers included.
struct LinkBytes {
  std::int64_t sent = 0;
  std::int64_t received = 0;
};

/// One end of a connection. Numbers are not used twice.
using PeerId = std::uint32_t;

struct TransportEvent {
  enum class Kind : std::uint8_t {
    connected,  ///< both ends have proved that they know the token
    message,
    closed,     ///< also when a connection could not be made; no more events of this peer
  };
  Kind kind = Kind::message;
  PeerId peer = 0;
  Message message;
  std::string reason;  ///< of closed, in words
};

/// Non-blocking connections served by a thread of its own: signs of life go on while the caller computes, and the end of
/// a peer is known at once.
///
/// Both ends of a connection prove knowledge of the token by HMAC-SHA-256 over the random numbers of both, before any
/// other message is read; who cannot is refused and logged (E2459). The payload is neither secret nor signed afterwards.
/// Memory: what is sent stays in memory until the peer has taken it; reading stops while more than four of the longest
/// messages wait for receive(). *Threads*: all calls are thread-safe.
class Transport {
 public:
  /// Errors: ErrorKind::config_invalid for an unknown interface (E2457); unavailable when it cannot listen (E2458).
  explicit Transport(TransportConfig config);
  /// Gives the peers up to half a second to take what was sent.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Where peers can connect: "127.0.0.1:4711", "[::1]:4711" or "unix:/tmp/x.sock".
  const std::string& address() const;
  /// Start a connection; messages may be sent at once and go out when it stands.
  PeerId connect(const std::string& address);
  /// Queue a message. Ignored when the connection has ended.
  void send(PeerId peer, const MessageHeader& header, std::span<const std::byte> payload = {});
  /// The same bytes for several peers.
  void send(std::span<const PeerId> peers, const MessageHeader& header, std::span<const std::byte> payload = {});
  /// End a connection once what was sent is out. No event follows.
  void close(PeerId peer);
  /// Wait up to \p seconds for the next event.
  std::optional<TransportEvent> receive(double seconds);

  /// Of all connections so far.
  LinkBytes bytes() const;
  /// Of one connection, also when it has ended.
  LinkBytes bytes(PeerId peer) const;
  /// Connections that were closed because a message was damaged, cut short or too long.
  std::int64_t damaged() const;
  /// Connections refused for a wrong token.
  std::int64_t refused() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myriad::train::elastic
