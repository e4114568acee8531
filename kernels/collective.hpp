#pragma once
/// \file
/// Exchanges of device memory between ranks that drive one device each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace myriad::kernels {

/// Why something is not possible, zero-terminated; empty when it is.
struct Reason {
  std::array<char, 256> text{};
  bool empty() const { return text[0] == '\0'; }
  /// Cuts what does not fit.
  void set(const char* words);
};

/// What ranks need of each other before their devices can talk: messages from host to host. Every call is collective; an
/// implementation may throw.
class Bootstrap {
 public:
  virtual ~Bootstrap() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  /// Rank r's chunk of \p send goes to rank r; chunk i of \p receive comes from rank i. Counts in bytes.
  virtual void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_counts,
                          std::span<std::byte> receive, std::span<const std::size_t> receive_counts) = 0;
  /// Longest wait for other ranks in seconds; zero or less waits for ever.
  virtual double time_out() const = 0;
};

/// Collective: the reason of the lowest rank that has one, on every rank.
Reason agree(Bootstrap& bootstrap, const Reason& mine);

/// Exchanges of device memory, issued in the order of the ops of the backend that made it; made and destroyed by all ranks
/// together. Counts are bytes, may differ and may be 0; buffers do not overlap. The bytes are moved, never added.
class Collective {
 public:
  virtual ~Collective() = default;
  /// Library and version, for provenance.
  virtual const char* description() const = 0;
  /// Rank r's chunk of \p send goes to rank r; chunk i of \p receive comes from rank i.
  virtual void all_to_all(void* receive, std::span<const std::size_t> receive_counts, const void* send,
                          std::span<const std::size_t> send_counts) = 0;
  /// Concatenation over ranks; every rank contributes \p counts[rank] bytes.
  virtual void all_gather(void* receive, std::span<const std::size_t> counts, const void* send) = 0;
  /// Wait until every exchange issued is complete. To be called before the host waits for the device in any other way, which would
  /// have no time-out.
  /// \returns false when an exchange failed or took longer than the time-out of the bootstrap: \p why tells the reason, memory
  /// that was to be received is undefined and the object must not be used any more.
  virtual bool wait(Reason& why) = 0;
};

}  // namespace myriad::kernels
