#include "pipelines/bench/bench_peers.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "src/base/error.hpp"
#include "src/base/json.hpp"

extern char** environ;

namespace myriad::pipelines {

namespace {

[[noreturn]] void fail(const std::string& script, const std::string& why) {
  throw Error(ErrorKind::unavailable, "E2643",
              fmt::format("the peer script {} did not give timings ({}) run it by hand to see what it misses", script, why));
}

/// Standard output of a program, run without a shell.
std::string output_of(const std::string& script) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(script, std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string program = "/usr/bin/python3", argument = script;
  std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    fail(script, std::strerror(error));
  }
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t n = read(ends[0], buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(script, fmt::format("status {}", status));
  return text;
}

}  // namespace

std::vector<PeerTiming> run_peer_script(const std::string& script) {
  std::vector<PeerTiming> timings;
  std::istringstream lines(output_of(script));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const Json j = parse_json(line, script);
    timings.push_back({j.at("name").as_string(), j.at("case").as_string(), j.at("median").as_double()});
  }
  if (timings.empty()) fail(script, "no lines");
  return timings;
}

}  // namespace myriad::pipelines
