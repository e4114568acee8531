#include "training/elastic/lighthouse.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "training/elastic/protocol.hpp"

namespace myriad::train::elastic {

namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// How long one kind of work may take: a multiple of the median of the last 64 durations.
class AdaptiveDeadline {
 public:
  explicit AdaptiveDeadline(const LighthouseConfig& config) : config_(config) {}
  void add(double seconds) {
    last_.push_back(seconds);
    if (last_.size() > 64) last_.pop_front();
  }
  double limit(double amount) const {
    if (last_.empty()) return config_.first_deadline_seconds;
    return std::max(config_.least_deadline_seconds, config_.deadline_factor * amount * median({last_.begin(), last_.end()}));
  }

 private:
  const LighthouseConfig& config_;
  std::deque<double> last_;
};

struct Worker {
  PeerId peer = 0;
  Role role = Role::guest;
  std::string address;
  std::uint32_t donor = k_nobody;
  std::uint64_t next = 0;      ///< step of its last hello or ready
  std::optional<Ready> ready;  ///< in this epoch
  bool worked = false;
  std::optional<Vote> vote;
  std::uint32_t to_do = 0;        ///< micro-batches assigned and not finished when the step was opened
  double seconds = 0;             ///< per micro-batch, last
  std::uint32_t complaints = 0;   ///< lost connections since the last commit
};

struct Loss {
  std::uint32_t worker;
  std::uint64_t step;
  std::string reason;
  double detected;
  double committed = 0;
};

}  // namespace

class Lighthouse::Impl {
 public:
  explicit Impl(LighthouseConfig config)
      : config_(std::move(config)), compute_(config_), exchange_(config_), boundary_(config_) {
    if (!config_.journal.empty() && std::filesystem::exists(config_.journal)) read_journal();
    transport_ = std::make_unique<Transport>(config_.transport);
  }

  LighthouseEnd run(const std::function<bool()>& stop) {
    since_ = now_seconds();
    while (!end_) {
      if (stop && stop()) return LighthouseEnd::stopped;
      if (auto event = transport_->receive(0.02)) handle(*event);
      watch(now_seconds());
    }
    if (*end_ == LighthouseEnd::finished && !config_.journal.empty()) std::filesystem::remove(config_.journal);
    return *end_;
  }

  Json report() const {
    Json json;
    json.set("epoch", epoch_);
    json.set("step", step_);
    json.set("aborts", all_aborts_);
    json.set("stale", stale_);
    json.set("damaged", transport_->damaged());
    json.set("refused", transport_->refused());
    json.set("bytes_sent", transport_->bytes().sent);
    json.set("bytes_received", transport_->bytes().received);
    Json losses = Json(Json::Array{});
    std::vector<double> lost;
    for (const Loss& loss : losses_) {
      Json entry;
      entry.set("worker", loss.worker);
      entry.set("step", loss.step);
      entry.set("reason", loss.reason);
      entry.set("detected", loss.detected);
      entry.set("committed", loss.committed);
      losses.push_back(std::move(entry));
      if (loss.committed > 0) lost.push_back(loss.committed - loss.detected);
    }
    json.set("losses", std::move(losses));
    json.set("median_seconds_lost", lost.empty() ? Json() : Json(median(lost)));
    return json;
  }

  const std::string& address() const { return transport_->address(); }

 private:
  enum class Phase : std::uint8_t {
    gathering,   ///< the first workers, or those of the journal, are awaited
    collecting,  ///< members say that they are ready
    open,        ///< a step is under way
  };

  // Journal.

  void write_journal() const {
    if (config_.journal.empty()) return;
    Json json;
    json.set("epoch", epoch_);
    json.set("step", step_);
    json.set("first_step", first_step_);
    json.set("next_id", next_id_);
    json.set("stop", stopping_);
    json.set("address", transport_->address());
    Json members{Json::Array{}};
    for (std::uint32_t id : members_()) members.push_back(id);
    json.set("members", std::move(members));
    json.set("crc32c", crc32c(to_json_text(json)));
    // A crash of the machine takes the state of all workers with it: only the death of this process must be survived.
    publish_text(config_.journal, to_json_text(json) + "\n", Existing::replace, Durability::rename_only);
  }

  void read_journal() {
    Json json = read_json_file(config_.journal);
    Json body;
    for (const auto& [key, value] : json.as_object()) {
      if (key != "crc32c") body.set(key, value);
    }
    MYRIAD_VALIDATE(json.at("crc32c").as_uint() == crc32c(to_json_text(body)), ErrorKind::input_corrupt, "E2462",
                    "the journal {} is damaged (its check sum differs) remove it and start the run from its last checkpoint",
                    config_.journal.string());
    epoch_ = static_cast<std::uint32_t>(json.at("epoch").as_uint());
    step_ = json.at("step").as_uint();
    first_step_ = json.at("first_step").as_uint();
    next_id_ = static_cast<std::uint32_t>(json.at("next_id").as_uint());
    stopping_ = json.at("stop").as_bool();
    for (const Json& id : json.at("members").as_array()) returning_.insert(static_cast<std::uint32_t>(id.as_uint()));
    formed_ = true;
    const std::string address = json.at("address").as_string();
    if (config_.transport.port == 0 && !address.starts_with("unix:")) {
      config_.transport.port = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
    }
    log_info("elastic", "lighthouse goes on in epoch {} at step {} with {} members to come back", epoch_, step_,
             returning_.size());
  }

  // Messages.

  std::vector<std::uint32_t> members_() const {
    std::vector<std::uint32_t> ids;
    for (const auto& [id, w] : workers_) {
      if (w.role == Role::member) ids.push_back(id);
    }
    return ids;
  }

  void tell(Role least, MessageKind kind, std::uint64_t round, std::uint32_t fragment = 0,
            std::span<const std::byte> payload = {}) {
    std::vector<PeerId> peers;
    for (const auto& [id, w] : workers_) {
      if (w.role >= least) peers.push_back(w.peer);
    }
    transport_->send(peers, {format_of(kind), epoch_, fragment, round, 0}, payload);
  }

  void handle(const TransportEvent& event) {
    const auto at = ids_.find(event.peer);
    if (event.kind == TransportEvent::Kind::closed && at != ids_.end()) return lose(at->second, event.reason);
    if (event.kind != TransportEvent::Kind::message) return;
    try {
      if (kind_of(event.message.header) == MessageKind::hello && at == ids_.end()) return greet(event);
      if (at != ids_.end()) return answer(at->second, event.message);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input_corrupt) throw;  // of the journal
      log_error("elastic", error);
      if (at != ids_.end()) return lose(at->second, "it sent a message that means nothing");
    }
    transport_->close(event.peer);
  }

  void greet(const TransportEvent& event) {
    const Hello hello = Hello::decode(event.message.payload);
    if (micro_batches_ == 0) {
      layout_ = hello.layout;
      micro_batches_ = hello.micro_batches;
    }
    if (hello.layout != layout_ || hello.micro_batches != micro_batches_ || micro_batches_ == 0) {
      return refuse(event.peer, "its network, batch or state has other sizes than those of the run");
    }
    const bool returns = returning_.erase(hello.id) > 0;
    const std::uint32_t id = returns ? hello.id : next_id_++;
    Worker& w = workers_[id];
    w.peer = event.peer;
    w.role = returns ? Role::member : Role::guest;
    w.address = hello.address;
    w.next = hello.next;
    ids_[event.peer] = id;
    transport_->send(event.peer, {format_of(MessageKind::welcome), epoch_, id, step_, 0});
    log_info("elastic", "worker {} {} from {}", id, returns ? "is back" : "has come", hello.address);
    if (phase_ == Phase::gathering) return gather(now_seconds());
    transport_->send(event.peer, {format_of(MessageKind::membership), epoch_, 0, step_, 0}, membership().encode());
  }

  void refuse(PeerId peer, const std::string& why) {
    log_warning("elastic", "E2463", "a worker was sent away ({})", why);
    transport_->send(peer, {format_of(MessageKind::refusal), epoch_, 0, step_, 0}, bytes_of(why));
    transport_->close(peer);
  }

  void answer(std::uint32_t id, const Message& message) {
    Worker& w = workers_.at(id);
    const MessageHeader& h = message.header;
    if (kind_of(h) == MessageKind::leave) return leave(id);
    if (h.epoch != epoch_) {
      ++stale_;
      return;
    }
    switch (kind_of(h)) {
      case MessageKind::ready:
        w.ready = Ready::decode(message.payload);
        w.next = h.round;
        return at_boundary();
      case MessageKind::worked:
        if (phase_ != Phase::open || h.round != step_ || w.worked) return;
        w.worked = true;
        since_ = now_seconds();
        if (w.to_do > 0) compute_.add(w.seconds = (since_ - opened_) / w.to_do);
        return;
      case MessageKind::vote:
        if (phase_ != Phase::open || h.round != step_) return;
        w.vote = Vote::decode(message.payload);
        return decide();
      case MessageKind::link_lost:
        if (!workers_.contains(h.fragment) || workers_.at(h.fragment).role != Role::member || w.role != Role::member) return;
        ++w.complaints;
        ++workers_.at(h.fragment).complaints;
        // The other end may be dead, and its end of stream about to be read.
        if (!relink_) relink_ = now_seconds() + 2 * config_.transport.heartbeat_seconds;
        return;
      default:
        MYRIAD_VALIDATE(false, ErrorKind::input_corrupt, "E2453",
                        "worker {} sent a message of kind {:#x} (nothing for a lighthouse) run "
                        "the same program everywhere",
                        id, static_cast<unsigned>(kind_of(h)));
    }
  }

  // Membership.

  Membership membership() const {
    Membership m;
    for (const auto& [id, w] : workers_) m.entries.push_back({id, w.role, w.donor, w.address});
    return m;
  }

  void gather(double now) {
    const bool late = now - since_ > (formed_ ? config_.return_seconds : config_.start_seconds);
    if (formed_) {  // from the journal
      if (!returning_.empty() && !late) return;
      if (members_().empty()) {
        if (now - since_ > config_.start_seconds) end_ = LighthouseEnd::all_lost;
        return;
      }
      for (std::uint32_t id : returning_)
        losses_.push_back({id, step_, "it did not come back to the restarted lighthouse", now});
      returning_.clear();
      return new_epoch("the lighthouse was restarted");
    }
    if (workers_.size() < config_.workers && !(late && workers_.size() >= config_.min_members)) {
      if (late)
        fail(fmt::format("{} of {} workers came within {} s", workers_.size(), config_.workers, config_.start_seconds));
      return;
    }
    step_ = first_step_ = workers_.begin()->second.next;
    for (auto& [id, w] : workers_) {
      if (w.next != step_) return fail(fmt::format("workers start at different steps ({} and {})", step_, w.next));
      w.role = Role::member;
    }
    formed_ = true;
    new_epoch("all are there");
  }

  void new_epoch(const std::string& reason) {
    ++epoch_;
    relink_.reset();
    write_journal();
    enter(Phase::collecting);
    for (auto& [id, w] : workers_) w.ready.reset();
    const std::vector<std::byte> payload = membership().encode();
    tell(Role::guest, MessageKind::membership, step_, 0, payload);
    log_info("elastic", "epoch {} with {} members of {} workers ({})", epoch_, members_().size(), workers_.size(), reason);
  }

  void enter(Phase phase) {
    phase_ = phase;
    since_ = opened_ = now_seconds();
    for (auto& [id, w] : workers_) {
      w.worked = false;
      w.vote.reset();
      if (phase == Phase::collecting && w.role == Role::member) w.ready.reset();
    }
  }

  void lose(std::uint32_t id, const std::string& reason) {
    const Worker w = workers_.at(id);
    transport_->close(w.peer);
    ids_.erase(w.peer);
    workers_.erase(id);
    if (!formed_ || w.role != Role::member) return;
    log_warning("elastic", "E2461", "worker {} is lost at step {} ({}) the others go on", id, step_, reason);
    losses_.push_back({id, step_, reason, now_seconds()});
    for (auto& [other, o] : workers_) {
      if (o.role == Role::observer && o.donor == id) o.donor = choose_donor();
    }
    if (phase_ == Phase::gathering) return;
    if (members_().empty()) {
      end_ = LighthouseEnd::all_lost;
    } else {
      new_epoch("a worker is lost");
    }
  }

  void leave(std::uint32_t id) {
    const bool member = workers_.at(id).role == Role::member;
    transport_->close(workers_.at(id).peer);
    ids_.erase(workers_.at(id).peer);
    workers_.erase(id);
    log_info("elastic", "worker {} has left", id);
    if (!member) return;
    if (members_().empty()) {
      tell(Role::guest, MessageKind::refusal, step_, 0, bytes_of("the run is finished"));
      end_ = LighthouseEnd::finished;
    } else {
      new_epoch("a worker has left");
    }
  }

  void fail(const std::string& why) {
    log_error("elastic", Error(ErrorKind::unavailable, "E2464",
                               fmt::format("the elastic run ends ({}) go on from the last checkpoint", why)));
    tell(Role::guest, MessageKind::refusal, step_, 0, bytes_of(why));
    end_ = LighthouseEnd::failed;
  }

  /// The member with the least to do that serves nobody yet.
  std::uint32_t choose_donor() const {
    std::set<std::uint32_t> busy;
    for (const auto& [id, w] : workers_) busy.insert(w.donor);
    std::vector<std::uint32_t> ids = members_();
    const auto load = [&](std::uint32_t id) {
      const Worker& w = workers_.at(id);
      return std::tuple(busy.contains(id), w.to_do * w.seconds, id);
    };
    const auto least = std::min_element(ids.begin(), ids.end(), [&](auto a, auto b) { return load(a) < load(b); });
    return least == ids.end() ? k_nobody : *least;
  }

  // Steps.

  /// All members are ready for the same step: let others in, or open it.
  void at_boundary() {
    if (phase_ != Phase::collecting) return;
    bool waiting = false;
    for (const std::uint32_t id : members_()) {
      Worker& w = workers_.at(id);
      if (!w.ready) {
        waiting = true;
      } else if (w.next + 1 == step_ && w.ready->prepared) {  // the decision did not reach it
        transport_->send(w.peer, {format_of(MessageKind::commit), epoch_, stopping_ ? 1U : 0U, w.next, 0});
        w.ready.reset();
        waiting = true;
      } else if (w.next != step_) {
        return lose(id, fmt::format("it is at step {}, the run at {}", w.next, step_));
      }
    }
    if (waiting || !same_state()) return;
    bool joined = false;
    for (auto& [id, w] : workers_) {
      if (!w.ready || w.role == Role::member || (w.role == Role::observer && w.next + 1 < step_)) continue;
      w.donor = w.role == Role::guest ? choose_donor() : k_nobody;
      w.role = w.role == Role::guest ? Role::observer : Role::member;
      joined = true;
      log_info("elastic", "worker {} is {} from step {} on", id, w.role == Role::observer ? "observer" : "member", step_);
    }
    if (joined) return new_epoch("a worker joins");
    if (members_().size() >= config_.min_members) open();
  }

  /// Whether the members agree on the state before the step; who does not agree with most others is sent away.
  bool same_state() {
    std::map<std::string, std::vector<std::uint32_t>> by_hash;
    for (std::uint32_t id : members_()) by_hash[workers_.at(id).ready->state.hex()].push_back(id);
    if (by_hash.size() == 1) return true;
    const auto most = std::max_element(by_hash.begin(), by_hash.end(),
                                       [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    if (step_ == first_step_ || 2 * most->second.size() <= members_().size()) {
      fail(fmt::format("the workers' states differ at step {}", step_));
    } else {
      for (const auto& [hash, ids] : by_hash) {
        if (hash != most->first) return lose(ids.front(), "its state differs from that of most others"), false;
      }
    }
    return false;
  }

  void open() {
    const auto assignment = assign();
    if (!assignment) return;
    boundary_.add(now_seconds() - since_);
    enter(Phase::open);
    tell(Role::member, MessageKind::open, step_, 0, assignment->encode());
  }

  /// Who computes what. Finished work stays where it is, and so does other work as long as nobody has more than an equal
  /// share; without memory and finished work everybody gets a contiguous run, the cheapest to add.
  std::optional<Assignment> assign() {
    const std::vector<std::uint32_t> ids = members_();
    const std::size_t n = ids.size(), total = micro_batches_;
    const auto bit = [&](std::uint32_t id, const std::vector<bool> Ready::*bits, std::size_t m) {
      const std::vector<bool>& values = (*workers_.at(id).ready).*bits;
      return m < values.size() && values[m];
    };
    Assignment a{std::vector<std::uint32_t>(total, k_nobody), std::vector<std::uint32_t>(total, k_nobody)};
    std::map<std::uint32_t, std::size_t> load;
    bool tied = false, memory = false;
    for (std::uint32_t id : ids) {
      load[id] = 0;
      workers_.at(id).to_do = 0;
      memory = memory || !workers_.at(id).ready->held.empty();
    }
    for (std::size_t m = 0; m < total; ++m) {
      for (std::uint32_t id : ids) {
        if (a.owner[m] != k_nobody || !bit(id, &Ready::finished, m)) continue;
        a.owner[m] = id;
        ++load[id];
        tied = true;
      }
    }
    const std::size_t share = (total + n - 1) / n;
    const bool anew = !tied && (!memory || owner_.size() != total);
    for (std::size_t m = 0; m < total && !anew && owner_.size() == total; ++m) {
      if (a.owner[m] != k_nobody || !load.contains(owner_[m]) || load[owner_[m]] >= share) continue;
      a.owner[m] = owner_[m];
      ++load[owner_[m]];
      ++workers_.at(owner_[m]).to_do;
    }
    for (std::size_t m = 0; m < total; ++m) {
      if (a.owner[m] != k_nobody) continue;
      const auto least =
          std::min_element(load.begin(), load.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
      a.owner[m] = anew ? ids[((m + 1) * n - 1) / total] : least->first;  // run r is [total r/n, total (r+1)/n)
      ++load[a.owner[m]];
      ++workers_.at(a.owner[m]).to_do;
    }
    for (std::size_t m = 0; m < total && memory; ++m) {
      if (bit(a.owner[m], &Ready::held, m)) a.source[m] = a.owner[m];
      for (std::uint32_t id : ids) {
        if (a.source[m] == k_nobody && bit(id, &Ready::held, m)) a.source[m] = id;
      }
      if (a.source[m] != k_nobody || step_ == first_step_) continue;
      fail(fmt::format("the memory of micro-batch {} is lost at step {}: all workers with a copy are gone", m, step_));
      return {};
    }
    owner_ = a.owner;
    return a;
  }

  void decide() {
    const std::vector<std::uint32_t> ids = members_();
    bool yes = true, stop = stopping_;
    for (std::uint32_t id : ids) {
      const auto& vote = workers_.at(id).vote;
      if (!vote) return;
      yes = yes && vote->yes && vote->gradient == workers_.at(ids.front()).vote->gradient;
      stop = stop || vote->stop;
    }
    if (!yes) {
      ++all_aborts_;
      log_warning("elastic", "E2465", "step {} is aborted (a worker's gradient is not finite or not that of the others)",
                  step_);
      tell(Role::observer, MessageKind::abort, step_);
      if (++aborts_ >= config_.most_aborts) return fail(fmt::format("step {} was aborted {} times", step_, aborts_));
      return new_epoch("a step was aborted");
    }
    const double now = now_seconds();
    exchange_.add(now - since_);
    stopping_ = stop;
    ++step_;
    write_journal();
    tell(Role::observer, MessageKind::commit, step_ - 1, stopping_ ? 1 : 0);
    aborts_ = stalls_ = 0;
    for (auto& [id, w] : workers_) w.complaints = 0;
    for (Loss& loss : losses_) {
      if (loss.committed > 0) continue;
      loss.committed = now;
      log_info("elastic", "step {} committed {:.1f} ms after worker {} was lost", step_ - 1, 1e3 * (now - loss.detected),
               loss.worker);
    }
    enter(Phase::collecting);
  }

  // Deadlines.

  void watch(double now) {
    if (end_) return;
    if (phase_ == Phase::gathering) return gather(now);
    const std::vector<std::uint32_t> ids = members_();
    const auto late = [&](auto&& waited_for, auto&& limit) {
      const auto at = std::find_if(ids.rbegin(), ids.rend(), [&](std::uint32_t id) {
        const Worker& w = workers_.at(id);
        return waited_for(w) && now - since_for(w) > limit(w);
      });
      return at == ids.rend() ? k_nobody : *at;
    };
    if (phase_ == Phase::collecting) {
      const auto id = late([](const Worker& w) { return !w.ready; }, [&](const Worker&) {
        return boundary_.limit(1) + compute_.limit(1);  // who computes answers after the micro-batch
      });
      if (id != k_nobody) return lose(id, "it does not get ready");
      if (ids.size() < config_.min_members && now - since_ > config_.start_seconds) {
        return fail(
            fmt::format("{} members for {} s, {} are needed", ids.size(), config_.start_seconds, config_.min_members));
      }
    } else {
      const auto idle =
          late([](const Worker& w) { return !w.worked; }, [&](const Worker& w) { return compute_.limit(w.to_do); });
      if (idle != k_nobody) return lose(idle, "its work is overdue");
      const bool all_worked = std::all_of(ids.begin(), ids.end(), [&](std::uint32_t id) { return workers_.at(id).worked; });
      const auto mute =
          late([&](const Worker& w) { return all_worked && !w.vote; }, [&](const Worker&) { return exchange_.limit(1); });
      if (mute != k_nobody) {
        if (++stalls_ >= 3) return lose(mute, "the exchange does not end");
        return new_epoch("the exchange does not end");
      }
    }
    if (relink_ && now > *relink_) {
      const auto worst = std::max_element(
          ids.begin(), ids.end(), [&](auto a, auto b) { return workers_.at(a).complaints < workers_.at(b).complaints; });
      if (worst != ids.end() && workers_.at(*worst).complaints >= 6)
        return lose(*worst, "others lose their connection with it");
      new_epoch("a connection was lost");
    }
  }

  /// Since when the phase waits for \p w: for its work since that was assigned, for the rest since all could go on.
  double since_for(const Worker& w) const { return phase_ == Phase::open && !w.worked ? opened_ : since_; }

  LighthouseConfig config_;
  std::unique_ptr<Transport> transport_;
  std::map<std::uint32_t, Worker> workers_;
  std::map<PeerId, std::uint32_t> ids_;
  std::uint32_t epoch_ = 0, next_id_ = 0, micro_batches_ = 0;
  std::uint64_t step_ = 0, first_step_ = 0;
  Hash128 layout_;
  bool formed_ = false;    ///< there has been an epoch
  bool stopping_ = false;  ///< members are told to stop
  std::set<std::uint32_t> returning_;  ///< members of the journal that are not back
  Phase phase_ = Phase::gathering;
  double since_ = 0;   ///< begin of what is waited for
  double opened_ = 0;  ///< when the work of the step was assigned
  std::optional<double> relink_;  ///< when to begin an epoch because of lost connections
  std::vector<std::uint32_t> owner_;  ///< of the last assignment
  AdaptiveDeadline compute_, exchange_, boundary_;
  std::uint32_t aborts_ = 0, stalls_ = 0;
  std::int64_t all_aborts_ = 0, stale_ = 0;
  std::vector<Loss> losses_;
  std::optional<LighthouseEnd> end_;
};

Lighthouse::Lighthouse(LighthouseConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Lighthouse::~Lighthouse() = default;
const std::string& Lighthouse::address() const { return impl_->address(); }
LighthouseEnd Lighthouse::run(const std::function<bool()>& stop) { return impl_->run(stop); }
Json Lighthouse::report() const { return impl_->report(); }

}  // namespace myriad::train::elastic
