#pragma once
/// \file
/// The process-wide lock around NetCDF and HDF5. Internal to src/io.

namespace myriad::io::detail {

/// Holds the lock for the lifetime of the object; recursive.
///
/// The NetCDF library keeps global tables without locks, even over a thread-safe HDF5. The HDF5
/// library prints each error to stderr unless told otherwise in every thread; its first lock in a
/// thread does so, since our errors carry the reason.
class LibraryLock {
 public:
  LibraryLock();
  ~LibraryLock();
  LibraryLock(const LibraryLock&) = delete;
  LibraryLock& operator=(const LibraryLock&) = delete;
};

}  // namespace myriad::io::detail
