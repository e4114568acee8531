#pragma once
/// \file
/// Errors of the library: one exception type whose kind decides the exit code of the program.

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace myriad {

/// What went wrong, in the terms an orchestrator acts on. Each kind has one exit code
/// (docs/exit-codes.md).
enum class ErrorKind {
  usage,           ///< 64: command line wrong
  input_corrupt,   ///< 65: input read but inconsistent or damaged
  input_missing,   ///< 66: input not there (yet)
  unavailable,     ///< 69: device, library or feature not available here
  internal,        ///< 70: a bug of ours
  resources,       ///< 71: the system gave no more memory or threads
  cannot_create,   ///< 73: output cannot be created
  io,              ///< 74: read, write or close failed; disk full
  stopped_early,   ///< 75: stopped on request with a valid checkpoint
  quality,         ///< 76: NaN or out-of-range values produced by the model
  permission,      ///< 77: permission denied
  config_invalid,  ///< 78: configuration wrong
};

/// The exit code of a kind (sysexits numbers; see docs/exit-codes.md).
int exit_code(ErrorKind kind);

/// A place in the source. std::source_location needs a builtin that clang 14, which our fuzzing and clang-tidy use,
/// does not have.
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          unsigned line = __builtin_LINE()) {
    return SourceLocation(file, line);
  }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }

 private:
  constexpr SourceLocation(const char* file, unsigned line) : file_(file), line_(line) {}
  const char* file_;
  unsigned line_;
};

/// A failure caused by the world outside (input, configuration, system).
///
/// The text follows one grammar: problem, in brackets why it is one, then a hint.
class Error : public std::runtime_error {
 public:
  /// \param kind decides the exit code
  /// \param id stable identifier such as "E2041", documented in docs/errors/
  Error(ErrorKind kind, std::string_view id, const std::string& message,
        SourceLocation where = SourceLocation::current())
      : std::runtime_error(message), kind_(kind), id_(id), where_(where) {}

  ErrorKind kind() const { return kind_; }
  const std::string& id() const { return id_; }
  const SourceLocation& where() const { return where_; }

 private:
  ErrorKind kind_;
  std::string id_;
  SourceLocation where_;
};

/// Memory for an array that could not be had. Neither making, throwing nor reading it asks for memory. It is no Error, so
/// nothing that forgives a damaged or missing file forgives this.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::int64_t bytes) noexcept : bytes_(bytes) {}
  const char* what() const noexcept override { return "out of memory"; }
  std::int64_t bytes() const noexcept { return bytes_; }

 private:
  std::int64_t bytes_;
};

/// Sentence about memory that could not be had; asks for none itself.
class MemorySentence {
 public:
  /// \param rank is named unless negative
  MemorySentence(const std::bad_alloc& error, int rank) noexcept;
  std::string_view text() const noexcept { return text_.data(); }

 private:
  std::array<char, 640> text_{};
};

/// "error id: text" on stderr, by one system call and without memory of its own: for when the log cannot work.
void write_bare_error(std::string_view id, std::string_view text) noexcept;

/// Whether the system refused a thread or memory for one (std::thread and std::async throw this).
bool is_lack_of_resources(const std::system_error& error) noexcept;

namespace detail {
[[noreturn]] void contract_failed(const char* what, const char* expression, const char* file,
                                  int line);
}  // namespace detail

}  // namespace myriad

/// Throw myriad::Error{kind, id, formatted message} unless \p condition holds. Always on.
#define MYRIAD_VALIDATE(condition, kind, id, ...)                      \
  do {                                                                 \
    if (!(condition)) {                                                \
      throw ::myriad::Error((kind), (id), ::fmt::format(__VA_ARGS__)); \
    }                                                                  \
  } while (false)

/// Contracts for programmer mistakes: print the place and abort. Cheap ones stay on in every build.
#define MYRIAD_CONTRACT_(what, condition)                                                      \
  do {                                                                                         \
    if (!(condition)) ::myriad::detail::contract_failed(what, #condition, __FILE__, __LINE__); \
  } while (false)
/// Precondition of a function.
#define MYRIAD_EXPECT(condition) MYRIAD_CONTRACT_("precondition", condition)
/// Postcondition of a function.
#define MYRIAD_ENSURE(condition) MYRIAD_CONTRACT_("postcondition", condition)
/// Invariant inside a function; compiled out of release builds.
#ifdef NDEBUG
#define MYRIAD_ASSERT(condition) static_cast<void>(0)
#else
#define MYRIAD_ASSERT(condition) MYRIAD_CONTRACT_("assertion", condition)
#endif
