#pragma once
/// \file
/// Which connection belongs to which worker.

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "training/elastic/protocol.hpp"
#include "training/elastic/transport.hpp"

namespace myriad::train::elastic {

/// Connections of a worker with the others: those both ends know, and those being made.
class WorkerLinks {
 public:
  explicit WorkerLinks(Transport& transport) : transport_(transport) {}

  bool has(std::uint32_t id) const { return links_.contains(id); }
  PeerId peer_of(std::uint32_t id) const { return links_.at(id); }
  /// k_nobody when it is not known.
  std::uint32_t worker_of(PeerId peer) const {
    const auto at = find(peer);
    return at == links_.end() ? k_nobody : at->first;
  }
  /// The worker that we call through \p peer; k_nobody when we do not.
  std::uint32_t dialled(PeerId peer) const {
    const auto at = dialled_.find(peer);
    return at == dialled_.end() ? k_nobody : at->second;
  }

  /// Call a worker unless there is a connection, or a call, already.
  void dial(std::uint32_t id, const std::string& address) {
    const bool calling = std::any_of(dialled_.begin(), dialled_.end(), [&](const auto& d) { return d.second == id; });
    if (!has(id) && !calling) dialled_[transport_.connect(address)] = id;
  }
  /// Both ends know each other. An older connection with the same worker is closed.
  void establish(std::uint32_t id, PeerId peer) {
    if (const auto old = links_.find(id); old != links_.end() && old->second != peer) close(old->second);
    dialled_.erase(peer);
    links_[id] = peer;
    all_[peer] = id;
  }
  /// A connection that is gone. Returns whose it was, k_nobody when that was not known.
  std::uint32_t forget(PeerId peer) {
    dialled_.erase(peer);
    const auto at = find(peer);
    if (at == links_.end()) return k_nobody;
    const std::uint32_t id = at->first;
    links_.erase(at);
    return id;
  }
  /// The same for one that we end.
  std::uint32_t close(PeerId peer) {
    transport_.close(peer);
    return forget(peer);
  }
  void close_all() {
    std::vector<PeerId> peers;
    for (const auto& [other, peer] : links_) peers.push_back(peer);
    for (const auto& [peer, other] : dialled_) peers.push_back(peer);
    for (PeerId peer : peers) close(peer);
  }

  /// Whose bytes a connection counts for, also after its end.
  void count_for(PeerId peer, std::uint32_t id) { all_[peer] = id; }
  std::map<std::uint32_t, LinkBytes> bytes() const {
    std::map<std::uint32_t, LinkBytes> sums;
    for (const auto& [peer, id] : all_) {
      const LinkBytes b = transport_.bytes(peer);
      sums[id] = {sums[id].sent + b.sent, sums[id].received + b.received};
    }
    return sums;
  }

 private:
  std::map<std::uint32_t, PeerId>::const_iterator find(PeerId peer) const {
    return std::find_if(links_.begin(), links_.end(), [&](const auto& l) { return l.second == peer; });
  }

  Transport& transport_;
  std::map<std::uint32_t, PeerId> links_;    ///< by worker: connections that both ends know
  std::map<PeerId, std::uint32_t> dialled_;  ///< connections we are making
  std::map<PeerId, std::uint32_t> all_;      ///< whose a connection is or was
};

}  // namespace myriad::train::elastic
