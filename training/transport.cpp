#include "training/transport.hpp"

#include <cstring>
#include <numeric>

namespace myriad::train {

namespace {

void append(std::vector<std::byte>& to, const void* data, std::size_t bytes) {
  const auto* first = static_cast<const std::byte*>(data);
  to.insert(to.end(), first, first + bytes);
}
void append_number(std::vector<std::byte>& to, std::uint32_t value) { append(to, &value, sizeof value); }

std::uint32_t take_number(std::span<const std::byte>& from) {
  std::uint32_t value = 0;
  std::memcpy(&value, from.data(), sizeof value);
  from = from.subspan(sizeof value);
  return value;
}

}  // namespace

Transport::Transport(Comm& comm, int workers)
    : comm_(comm), workers_(workers), sent_(static_cast<std::size_t>(workers)), taken_(static_cast<std::size_t>(workers)) {
  MYRIAD_VALIDATE(workers >= comm.size(), ErrorKind::config_invalid, "E2423",
                  "{} workers on {} ranks (every rank needs one) start fewer ranks or ask for more workers", workers, comm.size());
  for (int w = 0; w < workers; ++w) {
    if (rank_of(w) == comm.rank()) local_.push_back(w);
  }
}

int Transport::rank_of(int worker) const {
  // The rank r of the runs [workers r / ranks, workers (r + 1) / ranks).
  int rank = 0;
  while (static_cast<std::int64_t>(workers_) * (rank + 1) / comm_.size() <= worker) ++rank;
  return rank;
}

void Transport::post(int from, std::span<const int> to, Encoded message) {
  const auto bytes = k_frame_bytes + static_cast<std::int64_t>(message.payload.size());
  for (int worker : to) {
    if (worker == from) continue;
    Traffic& t = sent_[static_cast<std::size_t>(from)];
    t = {t.messages + 1, t.bytes + bytes};
  }
  posted_.push_back({from, {to.begin(), to.end()}, std::make_shared<const Encoded>(std::move(message))});
}

void Transport::deliver() {
  inbox_.clear();
  const auto accept = [&](int from, int to, const std::shared_ptr<const Encoded>& message) {
    inbox_[{to, from}].push_back(message);
    if (to == from) return;
    Traffic& t = taken_[static_cast<std::size_t>(to)];
    t = {t.messages + 1, t.bytes + k_frame_bytes + static_cast<std::int64_t>(message->payload.size())};
  };
  const auto ranks = static_cast<std::size_t>(comm_.size());
  std::vector<std::vector<std::byte>> outgoing(ranks);
  for (const Posted& p : posted_) {
    std::vector<std::vector<std::uint32_t>> elsewhere(ranks);
    for (int to : p.to) {
      if (is_local(to)) {
        accept(p.from, to, p.message);
      } else {
        elsewhere[static_cast<std::size_t>(rank_of(to))].push_back(static_cast<std::uint32_t>(to));
      }
    }
    // Once per rank, whatever number of its workers gets it.
    for (std::size_t r = 0; r < ranks; ++r) {
      if (elsewhere[r].empty()) continue;
      std::vector<std::byte>& out = outgoing[r];
      append_number(out, static_cast<std::uint32_t>(p.from));
      append_number(out, static_cast<std::uint32_t>(elsewhere[r].size()));
      for (std::uint32_t to : elsewhere[r]) append_number(out, to);
      append_number(out, p.message->format);
      append_number(out, static_cast<std::uint32_t>(p.message->payload.size()));
      append(out, p.message->payload.data(), p.message->payload.size());
    }
  }
  posted_.clear();
  if (ranks == 1) return;

  std::vector<std::size_t> send_counts, receive_counts(ranks), eights(ranks, sizeof(std::size_t));
  std::vector<std::byte> send;
  for (const std::vector<std::byte>& part : outgoing) {
    send_counts.push_back(part.size());
    append(send, part.data(), part.size());
  }
  comm_.all_to_all(std::as_bytes(std::span(send_counts)), eights, std::as_writable_bytes(std::span(receive_counts)), eights);
  std::vector<std::byte> receive(std::accumulate(receive_counts.begin(), receive_counts.end(), std::size_t{0}));
  comm_.all_to_all(send, send_counts, receive, receive_counts);
  std::span<const std::byte> rest = receive;
  while (!rest.empty()) {
    const int from = static_cast<int>(take_number(rest));
    std::vector<int> to(take_number(rest));
    for (int& worker : to) worker = static_cast<int>(take_number(rest));
    auto message = std::make_shared<Encoded>();
    message->format = static_cast<std::uint16_t>(take_number(rest));
    const std::uint32_t bytes = take_number(rest);
    message->payload.assign(rest.begin(), rest.begin() + bytes);
    rest = rest.subspan(bytes);
    for (int worker : to) accept(from, worker, message);
  }
}

std::span<const std::shared_ptr<const Encoded>> Transport::received(int to, int from) const {
  const auto found = inbox_.find({to, from});
  if (found == inbox_.end()) return {};
  return found->second;
}

}  // namespace myriad::train
