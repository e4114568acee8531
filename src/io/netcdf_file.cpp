#include "src/io/netcdf_file.hpp"

#include <netcdf.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/io/classic_header.hpp"
#include "src/io/library_lock.hpp"

namespace myriad::io {

namespace {

// Bounds on what a header may claim (the file comes from outside): far above any real file, far
// below trouble.
constexpr int k_max_dimensions = 1024;
constexpr int k_max_variables = 65536;
constexpr int k_max_rank = 8;
constexpr std::size_t k_max_attribute_length = 1U << 20U;

NcType from_nc(nc_type type) {
  switch (type) {
    case NC_BYTE:
      return NcType::int8;
    case NC_CHAR:
      return NcType::text;
    case NC_SHORT:
      return NcType::int16;
    case NC_INT:
      return NcType::int32;
    case NC_INT64:
      return NcType::int64;
    case NC_FLOAT:
      return NcType::f32;
    case NC_DOUBLE:
      return NcType::f64;
    case NC_STRING:
      return NcType::string;
    default:
      return NcType::other;
  }
}

bool is_numeric(nc_type type) {
  return type != NC_CHAR && type != NC_STRING && type <= NC_MAX_ATOMIC_TYPE;
}

int variable_id(const NcVariable* variable) {
  return variable == nullptr ? NC_GLOBAL : variable->id;
}

using Lock = detail::LibraryLock;

}  // namespace

std::string_view to_string(NcType type) {
  switch (type) {
    case NcType::int8:
      return "byte";
    case NcType::text:
      return "char";
    case NcType::int16:
      return "short";
    case NcType::int32:
      return "int";
    case NcType::int64:
      return "int64";
    case NcType::f32:
      return "float";
    case NcType::f64:
      return "double";
    case NcType::string:
      return "string";
    case NcType::other:
      break;
  }
  return "other";
}

bool NcPacking::is_missing(double stored) const {
  if (std::isnan(stored)) return true;
  for (double value : missing) {
    if (stored == value) return true;
  }
  return (valid_min && stored < *valid_min) || (valid_max && stored > *valid_max);
}

std::string netcdf_library_version() {
  const std::string text = nc_inq_libvers();
  return text.substr(0, text.find(' '));
}

// ---- life ----

void NetcdfFile::check(int status, const char* call, std::string_view object) const {
  if (status == NC_NOERR) return;
  if (writing_) failed_ = true;
  if (status == NC_ENOMEM) throw std::bad_alloc();
  const std::string reason = nc_strerror(status);
  if (writing_) {
    throw Error(
        ErrorKind::io, "E2003",
        fmt::format("{} of {} in '{}' failed ({}); check free space and quota of the output folder",
                    call, object, path_, reason));
  }
  throw Error(ErrorKind::input_corrupt, "E2002",
              fmt::format("{} of {} in '{}' failed ({}); the file is damaged or not what its "
                          "header says: fetch it again",
                          call, object, path_, reason));
}

NetcdfFile NetcdfFile::open(const std::string& path) {
  const Lock lock;
  const FileWait wait(FileAction::open, path);
  NetcdfFile file;
  file.path_ = path;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const int reason = errno;
    const ErrorKind kind = reason == EACCES ? ErrorKind::permission : ErrorKind::input_missing;
    throw Error(
        kind, "E2001",
        fmt::format("cannot open '{}' ({}); check the path or wait until the file has arrived",
                    path, std::strerror(reason)));
  }
  // A NetCDF path may otherwise be a URL, which the library would fetch; a regular file cannot be
  // one.
  MYRIAD_VALIDATE(S_ISREG(info.st_mode), ErrorKind::input_corrupt, "E2002",
                  "cannot read '{}' (it is not a regular file); give the path of a NetCDF file",
                  path);
  file.file_bytes_ = info.st_size;
  detail::check_classic_header(path);
  const int status = nc_open(path.c_str(), NC_NOWRITE, &file.id_);
  if (status == EACCES || status == EPERM) {
    throw Error(
        ErrorKind::permission, "E2001",
        fmt::format("nc_open of '{}' failed (permission denied); ask its owner for read access",
                    path));
  }
  if (status != NC_NOERR) {
    file.id_ = -1;
    if (status == NC_ENOMEM) throw std::bad_alloc();
    throw Error(
        ErrorKind::input_corrupt, "E2002",
        fmt::format("nc_open of '{}' failed ({}); the file is damaged, incomplete or not NetCDF. "
                    "If it opens "
                    "elsewhere, the file system may refuse locks: try HDF5_USE_FILE_LOCKING=FALSE",
                    path, nc_strerror(status)));
  }
  file.load_header();
  return file;
}

NetcdfFile NetcdfFile::create(const std::string& path) {
  const Lock lock;
  const FileWait wait(FileAction::open, path);
  NetcdfFile file;
  file.path_ = path;
  file.writing_ = true;
  const int status = nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &file.id_);
  if (status != NC_NOERR) {
    file.id_ = -1;
    if (status == NC_ENOMEM) throw std::bad_alloc();
    const ErrorKind kind =
        status == EACCES || status == NC_EPERM ? ErrorKind::permission : ErrorKind::cannot_create;
    throw Error(
        kind, "E2004",
        fmt::format("nc_create of '{}' failed ({}); check that the folder exists and is writable; "
                    "where the file system refuses locks try HDF5_USE_FILE_LOCKING=FALSE",
                    path, nc_strerror(status)));
  }
  return file;
}

NetcdfFile::NetcdfFile(NetcdfFile&& other) noexcept {
  *this = std::move(other);
}

NetcdfFile& NetcdfFile::operator=(NetcdfFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(id_, other.id_);
  std::swap(writing_, other.writing_);
  std::swap(failed_, other.failed_);
  std::swap(file_bytes_, other.file_bytes_);
  std::swap(dimensions_, other.dimensions_);
  std::swap(variables_, other.variables_);
  return *this;
}

// NetCDF 4.9.0 follows a stale handle when HDF5 cannot write in nc_close (seen with a full disk: a crash in one of ten
// cases). So what is left is written by nc_sync, which only fails, and a file that failed is left open: its process gives up,
// or goes on with a few kilobytes and a descriptor less.

NetcdfFile::~NetcdfFile() {
  if (id_ < 0 || failed_) return;
  const Lock lock;
  const FileWait wait(FileAction::close, path_);
  if (writing_ && nc_sync(id_) != NC_NOERR) return;
  nc_close(id_);
}

void NetcdfFile::close() {
  if (id_ < 0) return;
  const Lock lock;
  const FileWait wait(FileAction::close, path_);
  const int id = std::exchange(id_, -1);
  MYRIAD_VALIDATE(!failed_, ErrorKind::io, "E2003",
                  "'{}' cannot be completed (a write into it failed before); check free space and quota of the output folder",
                  path_);
  if (writing_) check(nc_sync(id), "nc_sync", "the file");
  check(nc_close(id), "nc_close", "the file");
}

// ---- header ----

void NetcdfFile::load_header() {
  int dimension_count = 0;
  int variable_count = 0;
  check(nc_inq(id_, &dimension_count, &variable_count, nullptr, nullptr), "nc_inq", "the file");
  MYRIAD_VALIDATE(
      dimension_count <= k_max_dimensions && variable_count <= k_max_variables,
      ErrorKind::input_corrupt, "E2005",
      "'{}' claims {} dimensions and {} variables (limits {} and {}); the header is damaged", path_,
      dimension_count, variable_count, k_max_dimensions, k_max_variables);
  std::vector<int> ids(static_cast<std::size_t>(dimension_count));
  check(nc_inq_dimids(id_, nullptr, ids.data(), 0), "nc_inq_dimids", "the file");
  int unlimited_count = 0;
  check(nc_inq_unlimdims(id_, &unlimited_count, nullptr), "nc_inq_unlimdims", "the file");
  std::vector<int> unlimited(static_cast<std::size_t>(unlimited_count));
  check(nc_inq_unlimdims(id_, nullptr, unlimited.data()), "nc_inq_unlimdims", "the file");
  for (int id : ids) {
    char name[NC_MAX_NAME + 1] = {};
    std::size_t length = 0;
    check(nc_inq_dim(id_, id, name, &length), "nc_inq_dim", "a dimension");
    MYRIAD_VALIDATE(
        length <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()),
        ErrorKind::input_corrupt, "E2005",
        "dimension '{}' of '{}' claims length {} (limit 2^31 - 1); the header is damaged", name,
        path_, length);
    bool is_unlimited = false;
    for (int candidate : unlimited) is_unlimited = is_unlimited || candidate == id;
    dimensions_.push_back({name, static_cast<std::int64_t>(length), is_unlimited});
  }
  for (int v = 0; v < variable_count; ++v) {
    char name[NC_MAX_NAME + 1] = {};
    nc_type type = NC_NAT;
    int rank = 0;
    check(nc_inq_var(id_, v, name, &type, &rank, nullptr, nullptr), "nc_inq_var",
          fmt::format("variable {}", v));
    MYRIAD_VALIDATE(
        rank <= k_max_rank, ErrorKind::input_corrupt, "E2005",
        "variable '{}' of '{}' has {} dimensions (limit {}); such files are not supported", name,
        path_, rank, k_max_rank);
    std::vector<int> dimids(static_cast<std::size_t>(rank));
    check(nc_inq_vardimid(id_, v, dimids.data()), "nc_inq_vardimid", name);
    NcVariable variable{v, name, from_nc(type), {}};
    for (int dimid : dimids) {
      int index = -1;
      for (std::size_t d = 0; d < ids.size(); ++d) {
        if (ids[d] == dimid) index = static_cast<int>(d);
      }
      MYRIAD_VALIDATE(index >= 0, ErrorKind::input_corrupt, "E2005",
                      "variable '{}' of '{}' uses a dimension outside its group (not supported)",
                      name, path_);
      variable.dimensions.push_back(index);
    }
    variables_.push_back(std::move(variable));
  }
}

const NcVariable* NetcdfFile::find(std::string_view name) const {
  for (const NcVariable& variable : variables_) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

const NcVariable& NetcdfFile::require(std::string_view name) const {
  const NcVariable* variable = find(name);
  MYRIAD_VALIDATE(
      variable != nullptr, ErrorKind::input_missing, "E2010",
      "'{}' has no variable '{}' (it is needed here); see `ncdump -h` for what the file holds",
      path_, name);
  return *variable;
}

std::vector<std::int64_t> NetcdfFile::shape(const NcVariable& variable) const {
  std::vector<std::int64_t> extents;
  for (int d : variable.dimensions)
    extents.push_back(dimensions_[static_cast<std::size_t>(d)].length);
  return extents;
}

std::vector<std::string> NetcdfFile::dimension_names(const NcVariable& variable) const {
  std::vector<std::string> names;
  for (int d : variable.dimensions) names.push_back(dimensions_[static_cast<std::size_t>(d)].name);
  return names;
}

std::optional<std::string> NetcdfFile::text_attribute(const NcVariable* variable,
                                                      std::string_view name) const {
  const Lock lock;
  const std::string key(name);
  nc_type type = NC_NAT;
  std::size_t length = 0;
  const int status = nc_inq_att(id_, variable_id(variable), key.c_str(), &type, &length);
  if (status == NC_ENOTATT) return std::nullopt;
  check(status, "nc_inq_att", key);
  MYRIAD_VALIDATE(length <= k_max_attribute_length, ErrorKind::input_corrupt, "E2005",
                  "attribute '{}' of '{}' claims {} elements (limit {}); the header is damaged",
                  key, path_, length, k_max_attribute_length);
  if (type == NC_CHAR) {
    std::string text(length, '\0');
    if (length > 0)
      check(nc_get_att_text(id_, variable_id(variable), key.c_str(), text.data()),
            "nc_get_att_text", key);
    while (!text.empty() && text.back() == '\0') text.pop_back();
    return text;
  }
  if (type == NC_STRING && length == 1) {
    char* pointer = nullptr;
    check(nc_get_att_string(id_, variable_id(variable), key.c_str(), &pointer), "nc_get_att_string",
          key);
    std::string text = pointer == nullptr ? "" : pointer;
    nc_free_string(1, &pointer);
    return text;
  }
  return std::nullopt;
}

std::vector<double> NetcdfFile::number_attribute(const NcVariable* variable,
                                                 std::string_view name) const {
  const Lock lock;
  const std::string key(name);
  nc_type type = NC_NAT;
  std::size_t length = 0;
  const int status = nc_inq_att(id_, variable_id(variable), key.c_str(), &type, &length);
  if (status == NC_ENOTATT) return {};
  check(status, "nc_inq_att", key);
  MYRIAD_VALIDATE(length <= k_max_attribute_length, ErrorKind::input_corrupt, "E2005",
                  "attribute '{}' of '{}' claims {} elements (limit {}); the header is damaged",
                  key, path_, length, k_max_attribute_length);
  if (!is_numeric(type)) return {};
  std::vector<double> values(length);
  if (length > 0) {
    check(nc_get_att_double(id_, variable_id(variable), key.c_str(), values.data()),
          "nc_get_att_double", key);
  }
  return values;
}

std::vector<std::string> NetcdfFile::attribute_names(const NcVariable* variable) const {
  const Lock lock;
  int count = 0;
  check(nc_inq_varnatts(id_, variable_id(variable), &count), "nc_inq_varnatts", "attributes");
  std::vector<std::string> names;
  for (int a = 0; a < count; ++a) {
    char name[NC_MAX_NAME + 1] = {};
    check(nc_inq_attname(id_, variable_id(variable), a, name), "nc_inq_attname", "attributes");
    names.emplace_back(name);
  }
  return names;
}

NcPacking NetcdfFile::packing(const NcVariable& variable) const {
  NcPacking packing;
  const auto first = [&](const char* name) -> std::optional<double> {
    const std::vector<double> values = number_attribute(&variable, name);
    if (values.empty()) return std::nullopt;
    return values.front();
  };
  packing.scale = first("scale_factor").value_or(1.0);
  packing.offset = first("add_offset").value_or(0.0);
  MYRIAD_VALIDATE(
      std::isfinite(packing.scale) && packing.scale != 0.0 && std::isfinite(packing.offset),
      ErrorKind::input_corrupt, "E2005",
      "variable '{}' of '{}' has scale_factor {} and add_offset {} (not a usable packing)",
      variable.name, path_, packing.scale, packing.offset);
  for (const char* name : {"_FillValue", "missing_value"}) {
    for (double value : number_attribute(&variable, name)) {
      if (!std::isnan(value)) packing.missing.push_back(value);
    }
  }
  // Never-written values of floating-point variables hold the library's default fill.
  if (variable.type == NcType::f32) packing.missing.push_back(static_cast<double>(NC_FILL_FLOAT));
  if (variable.type == NcType::f64) packing.missing.push_back(NC_FILL_DOUBLE);
  packing.valid_min = first("valid_min");
  packing.valid_max = first("valid_max");
  const std::vector<double> range = number_attribute(&variable, "valid_range");
  if (range.size() == 2) {
    packing.valid_min = range[0];
    packing.valid_max = range[1];
  }
  const std::optional<std::string> is_unsigned = text_attribute(&variable, "_Unsigned");
  MYRIAD_VALIDATE(!is_unsigned || *is_unsigned != "true", ErrorKind::input_corrupt, "E2005",
                  "variable '{}' of '{}' is packed as unsigned integers (not supported); repack "
                  "it, e.g. with nccopy",
                  variable.name, path_);
  return packing;
}

}  // namespace myriad::io
