#include "training/transport.hpp"

#include <limits>
#include <numeric>

#include "training/message.hpp"

namespace myriad::train {

static_assert(Transport::k_frame_bytes == k_message_overhead);

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
  std::vector<PayloadWriter> outgoing(ranks);  // a message once per rank, behind the numbers of those who get it there
  for (const Posted& p : posted_) {
    std::vector<std::vector<std::uint32_t>> elsewhere(ranks);
    for (int to : p.to) {
      if (is_local(to)) {
        accept(p.from, to, p.message);
      } else {
        elsewhere[static_cast<std::size_t>(rank_of(to))].push_back(static_cast<std::uint32_t>(to));
      }
    }
    for (std::size_t r = 0; r < ranks; ++r) {
      if (elsewhere[r].empty()) continue;
      const MessageHeader header{p.message->format, 0, 0, round_, p.message->elements};
      const std::vector<std::byte> frame = encode_message(header, p.message->payload);
      PayloadWriter& out = outgoing[r];
      out.put(static_cast<std::uint32_t>(p.from)).put(static_cast<std::uint32_t>(elsewhere[r].size()));
      for (std::uint32_t to : elsewhere[r]) out.put(to);
      out.put(static_cast<std::uint64_t>(frame.size())).put_bytes(frame);
    }
  }
  posted_.clear();
  ++round_;
  if (ranks == 1) return;

  std::vector<std::size_t> send_counts, receive_counts(ranks), eights(ranks, sizeof(std::size_t));
  std::vector<std::byte> send;
  for (PayloadWriter& part : outgoing) {
    const std::vector<std::byte> bytes = part.take();
    send_counts.push_back(bytes.size());
    send.insert(send.end(), bytes.begin(), bytes.end());
  }
  comm_.all_to_all(std::as_bytes(std::span(send_counts)), eights, std::as_writable_bytes(std::span(receive_counts)), eights);
  const std::size_t total = std::accumulate(receive_counts.begin(), receive_counts.end(), std::size_t{0});
  std::vector<std::byte> receive(total);
  comm_.all_to_all(send, send_counts, receive, receive_counts);
  for (PayloadReader in(receive); in.left() > 0;) {
    const int from = static_cast<int>(in.get<std::uint32_t>());
    std::vector<int> to(in.get_count(sizeof(std::uint32_t)));
    for (int& worker : to) worker = static_cast<int>(in.get<std::uint32_t>());
    MessageReader frames(total);
    frames.feed(in.get_bytes(in.get<std::uint64_t>()));
    std::optional<Message> message = frames.next();
    MYRIAD_VALIDATE(message.has_value() && message->header.round + 1 == round_, ErrorKind::input_corrupt, "E2431",
                    "a message of worker {} is cut short or of another round than {} (the ranks do not run in step) report it, with the "
                    "configuration", from, round_ - 1);
    const auto encoded = std::make_shared<const Encoded>(Encoded{message->header.format, message->header.numel, std::move(message->payload)});
    for (int worker : to) accept(from, worker, encoded);
  }
}

std::span<const std::shared_ptr<const Encoded>> Transport::received(int to, int from) const {
  const auto found = inbox_.find({to, from});
  if (found == inbox_.end()) return {};
  return found->second;
}

}  // namespace myriad::train
