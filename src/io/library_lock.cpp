#include "src/io/library_lock.hpp"

#include <hdf5.h>

#include <mutex>

namespace myriad::io::detail {

namespace {

std::recursive_mutex& mutex() {
  static std::recursive_mutex instance;
  return instance;
}

}  // namespace

LibraryLock::LibraryLock() {
  mutex().lock();
  // A file that could not be closed (disk full) stays in the tables of HDF5 1.10, whose exit handler then follows a
  // dangling pointer: exit code 139 in place of 74. We close every file ourselves, so the handler has nothing to do.
  static const bool no_exit_handler = H5dont_atexit() >= 0;
  static_cast<void>(no_exit_handler);
  thread_local bool silenced = false;
  if (!silenced) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    silenced = true;
  }
}

LibraryLock::~LibraryLock() {
  mutex().unlock();
}

}  // namespace myriad::io::detail
