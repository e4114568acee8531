#include "training/vector_exchange.hpp"

#include <algorithm>
#include <numeric>

#include "src/base/random_streams.hpp"

namespace myriad::train {

using kernels::Update;

namespace {

std::vector<int> all_workers(const Transport& transport) {
  std::vector<int> all(static_cast<std::size_t>(transport.workers()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// What the exchanges share.
class BaseExchange : public VectorExchange {
 public:
  BaseExchange(Transport& transport, const Compressor& compressor, StateArena& arena)
      : transport_(transport), compressor_(compressor), arena_(arena), backend_(arena.backend()) {}

 protected:
  const Compressor& compressor(const Round& round) const { return round.compressor != nullptr ? *round.compressor : compressor_; }
  std::vector<int> participants(const Round& round) const {
    return round.participants.empty() ? all_workers(transport_) : round.participants;
  }
  static bool takes_part(const Round& round, int worker) {
    return round.participants.empty() || std::binary_search(round.participants.begin(), round.participants.end(), worker);
  }
  /// Random numbers of the message of \p worker to \p to, and of its answer to all: none are used twice in a round.
  Draw draw(const Round& round, int worker, int to) const {
    return {round.seed, round.number, static_cast<std::uint32_t>(worker * (transport_.workers() + 1) + to)};
  }
  Draw answer(const Round& round, int worker) const { return draw(round, worker, transport_.workers()); }
  Tensor buffer(std::int64_t size) const { return Tensor(backend_, arena_.dtype(), {size}); }

  /// out = sum_i weight_i * message_i in the order of the messages.
  void add_up(TensorView out, std::span<const Encoded* const> messages, const Round& round, const Compressor& c) const {
    const std::size_t count = messages.size();
    if (round.weights.empty()) {
      for (std::size_t i = 0; i < count; ++i) c.decode(out, *messages[i], i == 0 ? Update::overwrite : Update::accumulate);
      backend_.axpby(out, 1.0 / static_cast<double>(count), out, 0.0, {});
      return;
    }
    Tensor one = buffer(out.size());
    for (std::size_t i = 0; i < count; ++i) {
      c.decode(one, *messages[i], Update::overwrite);
      backend_.axpby(out, round.weights[i], one, i == 0 ? 0.0 : 1.0, i == 0 ? ConstTensorView() : ConstTensorView(out));
    }
  }
  /// Encode q (with the answerer's own error in front, when \p error is not empty), and keep what is lost.
  Encoded encode_answer(TensorView q, TensorView error, const Compressor& c, const Draw& draw) const {
    if (!error.empty()) backend_.axpby(q, 1.0, q, 1.0, error);
    Encoded message = c.encode(q, draw);
    if (!error.empty()) {
      Tensor decoded = buffer(q.size());
      c.decode(decoded, message, Update::overwrite);
      backend_.axpby(error, 1.0, q, -1.0, decoded);
    }
    return message;
  }

  Transport& transport_;
  const Compressor& compressor_;
  StateArena& arena_;
  Backend& backend_;
};

/// All-to-all of chunks, combination of chunk j by worker j, all-gather of the results (optimizers.md 3). With the identity this is the
/// two halves of an all-reduce, whose partial sums are never rounded to a message.
class TwoHopExchange final : public BaseExchange {
 public:
  TwoHopExchange(Transport& transport, const Compressor& compressor, StateArena& arena, std::int64_t size, bool server_feedback,
                 std::unique_ptr<Rule> rule)
      : BaseExchange(transport, compressor, arena), rule_(std::move(rule)) {
    const std::int64_t n = transport.workers();
    chunk_ = ((size + n - 1) / n + 7) / 8 * 8;
    if (server_feedback) error_ = arena.add("server_error", Owner::worker, std::min(chunk_, size));
  }

  void run(std::span<const TensorView> targets, std::span<const TensorView> sent, TensorView result, const Round& round) override {
    const Compressor& c = compressor(round);
    const std::vector<int> senders = participants(round), all = all_workers(transport_);
    for (std::size_t slot = 0; slot < transport_.local().size(); ++slot) {
      const int worker = transport_.local()[slot];
      if (!takes_part(round, worker)) continue;
      for (int owner : all) {
        const TensorView part = chunk(targets[slot], owner);
        if (part.size() == 0) continue;
        Encoded message = c.encode(part, draw(round, worker, owner));
        c.decode(chunk(sent[slot], owner), message, Update::overwrite);
        transport_.post(worker, owner, std::move(message));
      }
    }
    transport_.deliver();
    answer_with_combinations(senders, result, round, c);
    transport_.deliver();
    for (int owner : all) {
      const TensorView part = chunk(result, owner);
      if (part.size() == 0) continue;
      c.decode(part, *transport_.received(transport_.local().front(), owner).front(), Update::overwrite);
    }
  }

 private:
  TensorView chunk(TensorView v, int owner) const {
    const std::int64_t begin = std::min(v.size(), chunk_ * owner), end = std::min(v.size(), begin + chunk_);
    return v.slice(0, begin, end - begin);
  }

  void answer_with_combinations(const std::vector<int>& senders, TensorView result, const Round& round, const Compressor& c) {
    const std::vector<int> all = all_workers(transport_);
    std::vector<Tensor> chunks(transport_.local().size());  // [sender, element], for rules that need every vector by itself
    const auto messages_to = [&](int owner) {
      std::vector<const Encoded*> messages;
      for (int sender : senders) messages.push_back(transport_.received(owner, sender).front().get());
      return messages;
    };
    if (rule_ != nullptr) {
      for (std::size_t slot = 0; slot < chunks.size(); ++slot) {
        const std::int64_t size = chunk(result, transport_.local()[slot]).size();
        if (size == 0) continue;
        const std::vector<const Encoded*> messages = messages_to(transport_.local()[slot]);
        const auto count = static_cast<std::int64_t>(messages.size());
        chunks[slot] = Tensor(backend_, arena_.dtype(), {count, size});
        for (std::int64_t i = 0; i < count; ++i) {
          c.decode(chunks[slot].view().slice(0, i, 1).reshape({size}), *messages[static_cast<std::size_t>(i)], Update::overwrite);
        }
      }
      choose(chunks, senders);
    }
    for (std::size_t slot = 0; slot < chunks.size(); ++slot) {
      const int owner = transport_.local()[slot];
      const std::int64_t size = chunk(result, owner).size();
      if (size == 0) continue;
      Tensor q = buffer(size);
      if (rule_ != nullptr) {
        rule_->combine(chunks[slot], q);
      } else {
        add_up(q, messages_to(owner), round, c);
      }
      const TensorView error = error_ ? arena_.view(*error_, slot).slice(0, 0, size) : TensorView();
      transport_.post(owner, all, encode_answer(q, error, c, answer(round, owner)));
    }
  }

  /// Rules compare whole vectors: the owners' parts of the products of all pairs are added up in the order of the owners.
  void choose(const std::vector<Tensor>& chunks, const std::vector<int>& senders) {
    const std::vector<int> all = all_workers(transport_);
    const std::size_t pairs = senders.size() * senders.size();
    for (std::size_t slot = 0; slot < chunks.size(); ++slot) {
      std::vector<double> products(pairs, 0.0);
      if (!chunks[slot].empty()) products = pair_products(chunks[slot]);
      const auto bytes = std::as_bytes(std::span(products));
      transport_.post(transport_.local()[slot], all, {k_products, static_cast<std::uint32_t>(pairs), {bytes.begin(), bytes.end()}});
    }
    transport_.deliver();
    std::vector<double> sum(pairs, 0.0), products(pairs);
    for (int owner : all) {
      const std::vector<std::byte>& part = transport_.received(transport_.local().front(), owner).front()->payload;
      std::copy_n(part.begin(), part.size(), std::as_writable_bytes(std::span(products)).begin());
      for (std::size_t k = 0; k < pairs; ++k) sum[k] += products[k];
    }
    rule_->choose(sum, senders);
  }

  static constexpr std::uint16_t k_products = 0x7001;  ///< fp64 numbers, no message of a compressor
  std::unique_ptr<Rule> rule_;  ///< null: weighted mean
  std::int64_t chunk_ = 0;
  std::optional<std::size_t> error_;
};

/// Every worker sends its message to all.
class AllGatherExchange final : public BaseExchange {
 public:
  using BaseExchange::BaseExchange;

  void run(std::span<const TensorView> targets, std::span<const TensorView> sent, TensorView result, const Round& round) override {
    const Compressor& c = compressor(round);
    const std::vector<int> senders = participants(round), all = all_workers(transport_);
    for (std::size_t slot = 0; slot < transport_.local().size(); ++slot) {
      const int worker = transport_.local()[slot];
      if (!takes_part(round, worker)) continue;
      Encoded message = c.encode(targets[slot], draw(round, worker, 0));
      c.decode(sent[slot], message, Update::overwrite);
      transport_.post(worker, all, std::move(message));
    }
    transport_.deliver();
    std::vector<const Encoded*> messages;
    for (int sender : senders) messages.push_back(transport_.received(transport_.local().front(), sender).front().get());
    add_up(result, messages, round, c);
  }
  const Encoded* message(std::size_t slot) const override {
    const int worker = transport_.local()[slot];
    const auto own = transport_.received(worker, worker);
    return own.empty() ? nullptr : own.front().get();
  }
};

/// Worker 0 is the server as well: messages up, one answer down to all.
class ServerExchange final : public BaseExchange {
 public:
  ServerExchange(Transport& transport, const Compressor& compressor, StateArena& arena, std::int64_t size, bool compressed_answer,
                 bool server_feedback)
      : BaseExchange(transport, compressor, arena), compressed_answer_(compressed_answer), dense_(make_compressor(backend_, {})) {
    if (server_feedback) error_ = arena.add("server_error", Owner::replicated, size);
  }

  void run(std::span<const TensorView> targets, std::span<const TensorView> sent, TensorView result, const Round& round) override {
    const Compressor& c = compressor(round);
    messages_.assign(transport_.local().size(), nullptr);
    for (std::size_t slot = 0; slot < transport_.local().size(); ++slot) {
      const int worker = transport_.local()[slot];
      if (!takes_part(round, worker)) continue;
      auto message = std::make_shared<Encoded>(c.encode(targets[slot], draw(round, worker, 0)));
      c.decode(sent[slot], *message, Update::overwrite);
      messages_[slot] = message;
      transport_.post(worker, k_server, *message);
    }
    transport_.deliver();
    const Compressor& down = compressed_answer_ && round.compressor == nullptr ? compressor_ : *dense_;
    if (transport_.is_local(k_server)) {
      std::vector<const Encoded*> received;
      for (int sender : participants(round)) received.push_back(transport_.received(k_server, sender).front().get());
      add_up(result, received, round, c);
      const TensorView error = error_ ? arena_.view(*error_) : TensorView();
      transport_.post(k_server, all_workers(transport_), encode_answer(result, error, down, answer(round, k_server)));
    }
    transport_.deliver();
    down.decode(result, *transport_.received(transport_.local().front(), k_server).front(), Update::overwrite);
  }
  const Encoded* message(std::size_t slot) const override { return messages_[slot].get(); }

 private:
  static constexpr int k_server = 0;
  bool compressed_answer_;
  std::unique_ptr<Compressor> dense_;
  std::optional<std::size_t> error_;
  std::vector<std::shared_ptr<const Encoded>> messages_;
};

}  // namespace

std::unique_ptr<VectorExchange> make_vector_exchange(const ExchangeConfig& config, Transport& transport, const Compressor& compressor,
                                                     StateArena& arena, std::int64_t size) {
  const bool feedback = config.server_feedback == "ef14";
  MYRIAD_VALIDATE(feedback || config.server_feedback == "none", ErrorKind::config_invalid, "E2424",
                  "exchange.server_feedback is '{}' (none and ef14 are known) change it", config.server_feedback);
  MYRIAD_VALIDATE(config.downlink == "dense" || config.downlink == "compressed", ErrorKind::config_invalid, "E2424",
                  "exchange.downlink is '{}' (dense and compressed are known) change it", config.downlink);
  const bool chunks = config.pattern == "allreduce" || config.pattern == "two_hop";
  MYRIAD_VALIDATE(chunks || config.rule.name == "mean", ErrorKind::config_invalid, "E2424",
                  "exchange.rule {} with pattern {} (only allreduce and two_hop bring the workers' vectors together) use two_hop",
                  config.rule.name, config.pattern);
  MYRIAD_VALIDATE(config.downlink == "dense" || config.pattern == "server", ErrorKind::config_invalid, "E2424",
                  "exchange.downlink with pattern {} (an answer of its own has only server) leave it out", config.pattern);
  if (chunks) {
    MYRIAD_VALIDATE(config.pattern == "two_hop" || compressor.traits().linear, ErrorKind::config_invalid, "E2424",
                    "compressor {} with exchange.pattern allreduce (the sum of its messages is none of its messages) use two_hop or allgather",
                    compressor.name());
    return std::make_unique<TwoHopExchange>(transport, compressor, arena, size, feedback, make_rule(config.rule, transport.workers()));
  }
  if (config.pattern == "allgather") {
    MYRIAD_VALIDATE(!feedback, ErrorKind::config_invalid, "E2424",
                    "exchange.server_feedback with pattern allgather (nobody answers there) leave it out");
    return std::make_unique<AllGatherExchange>(transport, compressor, arena);
  }
  MYRIAD_VALIDATE(config.pattern == "server", ErrorKind::config_invalid, "E2424",
                  "exchange.pattern is '{}' (allreduce, two_hop, allgather and server are known) change it", config.pattern);
  MYRIAD_VALIDATE(!feedback || config.downlink == "compressed", ErrorKind::config_invalid, "E2424",
                  "exchange.server_feedback with a dense answer (which loses nothing) set downlink: compressed");
  return std::make_unique<ServerExchange>(transport, compressor, arena, size, config.downlink == "compressed", feedback);
}

}  // namespace myriad::train
