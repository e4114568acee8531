#include "src/base/random_access_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "src/base/file_wait.hpp"

namespace myriad {

namespace {

detail::FileDescriptor open_file(const std::filesystem::path& path, RandomAccessFile::Open open) {
  const int create = open == RandomAccessFile::Open::create ? O_CREAT : 0;
  const int descriptor = detail::open_waiting(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | create, 0644);
  if (descriptor < 0) detail::throw_system_error("open", path, errno, "E1051");
  return {descriptor, path};
}

}  // namespace

RandomAccessFile::RandomAccessFile(const std::filesystem::path& path, Open open)
    : file_(open_file(path, open)) {}

std::uint64_t RandomAccessFile::size() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) {
    detail::throw_system_error("examine", file_.path(), errno, "E1055");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

void RandomAccessFile::resize(std::uint64_t bytes) const {
  const FileWait wait(FileAction::resize, file_.path());
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) {
    detail::throw_system_error("resize", file_.path(), errno, "E1053");
  }
}

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  const FileWait wait(FileAction::read, file_.path());
  while (!out.empty()) {
    const ssize_t count = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      detail::throw_system_error("read", file_.path(), count < 0 ? errno : EIO, "E1055");
    }
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void RandomAccessFile::write(std::uint64_t offset, std::span<const std::byte> data) const {
  const FileWait wait(FileAction::write, file_.path());
  while (!data.empty()) {
    const ssize_t count =
        ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      detail::throw_system_error("write", file_.path(), errno, "E1053");
    }
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void RandomAccessFile::discard(std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes == 0) return;
  const FileWait wait(FileAction::resize, file_.path());
  // A file system without holes keeps the bytes; that is only a matter of space.
  static_cast<void>(::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(offset), static_cast<off_t>(bytes)));
}

std::uint64_t RandomAccessFile::allocated() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) {
    detail::throw_system_error("examine", file_.path(), errno, "E1055");
  }
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace myriad
