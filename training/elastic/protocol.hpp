#pragma once
/// \file
/// What the processes of an elastic run say to each other (docs/elastic_training.md).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/hash.hpp"
#include "training/message.hpp"

namespace myriad::train::elastic {

/// High byte of MessageHeader::format.
enum class MessageKind : std::uint8_t {
  // Worker and lighthouse.
  hello = 0x10,  ///< worker: Hello
  welcome,       ///< lighthouse: the worker's number in `fragment`
  refusal,       ///< lighthouse: the run goes on without you or not at all; a text
  membership,    ///< lighthouse: Membership of `epoch`
  ready,         ///< worker: Ready to do step `round`
  open,          ///< lighthouse: do step `round`; Assignment
  worked,        ///< worker: my micro-batches are done
  vote,          ///< worker: Vote on step `round`
  commit,        ///< lighthouse: apply step `round`; fragment 1: and then stop
  abort,         ///< lighthouse: forget the gradients of step `round`
  link_lost,     ///< worker: no connection with worker `fragment`
  leave,         ///< worker: done
  // Between workers.
  name = 0x20,   ///< the sender's number in `fragment`
  partial,       ///< slice of the receiver of a sum over micro-batches, node in `fragment`
  reduced,       ///< slice `fragment` of the whole sum
  memory,        ///< memory of micro-batch `fragment` before step `round`
  next_memory,   ///< ... after it, if it is committed
  state,         ///< part `fragment` of the state before step `round`
};

constexpr std::uint16_t format_of(MessageKind kind) { return static_cast<std::uint16_t>(static_cast<unsigned>(kind) << 8U); }
inline MessageKind kind_of(const MessageHeader& header) { return static_cast<MessageKind>(header.format >> 8U); }

constexpr std::uint32_t k_nobody = 0xffffffffU;

struct Hello {
  std::uint32_t id = k_nobody;  ///< from an earlier welcome
  std::uint64_t next = 0;       ///< step it would do next
  Hash128 layout;               ///< of the problem: sizes and names
  std::uint32_t micro_batches = 0;
  std::string address;          ///< where other workers reach it

  std::vector<std::byte> encode() const;
  static Hello decode(std::span<const std::byte> payload);
};

enum class Role : std::uint8_t {
  guest,     ///< known, connects to the others
  observer,  ///< receives the state and follows the steps
  member,    ///< computes and votes
};

struct MemberEntry {
  std::uint32_t id = 0;
  Role role = Role::guest;
  std::uint32_t donor = k_nobody;  ///< sends the state to an observer
  std::string address;
};

struct Membership {
  std::vector<MemberEntry> entries;  ///< by id

  std::vector<std::byte> encode() const;
  static Membership decode(std::span<const std::byte> payload);
};

struct Ready {
  bool prepared = false;       ///< has the gradient of the step and voted for it
  Hash128 state;               ///< zero: not computed at this step
  std::vector<bool> finished;  ///< micro-batches of the step that are computed here
  std::vector<bool> held;      ///< micro-batches whose memory is here

  std::vector<std::byte> encode() const;
  static Ready decode(std::span<const std::byte> payload);
};

/// By micro-batch.
struct Assignment {
  std::vector<std::uint32_t> owner;   ///< who computes it
  std::vector<std::uint32_t> source;  ///< who has its memory; k_nobody: it starts anew

  std::vector<std::byte> encode() const;
  static Assignment decode(std::span<const std::byte> payload);
};

struct Vote {
  bool yes = false;
  bool stop = false;  ///< end the run after this step
  Hash128 gradient;

  std::vector<std::byte> encode() const;
  static Vote decode(std::span<const std::byte> payload);
};

}  // namespace myriad::train::elastic
