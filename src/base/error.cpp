#include "src/base/error.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace myriad {

namespace {

constexpr double k_gibibyte = 1024.0 * 1024.0 * 1024.0;

/// Start of a small file of /proc; empty when unreadable.
std::array<char, 512> proc_text(const char* path) {
  std::array<char, 512> text{};
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return text;
  if (::read(descriptor, text.data(), text.size() - 1) < 0) text[0] = '\0';
  ::close(descriptor);
  return text;
}

double resident_bytes() {
  const std::array<char, 512> text = proc_text("/proc/self/statm");
  long long pages = 0;
  if (std::sscanf(text.data(), "%*d %lld", &pages) != 1) return 0.0;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double available_bytes() {
  const std::array<char, 512> text = proc_text("/proc/meminfo");
  const char* line = std::strstr(text.data(), "MemAvailable:");
  return line == nullptr ? 0.0 : 1024.0 * static_cast<double>(std::strtoll(line + 13, nullptr, 10));
}

}  // namespace

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 64;
    case ErrorKind::input_corrupt:
      return 65;
    case ErrorKind::input_missing:
      return 66;
    case ErrorKind::unavailable:
      return 69;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::resources:
      return 71;
    case ErrorKind::cannot_create:
      return 73;
    case ErrorKind::io:
      return 74;
    case ErrorKind::stopped_early:
      return 75;
    case ErrorKind::quality:
      return 76;
    case ErrorKind::permission:
      return 77;
    case ErrorKind::config_invalid:
      return 78;
  }
  return 70;
}

MemorySentence::MemorySentence(const std::bad_alloc& error, int rank) noexcept {
  std::array<char, 64> request{};
  if (const auto* known = dynamic_cast<const OutOfMemory*>(&error)) {
    std::snprintf(request.data(), request.size(), "%lld bytes of an array were refused; ",
                  static_cast<long long>(known->bytes()));
  }
  std::array<char, 64> limit{};
  struct rlimit address_space {};
  if (::getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY) {
    std::snprintf(limit.data(), limit.size(), ", a limit (ulimit -v) of %.2f GiB is set",
                  static_cast<double>(address_space.rlim_cur) / k_gibibyte);
  }
  std::array<char, 24> place{};
  if (rank >= 0) std::snprintf(place.data(), place.size(), " on rank %d", rank);
  std::snprintf(text_.data(), text_.size(),
                "out of memory%s (%sthis process holds %.2f GiB, the machine has %.2f GiB left%s); use a smaller block, "
                "tile or batch, fewer ranks per node, or a machine with more memory, then give the same command again",
                place.data(), request.data(), resident_bytes() / k_gibibyte, available_bytes() / k_gibibyte, limit.data());
}

void write_bare_error(std::string_view id, std::string_view text) noexcept {
  const auto part = [](std::string_view words) {
    return iovec{const_cast<char*>(words.data()), words.size()};
  };
  const std::array<iovec, 5> parts = {part("error "), part(id), part(": "), part(text), part("\n")};
  // Whether anybody reads it cannot be helped.
  static_cast<void>(::writev(STDERR_FILENO, parts.data(), static_cast<int>(parts.size())) < 0);
}

bool is_lack_of_resources(const std::system_error& error) noexcept {
  return error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
}

namespace detail {
void contract_failed(const char* what, const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s violated: %s\n", file, line, what, expression);
  std::abort();
}
}  // namespace detail

}  // namespace myriad
