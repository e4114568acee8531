#pragma once
/// \file
/// Reading plain HDF5 datasets; the only place that includes hdf5.h is hdf5_file.cpp. Internal to
/// src/io.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace myriad::io::detail {

/// A read-only HDF5 file. Failures throw myriad::Error naming call, object and file; kinds and ids
/// as NetcdfFile.
///
/// Datasets stored outside the file (external or virtual) are refused: a data file must not make us
/// read other files.
class Hdf5File {
 public:
  static Hdf5File open(const std::string& path);
  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;
  ~Hdf5File();

  const std::string& path() const { return path_; }
  bool has_dataset(const std::string& name) const;
  /// Extents of a dataset of real numbers or texts (rank at most 8). Errors: E2010 when absent.
  std::vector<std::int64_t> shape(const std::string& name);
  /// Hyperslab as single precision; the file's type may be any real number type.
  void read(const std::string& name, std::span<const std::int64_t> start,
            std::span<const std::int64_t> count, std::span<float> out);
  /// One-dimensional dataset; at most 2 x file size + 64 MiB.
  std::vector<double> read_doubles(const std::string& name);
  /// One-dimensional dataset of fixed or variable-length texts.
  std::vector<std::string> read_texts(const std::string& name);

 private:
  Hdf5File() = default;
  void check_bound(std::int64_t elements, std::int64_t element_bytes,
                   const std::string& name) const;
  std::int64_t dataset(
      const std::string& name);  ///< opens once; the handle of the last dataset is kept

  std::string path_;
  std::int64_t id_ = -1;
  std::int64_t file_bytes_ = 0;
  std::string dataset_name_;
  std::int64_t dataset_id_ = -1;
};

}  // namespace myriad::io::detail
