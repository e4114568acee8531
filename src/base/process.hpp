#pragma once
/// \file
/// Other processes of this host. For the implementation of src/base only.

namespace myriad::detail {

/// Whether a process of this host runs (also when it belongs to somebody else). A process that has ended but was not yet
/// collected by its parent does not: in containers nobody may ever collect it.
bool process_runs(long pid);

}  // namespace myriad::detail
