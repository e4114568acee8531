#include "src/io/netcdf_file.hpp"

#include <netcdf.h>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/io/library_lock.hpp"
#include "src/io/netcdf_extents.hpp"

namespace myriad::io {

namespace {

using Lock = detail::LibraryLock;
using detail::checked_product;
using detail::to_sizes;

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
    case NcType::int64:
      return NC_INT64;
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

}  // namespace

int NetcdfFile::define_dimension(const std::string& name, std::int64_t length) {
  MYRIAD_EXPECT(writing_ && length >= 0);
  const Lock lock;
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
  const Lock lock;
  int id = -1;
  check(nc_def_var(id_, name.c_str(), to_nc(type), static_cast<int>(dimensions.size()),
                   dimensions.data(), &id),
        "nc_def_var", name);
  if (!storage.chunk.empty()) {
    MYRIAD_EXPECT(storage.chunk.size() == dimensions.size());
    check(nc_def_var_chunking(id_, id, NC_CHUNKED, to_sizes(storage.chunk).data()),
          "nc_def_var_chunking", name);
  }
  if (storage.cache == NcCache::none) {
    // Each chunk is written once and whole: caching them would cost 16 MiB per variable and gain
    // nothing.
    check(nc_set_var_chunk_cache(id_, id, 1, 1, 0.0F), "nc_set_var_chunk_cache", name);
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
  const Lock lock;
  const int id = variable < 0 ? NC_GLOBAL : variable;
  const char* key = name.c_str();
  int status = NC_NOERR;
  const char* call = "nc_put_att";
  if (const auto* text = std::get_if<std::string>(&value)) {
    status = nc_put_att_text(id_, id, key, text->size(), text->data());
    call = "nc_put_att_text";
  } else if (const auto* integer = std::get_if<std::int32_t>(&value)) {
    status = nc_put_att_int(id_, id, key, NC_INT, 1, integer);
  } else if (const auto* small = std::get_if<std::int16_t>(&value)) {
    status = nc_put_att_short(id_, id, key, NC_SHORT, 1, small);
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
  const Lock lock;
  const FileWait wait(FileAction::write, path_);
  check(nc_enddef(id_), "nc_enddef", "the file");
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const double> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock;
  const FileWait wait(FileAction::write, path_);
  check(nc_put_vara_double(id_, variable, to_sizes(start).data(), to_sizes(count).data(),
                           values.data()),
        "nc_put_vara_double", variables_[static_cast<std::size_t>(variable)].name);
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const float> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock;
  const FileWait wait(FileAction::write, path_);
  check(nc_put_vara_float(id_, variable, to_sizes(start).data(), to_sizes(count).data(),
                          values.data()),
        "nc_put_vara_float", variables_[static_cast<std::size_t>(variable)].name);
}

void NetcdfFile::write(int variable, std::span<const std::int64_t> start,
                       std::span<const std::int64_t> count, std::span<const std::int32_t> values) {
  MYRIAD_EXPECT(writing_ && checked_product(count) == static_cast<std::int64_t>(values.size()));
  const Lock lock;
  const FileWait wait(FileAction::write, path_);
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
  const Lock lock;
  const FileWait wait(FileAction::write, path_);
  check(nc_put_var_text(id_, variable, buffer.data()), "nc_put_var_text", target.name);
}

}  // namespace myriad::io
