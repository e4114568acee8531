#include "src/base/subprocess.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include "src/base/error.hpp"
#include "src/base/files.hpp"

namespace myriad {

namespace {

constexpr auto k_poll = std::chrono::milliseconds(100);

/// The environment this process was started with: MPI_Init has since added variables to environ.
std::vector<std::string> environment_at_start() {
  std::ifstream in("/proc/self/environ", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\0', begin);
    if (end == std::string::npos) end = text.size();
    std::string assignment = text.substr(begin, end - begin);
    if (!detail::is_mpi_process_variable(assignment)) out.push_back(std::move(assignment));
    begin = end + 1;
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// What posix_spawn is told; a failing call throws.
class SpawnSetup {
 public:
  explicit SpawnSetup(const std::string& log_file) {
    check(::posix_spawn_file_actions_init(&actions_));
    check(::posix_spawnattr_init(&attributes_));
    check(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    if (!log_file.empty()) {
      check(::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log_file.c_str(),
                                               O_WRONLY | O_CREAT | O_APPEND, 0644));
      check(::posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO));
    }
    sigset_t signals;
    sigemptyset(&signals);
    check(::posix_spawnattr_setsigmask(&attributes_, &signals));
    for (const int s : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPIPE}) sigaddset(&signals, s);
    check(::posix_spawnattr_setsigdefault(&attributes_, &signals));
    check(::posix_spawnattr_setpgroup(&attributes_, 0));
    check(::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  static void check(int problem) {
    MYRIAD_VALIDATE(problem == 0, ErrorKind::unavailable, "E1072",
                    "cannot prepare a child process ({}) try again", errno_text(problem));
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

bool detail::is_mpi_process_variable(std::string_view assignment) {
  constexpr std::array k_prefixes = {"OMPI_COMM_WORLD_",
                                     "OMPI_MCA_orte_",
                                     "OMPI_MCA_ess",
                                     "OMPI_MCA_pmix",
                                     "OMPI_APP_CTX",
                                     "OMPI_ARGV",
                                     "OMPI_COMMAND",
                                     "OMPI_FIRST_RANKS",
                                     "OMPI_FILE_LOCATION",
                                     "OMPI_NUM_APP_CTX",
                                     "OMPI_UNIVERSE",
                                     "PMIX_",
                                     "PMI_"};
  return std::any_of(k_prefixes.begin(), k_prefixes.end(),
                     [&](const char* prefix) { return assignment.starts_with(prefix); });
}

ChildEnd run_child(const std::vector<std::string>& arguments, const ChildOptions& options) {
  MYRIAD_EXPECT(!arguments.empty());
  const SpawnSetup setup(options.log_file.string());
  std::vector<std::string> argument_texts = arguments;
  std::vector<std::string> environment_texts = environment_at_start();
  const std::vector<char*> argv = pointers(argument_texts);
  const std::vector<char*> envp = pointers(environment_texts);
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, arguments[0].c_str(), setup.actions(),
                                     setup.attributes(), argv.data(), envp.data());
  MYRIAD_VALIDATE(problem == 0, ErrorKind::unavailable, "E1072",
                  "cannot start {} ({}) check that it is installed and in PATH", arguments[0],
                  errno_text(problem));

  const auto begin = std::chrono::steady_clock::now();
  ChildEnd end;
  int status = 0;
  while (true) {
    const pid_t waited = ::waitpid(child, &status, WNOHANG);
    if (waited == child) break;
    MYRIAD_VALIDATE(waited == 0 || errno == EINTR, ErrorKind::unavailable, "E1072",
                    "lost the child process {} ({}) try again", arguments[0], errno_text(errno));
    if (!end.stop_sent && options.stop && options.stop()) {
      end.stop_sent = true;
      ::kill(child, SIGUSR1);
    }
    if (options.time_out && !end.timed_out &&
        std::chrono::steady_clock::now() - begin >=
            std::chrono::seconds(options.time_out->seconds)) {
      end.timed_out = true;
      ::kill(-child, SIGKILL);
    }
    std::this_thread::sleep_for(k_poll);
  }
  if (WIFSIGNALED(status)) {
    end.signal = WTERMSIG(status);
  } else {
    end.code = WEXITSTATUS(status);
  }
  return end;
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace myriad
