#include "src/base/process.hpp"

#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace myriad::detail {

bool process_runs(long pid) {
  if (pid <= 0) return false;
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM) return false;
  // /proc/<pid>/stat: pid (name) state ...; the name may hold anything, the last ')' ends it.
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return true;  // no /proc, or gone a moment ago: then kill() was right
  const std::size_t end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() || (text[end + 2] != 'Z' && text[end + 2] != 'X');
}

}  // namespace myriad::detail
