#include "src/io/netcdf_file.hpp"

#include <netcdf.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "src/base/error.hpp"

namespace myriad::io {

namespace {

// Bounds on what a header may claim (the file comes from outside): far above any real file, far
// below trouble.
constexpr int k_max_dimensions = 1024;
constexpr int k_max_variables = 65536;
constexpr int k_max_rank = 8;
constexpr std::size_t k_max_attribute_length = 1U << 20U;
constexpr std::int64_t k_allocation_slack = 64LL << 20;

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

nc_type to_nc(NcType type) {
  switch (type) {
    case NcType::int8:
      return NC_BYTE;
    case NcType::text:
      return NC_CHAR;
    case NcType::int16:
      return NC_SHORT;
    case NcType::int32:
      return NC_INT;
    case NcType::f32:
      return NC_FLOAT;
    case NcType::f64:
      return NC_DOUBLE;
    case NcType::string:
      return NC_STRING;
    case NcType::other:
      break;
  }
  return NC_NAT;
}

bool is_numeric(nc_type type) {
  return type != NC_CHAR && type != NC_STRING && type <= NC_MAX_ATOMIC_TYPE;
}

int variable_id(const NcVariable* variable) {
  return variable == nullptr ? NC_GLOBAL : variable->id;
}

using Lock = std::lock_guard<std::recursive_mutex>;

}  // namespace

std::recursive_mutex& netcdf_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

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

// ---- life
// ---------------------------------------------------------------------------------------------------------

void NetcdfFile::check(int status, const char* call, std::string_view object) const {
  if (status == NC_NOERR) return;
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
  const Lock lock(netcdf_mutex());
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
  const int status = nc_open(path.c_str(), NC_NOWRITE, &file.id_);
  if (status == EACCES || status == EPERM) {
    throw Error(
        ErrorKind::permission, "E2001",
        fmt::format("nc_open of '{}' failed (permission denied); ask its owner for read access",
                    path));
  }
  if (status != NC_NOERR) {
    file.id_ = -1;
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
  const Lock lock(netcdf_mutex());
  NetcdfFile file;
  file.path_ = path;
  file.writing_ = true;
  const int status = nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &file.id_);
  if (status != NC_NOERR) {
    file.id_ = -1;
    const ErrorKind kind =
        status == EACCES || status == NC_EPERM ? ErrorKind::permission : ErrorKind::cannot_create;
    throw Error(
        kind, "E2004",
        fmt::format("nc_create of '{}' failed ({}); check that the folder exists and is writable",
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
  std::swap(file_bytes_, other.file_bytes_);
  std::swap(dimensions_, other.dimensions_);
  std::swap(variables_, other.variables_);
  return *this;
}

NetcdfFile::~NetcdfFile() {
  if (id_ >= 0) {
    const Lock lock(netcdf_mutex());
    nc_close(id_);
  }
}

void NetcdfFile::close() {
  if (id_ < 0) return;
  const Lock lock(netcdf_mutex());
  const int status = nc_close(id_);
  id_ = -1;
  check(status, "nc_close", "the file");
}

// ---- header
// -------------------------------------------------------------------------------------------------------

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
  const Lock lock(netcdf_mutex());
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
  const Lock lock(netcdf_mutex());
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
  const Lock lock(netcdf_mutex());
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

// ---- reading
// ------------------------------------------------------------------------------------------------------

std::vector<std::size_t> NetcdfFile::to_sizes(std::span<const std::int64_t> values) const {
  std::vector<std::size_t> sizes;
  for (std::int64_t value : values) sizes.push_back(static_cast<std::size_t>(value));
  return sizes;
}

void NetcdfFile::check_bound(std::int64_t elements, const NcVariable& variable) const {
  const std::int64_t limit =
      (2 * file_bytes_ + k_allocation_slack) / static_cast<std::int64_t>(sizeof(double));
  MYRIAD_VALIDATE(elements <= limit, ErrorKind::input_corrupt, "E2005",
                  "variable '{}' of '{}' claims {} values, but the file has only {} bytes (limit "
                  "{} values); the header "
                  "is damaged",
                  variable.name, path_, elements, file_bytes_, limit);
}

namespace {

std::int64_t checked_product(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (std::int64_t extent : extents) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product))
      return std::numeric_limits<std::int64_t>::max();
  }
  return product;
}

}  // namespace

void NetcdfFile::read(const NcVariable& variable, std::span<const std::int64_t> start,
                      std::span<const std::int64_t> count, std::span<double> out) const {
  MYRIAD_EXPECT(checked_product(count) == static_cast<std::int64_t>(out.size()));
  const Lock lock(netcdf_mutex());
  check(nc_get_vara_double(id_, variable.id, to_sizes(start).data(), to_sizes(count).data(),
                           out.data()),
        "nc_get_vara_double", fmt::format("variable '{}'", variable.name));
}

void NetcdfFile::read(const NcVariable& variable, std::span<const std::int64_t> start,
                      std::span<const std::int64_t> count, std::span<float> out) const {
  MYRIAD_EXPECT(checked_product(count) == static_cast<std::int64_t>(out.size()));
  const Lock lock(netcdf_mutex());
  check(nc_get_vara_float(id_, variable.id, to_sizes(start).data(), to_sizes(count).data(),
                          out.data()),
        "nc_get_vara_float", fmt::format("variable '{}'", variable.name));
}

std::vector<double> NetcdfFile::read_all(const NcVariable& variable) const {
  const std::vector<std::int64_t> count = shape(variable);
  const std::vector<std::int64_t> start(count.size(), 0);
  const std::int64_t elements = checked_product(count);
  check_bound(elements, variable);
  std::vector<double> values(static_cast<std::size_t>(elements));
  if (!values.empty()) read(variable, start, count, values);
  return values;
}

std::vector<double> NetcdfFile::read_values(const NcVariable& variable) const {
  const std::vector<std::int64_t> count = shape(variable);
  return read_values(variable, std::vector<std::int64_t>(count.size(), 0), count);
}

std::vector<double> NetcdfFile::read_values(const NcVariable& variable,
                                            std::span<const std::int64_t> start,
                                            std::span<const std::int64_t> count) const {
  const std::int64_t elements = checked_product(count);
  check_bound(elements, variable);
  std::vector<double> values(static_cast<std::size_t>(elements));
  if (values.empty()) return values;
  read(variable, start, count, values);
  const NcPacking rule = packing(variable);
  for (double& value : values) {
    value = rule.is_missing(value) ? std::numeric_limits<double>::quiet_NaN()
                                   : value * rule.scale + rule.offset;
  }
  return values;
}

std::vector<std::string> NetcdfFile::read_texts(const NcVariable& variable) const {
  const Lock lock(netcdf_mutex());
  const std::vector<std::int64_t> extents = shape(variable);
  std::vector<std::string> texts;
  if (variable.type == NcType::text && extents.size() == 2) {
    check_bound(checked_product(extents), variable);
    std::string buffer(static_cast<std::size_t>(extents[0] * extents[1]), '\0');
    check(nc_get_var_text(id_, variable.id, buffer.data()), "nc_get_var_text", variable.name);
    for (std::int64_t row = 0; row < extents[0]; ++row) {
      std::string text = buffer.substr(static_cast<std::size_t>(row * extents[1]),
                                       static_cast<std::size_t>(extents[1]));
      text.resize(std::strlen(text.c_str()));
      while (!text.empty() && text.back() == ' ') text.pop_back();
      texts.push_back(std::move(text));
    }
    return texts;
  }
  MYRIAD_VALIDATE(
      variable.type == NcType::string && extents.size() == 1, ErrorKind::input_corrupt, "E2005",
      "variable '{}' of '{}' holds no list of texts (char [n, length] or string [n] expected)",
      variable.name, path_);
  check_bound(extents[0], variable);
  std::vector<char*> pointers(static_cast<std::size_t>(extents[0]), nullptr);
  check(nc_get_var_string(id_, variable.id, pointers.data()), "nc_get_var_string", variable.name);
  for (const char* pointer : pointers) texts.emplace_back(pointer == nullptr ? "" : pointer);
  nc_free_string(pointers.size(), pointers.data());
  return texts;
}

// ---- writing
// ------------------------------------------------------------------------------------------------------

int NetcdfFile::define_dimension(const std::string& name, std::int64_t length) {
  MYRIAD_EXPECT(writing_ && length >= 0);
  const Lock lock(netcdf_mutex());
  int id = -1;
  check(nc_def_dim(id_, name.c_str(), length == 0 ? NC_UNLIMITED : static_cast<std::size_t>(length),
                   &id),
        "nc_def_dim", name);
  dimensions_.push_back({name, length, length == 0});
  MYRIAD_ENSURE(id + 1 == static_cast<int>(dimensions_.size()));
  return id;
}

int NetcdfFile::define_variable(const std::string& name, NcType type,
                                const std::vector<int>& dimensions, const NcStorage& storage) {
  MYRIAD_EXPECT(writing_);
  const Lock lock(netcdf_mutex());
  int id = -1;
  check(nc_def_var(id_, name.c_str(), to_nc(type), static_cast<int>(dimensions.size()),
                   dimensions.data(), &id),
        "nc_def_var", name);
  if (!storage.chunk.empty()) {
    MYRIAD_EXPECT(storage.chunk.size() == dimensions.size());
    check(nc_def_var_chunking(id_, id, NC_CHUNKED, to_sizes(storage.chunk).data()),
          "nc_def_var_chunking", name);
  }
  if (storage.deflate_level > 0) {
    check(nc_def_var_deflate(id_, id, NC_SHUFFLE, 1, storage.deflate_level), "nc_def_var_deflate",
          name);
  }
  if (storage.checksum)
    check(nc_def_var_fletcher32(id_, id, NC_FLETCHER32), "nc_def_var_fletcher32", name);
  if (storage.significant_bits > 0) {
    check(nc_def_var_quantize(id_, id, NC_QUANTIZE_BITROUND, storage.significant_bits),
          "nc_def_var_quantize", name);
  }
  variables_.push_back({id, name, type, dimensions});
  MYRIAD_ENSURE(id + 1 == static_cast<int>(variables_.size()));
  return id;
}

void NetcdfFile::put_attribute(int variable, const std::string& name, const NcAttribute& value) {
  MYRIAD_EXPECT(writing_);
  const Lock lock(netcdf_mutex());
  const int id = variable < 0 ? NC_GLOBAL : variable;
  const char* key = name.c_str();
  int status = NC_NOERR;
  const char* call = "nc_put_att";
  if (const auto* text = std::get_if<std::string>(&value)) {
    status = nc_put_att_text(id_, id, key, text->size(), text->data());
    call = "nc_put_att_text";
  } else if (const auto* integer = std::get_if<std::int32_t>(&value)) {
    status = nc_put_att_int(id_, id, key, NC_INT, 1, integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    status = nc_put_att_double(id_, id, key, NC_DOUBLE, 1, real);
  } else if (const auto* single = std::get_if<float>(&value)) {
    status = nc_put_att_float(id_, id, key, NC_FLOAT, 1, single);
  } else if (const auto* reals = std::get_if<std::vector<double>>(&value)) {
    status = nc_put_att_double(id_, id, key, NC_DOUBLE, reals->size(), reals->data());
  } else if (const auto* integers = std::get_if<std::vector<std::int32_t>>(&value)) {
    status = nc_put_att_int(id_, id, key, NC_INT, integers->size(), integers->data());
  }
  check(status, call, fmt::format("attribute '{}'", name));
}

void NetcdfFile::end_definitions() {
  const Lock lock(netcdf_mutex());
  check(nc_enddef(id_), "nc_enddef", "the file");
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const double> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock(netcdf_mutex());
  check(nc_put_vara_double(id_, variable, to_sizes(start).data(), to_sizes(count).data(),
                           values.data()),
        "nc_put_vara_double", variables_[static_cast<std::size_t>(variable)].name);
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const float> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock(netcdf_mutex());
  check(nc_put_vara_float(id_, variable, to_sizes(start).data(), to_sizes(count).data(),
                          values.data()),
        "nc_put_vara_float", variables_[static_cast<std::size_t>(variable)].name);
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const std::int32_t> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock(netcdf_mutex());
  check(
      nc_put_vara_int(id_, variable, to_sizes(start).data(), to_sizes(count).data(), values.data()),
      "nc_put_vara_int", variables_[static_cast<std::size_t>(variable)].name);
}

void NetcdfFile::write_texts(int variable, const std::vector<std::string>& texts) {
  const NcVariable& target = variables_[static_cast<std::size_t>(variable)];
  const std::vector<std::int64_t> extents = shape(target);
  MYRIAD_EXPECT(writing_ && extents.size() == 2 &&
                extents[0] == static_cast<std::int64_t>(texts.size()));
  std::string buffer;
  for (const std::string& text : texts) {
    MYRIAD_EXPECT(static_cast<std::int64_t>(text.size()) <= extents[1]);
    buffer += text;
    buffer.resize(buffer.size() + static_cast<std::size_t>(extents[1]) - text.size(), '\0');
  }
  const Lock lock(netcdf_mutex());
  check(nc_put_var_text(id_, variable, buffer.data()), "nc_put_var_text", target.name);
}

}  // namespace myriad::io
