#include "src/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace myriad {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 64;
    case ErrorKind::input_corrupt:
      return 65;
    case ErrorKind::input_missing:
      return 66;
    case ErrorKind::unavailable:
      return 69;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::cannot_create:
      return 73;
    case ErrorKind::io:
      return 74;
    case ErrorKind::stopped_early:
      return 75;
    case ErrorKind::quality:
      return 76;
    case ErrorKind::permission:
      return 77;
    case ErrorKind::config_invalid:
      return 78;
  }
  return 70;
}

namespace detail {
void contract_failed(const char* what, const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s violated: %s\n", file, line, what, expression);
  std::abort();
}
}  // namespace detail

}  // namespace myriad
