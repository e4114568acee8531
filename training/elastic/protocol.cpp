#include "training/elastic/protocol.hpp"

#include "src/base/error.hpp"

namespace myriad::train::elastic {

namespace {

PayloadWriter& put_hash(PayloadWriter& out, const Hash128& hash) { return out.put(hash.high).put(hash.low); }

Hash128 get_hash(PayloadReader& in) {
  Hash128 hash;
  hash.high = in.get<std::uint64_t>();
  hash.low = in.get<std::uint64_t>();
  return hash;
}

void put_bits(PayloadWriter& out, const std::vector<bool>& bits) {
  out.put(static_cast<std::uint32_t>(bits.size()));
  for (bool bit : bits) out.put(static_cast<std::uint8_t>(bit));
}

std::uint8_t get_below(PayloadReader& in, unsigned bound) {
  const auto value = in.get<std::uint8_t>();
  MYRIAD_VALIDATE(
      value < bound, ErrorKind::input_corrupt, "E2453",
      "a message holds {} where less than {} is meant (damaged, or of another version) run the same program everywhere",
      value, bound);
  return value;
}

std::vector<bool> get_bits(PayloadReader& in) {
  std::vector<bool> bits(in.get_count(1));
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = get_below(in, 2) != 0;
  return bits;
}

}  // namespace

std::vector<std::byte> Hello::encode() const {
  PayloadWriter out;
  out.put(id).put(next);
  return put_hash(out, layout).put(micro_batches).put_text(address).take();
}
Hello Hello::decode(std::span<const std::byte> payload) {
  PayloadReader in(payload);
  Hello h;
  h.id = in.get<std::uint32_t>();
  h.next = in.get<std::uint64_t>();
  h.layout = get_hash(in);
  h.micro_batches = in.get<std::uint32_t>();
  h.address = in.get_text();
  in.finish();
  return h;
}

std::vector<std::byte> Membership::encode() const {
  PayloadWriter out;
  out.put(static_cast<std::uint32_t>(entries.size()));
  for (const MemberEntry& e : entries) out.put(e.id).put(static_cast<std::uint8_t>(e.role)).put(e.donor).put_text(e.address);
  return out.take();
}
Membership Membership::decode(std::span<const std::byte> payload) {
  PayloadReader in(payload);
  Membership m;
  m.entries.resize(in.get_count(11));
  for (MemberEntry& e : m.entries) {
    e.id = in.get<std::uint32_t>();
    e.role = static_cast<Role>(get_below(in, 3));
    e.donor = in.get<std::uint32_t>();
    e.address = in.get_text();
  }
  in.finish();
  return m;
}

std::vector<std::byte> Ready::encode() const {
  PayloadWriter out;
  put_hash(out.put(static_cast<std::uint8_t>(prepared)), state);
  put_bits(out, finished);
  put_bits(out, held);
  return out.take();
}
Ready Ready::decode(std::span<const std::byte> payload) {
  PayloadReader in(payload);
  Ready r;
  r.prepared = get_below(in, 2) != 0;
  r.state = get_hash(in);
  r.finished = get_bits(in);
  r.held = get_bits(in);
  in.finish();
  return r;
}

std::vector<std::byte> Assignment::encode() const {
  PayloadWriter out;
  out.put(static_cast<std::uint32_t>(owner.size()));
  for (std::size_t m = 0; m < owner.size(); ++m) out.put(owner[m]).put(source[m]);
  return out.take();
}
Assignment Assignment::decode(std::span<const std::byte> payload) {
  PayloadReader in(payload);
  Assignment a;
  a.owner.resize(in.get_count(8));
  a.source.resize(a.owner.size());
  for (std::size_t m = 0; m < a.owner.size(); ++m) {
    a.owner[m] = in.get<std::uint32_t>();
    a.source[m] = in.get<std::uint32_t>();
  }
  in.finish();
  return a;
}

std::vector<std::byte> Vote::encode() const {
  PayloadWriter out;
  out.put(static_cast<std::uint8_t>(yes)).put(static_cast<std::uint8_t>(stop));
  return put_hash(out, gradient).take();
}
Vote Vote::decode(std::span<const std::byte> payload) {
  PayloadReader in(payload);
  Vote v;
  v.yes = get_below(in, 2) != 0;
  v.stop = get_below(in, 2) != 0;
  v.gradient = get_hash(in);
  in.finish();
  return v;
}

}  // namespace myriad::train::elastic
