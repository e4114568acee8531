#include "src/io/netcdf_file.hpp"

#include <netcdf.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/io/library_lock.hpp"
#include "src/io/netcdf_extents.hpp"

namespace myriad::io {

namespace {

using Lock = detail::LibraryLock;
using detail::checked_product;
using detail::to_sizes;

constexpr std::int64_t k_allocation_slack = 64LL << 20;

}  // namespace

void NetcdfFile::check_bound(std::int64_t elements, const NcVariable& variable) const {
  const std::int64_t limit =
      (2 * file_bytes_ + k_allocation_slack) / static_cast<std::int64_t>(sizeof(double));
  MYRIAD_VALIDATE(elements <= limit, ErrorKind::input_corrupt, "E2005",
                  "variable '{}' of '{}' claims {} values, but the file has only {} bytes (limit "
                  "{} values); the header "
                  "is damaged",
                  variable.name, path_, elements, file_bytes_, limit);
}

void NetcdfFile::read(const NcVariable& variable, std::span<const std::int64_t> start,
                      std::span<const std::int64_t> count, std::span<double> out) const {
  MYRIAD_EXPECT(checked_product(count) == static_cast<std::int64_t>(out.size()));
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
  check(nc_get_vara_double(id_, variable.id, to_sizes(start).data(), to_sizes(count).data(),
                           out.data()),
        "nc_get_vara_double", fmt::format("variable '{}'", variable.name));
}

void NetcdfFile::read(const NcVariable& variable, std::span<const std::int64_t> start,
                      std::span<const std::int64_t> count, std::span<float> out) const {
  MYRIAD_EXPECT(checked_product(count) == static_cast<std::int64_t>(out.size()));
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
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
  const Lock lock;
  const FileWait wait(FileAction::read, path_);
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

}  // namespace myriad::io
