#pragma once
/// \file
/// Limits of one run of a fuzz target: memory, time, and a report that names the input when the
/// process dies.

#include <cstddef>
#include <cstdint>

namespace myriad::fuzz {

/// What a request for more memory than an input may cost means.
enum class ExcessiveRequest : std::uint8_t {
  is_a_finding,
  /// The NetCDF and HDF5 libraries ask for what a damaged file claims before they look whether it
  /// is there. Such a request fails, as it would on a full machine; one of our own (operator new)
  /// is still a finding.
  of_c_libraries_is_refused,
};

/// Install the signal handlers. \p target names the files that findings are written to.
void start_watching(const char* target, ExcessiveRequest excessive);

/// Call before and after each input. Between the two: at most 1 s of processor time (10 s with a
/// sanitizer) and 2 x size + 64 MiB of memory more than before (not measured with a sanitizer,
/// which replaces the allocator); any violation or crash writes the input to `finding-<target>.bin`
/// and ends the process by a signal.
void begin_input(const std::uint8_t* data, std::size_t size);
void end_input();

/// Bytes allocated now; 0 with a sanitizer.
std::size_t live_bytes();
/// Largest growth during one input so far.
std::size_t peak_growth();

}  // namespace myriad::fuzz
