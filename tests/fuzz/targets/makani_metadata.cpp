/// data.json beside a valid archive that says nothing about itself.

#include <unistd.h>

#include <filesystem>

#include "src/io/netcdf_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/scratch_file.hpp"
#include "tests/fuzz/targets/series_walk.hpp"

namespace myriad::fuzz {
namespace {

/// A NetCDF-4 file is an HDF5 file: fields [2 times, 2 channels, 5 x 8], nothing else that the
/// reader knows.
class Archive {
 public:
  Archive()
      : path_(std::filesystem::current_path() / ("fuzz-makani." + std::to_string(::getpid())) /
              "2018.h5") {
    std::filesystem::create_directories(path_.parent_path());
    io::NetcdfFile file = io::NetcdfFile::create(path_.string());
    std::vector<int> dimensions;
    const std::vector<std::int64_t> extents = {2, 2, 5, 8};
    for (std::size_t d = 0; d < extents.size(); ++d) {
      dimensions.push_back(file.define_dimension("axis" + std::to_string(d), extents[d]));
    }
    const int fields = file.define_variable("fields", io::NcType::f32, dimensions);
    file.end_definitions();
    const std::vector<std::int64_t> start(4, 0);
    const std::vector<float> values(160, 280.F);
    file.write(fields, start, extents, std::span<const float>(values));
    file.close();
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() {
    std::error_code ignored;
    std::filesystem::remove_all(path_.parent_path(), ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  static const Archive archive;
  const ScratchFile metadata("metadata", data, size);
  io::SeriesOptions options;
  options.files = {archive.path()};
  options.format = io::SeriesFormat::makani;
  options.metadata_file = metadata.path();
  options.range_check = io::RangeCheck::none;
  walk_series(options);
  return 0;
}

}  // namespace myriad::fuzz
