#include "src/base/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "src/base/file_wait.hpp"
#include "src/base/files.hpp"

namespace myriad::detail {

void throw_system_error(std::string_view what, const std::filesystem::path& path, int error_number,
                        std::string_view id) {
  const ErrorKind kind = error_kind_of_errno(error_number);
  const char* hint = "check the file system";
  if (kind == ErrorKind::permission) hint = "check owner and mode of the file and its directories";
  if (kind == ErrorKind::input_missing) hint = "check the spelling, or wait until it is there";
  if (kind == ErrorKind::cannot_create) hint = "check the path";
  if (error_number == ENOSPC || error_number == EDQUOT)
    hint = "free space or quota, then run again";
  throw Error(
      kind, id,
      fmt::format("cannot {} {} ({}); {}", what, path.string(), errno_text(error_number), hint));
}

int open_waiting(const std::filesystem::path& path, int flags, unsigned mode) {
  const FileWait wait(FileAction::open, path);
  return ::open(path.c_str(), flags, mode);
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

std::size_t FileDescriptor::read_some(std::span<std::byte> buffer) const {
  const FileWait wait(FileAction::read, path_);
  while (true) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw_system_error("read", path_, errno, "E1055");
  }
}

void FileDescriptor::write_all(std::span<const std::byte> data) const {
  const FileWait wait(FileAction::write, path_);
  while (!data.empty()) {
    const ssize_t count = ::write(descriptor_, data.data(), data.size());
    if (count >= 0) {
      data = data.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw_system_error("write", path_, errno, "E1053");
    }
  }
}

void FileDescriptor::sync() const {
  const FileWait wait(FileAction::sync, path_);
  if (::fsync(descriptor_) != 0) throw_system_error("sync", path_, errno, "E1053");
}

void FileDescriptor::close() {
  const FileWait wait(FileAction::close, path_);
  // Not retried on EINTR: Linux has released the descriptor by then.
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) {
    throw_system_error("close", path_, errno, "E1053");
  }
}

FileDescriptor open_for_reading(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer; it is refused below.
  const int descriptor = open_waiting(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw_system_error("open", path, errno, "E1054");
  FileDescriptor file(descriptor, path);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw_system_error("examine", path, errno, "E1055");
  MYRIAD_VALIDATE(S_ISREG(status.st_mode), ErrorKind::input_corrupt, "E1055",
                  "cannot read {} (it is not a regular file); give a file", path.string());
  return file;
}

void sync_directory_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  const std::filesystem::path directory = parent.empty() ? "." : parent;
  const FileWait wait(FileAction::sync, directory);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw_system_error("open directory", directory, errno, "E1053");
  const FileDescriptor owner(descriptor, directory);
  // Some file systems have nothing to sync in a directory and say EINVAL.
  if (::fsync(descriptor) != 0 && errno != EINVAL) {
    throw_system_error("sync directory", directory, errno, "E1053");
  }
}

}  // namespace myriad::detail
