#pragma once
/// \file
/// Peers that run as their own program.

#include <string>
#include <vector>

namespace myriad::pipelines {

/// One case a peer measured.
struct PeerTiming {
  std::string name;
  std::string what;  ///< spelled as our own case
  double median_seconds = 0.0;
};

/// Run `/usr/bin/python3 SCRIPT` without a shell and read its JSON lines {name, case, median}.
/// Errors: ErrorKind::unavailable (E2643) when it cannot be run or fails, input_corrupt for lines that are no such objects.
std::vector<PeerTiming> run_peer_script(const std::string& script);

}  // namespace myriad::pipelines
