#pragma once
/// \file
/// HDF5 files for the tests, made with the library itself.

#include <cstdint>
#include <string>
#include <vector>

namespace myriad::io::test {

/// Number of objects of a file that carry a modification time.
int count_timestamps(const std::string& path);

enum class TextKind : std::uint8_t { fixed, variable };

/// Content of a makani archive; empty lists are left out of the file.
struct MakaniArchive {
  std::vector<std::int64_t> shape;  ///< of fields
  std::vector<float> fields;
  std::vector<double> timestamps;
  std::vector<std::string> channels;
  TextKind text_kind = TextKind::fixed;
  std::vector<double> latitudes;
  std::vector<double> longitudes;
};
void write_makani(const std::string& path, const MakaniArchive& archive);

/// A file whose dataset `fields` lives in another file.
void write_external(const std::string& path, const std::vector<std::int64_t>& shape,
                    const std::string& other);

}  // namespace myriad::io::test
