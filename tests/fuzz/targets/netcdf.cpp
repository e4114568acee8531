/// NetCDF files, classic and NetCDF-4: header, attributes, every variable, and the series of fields
/// in them.

#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/scratch_file.hpp"
#include "tests/fuzz/targets/series_walk.hpp"

namespace myriad::fuzz {
namespace {

void walk_file(const std::string& path) {
  try {
    const io::NetcdfFile file = io::NetcdfFile::open(path);
    for (const auto& name : file.attribute_names(nullptr))
      static_cast<void>(file.text_attribute(nullptr, name));
    for (const io::NcVariable& variable : file.variables()) {
      try {
        for (const auto& name : file.attribute_names(&variable)) {
          static_cast<void>(file.text_attribute(&variable, name));
          static_cast<void>(file.number_attribute(&variable, name));
        }
        static_cast<void>(file.packing(variable));
        if (variable.type == io::NcType::text || variable.type == io::NcType::string) {
          static_cast<void>(file.read_texts(variable));
        } else {
          static_cast<void>(file.read_values(variable));
        }
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const ScratchFile scratch("netcdf", data, size);
  walk_file(scratch.path());
  io::SeriesOptions options;
  options.files = {scratch.path()};
  options.format = io::SeriesFormat::netcdf;
  walk_series(options);
  return 0;
}

}  // namespace myriad::fuzz
