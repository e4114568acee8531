#include "src/io/stored_filters.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <string>
#include <vector>

#include "src/base/files.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::io {
namespace {

using myriad::test::expect_error;
using myriad::test::TemporaryDirectory;

/// A compressed field [3, 4] in rows as chunks; row \p bare is stored as HDF5 does when zlib gets no memory, the last row is
/// not written.
void write_rows(const std::string& path, int bare) {
  const std::array<hsize_t, 2> extent = {3, 4};
  const std::array<hsize_t, 2> chunk = {1, 4};
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(2, extent.data(), nullptr);
  const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  ASSERT_GE(H5Pset_chunk(list, 2, chunk.data()), 0);
  ASSERT_GE(H5Pset_deflate(list, 1), 0);
  const hid_t data = H5Dcreate2(file, "t850", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
  const std::array<float, 4> row = {1, 2, 3, 4};
  const hid_t memory = H5Screate_simple(2, chunk.data(), nullptr);
  for (int r = 0; r < 2; ++r) {
    const std::array<hsize_t, 2> start = {static_cast<hsize_t>(r), 0};
    if (r == bare) {
      ASSERT_GE(H5Dwrite_chunk(data, H5P_DEFAULT, 1, start.data(), sizeof row, row.data()), 0);
    } else {
      const hid_t part = H5Dget_space(data);
      ASSERT_GE(H5Sselect_hyperslab(part, H5S_SELECT_SET, start.data(), nullptr, chunk.data(), nullptr), 0);
      ASSERT_GE(H5Dwrite(data, H5T_NATIVE_FLOAT, memory, part, H5P_DEFAULT, row.data()), 0);
      H5Sclose(part);
    }
  }
  H5Sclose(memory);
  H5Dclose(data);
  H5Pclose(list);
  H5Sclose(space);
  ASSERT_GE(H5Fclose(file), 0);
}

TEST(StoredFilters, APieceThatWasNotCompressedForWantOfMemoryIsNoticed) {
  const TemporaryDirectory dir;
  const std::string path = (dir / "a.nc").string();
  write_rows(path, -1);
  EXPECT_NO_THROW(detail::check_stored_filters(path, "a.nc"));
  write_rows(path, 1);
  expect_error([&] { detail::check_stored_filters(path, "a.nc"); }, ErrorKind::resources, "E2071",
               {"1 pieces of /t850 in 'a.nc'", "not published"});
}

TEST(StoredFilters, AFileThatCannotBeExaminedIsAFailureOfTheOutput) {
  const TemporaryDirectory dir;
  publish_text(dir / "b.nc", "no HDF5");
  expect_error([&] { detail::check_stored_filters((dir / "b.nc").string(), "b.nc"); }, ErrorKind::io, "E2061");
}

}  // namespace
}  // namespace myriad::io
