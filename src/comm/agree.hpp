#pragma once
/// \file
/// Agreement of all ranks on failures and on requests to stop, so that no rank leaves alone.

#include <exception>
#include <functional>

#include "src/base/error.hpp"
#include "src/base/signals.hpp"
#include "src/comm/comm.hpp"

namespace myriad {

/// An error that every rank knows of: all ranks throw it together, so leaving is safe.
class AgreedError : public Error {
 public:
  using Error::Error;
};

/// Collective. When any rank passes an exception, every rank throws the same AgreedError: the one
/// of the lowest failing rank, its text naming that rank when there are several. A lack of
/// memory or threads becomes ErrorKind::resources (E1111), another exception than Error ErrorKind::internal (E1110). When
/// there is not even memory for the message, std::bad_alloc leaves from this rank alone, which then must end the others.
void agree_on_error(Comm& comm, std::exception_ptr error);

/// Collective: run \p work on every rank, then agree. \p work itself must not communicate after its
/// first failure point.
void run_agreed(Comm& comm, const std::function<void()>& work);

/// Collective: the strongest reason of any rank.
StopReason agree_on_stop(Comm& comm, StopReason mine);
/// Collective: true when any rank says so.
bool agree_on_any(Comm& comm, bool mine);

}  // namespace myriad
