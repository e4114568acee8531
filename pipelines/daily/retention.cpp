#include "pipelines/daily/retention.hpp"

#include <unistd.h>

#include <cerrno>
#include <set>

#include "src/base/files.hpp"
#include "src/base/log.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

namespace {

/// The file with the digest that members and products have beside them: deleted when it holds just
/// that digest.
void remove_sidecar(const fs::path& file, const std::string& sha256) {
  const fs::path sidecar = file.string() + ".sha256";
  std::error_code problem;
  if (sha256.empty() || !fs::is_regular_file(fs::symlink_status(sidecar, problem))) return;
  if (fs::file_size(sidecar, problem) > 4096 || problem) return;
  if (read_text_file(sidecar) == sha256 + "  " + file.filename().string() + "\n")
    ::unlink(sidecar.c_str());
}

}  // namespace

Pruned prune_run(const fs::path& run_directory,
                 const std::function<bool(const ManifestFile&)>& chosen) {
  Pruned pruned;
  if (!fs::exists(run_directory / "run.manifest")) return pruned;
  Manifest manifest(run_directory);
  std::set<fs::path> folders;
  const std::vector<ManifestFile> listed = manifest.files();
  for (const ManifestFile& file : listed) {
    if (!chosen(file)) continue;
    const fs::path path = path_inside(run_directory, file.path);
    std::error_code problem;
    const fs::file_status status = fs::symlink_status(path, problem);
    if (!fs::exists(status)) {
      // Deleted by a run that was killed before it could say so, or by somebody else.
      manifest.add_removed(file.path, "it was not there any more");
      continue;
    }
    if (!fs::is_regular_file(status) || fs::file_size(path, problem) != file.bytes) {
      log_warning("daily", "E2682",
                  "{} is not the file that the manifest names (another size or kind) it is kept",
                  path.string());
      continue;
    }
    if (::unlink(path.c_str()) != 0) {
      const int reason = errno;
      throw Error(
          error_kind_of_errno(reason) == ErrorKind::permission ? ErrorKind::permission
                                                               : ErrorKind::io,
          "E2683",
          fmt::format("cannot delete {} ({}) check the permissions of the suite's directory",
                      path.string(), errno_text(reason)));
    }
    manifest.add_removed(file.path, "retention");
    remove_sidecar(path, file.sha256);
    ++pruned.files;
    pruned.bytes += file.bytes;
    folders.insert(path.parent_path());
  }
  for (const fs::path& folder : folders) {
    if (folder != run_directory)
      ::rmdir(folder.c_str());  // fails unless empty, which is what is wanted
  }
  return pruned;
}

}  // namespace myriad::pipelines
