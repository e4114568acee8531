#include "src/base/files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "src/base/file_descriptor.hpp"
#include "src/base/file_wait.hpp"
#include "src/base/hash.hpp"
#include "src/base/process.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_temporary_prefix = ".tmp.";

/// Host name in letters that are safe inside a file name and hold no '.', which separates the
/// fields.
std::string host_label() {
  std::string label = host_name();
  for (char& c : label) {
    const bool safe =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!safe) c = '_';
  }
  return label;
}

fs::path temporary_path(const fs::path& final_path) {
  static std::atomic<unsigned> counter{0};
  constexpr std::size_t longest_name = 255;
  const std::string stem =
      fmt::format("{}{}.{}.{}.", k_temporary_prefix, host_label(), ::getpid(), counter++);
  std::string name = final_path.filename().string();
  // Keep the end: libraries look at the extension.
  if (stem.size() + name.size() > longest_name)
    name = name.substr(name.size() - (longest_name - stem.size()));
  return final_path.parent_path() / (stem + name);
}

/// Rename that never replaces. Returns 0 or errno.
int rename_without_replacing(const fs::path& from, const fs::path& to) {
  if (::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system has no such rename (NFS): a hard link does not replace either.
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  ::unlink(from.c_str());
  return 0;
}

}  // namespace

ErrorKind error_kind_of_errno(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::permission;
    case ENOENT:
      return ErrorKind::input_missing;
    case EEXIST:
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:
      return ErrorKind::cannot_create;
    default:
      return ErrorKind::io;
  }
}

std::string errno_text(int error_number) {
  const char* description = ::strerrordesc_np(error_number);
  const char* name = ::strerrorname_np(error_number);
  if (description == nullptr || name == nullptr)
    return fmt::format("error number {}", error_number);
  return fmt::format("{}, {}", description, name);
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "unknown";
  return buffer.data();
}

void check_output(const fs::path& path, Existing existing) {
  MYRIAD_VALIDATE(!path.filename().empty() && path.filename() != "." && path.filename() != "..",
                  ErrorKind::cannot_create, "E1051",
                  "cannot write '{}' (it names no file); give a file name", path.string());
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    detail::throw_system_error("write", path, errno, "E1051");
  }
  MYRIAD_VALIDATE(S_ISREG(status.st_mode), ErrorKind::cannot_create, "E1051",
                  "cannot write {} (a {} of that name is there and is never followed or replaced); "
                  "choose another name",
                  path.string(),
                  S_ISLNK(status.st_mode)   ? "symbolic link"
                  : S_ISDIR(status.st_mode) ? "directory"
                                            : "special file");
  MYRIAD_VALIDATE(existing == Existing::replace, ErrorKind::cannot_create, "E1050",
                  "cannot write {} (it exists already); choose another place or give --overwrite",
                  path.string());
}

void make_directory(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) {
    const ErrorKind kind = error_kind_of_errno(problem.value());
    throw Error(
        kind == ErrorKind::permission || kind == ErrorKind::io ? kind : ErrorKind::cannot_create,
        "E1052",
        fmt::format("cannot make directory {} ({}); check the path and its permissions",
                    path.string(), errno_text(problem.value())));
  }
  MYRIAD_VALIDATE(fs::is_directory(path), ErrorKind::cannot_create, "E1052",
                  "cannot make directory {} (a file of that name is there); choose another place",
                  path.string());
}

AtomicFile::AtomicFile(fs::path final_path, Existing existing)
    : final_(std::move(final_path)), existing_(existing) {
  check_output(final_, existing_);
  temporary_ = temporary_path(final_);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit(Durability durability) {
  MYRIAD_EXPECT(!committed_);
  if (durability == Durability::synced) {
    const int descriptor = detail::open_waiting(temporary_, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) detail::throw_system_error("publish", final_, errno, "E1053");
    detail::FileDescriptor file(descriptor, temporary_);
    file.sync();
    file.close();
  }
  int problem = 0;
  if (existing_ == Existing::replace) {
    check_output(final_, existing_);
    const FileWait wait(FileAction::rename, final_);
    problem = ::rename(temporary_.c_str(), final_.c_str()) == 0 ? 0 : errno;
  } else {
    {
      const FileWait wait(FileAction::rename, final_);
      problem = rename_without_replacing(temporary_, final_);
    }
    MYRIAD_VALIDATE(
        problem != EEXIST, ErrorKind::cannot_create, "E1050",
        "cannot write {} (it appeared while this run was writing it); is another run active?",
        final_.string());
  }
  if (problem != 0) detail::throw_system_error("publish", final_, problem, "E1053");
  committed_ = true;
  if (durability == Durability::synced) detail::sync_directory_of(final_);
}

void publish_bytes(const fs::path& path, std::span<const std::byte> content, Existing existing,
                   Durability durability) {
  AtomicFile output(path, existing);
  const int descriptor = detail::open_waiting(
      output.temporary(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) {
    const int problem =
        errno == ENOENT ? ENOTDIR : errno;  // the directory is missing, not an input
    detail::throw_system_error("write", path, problem, "E1051");
  }
  detail::FileDescriptor file(descriptor, path);
  file.write_all(content);
  file.close();
  output.commit(durability);
}

void publish_text(const fs::path& path, std::string_view content, Existing existing,
                  Durability durability) {
  publish_bytes(path, bytes_of(content), existing, durability);
}

std::size_t remove_stale_temporaries(const fs::path& directory) {
  const std::string mine = std::string(k_temporary_prefix) + host_label() + ".";
  std::vector<fs::path> stale;
  std::error_code problem;
  const FileWait wait(FileAction::list, directory);
  for (fs::recursive_directory_iterator it(directory, problem), end; !problem && it != end;
       it.increment(problem)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(mine)) continue;
    char* rest = nullptr;
    const long pid = std::strtol(name.c_str() + mine.size(), &rest, 10);
    if (pid <= 0 || *rest != '.' || detail::process_runs(pid)) continue;
    stale.push_back(it->path());
  }
  if (problem && problem.value() != ENOENT) {
    detail::throw_system_error("list", directory, problem.value(), "E1055");
  }
  return static_cast<std::size_t>(
      std::count_if(stale.begin(), stale.end(),
                    [](const fs::path& path) { return ::unlink(path.c_str()) == 0; }));
}

namespace {
template <class Container>
Container read_file(const fs::path& path, std::size_t max_bytes) {
  const detail::FileDescriptor file = detail::open_for_reading(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    detail::throw_system_error("examine", path, errno, "E1055");
  const auto size = static_cast<std::size_t>(status.st_size);
  const auto check = [&](std::size_t bytes) {
    MYRIAD_VALIDATE(bytes <= max_bytes, ErrorKind::input_corrupt, "E1056",
                    "{} is too large ({} bytes or more, the limit for this kind of file is {}); "
                    "check which file was "
                    "given",
                    path.string(), bytes, max_bytes);
  };
  check(size);
  Container content(size, {});
  std::size_t filled = 0;
  while (true) {
    if (filled == content.size()) {
      // One more byte shows whether the file has grown since it was examined.
      std::byte extra{};
      if (file.read_some(std::span<std::byte>(&extra, 1)) == 0) break;
      check(filled + 1);
      content.push_back(static_cast<typename Container::value_type>(extra));
      ++filled;
      continue;
    }
    const auto rest = std::as_writable_bytes(std::span(content)).subspan(filled);
    const std::size_t count = file.read_some(rest);
    if (count == 0) break;
    filled += count;
  }
  content.resize(filled);
  return content;
}
}  // namespace

std::string read_text_file(const fs::path& path, std::size_t max_bytes) {
  return read_file<std::string>(path, max_bytes);
}

std::vector<std::byte> read_binary_file(const fs::path& path, std::size_t max_bytes) {
  return read_file<std::vector<std::byte>>(path, max_bytes);
}

std::string write_sha256_sidecar(const fs::path& file, Existing existing) {
  const std::string digest = sha256_file(file);
  const std::string name = file.filename().string();
  MYRIAD_VALIDATE(name.find_first_of("\\\n") == std::string::npos, ErrorKind::cannot_create,
                  "E1051",
                  "cannot write a check-sum file for '{}' (backslash or line break in the name); "
                  "choose another name",
                  name);
  publish_text(file.string() + ".sha256", fmt::format("{}  {}\n", digest, name), existing);
  return digest;
}

void verify_sha256_sidecar(const fs::path& file) {
  const std::string text = read_text_file(file.string() + ".sha256", 8192);
  const std::string expected = fmt::format("{}  {}\n", sha256_file(file), file.filename().string());
  MYRIAD_VALIDATE(text == expected, ErrorKind::input_corrupt, "E1057",
                  "{} does not match its .sha256 file (one of the two was changed or damaged); "
                  "fetch both again",
                  file.string());
}

std::uint64_t free_space(const fs::path& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) {
    detail::throw_system_error("examine the file system of", directory, errno, "E1055");
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

fs::path published_path(const fs::path& temporary) {
  const std::string name = temporary.filename().string();
  if (!name.starts_with(k_temporary_prefix)) return temporary;
  std::size_t at = k_temporary_prefix.size() - 1;
  for (int field = 0; field < 3 && at != std::string::npos; ++field) at = name.find('.', at + 1);
  return at == std::string::npos ? temporary : temporary.parent_path() / name.substr(at + 1);
}

fs::path path_inside(const fs::path& root, std::string_view relative) {
  const auto refuse = [&](const char* reason) {
    std::string shown(relative.substr(0, 200));
    std::replace(shown.begin(), shown.end(), '\0', '?');
    throw Error(ErrorKind::input_corrupt, "E1058",
                fmt::format("path '{}' is refused ({}); it must stay inside {}", shown, reason,
                            root.string()));
  };
  if (relative.empty()) refuse("it is empty");
  if (relative.size() > 4096) refuse("it is longer than 4096 bytes");
  if (relative.find('\0') != std::string_view::npos) refuse("it holds a NUL byte");
  const fs::path part(relative);
  if (part.is_absolute()) refuse("it is absolute");
  for (const fs::path& component : part) {
    if (component == "..") refuse("it holds '..'");
    if (component.string().size() > 255) refuse("a component is longer than 255 bytes");
  }
  std::error_code problem;
  const fs::path base = fs::weakly_canonical(root, problem);
  if (problem) detail::throw_system_error("resolve", root, problem.value(), "E1058");
  const fs::path resolved = fs::weakly_canonical(base / part, problem);
  if (problem) detail::throw_system_error("resolve", root / part, problem.value(), "E1058");
  const auto [root_end, rest] =
      std::mismatch(base.begin(), base.end(), resolved.begin(), resolved.end());
  if (root_end != base.end() && !root_end->empty()) refuse("a symbolic link leads out of the root");
  return root / part;
}

fs::path expand_home(std::string_view path) {
  if (!path.starts_with("~/") && path != "~") return path;
  const char* home = std::getenv("HOME");
  MYRIAD_VALIDATE(home != nullptr && *home != '\0', ErrorKind::config_invalid, "E1015",
                  "cannot expand '{}' (HOME is not set); write the full path", path);
  return fs::path(home) / path.substr(std::min<std::size_t>(2, path.size()));
}

}  // namespace myriad
