#pragma once
/// \file
/// Other programs, started from an argument vector. No shell ever sees a configured value.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/time.hpp"

namespace myriad {

struct ChildOptions {
  /// stdout and stderr are appended here; empty: stdout and stderr of this process.
  std::filesystem::path log_file;
  /// Asked ten times a second; once true the child gets SIGUSR1, the request to stop in an
  /// orderly way (mpirun and scripts/launch.sh pass it on).
  std::function<bool()> stop;
  /// The child is killed after this long. Nothing: no limit.
  std::optional<Duration> time_out;
};

/// How a child ended.
struct ChildEnd {
  int code = 0;    ///< exit status; meaningless when signal is not 0
  int signal = 0;  ///< signal that ended it
  bool timed_out = false;
  bool stop_sent = false;

  bool good() const { return code == 0 && signal == 0; }
};

/// Run a program and wait for its end.
///
/// \param arguments program (looked for in PATH unless it holds a '/') and its arguments
/// The child gets /dev/null as stdin, a process group of its own (Ctrl-C at a terminal reaches this
/// process only) and the environment this process was started with, less what an MPI launcher or
/// library put there, so that it may itself be an MPI launcher. *Errors* ErrorKind::unavailable
/// E1072 when the program cannot be started.
ChildEnd run_child(const std::vector<std::string>& arguments, const ChildOptions& options = {});

/// Absolute path of the running program.
std::filesystem::path own_program();

namespace detail {
/// Whether an environment variable belongs to one MPI process and must not reach its children.
bool is_mpi_process_variable(std::string_view assignment);
}  // namespace detail

}  // namespace myriad
