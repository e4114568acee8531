#include "tests/unit/io/hdf5_fixture.hpp"

#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace myriad::io::test {

int count_timestamps(const std::string& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) throw std::runtime_error("H5Fopen failed");
  int count = 0;
  H5Ovisit2(
      file, H5_INDEX_NAME, H5_ITER_NATIVE,
      [](hid_t, const char*, const H5O_info_t* info, void* data) -> herr_t {
        if (info->atime != 0 || info->mtime != 0 || info->ctime != 0 || info->btime != 0)
          ++*static_cast<int*>(data);
        return 0;
      },
      &count, H5O_INFO_TIME);
  H5Fclose(file);
  return count;
}

namespace {

std::vector<hsize_t> extents_of(const std::vector<std::int64_t>& shape) {
  return {shape.begin(), shape.end()};
}

void write_dataset(hid_t file, const char* name, const std::vector<hsize_t>& extents,
                   hid_t file_type, hid_t memory_type, const void* data) {
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t dataset =
      H5Dcreate2(file, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (data != nullptr && H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    throw std::runtime_error("H5Dwrite failed");
  }
  H5Dclose(dataset);
  H5Sclose(space);
}

}  // namespace

void write_makani(const std::string& path, const MakaniArchive& archive) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  write_dataset(file, "fields", extents_of(archive.shape), H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
                archive.fields.empty() ? nullptr : archive.fields.data());
  const auto doubles = [&](const char* name, const std::vector<double>& values) {
    if (values.empty()) return;
    write_dataset(file, name, {values.size()}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data());
  };
  doubles("timestamp", archive.timestamps);
  doubles("lat", archive.latitudes);
  doubles("lon", archive.longitudes);
  if (!archive.channels.empty()) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (archive.text_kind == TextKind::variable) {
      H5Tset_size(type, H5T_VARIABLE);
      std::vector<const char*> pointers;
      for (const std::string& name : archive.channels) pointers.push_back(name.c_str());
      write_dataset(file, "channel", {pointers.size()}, type, type, pointers.data());
    } else {
      std::size_t longest = 1;
      for (const std::string& name : archive.channels) longest = std::max(longest, name.size());
      H5Tset_size(type, longest);
      H5Tset_strpad(type, H5T_STR_NULLPAD);
      std::string buffer;
      for (const std::string& name : archive.channels)
        buffer += name + std::string(longest - name.size(), '\0');
      write_dataset(file, "channel", {archive.channels.size()}, type, type, buffer.data());
    }
    H5Tclose(type);
  }
  H5Fclose(file);
}

void write_external(const std::string& path, const std::vector<std::int64_t>& shape,
                    const std::string& other) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<hsize_t> extents = extents_of(shape);
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(properties, other.c_str(), 0, H5F_UNLIMITED);
  const hid_t dataset =
      H5Dcreate2(file, "fields", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
}

}  // namespace myriad::io::test
