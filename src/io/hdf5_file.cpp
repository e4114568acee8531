#include "src/io/hdf5_file.hpp"

#include <hdf5.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/io/hdf5_handle.hpp"
#include "src/io/library_lock.hpp"

namespace myriad::io::detail {

namespace {

using Lock = LibraryLock;

constexpr std::int64_t k_allocation_slack = 64LL << 20;
constexpr int k_max_rank = 8;

/// Innermost reason of the library's error stack, without its file names and line numbers.
std::string library_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
        auto& text = *static_cast<std::string*>(data);
        if (text.empty() && error->desc != nullptr) text = error->desc;
        return 0;
      },
      &reason);
  return reason.empty() ? "no reason given" : reason;
}

void check(bool ok, const char* call, const std::string& object, const std::string& path) {
  if (ok) return;
  throw Error(ErrorKind::input_corrupt, "E2002",
              fmt::format("{} of {} in '{}' failed ({}); the file is damaged or not what its "
                          "header says: fetch it again",
                          call, object, path, library_reason()));
}

}  // namespace

Hdf5File Hdf5File::open(const std::string& path) {
  const Lock lock;
  const FileWait wait(FileAction::open, path);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const int reason = errno;
    throw Error(
        reason == EACCES ? ErrorKind::permission : ErrorKind::input_missing, "E2001",
        fmt::format("cannot open '{}' ({}); check the path or wait until the file has arrived",
                    path, std::strerror(reason)));
  }
  Hdf5File file;
  file.path_ = path;
  file.file_bytes_ = info.st_size;
  file.id_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  check(file.id_ >= 0, "H5Fopen", "the file", path);
  return file;
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept {
  *this = std::move(other);
}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(id_, other.id_);
  std::swap(file_bytes_, other.file_bytes_);
  std::swap(dataset_name_, other.dataset_name_);
  std::swap(dataset_id_, other.dataset_id_);
  return *this;
}

Hdf5File::~Hdf5File() {
  const Lock lock;
  if (dataset_id_ >= 0) H5Dclose(dataset_id_);
  if (id_ >= 0) H5Fclose(id_);
}

bool Hdf5File::has_dataset(const std::string& name) const {
  const Lock lock;
  if (H5Lexists(id_, name.c_str(), H5P_DEFAULT) <= 0) return false;
  // Only objects of this very file count: an external link may point anywhere.
  H5L_info_t info{};
  return H5Lget_info(id_, name.c_str(), &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

std::int64_t Hdf5File::dataset(const std::string& name) {
  if (dataset_id_ >= 0 && dataset_name_ == name) return dataset_id_;
  MYRIAD_VALIDATE(
      has_dataset(name), ErrorKind::input_missing, "E2010",
      "'{}' has no dataset '{}' (it is needed here); see `h5dump -n` for what the file holds",
      path_, name);
  if (dataset_id_ >= 0) H5Dclose(std::exchange(dataset_id_, -1));
  Hdf5Handle id(H5Dopen2(id_, name.c_str(), H5P_DEFAULT), H5Dclose);
  check(id.get() >= 0, "H5Dopen2", fmt::format("dataset '{}'", name), path_);
  const Hdf5Handle properties(H5Dget_create_plist(id.get()), H5Pclose);
  check(properties.get() >= 0, "H5Dget_create_plist", fmt::format("dataset '{}'", name), path_);
  MYRIAD_VALIDATE(H5Pget_layout(properties.get()) != H5D_VIRTUAL &&
                      H5Pget_external_count(properties.get()) <= 0,
                  ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' is stored in other files (virtual or external, refused); "
                  "copy it with h5repack",
                  name, path_);
  dataset_id_ = id.release();
  dataset_name_ = name;
  return dataset_id_;
}

std::vector<std::int64_t> Hdf5File::shape(const std::string& name) {
  const Lock lock;
  const Hdf5Handle space(H5Dget_space(dataset(name)), H5Sclose);
  check(space.get() >= 0, "H5Dget_space", fmt::format("dataset '{}'", name), path_);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  MYRIAD_VALIDATE(rank >= 0 && rank <= k_max_rank, ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' has {} dimensions (limit {})", name, path_, rank,
                  k_max_rank);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr) >= 0,
        "H5Sget_simple_extent_dims", fmt::format("dataset '{}'", name), path_);
  std::vector<std::int64_t> result;
  for (const hsize_t extent : extents) {
    MYRIAD_VALIDATE(
        extent <= static_cast<hsize_t>(std::numeric_limits<std::int32_t>::max()),
        ErrorKind::input_corrupt, "E2005",
        "dataset '{}' of '{}' claims an extent of {} (limit 2^31 - 1); the header is damaged", name,
        path_, extent);
    result.push_back(static_cast<std::int64_t>(extent));
  }
  return result;
}

void Hdf5File::check_bound(std::int64_t elements, std::int64_t element_bytes,
                           const std::string& name) const {
  const std::int64_t limit = (2 * file_bytes_ + k_allocation_slack) / element_bytes;
  MYRIAD_VALIDATE(elements <= limit, ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' claims {} values, but the file has only {} bytes (limit {} "
                  "values); the header is "
                  "damaged",
                  name, path_, elements, file_bytes_, limit);
}

void Hdf5File::read(const std::string& name, std::span<const std::int64_t> start,
                    std::span<const std::int64_t> count, std::span<float> out) {
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
  const hid_t id = dataset(name);
  const Hdf5Handle type(H5Dget_type(id), H5Tclose);
  MYRIAD_VALIDATE(type.get() >= 0 && H5Tget_class(type.get()) == H5T_FLOAT,
                  ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' does not hold real numbers (float expected)", name, path_);
  const Hdf5Handle file_space(H5Dget_space(id), H5Sclose);
  check(file_space.get() >= 0, "H5Dget_space", fmt::format("dataset '{}'", name), path_);
  const std::vector<hsize_t> first(start.begin(), start.end());
  const std::vector<hsize_t> extents(count.begin(), count.end());
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, first.data(), nullptr, extents.data(),
                            nullptr) >= 0,
        "H5Sselect_hyperslab", fmt::format("dataset '{}'", name), path_);
  MYRIAD_EXPECT(H5Sget_select_npoints(file_space.get()) == static_cast<hssize_t>(out.size()));
  const hsize_t points = out.size();
  const Hdf5Handle memory_space(H5Screate_simple(1, &points, nullptr), H5Sclose);
  check(memory_space.get() >= 0, "H5Screate_simple", fmt::format("dataset '{}'", name), path_);
  check(H5Dread(id, H5T_NATIVE_FLOAT, memory_space.get(), file_space.get(), H5P_DEFAULT,
                out.data()) >= 0,
        "H5Dread", fmt::format("dataset '{}'", name), path_);
}

std::vector<double> Hdf5File::read_doubles(const std::string& name) {
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
  const std::vector<std::int64_t> extents = shape(name);
  MYRIAD_VALIDATE(extents.size() == 1, ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' has {} dimensions (one expected)", name, path_,
                  extents.size());
  check_bound(extents[0], static_cast<std::int64_t>(sizeof(double)), name);
  const hid_t id = dataset(name);
  const Hdf5Handle type(H5Dget_type(id), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type.get());
  MYRIAD_VALIDATE(kind == H5T_FLOAT || kind == H5T_INTEGER, ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' does not hold numbers", name, path_);
  std::vector<double> values(static_cast<std::size_t>(extents[0]));
  if (values.empty()) return values;
  check(H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
        "H5Dread", fmt::format("dataset '{}'", name), path_);
  return values;
}

std::vector<std::string> Hdf5File::read_texts(const std::string& name) {
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
  const std::vector<std::int64_t> extents = shape(name);
  const hid_t id = dataset(name);
  const Hdf5Handle type(H5Dget_type(id), H5Tclose);
  MYRIAD_VALIDATE(extents.size() == 1 && H5Tget_class(type.get()) == H5T_STRING,
                  ErrorKind::input_corrupt, "E2005", "dataset '{}' of '{}' is no list of texts",
                  name, path_);
  const std::size_t n = static_cast<std::size_t>(extents[0]);
  std::vector<std::string> texts;
  if (n == 0) return texts;
  if (H5Tis_variable_str(type.get()) > 0) {
    check_bound(extents[0], static_cast<std::int64_t>(sizeof(char*)), name);
    std::vector<char*> pointers(n, nullptr);
    const Hdf5Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(memory.get(), H5T_VARIABLE);
    H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
    const Hdf5Handle space(H5Dget_space(id), H5Sclose);
    check(H5Dread(id, memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0, "H5Dread",
          fmt::format("dataset '{}'", name), path_);
    for (const char* pointer : pointers) texts.emplace_back(pointer == nullptr ? "" : pointer);
    H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t length = H5Tget_size(type.get());
  MYRIAD_VALIDATE(length > 0 && length <= 4096, ErrorKind::input_corrupt, "E2005",
                  "dataset '{}' of '{}' holds texts of {} bytes (limit 4096)", name, path_, length);
  check_bound(extents[0], static_cast<std::int64_t>(length), name);
  std::string buffer(n * length, '\0');
  check(H5Dread(id, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data()) >= 0, "H5Dread",
        fmt::format("dataset '{}'", name), path_);
  for (std::size_t i = 0; i < n; ++i) {
    std::string text = buffer.substr(i * length, length);
    text = text.substr(0, text.find('\0'));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace myriad::io::detail
