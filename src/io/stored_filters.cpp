#include "src/io/stored_filters.hpp"

#include <hdf5.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "src/base/error.hpp"
#include "src/io/hdf5_handle.hpp"
#include "src/io/library_lock.hpp"

namespace myriad::io::detail {

namespace {

constexpr int k_max_rank = 8;

void check(bool ok, const char* call, const std::string& object, const std::string& shown) {
  MYRIAD_VALIDATE(ok, ErrorKind::io, "E2061",
                  "'{}' cannot be examined ({} of {} failed; the file is not published); check "
                  "disk and memory of the node",
                  shown, call, object);
}

/// Chunks of \p dataset that were stored without one of its filters.
std::int64_t chunks_without_filters(hid_t dataset, const std::string& name,
                                    const std::string& shown) {
  const Hdf5Handle list(H5Dget_create_plist(dataset), H5Pclose);
  check(list.get() >= 0, "H5Dget_create_plist", name, shown);
  if (H5Pget_layout(list.get()) != H5D_CHUNKED || H5Pget_nfilters(list.get()) == 0) return 0;
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  std::array<hsize_t, k_max_rank> extent{};
  std::array<hsize_t, k_max_rank> chunk{};
  const int rank = space.get() < 0 ? -1 : H5Sget_simple_extent_ndims(space.get());
  check(rank >= 1 && rank <= k_max_rank, "H5Sget_simple_extent_ndims", name, shown);
  check(H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr) == rank,
        "H5Sget_simple_extent_dims", name, shown);
  check(H5Pget_chunk(list.get(), rank, chunk.data()) == rank, "H5Pget_chunk", name, shown);
  // By place and not by number: finding the n-th chunk costs n steps.
  std::array<hsize_t, k_max_rank> at{};
  const auto dimensions = static_cast<std::size_t>(rank);
  std::int64_t count = 0;
  for (std::size_t d = 0; d < dimensions; ++d) {
    if (extent[d] == 0) return 0;
  }
  while (true) {
    unsigned skipped = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    check(H5Dget_chunk_info_by_coord(dataset, at.data(), &skipped, &address, &bytes) >= 0,
          "H5Dget_chunk_info_by_coord", name, shown);
    if (address != HADDR_UNDEF && skipped != 0) ++count;
    std::size_t d = dimensions;
    while (d > 0) {
      at[d - 1] += chunk[d - 1];
      if (at[d - 1] < extent[d - 1]) break;
      at[d - 1] = 0;
      --d;
    }
    if (d == 0) return count;
  }
}

}  // namespace

void check_stored_filters(const std::string& path, const std::string& shown) {
  const LibraryLock lock;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  check(file.get() >= 0, "H5Fopen", "the file", shown);
  H5G_info_t group{};
  check(H5Gget_info(file.get(), &group) >= 0, "H5Gget_info", "the file", shown);
  for (hsize_t i = 0; i < group.nlinks; ++i) {
    const Hdf5Handle object(H5Oopen_by_idx(file.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT),
                        H5Oclose);
    check(object.get() >= 0, "H5Oopen_by_idx", "an object", shown);
    if (H5Iget_type(object.get()) != H5I_DATASET) continue;
    std::array<char, 256> name{};
    check(H5Iget_name(object.get(), name.data(), name.size()) >= 0, "H5Iget_name", "a dataset",
          shown);
    const std::int64_t bare = chunks_without_filters(object.get(), name.data(), shown);
    MYRIAD_VALIDATE(
        bare == 0, ErrorKind::resources, "E2071",
        "{} pieces of {} in '{}' were stored without compression or check sum (HDF5 does so when "
        "memory runs "
        "out; the file is not published); use a smaller block, or a machine with more memory",
        bare, name.data(), shown);
  }
}

}  // namespace myriad::io::detail
