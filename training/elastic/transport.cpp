#include "training/elastic/transport.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "training/elastic/token.hpp"

namespace myriad::train::elastic {

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::shared_ptr<const std::vector<std::byte>>;
using Nonce = std::array<std::byte, 32>;

constexpr std::uint16_t k_greeting = 1, k_proof = 2, k_beat = 3;
constexpr std::size_t k_handshake_payload = 32;
constexpr double k_handshake_seconds = 5.0;
constexpr std::size_t k_most_unproved = 64;  ///< accepted connections that have not proved the token yet
constexpr double k_burst = 16384.0;          ///< of a slow link, bytes

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

bool is_unix(const std::string& name) { return name.starts_with("unix:"); }

Endpoint unix_endpoint(const std::string& path) {
  Endpoint end;
  auto& address = reinterpret_cast<sockaddr_un&>(end.storage);
  MYRIAD_VALIDATE(path.size() < sizeof address.sun_path, ErrorKind::config_invalid, "E2457",
                  "the path of the UNIX socket {} is too long ({} bytes fit) use a shorter folder", path,
                  sizeof address.sun_path - 1);
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  end.size = sizeof address;
  return end;
}

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(in->sin_port));
  }
  if (address->sa_family != AF_INET6) return "a UNIX socket";
  const auto* in = reinterpret_cast<const sockaddr_in6*>(address);
  ::inet_ntop(AF_INET6, &in->sin6_addr, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), ntohs(in->sin6_port));
}

/// The first address of an interface, IPv4 before IPv6 (link-local ones need a scope and are left out); "any": of the
/// first interface that is up and not the loop-back, else of that.
Endpoint interface_endpoint(const std::string& name, std::uint16_t port) {
  ifaddrs* list = nullptr;
  std::string known;
  std::optional<Endpoint> found;
  if (::getifaddrs(&list) == 0) {
    const auto better = [&](const ifaddrs& i) {
      if (!found) return true;
      return name == "any" ? (i.ifa_flags & IFF_LOOPBACK) == 0 && i.ifa_addr->sa_family == AF_INET
                           : i.ifa_addr->sa_family == AF_INET && found->storage.ss_family == AF_INET6;
    };
    for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
      if (i->ifa_addr == nullptr || (i->ifa_flags & IFF_UP) == 0) continue;
      const bool v4 = i->ifa_addr->sa_family == AF_INET;
      if (!v4 && (i->ifa_addr->sa_family != AF_INET6 ||
                  IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(i->ifa_addr)->sin6_addr)))
        continue;
      if (v4) known += fmt::format(" {}", i->ifa_name);
      if ((name != "any" && name != i->ifa_name) || !better(*i)) continue;
      Endpoint end;
      end.size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
      std::memcpy(&end.storage, i->ifa_addr, end.size);
      (v4 ? reinterpret_cast<sockaddr_in&>(end.storage).sin_port : reinterpret_cast<sockaddr_in6&>(end.storage).sin6_port) =
          htons(port);
      found = end;
    }
    ::freeifaddrs(list);
  }
  MYRIAD_VALIDATE(found.has_value(), ErrorKind::config_invalid, "E2457",
                  "no network interface '{}' with an address (known:{}) give one of these, 'any' or 'unix:FOLDER/'", name,
                  known);
  return *found;
}

std::optional<Endpoint> resolve(const std::string& address) {
  if (is_unix(address)) return unix_endpoint(address.substr(5));
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &list) != 0 || list == nullptr) return {};
  Endpoint end;
  end.size = list->ai_addrlen;
  std::memcpy(&end.storage, list->ai_addr, list->ai_addrlen);
  ::freeaddrinfo(list);
  return end;
}

struct Link {
  enum class Stage : std::uint8_t { connecting, greeting, proving, up };
  Link(int descriptor, bool is_initiator, std::string peer_name)
      : fd(descriptor), initiator(is_initiator), name(std::move(peer_name)) {}

  int fd;
  bool initiator;
  std::string name;
  Stage stage = Stage::greeting;
  Nonce mine{}, theirs{};
  MessageReader reader{k_handshake_payload};
  std::deque<Frame> out;
  std::deque<Frame> held;  ///< until the connection is up
  std::size_t offset = 0;  ///< bytes of out.front() that are gone
  Clock::time_point opened = Clock::now(), heard = opened, sent = opened, filled = opened;
  double budget = k_burst;
  bool closing = false;  ///< by the caller: nobody hears of the end
  bool cut = false;      ///< by a test, in the middle of a message
  LinkBytes bytes;
};

}  // namespace

class Transport::Impl {
 public:
  explicit Impl(TransportConfig config) : config_(std::move(config)) {
    listen();
    wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    MYRIAD_ENSURE(wake_ >= 0);
    thread_ = std::thread([this] { serve(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = Clock::now() + std::chrono::milliseconds(500);
    }
    wake();
    thread_.join();
    for (auto& [id, link] : links_) ::close(link.fd);
    ::close(listener_);
    ::close(wake_);
    if (is_unix(address_)) ::unlink(address_.c_str() + 5);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  PeerId connect(const std::string& address) {
    const std::optional<Endpoint> end = resolve(address);
    const int fd = end ? ::socket(end->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    const bool done = fd >= 0 && ::connect(fd, end->address(), end->size) == 0;
    const int problem = end ? errno : EHOSTUNREACH;
    const std::lock_guard lock(mutex_);
    const PeerId id = next_++;
    Link& link = links_.try_emplace(id, fd, true, address).first->second;
    if (done) {
      greet(link);
    } else if (fd >= 0 && problem == EINPROGRESS) {
      link.stage = Link::Stage::connecting;
    } else {
      fail(id, fmt::format("cannot connect to {} ({})", address, errno_text(problem)));
    }
    wake();
    return id;
  }

  void send(std::span<const PeerId> peers, const MessageHeader& header, std::span<const std::byte> payload) {
    const auto frame = std::make_shared<const std::vector<std::byte>>(encode_message(header, payload));
    const std::lock_guard lock(mutex_);
    for (PeerId peer : peers) {
      const auto at = links_.find(peer);
      if (at == links_.end() || at->second.closing || at->second.cut) continue;
      const FrameFault fault = config_.faults.frame ? config_.faults.frame(header) : FrameFault::none;
      if (fault == FrameFault::drop) continue;
      Frame sent = frame;
      if (fault != FrameFault::none) {
        std::vector<std::byte> bad = *frame;
        bad[bad.size() - 1 - (bad.size() - k_message_header) / 2] ^= std::byte{8};
        if (fault == FrameFault::truncate) bad.resize(bad.size() / 2);
        sent = std::make_shared<const std::vector<std::byte>>(std::move(bad));
      }
      (at->second.stage == Link::Stage::up ? at->second.out : at->second.held).push_back(std::move(sent));
      if (fault == FrameFault::truncate) at->second.cut = true;
    }
    wake();
  }

  void close(PeerId peer) {
    const std::lock_guard lock(mutex_);
    const auto at = links_.find(peer);
    if (at != links_.end()) at->second.closing = true;
    std::erase_if(inbox_, [&](const TransportEvent& event) {
      if (event.peer == peer) inbox_bytes_ -= event.message.payload.size();
      return event.peer == peer;
    });
    wake();
  }

  std::optional<TransportEvent> receive(double seconds) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return !inbox_.empty(); });
    if (inbox_.empty()) return {};
    TransportEvent event = std::move(inbox_.front());
    inbox_.pop_front();
    const bool was_full = is_full();
    inbox_bytes_ -= event.message.payload.size();
    if (was_full) wake();
    return event;
  }

  LinkBytes bytes(std::optional<PeerId> peer) const {
    const std::lock_guard lock(mutex_);
    LinkBytes sum;
    const auto add = [&](PeerId id, const LinkBytes& b) {
      if (!peer || *peer == id) sum = {sum.sent + b.sent, sum.received + b.received};
    };
    for (const auto& [id, b] : ended_) add(id, b);
    for (const auto& [id, link] : links_) add(id, link.bytes);
    return sum;
  }
  std::int64_t count(std::int64_t Impl::*counter) const {
    const std::lock_guard lock(mutex_);
    return this->*counter;
  }

  std::string address_;
  std::int64_t damaged_ = 0, refused_ = 0;

 private:
  void listen() {
    Endpoint end;
    if (is_unix(config_.interface)) {
      static std::atomic<int> serial{0};
      std::string path = config_.interface.substr(5);
      if (path.ends_with('/')) path += fmt::format("{}.{}.sock", ::getpid(), serial++);
      struct stat status {};
      if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());  // of a killed process
      end = unix_endpoint(path);
      address_ = "unix:" + path;
    } else {
      end = interface_endpoint(config_.interface, config_.port);
    }
    Endpoint bound = end;
    if (config_.interface == "any") {
      if (end.storage.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(bound.storage).sin_addr.s_addr = INADDR_ANY;
      if (end.storage.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(bound.storage).sin6_addr = in6addr_any;
    }
    listener_ = ::socket(end.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (!is_unix(config_.interface)) ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool good = listener_ >= 0 && ::bind(listener_, bound.address(), bound.size) == 0 && ::listen(listener_, 128) == 0;
    const int problem = errno;
    if (!good && listener_ >= 0) ::close(listener_);
    MYRIAD_VALIDATE(good, ErrorKind::unavailable, "E2458",
                    "cannot listen on {} port {} ({}) choose another port or interface", config_.interface, config_.port,
                    errno_text(problem));
    if (is_unix(config_.interface)) return;
    Endpoint chosen;
    chosen.size = sizeof chosen.storage;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&chosen.storage), &chosen.size);
    const in_port_t port =
        reinterpret_cast<const sockaddr_in&>(chosen.storage).sin_port;  // at the same place in sockaddr_in6
    reinterpret_cast<sockaddr_in&>(end.storage).sin_port = port;
    address_ = text_of(end.address());
  }

  void wake() const { ::eventfd_write(wake_, 1); }

  bool is_full() const { return inbox_bytes_ > 4 * config_.max_payload; }

  void deliver(TransportEvent event) {
    inbox_bytes_ += event.message.payload.size();
    inbox_.push_back(std::move(event));
    arrived_.notify_one();
  }

  /// End a connection. The other side of it hears of it unless it never was one.
  void fail(PeerId id, const std::string& reason) {
    const auto at = links_.find(id);
    Link& link = at->second;
    if (link.fd >= 0) ::close(link.fd);
    ended_[id] = link.bytes;
    if (!link.closing && (link.initiator || link.stage == Link::Stage::up)) {
      deliver({TransportEvent::Kind::closed, id, {}, reason});
    }
    links_.erase(at);
  }

  void push(Link& link, std::uint16_t format, std::span<const std::byte> payload) {
    link.out.push_back(std::make_shared<const std::vector<std::byte>>(encode_message({format, 0, 0, 0, 0}, payload)));
  }

  void greet(Link& link) {
    const int on = 1;
    ::setsockopt(link.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on UNIX sockets, which have no delay
    MYRIAD_ENSURE(::getrandom(link.mine.data(), link.mine.size(), 0) == static_cast<ssize_t>(link.mine.size()));
    link.stage = Link::Stage::greeting;
    push(link, k_greeting, link.mine);
  }

  /// What one end sends to show that it knows the token: bound to both random numbers and to who connected, so that
  /// neither an old proof nor the other end's can be sent back.
  Proof proof(bool initiator, const Nonce& own, const Nonce& other) const {
    std::vector<std::byte> text{static_cast<std::byte>(initiator ? 'c' : 'a')};
    text.insert(text.end(), own.begin(), own.end());
    text.insert(text.end(), other.begin(), other.end());
    return hmac_sha256(config_.token, text);
  }

  void prove(Link& link) {
    const Proof own = proof(link.initiator, link.mine, link.theirs);
    push(link, k_proof, std::as_bytes(std::span(own)));
  }

  /// False when the connection has to end.
  bool handshake(PeerId id, Link& link, const Message& message) {
    const std::uint16_t expected = link.stage == Link::Stage::greeting ? k_greeting : k_proof;
    if (message.header.format != expected || message.payload.size() != k_handshake_payload) return false;
    if (expected == k_greeting) {
      std::copy(message.payload.begin(), message.payload.end(), link.theirs.begin());
      if (link.initiator) prove(link);
      link.stage = Link::Stage::proving;
      return true;
    }
    Proof shown{};
    std::memcpy(shown.data(), message.payload.data(), shown.size());
    if (!equal_in_constant_time(shown, proof(!link.initiator, link.theirs, link.mine))) return false;
    if (!link.initiator) prove(link);  // strangers get no proof from us
    link.stage = Link::Stage::up;
    link.reader.set_max_payload(config_.max_payload);
    for (Frame& frame : link.held) link.out.push_back(std::move(frame));
    link.held.clear();
    deliver({TransportEvent::Kind::connected, id, {}, {}});
    return true;
  }

  void accept(Clock::time_point now) {
    for (;;) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) listen_after_ = now + std::chrono::milliseconds(100);
        return;
      }
      const auto unproved = std::count_if(links_.begin(), links_.end(), [](const auto& entry) {
        return !entry.second.initiator && entry.second.stage != Link::Stage::up;
      });
      if (static_cast<std::size_t>(unproved) >= k_most_unproved) {
        ::close(fd);
        continue;
      }
      greet(links_.try_emplace(next_++, fd, false, text_of(reinterpret_cast<const sockaddr*>(&from))).first->second);
    }
  }

  /// Read what is there. The reason to end the connection, or nothing.
  std::optional<std::string> read(PeerId id, Link& link, Clock::time_point now) {
    for (int round = 0; round < 16; ++round) {
      const ssize_t count = ::recv(link.fd, buffer_.data(), buffer_.size(), 0);
      if (count <= 0) {
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        const bool up = link.stage == Link::Stage::up;
        if (up && link.reader.pending() > 0) ++damaged_;  // it ends inside a message
        if (count < 0) return errno_text(errno);
        return up ? "end of stream" : "end of stream before the token was accepted";
      }
      link.bytes.received += count;
      link.heard = now;
      link.reader.feed(std::span(buffer_).first(static_cast<std::size_t>(count)));
      try {
        while (auto message = link.reader.next()) {
          if (link.stage != Link::Stage::up) {
            if (handshake(id, link, *message)) continue;
            ++refused_;
            log_warning("elastic", "E2459", "refused {} (it did not prove to know the token of this run)", link.name);
            return "refused: it does not know the token of this run";
          }
          if (message->header.format >= k_first_kind) {
            deliver({TransportEvent::Kind::message, id, std::move(*message), {}});
          }
        }
      } catch (const Error& error) {
        ++damaged_;
        log_warning("elastic", "E2460", "connection with {} closed ({})", link.name, error.what());
        return fmt::format("damaged message ({})", error.id());
      }
      if (is_full()) return {};
    }
    return {};
  }

  std::optional<std::string> write(PeerId id, Link& link, Clock::time_point now) {
    const double rate = config_.faults.bytes_per_second;
    if (rate > 0) {
      link.budget = std::min(k_burst, link.budget + rate * seconds_between(link.filled, now));
      link.filled = now;
    }
    while (!link.out.empty()) {
      const std::vector<std::byte>& frame = *link.out.front();
      std::size_t count = frame.size() - link.offset;
      if (rate > 0) count = std::min(count, static_cast<std::size_t>(std::max(link.budget, 0.0)));
      if (count == 0) return {};
      const ssize_t gone = ::send(link.fd, frame.data() + link.offset, count, MSG_NOSIGNAL);
      if (gone < 0) {
        if (errno == EAGAIN || errno == EINTR) return {};
        const std::string reason = errno_text(errno);
        static_cast<void>(read(id, link, now));  // what the peer said before it went
        return reason;
      }
      link.bytes.sent += gone;
      link.sent = now;
      link.budget -= static_cast<double>(gone);
      link.offset += static_cast<std::size_t>(gone);
      if (link.offset == frame.size()) {
        link.out.pop_front();
        link.offset = 0;
      }
    }
    return {};
  }

  /// Connect, read, write and look at the clock for one connection. The reason to end it, or nothing.
  std::optional<std::string> attend(PeerId id, Link& link, short events, Clock::time_point now) {
    if (link.stage == Link::Stage::connecting) {
      if ((events & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        int problem = 0;
        socklen_t size = sizeof problem;
        ::getsockopt(link.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) return fmt::format("cannot connect to {} ({})", link.name, errno_text(problem));
        greet(link);
      }
    } else if ((events & (POLLIN | POLLERR | POLLHUP)) != 0 && !is_full()) {
      if (auto reason = read(id, link, now)) return reason;
    }
    const bool up = link.stage == Link::Stage::up;
    if (up && !link.closing && !link.cut && link.out.empty() &&
        seconds_between(link.sent, now) >= config_.heartbeat_seconds)
      push(link, k_beat, {});
    if (link.stage != Link::Stage::connecting) {
      if (auto reason = write(id, link, now)) return reason;
    }
    if ((link.closing || link.cut) && (!up || link.out.empty())) return "closed";
    if (!up && seconds_between(link.opened, now) > k_handshake_seconds) return "no answer";
    if (is_full()) link.heard = now;
    const double silent = seconds_between(link.heard, now);
    if (up && config_.silence_seconds > 0 && silent > config_.silence_seconds)
      return fmt::format("no sign of life for {:.2f} s", silent);
    return {};
  }

  void serve() {
    std::vector<pollfd> polls;
    std::vector<PeerId> ids;
    for (;;) {
      int wait_ms = std::clamp(static_cast<int>(500 * config_.heartbeat_seconds), 1, 50);
      {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        const auto busy = [](const auto& entry) {
          return entry.second.stage == Link::Stage::up && !entry.second.out.empty();
        };
        if (stopping_ && (now > *stopping_ || std::none_of(links_.begin(), links_.end(), busy))) return;
        polls.assign({{wake_, POLLIN, 0}, {now < listen_after_ ? -1 : listener_, POLLIN, 0}});
        ids.clear();
        for (const auto& [id, link] : links_) {
          const bool starved = config_.faults.bytes_per_second > 0 && link.budget < 1;
          const bool writes = link.stage == Link::Stage::connecting || (!link.out.empty() && !starved);
          if (!link.out.empty() && starved) wait_ms = 1;
          polls.push_back({link.fd, static_cast<short>((is_full() ? 0 : POLLIN) | (writes ? POLLOUT : 0)), 0});
          ids.push_back(id);
        }
      }
      ::poll(polls.data(), polls.size(), wait_ms);
      const std::lock_guard lock(mutex_);
      const auto now = Clock::now();
      eventfd_t ignored = 0;
      ::eventfd_read(wake_, &ignored);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto at = links_.find(ids[i]);
        if (at == links_.end()) continue;
        if (const auto reason = attend(ids[i], at->second, polls[i + 2].revents, now)) fail(ids[i], *reason);
      }
      if (polls[1].revents != 0) accept(now);
    }
  }

  TransportConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<PeerId, Link> links_;
  std::deque<TransportEvent> inbox_;
  std::size_t inbox_bytes_ = 0;
  std::map<PeerId, LinkBytes> ended_;
  PeerId next_ = 1;
  std::optional<Clock::time_point> stopping_;
  Clock::time_point listen_after_{};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{256} << 10);
  int listener_ = -1;
  int wake_ = -1;
  std::thread thread_;
};

Transport::Transport(TransportConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Transport::~Transport() = default;
const std::string& Transport::address() const { return impl_->address_; }
PeerId Transport::connect(const std::string& address) { return impl_->connect(address); }
void Transport::send(PeerId peer, const MessageHeader& header, std::span<const std::byte> payload) {
  impl_->send({&peer, 1}, header, payload);
}
void Transport::send(std::span<const PeerId> peers, const MessageHeader& header, std::span<const std::byte> payload) {
  impl_->send(peers, header, payload);
}
void Transport::close(PeerId peer) { impl_->close(peer); }
std::optional<TransportEvent> Transport::receive(double seconds) { return impl_->receive(seconds); }
LinkBytes Transport::bytes() const { return impl_->bytes({}); }
LinkBytes Transport::bytes(PeerId peer) const { return impl_->bytes(peer); }
std::int64_t Transport::damaged() const { return impl_->count(&Impl::damaged_); }
std::int64_t Transport::refused() const { return impl_->count(&Impl::refused_); }

}  // namespace myriad::train::elastic
