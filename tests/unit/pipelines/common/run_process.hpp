#pragma once
/// \file
/// Run a program and see what a user or an orchestrator sees: exit code, stdout, stderr.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::test {

struct ProcessResult {
  int code = -1;  ///< 128 + signal when killed by one
  std::string out;
  std::string err;
};

struct ProcessOptions {
  std::string stdout_file;                  ///< empty: captured
  std::filesystem::path working_directory;  ///< empty: a temporary one
  std::vector<std::string> environment;     ///< "NAME=value", added
};

inline ProcessResult run_process(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const ProcessOptions& options = {}) {
  const TemporaryDirectory scratch;
  const std::string out =
      options.stdout_file.empty() ? (scratch / "out").string() : options.stdout_file;
  const std::string err = (scratch / "err").string();
  const std::filesystem::path place =
      options.working_directory.empty() ? scratch.path() : options.working_directory;
  const pid_t child = ::fork();
  if (child == 0) {
    const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out_fd, STDOUT_FILENO);
    ::dup2(err_fd, STDERR_FILENO);
    if (::chdir(place.c_str()) != 0) ::_exit(126);
    for (const std::string& pair : options.environment) {
      const std::size_t equals = pair.find('=');
      ::setenv(pair.substr(0, equals).c_str(), pair.substr(equals + 1).c_str(), 1);
    }
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto content = [](const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  };
  ProcessResult result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (options.stdout_file.empty()) result.out = content(out);
  result.err = content(err);
  return result;
}

}  // namespace myriad::test
