#include "tests/fuzz/watch.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MYRIAD_FUZZ_OWN_ALLOCATOR 0
#else
#define MYRIAD_FUZZ_OWN_ALLOCATOR 1
#endif

namespace myriad::fuzz {
namespace {

constexpr std::size_t k_spare_bytes = std::size_t{64} << 20;
constexpr time_t k_seconds = MYRIAD_FUZZ_OWN_ALLOCATOR ? 1 : 10;

// Plain globals: they are read inside malloc and inside signal handlers.
std::atomic<std::size_t> g_live{0};
std::atomic<std::size_t> g_limit{0};  // 0: not inside an input
std::atomic<std::size_t> g_peak{0};
std::atomic<bool> g_in_new{false};
ExcessiveRequest g_excessive = ExcessiveRequest::is_a_finding;
std::size_t g_before = 0;
std::size_t g_peak_growth = 0;
const std::uint8_t* g_data = nullptr;
std::size_t g_size = 0;
std::array<char, 128> g_file{};

/// Only calls that are safe in a signal handler.
void say(const char* text) {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text));
}

void save_input() {
  if (g_data == nullptr) return;
  const int file = ::open(g_file.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t ignored = ::write(file, g_data, g_size);
  ::close(file);
  say("input written to ");
  say(g_file.data());
  say("\n");
}

void on_signal(int number) {
  say(number == SIGPROF ? "finding: too much processor time for one input\n" : "finding: crash\n");
  save_input();
  // SIGPROF would not end the process with a core-like status.
  std::signal(number, SIG_DFL);
  ::raise(number == SIGPROF ? SIGABRT : number);
}

void set_timer(time_t seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = seconds;
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

}  // namespace

void start_watching(const char* target, ExcessiveRequest excessive) {
  g_excessive = excessive;
  std::snprintf(g_file.data(), g_file.size(), "finding-%s.bin", target);
  // A stack of its own: the finding may be an exhausted one.
  static std::array<char, 65536> handler_stack;
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF}) {
    ::sigaction(number, &action, nullptr);
  }
}

void begin_input(const std::uint8_t* data, std::size_t size) {
  g_data = data;
  g_size = size;
  g_before = g_live;
  g_peak = g_before;
  g_limit = g_before + 2 * size + k_spare_bytes;
  set_timer(k_seconds);
}

void end_input() {
  set_timer(0);
  g_limit = 0;
  if (g_peak - g_before > g_peak_growth) g_peak_growth = g_peak - g_before;
  g_data = nullptr;
}

std::size_t live_bytes() {
  return g_live;
}
std::size_t peak_growth() {
  return g_peak_growth;
}

#if MYRIAD_FUZZ_OWN_ALLOCATOR
namespace detail {
/// Judges a request before it is served. False: refuse it like a machine without memory.
bool may_allocate(std::size_t bytes) {
  const std::size_t limit = g_limit;
  if (limit == 0 || (bytes <= limit && g_live <= limit - bytes)) return true;
  if (g_excessive == ExcessiveRequest::of_c_libraries_is_refused && !g_in_new) return false;
  g_limit = 0;
  say("finding: more than 2 x input + 64 MiB of memory\n");
  std::abort();
}

void* allocated(void* memory) {
  if (memory == nullptr) return memory;
  const std::size_t live = g_live += ::malloc_usable_size(memory);
  if (live > g_peak) g_peak = live;
  return memory;
}

void about_to_free(void* memory) {
  if (memory != nullptr) g_live -= ::malloc_usable_size(memory);
}
}  // namespace detail
#endif

}  // namespace myriad::fuzz

#if MYRIAD_FUZZ_OWN_ALLOCATOR
// The C allocation functions of the whole process, libraries included. glibc keeps the originals
// under these names.
using myriad::fuzz::detail::about_to_free;
using myriad::fuzz::detail::allocated;
using myriad::fuzz::detail::may_allocate;

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void __libc_free(void* memory);

void* malloc(std::size_t bytes) {
  if (!may_allocate(bytes)) return nullptr;
  return allocated(__libc_malloc(bytes));
}

void* calloc(std::size_t count, std::size_t bytes) {
  std::size_t total = 0;
  if (!may_allocate(__builtin_mul_overflow(count, bytes, &total) ? SIZE_MAX : total))
    return nullptr;
  return allocated(__libc_calloc(count, bytes));
}

void* realloc(void* memory, std::size_t bytes) {
  if (!may_allocate(bytes)) return nullptr;
  const std::size_t before = memory == nullptr ? 0 : malloc_usable_size(memory);
  void* moved = __libc_realloc(memory, bytes);
  if (moved != nullptr || bytes == 0) myriad::fuzz::g_live -= before;
  return allocated(moved);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
  if (!may_allocate(bytes)) return nullptr;
  return allocated(__libc_memalign(alignment, bytes));
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return memalign(alignment, bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  void* made = memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}

void free(void* memory) {
  about_to_free(memory);
  __libc_free(memory);
}
}

// Our own code allocates through new: an excessive request of ours is a finding even where C
// libraries may ask for more.
void* operator new(std::size_t bytes) {
  myriad::fuzz::g_in_new = true;
  void* memory = malloc(bytes);
  myriad::fuzz::g_in_new = false;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  free(memory);
}
#endif
