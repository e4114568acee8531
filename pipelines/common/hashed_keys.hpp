#pragma once
/// \file
/// Keys that several configurations share, which may or may not identify a run.

#include <cstdint>

#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Whether keys belong to what identifies a run.
enum class Hashed : std::uint8_t { yes, no };

/// Passes keys on, hashed or not.
class Mark {
 public:
  explicit Mark(Hashed hashed) : hashed_(hashed) {}
  void operator()(Key& key) const {
    if (hashed_ == Hashed::no) key.not_hashed();
  }

 private:
  Hashed hashed_;
};

}  // namespace myriad::pipelines
