#pragma once
/// \file
/// Files that are whole or absent: atomic publication, sidecars, locks, checks (reliability: nobody
/// ever reads a half-written file under its final name).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.hpp"

namespace myriad {

/// Kind of a failed system call: ENOSPC, EDQUOT, EIO... -> io; EACCES, EPERM, EROFS -> permission;
/// ENOENT -> input_missing.
ErrorKind error_kind_of_errno(int error_number);
/// "No space left on device (ENOSPC)". Independent of the locale.
std::string errno_text(int error_number);

enum class Existing : std::uint8_t {
  refuse,  ///< error ErrorKind::cannot_create (E1050) when the output is already there
  replace,
};

/// What a crash of the machine may undo.
enum class Durability : std::uint8_t {
  synced,       ///< nothing once the call has returned
  rename_only,  ///< the file may vanish or be old, but is never partial; for files that are
                ///< rewritten all the time
};

/// Whether \p path may become an output. Errors: ErrorKind::cannot_create (E1050 exists, E1051 is a
/// symbolic link or a directory), never follows a symbolic link.
void check_output(const std::filesystem::path& path, Existing existing);

/// Make a directory and its parents (0755). Errors: cannot_create (E1052) or permission.
void make_directory(const std::filesystem::path& path);

/// A file under construction: write to temporary(), then commit(). Destruction without commit
/// removes it.
///
/// The temporary `.tmp.<host>.<pid>.<n>.<name>` lies in the directory of the final file, so that
/// the rename is atomic. commit(): fsync file, rename, fsync directory. Determinism: none of the
/// names enters the content.
class AtomicFile {
 public:
  /// Errors: those of check_output.
  explicit AtomicFile(std::filesystem::path final_path, Existing existing = Existing::refuse);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write. The writer must have closed the file before commit().
  const std::filesystem::path& temporary() const { return temporary_; }
  const std::filesystem::path& final_path() const { return final_; }
  /// Publish. With Existing::refuse a file that appeared meanwhile is not replaced (E1050).
  /// Errors: io (E1053), permission, cannot_create.
  void commit(Durability durability = Durability::synced);

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  Existing existing_;
  bool committed_ = false;
};

/// Write \p content to a new file atomically. Errors: as AtomicFile.
void publish_bytes(const std::filesystem::path& path, std::span<const std::byte> content,
                   Existing existing = Existing::refuse,
                   Durability durability = Durability::synced);
void publish_text(const std::filesystem::path& path, std::string_view content,
                  Existing existing = Existing::refuse, Durability durability = Durability::synced);

/// Remove `.tmp.*` files of this host whose process is gone, in \p directory and the folders below
/// it. Returns how many. Files of other hosts are kept; symbolic links are not followed.
std::size_t remove_stale_temporaries(const std::filesystem::path& directory);

/// Whole content of a regular file. Errors: input_missing (E1054), permission, io (E1055),
/// input_corrupt when larger than \p max_bytes (E1056).
std::string read_text_file(const std::filesystem::path& path,
                           std::size_t max_bytes = std::size_t{64} << 20);
std::vector<std::byte> read_binary_file(const std::filesystem::path& path,
                                        std::size_t max_bytes = std::size_t{4} << 30);

/// Publish `<file>.sha256` ("<hex>  <name>\n", as `sha256sum -c` reads it). Returns the digest.
std::string write_sha256_sidecar(const std::filesystem::path& file,
                                 Existing existing = Existing::replace);
/// Compare \p file with its sidecar. Errors: input_missing when there is none, input_corrupt
/// (E1057) when it differs.
void verify_sha256_sidecar(const std::filesystem::path& file);

/// Bytes a user may still write on the file system of \p directory. Errors: by errno.
std::uint64_t free_space(const std::filesystem::path& directory);

/// \p relative joined to \p root. Errors: ErrorKind::input_corrupt (E1058) when it is absolute,
/// empty, holds NUL or "..", or reaches outside through a symbolic link.
std::filesystem::path path_inside(const std::filesystem::path& root, std::string_view relative);

/// Replace a leading "~/" by the home directory; nothing else is expanded.
std::filesystem::path expand_home(std::string_view path);

/// The name under which a file is published that is written as AtomicFile::temporary(); other paths
/// are returned as they are.
std::filesystem::path published_path(const std::filesystem::path& temporary);

/// The right to be the only run in a directory, held as `run.lock` (host, pid, boot id). Released
/// on destruction.
class RunLock {
 public:
  /// Takes over a lock whose process or boot is gone. Errors: cannot_create (E1059) when another
  /// run is alive (or on another host, where it cannot be checked).
  explicit RunLock(const std::filesystem::path& run_directory);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

/// The process that a `run.lock` names.
struct LockOwner {
  enum class Life : std::uint8_t {
    alive,
    gone,     ///< the process has ended, or the machine was restarted, without releasing the lock
    unknown,  ///< on another host
  };
  std::string host;
  std::int64_t pid = 0;
  Life life = Life::unknown;
};
/// Who holds or held \p run_directory; nothing when there is no lock or a killed process left it
/// half-written. Changes nothing.
std::optional<LockOwner> lock_owner(const std::filesystem::path& run_directory);

std::string host_name();

}  // namespace myriad
