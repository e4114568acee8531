#pragma once
/// \file
/// A scratch file that is written and read at any offset.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "src/base/file_descriptor.hpp"

namespace myriad {

/// Several processes may use the same file as long as nobody reads what another is writing. Safe to share between threads.
/// What is written survives the death of the process; only sync() protects it from the death of the machine.
class RandomAccessFile {
 public:
  enum class Open : std::uint8_t {
    create,    ///< made when it is not there; kept as it is otherwise
    existing,  ///< must be there
  };
  /// Errors: ErrorKind::cannot_create, permission, io (E1051); symbolic links are refused.
  RandomAccessFile(const std::filesystem::path& path, Open open);

  std::uint64_t size() const;
  /// Parts that were never written read as zero and take no space. Errors: io (E1053).
  void resize(std::uint64_t bytes) const;
  /// Errors: io (E1055), also past the end.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  /// Errors: io (E1053).
  void write(std::uint64_t offset, std::span<const std::byte> data) const;
  /// Give back the space of a part; it reads as zero from now on where the file system can do that, else it stays as it is.
  void discard(std::uint64_t offset, std::uint64_t bytes) const;
  /// Bytes on disk, less than size() for sparse files.
  std::uint64_t allocated() const;
  void sync() const { file_.sync(); }

 private:
  detail::FileDescriptor file_;
};

}  // namespace myriad
