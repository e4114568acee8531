#pragma once
/// \file
/// Opening files that nobody vouches for in a child process (reliability.md section 3, item 8).

#include <cstdint>
#include <functional>
#include <string>

namespace myriad::io {

struct IsolationLimits {
  std::int64_t cpu_seconds = 60;
  std::int64_t memory_bytes = 0;  ///< address space; 0: no limit
};

/// Run \p action in a forked child; its errors and its crashes become errors of the caller.
///
/// The HDF5 library may follow wild pointers on a damaged file (seen with 1.10.8 and one flipped
/// bit); here that ends the child only. The child writes no files and nothing it computes comes
/// back: call it to check, then repeat in the parent. *Preconditions* no other thread of the
/// process holds a lock that \p action needs; not between MPI_Init and MPI_Finalize. \param subject
/// file name for the message *Errors* what \p action throws (kind, id and text);
/// ErrorKind::input_corrupt E2006 when the child crashes or exceeds a limit; ErrorKind::unavailable
/// E2007 when no child can be made.
void run_isolated(const std::string& subject, const std::function<void()>& action,
                  const IsolationLimits& limits = {});

}  // namespace myriad::io
