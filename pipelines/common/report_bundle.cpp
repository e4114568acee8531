#include "pipelines/common/report_bundle.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

#include "src/base/build_info.hpp"
#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

namespace {

ReportFacts& facts() {
  static ReportFacts* const instance = new ReportFacts;  // outlives everything
  return *instance;
}

void write_part(const fs::path& file, std::string_view text) {
  if (!text.empty()) publish_text(file, text, Existing::replace, Durability::rename_only);
}

std::string versions_text() {
  const BuildInfo& info = build_info();
  Json json;
  json.set("version", info.version);
  json.set("git_describe", info.git_describe);
  json.set("compiler", info.compiler);
  json.set("build_type", info.build_type);
  json.set("architecture", info.architecture);
  for (const auto& [name, version] : info.libraries) json.set(name, version);
  return to_json_text(json, JsonStyle::indented) + "\n";
}

/// Sanitizers report crashes themselves, and better.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool k_sanitized = true;
#else
constexpr bool k_sanitized = false;
#endif
constexpr int k_most_frames = 64;
volatile std::sig_atomic_t crashing = 0;

void leave(int /*signal*/) {
  ::_exit(70);
}

void say(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void on_crash(int signal) {
  if (crashing != 0) ::_exit(70);
  crashing = 1;
  say("error ");
  say("E2699");
  say(": the program crashed (signal ");
  const std::array<char, 3> digits = {static_cast<char>('0' + signal / 10),
                                      static_cast<char>('0' + signal % 10), '\0'};
  say(digits.data());
  say("); this is a bug, please report it with the lines that follow\n");
  std::array<void*, k_most_frames> frames{};
  const int count = ::backtrace(frames.data(), k_most_frames);
  ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  // From here on nothing is safe in a signal handler any more: a second crash or five seconds end
  // it.
  std::signal(SIGALRM, leave);
  ::alarm(5);
  const fs::path bundle =
      write_report_bundle("crash by signal " + std::string(digits.data()), stack_text());
  if (!bundle.empty()) {
    say("report bundle: ");
    say(bundle.c_str());
    say("\n");
  }
  ::_exit(70);
}

std::terminate_handler terminate_before = nullptr;

/// An exception that nobody may catch (it left a destructor, a function that must not throw, a thread). A lack of memory is
/// told as such; anything else is a crash.
[[noreturn]] void on_terminate() {
  if (const std::exception_ptr error = std::current_exception()) {
    try {
      std::rethrow_exception(error);
    } catch (const std::bad_alloc& refused) {
      const MemorySentence sentence(refused, facts().rank > 0 ? facts().rank : -1);
      write_bare_error("E2697", sentence.text());
      ::_exit(exit_code(ErrorKind::resources));
    } catch (...) {
    }
  }
  if (terminate_before != nullptr) terminate_before();
  std::abort();
}

/// HDF5 calls exit(-1) where a table of its own cannot grow; none of our exit codes may become 255.
void on_library_exit(int status, void* /*unused*/) {
  constexpr int k_exit_of_hdf5 = 255;
  if ((status & 0xFF) != k_exit_of_hdf5) return;
  write_bare_error("E2695",
                   "a library ended the program (HDF5 does so when memory runs out); use a smaller block or a machine with "
                   "more memory, then give the same command again");
  ::_exit(exit_code(ErrorKind::resources));
}

}  // namespace

void set_report_facts(ReportFacts new_facts) {
  facts() = std::move(new_facts);
}

std::string stack_text() {
  std::array<void*, k_most_frames> frames{};
  const int count = ::backtrace(frames.data(), k_most_frames);
  const std::unique_ptr<char*, void (*)(void*)> symbols(::backtrace_symbols(frames.data(), count),
                                                        std::free);
  std::string text;
  for (int i = 0; symbols != nullptr && i < count; ++i)
    text += std::string(symbols.get()[i]) + "\n";
  return text;
}

fs::path write_report_bundle(std::string_view failure, std::string_view stack) noexcept {
  try {
    const ReportFacts& f = facts();
    const std::string name =
        f.rank == 0 ? "report-" + f.run_id : fmt::format("report-{}-rank{}", f.run_id, f.rank);
    const fs::path bundle = f.directory / name;
    make_directory(bundle);
    write_part(bundle / "failure.txt",
               fmt::format("verb {} on rank {}: {}\n", f.verb, f.rank, failure));
    write_part(bundle / "stack.txt", stack);
    write_part(bundle / "config.txt", f.config);
    write_part(bundle / "versions.json", versions_text());
    std::string tail;
    for (const std::string& line : log_tail()) tail += line + "\n";
    write_part(bundle / "log-tail.txt", tail);
    const fs::path manifest = f.directory / "run.manifest";
    std::error_code ignored;
    if (fs::is_regular_file(manifest, ignored))
      write_part(bundle / "run.manifest", read_text_file(manifest));
    return bundle;
  } catch (...) {
    return {};
  }
}

void install_crash_handler() {
  terminate_before = std::set_terminate(on_terminate);
  if (k_sanitized) return;
  ::on_exit(on_library_exit, nullptr);
  std::array<void*, 1> frame{};
  ::backtrace(frame.data(), 1);  // loads the unwinder now: it allocates, which a handler must not
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction action {};
    action.sa_handler = on_crash;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_NODEFER;
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace myriad::pipelines
