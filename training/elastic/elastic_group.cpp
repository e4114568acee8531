#include "training/elastic/elastic_group.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "training/elastic/micro_batch_sum.hpp"
#include "training/elastic/protocol.hpp"
#include "training/elastic/state_stream.hpp"
#include "training/elastic/worker_links.hpp"

namespace myriad::train::elastic {

namespace {

constexpr std::size_t k_most_waiting = 64;                  ///< steps that an observer may lag behind
constexpr double k_retry_seconds = 0.1;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::span<const std::byte> bytes_of_floats(std::span<const float> values) { return std::as_bytes(values); }

/// Values of a message. Errors: E2453 when it does not hold \p count of them.
std::vector<float> floats_of(const Message& message, std::size_t count) {
  MYRIAD_VALIDATE(message.payload.size() == count * sizeof(float), ErrorKind::input_corrupt, "E2453",
                  "a message of {} bytes for {} values of fp32 (the other side cuts vectors differently) run the same "
                  "program everywhere",
                  message.payload.size(), count);
  std::vector<float> values(count);
  if (count > 0) std::memcpy(values.data(), message.payload.data(), message.payload.size());
  return values;
}

/// Memory of one micro-batch: as committed, and as it will be when the step is.
struct Slot {
  std::vector<float> values;
  std::uint64_t before = 0;  ///< step that `values` are ready for
  std::uint32_t sum = 0;     ///< CRC-32C of `values`
  std::vector<float> next;   ///< after step `before`; empty: not there

  void keep(std::vector<float> v, std::uint64_t step) {
    values = std::move(v);
    before = step;
    sum = crc32c(bytes_of_floats(values));
    next.clear();
  }
};

/// The sum over all micro-batches of a step, slice by slice.
struct Assembly {
  std::uint32_t epoch = 0;
  std::vector<bool> there;  ///< by slice
  std::vector<float> values;
  bool committed = false;
  bool stop = false;

  bool complete() const { return !there.empty() && std::find(there.begin(), there.end(), false) == there.end(); }
};

}  // namespace

class ElasticGroup::Impl {
 public:
  Impl(ElasticProblem problem, ElasticConfig config)
      : problem_(check(std::move(problem))),
        config_(complete(std::move(config), problem_)),
        transport_(config_.transport),
        next_(problem_.first_step),
        own_(problem_.micro_batches),
        slice_sum_(problem_.micro_batches),
        finished_(problem_.micro_batches),
        no_lighthouse_since_(now_seconds()) {}

  bool step() {
    advanced_ = false;
    while (!advanced_ && !stopped_) {
      tend(now_seconds());
      const std::optional<std::uint32_t> work = next_work();
      if (const auto event = transport_.receive(work ? 0.0 : 0.02)) {
        handle(*event);
      } else if (work) {
        compute(*work);
      }
      progress();
    }
    return !stopped_;
  }

  void leave() {
    tell(MessageKind::leave);
    // The lighthouse answers by closing; a connection that we close may lose what is under way.
    for (const double begin = now_seconds(); lighthouse_ != 0 && !no_lighthouse_since_ && now_seconds() - begin < 2.0;) {
      const auto event = transport_.receive(0.1);
      if (event && event->kind == TransportEvent::Kind::closed && event->peer == lighthouse_) lighthouse_ = 0;
    }
  }

  std::span<const float> memory(std::uint32_t m) const {
    const auto at = slots_.find(m);
    if (at == slots_.end() || at->second.before != next_) return {};
    return at->second.values;
  }

  std::map<std::uint32_t, LinkBytes> bytes() const { return links_.bytes(); }
  std::uint64_t next() const { return next_; }
  void request_stop() { stop_requested_ = true; }
  bool is_first() const { return !members_.empty() && members_.front() == id_; }
  std::uint32_t members() const { return static_cast<std::uint32_t>(members_.size()); }
  std::uint32_t epoch() const { return gate_.epoch; }
  std::int64_t stale() const { return gate_.stale(); }
  const Transport& transport() const { return transport_; }

 private:
  static ElasticProblem check(ElasticProblem problem) {
    MYRIAD_EXPECT(problem.compute && problem.apply);
    constexpr std::size_t k_most = std::numeric_limits<std::uint32_t>::max() / sizeof(float);
    MYRIAD_VALIDATE(
        problem.micro_batches >= 1 && problem.micro_batches <= 65536 && problem.gradient_elements >= 1 &&
            problem.gradient_elements <= k_most && problem.memory_elements <= k_most,
        ErrorKind::config_invalid, "E2466",
        "elastic training of {} micro-batches, {} gradient and {} memory elements (1 to 65536 and at most {} fit) "
        "change batch or leaf",
        problem.micro_batches, problem.gradient_elements, problem.memory_elements, k_most);
    return problem;
  }

  static ElasticConfig complete(ElasticConfig config, const ElasticProblem& problem) {
    config.transport.silence_seconds = config.lighthouse_seconds;
    const std::size_t most = std::max({problem.gradient_elements, problem.memory_elements, k_state_part});
    config.transport.max_payload = std::max(most * sizeof(float), std::size_t{1} << 20);
    return config;
  }

  Hash128 layout() const {
    Xxh3 hash;
    const auto add = [&](std::uint64_t value) { hash.update(std::as_bytes(std::span(&value, 1))); };
    for (const auto& vector : problem_.state) {
      hash.update(myriad::bytes_of(vector.name));
      add(vector.values.size());
    }
    add(problem_.gradient_elements);
    add(problem_.memory_elements);
    add(config_.copies);
    add(config_.hash_every);
    return hash.finish();
  }

  Hash128 state_hash() const {
    Xxh3 hash;
    for (const auto& vector : problem_.state) hash.update(std::as_bytes(vector.values));
    return hash.finish();
  }

  MessageHeader header(MessageKind kind, std::uint64_t round, std::uint32_t fragment = 0, std::size_t numel = 0) const {
    return {format_of(kind), gate_.epoch, fragment, round, static_cast<std::uint32_t>(numel)};
  }

  void send_floats(PeerId peer, MessageKind kind, std::uint64_t round, std::uint32_t fragment,
                   std::span<const float> values) {
    transport_.send(peer, header(kind, round, fragment, values.size()), bytes_of_floats(values));
  }

  /// To the lighthouse; nothing before it has welcomed us.
  void tell(MessageKind kind, std::uint32_t fragment = 0, std::span<const std::byte> payload = {}) {
    if (!no_lighthouse_since_) transport_.send(lighthouse_, header(kind, next_, fragment), payload);
  }

  // Connections.

  /// Connect to the lighthouse and to workers with lower numbers; higher ones connect to us.
  void tend(double now) {
    if (now < retry_) return;
    retry_ = now + k_retry_seconds;
    if (no_lighthouse_since_) {
      MYRIAD_VALIDATE(
          now - *no_lighthouse_since_ <= config_.lighthouse_seconds, ErrorKind::unavailable, "E2467",
          "no lighthouse at {} for {} s (who belongs to the run is not known without it) start it again, or go on "
          "from the last checkpoint",
          config_.lighthouse, config_.lighthouse_seconds);
      if (lighthouse_ == 0) links_.count_for(lighthouse_ = transport_.connect(config_.lighthouse), k_nobody);
    }
    if (role_ == Role::observer && !state_complete_ && now - state_since_ > config_.lighthouse_seconds)
      join_again("the donor is silent");
    for (const MemberEntry& e : entries_) {
      if (e.id < id_ && id_ != k_nobody) links_.dial(e.id, e.address);
    }
  }

  void handle(const TransportEvent& event) {
    if (event.kind == TransportEvent::Kind::closed) {
      const bool ours = event.peer == lighthouse_;
      if (ours) {
        lighthouse_ = 0;
        if (!no_lighthouse_since_) {
          no_lighthouse_since_ = now_seconds();
          log_warning("elastic", "E2469", "the connection with the lighthouse is lost ({}) trying again", event.reason);
        }
      }
      const std::uint32_t id = ours ? k_nobody : links_.forget(event.peer);
      if (id != k_nobody) link_lost(id);
      return;
    }
    if (event.kind == TransportEvent::Kind::connected) {
      if (event.peer == lighthouse_) {
        const Hello hello{id_, next_, layout(), problem_.micro_batches, transport_.address()};
        transport_.send(lighthouse_, header(MessageKind::hello, next_), hello.encode());
      } else if (links_.dialled(event.peer) != k_nobody) {
        transport_.send(event.peer, header(MessageKind::name, 0, id_));
      }
      return;
    }
    if (event.peer == lighthouse_) return from_lighthouse(event.message);
    read_worker(event.peer, event.message);
  }

  void read_worker(PeerId peer, const Message& message) {
    try {
      from_worker(peer, message);
    } catch (const Error& error) {
      log_error("elastic", error);
      if (const std::uint32_t id = links_.close(peer); id != k_nobody) link_lost(id);
    }
  }

  void link_lost(std::uint32_t id) {
    const bool member = std::find(members_.begin(), members_.end(), id) != members_.end();
    const auto sum = assemblies_.find(next_);
    // Parts of the state or of a sum may be missing now, and nobody sends them again.
    if (member && (role_ == Role::observer || (sum != assemblies_.end() && sum->second.committed)))
      return join_again("a connection was lost");
    if (role_ == Role::member && member) tell(MessageKind::link_lost, id);
  }

  void join_again(const char* why) {
    log_info("elastic", "worker {} joins again ({})", id_, why);
    if (lighthouse_ != 0) transport_.close(lighthouse_);
    lighthouse_ = 0;
    if (!no_lighthouse_since_) no_lighthouse_since_ = now_seconds();
    become(k_nobody);
  }

  /// Take a number. With another one than before, all that the group knew of us is void.
  void become(std::uint32_t id) {
    if (id == id_) return;
    id_ = id;
    role_ = Role::guest;
    entries_.clear();
    members_.clear();
    links_.close_all();
    assemblies_.clear();
    slots_.clear();
    streamed_.clear();
    begin_step();
  }

  // Messages.

  void from_lighthouse(const Message& message) {
    const MessageHeader& h = message.header;
    switch (kind_of(h)) {
      case MessageKind::welcome:
        no_lighthouse_since_.reset();
        return become(h.fragment);
      case MessageKind::refusal:
        MYRIAD_VALIDATE(false, ErrorKind::unavailable, "E2468",
                        "the lighthouse sends this worker away ({}) go on from the last checkpoint",
                        std::string(reinterpret_cast<const char*>(message.payload.data()), message.payload.size()));
        return;
      case MessageKind::membership:
        return adopt(h.epoch, Membership::decode(message.payload));
      default:
        break;
    }
    if (!gate_.admits(h)) return;
    if (kind_of(h) == MessageKind::open && h.round == next_) return open(Assignment::decode(message.payload));
    if (kind_of(h) == MessageKind::commit) return commit(h);
    if (kind_of(h) == MessageKind::abort) {
      if (role_ == Role::member && h.round == next_) begin_step();
      const auto at = assemblies_.find(h.round);
      if (at != assemblies_.end() && !at->second.committed) assemblies_.erase(at);
    }
  }

  void adopt(std::uint32_t epoch, const Membership& membership) {
    gate_.epoch = epoch;
    std::set<std::uint32_t> gone;  // whom we do not know yet are newcomers
    for (const MemberEntry& e : entries_) gone.insert(e.id);
    entries_ = membership.entries;
    members_.clear();
    const Role before = role_;
    for (const MemberEntry& e : entries_) {
      gone.erase(e.id);
      if (e.role == Role::member) members_.push_back(e.id);
      if (e.id != id_) continue;
      role_ = e.role;
      if (e.role == Role::observer && (before == Role::guest || (e.donor != donor_ && !state_complete_))) {
        state_complete_ = false;
        received_.emplace(problem_.state);
        state_since_ = now_seconds();
        assemblies_.clear();
      }
      donor_ = e.donor;
    }
    log_info("elastic", "worker {} in epoch {} with {} members, step {}", id_, epoch, members_.size(), next_);
    for (std::uint32_t id : gone) {
      if (links_.has(id)) links_.close(links_.peer_of(id));
    }
    const bool alone = std::any_of(members_.begin(), members_.end(),
                                   [&](std::uint32_t id) { return id != id_ && !links_.has(id); });
    if (role_ == Role::observer && alone) return join_again("a connection was lost");
    opened_ = worked_ = reduced_ = voted_ = ready_sent_ = false;
    hash_due_ = true;
    slice_sum_.clear();
    std::erase_if(assemblies_, [&](const auto& a) { return !a.second.committed && !(a.first == next_ && prepared_); });
    retry_ = 0;
    for (const MemberEntry& e : entries_) {
      if (e.role == Role::observer && e.donor == id_ && streamed_.insert(e.id).second) give_state(e.id);
    }
    const std::vector<std::pair<PeerId, Message>> early = std::move(early_);
    early_.clear();
    for (const auto& [peer, message] : early) read_worker(peer, message);
  }

  void from_worker(PeerId peer, const Message& message) {
    const MessageHeader& h = message.header;
    if (kind_of(h) == MessageKind::name) {
      const std::uint32_t called = links_.dialled(peer);
      if (called == k_nobody) transport_.send(peer, header(MessageKind::name, 0, id_));
      links_.establish(called != k_nobody ? called : h.fragment, peer);
      return;
    }
    const std::uint32_t from = links_.worker_of(peer);
    if (from == k_nobody) return;
    if (kind_of(h) == MessageKind::state) return take_state(from, message);
    const auto sum = assemblies_.find(h.round);
    const bool of_commit = kind_of(h) == MessageKind::reduced && sum != assemblies_.end() && sum->second.committed &&
                           sum->second.epoch == h.epoch;
    if (role_ != Role::member && h.epoch > gate_.epoch && early_.size() < k_most_waiting * 16) {
      early_.emplace_back(peer, message);  // members are told first
      return;
    }
    if (!of_commit && !gate_.admits(h)) return;
    switch (kind_of(h)) {
      case MessageKind::partial:
        if (h.round != next_ || role_ != Role::member) return;
        slice_sum_.add(TreeNode::unpack(h.fragment), floats_of(message, slice(my_index()).second));
        return;
      case MessageKind::reduced:
        return take_reduced(message);
      case MessageKind::memory:
        if (h.fragment < problem_.micro_batches && h.round == next_)
          slots_[h.fragment].keep(floats_of(message, problem_.memory_elements), next_);
        return;
      case MessageKind::next_memory:
        if (h.fragment < problem_.micro_batches && h.round == next_)
          slots_[h.fragment].next = floats_of(message, problem_.memory_elements);
        return;
      default:
        return;
    }
  }

  // The state of a newcomer.

  void give_state(std::uint32_t id) {
    if (!links_.has(id)) return;
    send_state(problem_.state, [&](std::uint32_t number, std::span<const float> values) {
      send_floats(links_.peer_of(id), MessageKind::state, next_, number, values);
    });
  }

  void take_state(std::uint32_t from, const Message& message) {
    if (role_ != Role::observer || from != donor_ || state_complete_) return;
    state_since_ = now_seconds();
    if (!received_->take(message.header.fragment, message.payload)) return;
    state_complete_ = true;
    next_ = message.header.round;
    std::erase_if(assemblies_, [&](const auto& a) { return a.first < next_; });
    begin_step();
    log_info("elastic", "worker {} has the state before step {}", id_, next_);
  }

  // A step.

  std::size_t my_index() const {
    return static_cast<std::size_t>(std::lower_bound(members_.begin(), members_.end(), id_) - members_.begin());
  }
  /// First element and number of elements that member \p r adds.
  std::pair<std::size_t, std::size_t> slice(std::size_t r, std::size_t n) const {
    const std::size_t begin = problem_.gradient_elements * r / n;
    return {begin, problem_.gradient_elements * (r + 1) / n - begin};
  }
  std::pair<std::size_t, std::size_t> slice(std::size_t r) const { return slice(r, members_.size()); }

  void begin_step() {
    own_.clear();
    slice_sum_.clear();
    finished_.assign(problem_.micro_batches, false);
    for (auto& [m, slot] : slots_) slot.next.clear();
    opened_ = worked_ = reduced_ = voted_ = prepared_ = ready_sent_ = false;
  }

  void open(Assignment assignment) {
    if (role_ != Role::member || assignment.owner.size() != problem_.micro_batches) return;
    assignment_ = std::move(assignment);
    opened_ = true;
    worked_ = reduced_ = voted_ = prepared_ = hash_due_ = false;
    if (const auto sum = assemblies_.find(next_); sum != assemblies_.end() && sum->second.epoch != gate_.epoch)
      assemblies_.erase(sum);
    if (problem_.memory_elements == 0) return;
    for (std::uint32_t m = 0; m < problem_.micro_batches; ++m) {
      const std::uint32_t owner = assignment_.owner[m], source = assignment_.source[m];
      if (source == id_ && owner != id_ && links_.has(owner))
        send_floats(links_.peer_of(owner), MessageKind::memory, next_, m, slots_.at(m).values);
      if (owner != id_) continue;
      if (source == k_nobody && !finished_[m]) {
        std::vector<float> first(problem_.memory_elements, 0.0F);
        if (problem_.first_memory) problem_.first_memory(m, first);
        slots_[m].keep(std::move(first), next_);
      }
      if (finished_[m]) send_next_memory(m);  // the neighbours may be new
    }
  }

  /// A micro-batch of ours whose memory is here.
  std::optional<std::uint32_t> next_work() const {
    for (std::uint32_t m = 0; opened_ && !worked_ && m < problem_.micro_batches; ++m) {
      if (assignment_.owner[m] != id_ || finished_[m]) continue;
      const auto slot = slots_.find(m);
      if (problem_.memory_elements == 0 ||
          (slot != slots_.end() && slot->second.before == next_ && !slot->second.values.empty()))
        return m;
    }
    return {};
  }

  void compute(std::uint32_t m) {
    std::vector<float> gradient(problem_.gradient_elements, 0.0F);
    std::span<float> memory;
    if (problem_.memory_elements > 0) {
      Slot& slot = slots_.at(m);
      slot.next = slot.values;
      memory = slot.next;
    }
    problem_.compute(m, next_, gradient, memory);
    own_.add({0, m}, std::move(gradient));
    finished_[m] = true;
    if (problem_.memory_elements > 0) send_next_memory(m);
  }

  /// Whether member \p holder keeps a copy of the memory of \p owner.
  bool keeps(std::uint32_t holder, std::uint32_t owner) const {
    const auto index = [&](std::uint32_t id) {
      return static_cast<std::size_t>(std::lower_bound(members_.begin(), members_.end(), id) - members_.begin());
    };
    const std::size_t n = members_.size(), distance = (index(holder) + n - index(owner)) % n;
    return distance >= 1 && distance <= config_.copies;
  }

  void send_next_memory(std::uint32_t m) {
    for (const std::uint32_t id : members_) {
      if (keeps(id, id_) && links_.has(id))
        send_floats(links_.peer_of(id), MessageKind::next_memory, next_, m, slots_.at(m).next);
    }
  }

  void progress() {
    if (opened_ && !worked_ && !has_unfinished()) finish_work();
    if (worked_ && !reduced_ && slice_sum_.complete()) send_reduced();
    if (worked_ && !voted_) vote();
    drain();
    get_ready();
  }

  bool has_unfinished() const {
    for (std::uint32_t m = 0; m < problem_.micro_batches; ++m) {
      if (assignment_.owner[m] == id_ && !finished_[m]) return true;
    }
    return false;
  }

  void finish_work() {
    worked_ = true;
    tell(MessageKind::worked);
    for (const auto& [node, sum] : own_.nodes()) {
      for (std::size_t r = 0; r < members_.size(); ++r) {
        const auto [begin, count] = slice(r);
        const std::span<const float> part = std::span(sum).subspan(begin, count);
        if (members_[r] == id_) {
          slice_sum_.add(node, {part.begin(), part.end()});
        } else if (links_.has(members_[r])) {
          send_floats(links_.peer_of(members_[r]), MessageKind::partial, next_, node.packed(), part);
        }
      }
    }
  }

  Assembly& assembly(std::uint64_t round, std::uint32_t epoch) {
    Assembly& a = assemblies_[round];
    if (a.there.empty() || (a.epoch != epoch && !a.committed)) {
      a = Assembly{epoch, std::vector<bool>(members_.size()), std::vector<float>(problem_.gradient_elements), false, false};
    }
    return a;
  }

  void send_reduced() {
    reduced_ = true;
    const std::size_t mine = my_index();
    Assembly& a = assembly(next_, gate_.epoch);
    const std::span<const float> root = slice_sum_.root();
    std::copy(root.begin(), root.end(), a.values.begin() + static_cast<std::ptrdiff_t>(slice(mine).first));
    a.there[mine] = true;
    std::vector<PeerId> peers;
    for (const MemberEntry& e : entries_) {
      if (e.id != id_ && e.role != Role::guest && links_.has(e.id)) peers.push_back(links_.peer_of(e.id));
    }
    transport_.send(peers, header(MessageKind::reduced, next_, static_cast<std::uint32_t>(mine), root.size()),
                    bytes_of_floats(root));
  }

  void take_reduced(const Message& message) {
    const MessageHeader& h = message.header;
    if (role_ == Role::guest || (role_ == Role::member && h.round != next_) || (state_complete_ && h.round < next_)) return;
    if (assemblies_.size() > k_most_waiting) return join_again("it is too slow to catch up");
    Assembly& a = assembly(h.round, h.epoch);
    if (a.epoch != h.epoch) return;
    MYRIAD_VALIDATE(h.fragment < a.there.size(), ErrorKind::input_corrupt, "E2453",
                    "slice {} of {} (damaged, or of another version) run the same program everywhere", h.fragment,
                    a.there.size());
    const auto [begin, count] = slice(h.fragment, a.there.size());
    const std::vector<float> values = floats_of(message, count);
    std::copy(values.begin(), values.end(), a.values.begin() + static_cast<std::ptrdiff_t>(begin));
    a.there[h.fragment] = true;
  }

  /// Vote when the whole sum is here, and with it the memory that we keep for others.
  void vote() {
    const auto sum = assemblies_.find(next_);
    if (no_lighthouse_since_ || sum == assemblies_.end() || sum->second.epoch != gate_.epoch || !sum->second.complete())
      return;
    for (std::uint32_t m = 0; problem_.memory_elements > 0 && m < problem_.micro_batches; ++m) {
      const bool mine = keeps(id_, assignment_.owner[m]);
      if (mine && (!slots_.contains(m) || slots_.at(m).next.empty())) return;
    }
    const std::vector<float>& gradient = sum->second.values;
    Vote vote;
    vote.yes = std::all_of(gradient.begin(), gradient.end(), [](float x) { return std::isfinite(x); });
    vote.stop = stop_requested_;
    vote.gradient = xxh3_128(bytes_of_floats(gradient));
    voted_ = true;
    prepared_ = vote.yes;
    tell(MessageKind::vote, 0, vote.encode());
  }

  void commit(const MessageHeader& h) {
    if (role_ == Role::guest || (state_complete_ && h.round < next_)) return;
    Assembly* a = nullptr;
    if (role_ == Role::member) {  // perhaps summed in an earlier epoch
      const auto at = assemblies_.find(h.round);
      if (at == assemblies_.end() || !at->second.complete()) return join_again("a step was committed that it has not got");
      a = &at->second;
    } else {
      a = &assembly(h.round, h.epoch);
    }
    a->committed = true;
    a->stop = h.fragment == 1;
  }

  /// Apply what is committed, in order.
  void drain() {
    for (auto at = assemblies_.find(next_); state_complete_ && at != assemblies_.end(); at = assemblies_.find(next_)) {
      if (!at->second.committed || !at->second.complete()) return;
      problem_.apply(next_, at->second.values);
      stopped_ = stopped_ || at->second.stop;
      assemblies_.erase(at);
      for (auto slot = slots_.begin(); slot != slots_.end();) {
        if (slot->second.next.empty()) {
          slot = slots_.erase(slot);
        } else {
          slot->second.keep(std::move(slot->second.next), next_ + 1);
          ++slot;
        }
      }
      ++next_;
      advanced_ = true;
      begin_step();
    }
  }

  /// Tell the lighthouse where we stand, once all connections with members stand.
  void get_ready() {
    if (ready_sent_ || no_lighthouse_since_ || entries_.empty() || opened_) return;
    for (std::uint32_t id : members_) {
      if (id != id_ && !links_.has(id)) return;
    }
    const auto behind = assemblies_.find(next_);
    if (role_ != Role::guest && (!state_complete_ || (behind != assemblies_.end() && behind->second.committed))) return;
    Ready ready;
    ready.prepared = prepared_;
    if (role_ != Role::guest && (hash_due_ || next_ % config_.hash_every == 0)) ready.state = state_hash();
    ready.finished = finished_;
    if (problem_.memory_elements > 0) ready.held.resize(problem_.micro_batches);
    for (const auto& [m, slot] : slots_) {
      // Damage in memory matters only when somebody else is to take it over, which only happens in a new epoch.
      const bool good = slot.before == next_ && !slot.values.empty() &&
                        (!hash_due_ || slot.sum == crc32c(bytes_of_floats(slot.values)));
      if (!good && slot.before == next_ && !slot.values.empty())
        log_warning("elastic", "E2470", "the memory of micro-batch {} is damaged (its check sum differs) a copy is used",
                    m);
      ready.held[m] = good;
    }
    ready_sent_ = true;
    tell(MessageKind::ready, 0, ready.encode());
  }

  ElasticProblem problem_;
  ElasticConfig config_;
  Transport transport_;
  PeerId lighthouse_ = 0;  ///< 0: none
  WorkerLinks links_{transport_};
  std::uint32_t id_ = k_nobody;
  Role role_ = Role::guest;
  EpochGate gate_;
  std::vector<MemberEntry> entries_;
  std::vector<std::uint32_t> members_;
  std::vector<std::pair<PeerId, Message>> early_;  ///< of an epoch that we do not know yet
  std::set<std::uint32_t> streamed_;               ///< workers that got the state from us

  std::uint64_t next_;
  bool state_complete_ = true;        ///< the state is the one before next_
  std::uint32_t donor_ = k_nobody;
  std::optional<StateReceiver> received_;  ///< parts of the state
  double state_since_ = 0;            ///< when the last of them came
  Assignment assignment_;
  MicroBatchSum own_;                 ///< what we computed of step next_
  MicroBatchSum slice_sum_;           ///< our slice of what all computed
  std::vector<bool> finished_;
  std::map<std::uint64_t, Assembly> assemblies_;  ///< by step
  std::map<std::uint32_t, Slot> slots_;           ///< memory of micro-batches, our own and copies
  bool opened_ = false, worked_ = false, reduced_ = false, voted_ = false;
  bool prepared_ = false;    ///< voted yes; the decision is open
  bool ready_sent_ = false;
  bool hash_due_ = false;    ///< members have changed
  bool advanced_ = false, stopped_ = false, stop_requested_ = false;
  double retry_ = 0;
  std::optional<double> no_lighthouse_since_;
};

ElasticGroup::ElasticGroup(ElasticProblem problem, ElasticConfig config)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(config))) {}
ElasticGroup::~ElasticGroup() = default;
bool ElasticGroup::step() { return impl_->step(); }
std::uint64_t ElasticGroup::next_step() const { return impl_->next(); }
void ElasticGroup::request_stop() { impl_->request_stop(); }
void ElasticGroup::leave() { impl_->leave(); }
std::span<const float> ElasticGroup::memory(std::uint32_t m) const { return impl_->memory(m); }
bool ElasticGroup::is_first() const { return impl_->is_first(); }
std::uint32_t ElasticGroup::members() const { return impl_->members(); }
std::uint32_t ElasticGroup::epoch() const { return impl_->epoch(); }
std::map<std::uint32_t, LinkBytes> ElasticGroup::bytes() const { return impl_->bytes(); }
std::int64_t ElasticGroup::stale() const { return impl_->stale(); }
const Transport& ElasticGroup::transport() const { return impl_->transport(); }

}  // namespace myriad::train::elastic
