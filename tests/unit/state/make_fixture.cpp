/// Writes the small checkpoint of the tests: `make_checkpoint_fixture FILE`. The fixture of a
/// format version is made once, when the version is released, and never again: it proves that old
/// files stay readable.

#include <cstdio>
#include <exception>

#include "tests/unit/state/checkpoint_fixtures.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_checkpoint_fixture FILE\n", stderr);
    return 64;
  }
  try {
    myriad::test::small_writer().publish(argv[1], myriad::Existing::replace);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 74;
  }
  return 0;
}
