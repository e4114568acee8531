#pragma once
/// \file
/// An owned file descriptor whose calls are checked. For the implementation of src/base only.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "src/base/error.hpp"

namespace myriad::detail {

/// Throw the Error of a failed system call: "cannot <what> <path> (<reason>) <hint by kind>".
[[noreturn]] void throw_system_error(std::string_view what, const std::filesystem::path& path,
                                     int error_number, std::string_view id);

/// open(2) with a FileWait around it. Returns what open returns, errno set.
int open_waiting(const std::filesystem::path& path, int flags, unsigned mode = 0);

/// Closed on destruction (errors of that close are lost; call close() where they matter).
class FileDescriptor {
 public:
  FileDescriptor(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&&) = delete;

  int get() const { return descriptor_; }
  const std::filesystem::path& path() const { return path_; }
  /// Bytes read, 0 at the end. Errors: io (E1055).
  std::size_t read_some(std::span<std::byte> buffer) const;
  /// Errors: io (E1053).
  void write_all(std::span<const std::byte> data) const;
  void sync() const;
  void close();
  /// Give up ownership.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

/// Errors: input_missing (E1054), permission, io; input_corrupt (E1055) for anything but a regular
/// file.
FileDescriptor open_for_reading(const std::filesystem::path& path);

/// fsync of the directory that holds \p path, so that a rename survives a crash.
void sync_directory_of(const std::filesystem::path& path);

}  // namespace myriad::detail
