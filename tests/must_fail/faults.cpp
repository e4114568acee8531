/// `must_fail_faults CASE faulty|healthy`: plants one fault, or runs the same code without it.

#include <climits>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/error.hpp"
#include "src/state/checkpoint.hpp"
#include "src/state/checkpoint_writer.hpp"

namespace myriad {
namespace {

int contract(bool faulty) {
  const std::int64_t members = faulty ? 0 : 4;
  MYRIAD_EXPECT(members >= 1);
  return 0;
}

std::vector<std::byte> small_checkpoint(float value) {
  CheckpointWriter writer(CheckpointKind::model);
  writer.add("weight", {2}, std::vector<float>{1.F, value});
  return writer.encode();
}

int wrong_hash(bool faulty) {
  auto bytes = small_checkpoint(2.F);
  if (faulty) bytes.back() ^= std::byte{1};
  return Checkpoint::parse(bytes, "checkpoint").tensors().size() == 1 ? 0 : 1;
}

int nan(bool faulty) {
  const float value = faulty ? std::numeric_limits<float>::quiet_NaN() : 2.F;
  Checkpoint::parse(small_checkpoint(value), "checkpoint").check_finite();
  return 0;
}

void refuse(bool faulty) {
  MYRIAD_VALIDATE(!faulty, ErrorKind::internal, "E0000", "planted (nobody catches it)");
}

int uncaught_validation(bool faulty) {
  // As in a destructor or a thread: there is no way out for the exception.
  [&]() noexcept { refuse(faulty); }();
  return 0;
}

int leak(bool faulty) {
  // volatile: the compiler may otherwise remove an allocation that nobody reads.
  volatile char* lost = new char[64];
  lost[0] = 1;
  if (!faulty) delete[] const_cast<char*>(lost);
  lost = nullptr;
  return 0;
}

int overrun(bool faulty) {
  const auto values = std::make_unique<int[]>(4);
  volatile std::size_t index = faulty ? 4 : 3;
  return values[index] == 12345 ? 1 : 0;
}

int undefined(bool faulty) {
  volatile int large = faulty ? INT_MAX : 1;
  return large + 1 == 0 ? 1 : 0;
}

}  // namespace
}  // namespace myriad

int main(int argc, char** argv) {
  using namespace myriad;
  const std::map<std::string, int (*)(bool)> cases = {
      {"contract", contract},
      {"wrong_hash", wrong_hash},
      {"nan", nan},
      {"uncaught_validation", uncaught_validation},
      {"leak", leak},
      {"overrun", overrun},
      {"undefined", undefined},
  };
  const auto found = argc == 3 ? cases.find(argv[1]) : cases.end();
  const bool faulty = argc == 3 && std::strcmp(argv[2], "faulty") == 0;
  if (found == cases.end() || (!faulty && std::strcmp(argv[2], "healthy") != 0)) {
    // Zero on purpose: a misspelt case must not count as a failure that was caught.
    std::fputs("usage: must_fail_faults CASE faulty|healthy\n", stderr);
    return 0;
  }
  try {
    return found->second(faulty);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.id().c_str(), error.what());
    return exit_code(error.kind());
  }
}
