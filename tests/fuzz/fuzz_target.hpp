#pragma once
/// \file
/// What a fuzz target provides. Each file in targets/ defines one, linked with replay_main.cpp (any
/// compiler, runs in the normal tests) or libfuzzer_main.cpp (clang, coverage-guided).

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace myriad::fuzz {

/// Feed one input to the parser. The only exception that may happen inside is myriad::Error, and it
/// must be caught there; everything else that leaves, a crash, a hang or an excessive allocation is
/// a finding.
int fuzz_one(const std::uint8_t* data, std::size_t size);

/// Optional, called once after the last input: give back what a library keeps on purpose (tables it
/// read once), so that only leaks are left.
void forget_caches() __attribute__((weak));

/// The input as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A property that must hold for every input that was accepted.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "property violated: %s\n", what);
  std::abort();
}

}  // namespace myriad::fuzz
