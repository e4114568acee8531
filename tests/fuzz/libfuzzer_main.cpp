/// Entry point of libFuzzer.

#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return myriad::fuzz::fuzz_one(data, size);
}
