#pragma once
/// \file
/// Preconditions of the ops. Kernels know no exceptions: a broken precondition is a bug of the
/// caller and aborts.

namespace myriad::kernels::detail {

/// Print the broken precondition with its place and abort.
[[noreturn]] void precondition_failed(const char* expression, const char* file, int line);

}  // namespace myriad::kernels::detail

/// Abort unless \p condition holds. Always on; meant for checks outside loops.
#define MYRIAD_KERNEL_EXPECT(condition)                                               \
  do {                                                                                \
    if (!(condition)) {                                                               \
      ::myriad::kernels::detail::precondition_failed(#condition, __FILE__, __LINE__); \
    }                                                                                 \
  } while (false)
