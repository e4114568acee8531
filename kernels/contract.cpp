#include "kernels/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace myriad::kernels::detail {

void precondition_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: precondition violated: %s\n", file, line, expression);
  std::abort();
}

}  // namespace myriad::kernels::detail
