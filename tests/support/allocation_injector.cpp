// A library for LD_PRELOAD that makes the n-th allocation of memory fail. Only what is asked for
// while main() runs counts: what the loader and static initialisers ask for belongs to the system.
//
//   MYRIAD_ALLOCATION         <kind>:<n>[+][:<least>]; kind is new (operator new: C++ code) or
//   malloc (everything else); the
//                             n-th request of at least <least> bytes fails once, with +: it and all
//                             later ones
//   MYRIAD_ALLOCATION_RANK    only in the process with this rank of Open MPI
//   MYRIAD_ALLOCATION_COUNTS  when main() is left, append "new=.. malloc=.." to this file: requests
//   of at least
//                             MYRIAD_ALLOCATION_LEAST bytes (0 when not given)
//   MYRIAD_ALLOCATION_TRACE   append the stack of the first failure to this file
#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dlfcn.h>

// The functions behind malloc and its kin: glibc exports them, so that none has to be looked up by
// a function that allocates itself.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

enum Kind { k_new, k_malloc, k_kinds };

struct Fault {
  int kind = -1;
  long number = 0;
  bool lasting = false;
  std::size_t least = 0;
  const char* trace = nullptr;
};

Fault fault;
std::atomic<bool> counting{false};
std::array<std::atomic<long>, k_kinds> counts{};
thread_local bool inside __attribute__((tls_model("initial-exec"))) = false;

[[noreturn]] void misspelt(const char* text) {
  // A spelling mistake must not make a test that tests nothing.
  std::fprintf(stderr, "allocation_injector: cannot understand '%s'\n", text);
  std::_Exit(99);
}

void read_environment() {
  if (const char* least = std::getenv("MYRIAD_ALLOCATION_LEAST"))
    fault.least = std::strtoul(least, nullptr, 10);
  fault.trace = std::getenv("MYRIAD_ALLOCATION_TRACE");
  const char* value = std::getenv("MYRIAD_ALLOCATION");
  if (value == nullptr) return;
  const char* rank = std::getenv("MYRIAD_ALLOCATION_RANK");
  const char* mine = std::getenv("OMPI_COMM_WORLD_RANK");
  if (rank != nullptr && (mine == nullptr || std::strcmp(rank, mine) != 0)) return;
  const char* rest = std::strchr(value, ':');
  if (rest == nullptr) misspelt(value);
  const auto length = static_cast<std::size_t>(rest - value);
  const int kind = std::strncmp(value, "new", length) == 0      ? k_new
                   : std::strncmp(value, "malloc", length) == 0 ? k_malloc
                                                                : -1;
  char* end = nullptr;
  fault.number = std::strtol(rest + 1, &end, 10);
  if (*end == '+') {
    fault.lasting = true;
    ++end;
  }
  if (*end == ':') fault.least = std::strtoul(end + 1, &end, 10);
  if (kind < 0 || fault.number < 1 || *end != '\0') misspelt(value);
  fault.kind = kind;
}

void write_trace() {
  const int out = ::open(fault.trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (out < 0) return;
  std::array<void*, 64> frames;
  ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())),
                         out);
  ::close(out);
}

bool fails(Kind kind, std::size_t bytes) {
  if (!counting.load(std::memory_order_relaxed) || inside || bytes < fault.least) return false;
  const long number = ++counts[kind];
  if (fault.kind != kind || number < fault.number || (number > fault.number && !fault.lasting))
    return false;
  if (number == fault.number && fault.trace != nullptr) {
    inside = true;
    write_trace();
    inside = false;
  }
  errno = ENOMEM;
  return true;
}

void write_counts() {
  const char* file = std::getenv("MYRIAD_ALLOCATION_COUNTS");
  if (file == nullptr) return;
  if (FILE* out = std::fopen(file, "a")) {
    std::fprintf(out, "new=%ld malloc=%ld\n", counts[k_new].load(), counts[k_malloc].load());
    std::fclose(out);
  }
}

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  read_environment();
  counting = true;
  const int code = real_main(argc, argv, environment);
  counting = false;
  write_counts();
  return code;
}

void* allocate_new(std::size_t bytes, std::size_t alignment) {
  if (fails(k_new, bytes)) return nullptr;
  if (bytes == 0) bytes = 1;
  return alignment == 0 ? __libc_malloc(bytes) : __libc_memalign(alignment, bytes);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  void* memory = allocate_new(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate_or_throw(bytes, 0);
}
void* operator new[](std::size_t bytes) {
  return allocate_or_throw(bytes, 0);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_new(bytes, 0);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_new(bytes, 0);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate_new(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return allocate_new(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  __libc_free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  __libc_free(memory);
}

extern "C" {

void* malloc(std::size_t bytes) {
  return fails(k_malloc, bytes) ? nullptr : __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) {
  return fails(k_malloc, count * bytes) ? nullptr : __libc_calloc(count, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
  return fails(k_malloc, bytes) ? nullptr : __libc_realloc(memory, bytes);
}

void free(void* memory) {
  __libc_free(memory);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
  return fails(k_malloc, bytes) ? nullptr : __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return fails(k_malloc, bytes) ? nullptr : __libc_memalign(alignment, bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  void* const found = fails(k_malloc, bytes) ? nullptr : __libc_memalign(alignment, bytes);
  if (found == nullptr) return ENOMEM;
  *memory = found;
  return 0;
}

int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  real_main = main;
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

}  // extern "C"
